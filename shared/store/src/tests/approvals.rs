//! Logs of endpoints, versions of the policy, and counting approvals.

use approval::decision::{Actor, Draft, Entry, Event, Place, verify_bytes};
use approval::policy::Policy;
use approval::verdict::{Reason, Verdict};
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::Approved;
use connection::words::ResourceId;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

fn entry(before: Option<&Entry>, writer: &str) -> Entry {
    let draft = Draft {
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
    };
    draft.after(before, writer.to_owned())
}

#[tokio::test]
async fn of_two_that_decide_at_once_one_writes_and_the_log_stays_whole() {
    let (_folder, stores) = stores();
    for store in stores {
        let (service, endpoint) = (id("epsrv-1"), id("ep-1"));
        assert!(store.newest_decision(&service, &endpoint).await.unwrap().is_none());
        let mut before: Option<Entry> = None;
        for number in 0..12 {
            let one = entry(before.as_ref(), &format!("one-{number}"));
            let other = entry(before.as_ref(), &format!("other-{number}"));
            store.append_decision(&service, &endpoint, &one).await.unwrap();
            store.append_decision(&service, &endpoint, &one).await.unwrap_err();
            assert!(store.append_decision(&service, &endpoint, &other).await.unwrap_err().is_conflict());
            before = store.newest_decision(&service, &endpoint).await.unwrap();
            assert_eq!(before.as_ref(), Some(&one));
        }
        let log = store.decisions(&service, &endpoint).await.unwrap();
        assert_eq!(verify_bytes(("epsrv-1", "ep-1"), &log).unwrap().len(), 12);
        assert_eq!(store.decided_endpoints().await.unwrap(), [(service.clone(), endpoint)]);
        assert!(store.decisions(&service, &id("ep")).await.unwrap().is_empty(), "an id is not a prefix");
    }
}

#[tokio::test]
async fn a_log_that_was_copied_to_another_endpoint_counts_for_nothing_there() {
    let (_folder, stores) = stores();
    for store in stores {
        let (service, endpoint) = (id("epsrv-1"), id("ep-1"));
        let first = entry(None, "one");
        store.append_decision(&service, &endpoint, &first).await.unwrap();
        store.append_decision(&service, &endpoint, &entry(Some(&first), "two")).await.unwrap();
        for (to_service, to_endpoint) in [(id("epsrv-1"), id("ep-2")), (id("epsrv-2"), id("ep-1"))] {
            let log = store.decisions(&service, &endpoint).await.unwrap();
            for (number, bytes) in (1..).zip(log) {
                let key = Revision::numbered(number).key(&format!("decisions/{to_service}/{to_endpoint}/"));
                assert!(store.create(&key, bytes).await.unwrap());
            }
            let error = store.newest_decision(&to_service, &to_endpoint).await.unwrap_err();
            assert!(error.to_string().contains("belongs to endpoint ep-1 of service epsrv-1"), "{error}");
            let copied = store.decisions(&to_service, &to_endpoint).await.unwrap();
            assert_eq!(verify_bytes((to_service.as_str(), to_endpoint.as_str()), &copied).unwrap_err().place, 1);
        }
        assert!(store.newest_decision(&service, &endpoint).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn every_version_of_the_policy_is_kept_and_one_that_does_not_read_is_told() {
    let (_folder, stores) = stores();
    for store in stores {
        assert!(store.policy().await.unwrap().is_none());
        let policy =
            |minutes: u32| Policy::from_value(json!({"version": 1, "grace_minutes": minutes, "rules": []})).unwrap();
        for minutes in 1..=3 {
            let revision = store.put_policy(&policy(minutes), "ann", at(0), || minutes.to_string()).await.unwrap();
            assert_eq!(revision.number(), u64::from(minutes));
        }
        let newest = store.policy().await.unwrap().unwrap();
        assert_eq!((newest.policy, newest.revision.number()), (policy(3), 3));
        assert_eq!((newest.hash, newest.put_by.as_str()), (policy(3).hash(), "ann"));
        let bad = r#"{"writer":"x","policy":{"version":1,"put_by":"x","put_at":"2026-01-01T00:00:00Z","policy":{"rules":7}}}"#;
        let key = Revision::numbered(4).key("policy/");
        assert!(store.create(&key, bad.into()).await.unwrap());
        let error = store.policy().await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }) && error.to_string().contains("/rules"), "{error}");
    }
}

#[tokio::test]
async fn of_two_who_replace_the_same_policy_one_is_told() {
    let (_folder, stores) = stores();
    for store in stores {
        let policy =
            |minutes: u32| Policy::from_value(json!({"version": 1, "grace_minutes": minutes, "rules": []})).unwrap();
        let put = async |minutes: u32, before: Option<Revision>| {
            store.replace_policy(&policy(minutes), "ann", at(0), before, minutes.to_string()).await
        };
        let first = put(1, None).await.unwrap();
        assert!(put(2, None).await.unwrap_err().is_conflict(), "there is one");
        let second = put(3, Some(first)).await.unwrap();
        assert!(put(4, Some(first)).await.unwrap_err().is_conflict(), "it is not in force any more");
        assert_eq!(second.number(), 2);
        assert_eq!(store.policy().await.unwrap().unwrap().policy, policy(3));
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
