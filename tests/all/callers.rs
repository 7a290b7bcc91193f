//! Who may do what: roles with their limits, what is hidden, who approves, and who did it.

use std::time::Duration;

use api::Page;
use api::connections::Summary;
use api::problem::{Problem, ProblemKind};
use causeway_cli::webhook::{Webhook, WebhookError};
use causeway_local::seed::Seed;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{in_world, in_world_of};
use connection::record::{EntryEvent, Phase};
use connection::words::Kind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

fn caller(roles: Value) -> Value {
    json!({"credential": "webhook-secret", "roles": roles})
}

/// The status of an answer.
async fn status(webhook: &Webhook, method: Method, path: &str, body: &str) -> StatusCode {
    let response = webhook.send(method.clone(), path, &[], body).await.expect("the webhook answers");
    let value = serde_json::from_slice(response.body()).unwrap_or_default();
    causeway_tests::contract::holds(&method, path, response.status(), &value);
    response.status()
}

fn problem(answer: Result<Value, WebhookError>) -> Problem {
    match answer {
        Err(WebhookError::Refused(problem)) => *problem,
        other => panic!("it was not refused: {other:?}"),
    }
}

#[test]
fn a_secret_that_the_document_does_not_name_may_do_nothing() {
    in_world(async |system| {
        let ann = system.caller("ann");
        let refused = problem(ann.get("/v1/connections").await);
        assert_eq!(refused.kind, ProblemKind::Forbidden);
        assert!(refused.detail.contains("ann is not in the callers document"), "{refused:#?}");
        for (method, path) in [
            (Method::POST, "/v1/connections"),
            (Method::DELETE, "/v1/connections/x"),
            (Method::GET, "/v1/approval-policy"),
            (Method::GET, "/v1/nothing"),
        ] {
            assert_eq!(status(&ann, method, path, "{}").await, StatusCode::FORBIDDEN, "{path}");
        }
    });
}

#[test]
fn without_a_document_nobody_may_do_anything_and_is_told_what_to_write() {
    in_world(async |system| {
        system.store().delete("config/callers.json").await.unwrap();
        tokio::time::sleep(Duration::from_secs(31)).await;
        let refused = problem(system.webhook.get("/v1/connections").await);
        assert!(refused.detail.contains("config/callers.json"), "{refused:#?}");
        assert_eq!(refused.kind, ProblemKind::Forbidden);
    });
}

#[test]
fn a_caller_that_expired_or_comes_by_another_credential_is_refused() {
    in_world(async |system| {
        let hash = "0".repeat(64);
        let callers = json!({
            "ann": {"credential": "webhook-secret", "roles": [{"role": "admin"}], "expires_at": "2026-01-01T00:00:00Z"},
            "bob": {"credential": "bearer-token", "token_sha256": [hash], "roles": [{"role": "admin"}]},
        });
        system.puts_callers(true, &callers, &json!({})).await;
        for (name, why) in [("ann", "has expired"), ("bob", "another kind of credential")] {
            let refused = problem(system.caller(name).get("/v1/connections").await);
            assert_eq!(refused.kind, ProblemKind::Forbidden);
            assert!(refused.detail.contains(why), "{refused:#?}");
        }
    });
}

