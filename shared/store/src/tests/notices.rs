//! Events and what is due, in memory and in a folder.

use notice::event::{Data, VERSION};
use notice::{Event, EventId, EventType, Severity};

use super::*;
use crate::{DueNotice, Listed};

fn event(revision: Revision) -> Event {
    let what = EventType::ConnectionActive;
    Event {
        version: VERSION,
        id: EventId::of(what, &["uid", &revision.number().to_string()]),
        what,
        subject: "a-b".to_owned(),
        time: Timestamp::from_second(1_800_000_000).unwrap(),
        severity: Severity::Info,
        data: Data::default(),
    }
}

fn due(id: &str, second: i64) -> DueNotice {
    DueNotice::of(&id.parse::<EventId>().unwrap(), Timestamp::from_second(second).unwrap())
}

#[tokio::test]
async fn an_event_that_is_put_twice_is_there_once_and_listed_as_due() {
    let (_folder, stores) = stores();
    for store in stores {
        let event = event(Revision::FIRST);
        assert!(store.put_notice(&event).await.unwrap());
        assert!(!store.put_notice(&event).await.unwrap());
        assert_eq!(store.notice(&event.id).await.unwrap().as_ref(), Some(&event));
        let listed = store.due_notices(event.time, 10).await.unwrap();
        assert_eq!(listed, [DueNotice::of(&event.id, event.time)]);
        store.unlist_notice(&listed[0]).await.unwrap();
        assert!(!store.put_notice(&event).await.unwrap(), "it was told, and is not told again");
        assert_eq!(store.due_notices(event.time, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_is_due_comes_in_order_and_what_lies_ahead_does_not() {
    let (_folder, stores) = stores();
    for store in stores {
        for listed in [due("c", 300), due("a", 200), due("b", 100), due("d", 9_999_999_999)] {
            store.list_notice(&listed).await.unwrap();
        }
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(store.due_notices(at(299), 10).await.unwrap(), [due("b", 100), due("a", 200)]);
        assert_eq!(store.due_notices(at(300), 1).await.unwrap(), [due("b", 100)]);
        assert_eq!(store.due_notices(at(99), 10).await.unwrap(), []);
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "files carry the time of the system")]
async fn half_an_event_of_a_killed_process_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::in_folder(folder.path().to_str().unwrap(), Arc::new(SystemClock)).unwrap();
    let event = event(Revision::FIRST);
    let torn = folder.path().join(format!("notices/events/{}.json", event.id));
    std::fs::create_dir_all(torn.parent().unwrap()).unwrap();
    std::fs::write(&torn, b"{\"version\":").unwrap();
    assert!(store.put_notice(&event).await.is_err(), "somebody may be writing it");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    std::fs::File::options().write(true).open(&torn).unwrap().set_modified(long_ago).unwrap();
    assert!(store.put_notice(&event).await.unwrap());
    assert_eq!(store.notice(&event.id).await.unwrap(), Some(event));
}

#[tokio::test]
async fn events_are_listed_newest_first_page_by_page_and_old_ones_no_more() {
    let (_folder, stores) = stores();
    for store in stores {
        assert_eq!(store.newest_notices(None, 10).await.unwrap(), []);
        let mut events = Vec::new();
        let mut revision = Revision::FIRST;
        for second in [300, 100, 200, 200] {
            let event = Event { time: Timestamp::from_second(second).unwrap(), ..event(revision) };
            store.put_notice(&event).await.unwrap();
            store.put_notice(&event).await.unwrap();
            events.push(Listed::of(&event));
            revision = revision.next();
        }
        let in_order = [&events[0], &events[2], &events[3], &events[1]].map(Clone::clone);
        assert_eq!(store.newest_notices(None, 10).await.unwrap(), in_order);
        assert_eq!(store.newest_notices(None, 2).await.unwrap(), in_order[..2]);
        assert_eq!(store.newest_notices(Some(&in_order[1]), 2).await.unwrap(), in_order[2..]);
        assert_eq!(store.newest_notices(Some(&in_order[3]), 2).await.unwrap(), []);

        let before = Timestamp::from_second(200).unwrap();
        assert_eq!(store.unlist_notices_before(before, 10).await.unwrap(), 1, "what happened in that second stays");
        assert_eq!(store.newest_notices(None, 10).await.unwrap(), in_order[..3]);
        assert!(store.notice(&events[1].event).await.unwrap().is_some(), "it is not told again");
        assert_eq!(store.unlist_notices_before(Timestamp::from_second(400).unwrap(), 2).await.unwrap(), 2);
        assert_eq!(store.newest_notices(None, 10).await.unwrap(), in_order[2..3]);
    }
}

#[test]
fn a_place_among_events_reads_as_it_is_written_and_nothing_else_does() {
    let listed = Listed::of(&event(Revision::FIRST));
    assert_eq!(listed.to_string().parse(), Ok(listed));
    for bad in ["", "1", "x-a", "1-A", "-1-a", "1000000000000-a"] {
        assert!(bad.parse::<Listed>().is_err(), "{bad}");
    }
}
