//! Copies of checkpoints: a store that was rolled back as a whole is found by them, nobody changes them, and no death of the
//! checkpointer leaves a checkpoint without one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use causeway_cli::audit::kept::Elsewhere;
use causeway_cli::audit::verify::verify;
use causeway_tests::fragile::{Asked, Mishap, Mishaps};
use causeway_tests::receiver::Receiver;
use causeway_tests::system::{System, audit_keys};
use causeway_tests::{often, on_virtual_time};
use http::Method;
use notice::sinks::SinkKind;
use serde_json::json;
use store::{Retention, Store};

use super::{MINUTE, entry_key, key_of, problems, put, rule};

const HOUR: Duration = Duration::from_secs(3600);
const BROKEN: &str = "causeway.audit.broken";
const UNCOPIED: &str = "causeway.audit.uncopied";

/// A world in which copies of checkpoints are kept for two days, and somebody is told of what is wrong with them.
fn copying(test: impl AsyncFnOnce(&System, &Receiver)) {
    on_virtual_time(async {
        let system = System::copying(2, 1, Mishaps::none()).await;
        test(&system, &*told(&system).await).await;
        system.stop().await;
    });
}

async fn told(system: &System) -> Arc<Receiver> {
    system.told("pager", SinkKind::Webhook, &json!({"types": [BROKEN, UNCOPIED]})).await
}

/// Puts policies, each of which is covered by a checkpoint of its own.
async fn policies(system: &System, effects: &[&str]) {
    for effect in effects {
        system.put_policy(rule(system, effect)).await;
        tokio::time::sleep(2 * MINUTE).await;
    }
}

fn checkpoint_key(number: u64) -> String {
    key_of("audit/checkpoints/", number)
}

async fn numbers(store: &Store) -> Vec<u64> {
    store.checkpoint_numbers().await.unwrap()
}

async fn newest(system: &System) -> u64 {
    *numbers(&system.store()).await.last().expect("there is one")
}

/// Whether every checkpoint has its copy, byte for byte.
async fn all_are_copied(system: &System) -> bool {
    let (store, copies) = (system.store(), system.copies());
    for number in numbers(&store).await {
        let own = store.checkpoint_object(number).await.unwrap();
        if own.is_none() || own != copies.checkpoint_object(number).await.unwrap() {
            return false;
        }
    }
    true
}

/// What verifying with the copies finds.
async fn problems_by_copies(system: &System) -> Vec<String> {
    let trusted = audit_keys().trusted().clone();
    let mut elsewhere = Elsewhere::default();
    elsewhere.copies(&system.copies(), "the copies", &trusted).await.unwrap();
    let found = verify(&system.store(), &trusted, &elsewhere.kept).await.unwrap();
    let all = found.problems.into_iter().chain(elsewhere.problems);
    all.map(|problem| format!("{}: {}", problem.place, problem.what)).collect()
}

/// Takes the newest checkpoint away with all that it covers, which is the newest policy: what is left is whole.
async fn roll_back(system: &System) -> u64 {
    let store = system.store();
    let (stored, number) = store.newest_checkpoint().await.unwrap().unwrap();
    for entry in &stored.entries {
        store.delete(&entry_key(&entry.subject, entry.sequence)).await.unwrap();
    }
    let newest = *store.policy_versions().await.unwrap().iter().max().unwrap();
    store.delete(&key_of("policy/", newest)).await.unwrap();
    store.delete(&checkpoint_key(number.number())).await.unwrap();
    number.number()
}

/// The operator asks for something in the bucket of the copies: status and code.
async fn asks(system: &System, method: Method, target: &str, body: &str) -> (u16, String) {
    let answer = system.oss(method, &format!("{}{target}", system.copies_bucket()), body).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    (answer.status().as_u16(), code.unwrap_or_default().to_owned())
}

/// The operator deletes a copy.
async fn deletes(system: &System, number: u64) -> (u16, String) {
    asks(system, Method::DELETE, &format!("/{}", checkpoint_key(number)), "").await
}

fn immutable() -> (u16, String) {
    (409, "FileImmutable".to_owned())
}

