//! What whoever operates a deployment sees from the command line: logs, dead letters, and evidence through the webhook.

use std::process::{Command, Output};
use std::time::Duration;

use causeway_tests::process::{Options, Up, causeway};
use connection::words::Kind;
use serde_json::{Value, json};

use crate::end_to_end::common::start;

/// Runs a command as the operator, who has a secret of the webhook, keys of the account, and no store.
fn operates(up: &Up, arguments: &[&str]) -> (Option<i32>, String, String) {
    let api = up.api();
    let operator = api.account("operator");
    let webhook = up.webhook();
    let environment = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", operator.access_key_id.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &operator.access_key_secret),
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
        ("CAUSEWAY_ENDPOINT", up.gateway()),
        ("CAUSEWAY_REGION", &up.ready.region),
        ("CAUSEWAY_WEBHOOK", &webhook.url),
        ("CAUSEWAY_WEBHOOK_SECRET", &webhook.secret),
        ("CAUSEWAY_AUDIT_VERIFIERS", up.verifier()),
        ("CAUSEWAY_HOME", "/nonexistent"),
    ];
    let mut program = Command::new(causeway());
    let Output { status, stdout, stderr } = program.args(arguments).env_clear().envs(environment).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

async fn logs_are_shown(options: &Options) {
    let up = Up::start(options);
    let api = up.api();
    api.built(&api.tutorial_by(Kind::VpcPeering, "seen")).await;
    let (code, lines, told) = operates(&up, &["logs", "seen", "--json"]);
    assert_eq!(code, Some(0), "{told}");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let made: Vec<&Value> = lines.iter().filter(|line| line["fields"]["action"] == "CreateVpcPeerConnection").collect();
    let [made] = &made[..] else { panic!("one call made it: {lines:#?}") };
    assert_eq!((&made["function"], &made["fields"]["outcome"]), (&json!("create-peering"), &json!("done")));
    assert!(lines.iter().all(|line| line["fields"]["connection"] == "seen"), "{lines:#?}");

    let (code, text, told) = operates(&up, &["logs", "seen", "--function", "create-peering", "--since", "2h"]);
    assert!(code == Some(0) && text.contains("create-peering  seen initiator  called the cloud"), "{text}{told}");
    let (code, text, _) = operates(&up, &["logs", "unknown"]);
    assert_eq!((code, text.as_str()), (Some(0), ""));
    let (code, _, told) = operates(&up, &["logs", "--stack", "other"]);
    assert!(code == Some(1) && told.contains("--stack"), "{told}");
    let (_, few, told) = operates(&up, &["logs", "--limit", "3"]);
    assert!(few.lines().count() == 3 && told.contains("--limit"), "{few}{told}");
}

#[tokio::test]
async fn what_functions_log_is_shown_by_connection_and_function() {
    logs_are_shown(&Options::default()).await;
}

#[tokio::test]
async fn what_functions_as_processes_log_is_shown_by_connection_and_function() {
    logs_are_shown(&Options::spawning()).await;
}

#[tokio::test]
async fn dead_letters_are_listed_sent_again_and_discarded() {
    let (up, api) = start();
    api.built(&api.tutorial_by(Kind::VpcPeering, "again")).await;
    let operator = api.account("operator").account_id.parse().unwrap();
    let queues = api.client("operator").mns(&operator, &up.ready.region.parse().unwrap());
    let queue = "causeway-dead-letter".parse().unwrap();
    let letter = json!({"version": 1, "connection": "again", "generation": 1, "step": "create-peering", "sequence": 1});
    for body in [letter.to_string(), letter.to_string(), "not a message".to_owned()] {
        queues.send_message(&queue, body.as_bytes(), Duration::ZERO).await.unwrap();
    }
    let (code, text, told) = operates(&up, &["dead-letters"]);
    assert!(code == Some(0) && text.contains("3 dead letters") && text.contains("does not read"), "{text}{told}");
    let (_, text, _) = operates(&up, &["dead-letters", "list", "--json"]);
    let listed: Value = serde_json::from_str(&text).unwrap();
    let items = listed["items"].as_array().unwrap();
    let odd = items.iter().find(|item| item["text"] == "not a message").unwrap()["id"].as_str().unwrap();

    let (code, text, told) = operates(&up, &["dead-letters", "replay", "--all"]);
    assert!(code == Some(0) && text.contains("2 dead letters sent again"), "{text}{told}");
    assert!(told.contains("1 letter cannot be read"), "{told}");
    let (code, text, told) = operates(&up, &["dead-letters", "discard", odd, "--reason", "it was a test"]);
    assert!(code == Some(0) && text.contains("discarded"), "{text}{told}");
    let (_, text, _) = operates(&up, &["dead-letters"]);
    assert!(text.contains("0 dead letters"), "{text}");
    let (code, text, told) = operates(&up, &["why", "dead-letters"]);
    assert!(code == Some(0) && text.contains("admin asked to replay message"), "{text}{told}");
    assert!(text.contains("about again") && text.contains("it was a test"), "{text}");
}

#[tokio::test]
async fn evidence_is_verified_exported_and_told_through_the_webhook_alone() {
    let (up, api) = start();
    api.built(&api.tutorial_by(Kind::VpcPeering, "proved")).await;
    let (code, text, told) = operates(&up, &["audit", "verify"]);
    assert!(code == Some(0) && text.contains("whole:") && text.contains("through the webhook"), "{text}{told}");
    let (code, text, told) = operates(&up, &["why", "proved"]);
    assert!(code == Some(0) && text.contains("admin asked to create it"), "{text}{told}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evidence.jsonl");
    let file = file.to_str().unwrap();
    let (code, _, told) = operates(&up, &["audit", "export", "--out", file]);
    assert_eq!(code, Some(0), "{told}");
    let (code, text, told) = operates(&up, &["audit", "verify", file]);
    assert!(code == Some(0) && text.contains("whole:"), "{text}{told}");
    let policy = folder.path().join("policy.yml");
    std::fs::write(&policy, "version: 1\nrules: []\n").unwrap();
    let (code, text, told) = operates(&up, &["policy", "test", policy.to_str().unwrap()]);
    assert!(code == Some(0) && text.contains("0 of 0 past requests"), "{text}{told}");
    let (code, _, told) = operates(&up, &["audit", "verify", "--webhook", "http://127.0.0.1:1"]);
    assert!(code == Some(2) && told.contains("does not answer"), "{told}");
}
