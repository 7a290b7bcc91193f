//! The documents of the configuration, put through the webhook.

use std::time::Duration;

use api::config::ConfigPut;
use api::problem::ProblemKind;
use audit::Subject;
use audit::act::ConfigAct;
use audit::log::check;
use causeway_cli::webhook::{Webhook, WebhookError};
use causeway_tests::system::{System, audit_keys, in_world};
use http::Method;
use serde_json::{Value, json};

const CALLERS: &str = "/v1/config/callers";
const SINKS: &str = "/v1/config/sinks";

async fn put(webhook: &Webhook, path: &str, document: &Value) -> Result<ConfigPut, ProblemKind> {
    match webhook.submit(Method::PUT, path, document).await {
        Ok(put) => Ok(put),
        Err(WebhookError::Refused(problem)) => Err(problem.kind),
        Err(error) => panic!("{error}"),
    }
}

/// Who put which document, by the log.
async fn log(system: &System) -> Vec<(String, String, String)> {
    let objects = system.store().log(&Subject::Config).await.unwrap();
    let entries = check::<ConfigAct>(&Subject::Config, &objects, audit_keys().trusted()).into_iter();
    let entry = entries.map(|one| one.entry.expect("it is signed"));
    entry.map(|entry| (entry.actor.to_string(), entry.content.document, entry.content.sha256)).collect()
}

#[test]
fn an_admin_puts_documents_that_read_and_the_log_says_who_did() {
    in_world(async |system| {
        let nothing: Result<Value, _> = system.webhook.get(SINKS).await;
        assert!(matches!(nothing, Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::NotFound));
        let document = json!({"version": 1, "sinks": []});
        let planned = put(&system.webhook, "/v1/config/sinks?dry_run=true", &document).await.unwrap();
        assert!(planned.dry_run && planned.changes && planned.sha256_before.is_none());
        assert!(log(system).await.is_empty(), "a dry run puts nothing");

        let first = put(&system.webhook, SINKS, &document).await.unwrap();
        assert!(first.changes && !first.dry_run);
        let (text, tag) = system.webhook.text(SINKS).await.unwrap();
        assert_eq!((text.as_str(), tag.unwrap()), (document.to_string().as_str(), format!("\"{}\"", first.sha256)));
        let again = put(&system.webhook, SINKS, &document).await.unwrap();
        assert!(!again.changes && again.sha256 == first.sha256, "{again:?}");
        let by = |name: &str, hash: &str| ("admin".to_owned(), name.to_owned(), hash.to_owned());
        let entries: Vec<_> = log(system).await.into_iter().map(|(_, name, hash)| by(&name, &hash)).collect();
        assert_eq!(entries, [by("sinks", &first.sha256)], "{:#?}", log(system).await);

        // What was written after another version changes nothing, nor does what cannot be read.
        let other = json!({"version": 1, "source": "urn:other", "sinks": []}).to_string();
        let stale = system
            .webhook
            .replace_text::<ConfigPut>(SINKS, ("if-match", &format!("\"{}\"", "0a".repeat(32))), &other)
            .await;
        assert!(
            matches!(stale, Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::PreconditionFailed)
        );
        for (path, bad, at) in [
            (SINKS, json!({"version": 1, "sinks": [{"name": "a b"}]}), "/sinks/0/name"),
            ("/v1/config/accounts", json!({"version": 1, "accounts": {"a": {"cloud": "alicloud"}}}), "/accounts/a/id"),
            ("/v1/config/consents", json!({"version": 1, "rules": 7}), "/rules"),
            ("/v1/config/drift", json!({"version": 2}), "/version"),
            (CALLERS, json!({"version": 1}), "/callers"),
        ] {
            let refused: Result<ConfigPut, _> = system.webhook.submit(Method::PUT, path, &bad).await;
            let Err(WebhookError::Refused(problem)) = refused else { panic!("{path}: {refused:?}") };
            assert_eq!(problem.kind, ProblemKind::Malformed, "{path}");
            assert!(problem.errors.iter().any(|error| error.pointer == at), "{path}: {problem:#?}");
        }
        assert_eq!(system.webhook.text(SINKS).await.unwrap().0, document.to_string());
        assert_eq!(log(system).await.len(), 1);
        let fitting = ("if-match", format!("\"{}\"", first.sha256));
        let replaced: ConfigPut = system.webhook.replace_text(SINKS, (fitting.0, &fitting.1), &other).await.unwrap();
        assert_eq!(replaced.sha256_before, Some(first.sha256));
        assert_eq!(system.store().sinks().await.unwrap().source(), "urn:other", "it is what the functions read");
    });
}

