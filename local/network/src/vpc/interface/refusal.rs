//! The error codes of router interfaces (docs/reference/vpc-connection-apis.md, section 1.6), spelled as the service
//! spells them.

use local_core::refusals;
use local_core::rpc::RpcError;

use super::Status;

refusals! {
    not_found(id: &str) = missing "InvalidRouterInterfaceId.NotFound", "Specified router interface does not exist: {id}.";
    /// Only deleting has this code of its own for the same thing.
    not_found_to_delete(id: &str) = missing "InvalidInstanceId.NotFound", "Specified router interface does not exist: {id}.";
    bad_role(role: &str) = bad "InvalidRole.ValueNotSupported", "The specified Role \"{role}\" is not supported.";
    bad_spec(spec: &str, why: &str) = bad "InvalidSpec.ValudNotSupported", "The specified Spec \"{spec}\" is not supported: {why}.";
    bad_opposite_router_type(word: &str) = bad "InvalidOppositeRouterType.ValueNotSupported",
        "The specified OppositeRouterType \"{word}\" is not supported.";
    not_initiator(id: &str) = bad "IncorrectRole.NotInitiatingSide", "{id} is not the initiating side.";
    peer_not_set(id: &str) = bad "IncorrectOppositeInterfaceInfo.NotSet",
        "The opposite interface, router, router type and owner are not all set on {id}.";
    wrong_peer(why: &str) = bad "IncorrectOppositeInterfaceInfo", "The opposite interface information is incorrect: {why}.";
    only_one_connection() = bad "Forbidden.OnlyOneConnection", "There can be only one connection between two routers.";
    /// With which code an account is refused to which they are no longer sold is in no source.
    not_sold() = forbidden "Forbidden.RouterInterfaceNotSold", "Router interfaces between VPCs are not sold to this account.";
    bills_outstanding() = bad "Forbidden.BillsOutstanding", "The account has a router interface with overdue payment.";
    /// Activating, deactivating and modifying write it like this.
    locked() = bad "Forbidden.FinancileLocked", "The router interface is locked because of overdue payment.";
    /// Changing the spec writes it like this.
    locked_for_spec() = bad "Forbidden.FinancialLocked", "The router interface is locked because of overdue payment.";
    opposite_gone(id: &str) = bad "InvalidOpposite.NotFound", "The opposite interface of {id} does not exist.";
    has_routes(id: &str) = bad "RouterInterfaceReferredByRouteEntry", "Route entries lead to the router interface {id}; delete them first.";
    quota() = bad "QuotaExceeded", "The router has as many router interfaces as it may have.";
    no_such_router(id: &str) = missing "InvalidRouterId.NotFound", "Specified router does not exist: {id}.";
}

/// The status does not allow the call. Each call has its own code for that.
pub(super) fn wrong_status(code: &str, id: &str, status: Status, wanted: &str) -> RpcError {
    RpcError::bad(
        code,
        format!("Current status does not support this operation: {id} is {}, not {wanted}.", status.word()),
    )
}

pub(super) fn cannot_modify(id: &str, status: Status) -> RpcError {
    let message = format!("The peer of {id} can be changed while it is Idle only; it is {}.", status.word());
    RpcError::bad("InvalidParam.ModifyRouterInterface", message)
}

pub(super) fn prepaid(id: &str) -> RpcError {
    let status = http::StatusCode::INTERNAL_SERVER_ERROR;
    let message = format!("The router interface {id} is paid for in advance and cannot be deleted.");
    RpcError::new(status, "InvalidRouterInterfaceChargeType.Malformed", message)
}
