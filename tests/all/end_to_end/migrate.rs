//! From router interfaces to a peering, and back when that fails.

use api::problem::ProblemKind;
use causeway_tests::process::{Api, Up};
use causeway_tests::shown::{Shown as _, pointers, refused_call};
use connection::record::{EntryEvent, Phase};
use connection::words::Kind;
use serde_json::{Value, json};

use crate::end_to_end::common::{both_answer, routes_of, start};

async fn pair() -> (Up, Api, Value) {
    let (up, api) = start();
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
    assert_eq!(api.put(&spec).await.accepted().phase, Phase::Migrating);
    let record = api.settled("one", Phase::Active).await;
    assert_eq!((record.summary.kind, record.summary.generation), (Kind::VpcPeering, 2), "{record:#?}");
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    assert_eq!((inventory.interfaces.len(), &inventory.rules), (0, &rules), "{inventory:#?}");
    let id = record.peering();
    assert_eq!(routes_of(&api, ("a", "cn-qingdao")).await, [format!("172.16.0.0/16 -> {id} Available")]);
    both_answer(&api).await;
    assert!(record.events().contains(&EntryEvent::Cleared), "{record:#?}");

    // There is no way back by asking: a peering is today's way.
    let problem = api.put(&api.tutorial("one")).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/kind"], "{problem:#?}");
    api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn when_the_peering_fails_the_pair_comes_back_and_traffic_flows_again() {
    let (_up, api, spec) = pair().await;
    let code = "OperationFailed.AcceptUserCdtNotOpened";
    let fault = json!({"kind": "refuse", "status": 400, "code": code});
    api.set_faults(&json!({"requests": [{"action": "CreateVpcPeerConnection", "times": 1, "fault": fault}]})).await;
    api.put(&spec).await.accepted();
    let record = api.settled("one", Phase::Active).await;
    assert_eq!((record.summary.kind, record.summary.generation), (Kind::RouterInterface, 3), "{record:#?}");
    assert!(record.events().contains(&EntryEvent::RevertBegan), "{record:#?}");
    let cause = record.cause();
    assert_eq!(refused_call(cause).1, code, "{cause:#?}");
    assert!(cause.advice.contains("Its owner has to open it in the console"), "{cause:#?}");
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    assert_eq!(inventory.peerings, Vec::<String>::new());
    both_answer(&api).await;

    let record = api.changed(&spec).await;
    assert!(record.cause.is_none(), "{record:#?}");
    both_answer(&api).await;
}

#[tokio::test]
async fn a_peering_that_could_not_be_billed_is_refused_while_the_pair_still_carries_traffic() {
    let (_up, api, spec) = pair().await;
    let before = api.inventory().await;
    api.set_cdt("b", "closed").await;
    let problem = api.put(&spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/acceptor/account"], "{problem:#?}");
    assert_eq!(api.inventory().await, before);
    both_answer(&api).await;
    api.set_cdt("b", "open").await;
    api.changed(&spec).await;
}

#[tokio::test]
async fn a_peering_that_was_made_and_fails_later_is_cleared_away_again_whatever_on_failure_says() {
    let (_up, api, spec) = pair().await;
    let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
    for action in ["AcceptVpcPeerConnection", "CreateRouteEntry"] {
        api.set_faults(&json!({"requests": [{"action": action, "times": 1, "fault": fault}]})).await;
        api.put(&spec).await.accepted();
        let record = api.settled("one", Phase::Active).await;
        assert_eq!((record.summary.kind, refused_call(record.cause()).0), (Kind::RouterInterface, action));
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
        api.removed("one").await;
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
    api.settled("one", Phase::Failed).await;
    let problem = api.put(&spec).await.problem(ProblemKind::Conflict);
    assert!(problem.detail.contains("only while it is active"), "{problem:#?}");
}
