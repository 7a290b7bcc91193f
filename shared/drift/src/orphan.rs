//! What stands in an account and no record owns: interfaces, peerings, routes to such things, and endpoints that are connected
//! without a decision. Pure.
//!
//! Owned is what a record knows by its id. What only carries a mark may belong to a connection that is just being built, and
//! whether an endpoint was decided on stands in its log: whoever calls asks the store before it counts as rogue.

use std::collections::BTreeSet;

use alicloud::private_link::ConnectionStatus;
use alicloud::vpc::{InterfaceStatus, NextHopType, RouteEntry, RouteType};
use alicloud::vpc_peer::PeerStatus;
use connection::finding::{Finding, FindingKind};
use connection::inventory::{LinkListing, Listing};
use connection::record::Record;
use connection::words::{AccountAlias, Side};
use jiff::Timestamp;

use crate::findings::StepFinding;

/// What the records own in one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owned {
    /// The ids of interfaces, peerings, routes and endpoint services.
    pub ids: BTreeSet<String>,
}

/// Something that no record owns by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The finding, if nobody owns it by its mark either.
    pub seen: StepFinding,
    /// What the store has to say before it counts.
    pub claim: OwnershipClaim,
}

/// By what something may not be nobody's after all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnershipClaim {
    /// By nothing.
    None,
    /// The connection and the uid that its mark names.
    Mark(String, String),
    /// A decision in the log of this endpoint.
    Decision {
        /// `epsrv-…`
        service_id: String,
        /// `ep-…`
        endpoint_id: String,
    },
}

/// The ids that a record owns, by account.
#[must_use]
pub fn owned_by(record: &Record) -> Vec<(AccountAlias, Vec<String>)> {
    let sides = record.sides.iter();
    sides
        .map(|(side, known)| {
            let outputs = &known.outputs;
            let links = [&outputs.router_interface_id, &outputs.peering_id, &outputs.private_link.service_id];
            let links = links.into_iter().flatten().cloned();
            let routes = outputs.routes.iter().map(|route| route.route_entry_id.clone());
            (record.spec.place(*side).account.clone(), links.chain(routes).collect())
        })
        .collect()
}

