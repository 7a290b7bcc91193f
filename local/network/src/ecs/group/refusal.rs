//! The error codes of security groups (docs/reference/vpc-connection-apis.md, section 4), spelled as the service spells
//! them.

use local_core::refusals;
use local_core::rpc::RpcError;

use super::rule::Direction;

refusals! {
    not_found(id: &str) = missing "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist: {id}.";
    not_given(name: &str) = forbidden "MissingParameter",
        "The input parameter \"{name}\" that is mandatory for processing this request is not supplied.";
    bad_protocol(word: &str) = bad "InvalidIpProtocol.ValueNotSupported", "The specified IpProtocol \"{word}\" is not supported.";
    bad_ports(text: &str) = bad "InvalidParam.PortRange", "The specified PortRange \"{text}\" is not valid.";
    ports_of_another_protocol(text: &str) = bad "OperationDenied",
        "The specified IpProtocol does not exist or IpProtocol and PortRange do not match: {text}.";
    bad_policy(word: &str) = bad "InvalidPolicy.Malformed", "The specified Policy \"{word}\" is not valid.";
    malformed_priority(text: &str) = bad "InvalidPriority.Malformed", "The specified Priority \"{text}\" is not valid.";
    bad_priority(text: &str) = bad "InvalidPriority.ValueNotSupported", "The specified Priority \"{text}\" is not from 1 to 100.";
    bad_nic_type(word: &str) = bad "InvalidNicType.ValueNotSupported", "The specified NicType \"{word}\" is not supported.";
    internet_nic() = bad "InvalidNicType.Mismatch", "Rules of security groups in a VPC have the NicType intranet.";
    source_is_target() = forbidden "InvalidParamter.Conflict", "The source security group and the target must not be the same.";
    /// The code is not confirmed: no source says with which one an advanced group refuses to name another.
    enterprise_names_no_groups() = bad "InvalidNetworkType.Conflict", "Rules of an advanced security group cannot name other groups.";
    prefix_list_not_found(id: &str) = missing "InvalidPrefixListId.NotFound", "The specified prefix list does not exist: {id}.";
    bad_description() = bad "InvalidSecurityGroupDiscription.Malformed",
        "The specified description is not valid: it has 1 to 512 characters and is no address.";
    bad_name() = bad "InvalidSecurityGroupName.Malformed", "The specified SecurityGroupName is not valid.";
    too_many(what: &str, limit: usize) = forbidden "AuthorizationLimitExceed", "A security group has at most {limit} {what}.";
    repeated() = bad "InvalidPermission.Duplicate", "The security group has this rule already.";
    /// The code is not confirmed: the page of ModifySecurityGroupRule says that the type cannot change, not how that is refused.
    source_of_another_type() = bad "InvalidParam.SourceCidrIp", "The type of the authorization object of a rule cannot be changed.";
    no_such_rule(id: &str) = bad "InvalidParam.SecurityGroupRuleId", "The security group has no rule {id}.";
    in_use(why: &str) = forbidden "DependencyViolation", "The security group is in use: {why}.";
}

pub(super) fn missing_source(direction: Direction) -> RpcError {
    match direction {
        Direction::In => RpcError::bad(
            "MissingParameter.Source",
            "One of SourceCidrIp, Ipv6SourceCidrIp, SourceGroupId and SourcePrefixListId must be specified.",
        ),
        Direction::Out => RpcError::bad(
            "MissingParameter.Dest",
            "One of DestCidrIp, Ipv6DestCidrIp, DestGroupId and DestPrefixListId must be specified.",
        ),
    }
}

pub(super) fn group_needs_intranet(direction: Direction) -> RpcError {
    let message = "A rule that names a group needs the NicType intranet, and its default is internet.";
    RpcError::forbidden(group_mismatch(direction), message)
}

fn group_mismatch(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "InvalidSourceGroupId.Mismatch",
        Direction::Out => "InvalidDestGroupId.Mismatch",
    }
}

pub(super) fn bad_cidr(direction: Direction, text: &str) -> RpcError {
    let code = match direction {
        Direction::In => "InvalidSourceCidrIp.Malformed",
        Direction::Out => "InvalidDestCidrIp.Malformed",
    };
    RpcError::bad(code, format!("The specified range \"{text}\" is not valid."))
}

pub(super) fn source_not_found(direction: Direction, id: &str) -> RpcError {
    let code = match direction {
        Direction::In => "InvalidSourceGroupId.NotFound",
        Direction::Out => "InvalidDestGroupId.NotFound",
    };
    RpcError::missing(code, format!("The security group that the rule names does not exist: {id}."))
}

pub(super) fn source_of_another_vpc(direction: Direction, id: &str) -> RpcError {
    let message = format!("The specified security group and the security group {id} are not in the same VPC.");
    RpcError::bad(group_mismatch(direction), message)
}
