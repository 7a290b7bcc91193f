//! Faults on the way: what comes twice, gets lost, or is refused.

use std::time::Duration;

use api::Link;
use api::connections::Failure;
use api::problem::ProblemKind;
use causeway_local::calls::{Outcome, Product};
use causeway_tests::process::{Api, Options, Up};
use causeway_tests::shown::{Shown as _, refused_call};
use connection::chain::chain;
use connection::message::{Message as _, StepMessage};
use connection::record::{EntryEvent, Phase};
use connection::words::{Kind, Side, StepName};
use http::StatusCode;
use serde_json::{Value, json};

use crate::end_to_end::common::{A, B, refuse, start};

async fn every_message_arrives_three_times(options: &Options) {
    let up = Up::start(options);
    let api = up.api();
    api.built(&api.tutorial("once")).await;
    let looked_once = api.done("DescribeRouterInterfaces").await;
    api.removed("once").await;

    api.set_faults(&json!({"deliveries": [{"copies": 3}]})).await;
    let looked_before = api.done("DescribeRouterInterfaces").await;
    let record = api.built(&api.tutorial("thrice")).await;
    let looked = api.done("DescribeRouterInterfaces").await - looked_before;
    assert!(looked > looked_once * 3 / 2, "copies do work, too: {looked} looks instead of {looked_once}");
    api.inventory().await.is_one_connection().unwrap();
    assert_eq!(api.done("ConnectRouterInterface").await, 2, "one a connection");
    assert_eq!(record.times(EntryEvent::StepDone), 6, "{record:#?}");

    api.removed("thrice").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn every_message_three_times_at_once_makes_one_pair_and_two_routes() {
    every_message_arrives_three_times(&Options::default()).await;
}

#[tokio::test]
async fn every_message_three_times_to_functions_as_processes_makes_one_pair_and_two_routes() {
    every_message_arrives_three_times(&Options::spawning()).await;
}

#[tokio::test]
async fn every_message_that_was_ever_sent_comes_again_much_later_and_nothing_happens() {
    let (_up, api) = start();
    let record = api.built(&api.tutorial("late")).await;
    let before = api.inventory().await;
    let written = tries(&api).await;

    let operator = api.account("operator").account_id.parse().unwrap();
    let queues = api.client("operator").mns(&operator, &"cn-hangzhou".parse().unwrap());
    let last = record.history.last().unwrap().sequence;
    for step in chain(Kind::RouterInterface).iter().map(|stage| stage.step) {
        let queue = format!("causeway-{step}").parse().unwrap();
        for sequence in 1..=last + 1 {
            let message =
                StepMessage { version: 1, connection: "late".parse().unwrap(), generation: 1, step, sequence };
            queues.send_message(&queue, message.to_json().as_bytes(), Duration::ZERO).await.unwrap();
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = api.show("late").await;
    assert_eq!((after.phase(), after.history), (record.phase(), record.history));
    assert_eq!(api.inventory().await, before);
    assert_eq!(tries(&api).await, written, "nobody tried to change anything");
}

/// How many calls of the VPC product would change something, whatever came of them.
async fn tries(api: &Api) -> usize {
    api.calls().await.iter().filter(|call| call.info.product == Product::Vpc && call.is_write).count()
}

#[tokio::test]
async fn when_the_first_answer_of_every_changing_call_is_lost_the_result_is_the_same() {
    let (_up, api) = start();
    let actions = [
        "CreateRouterInterface",
        "ModifyRouterInterfaceAttribute",
        "ConnectRouterInterface",
        "CreateRouteEntry",
        "AuthorizeSecurityGroup",
        "RunCommand",
        "RevokeSecurityGroup",
        "DeleteRouteEntry",
        "DeactivateRouterInterface",
        "DeleteRouterInterface",
    ];
    let lost = |action: &&str| json!({"action": action, "times": 2, "fault": {"kind": "lose_answer"}});
    api.set_faults(&json!({"requests": actions.iter().map(lost).collect::<Vec<_>>()})).await;
    api.built(&api.tutorial("mute")).await;
    api.inventory().await.is_one_connection().unwrap();
    api.removed("mute").await;
    api.inventory().await.is_empty().unwrap();
    let calls = api.calls().await;
    for action in actions {
        let lost = calls.iter().any(|call| call.info.action == action && call.outcome == Outcome::AnswerLost);
        assert!(lost, "{action} lost none");
    }
}

/// What a person needs: step, side, call, code, request id, and what to do.
async fn names_the_refusal(api: &Api, stopped: &Failure, step: StepName, side: Side, action: &str) {
    let stop = &stopped.failure;
    assert_eq!((stop.step, stop.side), (step, Some(side)), "{stop:#?}");
    assert_eq!(refused_call(stop), (action, "Forbidden.RAM"), "{stop:#?}");
    let request_id = stop.call.as_ref().and_then(|call| call.request_id.clone()).expect("the call has a request id");
    let calls = api.calls().await;
    let refused = calls.iter().find(|call| call.request_id == request_id).expect("the cloud knows the request id");
    assert!(refused.info.action == action && matches!(refused.outcome, Outcome::Refused { .. }), "{refused:#?}");
    assert!(!stop.what.is_empty() && !stop.advice.is_empty(), "{stop:#?}");
    assert!(stopped.age_seconds >= 0, "{stopped:#?}");
}

const REFUSALS: [(StepName, Side, &str, &str); 4] = [
    (StepName::CreateInterface, Side::Acceptor, "CreateRouterInterface", "b"),
    (StepName::SetPeerInfo, Side::Initiator, "ModifyRouterInterfaceAttribute", "a"),
    (StepName::Connect, Side::Initiator, "ConnectRouterInterface", "a"),
    (StepName::AddRoute, Side::Acceptor, "CreateRouteEntry", "b"),
];

#[tokio::test]
async fn a_refusal_for_good_is_rolled_back_where_the_spec_asks_for_it_and_can_be_tried_again() {
    let (_up, api) = start();
    for (step, side, action, account) in REFUSALS {
        let name = step.word();
        refuse(&api, action, account, "Forbidden.RAM").await;
        let mut spec = api.tutorial(name);
        spec["on_failure"] = json!("rollback");
        api.create(&spec).await;
        let record = api.settled(name, Phase::RolledBack).await;
        api.inventory().await.is_empty().unwrap();
        let cause = record.cause.as_ref().expect("it says why");
        names_the_refusal(&api, cause, step, side, action).await;
        assert!(record.events().contains(&EntryEvent::RollbackBegan), "{record:#?}");

        api.clear_faults().await;
        assert_eq!(cause.links.retry, Some(Link::post(format!("/v1/connections/{name}/retry"))));
        let record = api.retried(name).await;
        assert!(record.cause.is_none() && record.summary.failure.is_none(), "{record:#?}");
        api.inventory().await.is_one_connection().unwrap();
        api.removed(name).await;
        api.inventory().await.is_empty().unwrap();
    }
}

#[tokio::test]
async fn a_refusal_for_good_stays_where_it_is_unless_the_spec_says_otherwise_and_goes_on_when_asked() {
    let (_up, api) = start();
    for (step, side, action, account) in REFUSALS {
        let name = step.word();
        refuse(&api, action, account, "Forbidden.RAM").await;
        api.create(&api.tutorial(name)).await;
        let record = api.settled(name, Phase::Failed).await;
        names_the_refusal(&api, record.failure(), step, side, action).await;
        let links = &record.failure().links;
        assert_eq!(links.remove, Some(Link::delete(format!("/v1/connections/{name}"))));

        api.clear_faults().await;
        api.follow(links.retry.as_ref()).await;
        let record = api.settled(name, Phase::Active).await;
        assert!(record.summary.failure.is_none(), "{record:#?}");
        assert!(record.events().contains(&EntryEvent::RetryAsked), "{record:#?}");
        api.inventory().await.is_one_connection().unwrap();
        api.removed(name).await;
    }
}

#[tokio::test]
async fn a_failed_connection_is_given_up_and_a_failed_removal_goes_on_when_asked() {
    let (_up, api) = start();
    refuse(&api, "CreateRouteEntry", "a", "Forbidden.RAM").await;
    api.create(&api.tutorial("given-up")).await;
    let record = api.settled("given-up", Phase::Failed).await;
    refuse(&api, "DeleteRouterInterface", "b", "Forbidden.RAM").await;
    api.follow(record.failure().links.remove.as_ref()).await;
    let record = api.settled("given-up", Phase::Failed).await;
    let (step, side) = (StepName::CreateInterface, Side::Acceptor);
    names_the_refusal(&api, record.failure(), step, side, "DeleteRouterInterface").await;
    api.clear_faults().await;
    api.command("given-up", "retry").await.accepted();
    api.settled("given-up", Phase::Removed).await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn a_busy_and_throttling_cloud_only_takes_longer() {
    let (_up, api) = start();
    let chance = |fault: Value| json!({"product": "vpc", "probability": 0.05, "fault": fault});
    let rules = ["throttle", "server_error", "unavailable", "drop_before", "lose_answer"];
    let rules: Vec<_> = rules.iter().map(|kind| chance(json!({"kind": kind}))).collect();
    api.create(&api.tutorial("patient")).await;
    api.set_faults(&json!({"requests": rules, "deliveries": [{"copies": 2, "probability": 0.3}]})).await;
    api.settled("patient", Phase::Active).await;
    api.clear_faults().await;
    api.inventory().await.is_one_connection().unwrap();
}

#[tokio::test]
async fn a_change_that_never_ends_leaves_the_connection_stuck_until_somebody_decides() {
    let (_up, api) = start();
    let never = |wait: &str| json!([{"wait": wait, "milliseconds": null}]);
    for give_up in [false, true] {
        let name = if give_up { "given-up" } else { "resumed" };
        api.set_delays(&never("interface_connect")).await;
        api.create(&api.tutorial(name)).await;
        waits_for(&api, name, "Connecting").await;
        api.age(name, 301).await;
        let record = api.settled(name, Phase::Stuck).await;
        let stop = record.stop();
        assert_eq!((stop.step, stop.side), (StepName::Connect, Some(Side::Initiator)), "{stop:#?}");
        assert!(stop.what.contains("to become Active (was Connecting)"), "{stop:#?}");
        assert!(!stop.advice.is_empty() && record.failure().age_seconds >= 0, "{record:#?}");
        let links = &record.failure().links;
        api.follow(if give_up { links.remove.as_ref() } else { links.retry.as_ref() }).await;
        api.set_delays(&json!([])).await;
        if !give_up {
            api.settled(name, Phase::Active).await;
            api.inventory().await.is_one_connection().unwrap();
            api.remove(name).await.accepted();
        }
        api.settled(name, Phase::Removed).await;
        api.inventory().await.is_empty().unwrap();
    }
}

/// Waits until the connection's current step waits for something with `word` in it.
async fn waits_for(api: &Api, name: &str, word: &str) {
    for _ in 0..100 {
        let record = api.show(name).await;
        if record.summary.waiting.is_some_and(|waiting| waiting.why.contains(word)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{name} does not wait for {word}: {:#?}", api.show(name).await);
}

#[tokio::test]
async fn of_two_names_for_the_same_two_networks_at_once_one_is_built_and_the_other_leaves_nothing() {
    let (_up, api) = start();
    for (round, (from, to)) in [(A, B), (B, A)].into_iter().enumerate() {
        let names = [format!("one-{round}"), format!("other-{round}")];
        let [one, other] = [api.spec(&names[0], A, B), api.spec(&names[1], from, to)].map(|mut spec| {
            spec["on_failure"] = json!("rollback");
            spec
        });
        let (one, other) = tokio::join!(api.post(&one), api.post(&other));
        // Whoever looks when the first pair stands is refused at once; whoever looked before learns it later.
        let mut active = Vec::new();
        for (name, answer) in names.iter().zip([one, other]) {
            if answer.status != StatusCode::ACCEPTED {
                answer.problem(ProblemKind::Impossible);
            } else if api.at_rest(name).await.phase() == Phase::Active {
                active.push(name);
            }
        }
        assert_eq!(active.len(), 1, "{:#?} {:#?}", api.show(&names[0]).await, api.show(&names[1]).await);
        api.inventory().await.is_one_connection().unwrap();
        api.removed(active[0]).await;
        api.inventory().await.is_empty().unwrap();
    }
}
