//! The error codes of router interfaces (docs/reference/vpc-connection-apis.md, section 1.6), spelled as the service
//! spells them.

use local_core::rpc::RpcError;

use super::Status;

pub(super) fn not_found(id: &str) -> RpcError {
    RpcError::missing("InvalidRouterInterfaceId.NotFound", format!("Specified router interface does not exist: {id}."))
}

/// Only deleting has this code of its own for the same thing.
pub(super) fn not_found_to_delete(id: &str) -> RpcError {
    RpcError::missing("InvalidInstanceId.NotFound", format!("Specified router interface does not exist: {id}."))
}

/// The status does not allow the call. Each call has its own code for that.
pub(super) fn wrong_status(code: &str, id: &str, status: Status, wanted: &str) -> RpcError {
    RpcError::bad(
        code,
        format!("Current status does not support this operation: {id} is {}, not {wanted}.", status.word()),
    )
}

pub(super) fn bad_role(role: &str) -> RpcError {
    RpcError::bad("InvalidRole.ValueNotSupported", format!("The specified Role \"{role}\" is not supported."))
}

pub(super) fn bad_spec(spec: &str, why: &str) -> RpcError {
    RpcError::bad("InvalidSpec.ValudNotSupported", format!("The specified Spec \"{spec}\" is not supported: {why}."))
}

pub(super) fn bad_opposite_router_type(word: &str) -> RpcError {
    let message = format!("The specified OppositeRouterType \"{word}\" is not supported.");
    RpcError::bad("InvalidOppositeRouterType.ValueNotSupported", message)
}

pub(super) fn cannot_modify(id: &str, status: Status) -> RpcError {
    let message = format!("The peer of {id} can be changed while it is Idle only; it is {}.", status.word());
    RpcError::bad("InvalidParam.ModifyRouterInterface", message)
}

pub(super) fn not_initiator(id: &str) -> RpcError {
    RpcError::bad("IncorrectRole.NotInitiatingSide", format!("{id} is not the initiating side."))
}

pub(super) fn peer_not_set(id: &str) -> RpcError {
    let message = format!("The opposite interface, router, router type and owner are not all set on {id}.");
    RpcError::bad("IncorrectOppositeInterfaceInfo.NotSet", message)
}

pub(super) fn wrong_peer(why: &str) -> RpcError {
    RpcError::bad("IncorrectOppositeInterfaceInfo", format!("The opposite interface information is incorrect: {why}."))
}

pub(super) fn only_one_connection() -> RpcError {
    RpcError::bad("Forbidden.OnlyOneConnection", "There can be only one connection between two routers.")
}

pub(super) fn bills_outstanding() -> RpcError {
    RpcError::bad("Forbidden.BillsOutstanding", "The account has a router interface with overdue payment.")
}

/// Activating, deactivating and modifying write it like this.
pub(super) fn locked() -> RpcError {
    RpcError::bad("Forbidden.FinancileLocked", "The router interface is locked because of overdue payment.")
}

/// Changing the spec writes it like this.
pub(super) fn locked_for_spec() -> RpcError {
    RpcError::bad("Forbidden.FinancialLocked", "The router interface is locked because of overdue payment.")
}

pub(super) fn opposite_gone(id: &str) -> RpcError {
    RpcError::bad("InvalidOpposite.NotFound", format!("The opposite interface of {id} does not exist."))
}

pub(super) fn has_routes(id: &str) -> RpcError {
    let message = format!("Route entries lead to the router interface {id}; delete them first.");
    RpcError::bad("RouterInterfaceReferredByRouteEntry", message)
}

pub(super) fn prepaid(id: &str) -> RpcError {
    let status = http::StatusCode::INTERNAL_SERVER_ERROR;
    let message = format!("The router interface {id} is paid for in advance and cannot be deleted.");
    RpcError::new(status, "InvalidRouterInterfaceChargeType.Malformed", message)
}

pub(super) fn quota() -> RpcError {
    RpcError::bad("QuotaExceeded", "The router has as many router interfaces as it may have.")
}

pub(super) fn no_such_router(id: &str) -> RpcError {
    RpcError::missing("InvalidRouterId.NotFound", format!("Specified router does not exist: {id}."))
}
