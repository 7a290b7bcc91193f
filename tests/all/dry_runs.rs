//! `dry_run` is honoured or refused on every route, and a parameter that nobody reads is refused: nothing acts that was only
//! to be tried.

use std::time::Duration;

use alicloud::private_link::ConnectionStatus::Connected;
use causeway_local::seed::Seed;
use causeway_tests::fragile::Mishaps;
use causeway_tests::links::REGION;
use causeway_tests::on_virtual_time;
use causeway_tests::system::System;
use drift::store::DriftStore;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// From one sweep of endpoints to the next, and what it takes to decide and to connect.
const SOON: Duration = Duration::from_secs(75);
const POLICY: &str = "/v1/approval-policy";

fn rule(system: &System, id: &str, effect: &str) -> Value {
    json!({"id": id, "effect": effect, "accounts": [system.account_id("a")]})
}

/// The slug and the words of a refusal.
fn refused(answer: Result<Value, (StatusCode, Value)>) -> (u16, String, String) {
    let (status, problem) = answer.expect_err("it is refused");
    let slug = problem["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    (status.as_u16(), slug, problem["detail"].as_str().unwrap().to_owned())
}

#[test]
fn a_policy_and_a_decision_that_are_only_tried_change_nothing() {
    on_virtual_time(async {
        let system = System::looking_after(&[REGION], Seed::tutorial(), 1, Mishaps::none()).await;
        let dry_policy = format!("{POLICY}?dry_run=true");
        let partner = json!({"version": 1, "rules": [rule(&system, "partner", "approve")]});
        let plan = system.tell(Method::PUT, &dry_policy, &partner).await.unwrap();
        assert_eq!((&plan["changes"], &plan["hash_in_force"]), (&json!(true), &Value::Null), "{plan:#}");
        assert_eq!(refused(system.ask(Method::GET, POLICY).await).0, 404, "there is no policy yet");

        let put = system.tell(Method::PUT, POLICY, &partner).await.unwrap();
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some());

        let other = json!({"version": 1, "mode": "enforce", "rules": [rule(&system, "nobody", "reject")]});
        let plan = system.tell(Method::PUT, &dry_policy, &other).await.unwrap();
        assert_eq!((&plan["rules_changed"], &plan["rules_removed"]), (&json!(["nobody"]), &json!(["partner"])));
        assert_eq!(system.ask(Method::GET, POLICY).await.unwrap()["hash"], put["hash"], "{plan:#}");
        let same = system.tell(Method::PUT, &dry_policy, &partner).await.unwrap();
        assert_eq!((&same["changes"], &same["rules_changed"]), (&json!(false), &json!([])));
        assert_eq!(refused(system.tell(Method::PUT, &dry_policy, &json!({"version": 1})).await).1, "malformed");
        assert_eq!(refused(system.tell(Method::PUT, &format!("{POLICY}?force=true"), &other).await).1, "bad-parameter");

        let path = format!("/v1/approvals/{service}/{endpoint}");
        let reject = json!({"decision": "reject", "reason": "over"});
        // Until the log says that it is connected, too.
        tokio::time::sleep(2 * SOON).await;
        let before = system.ask(Method::GET, &path).await.unwrap();
        let plan = system.tell(Method::POST, &format!("{path}?dry_run=true"), &reject).await.unwrap();
        assert_eq!((&plan["changes"], &plan["state"]["person"]["decision"]), (&json!(true), &json!("reject")));
        let inside = json!({"decision": "reject", "reason": "over", "dry_run": true});
        assert_eq!(refused(system.tell(Method::POST, &path, &inside).await).1, "malformed");
        tokio::time::sleep(2 * SOON).await;
        assert_eq!(system.ask(Method::GET, &path).await.unwrap(), before);
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Connected);
        system.end().await;
    });
}

#[test]
fn a_drift_check_that_is_only_tried_says_what_it_would_compare_and_begins_nothing() {
    on_virtual_time(async {
        let system = System::new(1, Mishaps::none()).await;
        let spec = system.tutorial();
        system.post(&spec).await.unwrap();
        let name = spec["name"].as_str().unwrap();
        system.at_rest(name).await;
        let path = "/v1/drift-checks?dry_run=true";
        let store = system.store();
        let open = async || DriftStore(&store).under_way().await.unwrap();
        let before = open().await;
        let all = system.ask(Method::POST, path).await.unwrap();
        assert_eq!((&all["scope"], &all["connections"]), (&json!("all"), &json!([name])), "{all:#}");
        assert_eq!(all["accounts"], json!(["a", "b"]), "{all:#}");
        let one = system.tell(Method::POST, path, &json!({"connection": name})).await.unwrap();
        assert_eq!(one["connections"], json!([name]));
        let none = system.tell(Method::POST, path, &json!({"labels": {"team": "nobody"}})).await.unwrap();
        assert_eq!((&none["connections"], &none["accounts"]), (&json!([]), &json!([])));
        assert_eq!(refused(system.tell(Method::POST, path, &json!({"connection": "nobody"})).await).1, "not-found");
        assert_eq!(refused(system.tell(Method::POST, "/v1/drift-checks", &json!([])).await).1, "malformed");
        assert_eq!(open().await, before);
        system.end().await;
    });
}

#[test]
fn a_dry_run_of_what_changes_nothing_and_an_unknown_parameter_are_refused_on_every_route() {
    on_virtual_time(async {
        let system = System::new(1, Mishaps::none()).await;
        for route in api::route::routes().iter().filter(|route| !route.is_open) {
            let path =
                route.path.replace("{name}", "a-b").replace("{service}", "epsrv-1").replace("{endpoint}", "ep-1");
            let path = path.replace("{id}", "20261121t104502z-0000000000000007");
            let unknown = refused(system.ask(route.method.clone(), &format!("{path}?dryrun=true")).await);
            assert_eq!((unknown.0, unknown.1.as_str()), (400, "bad-parameter"), "{}", route.id);
            assert!(unknown.2.contains("\"dryrun\""), "{}", unknown.2);
            if route.method == Method::GET {
                let dry = refused(system.ask(Method::GET, &format!("{path}?dry_run=true")).await);
                assert_eq!((dry.0, dry.1.as_str()), (400, "no-dry-run"), "{}", route.id);
            }
        }
        for (target, words) in
            [("/v1/notices?after=yesterday", "after: "), ("/v1/connections?limit=1&limit=2", "limit is given twice")]
        {
            let (status, slug, detail) = refused(system.ask(Method::GET, target).await);
            assert_eq!((status, slug.as_str()), (400, "bad-parameter"), "{target}");
            assert!(detail.contains(words), "{target}: {detail}");
        }
        for escaped in
            ["/v1/approvals?after=epsrv-1%2fep-1", "/v1/drift?after=connection%3aa", "/v1/connections?after=a%2Db"]
        {
            assert_eq!(system.ask(Method::GET, escaped).await.unwrap()["items"], json!([]), "{escaped}");
        }
        let (status, slug, _) = refused(system.ask(Method::GET, "/v1/connections/a-b/foo").await);
        assert_eq!((status, slug.as_str()), (404, "not-found"), "nothing is there, whatever the method");
        system.end().await;
    });
}
