//! Endpoints that nobody announced: found, decided on, connected, left, cut; and the log of all that, which stays whole
//! whatever comes to grief.

use std::sync::Arc;
use std::time::Duration;

use alicloud::private_link::ConnectionStatus::{Connected, Disconnected};
use api::approvals::{Decision, DecisionPlan};
use approval::decision::{DecisionContent, Entry, Event, subject_of};
use approval::request::{PersonSays, Word};
use approval::verdict::Reason;
use causeway_local::calls::Outcome;
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::seed::Seed;
use causeway_tests::chaos::Threefold;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::links::{REGION, kinds};
use causeway_tests::system::{System, audit_keys, in_world_of};
use causeway_tests::{often, on_virtual_time};
use http::Method;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);
/// From one sweep to the next, and what it takes to decide and to connect.
const SOON: Duration = Duration::from_secs(75);

fn looked_after(test: impl AsyncFnOnce(&System)) {
    in_world_of(Seed::tutorial(), &[REGION], test);
}

async fn system(mishaps: Arc<Mishaps>) -> System {
    System::looking_after(&[REGION], Seed::tutorial(), 1, mishaps).await
}

/// A policy that approves account `alias`.
fn approving(system: &System, alias: &str, more: &Value) -> Value {
    let mut rule = json!({"id": "partner", "effect": "approve", "accounts": [system.account_id(alias)]});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"version": 1, "rules": [rule]})
}

fn reason(entry: &Entry) -> Reason {
    entry.event.verdict().expect("the entry has a verdict").reason
}

#[test]
fn an_endpoint_that_nobody_announced_is_connected_within_a_minute_by_a_rule_and_an_unlisted_one_is_left_and_told() {
    looked_after(async |system| {
        system.put_policy(approving(system, "a", &json!({"bandwidth_mbps": 500}))).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let (listed, unlisted) = (system.endpoint("a", &service).await, system.endpoint("b", &service).await);
        let took = system.becomes("b", &service, &listed, &Connected, SOON).await;
        assert!(took.is_some(), "it is connected within a sweep: {:#?}", system.endpoint_log(&service, &listed).await);
        assert_eq!(system.endpoint_connection("b", &service, &listed).await.bandwidth, Some(500));
        tokio::time::sleep(3 * MINUTE).await;

        let log = system.endpoint_log(&service, &listed).await;
        assert_eq!(kinds(&log), ["to connect", "asked", "connected"], "{log:#?}");
        assert!(!log[1].request_ids.is_empty(), "the cloud's id of the request is kept");
        assert_eq!(log[0].request.as_ref().unwrap().account_id.as_deref(), Some(system.account_id("a")));
        assert!(log[0].policy_hash.is_some() && log[0].facts.is_some());

        assert_eq!(system.endpoint_connection("b", &service, &unlisted).await.status, Disconnected);
        let log = system.endpoint_log(&service, &unlisted).await;
        assert_eq!(kinds(&log), ["decided"], "told once, not every minute");
        assert_eq!(reason(&log[0]), Reason::AccountNotListed);
        let report = system.store().report().await.unwrap().unwrap();
        assert_eq!(report.waiting.len(), 1, "{report:#?}");
        assert_eq!((report.findings.len(), report.warnings.len()), (0, 0), "{report:#?}");
        assert_eq!(system.carried_out("DisableVpcEndpointConnection"), 0, "leaving is not refusing");
        assert_eq!(system.carried_out("DescribeVpcs"), 0, "no rule asks for ranges");
    });
}

#[test]
fn without_a_policy_and_with_one_that_is_empty_or_does_not_read_nothing_changes_and_the_report_says_so() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let (waits, stands) = (system.endpoint("a", &service).await, system.endpoint("a", &service).await);
        system.connect_by_hand("b", &service, &stands).await;
        let trouble = || async {
            tokio::time::sleep(3 * MINUTE).await;
            assert_eq!(system.endpoint_connection("b", &service, &waits).await.status, Disconnected);
            assert_eq!(system.endpoint_connection("b", &service, &stands).await.status, Connected);
            let report = system.store().report().await.unwrap().unwrap();
            // It is shown to whoever may decide on it, with nothing against it.
            let found: Vec<_> = report.findings.iter().map(|found| (&found.verdict, found.cut_after)).collect();
            assert_eq!(found, [(&None, None)]);
            report.warnings.join("; ")
        };
        assert!(trouble().await.contains("there is no policy"));
        system.put_policy(json!({"version": 1, "mode": "enforce", "grace_minutes": 0, "rules": []})).await;
        assert!(trouble().await.contains("no rules"));
    });
}

