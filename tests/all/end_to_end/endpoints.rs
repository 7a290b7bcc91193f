//! Endpoints that nobody announced, as an operator meets them: seen, let in by a rule, explained, and sent away by a person.

use std::time::{Duration, Instant};

use alicloud::private_link::ConnectionStatus;
use api::approvals::{Decision, DecisionLog, Decisions, StoredPolicy};
use approval::decision::Actor;
use approval::report::Waiting;
use approval::verdict::Reason;
use causeway_tests::links::{REGION, kinds, new_endpoint};
use causeway_tests::process::{Api, Options, Up};
use causeway_tests::shown::Shown as _;
use engine::dispatch::Queues;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::end_to_end::common::reads_store;

/// Sweeps are woken, so this is only for a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
const TOKEN: &str = "a-bearer-token-of-at-least-32-characters";

fn policy(effect: &str) -> Value {
    json!({"version": 1, "rules": [{"id": "our-partner", "effect": effect, "accounts": ["1000000000000001"]}]})
}

/// An endpoint of `a` on `service`, in the VPC that the private link does not use, made with a's own keys.
async fn endpoint_by_hand(api: &Api, service: &str) -> String {
    let vpc = api.account("a").vpcs.iter().find(|vpc| vpc.cidr_block.to_string().starts_with("10.12.")).unwrap();
    let request = new_endpoint(service, vpc, "made-by-hand".parse().unwrap());
    let made = api.client("a").private_link(&REGION.parse().unwrap()).create_vpc_endpoint(&request).await;
    made.unwrap().endpoint_id
}

/// Lets a sweep run now, as a message of the operator's own in its queue does.
async fn wake(api: &Api) {
    let id = api.account("operator").account_id.parse().unwrap();
    let mns = api.client("operator").mns(&id, &"cn-hangzhou".parse().unwrap());
    Queues::new(mns, "causeway-").wake_endpoint_sweep().await.unwrap();
}

