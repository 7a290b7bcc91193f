//! One test for each kind of finding.

use api::connections::{Connection, Plan};
use causeway_tests::manual_edits::Edit;
use causeway_tests::shown::Shown as _;
use connection::finding::FindingKind;
use connection::words::{Kind, Side};
use http::Method;

use crate::drift::bench::{NAME, with};

const BOTH: [Side; 2] = [Side::Initiator, Side::Acceptor];

/// After `edit` of either side, a finding of `kind` on that side is open, and it is gone once the next check sees it gone.
pub fn is_found(kind: Kind, edit: fn(Side) -> Edit, finding: FindingKind) {
    for side in BOTH {
        with(kind, "never", async |bench| {
            bench.check().await;
            assert_eq!(bench.findings().await, [], "before");
            assert!(bench.manual_edits().does(edit(side)).await, "{:?} was refused", edit(side));
            let check = bench.check().await;
            assert_eq!(check.end.result.compared, 1, "{check:#?}");
            let found = bench.findings().await;
            assert!(found.iter().any(|one| one.kind == finding && one.side == side), "{kind} {side}: {found:?}");
        });
    }
}

fn in_both_kinds(edit: fn(Side) -> Edit, finding: FindingKind) {
    for kind in [Kind::RouterInterface, Kind::VpcPeering] {
        is_found(kind, edit, finding);
    }
}

#[test]
fn an_interface_that_is_gone() {
    is_found(Kind::RouterInterface, Edit::DeleteJoint, FindingKind::InterfaceMissing);
}

#[test]
fn an_interface_that_is_off() {
    is_found(Kind::RouterInterface, Edit::SwitchOff, FindingKind::InterfaceInactive);
}

#[test]
fn an_interface_of_another_class() {
    is_found_once(Kind::RouterInterface, FindingKind::InterfaceOtherSpec);
}

#[test]
fn a_peering_that_is_gone_is_so_on_both_sides() {
    is_found(Kind::VpcPeering, Edit::DeleteJoint, FindingKind::PeeringMissing);
}

#[test]
fn a_peering_of_another_bandwidth() {
    is_found_once(Kind::VpcPeering, FindingKind::PeeringOtherSpec);
}

/// What only the side that asked for it tells.
fn is_found_once(kind: Kind, finding: FindingKind) {
    with(kind, "never", async |bench| {
        assert!(bench.manual_edits().does(Edit::Resize).await);
        bench.check().await;
        let found = bench.findings().await;
        let found: Vec<_> = found.iter().map(|one| (one.kind, one.side)).collect();
        assert_eq!(found, [(finding, Side::Initiator)]);
    });
}

#[test]
fn a_route_that_is_gone() {
    in_both_kinds(Edit::DeleteRoute, FindingKind::RouteMissing);
}

#[test]
fn a_route_by_another_way() {
    in_both_kinds(Edit::RepointRoute, FindingKind::RouteOtherNextHop);
}

#[test]
fn a_route_that_a_narrower_one_shadows() {
    in_both_kinds(Edit::ShadowRoute, FindingKind::RouteShadowed);
}

#[test]
fn a_vswitch_that_uses_another_table() {
    is_found(Kind::RouterInterface, Edit::Rebind, FindingKind::TableUnbound);
}

#[test]
fn a_rule_that_is_gone() {
    in_both_kinds(Edit::RevokeRule, FindingKind::RuleMissing);
}

#[test]
fn a_rule_in_whose_place_the_owner_made_an_equal_one() {
    in_both_kinds(Edit::ReplaceRule, FindingKind::RuleReplaced);
}

#[test]
fn a_rule_of_the_owner_that_does_the_same_is_told_when_the_connection_is_removed_and_stays() {
    with(Kind::RouterInterface, "never", async |bench| {
        assert!(bench.manual_edits().does(Edit::ReplaceRule(Side::Acceptor)).await);
        let path = format!("/v1/connections/{NAME}?dry_run=true");
        let plan: Plan = bench.system.ask(Method::DELETE, &path).await.unwrap();
        let stays = plan.plan.iter().filter(|line| line.what == "stays" && line.call.is_none()).count();
        assert_eq!(stays, 1, "{plan:#?}");
        let removed = bench.system.removed(NAME).await;
        let notes = removed.history.iter().filter_map(|entry| entry.note.as_deref());
        let told: Vec<_> = notes.filter(|note| note.contains("a rule of somebody else that does the same")).collect();
        assert_eq!(told.len(), 1, "{:#?}", removed.history);
    });
}

#[test]
fn a_rule_that_was_made_wider() {
    is_found(Kind::RouterInterface, Edit::WidenRule, FindingKind::RuleWider);
}

#[test]
fn a_rule_that_was_changed() {
    is_found(Kind::RouterInterface, Edit::ChangeRule, FindingKind::RuleChanged);
}

#[test]
fn a_rule_that_another_one_overrules() {
    is_found(Kind::VpcPeering, Edit::DropRule, FindingKind::RuleOverruled);
}

/// After `edit` of either side, its account has what nobody owns, and the connection has nothing.
pub fn is_stray(kind: Kind, [initiator, acceptor]: [&str; 2], edit: fn(Side) -> Edit, finding: FindingKind) {
    for (side, account) in [(Side::Initiator, initiator), (Side::Acceptor, acceptor)] {
        with(kind, "auto", async |bench| {
            bench.check().await;
            let before = (bench.strays(initiator).await, bench.strays(acceptor).await);
            assert_eq!(before, (Vec::new(), Vec::new()), "before");
            assert!(bench.manual_edits().does(edit(side)).await, "{:?} was refused", edit(side));
            let check = bench.check().await;
            assert_eq!(check.end.result.repaired, 0, "{check:#?}");
            let found = bench.strays(account).await;
            assert!(found.iter().any(|one| one.kind == finding), "{account}: {found:?}");
            assert_eq!(bench.findings().await, []);
        });
    }
}

#[test]
fn an_interface_that_nobody_owns() {
    is_stray(Kind::RouterInterface, ["a", "b"], Edit::StrayInterface, FindingKind::OrphanInterface);
}

#[test]
fn a_peering_that_nobody_owns() {
    is_stray(Kind::RouterInterface, ["a", "b"], Edit::StrayPeering, FindingKind::OrphanPeering);
}

#[test]
fn a_route_that_nobody_owns() {
    is_stray(Kind::RouterInterface, ["a", "b"], Edit::StrayRoute, FindingKind::OrphanRoute);
}

#[test]
fn a_vpc_that_got_another_range_is_told_and_putting_the_spec_again_routes_it() {
    in_both_kinds(Edit::AddRange, FindingKind::RangesChanged);
    with(Kind::VpcPeering, "never", async |bench| {
        let before = bench.system.at_rest(NAME).await;
        assert!(bench.manual_edits().does(Edit::AddRange(Side::Acceptor)).await);
        bench.check().await;
        assert!(!bench.findings().await.is_empty());
        let mut spec = bench.system.tutorial_by(Kind::VpcPeering);
        spec["name"] = NAME.into();
        spec["repair"] = "never".into();
        bench.system.put(&spec).await.unwrap();
        let after = bench.system.at_rest(NAME).await;
        let routes = |record: &Connection| record.outputs(Side::Initiator).routes.len();
        assert_eq!((routes(&before), routes(&after)), (1, 2), "{after:#?}");
        bench.check().await;
        assert_eq!(bench.findings().await, []);
    });
}
