//! The store in memory and in a folder.

mod approvals;
mod notices;

use std::sync::Arc;

use jiff::Timestamp;
use transport::system::SystemClock;

use super::*;
use connection::lane::{Grant, Lane, Waiter};
use connection::outputs::Outputs;
use connection::record::{Network, Record, SideRecord};
use connection::share::SideRef;
use connection::spec::Spec;
use connection::words::{ConnectionName, Side};

fn stores() -> (tempfile::TempDir, Vec<Store>) {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = Store::in_folder(folder.path().to_str().unwrap(), Arc::new(SystemClock)).unwrap();
    (folder, vec![Store::in_memory(), in_folder])
}

fn named(name: &str) -> Record {
    let spec = serde_json::json!({
        "name": name, "kind": "router-interface", "spec": "Mini.2",
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    });
    let network = Network { cidr_blocks: Vec::new(), router_id: None, route_tables: Vec::new() };
    let side = SideRecord { account_id: "1".to_owned(), network, outputs: Outputs::default() };
    let sides = [Side::Initiator, Side::Acceptor].map(|known| (known, side.clone()));
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    Record::accepted(Spec::from_value(spec).unwrap(), "uid".to_owned(), sides.into(), now)
}

fn name(text: &str) -> ConnectionName {
    text.parse().unwrap()
}

#[tokio::test]
async fn of_two_writers_of_one_revision_the_second_is_told() {
    let (_folder, stores) = stores();
    for store in stores {
        let mut record = named("a-b");
        store.write(&record, Revision::FIRST, "one".into()).await.unwrap();
        record.sequence = 2;
        let error = store.write(&record, Revision::FIRST, "two".into()).await.unwrap_err();
        assert!(error.is_conflict(), "{error}");
        assert_eq!(store.read(record.name()).await.unwrap().unwrap().record.sequence, 1);
    }
}

#[tokio::test]
async fn the_newest_revision_is_read_and_every_older_one_is_kept() {
    let (_folder, stores) = stores();
    for store in stores {
        let mut record = named("a-b");
        let mut revision = Revision::FIRST;
        for sequence in 1..=12 {
            record.sequence = sequence;
            store.write(&record, revision, format!("{sequence}")).await.unwrap();
            revision = revision.next();
        }
        let newest = store.read(record.name()).await.unwrap().unwrap();
        assert_eq!((newest.record.sequence, newest.revision.number()), (12, 12));
        let first = store.read_revision(record.name(), Revision::FIRST).await.unwrap().unwrap();
        assert_eq!(first.record.sequence, 1);
        assert!(store.read(&name("a")).await.unwrap().is_none(), "a name is not a prefix");
    }
}

#[tokio::test]
async fn names_come_in_order_and_page_by_page() {
    let (_folder, stores) = stores();
    for store in stores {
        assert!(store.names(None, 10).await.unwrap().is_empty());
        for given in ["c", "a", "b-2", "b"] {
            store.write(&named(given), Revision::FIRST, "w".into()).await.unwrap();
        }
        assert_eq!(store.names(None, 2).await.unwrap(), [name("a"), name("b-2")]);
        assert_eq!(store.names(Some(&name("b-2")), 10).await.unwrap(), [name("b"), name("c")]);
    }
}

