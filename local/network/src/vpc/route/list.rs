//! DescribeRouteEntryList.

use local_core::rpc::page::Cursor;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::cidr;
use super::super::place::Place;
use super::super::text;
use super::super::world::World;
use super::{Route, Target};

pub(in crate::vpc) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let table = world.table(&place, params.required("RouteTableId")?)?;
    let cursor = Cursor::read(params)?;
    let destination =
        params.get("DestinationCidrBlock").map(|text| cidr::parse("DestinationCidrBlock", text)).transpose()?;
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    let wanted = |route: &Route| {
        let (kind, id) = hop(route);
        is("RouteEntryId", &route.id)
            && is("RouteEntryName", &route.name)
            && is("RouteEntryType", kind_of(route))
            && is("NextHopType", kind)
            && is("NextHopId", id)
            && destination.is_none_or(|wanted| wanted == route.destination)
            && params.get("IpVersion").is_none_or(|version| version.eq_ignore_ascii_case("ipv4"))
    };
    let items = world
        .routes_in(&place, &table.id)
        .filter(|(_, route)| wanted(route))
        .map(|(key, route)| (key.to_owned(), world.route_view(&place, route)))
        .collect();
    let (page, next) = cursor.cut(items);
    Ok(json!({ "RouteEntrys": { "RouteEntry": page }, "NextToken": next }))
}

fn kind_of(route: &Route) -> &'static str {
    if route.is_custom() { "Custom" } else { "System" }
}

fn hop(route: &Route) -> (&str, &str) {
    match &route.target {
        Target::Local => ("local", ""),
        Target::Hop(hop) => (hop.kind(), hop.id()),
    }
}

impl World {
    pub(in crate::vpc) fn route_view(&self, place: &Place, route: &Route) -> Value {
        let (kind, id) = hop(route);
        let enabled = match &route.target {
            Target::Local => true,
            Target::Hop(hop) => hop.is_enabled(self, place),
        };
        json!({
            "RouteEntryId": route.id,
            "RouteEntryName": route.name,
            "Description": route.description,
            "RouteTableId": route.table_id,
            "DestinationCidrBlock": route.destination,
            "IpVersion": "ipv4",
            "Type": kind_of(route),
            "Origin": if route.is_custom() { "CustomCreate" } else { "SystemCreate" },
            "Status": route.status(),
            "NextHopType": kind,
            "InstanceId": id,
            "NextHops": { "NextHop": [{
                "NextHopType": kind,
                "NextHopId": id,
                "NextHopRegionId": if id.is_empty() { "" } else { &place.region },
                "Enabled": u8::from(enabled),
                "Weight": 0,
            }] },
            "GmtModified": text::time(route.created),
        })
    }
}
