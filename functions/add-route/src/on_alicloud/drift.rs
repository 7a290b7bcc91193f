//! How the route tables of one side differ from what the record promises. Pure.

use std::collections::BTreeSet;

use alicloud::vpc::{Cidr, RouteEntry, RouteStatus};
use connection::finding::{Finding, FindingKind};
use connection::inventory::Inventory;
use connection::spec::RouteTables;
use engine::step::SideContext;
use ipnet::{IpNet, Ipv4Net};

use super::tables::{is_surely_ours, leads_to, next_hops, pairs};

/// Every difference on one side whose routes lead to `hop`.
#[must_use]
pub fn findings(side: &SideContext<'_>, inventory: &Inventory, hop: &str) -> Vec<Finding> {
    let view = side.view(inventory);
    let mut findings = Vec::new();
    let mut gone = BTreeSet::new();
    for (table, destination) in pairs(side) {
        match view.route_table(table) {
            None => {}
            Some(None) if gone.insert(table) => {
                findings.push(Finding::missing(FindingKind::TableMissing, side.side(), table).for_a_person());
            }
            Some(None) => {}
            Some(Some(entries)) => {
                findings.extend(route(side, entries, table, destination, hop));
                findings.extend(shadows(side, entries, table, destination, hop));
            }
        }
    }
    findings.extend(unbound(side, inventory));
    findings.extend(ranges(side, inventory));
    findings
}

/// Whether the ranges of a side are whatever its VPC has.
#[must_use]
pub fn follows_ranges(side: &SideContext<'_>) -> bool {
    side.vpc_sides().is_ok_and(|(own, _)| own.cidr_blocks.is_empty() && own.vswitch_ids.is_empty())
}

/// Whether what is compared rests on the VPC's vSwitches.
#[must_use]
pub fn needs_vswitches(side: &SideContext<'_>) -> bool {
    follows_vswitches(side) || follows_ranges(side)
}

/// The ranges that the VPC has, where they are no longer those that the other side routes here. Where the VPCs of both sides
/// overlap, those of its vSwitches are routed instead.
fn ranges(side: &SideContext<'_>, inventory: &Inventory) -> Option<Finding> {
    if !follows_ranges(side) {
        return None;
    }
    let (view, vpc_id) = (side.view(inventory), side.place().vpc_id.as_str());
    let net = |cidr: &Cidr| match cidr.net() {
        Some(IpNet::V4(net)) => Some(net.trunc()),
        _ => None,
    };
    let vpc: BTreeSet<Ipv4Net> = view.vpc(vpc_id)??.cidrs().filter_map(net).collect();
    let vswitches = view.vswitches(vpc_id)?.into_iter();
    let vswitches: BTreeSet<Ipv4Net> = vswitches.filter_map(|vswitch| net(vswitch.cidr_block.as_ref()?)).collect();
    let routed: BTreeSet<Ipv4Net> = side.network().cidr_blocks.iter().copied().collect();
    let peer = &side.peer().network.cidr_blocks;
    let crosses = |own: &Ipv4Net| peer.iter().any(|peer| peer.contains(own) || own.contains(peer));
    // By which of the two rules the ranges were found is not recorded.
    if routed == vpc || routed == vswitches || vpc.iter().any(crosses) {
        return None;
    }
    let told = |ranges: &BTreeSet<Ipv4Net>| ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let difference = ("CidrBlocks", told(&routed), told(&vpc));
    Some(Finding::differs(FindingKind::RangesChanged, side.side(), vpc_id, difference).for_a_person())
}

/// Whether the tables of a side are those of the vSwitches that shall be reached.
#[must_use]
pub fn follows_vswitches(side: &SideContext<'_>) -> bool {
    side.vpc_sides().is_ok_and(|(own, _)| own.route_tables == RouteTables::OfVswitches)
}

/// The vSwitches that shall be reached and use a table that has no routes to the other side.
fn unbound(side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
    let Some((own, _)) = side.vpc_sides().ok().filter(|_| follows_vswitches(side)) else { return Vec::new() };
    let (place, tables) = (own.place(), &side.network().route_tables);
    let all = side.view(inventory).vswitches(place.vpc_id.as_str()).unwrap_or_default();
    let is_meant = |id: &str| own.vswitch_ids.is_empty() || own.vswitch_ids.iter().any(|meant| meant.as_str() == id);
    let meant = all.into_iter().filter(|vswitch| is_meant(&vswitch.vswitch_id));
    meant
        .filter_map(|vswitch| {
            let table = vswitch.route_table_id()?;
            let difference = ("RouteTableId", tables.join(", "), table);
            (!tables.iter().any(|known| known == table)).then(|| {
                Finding::differs(FindingKind::TableUnbound, side.side(), &vswitch.vswitch_id, difference).for_a_person()
            })
        })
        .collect()
}

fn route(
    side: &SideContext<'_>,
    entries: &[RouteEntry],
    table: &str,
    destination: Ipv4Net,
    hop: &str,
) -> Option<Finding> {
    let resource = format!("{destination} in {table}");
    let differs = |kind, difference: (&str, &str, String)| Finding::differs(kind, side.side(), &resource, difference);
    match entries.iter().find(|entry| leads_to(entry, destination)) {
        None => Some(Finding::missing(FindingKind::RouteMissing, side.side(), resource)),
        Some(entry) if !entry.leads_to(hop) => {
            let found = differs(FindingKind::RouteOtherNextHop, ("NextHop", hop, next_hops(entry)));
            Some(if is_surely_ours(entry, &side.mark(), side.outputs()) { found } else { found.for_a_person() })
        }
        Some(entry) if entry.status != RouteStatus::Available => {
            let available = RouteStatus::Available;
            Some(differs(FindingKind::RouteUnsettled, ("Status", available.as_str(), entry.status.to_string())))
        }
        Some(_) => None,
    }
}

/// The narrower routes that take a part of the range elsewhere.
fn shadows<'a>(
    side: &'a SideContext<'_>,
    entries: &'a [RouteEntry],
    table: &'a str,
    range: Ipv4Net,
    hop: &'a str,
) -> impl Iterator<Item = Finding> + 'a {
    let is_wanted = move |net: Ipv4Net| pairs(side).any(|(wanted, range)| wanted == table && range == net);
    entries.iter().filter_map(move |entry| {
        let Some(IpNet::V4(net)) = entry.destination_cidr_block.net() else { return None };
        let is_narrower = range.contains(&net) && net != range;
        (is_narrower && !entry.leads_to(hop) && !is_wanted(net)).then(|| {
            let other = entry.description.as_deref().and_then(|text| side.mark().other_on(text));
            let (kind, actual) = match other {
                Some(other) => {
                    let actual = format!("{}, of connection {}", next_hops(entry), other.connection);
                    (FindingKind::RouteNarrowed, actual)
                }
                None => (FindingKind::RouteShadowed, next_hops(entry)),
            };
            let resource = format!("{range} in {table}");
            let difference = (net.to_string(), hop, actual);
            Finding::differs(kind, side.side(), resource, (difference.0.as_str(), difference.1, difference.2))
                .for_a_person()
        })
    })
}
