//! Events and what is due, in memory and in a folder.

use notice::{Event, EventId};

use super::*;
use crate::store::DueNotice;
use crate::tell::of_record;

fn event(revision: Revision) -> Event {
    let mut record = named("a-b");
    record.status = crate::record::Status::Arrived;
    of_record(&record, revision).unwrap()
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
