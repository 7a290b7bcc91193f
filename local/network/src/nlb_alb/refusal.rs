//! The codes of both products. NLB spells most things with a small letter first, ALB with a capital.

use local_core::rpc::RpcError;

use super::flavour::Flavour;

/// There is no such load balancer of this product here.
pub(super) fn no_balancer(flavour: Flavour, id: &str) -> RpcError {
    let code = flavour.spells("ResourceNotFound.loadBalancer", "ResourceNotFound.LoadBalancer");
    RpcError::missing(code, format!("The specified resource of loadbalancer is not found: {id}."))
}

/// There is no such listener of this product here.
pub(super) fn no_listener(flavour: Flavour, id: &str) -> RpcError {
    let code = flavour.spells("ResourceNotFound.listener", "ResourceNotFound.Listener");
    RpcError::missing(code, format!("The specified resource of listener is not found: {id}."))
}

/// There is no such server group of this product here.
pub(super) fn no_group(flavour: Flavour, id: &str) -> RpcError {
    let code = flavour.spells("ResourceNotFound.serverGroup", "ResourceNotFound.ServerGroup");
    RpcError::missing(code, format!("The specified resource of serverGroup is not found: {id}."))
}

/// There is no such VPC here.
pub(super) fn no_vpc(id: &str) -> RpcError {
    RpcError::missing("ResourceNotFound.Vpc", format!("The specified resource of Vpc is not found: {id}."))
}

/// There is no such vSwitch here.
pub(super) fn no_vswitch(id: &str) -> RpcError {
    RpcError::missing("ResourceNotFound.VSwitch", format!("The specified resource of vSwitch is not found: {id}."))
}

/// There is no such instance here, or not in this group.
pub(super) fn no_server(id: &str) -> RpcError {
    RpcError::missing(
        "ResourceNotFound.BackendServer",
        format!("The specified resource of BackendServer is not found: {id}."),
    )
}

/// The load balancer is being made, changed or deleted, or not free to go.
pub(super) fn balancer_status(flavour: Flavour, status: &str) -> RpcError {
    let code = flavour.spells("IncorrectStatus.loadbalancer", "IncorrectStatus.LoadBalancer");
    RpcError::bad(code, format!("The status of loadbalancer [{status}] is incorrect."))
}

/// The listener is not in a state for this.
pub(super) fn listener_status(flavour: Flavour, status: &str) -> RpcError {
    let code = flavour.spells("IncorrectStatus.listener", "IncorrectStatus.Listener");
    RpcError::bad(code, format!("The status of listener [{status}] is incorrect."))
}

/// The server group is being made, changed or deleted.
pub(super) fn group_status(flavour: Flavour, status: &str) -> RpcError {
    let code = flavour.spells("IncorrectStatus.serverGroup", "IncorrectStatus.ServerGroup");
    RpcError::bad(code, format!("The status of servergroup [{status}] is incorrect."))
}

/// A listener forwards to the group. Both products spell it alike.
pub(super) fn group_in_use() -> RpcError {
    RpcError::bad("ResourceInUse.ServerGroup", "The specified resource of ServerGroup is in use.")
}

/// The load balancer may not be deleted.
pub(super) fn protected() -> RpcError {
    RpcError::bad(
        "OperationDenied.DeletionProtectionEnabled",
        "The operation is not allowed because of DeletionProtectionEnabled.",
    )
}

/// The load balancer listens on this port already.
pub(super) fn port_taken(flavour: Flavour, port: u16) -> RpcError {
    let code = flavour.spells("Conflict.Port", "ResourceAlreadyExist.Listener");
    RpcError::bad(code, format!("The Port [{port}] is conflict."))
}

/// The server is in the group with this port already. The code is not confirmed.
pub(super) fn server_there(id: &str) -> RpcError {
    RpcError::bad("ResourceAlreadyExist.BackendServer", format!("The server is in the group already: {id}."))
}

/// Two things are in different VPCs.
pub(super) fn other_vpc(one: &str, other: &str) -> RpcError {
    RpcError::bad("Mismatch.VpcId", format!("The VpcId is mismatched for {one} and {other}."))
}

/// The vSwitch is in another zone than the request says.
pub(super) fn other_zone(vswitch: &str, zone: &str) -> RpcError {
    RpcError::bad("Mismatch.ZoneId", format!("The ZoneId is mismatched for {vswitch} and {zone}."))
}

/// The group does not speak what the listener forwards.
pub(super) fn other_protocol(listener: &str, group: &str) -> RpcError {
    RpcError::bad("Mismatch.Protocol", format!("The Protocol is mismatched for {listener} and {group}."))
}

/// A listener with encryption needs a certificate.
pub(super) fn no_certificate() -> RpcError {
    RpcError::bad("MissingParam.Certificate", "The param of certificate is missing.")
}

/// A value that a parameter cannot have.
pub(super) fn illegal(parameter: &str, why: &str) -> RpcError {
    RpcError::bad("IllegalParam", format!("The param of {parameter} is illegal: {why}."))
}

/// Too many or too few of something.
pub(super) fn illegal_size(parameter: &str, wanted: &str) -> RpcError {
    RpcError::bad("IllegalParamSize", format!("The param size of {parameter} is illegal: {wanted}."))
}

/// A parameter is not there.
pub(super) fn missing(parameter: &str) -> RpcError {
    RpcError::bad("MissingParam", format!("The parameter of {parameter} is missing."))
}
