//! What must hold before a route is made.

use ipnet::Ipv4Net;
use local_core::refuse_if;
use local_core::rpc::RpcError;

use super::super::cidr;
use super::super::network::{Network, not_available};
use super::super::place::Place;
use super::super::route_table::{self, RouteTable};
use super::super::world::World;
use super::task_conflict;

/// The table of a new route and its VPC, both ready for a change.
pub(super) fn ready<'a>(
    world: &'a World,
    place: &Place,
    table_id: &str,
) -> Result<(&'a RouteTable, &'a Network), RpcError> {
    let table = world.table(place, table_id)?;
    let network = world.networks.get(&place.key(&table.vpc_id)).ok_or_else(|| not_available(&table.vpc_id))?;
    refuse_if!(!network.is_available(), not_available(&network.id));
    refuse_if!(!table.is_available(), route_table::wrong_status(table));
    if world.has_route_in_change(&network.id) || world.has_vswitch_in_change(&network.id) {
        return Err(task_conflict(&network.id));
    }
    Ok((table, network))
}

/// Whether a table has room for a route to `destination`, and the destination is one that a route may have.
pub(super) fn check(world: &World, place: &Place, table: &RouteTable, destination: &Ipv4Net) -> Result<(), RpcError> {
    refuse_if!(!cidr::is_routable(destination), bad "InvalidDestinationCidrBlock",
        "{destination} lies in 100.64.0.0/10, which the cloud uses itself.");
    let mut own = 0;
    for (_, route) in world.routes_in(place, &table.id) {
        refuse_if!(route.destination == *destination, bad "InvalidCIDRBlock.Duplicate",
            "The route table {} has a route to {destination} already.", table.id);
        own += usize::from(route.is_custom());
    }
    if let Some(vswitch) = world.vswitches_of(place, &table.vpc_id).find(|vswitch| vswitch.cidr.contains(destination)) {
        let message = format!("{destination} lies within {} of the vSwitch {}.", vswitch.cidr, vswitch.id);
        return Err(RpcError::bad("InvalidCidrBlock", message));
    }
    refuse_if!(own >= world.settings.routes_per_table, bad "QuotaExceeded",
        "The route table {} has as many custom routes as it may have.", table.id);
    Ok(())
}
