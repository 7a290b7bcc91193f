//! Switched off and on, given up, and taken over.

use causeway_tests::process::{Api, Options, Up};
use connection::words::Kind;
use http::Method;
use serde_json::json;

use crate::end_to_end::common::{both_answer, events, list, neither_answers, text};

async fn paused() -> (Up, Api) {
    let up = Up::start(&Options::default());
    let api = up.api();
    api.built(&api.tutorial("one")).await;
    both_answer(&api).await;
    assert_eq!(api.wish("one", "pause").await.accepted()["phase"], "pausing");
    api.settled("one", "paused").await;
    (up, api)
}

#[tokio::test]
async fn a_paused_connection_keeps_everything_and_carries_nothing_until_it_is_resumed() {
    let (_up, api) = paused().await;
    neither_answers(&api).await;
    let inventory = api.inventory().await;
    assert!(inventory.interfaces.iter().all(|line| line.contains(" Inactive ")), "{inventory:#?}");
    assert_eq!((inventory.interfaces.len(), inventory.routes.len(), inventory.rules.len()), (2, 2, 2));
    assert_eq!(api.wish("one", "pause").await.accepted()["phase"], "paused", "asking again is no error");

    assert_eq!(api.wish("one", "resume").await.accepted()["phase"], "applying");
    let record = api.settled("one", "active").await;
    both_answer(&api).await;
    api.inventory().await.is_one_connection().unwrap();
    let told = events(&record);
    for event in ["pause-asked", "resume-asked"] {
        assert_eq!(told.iter().filter(|told| **told == event).count(), 1, "{event}: {told:?}");
    }
    // The proof is of this attempt, not of the one before the pause.
    let proof = &record["sides"]["initiator"]["outputs"]["proof"];
    assert_eq!((&proof["verdict"], &proof["attempt"]), (&json!("reached"), &record["attempt"]), "{proof:#}");
}

#[tokio::test]
async fn a_paused_connection_can_be_removed_and_leaves_nothing() {
    let (_up, api) = paused().await;
    api.remove("one").await.accepted();
    api.settled("one", "removed").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn what_cannot_be_paused_resumed_or_abandoned_says_why() {
    let up = Up::start(&Options::default());
    let api = up.api();
    api.built(&api.tutorial_by(Kind::VpcPeering, "peers")).await;
    let problem = api.wish("peers", "pause").await.problem(409, "conflict");
    assert!(text(&problem["detail"]).contains("a vpc-peering connection cannot be paused"), "{problem:#}");
    for wish in ["retry", "abandon"] {
        let problem = api.wish("peers", wish).await.problem(409, "conflict");
        assert!(text(&problem["detail"]).contains("the connection is active"), "{problem:#}");
    }
    assert_eq!(api.wish("peers", "resume").await.accepted()["phase"], "active", "there is nothing to do");
    for wish in ["pause", "resume", "abandon"] {
        api.wish("nobody", wish).await.problem(404, "not-found");
    }
    let not_empty = api.send(Method::POST, "/v1/connections/peers/abandon", &[], r#"{"force": true}"#).await;
    not_empty.problem(400, "malformed");
}

#[tokio::test]
async fn a_removal_that_is_asked_for_while_it_is_being_switched_off_or_on_leaves_nothing() {
    let up = Up::start(&Options::default());
    let api = up.api();
    for (name, wishes) in [("off", &["pause"][..]), ("on", &["pause", "resume"])] {
        api.built(&api.tutorial(name)).await;
        for (place, wish) in wishes.iter().enumerate() {
            if place > 0 {
                api.settled(name, "paused").await;
            }
            api.wish(name, wish).await.accepted();
        }
        api.remove(name).await.accepted();
        api.settled(name, "removed").await;
        api.inventory().await.is_empty().unwrap();
    }
}

/// A connection that failed at its routes and was given up.
async fn abandoned() -> (Up, Api) {
    let up = Up::start(&Options::default());
    let api = up.api();
    let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
    let rule = json!({"action": "CreateRouteEntry", "account": api.account("b")["account_id"], "fault": fault});
    api.set_faults(&json!({"requests": [rule]})).await;
    api.create(&api.tutorial("one")).await;
    let record = api.settled("one", "failed").await;
    let (method, path) = text(&record["failure"]["links"]["abandon"]).split_once(' ').unwrap();
    let answer = api.send(method.parse().unwrap(), path, &[], "").await.accepted();
    assert_eq!(answer["phase"], "abandoned");
    api.clear_faults().await;
    (up, api)
}

#[tokio::test]
async fn what_was_given_up_keeps_what_was_made_and_can_still_be_removed() {
    let (_up, api) = abandoned().await;
    let before = api.inventory().await;
    assert_eq!((before.interfaces.len(), before.routes.len()), (2, 1), "{before:#?}");
    assert_eq!(api.wish("one", "abandon").await.accepted()["phase"], "abandoned", "asking again is no error");
    let problem = api.retry("one").await.problem(409, "conflict");
    assert!(text(&problem["detail"]).contains("is abandoned"), "{problem:#}");
    let record = api.show("one").await;
    assert_eq!(record["failure"]["call"]["code"], "Forbidden.RAM", "why it had stopped stays to be seen");
    assert_eq!(record["failure"]["links"]["remove"], "DELETE /v1/connections/one", "{:#}", record["failure"]);

    api.remove("one").await.accepted();
    api.settled("one", "removed").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn the_name_of_what_was_given_up_is_free_and_the_new_connection_touches_nothing_of_the_old() {
    let (_up, api) = abandoned().await;
    let old = api.show("one").await;
    // What was left joins the two VPCs, so the same again is refused with what stands in the way ...
    let again = api.send(Method::POST, "/v1/connections", &[], &api.tutorial("one").to_string()).await;
    let problem = again.problem(422, "impossible");
    assert!(list(&problem["errors"]).len() >= 2, "{problem:#}");
    // ... and another pair of VPCs is not.
    let elsewhere = api.spec("one", ("a", "cn-beijing"), ("b", "cn-qingdao"));
    let new = api.built(&elsewhere).await;
    assert_ne!(old["uid"], new["uid"]);
    api.remove("one").await.accepted();
    api.settled("one", "removed").await;
    let left = api.inventory().await;
    let id = text(&old["sides"]["initiator"]["outputs"]["router_interface_id"]);
    assert_eq!(left.interfaces.len(), 2, "{left:#?}");
    assert!(left.interfaces.iter().any(|line| line.contains(id)), "{left:#?}");
}
