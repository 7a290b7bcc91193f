//! Logs of endpoints, versions of the policy, and counting approvals.

use approval::decision::{Actor, DecisionContent, Draft, Entry, Event, Place, subject_of};
use approval::policy::Policy;
use approval::verdict::{Reason, Verdict};
use audit::act::{PolicyAct, PolicyStep};
use audit::entry::Fault;
use audit::log::verify;
use audit::{Keys, SigningKey, Subject};
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::{Approved, Newest};
use connection::words::ResourceId;

fn keys() -> Keys {
    Keys::only(SigningKey::from_seed("causeway.test", [1; 32]).unwrap())
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

fn draft() -> Draft {
    Draft {
        at: at(0),
        place: Place { account: "b".to_owned(), region: "eu-central-1".to_owned() },
        service_id: "epsrv-1".to_owned(),
        endpoint_id: "ep-1".to_owned(),
        actor: Actor::Policy,
        event: Event::Decided { verdict: Verdict::of(Reason::AccountNotListed, None) },
        request: None,
        facts: None,
        policy_hash: None,
        request_ids: Vec::new(),
    }
}

fn entry(before: Option<&Entry>, writer: &str) -> Entry {
    draft().after(before, writer.to_owned(), keys().own().unwrap())
}

async fn newest(store: &Store) -> Newest<DecisionContent> {
    store.newest_entry(&subject_of("epsrv-1", "ep-1"), keys().trusted()).await.unwrap()
}

async fn trusted(store: &Store) -> Option<Entry> {
    match newest(store).await {
        Newest::Trusted(entry) => entry,
        Newest::Untrusted(untrusted) => panic!("{untrusted}"),
    }
}

/// Puts an object in the place of an entry, as somebody with access to the store does.
async fn forge(store: &Store, sequence: u64, text: &str) {
    let key = Revision::numbered(sequence).key("decisions/epsrv-1/ep-1/");
    assert!(store.create(&key, text.as_bytes().to_vec()).await.unwrap());
}

#[tokio::test]
async fn of_two_that_decide_at_once_one_writes_and_the_log_stays_whole() {
    let (_folder, stores) = stores();
    for store in stores {
        let subject = subject_of("epsrv-1", "ep-1");
        let mut before: Option<Entry> = trusted(&store).await;
        assert!(before.is_none());
        for number in 0..12 {
            let one = entry(before.as_ref(), &format!("one-{number}"));
            let other = entry(before.as_ref(), &format!("other-{number}"));
            store.append(&one).await.unwrap();
            store.append(&one).await.unwrap_err();
            assert!(store.append(&other).await.unwrap_err().is_conflict());
            before = trusted(&store).await;
            assert_eq!(before.as_ref(), Some(&one));
        }
        let log = store.log(&subject).await.unwrap();
        assert_eq!(verify::<DecisionContent>(&subject, &log, keys().trusted()).unwrap().len(), 12);
        assert_eq!(store.decided_endpoints().await.unwrap(), [(id("epsrv-1"), id("ep-1"))]);
        assert_eq!(store.logs().await.unwrap(), std::slice::from_ref(&subject));
        assert!(store.log(&subject_of("epsrv-1", "ep")).await.unwrap().is_empty(), "an id is not a prefix");
        let markers = store.pending(100).await.unwrap();
        assert_eq!((markers.markers.len(), markers.more), (24, false), "each of them announced itself");
    }
}

#[tokio::test]
async fn what_was_forged_behind_a_log_is_not_gone_on_from_and_is_passed_over() {
    let (_folder, stores) = stores();
    for store in stores {
        let first = entry(None, "one");
        store.append(&first).await.unwrap();
        let other = SigningKey::from_seed("causeway.test", [2; 32]).unwrap();
        forge(&store, 2, &draft().after(Some(&first), "w".to_owned(), &other).to_text()).await;
        forge(&store, 3, "{").await;
        let Newest::Untrusted(untrusted) = newest(&store).await else { panic!("it is forged") };
        assert_eq!((untrusted.sequence, matches!(untrusted.fault, Fault::Unreadable(_))), (3, true));
        let subject = subject_of("epsrv-1", "ep-1");
        let placed = store.place_behind::<DecisionContent>(&subject, keys().trusted()).await.unwrap();
        assert_eq!(placed.0, Some(first));
        let next = draft().placed(placed.0.as_ref(), placed.1, "w".to_owned(), keys().own().unwrap());
        store.append(&next).await.unwrap();
        assert_eq!((trusted(&store).await, next.sequence, next.passes_over.len()), (Some(next.clone()), 4, 2));
    }
}

#[tokio::test]
async fn a_log_of_another_endpoint_or_another_number_does_not_count_here() {
    let store = Store::in_memory();
    let first = entry(None, "one");
    forge(&store, 2, &first.to_text()).await;
    assert!(matches!(newest(&store).await, Newest::Untrusted(it) if it.fault == Fault::Moved(1)));
    let elsewhere = Draft { endpoint_id: "ep-2".to_owned(), ..draft() };
    let elsewhere = elsewhere.after(None, "w".to_owned(), keys().own().unwrap());
    forge(&store, 3, &elsewhere.to_text()).await;
    assert!(matches!(newest(&store).await, Newest::Untrusted(it) if matches!(it.fault, Fault::Stranger(_))));
}

#[tokio::test]
async fn an_entry_without_signature_counts_only_while_there_is_no_other() {
    let store = Store::in_memory();
    let unsigned = |before: Option<&Entry>| {
        let mut value = serde_json::to_value(entry(before, "w")).unwrap();
        let fields = value.as_object_mut().unwrap();
        fields.retain(|name, _| !["subject", "key", "signature", "hash"].contains(&name.as_str()));
        value["version"] = 1.into();
        value["hash"] = audit::canonical::sha256(&value).into();
        audit::canonical::text(&value)
    };
    forge(&store, 1, &unsigned(None)).await;
    let first = trusted(&store).await.unwrap();
    assert!(!first.is_signed());
    store.append(&entry(Some(&first), "two")).await.unwrap();
    let second = trusted(&store).await.unwrap();
    forge(&store, 3, &unsigned(Some(&second))).await;
    assert!(matches!(newest(&store).await, Newest::Untrusted(it) if it.fault == Fault::Unsigned));
}

#[tokio::test]
async fn a_log_with_too_much_that_was_forged_or_without_a_number_left_asks_for_somebody_to_look() {
    let subject = subject_of("epsrv-1", "ep-1");
    let place = async |store: &Store| {
        let placed = store.place_behind::<DecisionContent>(&subject, keys().trusted()).await;
        placed.unwrap_err().to_string()
    };
    let store = Store::in_memory();
    for sequence in 1..=33 {
        forge(&store, sequence, "{}").await;
    }
    assert!(place(&store).await.contains("too many"));
    let store = Store::in_memory();
    forge(&store, u64::MAX, "{}").await;
    assert!(place(&store).await.contains("no number is left"));
}

#[tokio::test]
async fn markers_are_listed_by_their_age_and_checkpoints_are_written_once() {
    let (_folder, stores) = stores();
    for store in stores {
        for minutes in [3, 1, 2] {
            let draft = Draft { at: at(minutes), endpoint_id: format!("ep-{minutes}"), ..draft() };
            store.append(&draft.after(None, "w".to_owned(), keys().own().unwrap())).await.unwrap();
        }
        let page = store.pending(2).await.unwrap();
        let seconds: Vec<i64> = page.markers.iter().map(|marker| marker.second).collect();
        assert_eq!((seconds, page.more), (vec![at(1).as_second(), at(2).as_second()], true));
        store.delete_pending(&page.markers[0]).await.unwrap();
        assert!(!store.pending(2).await.unwrap().more);
        assert!(store.newest_checkpoint().await.unwrap().is_none());
        let checkpoint = crate::StoredCheckpoint {
            version: 1,
            note: "n".to_owned(),
            size: 2,
            subtrees: vec![page.markers[0].leaf],
            entries: page.markers.clone(),
            at: at(4),
            older: None,
        };
        store.put_checkpoint(&checkpoint, Revision::FIRST, "one".to_owned()).await.unwrap();
        let again = store.put_checkpoint(&checkpoint, Revision::FIRST, "two".to_owned()).await;
        assert!(again.unwrap_err().is_conflict());
        let (read, number) = store.newest_checkpoint().await.unwrap().unwrap();
        assert_eq!((read, number.number()), (checkpoint, 1));
        assert_eq!(store.checkpoint_numbers().await.unwrap(), [1]);
    }
}

#[tokio::test]
async fn every_version_of_the_policy_is_kept_and_one_that_does_not_read_is_told() {
    let (_folder, stores) = stores();
    for store in stores {
        let in_force = async || store.policy(keys().trusted()).await;
        assert!(in_force().await.unwrap().is_none());
        let policy =
            |minutes: u32| Policy::from_value(json!({"version": 1, "grace_minutes": minutes, "rules": []})).unwrap();
        for minutes in 1..=3 {
            let writer = || minutes.to_string();
            let revision = store.put_policy(&policy(minutes), "ann", at(0), &keys(), writer).await.unwrap();
            assert_eq!(revision.number(), u64::from(minutes));
        }
        let newest = in_force().await.unwrap().unwrap();
        assert_eq!((newest.policy, newest.revision.number()), (policy(3), 3));
        assert_eq!((newest.hash, newest.put_by.as_str()), (policy(3).hash(), "ann"));
        assert_eq!(store.policy_versions().await.unwrap(), [1, 2, 3]);
        let log = store.log(&Subject::Policy).await.unwrap();
        let log = verify::<PolicyAct>(&Subject::Policy, &log, keys().trusted()).unwrap();
        let steps: Vec<_> = log.iter().map(|entry| (entry.policy, entry.revision)).collect();
        let both = |revision| [(PolicyStep::Put, revision), (PolicyStep::InForce, revision)];
        assert_eq!(steps, [both(1), both(2), both(3)].concat());
        let bad = r#"{"writer":"x","policy":{"version":1,"put_by":"x","put_at":"2026-01-01T00:00:00Z","policy":{"rules":7}}}"#;
        let key = Revision::numbered(4).key("policy/");
        assert!(store.create(&key, bad.into()).await.unwrap());
        let error = in_force().await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }) && error.to_string().contains("/rules"), "{error}");
    }
}

