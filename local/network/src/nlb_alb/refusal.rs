//! The codes of both products. NLB spells most things with a small letter first, ALB with a capital.

use local_core::refusals;

use super::flavour::Flavour;

refusals! {
    no_balancer(flavour: Flavour, id: &str) = missing flavour.spells("ResourceNotFound.loadBalancer", "ResourceNotFound.LoadBalancer"),
        "The specified resource of loadbalancer is not found: {id}.";
    no_listener(flavour: Flavour, id: &str) = missing flavour.spells("ResourceNotFound.listener", "ResourceNotFound.Listener"),
        "The specified resource of listener is not found: {id}.";
    no_group(flavour: Flavour, id: &str) = missing flavour.spells("ResourceNotFound.serverGroup", "ResourceNotFound.ServerGroup"),
        "The specified resource of serverGroup is not found: {id}.";
    no_vpc(id: &str) = missing "ResourceNotFound.Vpc", "The specified resource of Vpc is not found: {id}.";
    no_vswitch(id: &str) = missing "ResourceNotFound.VSwitch", "The specified resource of vSwitch is not found: {id}.";
    /// There is no such instance here, or not in this group.
    no_server(id: &str) = missing "ResourceNotFound.BackendServer", "The specified resource of BackendServer is not found: {id}.";
    /// The load balancer is being made, changed or deleted, or not free to go.
    balancer_status(flavour: Flavour, status: &str) = bad flavour.spells("IncorrectStatus.loadbalancer", "IncorrectStatus.LoadBalancer"),
        "The status of loadbalancer [{status}] is incorrect.";
    /// The listener is not in a state for this.
    listener_status(flavour: Flavour, status: &str) = bad flavour.spells("IncorrectStatus.listener", "IncorrectStatus.Listener"),
        "The status of listener [{status}] is incorrect.";
    /// The server group is being made, changed or deleted.
    group_status(flavour: Flavour, status: &str) = bad flavour.spells("IncorrectStatus.serverGroup", "IncorrectStatus.ServerGroup"),
        "The status of servergroup [{status}] is incorrect.";
    /// A listener forwards to the group. Both products spell it alike.
    group_in_use() = bad "ResourceInUse.ServerGroup", "The specified resource of ServerGroup is in use.";
    protected() = bad "OperationDenied.DeletionProtectionEnabled", "The operation is not allowed because of DeletionProtectionEnabled.";
    port_taken(flavour: Flavour, port: u16) = bad flavour.spells("Conflict.Port", "ResourceAlreadyExist.Listener"),
        "The Port [{port}] is conflict.";
    /// The server is in the group with this port already. The code is not confirmed.
    server_there(id: &str) = bad "ResourceAlreadyExist.BackendServer", "The server is in the group already: {id}.";
    other_vpc(one: &str, other: &str) = bad "Mismatch.VpcId", "The VpcId is mismatched for {one} and {other}.";
    /// The vSwitch is in another zone than the request says.
    other_zone(vswitch: &str, zone: &str) = bad "Mismatch.ZoneId", "The ZoneId is mismatched for {vswitch} and {zone}.";
    /// The group does not speak what the listener forwards.
    other_protocol(listener: &str, group: &str) = bad "Mismatch.Protocol", "The Protocol is mismatched for {listener} and {group}.";
    /// A listener with encryption needs a certificate.
    no_certificate() = bad "MissingParam.Certificate", "The param of certificate is missing.";
    illegal(parameter: &str, why: &str) = bad "IllegalParam", "The param of {parameter} is illegal: {why}.";
    /// Too many or too few of something.
    illegal_size(parameter: &str, wanted: &str) = bad "IllegalParamSize", "The param size of {parameter} is illegal: {wanted}.";
    missing(parameter: &str) = bad "MissingParam", "The parameter of {parameter} is missing.";
}