/// What of a listing no record owns. What was made since `before`, the beginning of the check, and carries no mark, may yet
/// be explained: it is passed over until the next check.
#[must_use]
pub fn orphans(listing: &Listing, owned: &Owned, before: Timestamp) -> Vec<Orphan> {
    let is_new = |outputs: Option<Timestamp>| outputs.is_some_and(|outputs| outputs >= before);
    let orphan = |kind, resource: &str, description: Option<&str>, actual: String| {
        let finding = Finding::differs(kind, Side::Initiator, resource, ("", "owned by a connection", actual));
        let seen = StepFinding { step: None, finding: finding.for_a_person() };
        Orphan { seen, claim: description.and_then(mark).unwrap_or(OwnershipClaim::None) }
    };
    match listing {
        Listing::RouterInterfaces(rows) => rows
            .iter()
            .filter(|row| !owned.ids.contains(&row.router_interface_id) && !is_new(row.creation_time))
            .filter(|row| !matches!(row.status, InterfaceStatus::Deleting | InterfaceStatus::Deleted))
            .map(|row| {
                let actual = row.name.clone().unwrap_or_else(|| row.status.to_string());
                let description = row.description.as_deref();
                orphan(FindingKind::OrphanInterface, &row.router_interface_id, description, actual)
            })
            .collect(),
        Listing::Peerings(rows) => rows
            .iter()
            .filter(|row| !owned.ids.contains(&row.instance_id) && !is_new(row.created))
            .filter(|row| {
                !matches!(
                    row.status,
                    PeerStatus::Deleting | PeerStatus::Deleted | PeerStatus::Rejected | PeerStatus::Expired
                )
            })
            .map(|row| {
                let actual = row.name.clone().unwrap_or_else(|| row.status.to_string());
                orphan(FindingKind::OrphanPeering, &row.instance_id, row.description.as_deref(), actual)
            })
            .collect(),
        Listing::RouteTable(rows) => rows
            .iter()
            .flatten()
            .filter(|row| row.route_type != Some(RouteType::System))
            .filter(|row| row.route_entry_id.as_ref().is_none_or(|id| !owned.ids.contains(id)))
            .filter_map(|row| {
                let hop = link(row)?;
                let table = row.route_table_id.as_deref().unwrap_or("a route table");
                let resource = format!("{} in {table}", row.destination_cidr_block);
                Some(orphan(FindingKind::OrphanRoute, &resource, row.description.as_deref(), format!("leads to {hop}")))
            })
            .collect(),
        // JD Cloud does not say when a half or a rule was made.
        Listing::JdPeerings(rows) => rows
            .iter()
            .filter(|row| !owned.ids.contains(&row.vpc_peering_id))
            .map(|row| {
                let actual = row.name.clone().unwrap_or_else(|| row.state.to_string());
                orphan(FindingKind::OrphanPeering, &row.vpc_peering_id, row.description.as_deref(), actual)
            })
            .collect(),
        Listing::JdRouteTables(tables) => tables
            .iter()
            .flat_map(|table| table.rules.iter().map(move |rule| (table, rule)))
            .filter(|(_, rule)| rule.next_hop_type == jdcloud::vpc::NextHopType::VpcPeering)
            .filter(|(_, rule)| !owned.ids.contains(&rule.rule_id))
            .map(|(table, rule)| {
                let resource = format!("{} in {}", rule.address_prefix, table.route_table_id);
                let actual = format!("leads to {}", rule.next_hop_id.as_deref().unwrap_or("a peering"));
                orphan(FindingKind::OrphanRoute, &resource, rule.description.as_deref(), actual)
            })
            .collect(),
        Listing::Link(LinkListing::Connections(rows)) => rows
            .iter()
            .filter(|row| row.status == ConnectionStatus::Connected)
            .map(|row| {
                // One that came in by a connection's service is that connection's worry first.
                let is_ours = owned.ids.contains(&row.service_id);
                let kind = if is_ours { FindingKind::EndpointUndecided } else { FindingKind::OrphanEndpointConnection };
                let owner = row.endpoint_owner_id.as_deref().unwrap_or("an unknown account");
                let resource = format!("{} at {}", row.endpoint_id, row.service_id);
                let actual = format!("an endpoint of account {owner} is connected");
                let finding =
                    Finding::differs(kind, Side::Initiator, resource, ("", "connected by a decision", actual));
                let claim = OwnershipClaim::Decision {
                    service_id: row.service_id.clone(),
                    endpoint_id: row.endpoint_id.clone(),
                };
                Orphan { seen: StepFinding { step: None, finding: finding.for_a_person() }, claim }
            })
            .collect(),
        Listing::Link(_) => Vec::new(),
        Listing::Vpcs(_)
        | Listing::VSwitches(_)
        | Listing::SecurityGroup(_)
        | Listing::JdSubnets(_)
        | Listing::JdSecurityGroups(_) => Vec::new(),
    }
}

/// The interface or peering that a route leads to.
fn link(row: &RouteEntry) -> Option<&str> {
    let joins = |kind: &NextHopType| matches!(kind, NextHopType::RouterInterface | NextHopType::VpcPeer);
    let hop = row.next_hops.iter().find(|hop| hop.next_hop_type.as_ref().is_some_and(joins))?;
    hop.next_hop_id.as_deref()
}

