//! Accounts connected, checked and taken out by the commands of an operator, whose program may die at each of its calls.

use std::sync::Arc;
use std::time::Duration;

use causeway_cli::accounts::AccountsError;
use causeway_cli::accounts::add::{Wanted, by_id, jdcloud, with_keys};
use causeway_cli::accounts::remove::remove;
use causeway_cli::args::RoleApi;
use causeway_cli::operator::Operator;
use causeway_local::cdt::State;
use causeway_local::opened::Openable;
use causeway_local::seed::Seed;
use causeway_tests::mortal::{Death, Mortal};
use causeway_tests::system::{System, in_world_of};
use cloud_signing::Credentials;
use connection::account::{Account, Accounts, AlicloudAccount, Need};
use connection::words::Kind;
use futures::future::join;
use operate::Client;
use transport::Io;

const ROLE_APIS: [RoleApi; 2] = [RoleApi::Ros, RoleApi::Ram];

/// A world whose accounts nobody has connected yet.
pub fn unconnected<T>(test: impl AsyncFnOnce(&System) -> T) -> T {
    in_world_of(Seed::tutorial().without_roles(), &[], async |system| {
        system.forget_accounts().await;
        test(system).await
    })
}

pub fn wanted(alias: &str) -> Wanted {
    Wanted {
        alias: alias.parse().unwrap(),
        owner: None,
        role_prefix: None,
        external_id: None,
        command_user: None,
        regions: Vec::new(),
    }
}

/// Whoever has the keys of an account.
pub async fn owner(system: &System, alias: &str, io: &Io) -> Operator {
    let own = system.account(alias);
    let keys = Arc::new(Credentials::new(&own.access_key_id, own.access_key_secret.as_str()));
    let identity = Client::new(system.io().clone(), None, keys.clone()).identity().await.unwrap();
    Operator {
        client: Client::new(io.clone(), None, keys),
        identity,
        origin: "a test".to_owned(),
        region: system.cloud.shared().home.region.parse().unwrap(),
        stack: "causeway".to_owned(),
        endpoint: None,
        io: io.clone(),
    }
}

async fn connect(system: &System, alias: &str, how: RoleApi) {
    let owner = owner(system, alias, system.io()).await;
    let found = with_keys(&system.webhook, &owner, &wanted(alias), how, false).await.unwrap();
    assert!(!found.has_failed(), "{found:#?}");
}

pub async fn documented(system: &System) -> Accounts {
    system.store().accounts().await.unwrap().unwrap_or_else(Accounts::none)
}

async fn entry(system: &System, alias: &str) -> Option<AlicloudAccount> {
    match documented(system).await.get(&alias.parse().unwrap())? {
        Account::Alicloud(account) => Some(account.clone()),
        Account::Jdcloud(_) => None,
    }
}

/// The roles that an account has of those that Causeway needs.
pub fn roles(system: &System, alias: &str) -> usize {
    let identities = &system.cloud.shared().identities;
    let is_there =
        |need: &Need| identities.role(system.account_id(alias), &format!("causeway-{}", need.word())).is_some();
    Need::ALL.iter().filter(|need| is_there(need)).count()
}

/// The number of policies is that of the documents, so none was left beside its role or made twice.
fn policies(system: &System, alias: &str) -> usize {
    let id = system.account_id(alias).to_owned();
    system
        .cloud
        .shared()
        .identities
        .directory::<_, causeway_local::table::StorageError>(|directory| {
            Ok(directory.policies.iter().filter(|(key, _)| key.starts_with(&id)).count())
        })
        .unwrap()
}

#[test]
fn accounts_that_are_connected_by_their_keys_carry_a_connection() {
    for how in ROLE_APIS {
        unconnected(async |system| {
            for alias in ["a", "b"] {
                connect(system, alias, how).await;
            }
            let (a, b) = (entry(system, "a").await.unwrap(), entry(system, "b").await.unwrap());
            assert_eq!((a.id.as_str(), a.role_prefix.as_deref()), (system.account_id("a"), Some("causeway")));
            let words = [a.external_id.unwrap(), b.external_id.unwrap()];
            assert!(words[0] != words[1] && words.iter().all(|word| word.len() == 32), "{words:?}");
            tokio::time::sleep(Duration::from_secs(61)).await;
            system.built(&system.tutorial_by(Kind::VpcPeering)).await;
        });
    }
}

