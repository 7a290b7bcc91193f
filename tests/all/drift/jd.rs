//! On JD Cloud: one test for each kind of finding; and what is somebody else's is left alone, whatever it is in the way of.

use causeway_tests::manual_edits::Edit;
use connection::finding::FindingKind;
use connection::record::Phase;
use connection::words::{Kind, Side};

use crate::drift::bench::with;
use crate::drift::found::{is_found, is_stray};

const KIND: Kind = Kind::JdcloudPeering;
const BOTH: [Side; 2] = [Side::Initiator, Side::Acceptor];
const ACCOUNTS: [&str; 2] = ["jd-a", "jd-b"];

#[test]
fn a_half_that_is_gone() {
    is_found(KIND, Edit::DeleteJoint, FindingKind::PeeringMissing);
}

#[test]
fn a_half_that_lost_the_other_one() {
    is_found(KIND, |side| Edit::DeleteJoint(side.peer()), FindingKind::PeeringInactive);
}

#[test]
fn a_half_of_somebody_else_in_the_place_of_ours() {
    is_found(KIND, Edit::ReplaceJoint, FindingKind::OrphanPeering);
}

#[test]
fn a_table_that_is_gone() {
    is_found(KIND, Edit::DeleteTable, FindingKind::TableMissing);
}

#[test]
fn a_subnet_that_uses_another_table() {
    is_found(KIND, Edit::Rebind, FindingKind::TableUnbound);
}

#[test]
fn a_route_that_is_gone() {
    is_found(KIND, Edit::DeleteRoute, FindingKind::RouteMissing);
}

#[test]
fn a_route_by_another_way_whoever_made_it() {
    for edit in [Edit::RepointRoute, Edit::ModifyRoute, Edit::DivertRoute, Edit::DoubleRoute] {
        is_found(KIND, edit, FindingKind::RouteOtherNextHop);
    }
}

#[test]
fn a_route_that_a_narrower_one_shadows() {
    is_found(KIND, Edit::ShadowRoute, FindingKind::RouteShadowed);
}

#[test]
fn a_rule_that_is_gone() {
    is_found(KIND, Edit::RevokeRule, FindingKind::RuleMissing);
}

#[test]
fn a_rule_in_whose_place_the_owner_made_an_equal_one() {
    is_found(KIND, Edit::ReplaceRule, FindingKind::RuleReplaced);
}

#[test]
fn a_rule_that_was_made_wider() {
    is_found(KIND, Edit::WidenRule, FindingKind::RuleWider);
}

#[test]
fn a_rule_that_was_changed() {
    is_found(KIND, Edit::ChangeRule, FindingKind::RuleChanged);
    is_found(KIND, Edit::DenyRule, FindingKind::RuleChanged);
}

#[test]
fn a_rule_that_another_one_overrules() {
    is_found(KIND, Edit::DropRule, FindingKind::RuleOverruled);
}

#[test]
fn a_half_and_a_route_that_nobody_owns() {
    is_stray(KIND, ACCOUNTS, Edit::StrayPeering, FindingKind::OrphanPeering);
    is_stray(KIND, ACCOUNTS, Edit::StrayRoute, FindingKind::OrphanRoute);
}

#[test]
fn what_is_surely_ours_is_set_right_by_itself() {
    for edit in Edit::all().filter(|edit| edit.fits(KIND) && edit.is_mended(KIND)) {
        crate::drift::repairs::is_set_right(KIND, &[edit]);
    }
}

#[test]
fn several_things_at_once_are_one_repair() {
    let some = BOTH.into_iter().flat_map(|side| {
        [Edit::DeleteRoute(side), Edit::RevokeRule(side), Edit::DeleteJoint(side), Edit::DeleteTable(side)]
    });
    crate::drift::repairs::is_set_right(KIND, &some.collect::<Vec<_>>());
}

#[test]
fn what_is_somebody_elses_is_left_alone_and_keeps_the_connection_from_failing() {
    for edit in [Edit::RepointRoute, Edit::DoubleRoute, Edit::ReplaceJoint] {
        for side in BOTH {
            with(KIND, "auto", async |bench| {
                // What could be mended alone waits for what stands in its way.
                assert!(bench.manual_edits().does(Edit::DeleteJoint(side.peer())).await);
                assert!(bench.manual_edits().does(edit(side)).await);
                assert_eq!(bench.repaired().await, 0, "{:?}", edit(side));
                bench.rests(Phase::Active).await;
                bench.manual_edits().takes_it_back().await;
                assert_eq!(bench.repaired().await, 1, "{:?}", edit(side));
                bench.rests(Phase::Active).await;
                assert!(bench.manual_edits().both_answer().await, "{:?}", edit(side));
            });
        }
    }
}

#[test]
fn what_keeps_no_step_from_its_work_does_not_hold_a_repair_back() {
    for edit in [Edit::ShadowRoute, Edit::DropRule] {
        for side in BOTH {
            with(KIND, "auto", async |bench| {
                assert!(bench.manual_edits().does(edit(side)).await);
                assert!(bench.manual_edits().does(Edit::RevokeRule(side.peer())).await);
                assert_eq!(bench.repaired().await, 1);
                bench.rests(Phase::Active).await;
                bench.check().await;
                let left = bench.findings().await;
                assert_eq!(left.len(), 1, "{left:?}");
                assert!(!bench.manual_edits().both_answer().await);
                bench.manual_edits().takes_it_back().await;
                bench.check().await;
                assert_eq!(bench.findings().await, []);
                assert!(bench.manual_edits().both_answer().await);
            });
        }
    }
}

#[test]
fn a_rule_that_leads_to_a_half_that_is_gone_cannot_be_copied_so_its_owner_takes_it_away_first() {
    for side in BOTH {
        with(KIND, "auto", async |bench| {
            for edit in [Edit::StrayRoute(side), Edit::DeleteJoint(side), Edit::DeleteTable(side)] {
                assert!(bench.manual_edits().does(edit).await, "{edit:?} was refused");
            }
            assert_eq!(bench.repaired().await, 0);
            bench.rests(Phase::Active).await;
            bench.manual_edits().takes_it_back().await;
            assert_eq!(bench.repaired().await, 1);
            bench.rests(Phase::Active).await;
            assert!(bench.manual_edits().both_answer().await);
        });
    }
}