#[test]
fn each_role_does_its_own_and_is_told_which_role_the_rest_takes() {
    in_world(async |system| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        system.built(&spec).await;
        let path = "/v1/connections/qingdao-beijing";
        let acts = [
            (Method::GET, path.to_owned(), "", "viewer requester operator approver"),
            (Method::PUT, format!("{path}?dry_run=true"), "spec", "requester"),
            (Method::DELETE, format!("{path}?dry_run=true"), "", "requester"),
            (Method::POST, format!("{path}/pause?dry_run=true"), "", "requester operator"),
            (Method::POST, format!("{path}/abandon?dry_run=true"), "", "operator"),
            (Method::POST, "/v1/drift-checks?dry_run=true".to_owned(), "", "requester operator"),
            (Method::POST, "/v1/drift/qingdao-beijing/repair".to_owned(), "", "approver"),
            (
                Method::POST,
                "/v1/approvals/epsrv-1/ep-1".to_owned(),
                r#"{"decision": "hold", "reason": "x"}"#,
                "approver",
            ),
            (Method::GET, "/v1/approval-policy".to_owned(), "", "viewer approver"),
            (Method::PUT, "/v1/approval-policy".to_owned(), r#"{"version": 1, "rules": []}"#, ""),
            (Method::POST, "/v1/notices/x/redeliver".to_owned(), "", "operator"),
        ];
        for role in ["viewer", "requester", "operator", "approver"] {
            system.puts_callers(true, &json!({"ann": caller(json!([{"role": role}]))}), &json!({})).await;
            let ann = system.caller("ann");
            for (method, path, body, roles) in &acts {
                let text = if *body == "spec" { spec.to_string() } else { (*body).to_owned() };
                let status = status(&ann, method.clone(), path, &text).await;
                let may = roles.split(' ').any(|allowed| allowed == role);
                assert_eq!(status != StatusCode::FORBIDDEN, may, "{role}: {method} {path} gave {status}");
            }
        }
        let refused = problem(system.caller("ann").submit(Method::DELETE, path, &json!({})).await);
        assert!(refused.detail.contains("it takes requester or admin"), "{refused:#?}");
        assert_eq!(
            system.webhook.connection(&"qingdao-beijing".parse().unwrap()).await.unwrap().phase(),
            Phase::Active
        );
    });
}

#[test]
fn what_a_caller_may_not_see_is_as_if_it_were_not_there() {
    in_world(async |system| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        system.built(&spec).await;
        let limited = [
            json!({"role": "admin", "accounts": ["c"]}),
            json!({"role": "admin", "kinds": ["private-link"]}),
            json!({"role": "admin", "labels": {"env": "dev"}}),
            json!({"role": "admin", "services": ["epsrv-1"]}),
        ];
        for grant in limited {
            system.puts_callers(true, &json!({"ann": caller(json!([grant.clone()]))}), &json!({})).await;
            let ann = system.caller("ann");
            let refused = problem(ann.get("/v1/connections/qingdao-beijing").await);
            assert_eq!(refused.detail, "there is no connection qingdao-beijing", "{grant}");
            for (method, path) in [
                (Method::DELETE, "/v1/connections/qingdao-beijing"),
                (Method::POST, "/v1/connections/qingdao-beijing/pause"),
                (Method::POST, "/v1/drift/qingdao-beijing/repair"),
            ] {
                assert_eq!(status(&ann, method, path, "").await, StatusCode::NOT_FOUND, "{grant} {path}");
            }
            let checked = r#"{"connection": "qingdao-beijing"}"#;
            assert_eq!(status(&ann, Method::POST, "/v1/drift-checks", checked).await, StatusCode::NOT_FOUND);
            assert_eq!(status(&ann, Method::POST, "/v1/drift-checks", "").await, StatusCode::FORBIDDEN);
            let page: Page<Summary> = ann.get("/v1/connections").await.unwrap();
            assert!(page.items.is_empty(), "{grant}");
            let notices: Page<Value> = ann.get("/v1/notices").await.unwrap();
            assert!(notices.items.is_empty(), "{grant}");
            // A name that is taken cannot be hidden, but nothing more is told.
            let mut own = spec.clone();
            own["labels"] = json!({"env": "dev"});
            let answer = problem(ann.submit(Method::POST, "/v1/connections", &own).await);
            assert!(!answer.detail.contains("active"), "{answer:#?}");
        }
    });
}

