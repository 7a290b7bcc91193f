//! The approval policy over HTTP, and the commands that read decisions from the store.

use api::approvals::{Decisions, StoredPolicy};
use api::problem::ProblemKind;
use approval::decision::{Draft, Event, Place};
use approval::policy::Policy;
use approval::request::{PersonSays, Word};
use audit::Actor;
use causeway_tests::process::{Options, Up};
use causeway_tests::shown::pointers;
use http::Method;
use serde_json::{Value, json};

use crate::end_to_end::common::{asks_webhook, reads_store, start};
use causeway_tests::process::causeway;

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
    // The first checkpoint comes with the first sweep.
    let mut verified = run(&["audit", "verify"]);
    for _ in 0..60 {
        if verified.0 == Some(0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        verified = run(&["audit", "verify"]);
    }
    assert_eq!(verified.0, Some(0), "{}", verified.1);
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("export.jsonl");
    let file = file.to_str().unwrap();
    let (code, printed) = run(&["audit", "export", "--out", file]);
    assert_eq!(code, Some(0), "{printed}");
    let text = std::fs::read_to_string(file).unwrap();
    let alone = |arguments: &[&str]| {
        let mut command = std::process::Command::new(causeway());
        let ended = command.args(["audit", "verify"]).args(arguments).args(["--key", up.verifier()]).output().unwrap();
        ended.status.code()
    };
    assert_eq!(alone(&[file]), Some(0), "from the export alone");
    let without_checkpoints: String =
        text.lines().filter(|line| !line.contains("checkpoint")).collect::<Vec<_>>().join("\n");
    std::fs::write(file, without_checkpoints).unwrap();
    assert_ne!(alone(&[file]), Some(0), "an export without its checkpoints is not whole");
    let typo = kept.path().join("typo");
    assert_eq!(alone(&["--store", &format!("file://{}", typo.display())]), Some(2));
    assert!(!typo.exists(), "nothing is made by looking");
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

#[tokio::test]
async fn a_policy_is_put_from_the_command_line_and_replaces_no_other_than_the_one_that_was_meant() {
    let up = Up::start(&Options::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    let put = |minutes: u32, more: &[&str]| {
        let policy = json!({"version": 1, "grace_minutes": minutes, "rules": []});
        std::fs::write(&file, policy.to_string()).unwrap();
        let arguments = [&["put", file.to_str().unwrap()], more].concat();
        (Policy::from_value(policy).unwrap().hash(), asks_webhook(&up, "policy", &arguments))
    };
    let (first, (code, printed)) = put(1, &[]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("in force as revision 1") && !printed.contains("replaced"), "{printed}");
    let (second, (code, printed)) = put(2, &[]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("replaced: revision 1, put by admin at "), "{printed}");
    assert!(printed.contains(&format!("; hash {first}")), "{printed}");

    let (_, (code, printed)) = put(3, &["--if-match", &first]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("HTTP 412") && printed.contains(&second), "{printed}");
    assert_eq!(up.api().get(POLICY).await.ok::<StoredPolicy>().hash, second, "it stays");
    let (third, (code, printed)) = put(3, &["--if-match", &format!("\"{second}\"")]);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(up.api().get(POLICY).await.ok::<StoredPolicy>().hash, third);
    let (_, (code, printed)) = put(3, &[]);
    assert!(code == Some(0) && printed.contains("in force already: revision 3"), "{printed}");
    assert_eq!(put(4, &["--if-match", "3"]).1.0, Some(2));
}

#[tokio::test]
async fn the_configuration_is_shown_and_put_from_the_command_line() {
    let up = Up::start(&Options::default());
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (code, printed) = asks_webhook(&up, "config", &["get", "callers"]);
    assert!(code == Some(0) && printed.contains("\"admin\""), "{printed}");
    let sinks = written("sinks.yml", "version: 1\nsinks: []\n");
    let (code, printed) = asks_webhook(&up, "config", &["put", "sinks", &sinks, "--dry-run"]);
    assert!(code == Some(0) && printed.contains("nothing was changed"), "{printed}");
    let (code, printed) = asks_webhook(&up, "config", &["put", "sinks", &sinks]);
    assert!(code == Some(0) && printed.contains("sinks is stored"), "{printed}");
    let (code, printed) = asks_webhook(&up, "config", &["put", "sinks", &sinks, "--json"]);
    let again: Value = serde_json::from_str(&printed).unwrap();
    assert!(code == Some(0) && again["changes"] == false, "{printed}");
    let named = ["put", "sinks", &sinks, "--if-match", &"0a".repeat(32)];
    assert_eq!(asks_webhook(&up, "config", &named).0, Some(0), "what is stored already needs no other version");
    let bad = written("bad.json", r#"{"version": 1, "sinks": [{"name": "a b"}]}"#);
    let (code, printed) = asks_webhook(&up, "config", &["put", "sinks", &bad]);
    assert!(code == Some(1) && printed.contains("/sinks/0/name"), "{printed}");
    let torn = written("torn.json", r#"{"version": 1, "version": 1}"#);
    let (code, printed) = asks_webhook(&up, "config", &["put", "sinks", &torn]);
    assert!(code == Some(1) && printed.contains("/version"), "{printed}");
    let (code, printed) = reads_store(&up, &["why", "config", "--key", up.verifier()]);
    assert!(code == Some(0) && printed.contains("admin puts sinks"), "{printed}");
    assert_eq!(asks_webhook(&up, "config", &["get", "policies"]).0, Some(2), "no such document");
}

#[tokio::test]
async fn what_somebody_wrote_into_a_log_forges_no_line_of_what_is_printed() {
    let up = Up::start(&Options::default());
    let (api, at) = (up.api(), "2026-01-02T03:04:05Z".parse().unwrap());
    let forged = "x\n  2  2026-01-01T00:00:00Z  bob says approve: y\r\u{1b}[1A\u{1b}[2K\u{9b}2J\u{202e}";
    let word = Word { decision: PersonSays::Reject, reason: forged.to_owned(), by: forged.to_owned(), at };
    let draft = Draft {
        at,
        place: Place { account: "b".to_owned(), region: "eu-central-1".to_owned() },
        service_id: "epsrv-1".to_owned(),
        endpoint_id: "ep-1".to_owned(),
        actor: Actor::Person(forged.to_owned()),
        event: Event::Said { word },
        request: None,
        facts: None,
        policy_hash: None,
        request_ids: vec![forged.to_owned()],
    };
    let key = audit::key::SigningKey::from_seed("forger.test", [3; 32]).unwrap();
    api.store().append(&draft.after(None, "w".to_owned(), &key)).await.unwrap();
    let forger = key.verifier().to_string();
    let unseen = |text: &str| text.chars().find(|sign| *sign != '\n' && strict::is_unseen(*sign));
    let (code, printed) = reads_store(&up, &["why", "ep-1", "--key", &forger]);
    assert_eq!((code, printed.lines().count(), unseen(&printed)), (Some(0), 2, None), "{printed}");

    // An error names what does not read, in the words of the document.
    let broken = json!({"version": 1, forged: 1}).to_string();
    assert!(api.store().create("approvals/report.json", broken.into()).await.unwrap());
    let policy = json!({"writer": "x", "policy": {forged: 1}}).to_string();
    assert!(api.store().create(&format!("policy/{:020}.json", u64::MAX - 1), policy.into()).await.unwrap());
    for arguments in [&["why", "ep-1"][..], &["audit", "verify"], &["policy", "test", "/nowhere\u{1b}[2J"]] {
        let (_, printed) = reads_store(&up, arguments);
        assert_eq!(unseen(&printed), None, "{arguments:?}: {printed}");
    }
}
