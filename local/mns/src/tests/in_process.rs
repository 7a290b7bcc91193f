use std::time::Duration;

use jiff::Timestamp;
use local_core::clock::Clock;
use local_core::table::Storage;

use super::{Client, queue, shared};
use crate::{Attributes, Created, DeadLetterPolicy, Mns, MnsError};

const NOW: Duration = Duration::ZERO;

fn open() -> Mns {
    let mns = Mns::open(&shared(Storage::in_memory(), Clock::system())).unwrap();
    assert_eq!(mns.create_queue(&queue("q"), Attributes::default()).unwrap(), Created::New);
    mns
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn an_undeleted_message_comes_again_after_its_visibility_timeout_under_another_handle() {
    let mns = open();
    let sent = mns.send(&queue("q"), "work", None).unwrap();
    let first = mns.receive(&queue("q"), 16, NOW).await.unwrap().remove(0);
    assert_eq!((first.body(), first.dequeue_count, &first.message_id), ("work", 1, &sent.message_id));
    let again = mns.receive(&queue("q"), 16, seconds(40)).await.unwrap().remove(0);
    assert_eq!((again.dequeue_count, &again.message_id), (2, &sent.message_id));
    assert_ne!(again.receipt_handle, first.receipt_handle);
    assert_eq!(again.first_dequeued_at, first.first_dequeued_at);
    assert!(matches!(mns.delete(&queue("q"), &first.receipt_handle), Err(MnsError::MessageNotExist)));
    mns.delete(&queue("q"), &again.receipt_handle).unwrap();
    assert!(mns.receive(&queue("q"), 16, seconds(60)).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_delayed_message_is_invisible_until_then_and_a_waiter_gets_it_on_time() {
    let mns = open();
    mns.send(&queue("q"), "later", Some(seconds(10))).unwrap();
    assert_eq!(mns.queue(&queue("q")).unwrap().delayed, 1);
    assert!(mns.receive(&queue("q"), 1, seconds(9)).await.unwrap().is_empty());
    let began = tokio::time::Instant::now();
    assert_eq!(mns.receive(&queue("q"), 1, seconds(30)).await.unwrap().len(), 1);
    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_already_when_a_delayed_message_is_sent_gets_it_on_time_too() {
    let mns = open();
    let (name, began) = (queue("q"), tokio::time::Instant::now());
    let waiter = mns.receive(&name, 1, seconds(30));
    let sender = async {
        tokio::time::sleep(seconds(1)).await;
        mns.send(&name, "later", Some(seconds(5))).unwrap();
    };
    let (got, ()) = tokio::join!(waiter, sender);
    assert_eq!(got.unwrap().len(), 1);
    assert_eq!(began.elapsed().as_secs(), 6);
}

#[tokio::test(start_paused = true)]
async fn the_sender_of_a_delayed_message_can_take_it_back_or_show_it_early() {
    let mns = open();
    let back = mns.send(&queue("q"), "back", Some(seconds(100))).unwrap().receipt_handle.unwrap();
    let early = mns.send(&queue("q"), "early", Some(seconds(100))).unwrap().receipt_handle.unwrap();
    mns.delete(&queue("q"), &back).unwrap();
    mns.change_visibility(&queue("q"), &early, seconds(1)).unwrap();
    let got = mns.receive(&queue("q"), 16, seconds(5)).await.unwrap();
    assert_eq!(got.iter().map(|delivery| delivery.body()).collect::<Vec<_>>(), ["early"]);
}

#[tokio::test(start_paused = true)]
async fn waiting_runs_on_cloud_time() {
    let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let shared = shared(Storage::in_memory(), Clock::new(start, start, 10.0));
    let mns = Mns::open(&shared).unwrap();
    mns.create_queue(&queue("q"), Attributes::default()).unwrap();
    let began = tokio::time::Instant::now();
    mns.receive(&queue("q"), 1, seconds(20)).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_of_many_waiters_gets_another_message() {
    let mns = open();
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let mns = mns.clone();
            tokio::spawn(async move { mns.receive(&queue("q"), 1, seconds(30)).await.unwrap().remove(0).message_id })
        })
        .collect();
    tokio::time::sleep(seconds(1)).await;
    for _ in 0..4 {
        mns.send(&queue("q"), "work", None).unwrap();
    }
    let mut ids = Vec::new();
    for waiter in waiters {
        ids.push(waiter.await.unwrap());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn deleting_the_queue_ends_a_wait() {
    let mns = open();
    let name = queue("q");
    let (received, removed) = tokio::join!(mns.receive(&name, 1, seconds(30)), async {
        tokio::time::sleep(seconds(2)).await;
        mns.delete_queue(&name).unwrap()
    });
    assert!(removed);
    assert!(matches!(received, Err(MnsError::QueueNotExist(_))));
}

#[tokio::test(start_paused = true)]
async fn a_message_is_gone_after_the_retention_period_consumed_or_not() {
    let mns = Mns::open(&shared(Storage::in_memory(), Clock::system())).unwrap();
    let attributes = Attributes { message_retention_period: 60, visibility_timeout: 100, ..Attributes::default() };
    mns.create_queue(&queue("q"), attributes).unwrap();
    mns.send(&queue("q"), "received", None).unwrap();
    mns.receive(&queue("q"), 1, NOW).await.unwrap();
    mns.send(&queue("q"), "waiting", None).unwrap();
    tokio::time::sleep(seconds(60)).await;
    let summary = mns.queue(&queue("q")).unwrap();
    assert_eq!((summary.active, summary.inactive), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_message_received_too_often_moves_to_the_dead_letters_and_wakes_who_waits_there() {
    let mns = Mns::open(&shared(Storage::in_memory(), Clock::system())).unwrap();
    mns.create_queue(&queue("dead"), Attributes::default()).unwrap();
    let policy = DeadLetterPolicy { queue: "dead".into(), max_receive_count: 2 };
    let attributes = Attributes { dead_letter: Some(policy), ..Attributes::default() };
    mns.create_queue(&queue("q"), attributes).unwrap();
    let sent = mns.send(&queue("q"), "poison", None).unwrap();

    assert_eq!(mns.receive(&queue("q"), 1, NOW).await.unwrap().len(), 1);
    assert_eq!(mns.receive(&queue("q"), 1, seconds(31)).await.unwrap().len(), 1);
    let dead = mns.receive(&queue("dead"), 1, seconds(100)).await.unwrap().remove(0);
    assert_eq!((dead.body(), dead.dequeue_count), ("poison", 1));
    let property = |name: &str| {
        dead.content.system_properties.iter().find(|p| p.name == name).map(|p| p.value.clone()).unwrap_or_default()
    };
    assert_eq!(property("DLQOriginMessageId"), sent.message_id);
    assert_eq!(property("DLQSourceArn"), queue("q").arn());
    assert!(mns.receive(&queue("q"), 1, seconds(31)).await.unwrap().is_empty());

    let own = DeadLetterPolicy { queue: "q".into(), max_receive_count: 2 };
    let refused = mns.set_attributes(&queue("q"), Attributes { dead_letter: Some(own), ..Attributes::default() });
    assert_eq!(refused.unwrap_err().code(), "InvalidArgument");
}

#[tokio::test(start_paused = true)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let handle;
    {
        let shared = shared(Storage::in_folder(folder.path()).unwrap(), Clock::new(start, start, 1.0));
        let mns = Mns::open(&shared).unwrap();
        mns.create_queue(&queue("q"), Attributes { visibility_timeout: 60, ..Attributes::default() }).unwrap();
        for body in ["received", "deleted", "ready"] {
            mns.send(&queue("q"), body, None).unwrap();
        }
        mns.send(&queue("q"), "delayed", Some(seconds(90))).unwrap();
        let mut got = mns.receive(&queue("q"), 2, NOW).await.unwrap();
        mns.delete(&queue("q"), &got.remove(1).receipt_handle).unwrap();
        handle = got.remove(0).receipt_handle;
        // Nothing is closed or flushed here: the values are dropped as a killed process drops them.
    }
    let later = start + seconds(30);
    let shared = shared(Storage::in_folder(folder.path()).unwrap(), Clock::new(later, later, 1.0));
    let mns = Mns::open(&shared).unwrap();
    let summary = &mns.queues()[0];
    assert_eq!((summary.active, summary.inactive, summary.delayed), (1, 1, 1));
    assert_eq!(summary.attributes.visibility_timeout, 60);
    let ready = mns.receive(&queue("q"), 16, NOW).await.unwrap().remove(0);
    assert_eq!(ready.body(), "ready");
    mns.delete(&queue("q"), &ready.receipt_handle).unwrap();
    mns.change_visibility(&queue("q"), &handle, seconds(5)).unwrap();
    let back = mns.receive(&queue("q"), 1, seconds(6)).await.unwrap().remove(0);
    assert_eq!((back.body(), back.dequeue_count), ("received", 2));
    mns.delete(&queue("q"), &back.receipt_handle).unwrap();
    let delayed = mns.receive(&queue("q"), 1, seconds(100)).await.unwrap().remove(0);
    assert_eq!(delayed.body(), "delayed");
}

#[tokio::test]
async fn both_doors_lead_to_the_same_queue() {
    let client = Client::with_queue("q").await;
    client.mns.send(&queue("q"), "from inside", None).unwrap();
    assert_eq!(client.call("GET", "/queues/q/messages", "").await.text("MessageBody"), "from inside");
}