#[test]
fn a_store_that_is_rolled_back_with_its_checkpoints_is_found_by_the_copies() {
    copying(async |system, pager| {
        policies(system, &["hold", "approve"]).await;
        assert!(all_are_copied(system).await);
        assert_eq!(problems_by_copies(system).await, Vec::<String>::new());
        let gone = roll_back(system).await;
        assert_eq!(problems(&system.store(), None).await, Vec::<String>::new(), "nothing else shows it");
        let found = problems_by_copies(system).await;
        assert!(found.len() == 1 && found[0].contains("were taken away"), "{found:#?}");

        // The checkpointer does not sign a second history, and the rest of the sweep goes on.
        policies(system, &["hold"]).await;
        assert_eq!(pager.types(), [BROKEN], "it is told, and once");
        assert_eq!(newest(system).await, gone - 1, "nothing is built on what is left");
        assert!(!system.store().pending(10).await.unwrap().markers.is_empty());
        system.built(&system.tutorial()).await;

        // Somebody puts the checkpoint back; what it covered stays found.
        let copy = system.copies().checkpoint_object(gone).await.unwrap().unwrap();
        put(&system.store(), &checkpoint_key(gone), copy).await;
        tokio::time::sleep(3 * MINUTE).await;
        assert!(newest(system).await > gone, "checkpoints go on");
        assert!(system.store().pending(10).await.unwrap().markers.is_empty());
        assert!(all_are_copied(system).await);
        let found = problems_by_copies(system).await;
        let shows = |problem: &String| {
            problem.contains("not the one that a checkpoint covers") || problem.contains("of policy a second time")
        };
        assert!(found.iter().any(shows), "{found:#?}");
    });
}

#[test]
fn checkpoints_that_are_all_taken_away_are_not_begun_anew_beside_their_copies() {
    copying(async |system, pager| {
        policies(system, &["hold"]).await;
        for number in numbers(&system.store()).await {
            system.store().delete(&checkpoint_key(number)).await.unwrap();
        }
        policies(system, &["approve"]).await;
        assert_eq!(numbers(&system.store()).await, Vec::<u64>::new());
        assert_eq!(pager.types(), [BROKEN]);
        let found = problems_by_copies(system).await;
        assert!(found.iter().any(|problem| problem.contains("were taken away")), "{found:#?}");
    });
}

#[test]
fn nobody_overwrites_or_deletes_a_copy_once_the_policy_is_locked() {
    copying(async |system, pager| {
        policies(system, &["hold", "approve"]).await;
        assert_eq!(system.retention().await.unwrap(), Retention::Unlocked { days: 2 });
        let worm = system.cloud.oss().worm(&system.copies_bucket()).unwrap().expect("the stack made one");
        assert_eq!(asks(system, Method::POST, &format!("?wormId={}", worm.id), "").await.0, 200, "a person locks it");
        // A policy that is not locked ends after a day.
        tokio::time::sleep(30 * HOUR).await;
        assert_eq!(system.retention().await.unwrap(), Retention::Locked { days: 2 });
        for number in numbers(&system.copies()).await {
            assert_eq!(asks(system, Method::PUT, &format!("/{}", checkpoint_key(number)), "{}").await, immutable());
            assert_eq!(deletes(system, number).await, immutable());
        }
        assert_eq!(asks(system, Method::DELETE, "?worm", "").await, (403, "WORMConfigurationLocked".to_owned()));
        assert_eq!(asks(system, Method::DELETE, "", "").await, (409, "BucketNotEmpty".to_owned()));
        assert!(all_are_copied(system).await && pager.types().is_empty());
        tokio::time::sleep(20 * HOUR).await;
        assert_eq!(deletes(system, 1).await.0, 204, "its days are over");
        assert_eq!(problems_by_copies(system).await, Vec::<String>::new(), "the newer one covers what it did");
    });
}

#[test]
fn a_copy_that_is_deleted_because_nobody_locked_the_policy_is_told_and_made_again() {
    copying(async |system, pager| {
        policies(system, &["hold"]).await;
        let newest = newest(system).await;
        assert_eq!(deletes(system, newest).await, immutable());
        tokio::time::sleep(24 * HOUR).await;
        assert_eq!(deletes(system, newest).await.0, 204);
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(pager.types(), [UNCOPIED]);
        assert!(all_are_copied(system).await);
    });
}

#[test]
fn what_somebody_without_the_key_puts_in_the_place_of_a_copy_is_told_and_stops_nothing() {
    copying(async |system, pager| {
        policies(system, &["hold"]).await;
        let last = newest(system).await;
        put(&system.copies(), &checkpoint_key(last + 1), "{}").await;
        // A copy of old, where that of the next but one is to come.
        let old = system.copies().checkpoint_object(last).await.unwrap().unwrap();
        put(&system.copies(), &checkpoint_key(last + 2), old).await;
        policies(system, &["approve", "hold", "approve"]).await;
        assert_eq!(newest(system).await, last + 3);
        assert_eq!(pager.types(), [BROKEN, BROKEN], "each of them once");
        let copied = system.copies().checkpoint_object(last + 3).await.unwrap();
        assert_eq!(copied, system.store().checkpoint_object(last + 3).await.unwrap());
        assert_eq!(problems(&system.store(), None).await, Vec::<String>::new());
        let found = problems_by_copies(system).await;
        assert!(found.len() == 1 && found[0].contains(&format!("the copy of checkpoint {}", last + 1)), "{found:#?}");
    });
}