#[test]
fn whoever_does_not_know_the_word_is_not_let_in() {
    unconnected(async |system| {
        connect(system, "a", RoleApi::Ros).await;
        let mut accounts = documented(system).await;
        if let Some(Account::Alicloud(account)) = accounts.accounts.get_mut(&"a".parse().unwrap()) {
            account.external_id = Some("guessed".to_owned());
        }
        system.store().put_accounts(&accounts).await.unwrap();
        let found = causeway_cli::accounts::check::check(&system.webhook, &"a".parse().unwrap(), None).await.unwrap();
        assert!(found.has_failed(), "{found:#?}");
    });
}

#[test]
fn connecting_again_keeps_the_word_and_what_the_document_says_and_changes_what_is_asked_for() {
    for how in ROLE_APIS {
        unconnected(async |system| {
            connect(system, "a", how).await;
            let first = entry(system, "a").await.unwrap();
            connect(system, "a", how).await;
            assert_eq!(entry(system, "a").await.unwrap(), first);
            let keeper = owner(system, "a", system.io()).await;
            let other =
                Wanted { command_user: Some("pinger".to_owned()), owner: Some("ann".parse().unwrap()), ..wanted("a") };
            with_keys(&system.webhook, &keeper, &other, how, false).await.unwrap();
            let changed = entry(system, "a").await.unwrap();
            assert_eq!((changed.command_user.as_deref(), changed.external_id), (Some("pinger"), first.external_id));
            let role = system.cloud.shared().identities.role(system.account_id("a"), "causeway-command").unwrap();
            assert!(serde_json::to_string(&role.policies).unwrap().contains("pinger"), "{role:?}");
        });
    }
}

/// Whatever request is the last one, the next run comes to the same, and nothing is there twice.
#[test]
fn a_command_that_dies_after_any_request_goes_on_when_it_is_run_again() {
    for how in ROLE_APIS {
        let mut number = 0;
        loop {
            let has_died = unconnected(async |system| {
                let (mortal, io) = Mortal::of(system.io(), Death::After(number));
                let (webhook, keeper) = (system.webhook_through(&io), owner(system, "a", &io).await);
                let first = mortal.lives(with_keys(&webhook, &keeper, &wanted("a"), how, false)).await;
                connect(system, "a", how).await;
                assert_eq!((roles(system, "a"), documented(system).await.accounts.len()), (3, 1), "request {number}");
                let all = policies(system, "a");
                remove_by(system, Death::Never, how).await;
                assert_eq!((roles(system, "a"), policies(system, "a")), (0, 0), "request {number}, of {all}");
                first.is_none()
            });
            if !has_died {
                assert!(number > 10, "{how:?}: {number} requests");
                break;
            }
            number += 1;
        }
    }
}

/// Takes a out. Whether the process died.
async fn remove_by(system: &System, death: Death, how: RoleApi) -> bool {
    let (mortal, io) = Mortal::of(system.io(), death);
    let (webhook, keeper) = (system.webhook_through(&io), owner(system, "a", &io).await);
    let alias = "a".parse().unwrap();
    let removed = mortal.lives(remove(&webhook, Some(&keeper), &alias, (how, None))).await;
    removed.map(|removed| removed.unwrap()).is_none()
}

#[test]
fn a_removal_that_dies_after_any_request_goes_on_when_it_is_run_again() {
    for how in ROLE_APIS {
        let mut number = 0;
        while unconnected(async |system| {
            connect(system, "a", how).await;
            let has_died = remove_by(system, Death::After(number), how).await;
            remove_by(system, Death::Never, how).await;
            assert_eq!((roles(system, "a"), policies(system, "a")), (0, 0), "request {number}");
            assert!(documented(system).await.accounts.is_empty(), "request {number}");
            has_died
        }) {
            number += 1;
        }
        assert!(number > 5, "{how:?}: {number} requests");
    }
}

