//! What every step finds in listings that no cloud would show in a test: locks, other peers, sides that disagree.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use connection::chain::chain;
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, Listing, ListingId};
use connection::words::{Kind, Side};
use serde_json::{Value, json};
use step_rig::Rig;

const BOTH: [Side; 2] = [Side::Initiator, Side::Acceptor];

/// A connection that stands, and what both sides show of it.
struct Stand {
    rig: Rig,
    kind: Kind,
    /// By side: interfaces or peerings, routes, rules, vSwitches.
    links: [Vec<Value>; 2],
    routes: [Option<Vec<Value>>; 2],
    rules: [Option<Vec<Value>>; 2],
    vswitches: [Vec<Value>; 2],
}

fn place(side: Side) -> usize {
    usize::from(side == Side::Acceptor)
}

impl Stand {
    fn of(kind: Kind) -> Self {
        let mut spec = json!({
            "name": "a-b", "kind": kind,
            "initiator": {"account": "a", "region_id": "cn-beijing", "vpc_id": "vpc-a", "security_groups": [{"security_group_id": "sg-a"}]},
            "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b", "security_groups": [{"security_group_id": "sg-b"}]},
        });
        if kind == Kind::RouterInterface {
            spec["spec"] = "Mini.2".into();
        }
        let mut rig = Rig::new(spec, |call| panic!("comparing calls {}", call.action));
        let mark = "causeway connection=a-b uid=00c0ffee";
        let peering = json!({
            "InstanceId": "pcc-1", "Status": "Activated", "BizStatus": "Normal", "Description": mark,
            "OwnerId": step_rig::INITIATOR, "AcceptingOwnerUid": step_rig::ACCEPTOR,
            "Vpc": {"VpcId": "vpc-a"}, "AcceptingVpc": {"VpcId": "vpc-b"},
        });
        let interface = |own: &str, peer: &str, peers_account: &str, class: &str| {
            json!({
                "RouterInterfaceId": format!("ri-{own}"), "RouterId": format!("vrt-{own}"), "Status": "Active",
                "BusinessStatus": "Normal", "Spec": class, "Description": mark,
                "OppositeInterfaceId": format!("ri-{peer}"), "OppositeRouterId": format!("vrt-{peer}"),
                "OppositeRouterType": "VRouter", "OppositeInterfaceOwnerId": peers_account,
                "OppositeInterfaceStatus": "Active",
            })
        };
        let links = match kind {
            Kind::RouterInterface => [
                vec![interface("a", "b", step_rig::ACCEPTOR, "Mini.2")],
                vec![interface("b", "a", step_rig::INITIATOR, "Negative")],
            ],
            _ => [vec![peering.clone()], vec![peering]],
        };
        let (mut routes, mut rules, mut vswitches) =
            ([const { None }; 2], [const { None }; 2], [const { Vec::new() }; 2]);
        for (side, own, range) in [(Side::Initiator, "a", "172.16.0.0/16"), (Side::Acceptor, "b", "192.168.0.0/16")] {
            let hop = if kind == Kind::RouterInterface { format!("ri-{own}") } else { "pcc-1".to_owned() };
            routes[place(side)] = Some(vec![json!({
                "RouteEntryId": format!("rte-{own}"), "RouteTableId": format!("vtb-{own}"), "DestinationCidrBlock": range,
                "Type": "Custom", "Status": "Available", "NextHops": [{"NextHopId": hop}], "Description": mark,
            })]);
            rules[place(side)] = Some(vec![json!({
                "SecurityGroupRuleId": format!("sgr-{own}"), "Direction": "ingress", "IpProtocol": "ALL",
                "PortRange": "-1/-1", "Policy": "Accept", "Priority": "1", "SourceCidrIp": range, "Description": mark,
            })]);
            vswitches[place(side)] = vec![json!({
                "VSwitchId": format!("vsw-{own}"), "VpcId": format!("vpc-{own}"), "Status": "Available",
                "RouteTable": {"RouteTableId": format!("vtb-{own}")},
            })];
            let outputs = rig.outputs(side);
            match kind {
                Kind::RouterInterface => outputs.router_interface_id = Some(format!("ri-{own}")),
                _ => outputs.peering_id = Some("pcc-1".to_owned()),
            }
            let route = json!({"route_table_id": format!("vtb-{own}"), "destination": range, "route_entry_id": format!("rte-{own}")});
            outputs.routes = vec![serde_json::from_value(route).unwrap()];
            let rule = json!({"security_group_id": format!("sg-{own}"), "rule_id": format!("sgr-{own}")});
            outputs.rules = vec![serde_json::from_value(rule).unwrap()];
        }
        Self { rig, kind, links, routes, rules, vswitches }
    }

    fn findings(&self) -> Vec<Finding> {
        let mut inventory = Inventory::default();
        for (side, own) in [(Side::Initiator, "a"), (Side::Acceptor, "b")] {
            let account_region = self.rig.account_region(steps::step(chain(self.kind)[0].step), side);
            let mut add = |look: ListingId, rows: Value| {
                let mut listing = serde_json::to_value(&look).unwrap();
                listing.as_object_mut().unwrap().remove("id");
                listing["rows"] = rows;
                let listing: Listing = serde_json::from_value(listing).unwrap();
                inventory.insert(account_region.clone(), look, listing);
            };
            match self.kind {
                Kind::RouterInterface => add(ListingId::RouterInterfaces, json!(self.links[place(side)])),
                _ => add(ListingId::Peerings, json!(self.links[place(side)])),
            }
            add(ListingId::RouteTable(format!("vtb-{own}")), json!(self.routes[place(side)]));
            add(ListingId::VSwitches, json!(self.vswitches[place(side)]));
            let group = |rules: &Vec<Value>| json!({"security_group_id": format!("sg-{own}"), "vpc_id": null, "name": null, "permissions": rules});
            add(ListingId::SecurityGroup(format!("sg-{own}")), json!(self.rules[place(side)].as_ref().map(group)));
        }
        let steps = chain(self.kind).iter().map(|stage| steps::step(stage.step));
        steps.flat_map(|step| BOTH.map(|side| self.rig.compare(step, side, &inventory)).concat()).collect()
    }

    /// What is found once `edit` was made: kind, side, field, and whether a step can set it right.
    fn after(kind: Kind, edit: impl FnOnce(&mut Self)) -> Vec<(FindingKind, Side, String, bool)> {
        let mut stand = Self::of(kind);
        assert_eq!(stand.findings(), [], "before");
        edit(&mut stand);
        stand.findings().into_iter().map(|found| (found.kind, found.side, found.field, found.repairable)).collect()
    }
}

