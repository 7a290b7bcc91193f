//! From router interfaces to a peering, and back when that fails.

use causeway_tests::process::{Api, Options, Up};
use connection::words::Kind;
use serde_json::{Value, json};

use crate::end_to_end::common::{both_answer, events, pointers, routes_of, text};

async fn pair() -> (Up, Api, Value) {
    let up = Up::start(&Options::default());
    let api = up.api();
    api.built(&api.tutorial("one")).await;
    both_answer(&api).await;
    let mut spec = api.tutorial_by(Kind::VpcPeering, "one");
    spec["migrate"] = json!(true);
    (up, api, spec)
}

#[tokio::test]
async fn a_peering_takes_the_place_of_the_pair_and_the_rules_stay_as_they_are() {
    let (_up, api, spec) = pair().await;
    let rules = api.inventory().await.rules;
    assert_eq!(api.put(&spec).await.accepted()["phase"], "migrating");
    let record = api.settled("one", "active").await;
    assert_eq!((&record["kind"], &record["generation"]), (&json!("vpc-peering"), &json!(2)), "{record:#}");
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    assert_eq!((inventory.interfaces.len(), &inventory.rules), (0, &rules), "{inventory:#?}");
    let id = text(&record["sides"]["initiator"]["outputs"]["peering_id"]);
    assert_eq!(routes_of(&api, ("a", "cn-qingdao")).await, [format!("172.16.0.0/16 -> {id} Available")]);
    both_answer(&api).await;
    assert!(events(&record).contains(&"cleared"), "{record:#}");

    // There is no way back by asking: a peering is today's way.
    let problem = api.put(&api.tutorial("one")).await.problem(422, "impossible");
    assert_eq!(pointers(&problem), ["/kind"], "{problem:#}");
    api.remove("one").await.accepted();
    api.settled("one", "removed").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn when_the_peering_fails_the_pair_comes_back_and_traffic_flows_again() {
    let (_up, api, spec) = pair().await;
    api.set_cdt("b", "closed").await;
    api.put(&spec).await.accepted();
    let record = api.settled("one", "active").await;
    assert_eq!((&record["kind"], &record["generation"]), (&json!("router-interface"), &json!(3)), "{record:#}");
    assert!(events(&record).contains(&"revert-began"), "{record:#}");
    let cause = &record["cause"];
    assert_eq!(text(&cause["call"]["code"]), "OperationFailed.AcceptUserCdtNotOpened", "{cause:#}");
    assert!(text(&cause["advice"]).contains("Its owner has to open it in the console"), "{cause:#}");
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    assert_eq!(inventory.peerings, Vec::<String>::new());
    both_answer(&api).await;

    api.set_cdt("b", "open").await;
    let record = api.changed(&spec).await;
    assert!(record.get("cause").is_none(), "{record:#}");
    both_answer(&api).await;
}

#[tokio::test]
async fn a_peering_that_was_made_and_fails_later_is_cleared_away_again_whatever_on_failure_says() {
    let (_up, api, spec) = pair().await;
    let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
    for action in ["AcceptVpcPeerConnection", "CreateRouteEntry"] {
        api.set_faults(&json!({"requests": [{"action": action, "times": 1, "fault": fault}]})).await;
        api.put(&spec).await.accepted();
        let record = api.settled("one", "active").await;
        assert_eq!((&record["kind"], text(&record["cause"]["call"]["action"])), (&json!("router-interface"), action));
        api.inventory().await.is_one_connection().unwrap();
        both_answer(&api).await;
        api.clear_faults().await;
    }
}

#[tokio::test]
async fn a_removal_that_is_asked_for_in_the_middle_of_a_migration_leaves_nothing() {
    for wait in [0, 200, 500, 900] {
        let (_up, api, spec) = pair().await;
        api.put(&spec).await.accepted();
        tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
        api.remove("one").await.accepted();
        api.settled("one", "removed").await;
        api.inventory().await.is_empty().unwrap();
    }
}

#[tokio::test]
async fn what_is_not_active_cannot_be_migrated() {
    let (_up, api, spec) = pair().await;
    let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
    api.set_faults(&json!({"requests": [{"action": "ModifyRouterInterfaceSpec", "fault": fault}]})).await;
    let mut wider = api.tutorial("one");
    wider["spec"] = json!("Small.1");
    api.put(&wider).await.accepted();
    api.settled("one", "failed").await;
    let problem = api.put(&spec).await.problem(409, "conflict");
    assert!(text(&problem["detail"]).contains("only while it is active"), "{problem:#}");
}
