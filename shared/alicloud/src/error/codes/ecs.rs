//! Security groups and commands on servers.

use cloud_error::rules;

use super::{Call, Rule};

pub(super) const RULES: &[Rule] = rules! { Call:
    RuledOut: "InvalidSourceGroupId.Mismatch" | "InvalidNetworkType.Conflict" | "InvalidNetworkType.Mismatch"
        => "The cloud does not take this group as a source here: it wants both groups in one VPC, and an advanced group names no \
            other at all. Allow the peer's address range instead.";
    Refused: "InvalidSourceGroup.NotFound" | "InvalidSourceGroupId.NotFound"
        => "The group named as source does not exist in this region of that account. Check its id and its owner's account id.";
    Refused: "InvalidParamter.Conflict" => "A security group cannot be its own source. Name the peer's group.";
    AlreadyThere on AuthorizeSecurityGroup: "*Duplicate*" => "The group has such a rule already. Look whether it is the same one.";
    Gone on ModifySecurityGroupRule | RevokeSecurityGroup: "InvalidGroupAuthItem.NotFound" | "InvalidParam.SecurityGroupRuleId"
        | "InvalidSecurityGroupRuleId.NotFound"
        => "The group has no such rule any more.";
    Gone: "InvalidSecurityGroupId.NotFound" => "This security group does not exist in this region of this account.";
    Quota: "AuthorizationLimitExceed"
        => "The security group holds as many rules as it may. Remove what is not needed, or join several ranges into one rule.";
    Refused on AuthorizeSecurityGroup | RevokeSecurityGroup: "OperationDenied" | "InvalidParam.PortRange"
        => "Protocol and port range do not go together: TCP and UDP take ports such as 80/80, every other protocol takes -1/-1.";
    Refused: "InvalidOperation.ResourceManagedByCloudProduct"
        => "Another product of the cloud keeps this security group. Change it there, or use another group.";
    Refused: "InvalidIpProtocol.*" | "InvalidPolicy.*" | "InvalidPriority.*" | "InvalidNicType.*" | "InvalidSourceCidrIp.*"
        | "InvalidSecurityGroupDiscription.Malformed" | "VPCDisabled";
};
