//! Allowing and refusing a connection in one zone alone, and choosing by which resource.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Connection, connect_zone, named, resource_for};
use crate::privatelink::resource::ResourceType;
use crate::privatelink::zone::{State, Zone};
use crate::privatelink::{refusal, text};
use crate::vpc::{Place, World};

/// The connection and the zone that a call names. Both must be free.
fn zone_named<'a>(
    world: &'a World,
    place: &Place,
    request: &RpcRequest,
) -> Result<(&'a Connection, &'a Zone), RpcError> {
    let wanted = request.params.required("ZoneId")?;
    let (service, connection) = named(world, place, &request.params)?;
    refuse_if!(service.business.is_locked(), bad "IncorrectBusinessStatus.VpcEndpointService",
        "The business status of VpcEndpointService [FinancialLocked] is incorrect.");
    let endpoint = world.links.endpoints.get(&connection.key()).filter(|endpoint| endpoint.waiting.is_some());
    if let Some(endpoint) = endpoint {
        return Err(refusal::wrong_endpoint_status(endpoint.status()));
    }
    refuse_if!(connection.waiting.is_some(), refusal::connection_busy());
    let mut zones = world.links.zones_of(&connection.place(), &connection.endpoint_id);
    let zone = zones.find(|zone| zone.id == wanted).ok_or_else(|| refusal::no_zone(wanted))?;
    refuse_if!(zone.waiting.is_some(), refusal::wrong_zone_status(zone.status()));
    Ok((connection, zone))
}

/// A zone that waits at a connected endpoint may be allowed as well as one that was disconnected.
pub(in crate::privatelink) fn enable_zone(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (connection, zone) = zone_named(world, &place, request)?;
    refuse_if!(!connection.is_connected, refusal::wrong_connection_status(connection.status()));
    refuse_if!(!matches!(zone.state, State::Disconnected | State::Wait), refusal::wrong_zone_status(zone.status()));
    let (service, _) = named(world, &place, params)?;
    refuse_if!(resource_for(service, connection, zone).is_none(), refusal::no_resource(&zone.id));
    let (connection, zone) = (connection.clone(), zone.clone());
    text::unless_dry(params)?;
    let since = world.now;
    connect_zone(world, &connection, &zone, since);
    Ok(json!({}))
}

/// With `ReplacedResource` only the way by the resource before a migration is closed.
pub(in crate::privatelink) fn disable_zone(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let only_replaced = params.flag("ReplacedResource")?;
    let (connection, zone) = zone_named(world, &place, request)?;
    refuse_if!(!connection.is_connected, refusal::wrong_connection_status(connection.status()));
    let is_fit = if only_replaced { zone.state == State::Migrated } else { zone.carries() };
    refuse_if!(!is_fit, refusal::wrong_zone_status(zone.status()));
    let key = zone.key();
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::ConnectionDisable);
    world.links.zones.change(&key, |zone| {
        zone.replaced_resource_id.clear();
        if only_replaced {
            zone.state = State::Connected;
        } else {
            zone.waiting = waiting;
        }
    });
    Ok(json!({}))
}

/// How a call wants the resource to be chosen.
enum Choice {
    /// By the service, while disconnected.
    Auto,
    /// By the provider, while disconnected.
    Manual,
    /// In place of the one in use, keeping that until it is closed.
    Graceful,
    /// In place of the one in use.
    Force,
}

pub(in crate::privatelink) fn choose_resource(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    if !world.links.settings.resources_can_be_chosen {
        return Err(refusal::over_quota("privatelink_whitelist/svc_res_mgt_uat"));
    }
    let choice = match (params.get("ResourceAllocateMode"), params.get("ResourceReplaceMode")) {
        (Some("Auto"), None) => Choice::Auto,
        (Some("Manual"), None) => Choice::Manual,
        (None, Some("Graceful")) => Choice::Graceful,
        (None, Some("Force")) => Choice::Force,
        (None, None) => {
            let message = "The param of ResourceAllocateMode is missing.";
            return Err(RpcError::bad("MissingParam.ResourceAllocateMode", message));
        }
        (_, None) => {
            let message = "The param of ResourceAllocateMode is illegal.";
            return Err(RpcError::bad("IllegalParam.ResourceAllocateMode", message));
        }
        (_, Some(_)) => {
            let message = "The param of ResourceReplaceMode is illegal.";
            return Err(RpcError::bad("IllegalParam.ResourceReplaceMode", message));
        }
    };
    let (connection, zone) = zone_named(world, &place, request)?;
    let replaces = matches!(choice, Choice::Graceful | Choice::Force);
    refuse_if!(replaces != zone.carries() || replaces != connection.is_connected, bad "ZoneOperationDenied",
        "You cannot operate the specified zone.");
    let (service, _) = named(world, &place, params)?;
    service.must_be_free()?;
    let wanted = match choice {
        Choice::Auto => None,
        Choice::Manual | Choice::Graceful | Choice::Force => {
            let missing = || RpcError::bad("MissingParam.ResourceId", "The param of ResourceId is missing.");
            let id = params.get("ResourceId").ok_or_else(missing)?;
            let kind = params.parsed::<ResourceType>("ResourceType", "slb, alb, nlb or gwlb")?;
            refuse_if!(kind.is_some_and(|kind| kind != service.resource_type), bad "EndpointServiceResourceTypeNotSupport",
                "The specified resource type is not supported.");
            let mut same = service.resources.iter().filter(|own| own.id == id);
            let first = same.clone().next().ok_or_else(|| refusal::no_resource(id))?;
            let own = same.find(|own| own.zone == zone.id).unwrap_or(first);
            refuse_if!(own.zone != zone.id && connection.region == connection.service_region, bad "Mismatch.ZoneId",
                "ZoneId is mismatched for {id} and {}.", zone.id);
            Some(own.id.clone())
        }
    };
    let mut by_id = service.resources.iter().filter(|own| replaces && own.id == zone.resource_id);
    let any = by_id.clone().next();
    let in_use = by_id.find(|own| own.zone == zone.id).or(any);
    refuse_if!(in_use.is_some_and(|own| own.auto_allocated), bad "OperationDenied.CurrentResourceAutoAllocated",
        "The operation is not allowed because of CurrentResourceAutoAllocated.");
    let (zone_key, service_key) = (zone.key(), place.key(&service.id));
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::ServiceModify);
    world.links.zones.change(&zone_key, |zone| {
        zone.is_chosen = wanted.is_some();
        let before = std::mem::replace(&mut zone.resource_id, wanted.unwrap_or_default());
        if matches!(choice, Choice::Graceful) {
            (zone.state, zone.replaced_resource_id) = (State::Migrated, before);
        }
    });
    world.links.services.change(&service_key, |service| {
        service.waiting = waiting;
        service.resources_change = true;
    });
    Ok(json!({}))
}
