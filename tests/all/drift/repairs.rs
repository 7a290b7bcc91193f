//! Proposals, repairs by themselves, freezes.

use api::connections::{Connection, Plan, Summary};
use api::problem::{Problem, ProblemKind};
use causeway_tests::manual_edits::Edit;
use causeway_tests::shown::Shown as _;
use connection::finding::FindingKind;
use connection::record::{EntryEvent, Phase};
use connection::words::{Kind, Side, StepName};
use http::Method;
use serde_json::json;

use crate::drift::bench::{Bench, NAME, with};

const BOTH: [Side; 2] = [Side::Initiator, Side::Acceptor];

async fn repair(bench: &Bench) -> Result<Summary, Box<Problem>> {
    bench.system.ask(Method::POST, &format!("/v1/drift/{NAME}/repair")).await
}

/// What the history tells of repairs.
fn repairs(record: &Connection) -> Vec<&str> {
    let asked = record.history.iter().filter(|entry| entry.event == EntryEvent::RepairAsked);
    asked.map(|entry| entry.note.as_deref().unwrap()).collect()
}

/// What was edited is set right by itself: traffic flows, nothing is found, nothing is left over.
pub fn is_set_right(kind: Kind, edits: &[Edit]) {
    with(kind, "auto", async |bench| {
        for edit in edits {
            assert!(bench.manual_edits().does(*edit).await, "{edit:?} was refused");
        }
        let check = bench.check().await;
        assert_eq!(check.end.result.repaired, 1, "{edits:?}: {check:#?} {:?}", bench.findings().await);
        let record = bench.rests(Phase::Active).await;
        let notes = repairs(&record);
        assert!(notes.len() == 1 && notes[0].starts_with("check-drift: "), "{notes:?}");
        assert!(bench.manual_edits().both_answer().await, "{edits:?}");
        bench.check().await;
        assert_eq!(bench.findings().await, [], "{edits:?}");
        bench.manual_edits().takes_it_back().await;
        bench.system.inventory().await.is_one_connection().unwrap();
        bench.system.removed(NAME).await;
        bench.system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn what_is_surely_ours_is_set_right_by_itself() {
    for kind in [Kind::RouterInterface, Kind::VpcPeering] {
        for edit in Edit::all().filter(|edit| edit.fits(kind) && edit.is_mended(kind)) {
            is_set_right(kind, &[edit]);
        }
    }
}

#[test]
fn several_things_at_once_are_one_repair() {
    let some =
        BOTH.into_iter().flat_map(|side| [Edit::DeleteRoute(side), Edit::RevokeRule(side), Edit::SwitchOff(side)]);
    is_set_right(Kind::RouterInterface, &some.collect::<Vec<_>>());
}

#[test]
fn what_is_somebody_elses_is_left_alone_and_keeps_the_connection_from_failing() {
    for side in BOTH {
        with(Kind::RouterInterface, "auto", async |bench| {
            assert!(bench.manual_edits().does(Edit::RepointRoute(side)).await);
            assert_eq!(bench.repaired().await, 0);
            bench.rests(Phase::Active).await;
            assert_eq!(bench.findings().await[0].kind, FindingKind::RouteOtherNextHop);
        });
    }
}

#[test]
fn a_plan_is_stored_once_and_carried_out_when_a_person_approves_it() {
    with(Kind::RouterInterface, "propose", async |bench| {
        assert_eq!(repair(bench).await.unwrap_err().kind, ProblemKind::Conflict, "there is none yet");
        assert!(bench.manual_edits().does(Edit::DeleteRoute(Side::Acceptor)).await);
        assert_eq!(bench.check().await.end.result.proposed, 1);
        assert_eq!(bench.check().await.end.result.proposed, 0, "the same plan is not stored again");
        bench.rests(Phase::Active).await;
        assert!(!bench.manual_edits().both_answer().await);
        let proposal = bench.system.drift().await.remove(0).proposal.unwrap();
        assert_eq!(proposal.step, StepName::AddRoute, "{proposal:#?}");
        let calls: Vec<_> = proposal.plan.iter().filter_map(|line| line.call.as_deref()).collect();
        assert_eq!(calls, ["CreateRouteEntry", "RunCommand", "RunCommand"]);

        let path = format!("/v1/drift/{NAME}/repair?dry_run=true");
        let dry: Plan = bench.system.ask(Method::POST, &path).await.unwrap();
        assert!(dry.dry_run);
        assert!(!bench.manual_edits().both_answer().await);
        repair(bench).await.unwrap();
        repair(bench).await.unwrap();
        let record = bench.rests(Phase::Active).await;
        assert_eq!(repairs(&record).len(), 1, "{:?}", repairs(&record));
        assert!(repairs(&record)[0].contains("approved the plan"));
        assert!(bench.manual_edits().both_answer().await);
        bench.check().await;
        assert_eq!(bench.findings().await, []);
    });
}

#[test]
fn a_repair_that_is_asked_for_again_is_a_repetition_only_while_nothing_more_is_found() {
    with(Kind::RouterInterface, "propose", async |bench| {
        let drops_a_route = async || assert!(bench.manual_edits().does(Edit::DeleteRoute(Side::Acceptor)).await);
        drops_a_route().await;
        bench.check().await;
        repair(bench).await.unwrap();
        bench.rests(Phase::Active).await;
        repair(bench).await.expect("the answer may have been lost");
        drops_a_route().await;
        bench.freeze("end of the year").await;
        bench.check().await;
        let problem = repair(bench).await.unwrap_err();
        assert!(problem.detail.contains("end of the year"), "it would set something right: {problem:?}");
    });
}

#[test]
fn a_plan_for_what_is_so_no_more_is_refused() {
    with(Kind::RouterInterface, "propose", async |bench| {
        assert!(bench.manual_edits().does(Edit::DeleteRoute(Side::Acceptor)).await);
        bench.check().await;
        assert!(bench.manual_edits().does(Edit::RevokeRule(Side::Initiator)).await);
        assert!(bench.manual_edits().does(Edit::SwitchOff(Side::Initiator)).await);
        // Kept by a check that proposes nothing new, since nothing may be changed.
        bench.freeze("end of the year").await;
        bench.check().await;
        assert!(bench.findings().await.len() > 1);
        let problem = repair(bench).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Conflict);
        assert!(problem.detail.contains("end of the year"), "{problem:?}");
        bench.rests(Phase::Active).await;
    });
}

#[test]
fn a_freeze_keeps_findings_and_holds_repairs_back_and_a_rule_ignores_what_it_names() {
    with(Kind::VpcPeering, "auto", async |bench| {
        bench
            .settings(&json!({
                "version": 1,
                "ignore": [{"kind": "rule-missing", "reason": "known", "until": "2999-01-01T00:00:00Z"}],
                "freeze": [{"from": "2020-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z", "reason": "holidays"}],
            }))
            .await;
        assert!(bench.manual_edits().does(Edit::RevokeRule(Side::Initiator)).await);
        assert!(bench.manual_edits().does(Edit::DeleteRoute(Side::Initiator)).await);
        assert_eq!(bench.repaired().await, 0);
        let findings = bench.findings().await;
        assert_eq!(findings.len(), 2);
        for finding in findings {
            assert_eq!(finding.ignored.is_some(), finding.kind == FindingKind::RuleMissing, "{finding:#?}");
        }
    });
}

#[test]
fn what_is_paused_and_was_switched_on_is_switched_off_again() {
    with(Kind::RouterInterface, "auto", async |bench| {
        bench.system.command(NAME, "pause").await.unwrap();
        let record = bench.rests(Phase::Paused).await;
        let id = record.interface(Side::Initiator);
        let vpc = bench.system.client("a").vpc(&"cn-qingdao".parse().unwrap());
        vpc.activate_router_interface(id).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        assert_eq!(bench.repaired().await, 1);
        bench.rests(Phase::Paused).await;
        bench.check().await;
        assert_eq!(bench.findings().await, []);
    });
}
