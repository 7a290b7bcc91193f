//! One test for each kind of finding.

use causeway_tests::manual_edits::Edit;
use connection::words::{Kind, Side};

use crate::drift::bench::with;

const BOTH: [Side; 2] = [Side::Initiator, Side::Acceptor];

/// After `edit` of either side, a finding of `kind` on that side is open, and it is gone once the next check sees it gone.
pub fn is_found(kind: Kind, edit: fn(Side) -> Edit, finding: &str) {
    for side in BOTH {
        with(kind, "never", async |bench| {
            bench.check().await;
            assert_eq!(bench.findings().await, [], "before");
            assert!(bench.manual_edits().does(edit(side)).await, "{:?} was refused", edit(side));
            let check = bench.check().await;
            assert_eq!(check["result"]["compared"], 1, "{check:#}");
            let found = bench.findings().await;
            let is_it = |found: &&(String, String, String, String)| found.0 == finding && found.1 == side.to_string();
            assert!(found.iter().any(|found| is_it(&found)), "{kind} {side}: {found:?}");
        });
    }
}

fn in_both_kinds(edit: fn(Side) -> Edit, finding: &str) {
    for kind in [Kind::RouterInterface, Kind::VpcPeering] {
        is_found(kind, edit, finding);
    }
}

#[test]
fn an_interface_that_is_gone() {
    is_found(Kind::RouterInterface, Edit::DeleteJoint, "interface-missing");
}

#[test]
fn an_interface_that_is_off() {
    is_found(Kind::RouterInterface, Edit::SwitchOff, "interface-inactive");
}

#[test]
fn an_interface_of_another_class() {
    is_found_once(Kind::RouterInterface, "interface-other-spec");
}

#[test]
fn a_peering_that_is_gone_is_so_on_both_sides() {
    is_found(Kind::VpcPeering, Edit::DeleteJoint, "peering-missing");
}

#[test]
fn a_peering_of_another_bandwidth() {
    is_found_once(Kind::VpcPeering, "peering-other-spec");
}

/// What only the side that asked for it tells.
fn is_found_once(kind: Kind, finding: &str) {
    with(kind, "never", async |bench| {
        assert!(bench.manual_edits().does(Edit::Resize).await);
        bench.check().await;
        let found = bench.findings().await;
        assert_eq!(
            found.iter().map(|found| (found.0.as_str(), found.1.as_str())).collect::<Vec<_>>(),
            [(finding, "initiator")]
        );
    });
}

#[test]
fn a_route_that_is_gone() {
    in_both_kinds(Edit::DeleteRoute, "route-missing");
}

#[test]
fn a_route_by_another_way() {
    in_both_kinds(Edit::RepointRoute, "route-other-next-hop");
}

#[test]
fn a_route_that_a_narrower_one_shadows() {
    in_both_kinds(Edit::ShadowRoute, "route-shadowed");
}

#[test]
fn a_vswitch_that_uses_another_table() {
    is_found(Kind::RouterInterface, Edit::Rebind, "table-unbound");
}

#[test]
fn a_rule_that_is_gone() {
    in_both_kinds(Edit::RevokeRule, "rule-missing");
}

#[test]
fn a_rule_that_was_made_wider() {
    is_found(Kind::RouterInterface, Edit::WidenRule, "rule-wider");
}

#[test]
fn a_rule_that_was_changed() {
    is_found(Kind::RouterInterface, Edit::ChangeRule, "rule-changed");
}

#[test]
fn a_rule_that_another_one_overrules() {
    is_found(Kind::VpcPeering, Edit::DropRule, "rule-overruled");
}

/// After `edit` of either side, its account has what nobody owns, and the connection has nothing.
pub fn is_stray(kind: Kind, [initiator, acceptor]: [&str; 2], edit: fn(Side) -> Edit, finding: &str) {
    for (side, account) in [(Side::Initiator, initiator), (Side::Acceptor, acceptor)] {
        with(kind, "auto", async |bench| {
            bench.check().await;
            let before = (bench.strays(initiator).await, bench.strays(acceptor).await);
            assert_eq!(before, (Vec::new(), Vec::new()), "before");
            assert!(bench.manual_edits().does(edit(side)).await, "{:?} was refused", edit(side));
            let check = bench.check().await;
            assert_eq!(check["result"]["repaired"], 0, "{check:#}");
            let found = bench.strays(account).await;
            assert!(found.iter().any(|found| found.0 == finding), "{account}: {found:?}");
            assert_eq!(bench.findings().await, []);
        });
    }
}

#[test]
fn an_interface_that_nobody_owns() {
    is_stray(Kind::RouterInterface, ["a", "b"], Edit::StrayInterface, "orphan-interface");
}

#[test]
fn a_peering_that_nobody_owns() {
    is_stray(Kind::RouterInterface, ["a", "b"], Edit::StrayPeering, "orphan-peering");
}

#[test]
fn a_route_that_nobody_owns() {
    is_stray(Kind::RouterInterface, ["a", "b"], Edit::StrayRoute, "orphan-route");
}
