//! Endpoints that nobody announced, as an operator meets them: seen, let in by a rule, explained, and sent away by a person.

use std::time::{Duration, Instant};

use alicloud::ClientToken;
use alicloud::private_link::{ConnectionStatus, CreateVpcEndpoint, NewZone, ServiceRef};
use causeway_tests::process::{Api, Options, Up, causeway};
use engine::dispatch::Queues;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::end_to_end::common::{list, text};

const REGION: &str = "eu-central-1";
const ZONE: &str = "eu-central-1b";
/// Sweeps are woken, so this is only for a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
const TOKEN: &str = "a-bearer-token-of-at-least-32-characters";

fn policy(effect: &str) -> Value {
    json!({"version": 1, "rules": [{"id": "our-partner", "effect": effect, "accounts": ["1000000000000001"]}]})
}

/// An endpoint of `a` on `service`, in the VPC that the private link does not use, made with a's own keys.
async fn endpoint_by_hand(api: &Api, service: &str) -> String {
    let vpcs = list(&api.account("a")["vpcs"]);
    let vpc = vpcs.iter().find(|vpc| text(&vpc["cidr_block"]).starts_with("10.12.")).unwrap();
    let vswitch = list(&vpc["vswitches"]).iter().find(|vswitch| vswitch["zone_id"] == ZONE).unwrap();
    let request = CreateVpcEndpoint {
        service: ServiceRef::Id(service.to_owned()),
        service_region: None,
        vpc_id: text(&vpc["vpc_id"]).to_owned(),
        security_group_ids: vec![text(&vpc["security_groups"][0]["security_group_id"]).to_owned()],
        zones: vec![NewZone {
            zone_id: ZONE.to_owned(),
            vswitch_id: text(&vswitch["vswitch_id"]).to_owned(),
            ip: None,
        }],
        zone_affinity_enabled: false,
        name: Some("by-hand".to_owned()),
        description: None,
        tags: Vec::new(),
        client_token: "made-by-hand".parse::<ClientToken>().unwrap(),
    };
    let made = api.client("a").private_link(&REGION.parse().unwrap()).create_vpc_endpoint(&request).await;
    made.unwrap().endpoint_id
}

/// Lets a sweep run now, as a message of the operator's own in its queue does.
async fn wake(api: &Api) {
    let id = text(&api.account("operator")["account_id"]).parse().unwrap();
    let mns = api.client("operator").mns(&id, &"cn-hangzhou".parse().unwrap());
    Queues::new(mns).wake_endpoint_sweep().await.unwrap();
}