/// Waits until the newest entry of an endpoint's log is a decision for this reason.
async fn decided(system: &System, service: &str, endpoint: &str, expected: Reason) {
    let mut log = Vec::new();
    for _ in 0..SOON.as_secs() {
        log = system.endpoint_log(service, endpoint).await;
        if log.last().and_then(|entry| entry.event.verdict()).is_some_and(|verdict| verdict.reason == expected) {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("{expected:?} is not decided: {log:#?}");
}

#[test]
fn a_rule_may_go_by_the_ranges_of_the_consumers_vpc_where_its_account_is_known() {
    // The VPC of account a is 10.11.0.0/16, that of b 10.13.0.0/16.
    looked_after(async |system| {
        let accounts = [system.account_id("a"), system.account_id("b")];
        let approve = |more: Value| {
            let mut rule = json!({"id": "partner", "effect": "approve", "accounts": accounts});
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            rule
        };
        let policy = |rules: Value| json!({"version": 1, "mode": "enforce", "grace_minutes": 5, "rules": rules});
        let service = system.endpoint_service("b", &["a", "b"]).await;
        system.put_policy(policy(json!([approve(json!({"ranges": ["10.10.0.0/15"]}))]))).await;
        let (inside, outside) = (system.endpoint("a", &service).await, system.endpoint("b", &service).await);
        assert!(system.becomes("b", &service, &inside, &Connected, SOON).await.is_some());
        decided(system, &service, &outside, Reason::WrongRange).await;
        let log = system.endpoint_log(&service, &inside).await;
        let ranges = log[0].facts.as_ref().and_then(|facts| facts.ranges.clone()).unwrap();
        assert_eq!(ranges, ["10.11.0.0/16".parse().unwrap()], "what was decided by stands in the log");

        system.put_policy(policy(json!([approve(json!({"no_overlap_with": ["10.13.128.0/17"]}))]))).await;
        decided(system, &service, &outside, Reason::RangeOverlaps).await;
        let pool = json!({"id": "pool", "effect": "hold", "ranges": ["10.13.0.0/24", "172.16.0.0/12"]});
        system.put_policy(policy(json!([approve(json!({})), pool]))).await;
        decided(system, &service, &outside, Reason::HeldByRule).await;
        assert_eq!(system.endpoint_connection("b", &service, &inside).await.status, Connected);

        // An account that nobody manages here: what cannot be known is decided by a person, and cuts nothing.
        let known = system.store().accounts().await.unwrap().unwrap();
        let mut fewer = known.clone();
        fewer.accounts.remove(&"a".parse().unwrap());
        system.store().put_accounts(&fewer).await.unwrap();
        tokio::time::sleep(MINUTE).await;
        let unknown = system.endpoint("a", &service).await;
        decided(system, &service, &unknown, Reason::RangesUnknown).await;
        tokio::time::sleep(10 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &inside).await.status, Connected);
        assert_eq!(system.endpoint_connection("b", &service, &unknown).await.status, Disconnected);
        let by_hand = system.endpoint("a", &service).await;
        say(system, &service, &by_hand, PersonSays::Approve).await;
        assert!(system.becomes("b", &service, &by_hand, &Connected, SOON).await.is_some());
        system.store().put_accounts(&known).await.unwrap();
        assert!(system.becomes("b", &service, &unknown, &Connected, 2 * MINUTE).await.is_some());

        // Known again, and no longer let in.
        let pool = json!({"id": "pool", "effect": "reject", "ranges": ["10.11.0.0/24"]});
        system.put_policy(policy(json!([approve(json!({})), pool]))).await;
        for endpoint in [&inside, &unknown] {
            assert!(system.becomes("b", &service, endpoint, &Disconnected, 15 * MINUTE).await.is_some());
        }
    });
}

#[test]
fn while_ranges_cannot_be_read_now_nothing_is_decided_by_them() {
    looked_after(async |system| {
        system.put_policy(approving(system, "a", &json!({"ranges": ["10.11.0.0/16"]}))).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let throttled = FaultRule { times: None, ..FaultRule::once("DescribeVpcs", Fault::Throttle) };
        system.cloud.shared().faults.add(throttled);
        let endpoint = system.endpoint("a", &service).await;
        tokio::time::sleep(3 * MINUTE).await;
        assert!(system.endpoint_log(&service, &endpoint).await.is_empty(), "nobody is told what a later look changes");
        system.cloud.shared().faults.clear();
        assert!(system.becomes("b", &service, &endpoint, &Connected, 2 * MINUTE).await.is_some());
        tokio::time::sleep(SOON).await;
        assert_eq!(kinds(&system.endpoint_log(&service, &endpoint).await), ["to connect", "asked", "connected"]);
    });
}

#[test]
fn limits_hold_when_many_ask_at_once() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let mut endpoints = Vec::new();
        for _ in 0..5 {
            endpoints.push(system.endpoint("a", &service).await);
        }
        system.put_policy(approving(system, "a", &json!({"endpoints_per_account": 2}))).await;
        tokio::time::sleep(10 * MINUTE).await;
        let mut connected = 0;
        for endpoint in &endpoints {
            let status = system.endpoint_connection("b", &service, endpoint).await.status;
            connected += usize::from(status == Connected);
            let log = system.endpoint_log(&service, endpoint).await;
            if status == Disconnected {
                assert_eq!(reason(log.last().unwrap()), Reason::AccountQuota, "{log:#?}");
            }
        }
        assert_eq!(connected, 2);
        system.put_policy(approving(system, "a", &json!({"approvals_per_hour": 3}))).await;
        tokio::time::sleep(10 * MINUTE).await;
        let approvals = system.carried_out("EnableVpcEndpointConnection");
        assert_eq!(approvals, 3, "two within the hour before, and one more");
        tokio::time::sleep(60 * MINUTE).await;
        assert_eq!(system.carried_out("EnableVpcEndpointConnection"), 5, "the rest when the hour is over");
    });
}

