//! What is done, and what is left alone.

use std::collections::BTreeMap;

use connection::decide::{Event, decide as move_on};
use connection::finding::Finding;
use connection::outputs::Outputs;
use connection::record::{Course, Network, SideRecord, Status};
use connection::spec::Spec;
use connection::words::Side;
use serde_json::json;

use super::*;
use crate::findings::{Observed, StepFinding, Subject};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn record(repair: &str) -> Record {
    let spec = json!({
        "name": "a-b", "kind": "router-interface", "spec": "Mini.2", "repair": repair,
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    });
    let network =
        Network { cidr_blocks: Vec::new(), router_id: Some("vrt".to_owned()), route_tables: vec!["vtb".to_owned()] };
    let side = SideRecord { account_id: "1".to_owned(), network, outputs: Outputs::default() };
    let sides = BTreeMap::from([(Side::Initiator, side.clone()), (Side::Acceptor, side)]);
    let mut record = Record::accepted(Spec::from_value(spec).unwrap(), "uid".to_owned(), sides, at(0));
    record.status = Status::Arrived;
    record.reached = StepName::VerifyReachability;
    record.step = StepName::VerifyReachability;
    record
}

fn findings(found: &[(StepName, FindingKind, bool)]) -> Findings {
    let seen = found.iter().enumerate().map(|(number, (step, kind, repairable))| {
        let finding = Finding::missing(*kind, Side::Initiator, format!("r-{number}"));
        StepFinding { step: Some(*step), finding: if *repairable { finding } else { finding.for_a_person() } }
    });
    let none = Findings::none(Subject::Connection("a-b".parse().unwrap()), "uid", at(0));
    none.merge(Observed { seen: seen.collect(), unknown: Vec::new() }, at(1)).findings
}

fn settings(value: serde_json::Value) -> Settings {
    Settings::from_json(value.to_string().as_bytes()).unwrap()
}

const ROUTE: (StepName, FindingKind, bool) = (StepName::AddRoute, FindingKind::RouteMissing, true);
const RULE: (StepName, FindingKind, bool) = (StepName::AuthorizeSecurityGroup, FindingKind::RuleMissing, true);

#[test]
fn the_spec_says_what_is_done_and_the_earliest_step_is_where_it_begins() {
    let (found, none) = (findings(&[RULE, ROUTE]), Settings::default());
    assert_eq!(decide(&record("never"), &found, &none, at(2)), Repair::Nothing(Why::Never));
    let Repair::Propose(walk) = decide(&record("propose"), &found, &none, at(2)) else { panic!("no proposal") };
    assert_eq!((walk.step, walk.rebuild, walk.findings.len()), (StepName::AddRoute, false, 2));
    assert_eq!(decide(&record("auto"), &found, &none, at(2)), Repair::Begin(walk));
    assert_eq!(decide(&record("auto"), &findings(&[]), &none, at(2)), Repair::Nothing(Why::NothingToRepair));
}

#[test]
fn a_freeze_holds_proposals_and_repairs_back_and_an_ignored_finding_needs_none() {
    let frozen = settings(json!({"version": 1, "freeze": [
        {"from": at(0).to_string(), "until": at(10).to_string(), "reason": "holidays"}]}));
    for policy in ["propose", "auto"] {
        let held = decide(&record(policy), &findings(&[ROUTE]), &frozen, at(2));
        assert!(matches!(held, Repair::Nothing(Why::Frozen { .. })), "{held:?}");
        assert!(!matches!(decide(&record(policy), &findings(&[ROUTE]), &frozen, at(10)), Repair::Nothing(_)));
    }
    let ignored = settings(json!({"version": 1, "ignore": [
        {"kind": "route-missing", "reason": "known", "until": at(10).to_string()}]}));
    assert_eq!(decide(&record("auto"), &findings(&[ROUTE]), &ignored, at(2)), Repair::Nothing(Why::NothingToRepair));
    assert!(matches!(decide(&record("auto"), &findings(&[ROUTE]), &ignored, at(10)), Repair::Begin(_)));
}

