//! Codes that several calls share.

use http::StatusCode;
use local_core::rpc::RpcError;

/// There is no such balancer here.
pub(super) fn no_balancer(id: &str) -> RpcError {
    RpcError::missing("InvalidLoadBalancerId.NotFound", format!("The specified LoadBalancerId does not exist: {id}."))
}

/// The balancer has no listener on this port.
pub(super) fn no_listener(port: u16) -> RpcError {
    RpcError::missing("ListenerNotFound", format!("The specified listener does not exist: port {port}."))
}

/// What the product does not allow in this state.
pub(super) fn not_allowed(why: &str) -> RpcError {
    RpcError::bad("Operation.NotAllowed", format!("The operation is not allowed: {why}."))
}

/// The balancer's backends are being configured.
pub(super) fn configuring() -> RpcError {
    RpcError::new(
        StatusCode::CONFLICT,
        "BackendServer.configuring",
        "A previous configuration of the backend servers is pending. Try again later.",
    )
}

/// The balancer is being configured.
pub(super) fn busy() -> RpcError {
    RpcError::bad("ServiceIsConfiguring", "A previous configuration of the load balancer is pending. Try again later.")
}

/// A listener is on its way to a stop.
pub(super) fn stopping() -> RpcError {
    RpcError::new(StatusCode::CONFLICT, "ServiceIsStopping", "A previous configuration of the listener is pending.")
}
