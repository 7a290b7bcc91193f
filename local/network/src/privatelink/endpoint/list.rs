//! Telling of endpoints.

use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Endpoint, own};
use crate::privatelink::connection::Connection;
use crate::privatelink::service;
use crate::vpc::{Place, World};

pub(in crate::privatelink) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let (endpoint, connection) = own(world, &place, &request.params)?;
    let provider = Place::new(&connection.provider, &connection.service_region);
    let payer = world.links.services.get(&provider.key(&connection.service_id)).map(|service| service.payer);
    let mut view = endpoint.view(&place, connection);
    if let Value::Object(fields) = &mut view {
        fields.insert("ZonePrivateIpAddressCount".to_owned(), 1.into());
        fields.insert("Payer".to_owned(), payer.map_or("Endpoint", service::Payer::word).into());
    }
    Ok(view)
}

pub(in crate::privatelink) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=1000, 50, params)?;
    let found: Vec<(String, (&Endpoint, &Connection))> = world
        .links
        .endpoints
        .at(&place)
        .filter_map(|(key, endpoint)| Some((endpoint, world.links.connections.get(key)?)))
        .filter(|(endpoint, connection)| fits(endpoint, connection, params))
        .map(|(endpoint, connection)| (endpoint.id.clone(), (endpoint, connection)))
        .collect();
    let total = found.len();
    let (page, token) = cursor.cut(found);
    let page: Vec<Value> = page.into_iter().map(|(endpoint, connection)| endpoint.view(&place, connection)).collect();
    Ok(json!({ "Endpoints": page, "NextToken": token, "MaxResults": cursor.most(), "TotalCount": total }))
}

fn fits(endpoint: &Endpoint, connection: &Connection, params: &Params) -> bool {
    let exact = [
        ("EndpointId", endpoint.id.as_str()),
        ("EndpointName", &endpoint.name),
        ("EndpointStatus", endpoint.status()),
        ("EndpointType", &endpoint.kind),
        ("ConnectionStatus", connection.status()),
        ("VpcId", &endpoint.vpc_id),
        ("ServiceName", &service::name(&connection.service_region, &connection.service_id)),
        ("ServiceRegionId", &connection.service_region),
        ("AddressIpVersion", endpoint.ip_version.word()),
        ("ResourceGroupId", &endpoint.resource_group),
    ];
    exact.iter().all(|(name, value)| params.get(name).is_none_or(|wanted| wanted == *value))
        && crate::tags::fit(&endpoint.tags, params)
}
