//! The error codes of VPC peering (docs/reference/vpc-connection-apis.md, section 3.4). All are HTTP 400.

use local_core::refusals;
use local_core::rpc::RpcError;

use crate::cdt::Part;

refusals! {
    not_found(id: &str) = bad "ResourceNotFound.InstanceId", "The specified resource of InstanceId is not found: {id}.";
    wrong_status(id: &str, status: &str) = bad "IncorrectStatus.VpcPeer", "The status of the VPC peering connection {id} is {status}.";
    locked() = bad "IncorrectBusinessStatus.VpcPeer", "A VPC peering connection of the account is locked because of overdue payment.";
    accepter_locked() = bad "IncorrectBusinessStatus.AcceptUserVpcPeer",
        "A VPC peering connection of the accepting account is locked because of overdue payment.";
    /// It is not confirmed how the service tells the requester that only the other account may answer.
    not_for_requester(id: &str) = bad "Forbidden.NoPermission", "Only the account that owns the accepting VPC of {id} may do this.";
    other_site() = bad "OperationFailed.CrossBusinessNotAllowed", "The two accounts belong to different sites.";
    unknown_region(region: &str) = bad "UnsupportedRegion", "VPC peering is not supported in the region {region}.";
    vpc_not_ready() = bad "IncorrectStatus.Vpc", "The VPC is not Available.";
    accepting_vpc_not_ready() = bad "IncorrectStatus.AcceptingVpc", "The accepting VPC is not Available.";
    exists(id: &str) = bad "ResourceAlreadyExist.VpcPeer", "The VPC peering connection {id} joins these VPCs already.";
    joined_by_interfaces() = bad "ResourceAlreadyExist.RouterInterface", "A pair of router interfaces joins these VPCs.";
    being_made() = bad "Conflict.Operation", "Another VPC peering connection of one of the VPCs is being created.";
    too_many_in_region() = bad "QuotaExceeded.IntraRegionVpcPeerCountPerVpc", "The VPC has too many connections in its region.";
    too_many_across() = bad "QuotaExceeded.CrossRegionVpcPeerCountPerVpc", "The VPC has too many connections to other regions.";
    too_many_of_account() = bad "QuotaExceeded.VpcPeerCountPerUserPerRegion",
        "The account has asked for too many VPC peering connections in this region.";
    has_routes(id: &str) = bad "OperationDenied.RouteEntryExist", "Route entries lead to {id}; delete them first, or delete it by force.";
}

pub(super) fn illegal(parameter: &str, why: &str) -> RpcError {
    RpcError::bad(format!("IllegalParam.{parameter}"), format!("The parameter {parameter} is illegal: {why}."))
}

/// The account of the caller cannot be billed for traffic between regions.
pub(super) fn own_cdt(lacking: Part) -> RpcError {
    let message = "Cloud Data Transfer is not open on the account, and traffic between regions is billed by it.";
    match lacking {
        Part::WithinBorder => RpcError::bad("OperationFailed.CdtNotOpened", message),
        Part::CrossBorder => RpcError::bad("OperationFailed.CrossBorderCdtNotOpened", message),
    }
}

/// The account that is asked cannot be.
pub(super) fn cdt_of_accepter(lacking: Part) -> RpcError {
    let message =
        "Cloud Data Transfer is not open on the accepting account, and traffic between regions is billed by it.";
    match lacking {
        Part::WithinBorder => RpcError::bad("OperationFailed.AcceptUserCdtNotOpened", message),
        Part::CrossBorder => RpcError::bad("OperationFailed.AcceptUserCrossBorderCdtNotOpened", message),
    }
}
