//! The chain of a kind, proven: every message twice, every request failed and every process killed in turn.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::sync::Arc;

use causeway_local::calls::{CallInfo, Product};
use causeway_local::faults::{Delivery, Fault, FaultPlan};
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::on_virtual_time;
use causeway_tests::world::World;
use http::Method;

const NAME: &str = "qingdao-beijing";

#[test]
fn without_faults_a_connection_becomes_active_and_its_removal_leaves_nothing() {
    on_virtual_time(async {
        let world = World::new(1, Mishaps::none()).await;
        world.post(&world.tutorial()).await.expect("it is accepted");
        let record = world.at_rest(NAME).await;
        assert_eq!(record["phase"], "active", "{record:#}");
        world.inventory().await.is_one_connection().unwrap();
        let removed = world.remove(NAME).await;
        assert_eq!(removed["phase"], "removed", "{removed:#}");
        world.inventory().await.is_empty().unwrap();
        world.end().await;
    });
}

/// How many requests functions make to build a connection, and to build and remove it.
fn requests() -> (usize, usize) {
    on_virtual_time(async {
        let mishaps = Mishaps::none();
        let world = World::new(1, mishaps.clone()).await;
        world.post(&world.tutorial()).await.expect("it is accepted");
        world.at_rest(NAME).await;
        let built = mishaps.requests();
        world.remove(NAME).await;
        let removed = mishaps.requests();
        world.end().await;
        (built, removed)
    })
}

/// One mishap at one request; whatever it is, the connection becomes active and its removal leaves nothing.
fn survives(number: usize, mishap: Mishap) -> Result<(), String> {
    on_virtual_time(async {
        let mishaps = Mishaps::at(number, mishap);
        let world = World::new(1, mishaps.clone()).await;
        let story = || mishaps.log().join("; ");
        world.post(&world.tutorial()).await.map_err(|refused| format!("{}: {refused:?}", story()))?;
        let record = world.at_rest(NAME).await;
        if record["phase"] != "active" {
            return Err(format!("{}: not active: {record:#}", story()));
        }
        world.inventory().await.is_one_connection().map_err(|wrong| format!("{}: {wrong}", story()))?;
        let removed = world.remove(NAME).await;
        if removed["phase"] != "removed" {
            return Err(format!("{}: not removed: {removed:#}", story()));
        }
        world.inventory().await.is_empty().map_err(|wrong| format!("{}: {wrong}", story()))?;
        world.end().await;
        if mishaps.log().len() == 1 { Ok(()) } else { Err(format!("request {number}: the mishap never happened")) }
    })
}

fn every_request_survives(mishap: Mishap) {
    let (_, all) = requests();
    assert!(all > 50, "the count of requests cannot be right: {all}");
    let failures: Vec<String> = (0..all).filter_map(|number| survives(number, mishap).err()).collect();
    assert!(failures.is_empty(), "{} of {all} requests: {:#?}", failures.len(), failures);
}

#[test]
fn every_request_lost_in_turn_changes_nothing_in_the_end() {
    every_request_survives(Mishap::LostBefore);
}

#[test]
fn every_answer_lost_in_turn_changes_nothing_in_the_end() {
    every_request_survives(Mishap::LostAfter);
}

#[test]
fn dying_before_every_request_in_turn_changes_nothing_in_the_end() {
    every_request_survives(Mishap::DiesBefore);
}

#[test]
fn dying_after_every_request_in_turn_changes_nothing_in_the_end() {
    every_request_survives(Mishap::DiesAfter);
}

/// Every message comes three times, the copies side by side or one after the other.
struct Threefold;

impl FaultPlan for Threefold {
    fn on_delivery(&self, _queue: &str, _message: &str) -> Delivery {
        Delivery { copies: 3, ..Delivery::default() }
    }
}

#[test]
fn every_step_and_every_undo_run_three_times_makes_and_removes_everything_once() {
    on_virtual_time(async {
        let world = World::new(1, Mishaps::none()).await;
        world.cloud.shared().faults.set_plan(Arc::new(Threefold));
        world.post(&world.tutorial()).await.expect("it is accepted");
        let record = world.at_rest(NAME).await;
        assert_eq!(record["phase"], "active", "{record:#}");
        world.inventory().await.is_one_connection().unwrap();
        let copies = world.cloud.fc().invocations_since(0).len();
        assert!(copies > 20, "messages were delivered several times: {copies}");
        let removed = world.remove(NAME).await;
        assert_eq!(removed["phase"], "removed", "{removed:#}");
        world.inventory().await.is_empty().unwrap();
        world.end().await;
    });
}

/// Refuses the chosen call to the VPC API for good, once.
struct RefuseCall {
    number: usize,
    seen: std::sync::Mutex<usize>,
    refused: std::sync::Mutex<Option<String>>,
}

impl RefuseCall {
    fn new(number: usize) -> Arc<Self> {
        Arc::new(Self { number, seen: std::sync::Mutex::new(0), refused: std::sync::Mutex::default() })
    }

    fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap().clone()
    }
}

impl FaultPlan for RefuseCall {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        if call.product != Product::Vpc {
            return None;
        }
        let mut seen = self.seen.lock().unwrap();
        *seen += 1;
        if *seen != self.number + 1 {
            return None;
        }
        *self.refused.lock().unwrap() = Some(call.action.clone());
        Some(Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() })
    }
}

/// Builds with the call of this number refused. `None` when the chain makes fewer calls.
fn refused(number: usize, on_failure: &str) -> Option<()> {
    on_virtual_time(async {
        let world = World::new(1, Mishaps::none()).await;
        let mut spec = world.tutorial();
        spec["on_failure"] = on_failure.into();
        world.post(&spec).await.expect("it is accepted");
        let plan = RefuseCall::new(number);
        world.cloud.shared().faults.set_plan(plan.clone());
        let record = world.at_rest(NAME).await;
        let call = plan.refused()?;
        let told = |stop: &serde_json::Value| {
            assert_eq!(stop["call"]["action"], call.as_str(), "{record:#}");
            assert_eq!(stop["call"]["code"], "InvalidParameter", "{record:#}");
            for field in ["side", "what", "advice", "since", "step"] {
                assert!(stop[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {record:#}");
            }
            assert!(stop["call"]["request_id"].is_string(), "{record:#}");
        };
        if on_failure == "rollback" {
            assert_eq!(record["phase"], "rolled-back", "{call}: {record:#}");
            told(&record["cause"]);
            world.inventory().await.is_empty().unwrap();
        } else {
            assert_eq!(record["phase"], "failed", "{call}: {record:#}");
            told(&record["stop"]);
        }
        world.ask(Method::POST, &format!("/v1/connections/{NAME}/retry")).await.expect("it can be retried");
        let record = world.at_rest(NAME).await;
        assert_eq!(record["phase"], "active", "after {call} was refused: {record:#}");
        world.inventory().await.is_one_connection().unwrap();
        world.end().await;
        Some(())
    })
}

#[test]
fn every_call_refused_for_good_in_turn_ends_cleanly_undone_or_goes_on_when_told_to() {
    for on_failure in ["rollback", "keep"] {
        let calls = (0..200).take_while(|number| refused(*number, on_failure).is_some()).count();
        assert!((15..200).contains(&calls), "the count of calls cannot be right: {calls}");
    }
}