/// Wakes the sweep until the list of endpoints holds what is looked for.
async fn listed(api: &Api, what: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        wake(api).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let answer = api.send(Method::GET, "/v1/approvals", &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:#?}");
        if is_there(&answer.body) {
            return answer.body;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {:#}", answer.body);
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

/// What a command that reads the store prints, and what it ends with.
fn run(up: &Up, arguments: &[&str]) -> (Option<i32>, String) {
    let operator = up.api().account("operator").clone();
    let mut command = std::process::Command::new(causeway());
    command
        .args(arguments)
        .env("CAUSEWAY_STORE", "oss://causeway-records")
        .env("CAUSEWAY_ENDPOINT", up.gateway())
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", text(&operator["access_key_id"]))
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", text(&operator["access_key_secret"]));
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn waits_for<'a>(approvals: &'a Value, endpoint: &str) -> Option<&'a Value> {
    approvals["sweep"]["waiting"].as_array()?.iter().find(|waiting| waiting["request"]["endpoint_id"] == endpoint)
}

#[tokio::test]
async fn one_that_nobody_announced_waits_is_let_in_by_a_rule_and_stays_out_once_a_person_said_no() {
    let mut options = Options::default();
    options.parameters.push(format!("BearerTokens=ann:{TOKEN}"));
    let up = Up::start(&options);
    let api = up.api();
    let record = api.built(&api.private_link("shop", "b")).await;
    let service = text(&record["sides"]["provider"]["outputs"]["private_link"]["service_id"]);
    let announced = text(&record["sides"]["consumer"]["outputs"]["private_link"]["endpoint_id"]);
    let endpoint = &endpoint_by_hand(&api, service).await;

    // It waits, and it is told why. The connection's own does not.
    let seen = listed(&api, "it does not wait", |seen| waits_for(seen, endpoint).is_some()).await;
    let waiting = waits_for(&seen, endpoint).unwrap();
    assert_eq!(waiting["verdict"]["reason"], "no-policy", "{waiting:#}");
    assert_eq!(waiting["request"]["account_id"], "1000000000000001", "{waiting:#}");
    assert_eq!(waits_for(&seen, announced), None, "{seen:#}");
    assert_eq!(status(&api, service, endpoint).await, ConnectionStatus::Disconnected);
    let (code, printed) = run(&up, &["why", endpoint]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("now it is not connected: there is no policy"), "{printed}");

    // A rule lets it in.
    let put = api.send(Method::PUT, "/v1/approval-policy", &[], &policy("approve").to_string()).await;
    assert_eq!(put.status, StatusCode::OK, "{put:#?}");
    becomes(&api, service, endpoint, ConnectionStatus::Connected).await;
    let path = format!("/v1/approvals/{service}/{endpoint}");
    let seen = listed(&api, "it is not told to be connected", |seen| {
        let decided = list(&seen["items"]).iter().find(|decided| decided["endpoint_id"] == endpoint.as_str());
        waits_for(seen, endpoint).is_none() && decided.is_some_and(|decided| !decided["state"]["approval"].is_null())
    })
    .await;
    assert_eq!(seen["sweep"]["warnings"], json!([]), "{seen:#}");
    let (code, printed) = run(&up, &["why", endpoint]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains(&format!("endpoint {endpoint} of service {service}")), "{printed}");
    assert!(printed.contains("our-partner"), "the rule is named: {printed}");
    let (code, printed) = run(&up, &["audit", "verify"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.starts_with("2 logs with ") && !printed.contains(" 0 entries"), "{printed}");
    let digest = printed.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(run(&up, &["audit", "verify", "--expect", &digest]).0, Some(0));

    // What another policy would have said.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    std::fs::write(&file, policy("reject").to_string()).unwrap();
    let (code, printed) = run(&up, &["policy", "test", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{printed}");
    let line = printed.lines().find(|line| line.starts_with(endpoint.as_str())).expect(&printed);
    assert!(line.contains("was approve") && line.contains("would be reject"), "{line}");
    assert!(line.ends_with("; it is connected, and would be reported or cut"), "{line}");
    std::fs::write(&file, policy("approve").to_string()).unwrap();
    let (_, printed) = run(&up, &["policy", "test", file.to_str().unwrap()]);
    assert!(!printed.contains(endpoint.as_str()), "the policy in force judges as it did: {printed}");

    // A person says no, and by name. No sweep and no policy overrules it.
    let bearer = format!("Bearer {TOKEN}");
    let with = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let word = json!({"decision": "reject", "reason": "the contract has ended"}).to_string();
    let said = api.send_raw(Method::POST, &path, &with, word).await.unwrap().accepted();
    assert_eq!((&said["actor"]["person"], &said["state"]["person"]["by"]), (&json!("ann"), &json!("ann")), "{said:#}");
    becomes(&api, service, endpoint, ConnectionStatus::Disconnected).await;
    let rejected = |seen: &Value| {
        waits_for(seen, endpoint).is_some_and(|waiting| waiting["verdict"]["reason"] == "rejected-by-person")
    };
    let first = listed(&api, "it is not told to be rejected", rejected).await;
    let mut again = policy("approve");
    again["rules"][0]["bandwidth_mbps"] = 200.into();
    let put = api.send(Method::PUT, "/v1/approval-policy", &[], &again.to_string()).await;
    assert_eq!(put.status, StatusCode::OK, "{put:#?}");
    let second = listed(&api, "no later sweep tells of it", |seen| {
        rejected(seen)
            && seen["sweep"]["at"] != first["sweep"]["at"]
            && seen["sweep"]["policy"]["hash"] == put.body["hash"]
    })
    .await;
    listed(&api, "no sweep after that", |seen| seen["sweep"]["at"] != second["sweep"]["at"]).await;
    assert_eq!(status(&api, service, endpoint).await, ConnectionStatus::Disconnected);
    let log = api.send(Method::GET, &path, &[], "").await.body;
    assert_eq!(log["broken"], Value::Null, "{log:#}");
    let told = |entry: &Value| match text(&entry["event"]["what"]) {
        "done" => text(&entry["event"]["act"]).to_owned(),
        what => what.to_owned(),
    };
    let log_of_run: Vec<_> = list(&log["entries"]).iter().map(told).collect();
    assert_eq!(log_of_run, ["decided", "intended", "asked", "connect", "said", "intended", "asked", "cut"], "{log:#}");
    let (_, printed) = run(&up, &["why", endpoint]);
    assert!(printed.contains("ann says reject: the contract has ended"), "{printed}");
    assert!(printed.contains("now it is not connected: a person rejected it"), "{printed}");
    assert_eq!(run(&up, &["audit", "verify"]).0, Some(0));

    // What was announced was never touched.
    assert_eq!(status(&api, service, announced).await, ConnectionStatus::Connected);
}
