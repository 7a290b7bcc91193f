//! CreateRouteEntry, and CreateRouteEntries, which can fail in part.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::cidr;
use super::super::place::Place;
use super::super::text::Text;
use super::super::world::World;
use super::next_hop::{self, NextHop};
use super::{Route, Target, key, rules};

/// How many routes one batch may hold.
const MOST: usize = 50;

pub(in crate::vpc) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let table_id = params.required("RouteTableId")?;
    let destination = cidr::parse("DestinationCidrBlock", params.required("DestinationCidrBlock")?)?;
    let (kind, hop) = next_hop::read(params)?;
    let name = Text::Name.read(params, "RouteEntryName")?.unwrap_or_default();
    let description = Text::Description.read(params, "Description")?.unwrap_or_default();
    let (table, network) = rules::ready(world, &place, table_id)?;
    rules::check(world, &place, table, &destination)?;
    let hop = NextHop::find(world, &place, network, kind, hop)?;
    refuse_if!(params.flag("DryRun")?, RpcError::dry_run_passed());
    let vpc_id = network.id.clone();
    let route = Route {
        id: world.shared.ids.resource("rte"),
        table_id: table_id.to_owned(),
        vpc_id,
        destination,
        target: Target::Hop(hop),
        name,
        description,
        created: world.now,
        waiting: world.begin(Wait::RouteCreate),
    };
    let answer = json!({ "RouteEntryId": route.id });
    world.routes.insert(key(&place, table_id, &route.id), route);
    Ok(answer)
}

pub(in crate::vpc) fn create_many(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let wanted = request.params.objects("RouteEntries");
    refuse_if!(wanted.is_empty(), RpcError::missing_parameter("RouteEntries.1.RouteTableId"));
    if wanted.len() > MOST {
        return Err(RpcError::invalid_parameter("RouteEntries", &format!("it may hold at most {MOST} routes")));
    }
    for (index, entry) in wanted.iter().enumerate() {
        for field in ["RouteTableId", "DstCidrBlock", "NextHop", "NextHopType"] {
            if entry.get(field).is_none() {
                return Err(RpcError::missing_parameter(&format!("RouteEntries.{}.{field}", index + 1)));
            }
        }
        // Before the first is made: those of one batch do not disturb one another, what was under way before does.
        rules::ready(world, &place, entry.required("RouteTableId")?)?;
    }
    let dry = request.params.flag("DryRun")?;
    // Checked against each other as they will stand: each is put in place before the next is looked at.
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    for entry in &wanted {
        match route_of(world, &place, entry) {
            Ok(route) => {
                made.push(key(&place, &route.table_id, &route.id));
                world.routes.insert(key(&place, &route.table_id, &route.id), route);
            }
            Err(error) => failed.push((entry, error)),
        }
    }
    if dry {
        for key in &made {
            world.routes.rows.remove(key);
        }
        return Err(failed.into_iter().next().map_or_else(RpcError::dry_run_passed, |(_, error)| error));
    }
    let ids: Vec<&str> = made.iter().filter_map(|key| key.rsplit('/').next()).collect();
    let failures: Vec<Value> = failed
        .iter()
        .map(|(entry, error)| {
            json!({
                "DstCidrBlock": entry.get("DstCidrBlock"),
                "NextHop": entry.get("NextHop"),
                "FailedCode": error.code,
                "FailedMessage": error.message,
            })
        })
        .collect();
    Ok(json!({
        "SuccessCount": ids.len(),
        "FailedCount": failures.len(),
        "RouteEntryIds": ids,
        "FailedRouteEntries": failures,
    }))
}

/// One route of a batch.
fn route_of(world: &World, place: &Place, entry: &Params) -> Result<Route, RpcError> {
    refuse_if!(entry.get("IpVersion").is_some_and(|version| version != "4"), bad "UnsupportedOperation",
        "This cloud has IPv4 routes only.");
    let table = world.table(place, entry.required("RouteTableId")?)?;
    let destination = cidr::parse("DstCidrBlock", entry.required("DstCidrBlock")?)?;
    rules::check(world, place, table, &destination)?;
    // In a batch a destination may not even contain a vSwitch.
    if let Some(inner) = world.vswitches_of(place, &table.vpc_id).find(|inner| destination.contains(&inner.cidr)) {
        let message = format!("{destination} contains {} of the vSwitch {}.", inner.cidr, inner.id);
        return Err(RpcError::bad("InvalidCidrBlock", message));
    }
    let (_, network) = (table, world.networks.get(&place.key(&table.vpc_id)));
    let network = network.ok_or_else(|| super::super::network::not_available(&table.vpc_id))?;
    let hop = NextHop::find(world, place, network, entry.required("NextHopType")?, entry.required("NextHop")?)?;
    Ok(Route {
        id: world.shared.ids.resource("rte"),
        table_id: table.id.clone(),
        vpc_id: network.id.clone(),
        destination,
        target: Target::Hop(hop),
        name: Text::Name.read(entry, "Name")?.unwrap_or_default(),
        description: Text::Description.read(entry, "Description")?.unwrap_or_default(),
        created: world.now,
        waiting: world.begin(Wait::RouteCreate),
    })
}
