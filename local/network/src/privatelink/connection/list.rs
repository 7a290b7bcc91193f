//! Telling a provider of connections.

use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::Connection;
use crate::privatelink::service;
use crate::privatelink::zone::Zone;
use crate::vpc::{Place, World, text};

/// The connections of one service, or of all services of the region.
pub(in crate::privatelink) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=1000, 50, params)?;
    let service_id = match params.get("ServiceId") {
        Some(_) => Some(service::own(world, &place, params)?.id.clone()),
        None if world.links.settings.listing_needs_service => {
            return Err(RpcError::bad("MissingParam.ServiceId", "The param of ServiceId is missing."));
        }
        None => None,
    };
    let owner = params.parsed::<u64>("EndpointOwnerId", "the id of an account")?;
    let fits = |connection: &Connection| {
        connection.provider == place.account
            && connection.service_region == place.region
            && !connection.service_is_gone
            && service_id.as_ref().is_none_or(|id| *id == connection.service_id)
            && owner.is_none_or(|owner| owner == connection.place().owner())
            && fits(world, connection, params)
    };
    let connections = world.links.connections.rows.iter().map(|(_, connection)| connection);
    let mut found: Vec<(String, &Connection)> = connections
        .filter(|connection| fits(connection))
        .map(|connection| (connection.endpoint_id.clone(), connection))
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    // A string in this listing, in its own model.
    let total = found.len().to_string();
    let (page, token) = cursor.cut(found);
    let page: Vec<Value> = page.into_iter().map(|connection| view(world, &place, connection)).collect();
    Ok(json!({ "Connections": page, "NextToken": token, "MaxResults": cursor.most(), "TotalCount": total }))
}

fn group_of<'a>(world: &'a World, connection: &Connection) -> &'a str {
    world.links.endpoints.get(&connection.key()).map_or("", |endpoint| &endpoint.resource_group)
}

fn fits(world: &World, connection: &Connection, params: &Params) -> bool {
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    let has_zone = |name: &str, of: fn(&Zone) -> &str| {
        params.get(name).is_none_or(|wanted| {
            world.links.zones_of(&connection.place(), &connection.endpoint_id).any(|zone| of(zone) == wanted)
        })
    };
    is("EndpointId", &connection.endpoint_id)
        && is("ConnectionStatus", connection.status())
        && is("ResourceGroupId", group_of(world, connection))
        && has_zone("EniId", |zone| &zone.eni_id)
        && has_zone("ResourceId", |zone| &zone.resource_id)
        && has_zone("ReplacedResourceId", |zone| &zone.replaced_resource_id)
}

fn view(world: &World, place: &Place, connection: &Connection) -> Value {
    let zones = world.links.zones_of(&connection.place(), &connection.endpoint_id).map(|zone| {
        json!({
            "ZoneId": zone.id,
            "VSwitchId": zone.vswitch_id,
            "EniId": zone.eni_id,
            "ZoneDomain": zone.domain(),
            "ZoneStatus": zone.status(),
            "ResourceId": zone.resource_id,
            "ReplacedResourceId": zone.replaced_resource_id,
        })
    });
    json!({
        "EndpointId": connection.endpoint_id,
        "EndpointOwnerId": connection.place().owner(),
        "EndpointVpcId": connection.vpc_id,
        "EndpointRegionId": connection.region,
        "ServiceId": connection.service_id,
        "ServiceRegionId": connection.service_region,
        "ConnectionStatus": connection.status(),
        "Bandwidth": connection.bandwidth,
        "TrafficControlMode": if connection.is_limited { "BandwidthLimit" } else { "Scalability" },
        "ModifiedTime": text::time(connection.modified),
        "ResourceOwner": connection.consumer == place.account,
        "ResourceGroupId": group_of(world, connection),
        "Zones": zones.collect::<Vec<_>>(),
    })
}