/// Name and uid that a mark in a description names.
fn mark(description: &str) -> Option<OwnershipClaim> {
    let rest = description.strip_prefix("causeway connection=")?;
    let (name, uid) = rest.split_once(" uid=")?;
    Some(OwnershipClaim::Mark(name.to_owned(), uid.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn interface(id: &str, outputs: i64, description: &str) -> serde_json::Value {
        json!({"RouterInterfaceId": id, "Status": "Active", "CreationTime": at(outputs).to_string(), "Description": description})
    }

    fn of(listing: serde_json::Value, owned: &[&str]) -> Vec<Orphan> {
        let listing: Listing = serde_json::from_value(listing).unwrap();
        let owned = Owned { ids: owned.iter().map(|id| (*id).to_owned()).collect() };
        orphans(&listing, &owned, at(100))
    }

    #[test]
    fn what_no_record_knows_is_a_stray_unless_it_is_just_being_made() {
        let rows = json!([
            interface("ri-ours", 0, ""),
            interface("ri-new", 100, ""),
            interface("ri-theirs", 0, "x"),
            interface("ri-marked", 0, "causeway connection=a-b uid=00ff"),
        ]);
        let orphans = of(json!({"of": "router-interfaces", "rows": rows}), &["ri-ours"]);
        let told: Vec<_> = orphans.iter().map(|orphan| orphan.seen.finding.resource.as_str()).collect();
        assert_eq!(told, ["ri-theirs", "ri-marked"]);
        assert_eq!(orphans[1].claim, OwnershipClaim::Mark("a-b".to_owned(), "00ff".to_owned()));
        assert!(orphans.iter().all(|orphan| !orphan.seen.finding.repairable));
    }

    #[test]
    fn only_routes_to_interfaces_and_peerings_count() {
        let route = |id: &str, kind: &str, route_type: &str| {
            json!({
                "RouteEntryId": id, "RouteTableId": "vtb-1", "DestinationCidrBlock": "10.0.0.0/8", "Status": "Available",
                "Type": route_type, "NextHops": [{"NextHopType": kind, "NextHopId": "x-1"}],
            })
        };
        let rows = json!([
            route("rte-1", "RouterInterface", "Custom"),
            route("rte-2", "VpcPeer", "Custom"),
            route("rte-3", "Instance", "Custom"),
            route("rte-4", "VpcPeer", "System"),
            route("rte-5", "VpcPeer", "Custom"),
        ]);
        let orphans = of(json!({"of": "route-table", "rows": rows}), &["rte-5"]);
        assert_eq!(orphans.len(), 2);
        assert_eq!(orphans[0].seen.finding.resource, "10.0.0.0/8 in vtb-1");
    }

    #[test]
    fn an_endpoint_counts_once_it_is_connected_and_its_log_is_asked() {
        let row = |id: &str, service: &str, status: &str| json!({"EndpointId": id, "ServiceId": service, "ConnectionStatus": status, "EndpointOwnerId": 7});
        let rows = json!([
            row("ep-1", "epsrv-1", "Connected"),
            row("ep-2", "epsrv-2", "Connected"),
            row("ep-3", "epsrv-2", "Disconnected"),
        ]);
        let listing = json!({"of": "link", "rows": {"of": "connections", "rows": rows}});
        let told: Vec<_> = of(listing, &["epsrv-1"])
            .into_iter()
            .map(|orphan| (orphan.seen.finding.kind, orphan.seen.finding.resource, orphan.claim))
            .collect();
        let claim = |service: &str, endpoint: &str| OwnershipClaim::Decision {
            service_id: service.to_owned(),
            endpoint_id: endpoint.to_owned(),
        };
        assert_eq!(
            told,
            [
                (FindingKind::EndpointUndecided, "ep-1 at epsrv-1".to_owned(), claim("epsrv-1", "ep-1")),
                (FindingKind::OrphanEndpointConnection, "ep-2 at epsrv-2".to_owned(), claim("epsrv-2", "ep-2")),
            ]
        );
    }

    #[test]
    fn a_peering_that_died_is_nobodys_worry() {
        let rows = json!([
            {"InstanceId": "pcc-1", "Status": "Rejected"}, {"InstanceId": "pcc-2", "Status": "Activated"},
        ]);
        let orphans = of(json!({"of": "peerings", "rows": rows}), &[]);
        assert_eq!(orphans.len(), 1);
        assert_eq!(orphans[0].seen.finding.kind, FindingKind::OrphanPeering);
    }
}
