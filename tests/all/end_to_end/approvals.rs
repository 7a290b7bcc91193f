//! The approval policy over HTTP, and the commands that read decisions from the store.

use api::approvals::{Decisions, StoredPolicy};
use api::problem::ProblemKind;
use causeway_tests::process::{Options, Up};
use causeway_tests::shown::pointers;
use http::Method;
use serde_json::{Value, json};

use crate::end_to_end::common::{reads_store, start};

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
    api.get(POLICY).await.problem(ProblemKind::NotFound);

    let bearer = format!("Bearer {TOKEN}");
    let with = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let put = api.send_raw(Method::PUT, POLICY, &with, good().to_string()).await.unwrap();
    let put: StoredPolicy = put.ok();
    assert_eq!((put.revision, put.put_by.as_str()), (1, "ann"));
    let again = api.send(Method::PUT, POLICY, &[], &good().to_string()).await;
    assert_eq!(again.ok::<StoredPolicy>().revision, 1, "the same policy is no new version");

    let bad = json!({"version": 1, "rules": [{"id": "x", "effect": "aprove"}, {"id": "y", "effect": "approve"}]});
    let problem = api.send(Method::PUT, POLICY, &[], &bad.to_string()).await.problem(ProblemKind::Malformed);
    assert_eq!(pointers(&problem), ["/rules/0/effect", "/rules/1/accounts"]);
    let shown: StoredPolicy = api.get(POLICY).await.ok();
    assert_eq!(shown.hash, put.hash, "the policy in force stays");
}

#[tokio::test]
async fn what_is_asked_of_endpoints_that_nobody_knows_is_refused_and_the_list_begins_empty() {
    let (_up, api) = start();
    assert_eq!(api.get("/v1/approvals").await.ok::<Decisions>().page.items, []);
    let path = "/v1/approvals/epsrv-nobody/ep-nowhere";
    let word = json!({"decision": "approve", "reason": "because"}).to_string();
    api.send(Method::POST, path, &[], &word).await.problem(ProblemKind::NotFound);
    api.get(path).await.problem(ProblemKind::NotFound);
    for bad in [r#"{"decision": "perhaps", "reason": "x"}"#, r#"{"decision": "approve"}"#, "", "[]"] {
        api.send(Method::POST, path, &[], bad).await.problem(ProblemKind::Malformed);
    }
    let silent = json!({"decision": "approve", "reason": " "}).to_string();
    let problem = api.send(Method::POST, path, &[], &silent).await.problem(ProblemKind::Malformed);
    assert_eq!(pointers(&problem), ["/reason"]);
    api.send(Method::DELETE, POLICY, &[], "").await.problem(ProblemKind::MethodNotAllowed);
    api.get("/v1/approvals?after=x").await.problem(ProblemKind::BadParameter);
}

#[tokio::test]
async fn the_commands_read_the_store_of_a_running_cloud() {
    let up = Up::start(&Options::default());
    let run = |arguments: &[&str]| reads_store(&up, arguments);
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
