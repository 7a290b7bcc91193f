//! Codes that several calls share.

use http::StatusCode;
use local_core::refusals;
use local_core::rpc::RpcError;

refusals! {
    /// There is no such balancer here.
    no_balancer(id: &str) = missing "InvalidLoadBalancerId.NotFound", "The specified LoadBalancerId does not exist: {id}.";
    /// The balancer has no listener on this port.
    no_listener(port: u16) = missing "ListenerNotFound", "The specified listener does not exist: port {port}.";
    /// What the product does not allow in this state.
    not_allowed(why: &str) = bad "Operation.NotAllowed", "The operation is not allowed: {why}.";
    /// The balancer is being configured.
    busy() = bad "ServiceIsConfiguring", "A previous configuration of the load balancer is pending. Try again later.";
}

/// The balancer's backends are being configured.
pub(super) fn configuring() -> RpcError {
    RpcError::new(
        StatusCode::CONFLICT,
        "BackendServer.configuring",
        "A previous configuration of the backend servers is pending. Try again later.",
    )
}

/// A listener is on its way to a stop.
pub(super) fn stopping() -> RpcError {
    RpcError::new(StatusCode::CONFLICT, "ServiceIsStopping", "A previous configuration of the listener is pending.")
}
