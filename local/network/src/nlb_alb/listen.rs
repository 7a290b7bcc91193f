//! Making, starting, stopping and deleting a listener. A new one runs without being started.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::fields::{self, required, word};
use super::flavour::Flavour;
use super::listener::{Listener, Protocol, named};
use super::load_balancer::changeable;
use super::refusal;
use crate::vpc::{Place, World};

pub(super) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, flavour, params) = (Place::of(request), Flavour::of(request), &request.params);
    let balancer = changeable(world, request)?;
    let wanted = flavour.spells("TCP, UDP or TCPSSL", "HTTP, HTTPS or QUIC");
    let protocol: Protocol = word(params, "ListenerProtocol", wanted)?
        .filter(|protocol: &Protocol| protocol.is_of(flavour))
        .ok_or_else(|| refusal::illegal("ListenerProtocol", &format!("it must be {wanted}")))?;
    required(params, "ListenerPort")?;
    // NLB has port 0 for a range of ports, which nothing here sends to.
    let port = fields::port(params, "ListenerPort")?.unwrap_or_default();
    let is_same = |own: &Listener| own.port == port && own.protocol.takes_connections() == protocol.takes_connections();
    refuse_if!(world.nlb_alb.listeners_of(&place, &balancer.id).any(is_same), refusal::port_taken(flavour, port));
    let certificates = certificates(flavour, params);
    refuse_if!(protocol.is_encrypted() && certificates.is_empty(), refusal::no_certificate());
    let group_id = group_id(flavour, params)?;
    let group = world.nlb_alb.groups.get(&place.key(&group_id)).filter(|group| group.flavour == flavour);
    let group = group.ok_or_else(|| refusal::no_group(flavour, &group_id))?;
    refuse_if!(group.vpc_id != balancer.vpc_id, refusal::other_vpc(&balancer.id, &group.id));
    refuse_if!(!group.protocol.serves(protocol), refusal::other_protocol(protocol.word(), group.protocol.word()));
    let usual = if flavour == Flavour::Nlb { 900 } else { 15 };
    let idle_timeout = word(params, "IdleTimeout", "a number of seconds")?.unwrap_or(usual);
    let (balancer_id, tags) = (balancer.id.clone(), fields::tags(params)?);
    fields::unless_dry(params)?;
    let listener = Listener {
        flavour,
        id: world.shared.ids.resource("lsn"),
        balancer_id,
        protocol,
        port,
        group_id,
        certificates,
        idle_timeout,
        description: params.get("ListenerDescription").unwrap_or_default().to_owned(),
        tags,
        is_running: false,
        started: None,
        waiting: world.begin(Wait::ListenerCreate),
    };
    let answer = json!({ "ListenerId": listener.id, "JobId": world.shared.ids.uuid() });
    world.nlb_alb.listeners.insert(place.key(&listener.id), listener);
    Ok(answer)
}

fn certificates(flavour: Flavour, params: &Params) -> Vec<String> {
    match flavour {
        Flavour::Nlb => params.list("CertificateIds").into_iter().map(str::to_owned).collect(),
        Flavour::Alb => {
            let named = params.objects("Certificates");
            named.iter().filter_map(|one| one.get("CertificateId")).map(str::to_owned).collect()
        }
    }
}

/// The one group that a listener forwards to: ALB writes it as the first of its actions.
fn group_id(flavour: Flavour, params: &Params) -> Result<String, RpcError> {
    if flavour == Flavour::Nlb {
        return Ok(required(params, "ServerGroupId")?.to_owned());
    }
    let actions = params.objects("DefaultActions");
    let [action] = actions.as_slice() else {
        return Err(refusal::illegal_size("DefaultActions", "one is wanted"));
    };
    if required(action, "Type")? != "ForwardGroup" {
        return Err(refusal::illegal("DefaultActions", "its type must be ForwardGroup"));
    }
    let groups = action.objects("ForwardGroupConfig.ServerGroupTuples");
    let [group] = groups.as_slice() else {
        return Err(refusal::illegal_size("ServerGroupTuples", "one is wanted"));
    };
    Ok(required(group, "ServerGroupId")?.to_owned())
}

/// Begins a change of the listener that `ListenerId` names, if it is at rest and fits.
fn change(
    world: &mut World,
    request: &RpcRequest,
    wait: Wait,
    fits: impl Fn(&Listener) -> bool,
) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let listener = named(world, request)?;
    if listener.waiting.is_some() || !fits(listener) {
        return Err(refusal::listener_status(listener.flavour, listener.status()));
    }
    let balancer = world.nlb_alb.balancer(&place, listener.flavour, &listener.balancer_id);
    if let Some(balancer) = balancer.filter(|balancer| !balancer.is_active()) {
        return Err(refusal::balancer_status(balancer.flavour, balancer.status()));
    }
    let key = place.key(&listener.id);
    fields::unless_dry(&request.params)?;
    let waiting = world.begin(wait);
    world.nlb_alb.listeners.change(&key, |listener| listener.waiting = waiting);
    Ok(json!({ "JobId": world.shared.ids.uuid() }))
}

pub(super) fn start(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    change(world, request, Wait::ListenerStart, |listener| !listener.is_running)
}

pub(super) fn stop(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    change(world, request, Wait::ListenerStop, |listener| listener.is_running)
}

pub(super) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    change(world, request, Wait::ListenerDelete, |_| true)
}