fn is(kind: FindingKind, side: Side, field: &str, repairable: bool) -> (FindingKind, Side, String, bool) {
    (kind, side, field.to_owned(), repairable)
}

#[test]
fn an_interface_that_leads_elsewhere_is_found_on_its_side() {
    for side in BOTH {
        let found = Stand::after(Kind::RouterInterface, |stand| {
            stand.links[place(side)][0]["OppositeInterfaceId"] = "ri-other".into();
        });
        assert_eq!(found, [is(FindingKind::InterfaceRepointed, side, "OppositeInterfaceId", true)]);
    }
}

#[test]
fn a_lock_is_found_and_no_step_can_open_it() {
    for side in BOTH {
        let found = Stand::after(Kind::RouterInterface, |stand| {
            stand.links[place(side)][0]["BusinessStatus"] = "FinancialLocked".into();
        });
        assert_eq!(found, [is(FindingKind::InterfaceLocked, side, "BusinessStatus", false)]);
        let found = Stand::after(Kind::VpcPeering, |stand| {
            stand.links[place(side)][0]["BizStatus"] = "SecurityLocked".into();
        });
        assert_eq!(found, [is(FindingKind::PeeringLocked, side, "BizStatus", false)]);
    }
}

#[test]
fn sides_that_show_different_things_of_each_other_disagree() {
    for side in BOTH {
        let found = Stand::after(Kind::RouterInterface, |stand| {
            stand.links[place(side)][0]["OppositeInterfaceStatus"] = "Inactive".into();
        });
        assert_eq!(found, [is(FindingKind::SidesDisagree, side, "OppositeInterfaceStatus", false)]);
    }
    let found = Stand::after(Kind::VpcPeering, |stand| stand.links[1][0]["Status"] = "Expired".into());
    assert!(found.contains(&is(FindingKind::SidesDisagree, Side::Initiator, "StatusOfOtherSide", false)), "{found:?}");
    assert!(found.contains(&is(FindingKind::PeeringInactive, Side::Acceptor, "Status", true)), "{found:?}");
}