#[test]
fn what_would_only_fail_is_not_begun_and_what_does_not_stand_in_the_way_is_passed_by() {
    let foreign = (StepName::AddRoute, FindingKind::RouteOtherNextHop, false);
    let held = decide(&record("auto"), &findings(&[RULE, foreign]), &Settings::default(), at(2));
    assert!(matches!(held, Repair::Nothing(Why::Blocked { .. })), "{held:?}");
    let shadow = (StepName::AddRoute, FindingKind::RouteShadowed, false);
    let held = decide(&record("auto"), &findings(&[RULE, shadow]), &Settings::default(), at(2));
    assert!(matches!(held, Repair::Nothing(Why::Blocked { .. })), "the proof would fail: {held:?}");
    let known = settings(json!({"version": 1, "ignore": [
        {"kind": "route-shadowed", "reason": "meant so", "until": at(10).to_string()}]}));
    assert!(matches!(decide(&record("auto"), &findings(&[RULE, shadow]), &known, at(2)), Repair::Begin(_)));
    let mut unproven = record("auto");
    unproven.spec.verify = spec::Verify::Report;
    let begun = decide(&unproven, &findings(&[RULE, shadow]), &Settings::default(), at(2));
    assert!(matches!(&begun, Repair::Begin(walk) if walk.step == StepName::AuthorizeSecurityGroup), "{begun:?}");
}

#[test]
fn only_what_is_active_is_repaired_and_of_what_is_paused_only_that_it_is_off() {
    let mut paused = record("auto");
    paused.course = Course::Pause;
    let awake = (StepName::Connect, FindingKind::InterfaceAwake, true);
    let held = decide(&paused, &findings(&[ROUTE]), &Settings::default(), at(2));
    assert_eq!(held, Repair::Nothing(Why::NothingToRepair));
    let Repair::Begin(walk) = decide(&paused, &findings(&[ROUTE, awake]), &Settings::default(), at(2)) else {
        panic!("it stays awake")
    };
    assert_eq!((walk.step, walk.findings.len()), (StepName::Connect, 1));
    let decision = move_on(&paused, Event::RepairAsked(walk.request("check-drift", "awake")), at(3), 0).unwrap();
    assert_eq!((decision.record.course, decision.record.step), (Course::Pause, StepName::Connect));
    let mut failed = record("auto");
    failed.status = Status::Failed;
    let held = decide(&failed, &findings(&[ROUTE]), &Settings::default(), at(2));
    assert_eq!(held, Repair::Nothing(Why::Phase(Phase::Failed)));
}

#[test]
fn an_interface_that_is_gone_is_built_anew_with_its_pair() {
    let gone = (StepName::CreateInterface, FindingKind::InterfaceMissing, true);
    let record = record("auto");
    let Repair::Begin(walk) = decide(&record, &findings(&[gone]), &Settings::default(), at(2)) else {
        panic!("it stays gone")
    };
    assert!(walk.rebuild);
    let decision = move_on(&record, Event::RepairAsked(walk.request("check-drift", "gone")), at(3), 0).unwrap();
    let next = &decision.record;
    assert_eq!((next.course, next.step, next.generation), (Course::Clear, StepName::AddRoute, record.generation));
    assert!(next.is_repairing() && next.next.as_ref().is_some_and(|wanted| **wanted == record.wanted()));
}

#[test]
fn what_is_repaired_again_and_again_is_left_to_a_person() {
    let mut record = record("auto");
    let found = findings(&[ROUTE]);
    for number in 0..MOST_A_DAY {
        let Repair::Begin(walk) = decide(&record, &found, &Settings::default(), at(2)) else {
            panic!("given up after {number}")
        };
        record = move_on(&record, Event::RepairAsked(walk.request("check-drift", "again")), at(2), 0).unwrap().record;
        record.status = Status::Arrived;
    }
    assert_eq!(decide(&record, &found, &Settings::default(), at(3)), Repair::Nothing(Why::TooOften));
    assert!(matches!(decide(&record, &found, &Settings::default(), at(86_403)), Repair::Begin(_)));
}

#[test]
fn on_jd_cloud_what_stops_the_step_that_binds_subnets_holds_a_repair_back_and_what_only_keeps_the_sides_apart_does_not()
{
    let spec = json!({
        "name": "a-b", "kind": "jdcloud-peering", "repair": "auto",
        "initiator": {"account": "a", "region_id": "cn-north-1", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-north-1", "vpc_id": "vpc-b"},
    });
    let sides = record("auto").sides;
    let mut record = Record::accepted(Spec::from_value(spec).unwrap(), "uid".to_owned(), sides, at(0));
    record.status = Status::Arrived;
    let beside =
        |kind| decide(&record, &findings(&[RULE, (StepName::AddRoute, kind, false)]), &Settings::default(), at(2));
    for kind in
        [FindingKind::TableUnbound, FindingKind::SubnetMissing, FindingKind::TableLeft, FindingKind::RouteOtherNextHop]
    {
        assert!(matches!(beside(kind), Repair::Nothing(Why::Blocked { .. })), "{kind}");
    }
    // There is no step that would ping.
    for kind in [FindingKind::RouteShadowed, FindingKind::RuleOverruled] {
        assert!(matches!(beside(kind), Repair::Begin(_)), "{kind}");
    }
}
