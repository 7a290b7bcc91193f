//! Allowing, refusing and changing a connection. Refusing and ending are the same call, and it takes no reason.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Connection, changeable, connect_zone, resource_for};
use crate::privatelink::resource::ResourceType;
use crate::privatelink::service::Service;
use crate::privatelink::zone::{State, Zone};
use crate::privatelink::{refusal, text};
use crate::vpc::{Place, World};

/// What a call says of the bandwidth.
struct Traffic {
    bandwidth: Option<u32>,
    is_limited: Option<bool>,
}

fn traffic(service: &Service, connection: &Connection, params: &Params) -> Result<Traffic, RpcError> {
    let kind = service.resource_type;
    let is_limited = match params.get("TrafficControlMode") {
        None => None,
        Some("BandwidthLimit") if kind != ResourceType::Gwlb => Some(true),
        Some("Scalability") if kind != ResourceType::Clb => Some(false),
        Some(_) => {
            return Err(RpcError::invalid_parameter("TrafficControlMode", "the service's resources do not offer it"));
        }
    };
    let (least, most) = kind.bandwidths();
    let bandwidth = params.integer("Bandwidth", least..=most)?;
    refuse_if!(bandwidth.is_some() && !is_limited.unwrap_or(connection.is_limited), bad "UpdateBandWidthUnSupported",
        "Bandwidth updates are not supported for this service.");
    Ok(Traffic { bandwidth, is_limited })
}

pub(in crate::privatelink) fn enable(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (service, connection) = changeable(world, &place, params)?;
    refuse_if!(service.business.is_locked(), refusal::service_locked());
    if connection.is_connected {
        if world.links.settings.refuses_connected {
            return Err(refusal::wrong_connection_status(connection.status()));
        }
        text::unless_dry(params)?;
        return Ok(json!({}));
    }
    let Traffic { bandwidth, is_limited } = traffic(service, connection, params)?;
    let zones: Vec<Zone> = world.links.zones_of(&connection.place(), &connection.endpoint_id).cloned().collect();
    if zones.iter().any(|zone| resource_for(service, connection, zone).is_none()) {
        return Err(RpcError::bad(
            "OperationDenied.NoAvailableServiceResource",
            "The operation is not allowed because of there are no resource in some available zones of endpoint service.",
        ));
    }
    let connection = connection.clone();
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::ConnectionEnable);
    world.links.connections.change(&connection.key(), |connection| {
        connection.bandwidth = bandwidth.unwrap_or(connection.bandwidth);
        connection.is_limited = is_limited.unwrap_or(connection.is_limited);
        connection.by_call = true;
        connection.waiting = waiting;
    });
    // A zone that is still being made joins when it is there.
    let since = world.now;
    for zone in zones.iter().filter(|zone| zone.waiting.is_none()) {
        connect_zone(world, &connection, zone, since);
    }
    Ok(json!({}))
}

pub(in crate::privatelink) fn disable(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (_, connection) = changeable(world, &place, params)?;
    let connection = connection.clone();
    text::unless_dry(params)?;
    end(world, &connection, true);
    Ok(json!({}))
}

/// Begins to end a connection, or to refuse a request.
fn end(world: &mut World, connection: &Connection, by_call: bool) {
    let waiting = world.begin(Wait::ConnectionDisable);
    world.links.connections.change(&connection.key(), |connection| {
        connection.waiting = waiting;
        connection.by_call = by_call;
    });
    let reaches_waiting = world.links.settings.refusal_reaches_zones;
    let is_reached = |zone: &&Zone| zone.waiting.is_none() && (zone.state != State::Wait || reaches_waiting);
    let place = connection.place();
    let zones: Vec<String> =
        world.links.zones_of(&place, &connection.endpoint_id).filter(is_reached).map(Zone::key).collect();
    for key in zones {
        world.links.zones.change(&key, |zone| zone.waiting = waiting);
    }
}

pub(in crate::privatelink) fn update(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (service, connection) = changeable(world, &place, params)?;
    refuse_if!(!connection.is_connected, refusal::wrong_connection_status(connection.status()));
    let Traffic { bandwidth, is_limited } = traffic(service, connection, params)?;
    let key = connection.key();
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::ConnectionModify);
    world.links.connections.change(&key, |connection| {
        connection.bandwidth = bandwidth.unwrap_or(connection.bandwidth);
        connection.is_limited = is_limited.unwrap_or(connection.is_limited);
        connection.by_call = true;
        connection.waiting = waiting;
    });
    Ok(json!({}))
}

/// Accepts every request of a service that waits, all at once, as the service does by itself.
pub(in crate::privatelink) fn accept_waiting(world: &mut World, provider: &Place, service_id: &str) {
    let waiting: Vec<Connection> = world
        .links
        .connections_of(&provider.account, service_id)
        .filter(|connection| connection.is_at_rest())
        .cloned()
        .collect();
    let (begun, since) = (world.begin(Wait::ConnectionEnable), world.now);
    for connection in waiting {
        let zones: Vec<Zone> = world.links.zones_of(&connection.place(), &connection.endpoint_id).cloned().collect();
        world.links.connections.change(&connection.key(), |connection| connection.waiting = begun);
        for zone in zones.iter().filter(|zone| zone.waiting.is_none()) {
            connect_zone(world, &connection, zone, since);
        }
    }
}

/// Ends the connections of everybody who is not on the service's list any more.
pub(in crate::privatelink) fn end_unlisted(world: &mut World, provider: &Place, service_id: &str) {
    let everyone = world.links.settings.wildcard_means_everyone;
    let Some(service) = world.links.services.get(&provider.key(service_id)) else { return };
    let is_out = |connection: &&Connection| {
        connection.is_connected && !service.users.let_in(connection.place().owner(), everyone)
    };
    let out: Vec<Connection> =
        world.links.connections_of(&provider.account, service_id).filter(is_out).cloned().collect();
    for connection in out {
        end(world, &connection, false);
    }
}
