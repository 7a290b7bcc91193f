//! Changing and deleting an endpoint.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{changeable, own};
use crate::privatelink::{refusal, text};
use crate::vpc::{Place, World};

pub(in crate::privatelink) fn update(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (endpoint, _) = changeable(world, &place, request)?;
    let is_changed =
        |other: &super::Endpoint| other.waiting.is_some_and(|waiting| waiting.wait == Wait::EndpointModify);
    refuse_if!(world.links.endpoints.at(&place).any(|(_, other)| is_changed(other)), refusal::concurrent());
    let mut changed = endpoint.clone();
    if let Some(name) = text::name(params, "EndpointName")? {
        changed.name = name;
    }
    if let Some(description) = text::description(params, "EndpointDescription")? {
        changed.description = description;
    }
    if let Some(zone_affinity) = text::flag(params, "ZoneAffinityEnabled")? {
        changed.zone_affinity = zone_affinity;
    }
    if let Some(policy) = params.get("PolicyDocument") {
        policy.clone_into(&mut changed.policy);
    }
    if params.flag("ResetPolicy")? {
        changed.policy.clear();
    }
    if let Some(version) = params.parsed("AddressIpVersion", "IPv4 or DualStack")? {
        changed.ip_version = version;
    }
    let bandwidth = params.integer("CrossRegionBandwidth", 100..=u32::MAX)?;
    if changed.cross_region_bandwidth.is_some() && bandwidth.is_some() {
        changed.cross_region_bandwidth = bandwidth;
    }
    text::unless_dry(params)?;
    changed.waiting = world.begin(Wait::EndpointModify);
    world.links.endpoints.insert(place.key(&changed.id), changed);
    Ok(json!({}))
}

/// Only an endpoint without zones.
pub(in crate::privatelink) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (endpoint, connection) = own(world, &place, params)?;
    endpoint.must_be_open_to(request)?;
    refuse_if!(endpoint.waiting.is_some(), refusal::endpoint_busy());
    refuse_if!(connection.waiting.is_some(), refusal::endpoint_busy());
    let id = endpoint.id.clone();
    refuse_if!(world.links.zones_of(&place, &id).next().is_some(), bad "EndpointDependenceViolation",
        "The specified endpoint has dependent zone(s).");
    text::unless_dry(params)?;
    let (key, waiting) = (place.key(&id), world.begin(Wait::EndpointDelete));
    world.links.endpoints.change(&key, |endpoint| endpoint.waiting = waiting);
    world.links.connections.change(&key, |connection| {
        connection.waiting = waiting;
        connection.by_call = false;
    });
    Ok(json!({}))
}