#[test]
fn an_account_in_use_stays_and_so_does_one_whose_keys_are_another_ones() {
    unconnected(async |system| {
        for alias in ["a", "b"] {
            connect(system, alias, RoleApi::Ros).await;
        }
        tokio::time::sleep(Duration::from_secs(61)).await;
        system.built(&system.tutorial_by(Kind::VpcPeering)).await;
        let (a, others) = (owner(system, "a", system.io()).await, owner(system, "b", system.io()).await);
        let alias = "a".parse().unwrap();
        let refused = remove(&system.webhook, Some(&a), &alias, (RoleApi::Ros, None)).await.unwrap_err();
        assert!(
            matches!(&refused, AccountsError::InUse { by, .. } if by[0].as_str() == "qingdao-beijing"),
            "{refused:?}"
        );
        let refused = remove(&system.webhook, Some(&others), &alias, (RoleApi::Ros, None)).await.unwrap_err();
        assert!(matches!(refused, AccountsError::OthersKeys { .. }), "{refused:?}");
        assert_eq!((roles(system, "a"), documented(system).await.accounts.len()), (3, 2));
        system.removed("qingdao-beijing").await;
        remove(&system.webhook, None, &alias, (RoleApi::Ros, None)).await.unwrap();
        assert_eq!(documented(system).await.accounts.len(), 1);
        assert_eq!(roles(system, "a"), 3, "without its keys its roles stay");
        let refused = remove(&system.webhook, None, &alias, (RoleApi::Ros, None)).await.unwrap_err();
        assert!(matches!(refused, AccountsError::Unknown(_)), "{refused:?}");
    });
}

#[test]
fn an_alias_and_an_account_belong_to_each_other() {
    unconnected(async |system| {
        connect(system, "a", RoleApi::Ros).await;
        let (a, b) = (owner(system, "a", system.io()).await, owner(system, "b", system.io()).await);
        let taken = with_keys(&system.webhook, &a, &wanted("second"), RoleApi::Ros, false).await.unwrap_err();
        assert!(matches!(taken, AccountsError::Taken { .. }), "{taken:?}");
        let other = with_keys(&system.webhook, &b, &wanted("a"), RoleApi::Ros, false).await.unwrap_err();
        assert!(matches!(other, AccountsError::Different { .. }), "{other:?}");
        assert_eq!((roles(system, "b"), documented(system).await.accounts.len()), (0, 1), "nothing was made");
    });
}

#[test]
fn two_who_connect_at_the_same_time_are_both_in_the_document() {
    unconnected(async |system| {
        join(connect(system, "a", RoleApi::Ram), connect(system, "b", RoleApi::Ram)).await;
        assert_eq!(documented(system).await.accounts.len(), 2);
    });
}

/// Nobody's account places an order unasked.
#[test]
fn products_are_opened_only_when_somebody_says_so() {
    unconnected(async |system| {
        let id = system.account_id("a");
        let but_links = Openable::ALL.iter().copied().filter(|one| *one != Openable::PrivateLink).collect();
        system.cloud.shared().opened.set(id, &but_links).unwrap();
        system.cloud.cdt().set(id, State::Closed).unwrap();
        let keeper = owner(system, "a", system.io()).await;
        with_keys(&system.webhook, &keeper, &wanted("a"), RoleApi::Ros, false).await.unwrap();
        let orders = ["OpenPrivateLinkService", "OpenCdtService"];
        assert_eq!(orders.map(|call| system.carried_out(call)), [0, 0]);
        with_keys(&system.webhook, &keeper, &wanted("a"), RoleApi::Ros, true).await.unwrap();
        assert_eq!(orders.map(|call| system.carried_out(call)), [1, 1]);
    });
}

#[test]
fn without_its_keys_an_account_is_entered_as_its_owner_made_it() {
    unconnected(async |system| {
        let id = system.account_id("a").parse().unwrap();
        let said = Wanted { external_id: Some("a-word".to_owned()), ..wanted("a") };
        let found = by_id(&system.webhook, &said, &id).await.unwrap();
        assert!(found.has_failed(), "its owner has made no roles yet");
        connect(system, "a", RoleApi::Ros).await;
        assert_eq!(entry(system, "a").await.unwrap().external_id.as_deref(), Some("a-word"));
        let jd = jdcloud(&system.webhook, &wanted("jd-a"), system.account_id("jd-a"), "jd-a").await.unwrap();
        assert!(!jd.has_failed(), "{jd:#?}");
        let unknown = jdcloud(&system.webhook, &wanted("jd-b"), system.account_id("jd-b"), "nobodys").await.unwrap();
        assert!(unknown.has_failed(), "{unknown:#?}");
    });
}
