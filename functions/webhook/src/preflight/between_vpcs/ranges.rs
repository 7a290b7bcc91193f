//! Which ranges and which route tables of the two sides are meant, and whether addresses of one can be told from addresses
//! of the other. Pure.
//!
//! A VPC routes its own vSwitches itself, and nothing can be routed more narrowly than that. So where the two VPCs' ranges
//! overlap, the other side's vSwitches are routed one by one, and where a vSwitch of one overlaps a range of the other,
//! nothing can be done.

use connection::problem::Problem;
use connection::record::Network;
use connection::spec::RouteTables;
use ipnet::Ipv4Net;

use super::Found;
use super::networks::Subnet;

/// Carrier-grade NAT, which the cloud uses for itself (RFC 6598).
const CLOUD_OWN: &str = "100.64.0.0/10";

/// The networks as they are meant, initiator first.
///
/// # Errors
/// Everything that stands against it.
pub(crate) fn resolve(initiator: &Found<'_>, acceptor: &Found<'_>) -> Result<[Network; 2], Vec<Problem>> {
    if initiator.network.router_id == acceptor.network.router_id {
        return Err(vec![Problem::at("/acceptor/vpc_id", "both sides are the same VPC; name another one here")]);
    }
    let sides = [initiator, acceptor];
    let mut problems: Vec<_> = sides.iter().flat_map(|side| unknown_names(side)).collect();
    let crossing = initiator.network.cidr_blocks.iter().any(|one| overlaps_any(one, &acceptor.network.cidr_blocks));
    let networks = sides.map(|side| Network {
        cidr_blocks: ranges(side, crossing),
        router_id: Some(side.network.router_id.clone()),
        route_tables: tables(side),
    });
    for (own, peer, routed) in [(initiator, acceptor, &networks[1]), (acceptor, initiator, &networks[0])] {
        problems.extend(conflicts(own, peer, &routed.cidr_blocks));
    }
    if problems.is_empty() { Ok(networks) } else { Err(problems) }
}

/// What the spec names and the VPC does not have.
fn unknown_names(side: &Found<'_>) -> Vec<Problem> {
    let (place, network) = (side.place, &side.network);
    let mut problems = Vec::new();
    for (index, id) in place.vswitch_ids.iter().enumerate() {
        if !network.vswitches.iter().any(|vswitch| vswitch.id == id.as_str()) {
            let known: Vec<_> = network.vswitches.iter().map(|vswitch| vswitch.id.as_str()).collect();
            let detail = format!("{} has no vSwitch {id}; name one of {}", place.vpc_id, known.join(", "));
            problems.push(Problem::at(format!("/{}/vswitch_ids/{index}", side.side), detail));
        }
    }
    if let RouteTables::Named(tables) = &place.route_tables {
        for (index, id) in tables.iter().enumerate() {
            if !network.tables.iter().any(|table| table == id.as_str()) {
                let detail =
                    format!("{} has no route table {id}; name one of {}", place.vpc_id, network.tables.join(", "));
                problems.push(Problem::at(format!("/{}/route_tables/{index}", side.side), detail));
            }
        }
    }
    for (index, block) in place.cidr_blocks.iter().enumerate() {
        if !network.cidr_blocks.iter().any(|own| own.contains(block)) {
            let own: Vec<_> = network.cidr_blocks.iter().map(ToString::to_string).collect();
            let detail =
                format!("{block} lies outside the ranges of {}; name a range within {}", place.vpc_id, own.join(", "));
            problems.push(Problem::at(format!("/{}/cidr_blocks/{index}", side.side), detail));
        }
    }
    problems
}

/// The vSwitches that shall be reached.
fn reached<'a>(side: &'a Found<'_>) -> impl Iterator<Item = &'a Subnet> {
    let named = &side.place.vswitch_ids;
    side.network
        .vswitches
        .iter()
        .filter(move |vswitch| named.is_empty() || named.iter().any(|id| id.as_str() == vswitch.id))
}

/// The ranges that the other side routes to this one. `crossing` says that the VPCs' own ranges overlap.
fn ranges(side: &Found<'_>, crossing: bool) -> Vec<Ipv4Net> {
    let mut ranges = if !side.place.cidr_blocks.is_empty() {
        side.place.cidr_blocks.clone()
    } else if crossing || !side.place.vswitch_ids.is_empty() {
        reached(side).map(|vswitch| vswitch.cidr_block).collect()
    } else {
        side.network.cidr_blocks.clone()
    };
    ranges.dedup();
    ranges
}

fn tables(side: &Found<'_>) -> Vec<String> {
    let network = &side.network;
    let mut tables: Vec<String> = match &side.place.route_tables {
        RouteTables::System => vec![network.system_table.clone()],
        RouteTables::Named(ids) => ids.iter().map(ToString::to_string).collect(),
        RouteTables::OfVswitches => reached(side).map(|vswitch| vswitch.route_table_id.clone()).collect(),
    };
    tables.sort_unstable();
    tables.dedup();
    if tables.is_empty() {
        tables.push(network.system_table.clone());
    }
    tables
}

/// What stands against routing `ranges` of the peer in the own VPC.
fn conflicts(own: &Found<'_>, peer: &Found<'_>, ranges: &[Ipv4Net]) -> Vec<Problem> {
    let pointer = |name: &str| format!("/{}/{name}", peer.side);
    let field = if peer.place.cidr_blocks.is_empty() { "vpc_id" } else { "cidr_blocks" };
    let mut problems = Vec::new();
    // Where vSwitches are named, none of those is there, which is told already.
    if ranges.is_empty() && peer.place.vswitch_ids.is_empty() {
        let detail = format!(
            "its ranges overlap those of {}, so its vSwitches would have to be routed one by one, but there are none; \
             make one first",
            own.place.vpc_id
        );
        problems.push(Problem::at(pointer("vpc_id"), detail));
    }
    let cloud_own: Ipv4Net = CLOUD_OWN.parse().expect("a constant range");
    for range in ranges {
        if overlap(range, &cloud_own) {
            let detail =
                format!("{range} lies in {CLOUD_OWN}, which the cloud uses for itself; name cidr_blocks without it");
            problems.push(Problem::at(pointer(field), detail));
        }
        for vswitch in own.network.vswitches.iter().filter(|vswitch| overlap(range, &vswitch.cidr_block)) {
            let detail = format!(
                "its range {range} overlaps vSwitch {} ({}) of the {}; addresses there would be ambiguous, and no route \
                 can be narrower than that of a vSwitch; name cidr_blocks of this side that leave it out",
                vswitch.id, vswitch.cidr_block, own.side
            );
            problems.push(Problem::at(pointer(field), detail));
        }
    }
    problems
}

fn overlaps_any(one: &Ipv4Net, others: &[Ipv4Net]) -> bool {
    others.iter().any(|other| overlap(one, other))
}

/// Whether two ranges have an address in common. Ranges nest or are apart; they never cross.
pub(crate) fn overlap(one: &Ipv4Net, other: &Ipv4Net) -> bool {
    one.contains(other) || other.contains(one)
}

#[cfg(test)]
mod tests;