#[tokio::test]
async fn a_marker_is_over_when_its_journey_has_settled_and_not_before() {
    let (_folder, stores) = stores();
    for store in stores {
        assert!(store.open_markers().await.unwrap().is_empty());
        let mut record = named("a-b");
        store.mark_open(&record).await.unwrap();
        let [marker] = store.open_markers().await.unwrap().try_into().unwrap();
        assert_eq!(marker, OpenMarker::of(&record));
        assert!(!marker.is_over(&record));
        assert_eq!(store.marked_at(&marker).await.unwrap(), Some(record.updated_at));
        record.attempt += 1;
        assert!(marker.is_over(&record));
        assert!(!OpenMarker::of(&record).is_over(&named("a-b")), "a marker ahead of its record stays");
        store.unmark(&marker).await.unwrap();
        store.unmark(&marker).await.unwrap();
        assert!(store.open_markers().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_first_answer_of_a_signed_request_counts_for_two_days_at_least() {
    let (_folder, stores) = stores();
    let (ann, bob) = ("ann".parse().unwrap(), "bob".parse().unwrap());
    for store in stores {
        let at = named("a-b").created_at;
        let hours = |hours: u64| at + std::time::Duration::from_secs(hours * 3600);
        assert_eq!(store.answer(&ann, "msg_1", at).await.unwrap(), None);
        assert_eq!(store.keep_answer(&ann, "msg_1", "one", at).await.unwrap(), Claim::Taken);
        assert_eq!(store.keep_answer(&ann, "msg_1", "two", at).await.unwrap(), Claim::TakenBefore("one".into()));
        assert_eq!(store.answer(&bob, "msg_1", at).await.unwrap(), None, "each caller has its own");
        for later in [1, 24, 47] {
            assert_eq!(store.answer(&ann, "msg_1", hours(later)).await.unwrap().as_deref(), Some("one"));
            assert_eq!(store.forget_answers(hours(later)).await.unwrap(), 0);
        }
        store.create("seen/500001/of-an-earlier-release", Vec::new()).await.unwrap();
        assert_eq!(store.forget_answers(hours(97)).await.unwrap(), 2);
        assert_eq!(store.answer(&ann, "msg_1", at).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_idempotency_key_keeps_what_it_was_first_used_for() {
    let (_folder, stores) = stores();
    let (ann, bob) = ("ann".parse().unwrap(), "bob".parse().unwrap());
    for store in stores {
        assert_eq!(store.idempotency_key(&ann, "k").await.unwrap(), None);
        assert_eq!(store.claim_idempotency_key(&ann, "k", "one").await.unwrap(), Claim::Taken);
        assert_eq!(store.claim_idempotency_key(&ann, "k", "two").await.unwrap(), Claim::TakenBefore("one".into()));
        assert_eq!(store.claim_idempotency_key(&bob, "k", "three").await.unwrap(), Claim::Taken);
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "files carry the time of the system")]
async fn half_a_file_of_a_killed_process_is_passed_over_once_it_cannot_be_in_the_making_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::in_folder(folder.path().to_str().unwrap(), Arc::new(SystemClock)).unwrap();
    let record = named("a-b");
    store.write(&record, Revision::FIRST, "w".into()).await.unwrap();
    let torn = folder.path().join(Revision::FIRST.next().key(&format!("records/{}/", record.name())));
    std::fs::write(&torn, b"{\"writer\":").unwrap();
    assert!(matches!(store.read(record.name()).await, Err(StoreError::Unreadable { .. })));

    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    std::fs::File::options().write(true).open(&torn).unwrap().set_modified(long_ago).unwrap();
    let stored = store.read(record.name()).await.unwrap().unwrap();
    assert_eq!((stored.record, stored.revision.number()), (record.clone(), 2));
    store.write(&record, stored.revision.next(), "w".into()).await.unwrap();
}

#[tokio::test]
async fn a_record_of_a_newer_schema_is_refused_with_what_to_do() {
    let store = Store::in_memory();
    let mut record = named("a-b");
    record.version = 2;
    store.write(&record, Revision::FIRST, "w".into()).await.unwrap();
    let error = store.read(record.name()).await.unwrap_err();
    assert!(error.to_string().contains("deploy the functions that wrote it"), "{error}");
}

#[tokio::test]
async fn of_many_that_ask_for_a_lane_at_once_one_gets_it_and_each_gets_it_in_the_end() {
    let store = Store::in_memory();
    let lane = Lane::of_routes("1", "cn-qingdao", "vpc-a");
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let waiter = |number: usize| {
        Waiter::Side(SideRef {
            connection: format!("c-{number}").parse().unwrap(),
            uid: format!("uid-{number}"),
            side: Side::Acceptor,
        })
    };
    let number = std::sync::atomic::AtomicUsize::new(0);
    let writer = || number.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
    let mut waiting: Vec<_> = (0..12).map(waiter).collect();
    let mut served = Vec::new();
    while !waiting.is_empty() {
        let asked = waiting.iter().map(|waiter| store.acquire_lane(&lane, waiter, now, writer));
        let turns = futures::future::try_join_all(asked).await.unwrap();
        let mine: Vec<_> = (0..turns.len()).filter(|place| turns[*place] == Grant::Granted).collect();
        let [mine] = mine[..] else { panic!("one at a time: {turns:?}") };
        let done = waiting.remove(mine);
        let next = store.release_lane(&lane, &done, now, writer).await.unwrap();
        assert_eq!(next.is_none(), waiting.is_empty());
        served.push(done);
    }
    assert_eq!(served.len(), 12);
}