#[test]
fn the_lane_keeps_approvals_of_one_account_from_being_refused_for_coming_at_once() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let mut endpoints = Vec::new();
        for _ in 0..8 {
            endpoints.push(system.endpoint("a", &service).await);
        }
        system.put_policy(approving(system, "a", &json!({}))).await;
        for endpoint in &endpoints {
            let took = system.becomes("b", &service, endpoint, &Connected, 5 * MINUTE).await;
            assert!(took.is_some(), "{endpoint} is connected in the end");
        }
        let refused = system.cloud.calls().into_iter().filter(|call| {
            call.info.action == "EnableVpcEndpointConnection" && matches!(call.outcome, Outcome::Refused { .. })
        });
        assert_eq!(refused.count(), 0);
    });
}

/// Writes a person's word into a log as the webhook does.
async fn say(system: &System, service: &str, endpoint: &str, decision: PersonSays) {
    let (store, io, keys) = (system.store(), system.io(), audit_keys());
    let placed = store.place_behind::<DecisionContent>(&subject_of(service, endpoint), keys.trusted()).await;
    let (newest, position) = placed.unwrap();
    let word = Word { decision, reason: "because".to_owned(), by: "ann".to_owned(), at: io.clock.now() };
    let draft = approval::decision::Draft {
        at: io.clock.now(),
        place: approval::decision::Place { account: "b".to_owned(), region: REGION.to_owned() },
        service_id: service.to_owned(),
        endpoint_id: endpoint.to_owned(),
        actor: approval::decision::Actor::Person("ann".to_owned()),
        event: Event::Said { word },
        request: None,
        facts: None,
        policy_hash: None,
        request_ids: Vec::new(),
    };
    let entry = draft.placed(newest.as_ref(), position, io.entropy.nonce(), keys.own().unwrap());
    store.append(&entry).await.unwrap();
}

