//! The error codes of VPC peering (docs/reference/vpc-connection-apis.md, section 3.4). All are HTTP 400.

use local_core::rpc::RpcError;

use super::cdt::Lacking;

pub(super) fn illegal(parameter: &str, why: &str) -> RpcError {
    RpcError::bad(format!("IllegalParam.{parameter}"), format!("The parameter {parameter} is illegal: {why}."))
}

pub(super) fn not_found(id: &str) -> RpcError {
    RpcError::bad("ResourceNotFound.InstanceId", format!("The specified resource of InstanceId is not found: {id}."))
}

pub(super) fn wrong_status(id: &str, status: &str) -> RpcError {
    RpcError::bad("IncorrectStatus.VpcPeer", format!("The status of the VPC peering connection {id} is {status}."))
}

pub(super) fn locked() -> RpcError {
    let message = "A VPC peering connection of the account is locked because of overdue payment.";
    RpcError::bad("IncorrectBusinessStatus.VpcPeer", message)
}

pub(super) fn accepter_locked() -> RpcError {
    let message = "A VPC peering connection of the accepting account is locked because of overdue payment.";
    RpcError::bad("IncorrectBusinessStatus.AcceptUserVpcPeer", message)
}

/// The account of the caller cannot be billed for traffic between regions.
pub(super) fn own_cdt(lacking: Lacking) -> RpcError {
    let message = "Cloud Data Transfer is not open on the account, and traffic between regions is billed by it.";
    match lacking {
        Lacking::All => RpcError::bad("OperationFailed.CdtNotOpened", message),
        Lacking::CrossBorder => RpcError::bad("OperationFailed.CrossBorderCdtNotOpened", message),
    }
}

/// The account that is asked cannot be.
pub(super) fn cdt_of_accepter(lacking: Lacking) -> RpcError {
    let message =
        "Cloud Data Transfer is not open on the accepting account, and traffic between regions is billed by it.";
    match lacking {
        Lacking::All => RpcError::bad("OperationFailed.AcceptUserCdtNotOpened", message),
        Lacking::CrossBorder => RpcError::bad("OperationFailed.AcceptUserCrossBorderCdtNotOpened", message),
    }
}

/// It is not confirmed how the service tells the requester that only the other account may answer.
pub(super) fn not_for_requester(id: &str) -> RpcError {
    let message = format!("Only the account that owns the accepting VPC of {id} may do this.");
    RpcError::bad("Forbidden.NoPermission", message)
}

pub(super) fn unknown_region(region: &str) -> RpcError {
    RpcError::bad("UnsupportedRegion", format!("VPC peering is not supported in the region {region}."))
}

pub(super) fn vpc_not_ready() -> RpcError {
    RpcError::bad("IncorrectStatus.Vpc", "The VPC is not Available.")
}

pub(super) fn accepting_vpc_not_ready() -> RpcError {
    RpcError::bad("IncorrectStatus.AcceptingVpc", "The accepting VPC is not Available.")
}

pub(super) fn exists(id: &str) -> RpcError {
    RpcError::bad("ResourceAlreadyExist.VpcPeer", format!("The VPC peering connection {id} joins these VPCs already."))
}

pub(super) fn joined_by_interfaces() -> RpcError {
    RpcError::bad("ResourceAlreadyExist.RouterInterface", "A pair of router interfaces joins these VPCs.")
}

pub(super) fn being_made() -> RpcError {
    RpcError::bad("Conflict.Operation", "Another VPC peering connection of one of the VPCs is being created.")
}

pub(super) fn too_many_in_region() -> RpcError {
    RpcError::bad("QuotaExceeded.IntraRegionVpcPeerCountPerVpc", "The VPC has too many connections in its region.")
}

pub(super) fn too_many_across() -> RpcError {
    RpcError::bad("QuotaExceeded.CrossRegionVpcPeerCountPerVpc", "The VPC has too many connections to other regions.")
}

pub(super) fn too_many_of_account() -> RpcError {
    let message = "The account has asked for too many VPC peering connections in this region.";
    RpcError::bad("QuotaExceeded.VpcPeerCountPerUserPerRegion", message)
}

pub(super) fn has_routes(id: &str) -> RpcError {
    let message = format!("Route entries lead to {id}; delete them first, or delete it by force.");
    RpcError::bad("OperationDenied.RouteEntryExist", message)
}
