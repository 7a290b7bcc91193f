//! What a `router-interface` connection needs.

use std::collections::BTreeMap;

use alicloud::vpc::{Filter, FilterKey, InterfaceStatus, RouteType, Vpc};
use connection::carry::Office;
use connection::halt::Halt;
use connection::made::Made;
use connection::problem::Problem;
use connection::record::{Network, SideRecord};
use connection::spec::{Spec, VpcSide};
use connection::words::Side;
use futures::future::{join, join_all};
use ipnet::IpNet;

use super::networks::{conflicts, look_up, overlap};
use super::{Trouble, verdict};
use crate::problem_json::Refusal;

/// Router interfaces that one router may have by default.
const INTERFACES_PER_ROUTER: usize = 5;

/// One side, found.
struct Found<'a> {
    side: Side,
    place: &'a VpcSide,
    vpc: Vpc,
    network: Network,
}

/// Looks both sides up, then at what stands in the way.
///
/// # Errors
/// The refusal to answer with.
pub async fn check(office: &Office, spec: &Spec) -> Result<BTreeMap<Side, SideRecord>, Refusal> {
    let found = join_all(spec.sides().map(|(side, place)| find(office, side, place))).await;
    let (mut troubles, mut sides) = (Vec::new(), Vec::new());
    for side in found {
        match side {
            Ok(side) => sides.push(side),
            Err(trouble) => troubles.push(trouble),
        }
    }
    if let [initiator, acceptor] = sides.as_slice() {
        troubles.extend(conflicts(&initiator.network, &acceptor.network).into_iter().map(Trouble::Problem));
        let (one, other) = join(obstacles(initiator, acceptor), obstacles(acceptor, initiator)).await;
        troubles.extend(one);
        troubles.extend(other);
    }
    verdict(troubles)?;
    Ok(sides.into_iter().map(|found| (found.side, recorded(office, found))).collect())
}

fn recorded(office: &Office, found: Found<'_>) -> SideRecord {
    let account = office.clouds.account(&found.place.account);
    let account_id = account.map(|account| account.id.clone()).unwrap_or_default();
    SideRecord { account_id, network: found.network, made: Made::default() }
}

async fn find<'a>(office: &Office, side: Side, place: &'a VpcSide) -> Result<Found<'a>, Trouble> {
    if office.clouds.account(&place.account).is_none() {
        let known: Vec<_> = office.clouds.aliases().map(connection::words::AccountAlias::as_str).collect();
        let detail = format!("no account has the alias {}; known are {}", place.account, known.join(", "));
        return Err(Trouble::Problem(Problem::at(format!("/{side}/account"), detail)));
    }
    let vpc = office.clouds.vpc(place).map_err(|halt| Trouble::of(format!("/{side}"), halt))?;
    let network = look_up(side, place, &vpc).await?;
    Ok(Found { side, place, vpc, network })
}

/// What stands in the way on one side: too many interfaces, a pair that joins the two routers already, or a route.
async fn obstacles(own: &Found<'_>, peer: &Found<'_>) -> Vec<Trouble> {
    let (interfaces, routes) = join(interfaces(own, peer), routes(own, peer)).await;
    let flatten = |result: Result<Vec<Trouble>, Trouble>| result.unwrap_or_else(|trouble| vec![trouble]);
    flatten(interfaces).into_iter().chain(flatten(routes)).collect()
}

async fn interfaces(own: &Found<'_>, peer: &Found<'_>) -> Result<Vec<Trouble>, Trouble> {
    let pointer = format!("/{}/vpc_id", own.side);
    let on_router = Filter::new(FilterKey::RouterId, &own.network.router_id);
    let listed = own.vpc.all_router_interfaces(&[on_router]).await;
    let listed = listed.map_err(|error| Trouble::of(pointer.clone(), Halt::from(error)))?;
    let mut troubles = Vec::new();
    if listed.len() >= INTERFACES_PER_ROUTER {
        let detail = format!("its router has {} router interfaces; {INTERFACES_PER_ROUTER} are allowed", listed.len());
        troubles.push(Trouble::Problem(Problem::at(pointer.clone(), detail)));
    }
    let joins = |interface: &&alicloud::vpc::RouterInterface| {
        interface.opposite_router_id.as_ref() == Some(&peer.network.router_id)
            && interface.opposite_interface_status != Some(InterfaceStatus::Deleted)
    };
    for interface in listed.iter().filter(joins) {
        let detail = format!(
            "router interface {} ({}) joins the two VPCs already; the cloud allows one pair between two routers",
            interface.router_interface_id, interface.status
        );
        troubles.push(Trouble::Problem(Problem::at(pointer.clone(), detail)));
    }
    Ok(troubles)
}

/// A route to the very range, or a narrower one inside it that would win. Routes of the system are the own vSwitches,
/// which the check for overlaps covers.
async fn routes(own: &Found<'_>, peer: &Found<'_>) -> Result<Vec<Trouble>, Trouble> {
    let pointer = format!("/{}/vpc_id", own.side);
    let table = &own.network.route_table_id;
    let entries = own.vpc.all_route_entries(table).await;
    let entries = entries.map_err(|error| Trouble::of(pointer.clone(), Halt::from(error)))?;
    let mut troubles = Vec::new();
    for entry in entries.iter().filter(|entry| entry.route_type != Some(RouteType::System)) {
        let Some(IpNet::V4(destination)) = entry.destination_cidr_block.net() else { continue };
        for block in &peer.network.cidr_blocks {
            if overlap(block, &destination) && destination.prefix_len() >= block.prefix_len() {
                let by: Vec<_> = entry.next_hops.iter().filter_map(|hop| hop.next_hop_id.as_deref()).collect();
                let detail = format!(
                    "route table {table} has a route to {destination} by {}, which would take traffic meant for {block}",
                    by.join(", ")
                );
                troubles.push(Trouble::Problem(Problem::at(pointer.clone(), detail)));
            }
        }
    }
    Ok(troubles)
}