#[test]
fn without_its_bucket_checkpoints_go_on_and_the_newest_is_copied_when_it_is_back() {
    copying(async |system, pager| {
        policies(system, &["hold"]).await;
        assert_eq!(asks(system, Method::DELETE, "?worm", "").await.0, 204, "nobody has locked it");
        assert_eq!(system.retention().await.unwrap(), Retention::None);
        for number in numbers(&system.copies()).await {
            assert_eq!(deletes(system, number).await.0, 204);
        }
        assert_eq!(asks(system, Method::DELETE, "", "").await.0, 204);
        assert!(system.retention().await.unwrap_err().to_string().contains("NoSuchBucket"));
        let before = newest(system).await;
        policies(system, &["approve", "hold"]).await;
        system.built(&system.tutorial()).await;
        tokio::time::sleep(2 * MINUTE).await;
        assert!(newest(system).await >= before + 3);
        assert_eq!(pager.types(), [UNCOPIED], "once a day, however many there are");
        tokio::time::sleep(24 * HOUR).await;
        assert_eq!(pager.types(), [UNCOPIED, UNCOPIED]);

        assert_eq!(asks(system, Method::PUT, "", "").await.0, 200);
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(numbers(&system.copies()).await, [newest(system).await], "it covers what those before it do");
        assert_eq!(problems_by_copies(system).await, Vec::<String>::new());
    });
}

#[test]
fn copies_are_turned_on_and_off_in_a_deployment_that_has_checkpoints() {
    on_virtual_time(async {
        let system = System::new(1, Mishaps::none()).await;
        let pager = told(&system).await;
        policies(&system, &["hold", "approve"]).await;
        tokio::time::sleep(15 * MINUTE).await;
        system.deploys_copies(2).await;
        tokio::time::sleep(2 * MINUTE).await;
        let first = newest(&system).await;
        assert_eq!(numbers(&system.copies()).await, [first]);
        assert_eq!(pager.types(), [UNCOPIED], "it had none");
        policies(&system, &["hold"]).await;
        assert_eq!(numbers(&system.copies()).await, [first, first + 1]);
        system.deploys_copies(0).await;
        policies(&system, &["approve"]).await;
        assert_eq!(newest(&system).await, first + 2);
        assert_eq!(numbers(&system.copies()).await, [first, first + 1], "they stay, and nothing comes to them");
        assert_eq!(pager.types(), [UNCOPIED]);
        system.end().await;
    });
}

/// Whether a request of the sweep is about a checkpoint or its copy.
fn is_about_checkpoints(asked: &Asked<'_>) -> bool {
    let uri = asked.request.uri();
    let is_of_copies = uri.host().is_some_and(|host| host.contains("-checkpoints-"));
    asked.function.ends_with("sweep") && (is_of_copies || uri.path().contains("/audit/checkpoints/"))
}

/// Policies are put, and each is covered by a checkpoint that is copied.
async fn copied(mishaps: &Arc<Mishaps>) -> Result<(), String> {
    let system = System::copying(2, 1, mishaps.clone()).await;
    let pager = told(&system).await;
    for effect in ["hold", "approve", "hold"] {
        system.put_policy(rule(&system, effect)).await;
        tokio::time::sleep(MINUTE).await;
    }
    tokio::time::sleep(12 * MINUTE).await;
    let found = verify(&system.store(), audit_keys().trusted(), &[]).await.unwrap();
    let is_left = !system.store().pending(10).await.unwrap().markers.is_empty();
    let wrong = if !found.problems.is_empty() || (found.covered, found.waiting) != (6, 0) || is_left {
        Some(format!("not all covered: {found:#?}"))
    } else if !all_are_copied(&system).await {
        Some("a checkpoint has no copy".to_owned())
    } else if pager.types().iter().any(|what| what == BROKEN) {
        Some("somebody was told for nothing".to_owned())
    } else {
        None
    };
    system.end().await;
    wrong.map_or(Ok(()), |wrong| Err(format!("{}: {wrong}", mishaps.log().join("; "))))
}

#[test]
fn a_checkpointer_that_dies_around_a_copy_leaves_every_checkpoint_with_one() {
    let count = Arc::new(AtomicUsize::new(0));
    let at = |wanted: Option<(usize, Mishap)>| {
        let (mut seen, count) = (0, count.clone());
        Mishaps::to(move |asked| {
            if !is_about_checkpoints(asked) {
                return None;
            }
            seen += 1;
            count.store(seen, Ordering::Relaxed);
            wanted.and_then(|(number, mishap)| (seen == number + 1).then_some(mishap))
        })
    };
    on_virtual_time(copied(&at(None))).unwrap();
    let all = count.load(Ordering::Relaxed);
    for mishap in Mishap::ALL {
        often::requests_survive(&(0..all), 3, |number| on_virtual_time(copied(&at(Some((number, mishap))))));
    }
}