#[tokio::test]
async fn a_policy_that_no_signed_entry_speaks_of_as_it_is_does_not_count() {
    let document = |policy: &str, by: &str, entry: &str| {
        format!(
            r#"{{"writer":"x","policy":{{"version":1,"put_by":"{by}","put_at":"{}","policy":{policy}{entry}}}}}"#,
            at(0)
        )
    };
    let (empty, open) = (r#"{"version":1,"rules":[]}"#, r#"{"version":1,"grace_minutes":7,"rules":[]}"#);
    for (document, words) in [
        (document(empty, "ann", ""), "nobody signed it"),
        (document(empty, "ann", r#","entry":9"#), "not to be trusted"),
        (document(open, "ann", r#","entry":1"#), "speaks of another"),
        (document(empty, "bob", r#","entry":1"#), "speaks of another"),
        (document(empty, "ann", r#","entry":1"#), "speaks of another"),
    ] {
        let store = Store::in_memory();
        let policy = Policy::from_json(empty.as_bytes()).unwrap();
        store.put_policy(&policy, "ann", at(0), &keys(), || "w".to_owned()).await.unwrap();
        assert!(store.create(&Revision::numbered(2).key("policy/"), document.clone().into()).await.unwrap());
        let error = store.policy(keys().trusted()).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Unreadable { reason, .. } if reason.contains(words)),
            "{document}: {error}"
        );
    }
}

#[tokio::test]
async fn of_two_who_replace_the_same_policy_one_is_told() {
    let (_folder, stores) = stores();
    for store in stores {
        let policy =
            |minutes: u32| Policy::from_value(json!({"version": 1, "grace_minutes": minutes, "rules": []})).unwrap();
        let put = async |minutes: u32, before: Option<Revision>| {
            store.replace_policy(&policy(minutes), ("ann", at(0)), before, &keys(), || minutes.to_string()).await
        };
        let first = put(1, None).await.unwrap();
        assert!(put(2, None).await.unwrap_err().is_conflict(), "there is one");
        let second = put(3, Some(first)).await.unwrap();
        assert!(put(4, Some(first)).await.unwrap_err().is_conflict(), "it is not in force any more");
        assert_eq!(second.number(), 2);
        assert_eq!(store.policy(keys().trusted()).await.unwrap().unwrap().policy, policy(3));
    }
}

#[tokio::test]
async fn approvals_count_for_an_hour_each_once_and_are_forgotten_later() {
    let (_folder, stores) = stores();
    for store in stores {
        let (service, endpoint) = (id("epsrv-1"), id("ep-1"));
        let mark = |minutes, rule, sequence| Approved {
            at: at(minutes),
            rule,
            service: &service,
            endpoint: &endpoint,
            sequence,
        };
        for approved in [mark(0, Some("a"), 1), mark(0, Some("a"), 1), mark(30, Some("b"), 2), mark(59, None, 3)] {
            store.mark_approved(approved).await.unwrap();
        }
        let count = |minutes| {
            let store = store.clone();
            async move { store.approvals_within_the_hour(at(minutes)).await.unwrap() }
        };
        let all = count(59).await;
        assert_eq!((all.in_all, all.by_rule["a"], all.by_rule["b"]), (3, 1, 1));
        assert_eq!(count(60).await.in_all, 2);
        assert_eq!(count(89).await.in_all, 2);
        assert_eq!(count(119).await.in_all, 0);
        assert_eq!(store.forget_approved(at(60)).await.unwrap(), 0);
        let later = at(0) + SignedDuration::from_hours(4);
        assert_eq!(store.forget_approved(later).await.unwrap(), 3);
        assert_eq!(count(60).await.in_all, 0);
    }
}