#[test]
fn a_person_who_rejects_is_never_overruled_and_one_who_approves_lets_in_what_no_rule_names() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let (good, bad) = (system.endpoint("b", &service).await, system.endpoint("a", &service).await);
        system.put_policy(approving(system, "a", &json!({}))).await;
        assert!(system.becomes("b", &service, &bad, &Connected, SOON).await.is_some());
        say(system, &service, &bad, PersonSays::Reject).await;
        say(system, &service, &good, PersonSays::Approve).await;
        assert!(system.becomes("b", &service, &bad, &Disconnected, 2 * SOON).await.is_some(), "it is cut at once");
        assert!(system.becomes("b", &service, &good, &Connected, 2 * SOON).await.is_some());
        system.put_policy(approving(system, "a", &json!({"bandwidth_mbps": 200}))).await;
        tokio::time::sleep(5 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &bad).await.status, Disconnected);
        assert_eq!(system.endpoint_connection("b", &service, &good).await.status, Connected);
        assert_eq!(system.store().report().await.unwrap().unwrap().findings, [], "it stands by the person's word");
    });
}

#[test]
fn what_was_cut_or_connected_in_the_console_is_respected_and_told() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        system.put_policy(approving(system, "a", &json!({}))).await;
        let (ours, theirs) = (system.endpoint("a", &service).await, system.endpoint("b", &service).await);
        assert!(system.becomes("b", &service, &ours, &Connected, SOON).await.is_some());
        tokio::time::sleep(MINUTE).await;
        system.cut_by_hand("b", &service, &ours).await;
        system.connect_by_hand("b", &service, &theirs).await;
        tokio::time::sleep(4 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &ours).await.status, Disconnected);
        let log = system.endpoint_log(&service, &ours).await;
        assert_eq!(reason(log.last().unwrap()), Reason::EndedElsewhere);
        let report = system.store().report().await.unwrap().unwrap();
        let found = report.finding(&service, &theirs).expect("it is connected, and no rule says so");
        assert_eq!(found.verdict.as_ref().unwrap().reason, Reason::AccountNotListed);
        assert_eq!(found.cut_after, None, "it is only reported");
        assert_eq!(system.endpoint_connection("b", &service, &theirs).await.status, Connected);
    });
}

#[test]
fn enforcing_cuts_what_no_longer_passes_after_the_time_of_grace_and_no_more_a_run_than_allowed() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let mut endpoints = Vec::new();
        for _ in 0..3 {
            endpoints.push(system.endpoint("a", &service).await);
        }
        system.put_policy(approving(system, "a", &json!({}))).await;
        for endpoint in &endpoints {
            assert!(system.becomes("b", &service, endpoint, &Connected, 5 * MINUTE).await.is_some());
        }
        let mut stricter = approving(system, "b", &json!({}));
        stricter["mode"] = "enforce".into();
        stricter["grace_minutes"] = 10.into();
        stricter["most_cuts_per_run"] = 1.into();
        system.put_policy(stricter).await;
        let standing = || async {
            let mut standing = 0;
            for endpoint in &endpoints {
                let status = system.endpoint_connection("b", &service, endpoint).await.status;
                standing += usize::from(status == Connected);
            }
            standing
        };
        tokio::time::sleep(2 * MINUTE).await;
        let report = system.store().report().await.unwrap().unwrap();
        assert_eq!(report.findings.len(), 3, "the preview comes first");
        assert!(report.findings.iter().all(|found| found.cut_after.is_some()));
        tokio::time::sleep(7 * MINUTE).await;
        assert_eq!(standing().await, 3, "within the time of grace nothing is cut");
        let mut seen = Vec::new();
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_secs(5)).await;
            seen.push(standing().await);
        }
        assert_eq!(seen.last(), Some(&0), "{seen:?}");
        let first = seen.iter().position(|standing| *standing == 2).expect("one goes first");
        let last = seen.iter().position(|standing| *standing == 0).expect("all go");
        assert!((last - first) * 5 >= 100, "one a minute: {seen:?}");
        let log = system.endpoint_log(&service, &endpoints[0]).await;
        assert!(kinds(&log).ends_with(&["connected", "to cut", "asked", "cut"]), "{log:#?}");
    });
}