/// Wakes the sweep until the list of endpoints holds what is looked for.
async fn listed(api: &Api, what: &str, is_there: impl Fn(&Decisions) -> bool) -> Decisions {
    let begun = Instant::now();
    loop {
        wake(api).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let seen = api.get("/v1/approvals").await.ok();
        if is_there(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {seen:#?}");
    }
}

/// How the provider's own API shows the endpoint.
async fn status(api: &Api, service: &str, endpoint: &str) -> ConnectionStatus {
    let links = api.client("b").private_link(&REGION.parse().unwrap());
    links.connection(service, endpoint).await.unwrap().expect("the endpoint is there").status
}

async fn becomes(api: &Api, service: &str, endpoint: &str, wanted: ConnectionStatus) {
    let begun = Instant::now();
    loop {
        let now = status(api, service, endpoint).await;
        if now == wanted {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{endpoint} is still {now:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn put_policy(api: &Api, policy: &Value) -> StoredPolicy {
    api.send(Method::PUT, "/v1/approval-policy", &[], &policy.to_string()).await.ok()
}

fn waits_for<'a>(approvals: &'a Decisions, endpoint: &str) -> Option<&'a Waiting> {
    approvals.sweep.as_ref()?.waiting.iter().find(|waiting| waiting.request.endpoint_id == endpoint)
}

/// When the sweep looked, and by which policy.
fn swept(approvals: &Decisions) -> Option<(Timestamp, Option<&str>)> {
    let sweep = approvals.sweep.as_ref()?;
    Some((sweep.at, sweep.policy.as_ref().map(|policy| policy.hash.as_str())))
}

#[tokio::test]
async fn one_that_nobody_announced_waits_is_let_in_by_a_rule_and_stays_out_once_a_person_said_no() {
    let mut options = Options::default();
    options.parameters.push(format!("BearerTokens=ann:{TOKEN}"));
    let up = Up::start(&options);
    let api = up.api();
    let record = api.built(&api.private_link("shop", "b")).await;
    let service = record.service();
    let announced = record.endpoint();
    let endpoint = &endpoint_by_hand(&api, service).await;

    // It waits, and it is told why. The connection's own does not.
    let seen = listed(&api, "it does not wait", |seen| waits_for(seen, endpoint).is_some()).await;
    let waiting = waits_for(&seen, endpoint).unwrap();
    assert_eq!(waiting.verdict.reason, Reason::NoPolicy, "{waiting:#?}");
    assert_eq!(waiting.request.account_id.as_deref(), Some("1000000000000001"), "{waiting:#?}");
    assert_eq!(waits_for(&seen, announced), None, "{seen:#?}");
    assert_eq!(status(&api, service, endpoint).await, ConnectionStatus::Disconnected);
    let (code, printed) = reads_store(&up, &["why", endpoint]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("now it is not connected: there is no policy"), "{printed}");

    // A rule lets it in.
    put_policy(&api, &policy("approve")).await;
    becomes(&api, service, endpoint, ConnectionStatus::Connected).await;
    let path = format!("/v1/approvals/{service}/{endpoint}");
    let seen = listed(&api, "it is not told to be connected", |seen| {
        let decided = seen.page.items.iter().find(|decided| decided.endpoint_id == *endpoint);
        waits_for(seen, endpoint).is_none() && decided.is_some_and(|decided| decided.state.approval.is_some())
    })
    .await;
    assert_eq!(seen.sweep.unwrap().warnings, Vec::<String>::new());
    let (code, printed) = reads_store(&up, &["why", endpoint]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains(&format!("endpoint {endpoint} of service {service}")), "{printed}");
    assert!(printed.contains("our-partner"), "the rule is named: {printed}");
    let (code, printed) = reads_store(&up, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("whole: ") && !printed.contains(" 0 entries"), "{printed}");

    // What another policy would have said.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    std::fs::write(&file, policy("reject").to_string()).unwrap();
    let (code, printed) = reads_store(&up, &["policy", "test", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{printed}");
    let line = printed.lines().find(|line| line.starts_with(endpoint.as_str())).expect(&printed);
    assert!(line.contains("was approve") && line.contains("would be reject"), "{line}");
    assert!(line.ends_with("; it is connected, and would be reported or cut"), "{line}");
    std::fs::write(&file, policy("approve").to_string()).unwrap();
    let (_, printed) = reads_store(&up, &["policy", "test", file.to_str().unwrap()]);
    assert!(!printed.contains(endpoint.as_str()), "the policy in force judges as it did: {printed}");

    // A person says no, and by name. No sweep and no policy overrules it.
    let bearer = format!("Bearer {TOKEN}");
    let with = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let word = json!({"decision": "reject", "reason": "the contract has ended"}).to_string();
    let said: Decision = api.send_raw(Method::POST, &path, &with, word).await.unwrap().read(StatusCode::ACCEPTED);
    assert_eq!(said.actor, Actor::Person("ann".to_owned()));
    assert_eq!(said.state.person.unwrap().by, "ann");
    becomes(&api, service, endpoint, ConnectionStatus::Disconnected).await;
    let rejected = |seen: &Decisions| {
        waits_for(seen, endpoint).is_some_and(|waiting| waiting.verdict.reason == Reason::RejectedByPerson)
    };
    let first = listed(&api, "it is not told to be rejected", rejected).await;
    let mut again = policy("approve");
    again["rules"][0]["bandwidth_mbps"] = 200.into();
    let put = put_policy(&api, &again).await;
    let (first, _) = swept(&first).unwrap();
    let is_later = |seen: &Decisions| swept(seen).is_some_and(|(at, by)| at != first && by == Some(put.hash.as_str()));
    let second = listed(&api, "no later sweep tells of it", |seen| rejected(seen) && is_later(seen)).await;
    let (second, _) = swept(&second).unwrap();
    listed(&api, "no sweep after that", |seen| swept(seen).is_some_and(|(at, _)| at != second)).await;
    assert_eq!(status(&api, service, endpoint).await, ConnectionStatus::Disconnected);
    let log: DecisionLog = api.get(&path).await.ok();
    assert_eq!(log.broken, None);
    let expected = ["decided", "to connect", "asked", "connected", "said", "to cut", "asked", "cut"];
    assert_eq!(kinds(&log.entries), expected, "{log:#?}");
    let (_, printed) = reads_store(&up, &["why", endpoint]);
    assert!(printed.contains("ann says reject: the contract has ended"), "{printed}");
    assert!(printed.contains("now it is not connected: a person rejected it"), "{printed}");
    assert_eq!(reads_store(&up, &["audit", "verify"]).0, Some(0));

    // What was announced was never touched.
    assert_eq!(status(&api, service, announced).await, ConnectionStatus::Connected);
}
