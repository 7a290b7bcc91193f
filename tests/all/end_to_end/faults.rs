//! Faults on the way: what comes twice, gets lost, or is refused.

use std::time::Duration;

use causeway_tests::process::{Api, Options, Up};
use connection::chain::chain;
use connection::message::{Message as _, StepMessage};
use connection::words::Kind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn events(record: &Value) -> Vec<&str> {
    record["history"].as_array().unwrap().iter().map(|entry| text(&entry["event"])).collect()
}

/// How often an operation was answered with success.
async fn done(api: &Api, action: &str) -> usize {
    let calls = api.calls().await;
    calls.iter().filter(|call| call["action"] == action && call["outcome"] == "done").count()
}

async fn every_message_arrives_three_times(options: &Options) {
    let up = Up::start(options);
    let api = up.api();
    api.create(&api.tutorial("once")).await;
    api.settled("once", "active").await;
    let looked_once = done(&api, "DescribeRouterInterfaces").await;
    api.remove("once").await.accepted();
    api.settled("once", "removed").await;

    api.set_faults(&json!({"deliveries": [{"copies": 3}]})).await;
    let looked_before = done(&api, "DescribeRouterInterfaces").await;
    api.create(&api.tutorial("thrice")).await;
    let record = api.settled("thrice", "active").await;
    let looked = done(&api, "DescribeRouterInterfaces").await - looked_before;
    assert!(looked > looked_once * 3 / 2, "copies do work, too: {looked} looks instead of {looked_once}");
    api.inventory().await.is_one_connection().unwrap();
    assert_eq!(done(&api, "ConnectRouterInterface").await, 2, "one a connection");
    assert_eq!(events(&record).iter().filter(|event| **event == "step-done").count(), 6, "{record:#}");

    api.remove("thrice").await.accepted();
    api.settled("thrice", "removed").await;
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
    let up = Up::start(&Options::default());
    let api = up.api();
    api.create(&api.tutorial("late")).await;
    let record = api.settled("late", "active").await;
    let before = api.inventory().await;
    let writes =
        |calls: &[Value]| calls.iter().filter(|call| call["product"] == "vpc" && call["is_write"] == true).count();
    let written = writes(&api.calls().await);

    let operator = text(&api.account("operator")["account_id"]).parse().unwrap();
    let queues = api.client("operator").mns(&operator, &"cn-hangzhou".parse().unwrap());
    let last = record["history"].as_array().unwrap().last().unwrap()["sequence"].as_u64().unwrap();
    for step in chain(Kind::RouterInterface).iter().map(|stage| stage.step) {
        let queue = step.to_string().parse().unwrap();
        for sequence in 1..=last + 1 {
            let message =
                StepMessage { version: 1, connection: "late".parse().unwrap(), generation: 1, step, sequence };
            queues.send_message(&queue, message.to_json().as_bytes(), Duration::ZERO).await.unwrap();
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = api.show("late").await;
    assert_eq!((&after["phase"], &after["history"]), (&record["phase"], &record["history"]));
    assert_eq!(api.inventory().await, before);
    assert_eq!(writes(&api.calls().await), written, "nobody tried to change anything");
}

#[tokio::test]
async fn when_the_first_answer_of_every_changing_call_is_lost_the_result_is_the_same() {
    let up = Up::start(&Options::default());
    let api = up.api();
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
    api.create(&api.tutorial("mute")).await;
    api.settled("mute", "active").await;
    api.inventory().await.is_one_connection().unwrap();
    api.remove("mute").await.accepted();
    api.settled("mute", "removed").await;
    api.inventory().await.is_empty().unwrap();
    let calls = api.calls().await;
    for action in actions {
        assert!(
            calls.iter().any(|call| call["action"] == action && call["outcome"] == "answer_lost"),
            "{action} lost none"
        );
    }
}

/// A call of one account is refused for good.
fn refusal(api: &Api, action: &str, account: &str) -> Value {
    let account = &api.account(account)["account_id"];
    let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
    json!({"requests": [{"product": "vpc", "action": action, "account": account, "fault": fault}]})
}

/// What a person needs: step, side, call, code, request id, and what to do.
async fn names_the_refusal(api: &Api, stop: &Value, step: &str, side: &str, action: &str) {
    assert_eq!((text(&stop["step"]), text(&stop["side"])), (step, side), "{stop:#}");
    assert_eq!((text(&stop["call"]["action"]), text(&stop["call"]["code"])), (action, "Forbidden.RAM"), "{stop:#}");
    let request_id = text(&stop["call"]["request_id"]);
    let calls = api.calls().await;
    let refused = calls.iter().find(|call| call["request_id"] == request_id).expect("the cloud knows the request id");
    assert_eq!((text(&refused["action"]), text(&refused["outcome"])), (action, "refused"));
    assert!(!text(&stop["what"]).is_empty() && !text(&stop["advice"]).is_empty(), "{stop:#}");
    assert!(stop["age_seconds"].is_u64(), "{stop:#}");
}

const REFUSALS: [(&str, &str, &str, &str); 4] = [
    ("create-interface", "acceptor", "CreateRouterInterface", "b"),
    ("set-peer-info", "initiator", "ModifyRouterInterfaceAttribute", "a"),
    ("connect", "initiator", "ConnectRouterInterface", "a"),
    ("add-route", "acceptor", "CreateRouteEntry", "b"),
];

#[tokio::test]
async fn a_refusal_for_good_is_rolled_back_where_the_spec_asks_for_it_and_can_be_tried_again() {
    let up = Up::start(&Options::default());
    let api = up.api();
    for (step, side, action, account) in REFUSALS {
        api.set_faults(&refusal(&api, action, account)).await;
        let mut spec = api.tutorial(step);
        spec["on_failure"] = json!("rollback");
        api.create(&spec).await;
        let record = api.settled(step, "rolled-back").await;
        api.inventory().await.is_empty().unwrap();
        names_the_refusal(&api, &record["cause"], step, side, action).await;
        assert!(events(&record).contains(&"rollback-began"), "{record:#}");

        api.clear_faults().await;
        assert_eq!(record["cause"]["links"]["retry"], format!("POST /v1/connections/{step}/retry"));
        api.retry(step).await.accepted();
        let record = api.settled(step, "active").await;
        assert!(record.get("cause").is_none() && record.get("failure").is_none(), "{record:#}");
        api.inventory().await.is_one_connection().unwrap();
        api.remove(step).await.accepted();
        api.settled(step, "removed").await;
        api.inventory().await.is_empty().unwrap();
    }
}

#[tokio::test]
async fn a_refusal_for_good_stays_where_it_is_unless_the_spec_says_otherwise_and_goes_on_when_asked() {
    let up = Up::start(&Options::default());
    let api = up.api();
    for (step, side, action, account) in REFUSALS {
        api.set_faults(&refusal(&api, action, account)).await;
        api.create(&api.tutorial(step)).await;
        let record = api.settled(step, "failed").await;
        names_the_refusal(&api, &record["failure"], step, side, action).await;
        let to_go_on = text(&record["failure"]["links"]["retry"]);
        assert_eq!(record["failure"]["links"]["remove"], format!("DELETE /v1/connections/{step}"));

        api.clear_faults().await;
        let (method, path) = to_go_on.split_once(' ').unwrap();
        api.send(method.parse().unwrap(), path, &[], "").await.accepted();
        let record = api.settled(step, "active").await;
        assert!(record.get("failure").is_none(), "{record:#}");
        assert!(events(&record).contains(&"retry-asked"), "{record:#}");
        api.inventory().await.is_one_connection().unwrap();
        api.remove(step).await.accepted();
        api.settled(step, "removed").await;
    }
}

#[tokio::test]
async fn a_failed_connection_is_given_up_and_a_failed_removal_goes_on_when_asked() {
    let up = Up::start(&Options::default());
    let api = up.api();
    api.set_faults(&refusal(&api, "CreateRouteEntry", "a")).await;
    api.create(&api.tutorial("given-up")).await;
    let record = api.settled("given-up", "failed").await;
    let (method, path) = text(&record["failure"]["links"]["remove"]).split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    api.set_faults(&refusal(&api, "DeleteRouterInterface", "b")).await;
    api.send(method, path, &[], "").await.accepted();
    let record = api.settled("given-up", "failed").await;
    names_the_refusal(&api, &record["failure"], "create-interface", "acceptor", "DeleteRouterInterface").await;
    api.clear_faults().await;
    api.retry("given-up").await.accepted();
    api.settled("given-up", "removed").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn a_busy_and_throttling_cloud_only_takes_longer() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let chance = |fault: Value| json!({"product": "vpc", "probability": 0.05, "fault": fault});
    let rules = ["throttle", "server_error", "unavailable", "drop_before", "lose_answer"];
    let rules: Vec<_> = rules.iter().map(|kind| chance(json!({"kind": kind}))).collect();
    api.create(&api.tutorial("patient")).await;
    api.set_faults(&json!({"requests": rules, "deliveries": [{"copies": 2, "probability": 0.3}]})).await;
    api.settled("patient", "active").await;
    api.clear_faults().await;
    api.inventory().await.is_one_connection().unwrap();
}

#[tokio::test]
async fn a_change_that_never_ends_leaves_the_connection_stuck_until_somebody_decides() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let never = |wait: &str| json!([{"wait": wait, "milliseconds": null}]);
    for give_up in [false, true] {
        let name = if give_up { "given-up" } else { "resumed" };
        api.set_delays(&never("interface_connect")).await;
        api.create(&api.tutorial(name)).await;
        waits_for(&api, name, "Connecting").await;
        api.age(name, 301).await;
        let record = api.settled(name, "stuck").await;
        let stop = &record["failure"];
        assert_eq!((text(&stop["step"]), text(&stop["side"])), ("connect", "initiator"), "{stop:#}");
        assert!(text(&stop["what"]).contains("to become Active (was Connecting)"), "{stop:#}");
        assert!(stop["advice"].is_string() && stop["age_seconds"].is_u64(), "{stop:#}");
        let wish = if give_up { &stop["links"]["remove"] } else { &stop["links"]["retry"] };
        let (method, path) = text(wish).split_once(' ').unwrap();
        api.send(method.parse().unwrap(), path, &[], "").await.accepted();
        api.set_delays(&json!([])).await;
        if !give_up {
            api.settled(name, "active").await;
            api.inventory().await.is_one_connection().unwrap();
            api.remove(name).await.accepted();
        }
        api.settled(name, "removed").await;
        api.inventory().await.is_empty().unwrap();
    }
}

/// Waits until the connection's current step waits for something with `word` in it.
async fn waits_for(api: &Api, name: &str, word: &str) {
    for _ in 0..100 {
        let record = api.show(name).await;
        if record["waiting"]["why"].as_str().is_some_and(|why| why.contains(word)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{name} does not wait for {word}: {:#}", api.show(name).await);
}

#[tokio::test]
async fn of_two_names_for_the_same_two_networks_at_once_one_is_built_and_the_other_leaves_nothing() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let (a, b) = (("a", "cn-qingdao"), ("b", "cn-beijing"));
    for (round, (from, to)) in [(a, b), (b, a)].into_iter().enumerate() {
        let names = [format!("one-{round}"), format!("other-{round}")];
        let [one, other] = [api.spec(&names[0], a, b), api.spec(&names[1], from, to)].map(|mut spec| {
            spec["on_failure"] = json!("rollback");
            spec.to_string()
        });
        let (one, other) = tokio::join!(
            api.send(Method::POST, "/v1/connections", &[], &one),
            api.send(Method::POST, "/v1/connections", &[], &other)
        );
        // Whoever looks when the first pair stands is refused at once; whoever looked before learns it later.
        let mut active = Vec::new();
        for (name, answer) in names.iter().zip([one, other]) {
            if answer.status != StatusCode::ACCEPTED {
                answer.problem(422, "impossible");
            } else if api.at_rest(name).await["phase"] == "active" {
                active.push(name);
            }
        }
        assert_eq!(active.len(), 1, "{:#} {:#}", api.show(&names[0]).await, api.show(&names[1]).await);
        api.inventory().await.is_one_connection().unwrap();
        api.remove(active[0]).await.accepted();
        api.settled(active[0], "removed").await;
        api.inventory().await.is_empty().unwrap();
    }
}
