//! The error codes of security groups (docs/reference/vpc-connection-apis.md, section 4), spelled as the service spells
//! them.

use local_core::rpc::RpcError;

use super::rule::Direction;

pub(super) fn not_found(id: &str) -> RpcError {
    RpcError::missing("InvalidSecurityGroupId.NotFound", format!("The specified SecurityGroupId does not exist: {id}."))
}

pub(super) fn not_given(name: &str) -> RpcError {
    let message =
        format!("The input parameter \"{name}\" that is mandatory for processing this request is not supplied.");
    RpcError::forbidden("MissingParameter", message)
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

pub(super) fn bad_protocol(word: &str) -> RpcError {
    RpcError::bad(
        "InvalidIpProtocol.ValueNotSupported",
        format!("The specified IpProtocol \"{word}\" is not supported."),
    )
}

pub(super) fn bad_ports(text: &str) -> RpcError {
    RpcError::bad("InvalidParam.PortRange", format!("The specified PortRange \"{text}\" is not valid."))
}

pub(super) fn ports_of_another_protocol(text: &str) -> RpcError {
    let message = format!("The specified IpProtocol does not exist or IpProtocol and PortRange do not match: {text}.");
    RpcError::bad("OperationDenied", message)
}

pub(super) fn bad_policy(word: &str) -> RpcError {
    RpcError::bad("InvalidPolicy.Malformed", format!("The specified Policy \"{word}\" is not valid."))
}

pub(super) fn malformed_priority(text: &str) -> RpcError {
    RpcError::bad("InvalidPriority.Malformed", format!("The specified Priority \"{text}\" is not valid."))
}

pub(super) fn bad_priority(text: &str) -> RpcError {
    let message = format!("The specified Priority \"{text}\" is not from 1 to 100.");
    RpcError::bad("InvalidPriority.ValueNotSupported", message)
}

pub(super) fn bad_nic_type(word: &str) -> RpcError {
    RpcError::bad("InvalidNicType.ValueNotSupported", format!("The specified NicType \"{word}\" is not supported."))
}

pub(super) fn internet_nic() -> RpcError {
    RpcError::bad("InvalidNicType.Mismatch", "Rules of security groups in a VPC have the NicType intranet.")
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

pub(super) fn source_is_target() -> RpcError {
    RpcError::forbidden("InvalidParamter.Conflict", "The source security group and the target must not be the same.")
}

/// The code is not confirmed: no source says with which one an advanced group refuses to name another.
pub(super) fn enterprise_names_no_groups() -> RpcError {
    RpcError::bad("InvalidNetworkType.Conflict", "Rules of an advanced security group cannot name other groups.")
}

pub(super) fn prefix_list_not_found(id: &str) -> RpcError {
    RpcError::missing("InvalidPrefixListId.NotFound", format!("The specified prefix list does not exist: {id}."))
}

pub(super) fn bad_description() -> RpcError {
    let message = "The specified description is not valid: it has 1 to 512 characters and is no address.";
    RpcError::bad("InvalidSecurityGroupDiscription.Malformed", message)
}

pub(super) fn bad_name() -> RpcError {
    RpcError::bad("InvalidSecurityGroupName.Malformed", "The specified SecurityGroupName is not valid.")
}

pub(super) fn too_many(what: &str, limit: usize) -> RpcError {
    RpcError::forbidden("AuthorizationLimitExceed", format!("A security group has at most {limit} {what}."))
}

pub(super) fn repeated() -> RpcError {
    RpcError::bad("InvalidPermission.Duplicate", "The security group has this rule already.")
}

pub(super) fn no_such_rule(id: &str) -> RpcError {
    RpcError::bad("InvalidParam.SecurityGroupRuleId", format!("The security group has no rule {id}."))
}

pub(super) fn in_use(why: &str) -> RpcError {
    RpcError::forbidden("DependencyViolation", format!("The security group is in use: {why}."))
}