#[test]
fn a_requester_cannot_widen_a_connection_out_of_its_limits_nor_reach_into_anothers() {
    in_world(async |system| {
        let dev = json!([{"role": "requester", "accounts": ["a", "b"], "labels": {"env": "dev"}}]);
        let of_a = json!([{"role": "requester", "accounts": ["a"]}]);
        system.puts_callers(true, &json!({"ann": caller(dev), "bob": caller(of_a)}), &json!({})).await;
        let (ann, bob) = (system.caller("ann"), system.caller("bob"));
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        let refused = problem(ann.submit(Method::POST, "/v1/connections", &spec).await);
        assert_eq!(refused.kind, ProblemKind::Forbidden, "{refused:#?}");
        assert!(refused.detail.contains("limited"), "{refused:#?}");
        spec["labels"] = json!({"env": "dev"});
        ann.submit::<Summary>(Method::POST, "/v1/connections", &spec).await.unwrap();
        system.settled("qingdao-beijing", Phase::Active).await;
        let mut prod = spec.clone();
        prod["labels"] = json!({"env": "prod"});
        let refused = problem(ann.submit(Method::PUT, "/v1/connections/qingdao-beijing", &prod).await);
        assert_eq!(refused.kind, ProblemKind::Forbidden, "{refused:#?}");
        // One of its accounts lets a caller see it, and change nothing.
        bob.connection(&"qingdao-beijing".parse().unwrap()).await.unwrap();
        assert_eq!(status(&bob, Method::DELETE, "/v1/connections/qingdao-beijing", "").await, StatusCode::FORBIDDEN);
        assert_eq!(
            system.webhook.connection(&"qingdao-beijing".parse().unwrap()).await.unwrap().phase(),
            Phase::Active
        );
    });
}

#[test]
fn who_asked_stands_in_the_history_and_in_the_record() {
    in_world(async |system| {
        let callers =
            json!({"ann": caller(json!([{"role": "requester"}])), "bob": caller(json!([{"role": "operator"}]))});
        system.puts_callers(true, &callers, &json!({})).await;
        let (ann, bob) = (system.caller("ann"), system.caller("bob"));
        let spec = system.tutorial_by(Kind::RouterInterface);
        ann.submit::<Summary>(Method::POST, "/v1/connections", &spec).await.unwrap();
        system.settled("qingdao-beijing", Phase::Active).await;
        bob.post::<Summary>("/v1/connections/qingdao-beijing/pause").await.unwrap();
        system.settled("qingdao-beijing", Phase::Paused).await;
        let connection = system.webhook.connection(&"qingdao-beijing".parse().unwrap()).await.unwrap();
        let by: Vec<_> =
            connection.history.iter().filter_map(|entry| Some((entry.event, entry.by.as_ref()?.as_str()))).collect();
        assert_eq!(by, [(EntryEvent::Accepted, "ann"), (EntryEvent::PauseAsked, "bob")]);
        let record = system.store().read(&"qingdao-beijing".parse().unwrap()).await.unwrap().unwrap().record;
        assert_eq!(record.spec_by.unwrap().as_str(), "ann");
        assert_eq!(record.asked_by.unwrap().as_str(), "bob");
    });
}

#[test]
fn who_asks_does_not_approve_its_own_endpoint() {
    in_world_of(Seed::tutorial(), &["cn-hangzhou", "cn-qingdao", "cn-beijing"], async |system| {
        let callers = json!({
            "ann": caller(json!([{"role": "requester"}, {"role": "approver"}])),
            "bob": caller(json!([{"role": "approver"}])),
        });
        system.puts_callers(true, &callers, &json!({})).await;
        let (ann, bob) = (system.caller("ann"), system.caller("bob"));
        let spec = system.tutorial_by(Kind::PrivateLink);
        let name = spec["name"].as_str().unwrap().to_owned();
        ann.submit::<Summary>(Method::POST, "/v1/connections", &spec).await.unwrap();
        system.settled(&name, Phase::Active).await;
        let connection = system.webhook.connection(&name.parse().unwrap()).await.unwrap();
        let path = format!("/v1/approvals/{}/{}", connection.service(), connection.endpoint());
        let body = json!({"decision": "approve", "reason": "mine"});
        let refused = problem(ann.submit(Method::POST, &path, &body).await);
        assert_eq!(refused.kind, ProblemKind::Forbidden);
        assert!(refused.detail.contains("another caller has to approve"), "{refused:#?}");
        ann.submit::<Value>(Method::POST, &path, &json!({"decision": "hold", "reason": "mine"})).await.unwrap();
        bob.submit::<Value>(Method::POST, &path, &body).await.unwrap();
    });
}
