//! Switched off and on, given up, and taken over.

use api::Link;
use api::problem::ProblemKind;
use causeway_tests::process::{Api, Up};
use causeway_tests::shown::{Shown as _, refused_call};
use connection::proof::Verdict;
use connection::record::{EntryEvent, Phase};
use connection::words::{Kind, Side};
use http::Method;

use crate::end_to_end::common::{both_answer, neither_answers, refuse, start};

async fn paused() -> (Up, Api) {
    let (up, api) = start();
    api.built(&api.tutorial("one")).await;
    both_answer(&api).await;
    assert_eq!(api.command("one", "pause").await.accepted().phase, Phase::Pausing);
    api.settled("one", Phase::Paused).await;
    (up, api)
}

#[tokio::test]
async fn a_paused_connection_keeps_everything_and_carries_nothing_until_it_is_resumed() {
    let (_up, api) = paused().await;
    neither_answers(&api).await;
    let inventory = api.inventory().await;
    assert!(inventory.interfaces.iter().all(|line| line.contains(" Inactive ")), "{inventory:#?}");
    assert_eq!((inventory.interfaces.len(), inventory.routes.len(), inventory.rules.len()), (2, 2, 2));
    assert_eq!(api.command("one", "pause").await.accepted().phase, Phase::Paused, "asking again is no error");

    assert_eq!(api.command("one", "resume").await.accepted().phase, Phase::Applying);
    let record = api.settled("one", Phase::Active).await;
    both_answer(&api).await;
    api.inventory().await.is_one_connection().unwrap();
    assert_eq!([record.times(EntryEvent::PauseAsked), record.times(EntryEvent::ResumeAsked)], [1; 2], "{record:#?}");
    // The proof is of this attempt, not of the one before the pause.
    let proof = record.proof(Side::Initiator);
    assert_eq!((proof.verdict, proof.attempt), (Verdict::Reached, record.attempt), "{proof:#?}");
}

#[tokio::test]
async fn a_paused_connection_can_be_removed_and_leaves_nothing() {
    let (_up, api) = paused().await;
    api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn what_cannot_be_paused_resumed_or_abandoned_says_why() {
    let (_up, api) = start();
    api.built(&api.tutorial_by(Kind::VpcPeering, "peers")).await;
    let problem = api.command("peers", "pause").await.problem(ProblemKind::Conflict);
    assert!(problem.detail.contains("a vpc-peering connection cannot be paused"), "{problem:#?}");
    for command in ["retry", "abandon"] {
        let problem = api.command("peers", command).await.problem(ProblemKind::Conflict);
        assert!(problem.detail.contains("the connection is active"), "{problem:#?}");
    }
    assert_eq!(api.command("peers", "resume").await.accepted().phase, Phase::Active, "there is nothing to do");
    for command in ["pause", "resume", "abandon"] {
        api.command("nobody", command).await.problem(ProblemKind::NotFound);
    }
    let not_empty = api.send(Method::POST, "/v1/connections/peers/abandon", &[], r#"{"force": true}"#).await;
    not_empty.problem(ProblemKind::Malformed);
}

#[tokio::test]
async fn a_removal_that_is_asked_for_while_it_is_being_switched_off_or_on_leaves_nothing() {
    let (_up, api) = start();
    for (name, wishes) in [("off", &["pause"][..]), ("on", &["pause", "resume"])] {
        api.built(&api.tutorial(name)).await;
        for (place, command) in wishes.iter().enumerate() {
            if place > 0 {
                api.settled(name, Phase::Paused).await;
            }
            api.command(name, command).await.accepted();
        }
        api.removed(name).await;
        api.inventory().await.is_empty().unwrap();
    }
}

/// A connection that failed at its routes and was given up.
async fn abandoned() -> (Up, Api) {
    let (up, api) = start();
    refuse(&api, "CreateRouteEntry", "b", "Forbidden.RAM").await;
    api.create(&api.tutorial("one")).await;
    let record = api.settled("one", Phase::Failed).await;
    assert_eq!(api.follow(record.failure().links.abandon.as_ref()).await.phase, Phase::Abandoned);
    api.clear_faults().await;
    (up, api)
}

#[tokio::test]
async fn what_was_given_up_keeps_what_was_made_and_can_still_be_removed() {
    let (_up, api) = abandoned().await;
    let before = api.inventory().await;
    assert_eq!((before.interfaces.len(), before.routes.len()), (2, 1), "{before:#?}");
    assert_eq!(api.command("one", "abandon").await.accepted().phase, Phase::Abandoned, "asking again is no error");
    let problem = api.command("one", "retry").await.problem(ProblemKind::Conflict);
    assert!(problem.detail.contains("is abandoned"), "{problem:#?}");
    let record = api.show("one").await;
    assert_eq!(refused_call(record.stop()).1, "Forbidden.RAM", "why it had stopped stays to be seen");
    let remove = Link::delete("/v1/connections/one".to_owned());
    assert_eq!(record.failure().links.remove, Some(remove), "{record:#?}");

    api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn the_name_of_what_was_given_up_is_free_and_the_new_connection_touches_nothing_of_the_old() {
    let (_up, api) = abandoned().await;
    let old = api.show("one").await;
    // What was left joins the two VPCs, so the same again is refused with what stands in the way ...
    let again = api.post(&api.tutorial("one")).await;
    let problem = again.problem(ProblemKind::Impossible);
    assert!(problem.errors.len() >= 2, "{problem:#?}");
    // ... and another pair of VPCs is not.
    let elsewhere = api.spec("one", ("a", "cn-beijing"), ("b", "cn-qingdao"));
    let new = api.built(&elsewhere).await;
    assert_ne!(old.uid, new.uid);
    api.removed("one").await;
    let left = api.inventory().await;
    let id = old.interface(Side::Initiator);
    assert_eq!(left.interfaces.len(), 2, "{left:#?}");
    assert!(left.interfaces.iter().any(|line| line.contains(id)), "{left:#?}");
}