#[test]
fn a_lease_is_warned_of_and_ends_and_only_a_person_renews_it() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let mut policy = approving(system, "a", &json!({"lease": {"hours": 2, "warn_hours": 1}}));
        policy["mode"] = "enforce".into();
        policy["grace_minutes"] = 5.into();
        system.put_policy(policy).await;
        let endpoint = system.endpoint("a", &service).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some());
        tokio::time::sleep(30 * MINUTE).await;
        let finding =
            || async { system.store().report().await.unwrap().unwrap().finding(&service, &endpoint).cloned() };
        assert_eq!(finding().await, None);
        tokio::time::sleep(40 * MINUTE).await;
        let warning = finding().await.expect("the end is near");
        assert!(warning.verdict.is_none() && warning.lease_ends_at.is_some() && warning.cut_after.is_none());
        assert!(system.becomes("b", &service, &endpoint, &Disconnected, 70 * MINUTE).await.is_some());
        tokio::time::sleep(10 * MINUTE).await;
        let log = system.endpoint_log(&service, &endpoint).await;
        assert_eq!(reason(log.iter().rev().find(|entry| entry.event.verdict().is_some()).unwrap()), Reason::LeaseEnded);
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Disconnected, "it stays so");
        say(system, &service, &endpoint, PersonSays::Approve).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, 2 * SOON).await.is_some());
        tokio::time::sleep(180 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Connected);
    });
}

/// What is proven under every mishap: one endpoint is connected, later cut because the policy changed, each once; another
/// is left; and both logs are whole.
async fn connected_and_cut(system: &System) -> Result<(), String> {
    let service = system.endpoint_service("b", &["a"]).await;
    let (good, other) = (system.endpoint("a", &service).await, system.endpoint("b", &service).await);
    system.put_policy(approving(system, "a", &json!({}))).await;
    let told = |what: &str, log: &[Entry]| format!("{what}: {:?}", kinds(log));
    if system.becomes("b", &service, &good, &Connected, 8 * MINUTE).await.is_none() {
        return Err(told("not connected", &system.endpoint_log(&service, &good).await));
    }
    tokio::time::sleep(SOON).await;
    let mut stricter = approving(system, "b", &json!({"zones": ["eu-central-1z"]}));
    stricter["mode"] = "enforce".into();
    stricter["grace_minutes"] = 0.into();
    system.put_policy(stricter).await;
    if system.becomes("b", &service, &good, &Disconnected, 10 * MINUTE).await.is_none() {
        return Err(told("not cut", &system.endpoint_log(&service, &good).await));
    }
    tokio::time::sleep(2 * SOON).await;
    let log = system.endpoint_log(&service, &good).await;
    let acts: Vec<_> = kinds(&log).into_iter().filter(|kind| !matches!(*kind, "asked" | "decided")).collect();
    if acts != ["to connect", "connected", "to cut", "cut"] {
        return Err(told("not each once", &log));
    }
    let log = system.endpoint_log(&service, &other).await;
    let left = system.endpoint_connection("b", &service, &other).await.status == Disconnected;
    if !left || kinds(&log).iter().any(|kind| *kind != "decided") {
        return Err(told("not left", &log));
    }
    Ok(())
}

#[test]
fn without_mishaps_an_endpoint_is_connected_and_cut_once() {
    looked_after(async |system| {
        connected_and_cut(system).await.unwrap();
    });
}

fn requests() -> usize {
    on_virtual_time(async {
        let mishaps = Mishaps::none();
        let system = system(mishaps.clone()).await;
        connected_and_cut(&system).await.unwrap();
        system.end().await;
        mishaps.requests()
    })
}

fn requests_survive(mishap: Mishap, stride: usize) {
    let all = requests();
    assert!(all > 100, "the count of requests cannot be right: {all}");
    often::requests_survive(&(0..all), stride, |number| {
        on_virtual_time(async {
            let mishaps = Mishaps::at(number, mishap);
            let system = system(mishaps.clone()).await;
            let ended = connected_and_cut(&system).await;
            system.end().await;
            ended.map_err(|wrong| format!("{}: {wrong}", mishaps.log().join("; ")))
        })
    });
}

#[test]
fn some_requests_lost_in_turn_changes_nothing_in_the_end() {
    requests_survive(Mishap::LostBefore, 17);
}

#[test]
fn some_answers_lost_in_turn_changes_nothing_in_the_end() {
    requests_survive(Mishap::LostAfter, 17);
}

#[test]
fn dying_before_some_requests_in_turn_changes_nothing_in_the_end() {
    requests_survive(Mishap::DiesBefore, 17);
}

#[test]
fn dying_after_some_requests_in_turn_changes_nothing_in_the_end() {
    requests_survive(Mishap::DiesAfter, 5);
}

#[test]
fn every_message_three_times_connects_and_cuts_once() {
    looked_after(async |system| {
        system.cloud.shared().faults.set_plan(Arc::new(Threefold));
        connected_and_cut(system).await.unwrap();
    });
}

