//! The approval policy over HTTP, and the commands that read decisions from the store.

use causeway_tests::process::{Options, Up, causeway};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const POLICY: &str = "/v1/approval-policy";
const TOKEN: &str = "a-bearer-token-of-at-least-32-characters";

fn good() -> Value {
    json!({"version": 1, "rules": [{"id": "partner", "effect": "approve", "accounts": ["1000000000000001"]}]})
}

#[tokio::test]
async fn a_policy_is_put_by_name_shown_and_kept_when_the_next_one_does_not_read() {
    let mut options = Options::default();
    options.parameters.push(format!("BearerTokens=ann:{TOKEN}"));
    let up = Up::start(&options);
    let api = up.api();
    api.send(Method::GET, POLICY, &[], "").await.problem(404, "not-found");

    let bearer = format!("Bearer {TOKEN}");
    let with = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let put = api.send_raw(Method::PUT, POLICY, &with, good().to_string()).await.unwrap();
    assert_eq!(put.status, StatusCode::OK, "{put:#?}");
    assert_eq!((&put.body["revision"], &put.body["put_by"]), (&json!(1), &json!("ann")));
    let again = api.send(Method::PUT, POLICY, &[], &good().to_string()).await;
    assert_eq!(again.body["revision"], 1, "the same policy is no new version: {again:#?}");

    let bad = json!({"version": 1, "rules": [{"id": "x", "effect": "aprove"}, {"id": "y", "effect": "approve"}]});
    let problem = api.send(Method::PUT, POLICY, &[], &bad.to_string()).await.problem(400, "malformed");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/rules/0/effect", "/rules/1/accounts"]);
    let shown = api.send(Method::GET, POLICY, &[], "").await;
    assert_eq!(shown.body["hash"], put.body["hash"], "the policy in force stays");
}

#[tokio::test]
async fn what_is_asked_of_endpoints_that_nobody_knows_is_refused_and_the_list_begins_empty() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let listed = api.send(Method::GET, "/v1/approvals", &[], "").await;
    assert_eq!((listed.status, &listed.body["items"]), (StatusCode::OK, &json!([])), "{listed:#?}");
    let path = "/v1/approvals/epsrv-nobody/ep-nowhere";
    let word = json!({"decision": "approve", "reason": "because"}).to_string();
    api.send(Method::POST, path, &[], &word).await.problem(404, "not-found");
    api.send(Method::GET, path, &[], "").await.problem(404, "not-found");
    for bad in [r#"{"decision": "perhaps", "reason": "x"}"#, r#"{"decision": "approve"}"#, "", "[]"] {
        api.send(Method::POST, path, &[], bad).await.problem(400, "malformed");
    }
    let silent = json!({"decision": "approve", "reason": " "}).to_string();
    let problem = api.send(Method::POST, path, &[], &silent).await.problem(400, "malformed");
    assert_eq!(problem["errors"][0]["pointer"], "/reason");
    api.send(Method::DELETE, POLICY, &[], "").await.problem(405, "method-not-allowed");
    api.send(Method::GET, "/v1/approvals?after=x", &[], "").await.problem(400, "bad-parameter");
}

#[tokio::test]
async fn the_commands_read_the_store_of_a_running_cloud() {
    let up = Up::start(&Options::default());
    let operator = up.api().account("operator").clone();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(causeway());
        command
            .args(arguments)
            .env("CAUSEWAY_STORE", "oss://causeway-records")
            .env("CAUSEWAY_ENDPOINT", up.gateway())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", operator["access_key_id"].as_str().unwrap())
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", operator["access_key_secret"].as_str().unwrap());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, printed) = run(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("0 logs with 0 entries are whole"), "{printed}");
    assert_eq!(run(&["audit", "verify", "--expect", "00"]).0, Some(1));
    let (code, printed) = run(&["why", "ep-nowhere"]);
    assert_eq!(code, Some(1), "{printed}");

    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/approval-policy.yml");
    assert_eq!(run(&["policy", "check", example]).0, Some(0));
    let (code, printed) = run(&["policy", "test", example]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("0 of 0 past requests would be judged otherwise"), "{printed}");
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.yml");
    std::fs::write(&bad, "version: 1\nrules:\n  - {id: x, effect: aprove}\n").unwrap();
    let (code, printed) = run(&["policy", "check", bad.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(printed.starts_with("/rules/0/effect: "), "{printed}");
}
