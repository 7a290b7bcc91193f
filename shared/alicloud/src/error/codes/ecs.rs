//! Security groups and commands on servers.

use super::{Kind, Rule, plain, rule};
use crate::call::Call::{AuthorizeSecurityGroup, RevokeSecurityGroup};

pub(super) const RULES: &[Rule] = &[
    rule(
        Kind::RuledOut,
        &[],
        &["InvalidSourceGroupId.Mismatch", "InvalidNetworkType.Conflict", "InvalidNetworkType.Mismatch"],
        "The cloud does not take this group as a source here: it wants both groups in one VPC. Allow the peer's address range \
         instead.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidSourceGroup.NotFound", "InvalidSourceGroupId.NotFound"],
        "The group named as source does not exist in this region of that account. Check its id and its owner's account id.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidParamter.Conflict"],
        "A security group cannot be its own source. Name the peer's group.",
    ),
    rule(
        Kind::AlreadyThere,
        &[AuthorizeSecurityGroup],
        &["*Duplicate*"],
        "The group has such a rule already. Look whether it is the same one.",
    ),
    rule(
        Kind::Gone,
        &[RevokeSecurityGroup],
        &["InvalidGroupAuthItem.NotFound", "InvalidParam.SecurityGroupRuleId", "InvalidSecurityGroupRuleId.NotFound"],
        "The group has no such rule any more.",
    ),
    rule(
        Kind::Gone,
        &[],
        &["InvalidSecurityGroupId.NotFound"],
        "This security group does not exist in this region of this account.",
    ),
    rule(
        Kind::Quota,
        &[],
        &["AuthorizationLimitExceed"],
        "The security group holds as many rules as it may. Remove what is not needed, or join several ranges into one rule.",
    ),
    rule(
        Kind::Refused,
        &[AuthorizeSecurityGroup, RevokeSecurityGroup],
        &["OperationDenied", "InvalidParam.PortRange"],
        "Protocol and port range do not go together: TCP and UDP take ports such as 80/80, every other protocol takes -1/-1.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidOperation.ResourceManagedByCloudProduct"],
        "Another product of the cloud keeps this security group. Change it there, or use another group.",
    ),
    plain(
        Kind::Refused,
        &[
            "InvalidIpProtocol.*",
            "InvalidPolicy.*",
            "InvalidPriority.*",
            "InvalidNicType.*",
            "InvalidSourceCidrIp.*",
            "InvalidSecurityGroupDiscription.Malformed",
            "VPCDisabled",
        ],
    ),
];
