//! `dry_run` is honoured or refused on every route, and a parameter that nobody reads is refused: nothing acts that was only
//! to be tried.

use std::time::Duration;

use alicloud::private_link::ConnectionStatus::Connected;
use api::Page;
use api::approvals::{DecisionLog, DecisionPlan, PolicyPlan, StoredPolicy};
use api::drift::DriftCheckPlan;
use api::problem::Problem;
use api::problem::ProblemKind::{BadParameter, Malformed, NoDryRun, NotFound};
use approval::request::PersonSays;
use causeway_local::seed::Seed;
use causeway_tests::links::REGION;
use causeway_tests::system::{System, in_world, in_world_of};
use drift::check::Scope;
use drift::store::DriftStore;
use http::Method;
use serde_json::{Value, json};

/// From one sweep of endpoints to the next, and what it takes to decide and to connect.
const SOON: Duration = Duration::from_secs(75);
const POLICY: &str = "/v1/approval-policy";

fn rule(system: &System, id: &str, effect: &str) -> Value {
    json!({"id": id, "effect": effect, "accounts": [system.account_id("a")]})
}

/// How a request is refused.
fn refused(answer: Result<Value, Box<Problem>>) -> Problem {
    *answer.expect_err("it is refused")
}

#[test]
fn a_policy_and_a_decision_that_are_only_tried_change_nothing() {
    in_world_of(Seed::tutorial(), &[REGION], async |system| {
        let dry_policy = format!("{POLICY}?dry_run=true");
        let partner = json!({"version": 1, "rules": [rule(system, "partner", "approve")]});
        let plan: PolicyPlan = system.tell(Method::PUT, &dry_policy, &partner).await.unwrap();
        assert!(plan.changes && plan.hash_in_force.is_none(), "{plan:#?}");
        assert_eq!(refused(system.ask(Method::GET, POLICY).await).kind, NotFound, "there is no policy yet");

        let put: StoredPolicy = system.tell(Method::PUT, POLICY, &partner).await.unwrap();
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some());

        let other = json!({"version": 1, "mode": "enforce", "rules": [rule(system, "nobody", "reject")]});
        let plan: PolicyPlan = system.tell(Method::PUT, &dry_policy, &other).await.unwrap();
        assert_eq!((plan.rules_changed, plan.rules_removed), (vec!["nobody".to_owned()], vec!["partner".to_owned()]));
        let in_force: StoredPolicy = system.ask(Method::GET, POLICY).await.unwrap();
        assert_eq!(in_force.hash, put.hash);
        let same: PolicyPlan = system.tell(Method::PUT, &dry_policy, &partner).await.unwrap();
        assert!(!same.changes && same.rules_changed.is_empty(), "{same:#?}");
        assert_eq!(refused(system.tell(Method::PUT, &dry_policy, &json!({"version": 1})).await).kind, Malformed);
        let forced = format!("{POLICY}?force=true");
        assert_eq!(refused(system.tell(Method::PUT, &forced, &other).await).kind, BadParameter);

        let path = format!("/v1/approvals/{service}/{endpoint}");
        let reject = json!({"decision": "reject", "reason": "over"});
        // Until the log says that it is connected, too.
        tokio::time::sleep(2 * SOON).await;
        let before: DecisionLog = system.ask(Method::GET, &path).await.unwrap();
        let plan: DecisionPlan = system.tell(Method::POST, &format!("{path}?dry_run=true"), &reject).await.unwrap();
        let said = plan.state.person.map(|word| word.decision);
        assert_eq!((plan.changes, said), (true, Some(PersonSays::Reject)));
        let inside = json!({"decision": "reject", "reason": "over", "dry_run": true});
        assert_eq!(refused(system.tell(Method::POST, &path, &inside).await).kind, Malformed);
        tokio::time::sleep(2 * SOON).await;
        assert_eq!(system.ask::<DecisionLog>(Method::GET, &path).await.unwrap(), before);
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Connected);
    });
}

#[test]
fn a_drift_check_that_is_only_tried_says_what_it_would_compare_and_begins_nothing() {
    in_world(async |system| {
        let name = system.built(&system.tutorial()).await.summary.name;
        let path = "/v1/drift-checks?dry_run=true";
        let store = system.store();
        let open = async || DriftStore(&store).under_way().await.unwrap();
        let before = open().await;
        let all: DriftCheckPlan = system.ask(Method::POST, path).await.unwrap();
        assert_eq!((all.scope, all.connections), (Scope::All, vec![name.clone()]));
        assert_eq!(all.accounts, ["a", "b"].map(|alias| alias.parse().unwrap()));
        let one: DriftCheckPlan = system.tell(Method::POST, path, &json!({"connection": name})).await.unwrap();
        assert_eq!(one.connections, [name]);
        let nobody = json!({"labels": {"team": "nobody"}});
        let none: DriftCheckPlan = system.tell(Method::POST, path, &nobody).await.unwrap();
        assert!(none.connections.is_empty() && none.accounts.is_empty(), "{none:#?}");
        assert_eq!(refused(system.tell(Method::POST, path, &json!({"connection": "nobody"})).await).kind, NotFound);
        assert_eq!(refused(system.tell(Method::POST, "/v1/drift-checks", &json!([])).await).kind, Malformed);
        assert_eq!(open().await, before);
    });
}

#[test]
fn a_dry_run_of_what_changes_nothing_and_an_unknown_parameter_are_refused_on_every_route() {
    in_world(async |system| {
        for route in api::route::routes().iter().filter(|route| !route.is_open) {
            let path =
                route.path.replace("{name}", "a-b").replace("{service}", "epsrv-1").replace("{endpoint}", "ep-1");
            let path = path.replace("{id}", "20261121t104502z-0000000000000007");
            let unknown = refused(system.ask(route.method.clone(), &format!("{path}?dryrun=true")).await);
            assert_eq!(unknown.kind, BadParameter, "{}", route.id);
            assert!(unknown.detail.contains("\"dryrun\""), "{unknown:?}");
            if route.method == Method::GET {
                let dry = refused(system.ask(Method::GET, &format!("{path}?dry_run=true")).await);
                assert_eq!(dry.kind, NoDryRun, "{}", route.id);
            }
        }
        for (target, words) in
            [("/v1/notices?after=yesterday", "after: "), ("/v1/connections?limit=1&limit=2", "limit is given twice")]
        {
            let problem = refused(system.ask(Method::GET, target).await);
            assert_eq!(problem.kind, BadParameter, "{target}");
            assert!(problem.detail.contains(words), "{target}: {problem:?}");
        }
        for escaped in
            ["/v1/approvals?after=epsrv-1%2fep-1", "/v1/drift?after=connection%3aa", "/v1/connections?after=a%2Db"]
        {
            let page: Page<Value> = system.ask(Method::GET, escaped).await.unwrap();
            assert!(page.items.is_empty(), "{escaped}");
        }
        let nothing = refused(system.ask(Method::GET, "/v1/connections/a-b/foo").await);
        assert_eq!(nothing.kind, NotFound, "nothing is there, whatever the method");
    });
}
