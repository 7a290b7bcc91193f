//! What steps advise of their own.

use std::time::Duration;

use api::connections::Connection;
use causeway_tests::manual_edits::link::LinkEdit;
use causeway_tests::manual_edits::{Edit, ManualEdits};
use causeway_tests::name_of;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{System, in_world};
use connection::record::Phase;
use connection::words::{Kind, Side};
use serde_json::Value;

use super::{settle, vpc_client};

/// Puts a spec, and waits until the connection stopped with this advice.
async fn stopped(system: &System, spec: &Value, says: &str) -> Connection {
    system.put(spec).await.unwrap();
    let record = system.settled(name_of(spec), Phase::Failed).await;
    assert!(record.stop().advice.contains(says), "{record:#?}");
    record
}

/// Has `edit` done by hand to a connection of `kind` that stands, and puts its spec with a label changed.
fn after(kind: Kind, edit: Edit, says: &str) {
    in_world(async |system| {
        let mut spec = system.tutorial_by(kind);
        system.built(&spec).await;
        assert!(ManualEdits::of(system, name_of(&spec)).does(edit).await);
        spec["labels"]["looked"] = "again".into();
        stopped(system, &spec, says).await;
        system.retried(name_of(&spec)).await;
    });
}

#[test]
fn an_interface_that_is_off_is_activated_by_hand_and_then_resized() {
    in_world(async |system| {
        let mut spec = system.tutorial();
        system.built(&spec).await;
        assert!(ManualEdits::of(system, name_of(&spec)).does(Edit::SwitchOff(Side::Initiator)).await);
        spec["spec"] = "Small.1".into();
        stopped(system, &spec, "activate it in the console, then retry").await;
        system.command(name_of(&spec), "resume").await.unwrap();
        system.settled(name_of(&spec), Phase::Failed).await;
        let vpc = vpc_client(system, "a");
        let id = vpc.all_router_interfaces(&[]).await.unwrap().remove(0).router_interface_id;
        vpc.activate_router_interface(&id).await.unwrap();
        settle().await;
        system.retried(name_of(&spec)).await;
        let seen = vpc.router_interface(&id).await.unwrap().unwrap();
        assert_eq!(seen.spec, Some(alicloud::vpc::Spec::Small1));
    });
}

#[test]
fn an_endpoint_that_is_gone_is_made_anew_by_a_retry() {
    after(Kind::PrivateLink, Edit::Link(LinkEdit::DeleteEndpoint), "find out who, then retry, which makes it anew");
}

#[test]
fn a_listener_that_is_deleted_is_made_anew() {
    in_world(async |system| {
        let mut spec = system.tutorial_by(Kind::PrivateLink);
        system.built(&spec).await;
        assert!(ManualEdits::of(system, name_of(&spec)).does(Edit::Link(LinkEdit::DeleteListener)).await);
        spec["labels"]["looked"] = "again".into();
        system.changed(&spec).await;
    });
}

#[test]
fn an_account_that_is_put_back_counts_a_minute_later() {
    in_world(async |system| {
        let spec = system.tutorial();
        system.built(&spec).await;
        let (store, minute) = (system.store(), Duration::from_secs(61));
        let whole = store.accounts().await.unwrap().unwrap();
        let mut less = whole.clone();
        less.accounts.remove(&"b".parse().unwrap()).unwrap();
        store.put_accounts(&less).await.unwrap();
        tokio::time::sleep(minute).await;
        let record = system.remove(name_of(&spec)).await;
        assert!(record.stop().advice.contains("put it back into config/accounts.json"), "{record:#?}");
        store.put_accounts(&whole).await.unwrap();
        system.command(name_of(&spec), "retry").await.unwrap();
        system.settled(name_of(&spec), Phase::Failed).await;
        tokio::time::sleep(minute).await;
        system.command(name_of(&spec), "retry").await.unwrap();
        system.settled(name_of(&spec), Phase::Removed).await;
    });
}
