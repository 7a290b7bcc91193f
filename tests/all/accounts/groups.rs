//! Accounts of a resource directory, connected by a stack group.

use bytes::Bytes;
use causeway_cli::accounts::AccountsError;
use causeway_cli::accounts::group::{Members, remove, with_keys};
use causeway_local::ram::{Role, Trust};
use causeway_tests::mortal::{Death, Mortal};
use causeway_tests::system::System;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::commands::{documented, owner, roles, unconnected, wanted};

/// The operator manages a directory with these accounts in a folder.
async fn directory(system: &System, members: &[&str]) {
    let ids: Vec<&str> = members.iter().map(|alias| system.account_id(alias)).collect();
    let folders = json!({"manager": system.account_id("operator"), "folders": {"fd-1": ids}});
    put(system, "/_local/directory", &folders).await;
}

async fn put(system: &System, path: &str, body: &Value) {
    let request = Request::put(format!("http://127.0.0.1{path}")).header("content-type", "application/json");
    let request = request.body(Bytes::from(body.to_string())).unwrap();
    let answer = system.cloud.handle(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
}

fn folder() -> Members {
    Members::Folder("fd-1".to_owned())
}

fn aliases(system: &System, members: &[&str]) -> Vec<String> {
    members.iter().map(|alias| format!("all-{}", system.account_id(alias))).collect()
}

async fn entered(system: &System) -> Vec<String> {
    documented(system).await.accounts.into_keys().map(|alias| alias.to_string()).collect()
}

#[test]
fn every_account_of_a_folder_gets_the_roles_and_a_later_member_too() {
    unconnected(async |system| {
        directory(system, &["a"]).await;
        let manager = owner(system, "operator", system.io()).await;
        let found = with_keys(&system.webhook, &manager, &wanted("all"), &folder()).await.unwrap();
        assert!(found.len() == 1 && !found[0].has_failed(), "{found:#?}");
        assert_eq!((roles(system, "a"), roles(system, "b")), (3, 0));
        directory(system, &["a", "b"]).await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        assert_eq!(roles(system, "b"), 3, "it came by itself");
        let found = with_keys(&system.webhook, &manager, &wanted("all"), &folder()).await.unwrap();
        assert!(found.len() == 2 && found.iter().all(|one| !one.has_failed()), "{found:#?}");
        assert_eq!(entered(system).await, aliases(system, &["a", "b"]));
    });
}

#[test]
fn single_members_are_connected_and_others_are_left_alone() {
    unconnected(async |system| {
        directory(system, &["a", "b"]).await;
        let manager = owner(system, "operator", system.io()).await;
        let members = Members::Accounts(vec![system.account_id("b").parse().unwrap()]);
        with_keys(&system.webhook, &manager, &wanted("all"), &members).await.unwrap();
        assert_eq!((roles(system, "a"), roles(system, "b")), (0, 3));
        assert_eq!(entered(system).await, aliases(system, &["b"]));
    });
}

#[test]
fn a_member_in_which_it_fails_is_named_and_the_others_are_connected() {
    unconnected(async |system| {
        directory(system, &["a", "b"]).await;
        let id = system.account_id("b");
        let own = Role::new(id, "causeway-network", Trust::account(id));
        system.cloud.shared().identities.put_role(own).unwrap();
        let manager = owner(system, "operator", system.io()).await;
        let failed = with_keys(&system.webhook, &manager, &wanted("all"), &folder()).await.unwrap_err();
        let AccountsError::Group { failed, .. } = failed else { panic!("{failed:?}") };
        let [(account, why)] = &failed[..] else { panic!("{failed:?}") };
        assert!(account == id && why.contains("EntityAlreadyExists"), "{failed:?}");
        assert_eq!(entered(system).await, aliases(system, &["a"]));
    });
}

#[test]
fn whoever_manages_no_directory_is_refused_and_nothing_is_made() {
    unconnected(async |system| {
        let manager = owner(system, "operator", system.io()).await;
        let refused = with_keys(&system.webhook, &manager, &wanted("all"), &folder()).await.unwrap_err();
        assert!(matches!(refused, AccountsError::Cloud { .. }), "{refused:?}");
        assert_eq!((roles(system, "a"), entered(system).await.len()), (0, 0));
    });
}

#[test]
fn a_command_that_dies_after_any_request_goes_on_when_it_is_run_again() {
    let mut number = 0;
    while unconnected(async |system| {
        directory(system, &["a", "b"]).await;
        let (mortal, io) = Mortal::of(system.io(), Death::After(number));
        let (webhook, dying) = (system.webhook_through(&io), owner(system, "operator", &io).await);
        let first = mortal.lives(with_keys(&webhook, &dying, &wanted("all"), &folder())).await;
        let manager = owner(system, "operator", system.io()).await;
        let found = with_keys(&system.webhook, &manager, &wanted("all"), &folder()).await.unwrap();
        assert!(found.iter().all(|one| !one.has_failed()), "request {number}: {found:#?}");
        assert_eq!((roles(system, "a"), roles(system, "b")), (3, 3), "request {number}");
        assert_eq!(entered(system).await, aliases(system, &["a", "b"]), "request {number}");
        first.is_none()
    }) {
        number += 1;
    }
    assert!(number > 8, "{number} requests");
}

#[test]
fn a_member_leaves_then_all_and_the_group_goes_with_the_last() {
    unconnected(async |system| {
        directory(system, &["a", "b"]).await;
        let manager = owner(system, "operator", system.io()).await;
        with_keys(&system.webhook, &manager, &wanted("all"), &folder()).await.unwrap();
        let of_a = aliases(system, &["a"]).remove(0).parse().unwrap();
        let removed = remove(&system.webhook, &manager, &of_a).await.unwrap();
        assert_eq!(removed, std::slice::from_ref(&of_a));
        assert_eq!((roles(system, "a"), roles(system, "b")), (0, 3));
        assert_eq!(entered(system).await, aliases(system, &["b"]));
        let unknown = remove(&system.webhook, &manager, &of_a).await.unwrap_err();
        assert!(matches!(unknown, AccountsError::Unknown(_)), "{unknown:?}");
        remove(&system.webhook, &manager, &"all".parse().unwrap()).await.unwrap();
        assert_eq!((roles(system, "b"), entered(system).await.len()), (0, 0));
        let ros = manager.client.ros(&manager.region);
        assert!(ros.stack_group("causeway-roles").await.unwrap().is_none());
    });
}

#[test]
fn a_removal_that_dies_after_any_request_goes_on_when_it_is_run_again() {
    let mut number = 0;
    while unconnected(async |system| {
        directory(system, &["a", "b"]).await;
        let manager = owner(system, "operator", system.io()).await;
        with_keys(&system.webhook, &manager, &wanted("all"), &folder()).await.unwrap();
        let (mortal, io) = Mortal::of(system.io(), Death::After(number));
        let (webhook, dying) = (system.webhook_through(&io), owner(system, "operator", &io).await);
        let all = "all".parse().unwrap();
        let first = mortal.lives(remove(&webhook, &dying, &all)).await;
        match remove(&system.webhook, &manager, &all).await {
            // The one that died had nothing left to do but to say so.
            Ok(_) | Err(AccountsError::Unknown(_) | AccountsError::Cloud { .. }) => {}
            Err(error) => panic!("request {number}: {error:?}"),
        }
        assert_eq!((roles(system, "a"), roles(system, "b")), (0, 0), "request {number}");
        assert_eq!(entered(system).await.len(), 0, "request {number}");
        assert!(manager.client.ros(&manager.region).stack_group("causeway-roles").await.unwrap().is_none(), "{number}");
        first.is_none()
    }) {
        number += 1;
    }
    assert!(number > 6, "{number} requests");
}