#[test]
fn a_peering_that_joins_something_else_is_found() {
    for side in BOTH {
        let found = Stand::after(Kind::VpcPeering, |stand| {
            stand.links[place(side)][0]["OwnerId"] = "7".into();
        });
        assert_eq!(found, [is(FindingKind::PeeringRepointed, side, "OwnerId", false)]);
    }
}

#[test]
fn a_route_is_repairable_by_id_and_mark_and_by_neither_alone() {
    for side in BOTH {
        let turned = |strip: fn(&mut Value)| {
            Stand::after(Kind::VpcPeering, |stand| {
                let route = &mut stand.routes[place(side)].as_mut().unwrap()[0];
                route["NextHops"] = json!([{"NextHopId": "i-1"}]);
                strip(route);
            })
        };
        let found = |repairable| [is(FindingKind::RouteOtherNextHop, side, "NextHop", repairable)];
        assert_eq!(turned(|_| {}), found(true));
        assert_eq!(turned(|route| route["Description"] = "x".into()), found(false));
        assert_eq!(turned(|route| route["RouteEntryId"] = "rte-x".into()), found(false));
    }
}

#[test]
fn what_is_gone_with_what_it_was_part_of_is_told_once() {
    for side in BOTH {
        let found = Stand::after(Kind::RouterInterface, |stand| stand.routes[place(side)] = None);
        assert_eq!(found, [is(FindingKind::TableMissing, side, "", false)]);
        let found = Stand::after(Kind::RouterInterface, |stand| stand.rules[place(side)] = None);
        assert_eq!(found, [is(FindingKind::GroupMissing, side, "", false)]);
    }
}

#[test]
fn a_second_thing_with_the_mark_is_nobodys() {
    for side in BOTH {
        let found = Stand::after(Kind::RouterInterface, |stand| {
            let mut twin = stand.links[place(side)][0].clone();
            twin["RouterInterfaceId"] = "ri-twin".into();
            stand.links[place(side)].push(twin);
        });
        assert_eq!(found, [is(FindingKind::OrphanInterface, side, "", false)]);
    }
}

#[test]
fn a_route_that_is_not_in_force_and_a_vswitch_elsewhere_are_found() {
    for side in BOTH {
        let found = Stand::after(Kind::VpcPeering, |stand| {
            stand.routes[place(side)].as_mut().unwrap()[0]["Status"] = "Modifying".into();
            stand.vswitches[place(side)][0]["RouteTable"]["RouteTableId"] = "vtb-other".into();
        });
        assert_eq!(
            found,
            [
                is(FindingKind::RouteUnsettled, side, "Status", true),
                is(FindingKind::TableUnbound, side, "RouteTableId", false),
            ]
        );
    }
}

#[test]
fn without_listings_nothing_is_found() {
    for kind in [Kind::RouterInterface, Kind::VpcPeering] {
        let stand = Stand::of(kind);
        for step in chain(kind).iter().map(|stage| steps::step(stage.step)) {
            for side in BOTH {
                assert_eq!(stand.rig.compare(step, side, &Inventory::default()), []);
            }
        }
    }
}