#[test]
fn no_message_at_all_for_a_while_and_throttling_only_delay() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        let faults = &system.cloud.shared().faults;
        faults.add(FaultRule { times: Some(3), ..FaultRule::once("SendMessage", Fault::DropBefore) });
        faults.add(FaultRule { times: Some(4), ..FaultRule::once("EnableVpcEndpointConnection", Fault::Throttle) });
        system.put_policy(approving(system, "a", &json!({}))).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, 8 * MINUTE).await.is_some());
    });
}

#[test]
fn what_the_cloud_refuses_for_good_is_recorded_with_its_code_and_not_tried_every_minute() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        let refusal = Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() };
        system.cloud.shared().faults.add(FaultRule::once("EnableVpcEndpointConnection", refusal));
        system.put_policy(approving(system, "a", &json!({}))).await;
        tokio::time::sleep(10 * MINUTE).await;
        let log = system.endpoint_log(&service, &endpoint).await;
        assert_eq!(kinds(&log), ["to connect", "failed"], "{log:#?}");
        let Event::Failed { code, .. } = &log[1].event else { panic!("it failed") };
        assert_eq!(code.as_deref(), Some("InvalidParameter"));
        assert!(!log[1].request_ids.is_empty());
        system.put_policy(approving(system, "a", &json!({"bandwidth_mbps": 200}))).await;
        assert!(
            system.becomes("b", &service, &endpoint, &Connected, 2 * SOON).await.is_some(),
            "a new policy tries anew"
        );
    });
}

/// Approves an endpoint over HTTP, always in the same words.
async fn approve(system: &System, service: &str, endpoint: &str) -> Decision {
    let word = json!({"decision": "approve", "reason": "over"});
    system.tell(Method::POST, &format!("/v1/approvals/{service}/{endpoint}"), &word).await.unwrap()
}

/// Whether approving it once more would be recorded.
async fn would_change(system: &System, service: &str, endpoint: &str) -> bool {
    let word = json!({"decision": "approve", "reason": "over"});
    let path = format!("/v1/approvals/{service}/{endpoint}?dry_run=true");
    let plan: DecisionPlan = system.tell(Method::POST, &path, &word).await.unwrap();
    plan.changes
}

#[test]
fn the_same_words_connect_again_what_was_cut_since_and_change_nothing_while_it_is_connected() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        tokio::time::sleep(2 * MINUTE).await;
        let first = approve(system, &service, &endpoint).await;
        assert_eq!(
            approve(system, &service, &endpoint).await.sequence,
            first.sequence,
            "the answer may have been lost"
        );
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some());
        tokio::time::sleep(MINUTE).await;
        assert!(!would_change(system, &service, &endpoint).await);
        let log = system.endpoint_log(&service, &endpoint).await;
        assert_eq!(approve(system, &service, &endpoint).await.sequence, log.last().unwrap().sequence);

        system.cut_by_hand("b", &service, &endpoint).await;
        assert!(would_change(system, &service, &endpoint).await);
        assert!(approve(system, &service, &endpoint).await.sequence > first.sequence, "it is said anew");
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some(), "and acts");
    });
}

#[test]
fn the_same_words_try_again_what_the_cloud_refused() {
    looked_after(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        tokio::time::sleep(2 * MINUTE).await;
        let refusal = Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() };
        system.cloud.shared().faults.add(FaultRule::once("EnableVpcEndpointConnection", refusal));
        approve(system, &service, &endpoint).await;
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(kinds(&system.endpoint_log(&service, &endpoint).await).last(), Some(&"failed"));
        approve(system, &service, &endpoint).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some());
    });
}

#[test]
fn nothing_is_connected_without_a_stored_decision_and_a_flipped_byte_is_found() {
    looked_after(async |system| {
        system.put_policy(approving(system, "a", &json!({}))).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some());
        let log = system.endpoint_log(&service, &endpoint).await;
        assert_eq!(kinds(&log)[0], "to connect", "it was written down before the cloud was asked");
        let subject = subject_of(&service, &endpoint);
        let mut objects = system.store().log(&subject).await.unwrap();
        let middle = objects[0].1.len() / 2;
        objects[0].1[middle] ^= 1;
        assert!(audit::log::verify::<DecisionContent>(&subject, &objects, audit_keys().trusted()).is_err());
    });
}