#[test]
fn only_an_admin_without_limits_sees_or_puts_the_configuration_and_nobody_locks_everybody_out() {
    in_world(async |system| {
        let caller = |roles: Value| json!({"credential": "webhook-secret", "roles": roles});
        let callers = json!({
            "ann": caller(json!([{"role": "requester"}, {"role": "operator"}, {"role": "approver"}])),
            "bob": caller(json!([{"role": "admin", "accounts": ["b"]}])),
        });
        system.puts_callers(true, &callers, &json!({})).await;
        for name in ["ann", "bob"] {
            let webhook = system.caller(name);
            for path in [CALLERS, "/v1/config/accounts"] {
                let seen: Result<Value, _> = webhook.get(path).await;
                assert!(
                    matches!(&seen, Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::Forbidden),
                    "{name} {path}: {seen:?}"
                );
                let more = json!({"version": 1, "callers": {name: caller(json!([{"role": "admin"}]))}});
                assert_eq!(put(&webhook, path, &more).await, Err(ProblemKind::Forbidden), "{name} {path}");
            }
        }
        for without in [
            json!({"version": 1, "callers": {}}),
            json!({"version": 1, "callers": {"admin": caller(json!([{"role": "viewer"}])), "ann": caller(json!([{"role": "admin"}]))}}),
            json!({"version": 1, "callers": {"admin": caller(json!([{"role": "admin", "kinds": ["private-link"]}]))}}),
        ] {
            assert_eq!(put(&system.webhook, CALLERS, &without).await, Err(ProblemKind::Conflict), "{without}");
        }
        let next = json!({"version": 1, "callers": {"admin": caller(json!([{"role": "admin"}])), "ann": caller(json!([{"role": "admin"}]))}});
        put(&system.webhook, CALLERS, &next).await.unwrap();
        tokio::time::sleep(Duration::from_secs(31)).await;
        let _: Value = system.caller("ann").get(CALLERS).await.expect("it counts");
    });
}

#[test]
fn before_there_are_callers_the_first_one_says_who_they_are_and_may_do_nothing_else() {
    in_world(async |system| {
        system.store().delete("config/callers.json").await.unwrap();
        tokio::time::sleep(Duration::from_secs(31)).await;
        let admin = json!({"credential": "webhook-secret", "roles": [{"role": "admin"}]});
        let callers = json!({"version": 1, "callers": {"admin": admin, "ann": admin}});
        assert_eq!(put(&system.caller("ann"), CALLERS, &callers).await, Err(ProblemKind::Forbidden));
        for path in [CALLERS, "/v1/connections"] {
            let seen: Result<Value, _> = system.webhook.get(path).await;
            assert!(matches!(seen, Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::Forbidden));
        }
        assert_eq!(put(&system.webhook, SINKS, &json!({"version": 1, "sinks": []})).await, Err(ProblemKind::Forbidden));
        put(&system.webhook, CALLERS, &callers).await.unwrap();
        tokio::time::sleep(Duration::from_secs(31)).await;
        let _: Value = system.caller("ann").get(CALLERS).await.expect("from then on the document says who may");
        assert_eq!(log(system).await.len(), 1);
    });
}
