//! DeleteRouteEntry and ModifyRouteEntry.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::cidr;
use super::super::place::Place;
use super::super::text::Text;
use super::super::world::World;
use super::{Route, Target, key, task_conflict};

pub(in crate::vpc) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let route = find(world, &place, request)?;
    ready(world, &route)?;
    refuse_if!(request.params.flag("DryRun")?, RpcError::dry_run_passed());
    let waiting = world.begin(Wait::RouteDelete);
    world.routes.change(&key(&place, &route.table_id, &route.id), |route| route.waiting = waiting);
    Ok(json!({}))
}

pub(in crate::vpc) fn modify(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    params.required("RouteEntryId")?;
    let name = Text::Name.read(params, "RouteEntryName")?;
    let description = Text::Description.read(params, "Description")?;
    let route = find(world, &place, request)?;
    ready(world, &route)?;
    refuse_if!(params.flag("DryRun")?, RpcError::dry_run_passed());
    let waiting = world.begin(Wait::RouteModify);
    world.routes.change(&key(&place, &route.table_id, &route.id), |route| {
        route.name = name.unwrap_or_else(|| std::mem::take(&mut route.name));
        route.description = description.unwrap_or_else(|| std::mem::take(&mut route.description));
        route.waiting = waiting;
    });
    Ok(json!({}))
}

/// The route that is named by its id, or by table, destination and next hop.
fn find(world: &World, place: &Place, request: &RpcRequest) -> Result<Route, RpcError> {
    let params = &request.params;
    let not_found = |what: &str| {
        RpcError::bad("InvalidRouteEntry.NotFound", format!("Specified route entry does not exist: {what}."))
    };
    if let Some(id) = params.get("RouteEntryId") {
        let found = world.routes.at(place).map(|(_, route)| route).find(|route| route.id == id);
        return found.cloned().ok_or_else(|| not_found(id));
    }
    let table_id = params.required("RouteTableId")?;
    let destination = cidr::parse("DestinationCidrBlock", params.required("DestinationCidrBlock")?)?;
    world.table(place, table_id)?;
    let several = params.objects("NextHopList");
    let hop = match (params.get("NextHopId"), several.as_slice()) {
        (Some(hop), _) => hop,
        (None, [only]) => only.required("NextHopId")?,
        (None, _) => return Err(RpcError::missing_parameter("NextHopId")),
    };
    let route = world
        .routes_in(place, table_id)
        .map(|(_, route)| route)
        .find(|route| route.destination == destination)
        .ok_or_else(|| not_found(&destination.to_string()))?;
    match &route.target {
        Target::Hop(own) if own.id() != hop => {
            let message = format!("The route to {destination} leads to {}, not to {hop}.", own.id());
            Err(RpcError::bad("InvalidNextHop", message))
        }
        Target::Hop(_) | Target::Local => Ok(route.clone()),
    }
}

/// Whether the route may be changed now.
fn ready(world: &World, route: &Route) -> Result<(), RpcError> {
    refuse_if!(!route.is_custom(), bad "OperationDenied", "{} is a system route.", route.id);
    refuse_if!(route.waiting.is_some(), bad "IncorrectRouteEntryStatus",
        "The route entry {} is {}, not Available.", route.id, route.status());
    if world.has_route_in_change(&route.vpc_id) || world.has_vswitch_in_change(&route.vpc_id) {
        return Err(task_conflict(&route.vpc_id));
    }
    Ok(())
}
