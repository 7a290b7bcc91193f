//! Changing and deleting an endpoint service.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{create, own};
use crate::privatelink::resource::ResourceType;
use crate::privatelink::{connection, refusal, text};
use crate::vpc::{Place, World};

pub(in crate::privatelink) fn update(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let service = own(world, &place, params)?;
    service.must_be_free()?;
    let is_other = |other: &super::Service| other.waiting.is_some_and(|waiting| waiting.wait == Wait::ServiceModify);
    if world.links.services.at(&place).any(|(_, other)| is_other(other) && !other.resources_change) {
        return Err(refusal::concurrent());
    }
    let mut changed = service.clone();
    if let Some(description) = text::description(params, "ServiceDescription")? {
        changed.description = description;
    }
    if let Some(auto_accept) = text::flag(params, "AutoAcceptEnabled")? {
        changed.auto_accept = auto_accept;
    }
    if let Some(zone_affinity) = text::flag(params, "ZoneAffinityEnabled")? {
        changed.zone_affinity = zone_affinity;
    }
    if let Some(supports_v6) = text::flag(params, "ServiceSupportIPv6")? {
        changed.supports_v6 = supports_v6;
    }
    if let Some(version) = create::ip_version(params, changed.resource_type)? {
        changed.ip_version = version;
    }
    if let Some(bandwidth) = params.integer("ConnectBandwidth", 100..=10240)? {
        refuse_if!(!matches!(changed.resource_type, ResourceType::Clb | ResourceType::Alb), bad "UpdateBandWidthUnSupported",
            "Bandwidth updates are not supported for this service.");
        changed.bandwidth = bandwidth;
    }
    let gone = create::regions(&place, params, "DeleteSupportedRegionSet")?;
    changed.regions.retain(|region| !gone.contains(region));
    for region in create::regions(&place, params, "AddSupportedRegionSet")? {
        if !changed.regions.contains(&region) {
            changed.regions.push(region);
        }
    }
    text::unless_dry(params)?;
    let accepts_now = changed.auto_accept && !service.auto_accept;
    changed.waiting = world.begin(Wait::ServiceModify);
    let id = changed.id.clone();
    world.links.services.insert(place.key(&id), changed);
    if accepts_now && world.links.settings.auto_accept_reaches_waiting {
        connection::accept_waiting(world, &place, &id);
    }
    Ok(json!({}))
}

/// Only a service without resources and without a connection that stands.
pub(in crate::privatelink) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let service = own(world, &place, params)?;
    // One that is not paid for may go.
    refuse_if!(service.waiting.is_some(), refusal::service_busy());
    if world.links.connections_of(&place.account, &service.id).any(|connection| !connection.is_at_rest()) {
        return Err(RpcError::bad(
            "EndpointServiceConnectionDependence",
            "You cannot delete EndpointService with Endpoint connected.",
        ));
    }
    refuse_if!(!service.resources.is_empty(), bad "EndpointServiceDependenceViolation",
        "The specified EndpointService already contains a resource.");
    let key = place.key(&service.id);
    let busy = |other: &super::Service| other.waiting.is_some_and(|waiting| waiting.wait == Wait::ServiceDelete);
    refuse_if!(world.links.services.at(&place).any(|(_, other)| busy(other)), refusal::concurrent());
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::ServiceDelete);
    world.links.services.change(&key, |service| service.waiting = waiting);
    Ok(json!({}))
}