/// Puts a policy with a header of its own; the answer's status, its `ETag` and its body, which are as OpenAPI says.
async fn put(system: &System, header: (&str, &str), policy: &Value) -> (u16, Option<String>, Value) {
    let (method, path) = (Method::PUT, "/v1/approval-policy");
    let answer = system.webhook.send(method.clone(), path, &[header], &policy.to_string()).await.unwrap();
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    causeway_tests::contract::holds(&method, path, answer.status(), &body);
    let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    (answer.status().as_u16(), tag, body)
}

#[test]
fn who_replaces_a_policy_that_is_no_longer_in_force_is_told_and_loses_nobodys_change() {
    looked_after(async |system| {
        let policy = |minutes: u32| json!({"version": 1, "grace_minutes": minutes, "rules": []});
        let in_force = async || {
            system.store().policy(audit_keys().trusted()).await.unwrap().map(|stored| stored.policy.grace_minutes)
        };
        let nobodys = format!("\"{}\"", "0".repeat(64));
        for header in [("if-match", "*"), ("if-match", &nobodys)] {
            let (status, tag, problem) = put(system, header, &policy(1)).await;
            assert_eq!((status, tag, in_force().await), (412, None, None), "{problem:#}");
        }
        let (status, first, _) = put(system, ("if-none-match", "*"), &policy(1)).await;
        let first = first.unwrap();
        assert_eq!((status, in_force().await), (200, Some(1)));
        assert_eq!(put(system, ("if-none-match", "*"), &policy(2)).await.0, 412);
        let shown = system.webhook.send(Method::GET, "/v1/approval-policy", &[], "").await.unwrap();
        assert_eq!(shown.headers()["etag"], first.as_str());
        let dry = "/v1/approval-policy?dry_run=true";
        let tried = system.webhook.send(Method::PUT, dry, &[("if-match", &nobodys)], &policy(2).to_string()).await;
        assert_eq!(tried.unwrap().status().as_u16(), 412, "a dry run says what would happen");

        // ann and bob both read the first one.
        let (status, second, _) = put(system, ("if-match", &first), &policy(2)).await;
        assert_eq!(status, 200);
        let (status, told, problem) = put(system, ("if-match", &first), &policy(3)).await;
        assert_eq!((status, &told, in_force().await), (412, &second, Some(2)));
        assert_eq!(problem["type"], "https://causeway.dev/problems/precondition-failed");
        let hash = second.as_ref().unwrap().trim_matches('"');
        assert!(problem["detail"].as_str().unwrap().contains(hash), "{problem:#}");
        // The answer was lost: the same request again.
        let (status, again, stored) = put(system, ("if-match", &first), &policy(2)).await;
        assert_eq!((status, &again, stored["revision"].as_u64()), (200, &second, Some(2)));
        assert_eq!(put(system, ("if-match", second.as_deref().unwrap()), &policy(3)).await.0, 200);
        for header in [("if-match", "3"), ("if-match", hash), ("if-none-match", &first), ("if-match", "")] {
            let (status, _, problem) = put(system, header, &policy(4)).await;
            assert_eq!(
                (status, &problem["type"]),
                (400, &json!("https://causeway.dev/problems/bad-parameter")),
                "{header:?}"
            );
        }
        assert_eq!(in_force().await, Some(3));
    });
}

#[test]
fn of_many_who_replace_the_same_policy_at_once_one_gets_through() {
    looked_after(async |system| {
        let policy = |minutes: usize| json!({"version": 1, "grace_minutes": minutes, "rules": []});
        let (_, first, _) = put(system, ("if-none-match", "*"), &policy(100)).await;
        let first = first.unwrap();
        let policies: Vec<Value> = (0..8).map(policy).collect();
        let all = policies.iter().map(|policy| put(system, ("if-match", &first), policy));
        let all = futures::future::join_all(all).await;
        let through: Vec<_> = all.iter().filter(|(status, ..)| *status == 200).collect();
        assert!(through.len() == 1 && all.iter().all(|(status, ..)| [200, 412].contains(status)), "{all:#?}");
        let stored = system.store().policy(audit_keys().trusted()).await.unwrap().unwrap();
        assert_eq!((stored.revision.number(), &through[0].2["hash"]), (2, &json!(stored.hash)));
    });
}
