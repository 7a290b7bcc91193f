//! Sessions that end while a command runs.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::*;

/// A machine whose address hands out a session of an hour, a new one with each request, while the switch is on.
fn hourly(works: Arc<AtomicBool>) -> Machine {
    let count = AtomicU32::new(0);
    let clock = Arc::new(Mutex::new(None::<Arc<Cloud>>));
    let of_rule = Arc::clone(&clock);
    let machine = Machine::with_network(move |seen: &Seen| match seen.parts.uri.host() {
        Some("keys.example") if works.load(Ordering::Relaxed) => {
            let cloud = of_rule.lock().unwrap().clone().unwrap();
            let end = transport::Clock::now(&*cloud) + jiff::SignedDuration::from_hours(1);
            answer(200, &session(&format!("n{}", count.fetch_add(1, Ordering::Relaxed)), &end.to_string()))
        }
        _ => silence(),
    });
    *clock.lock().unwrap() = Some(Arc::clone(&machine.cloud));
    machine.set("ALIBABA_CLOUD_CREDENTIALS_URI", "http://keys.example/")
}

async fn id(found: &Found) -> String {
    found.provider.credentials().await.unwrap().access_key_id
}

#[tokio::test]
async fn a_session_is_renewed_five_minutes_before_it_ends_and_by_its_own_source_alone() {
    let works = Arc::new(AtomicBool::new(true));
    let machine = hourly(Arc::clone(&works));
    let found = machine.find().await.unwrap();
    let before = machine.cloud.seen().len();
    assert_eq!((id(&found).await, id(&found).await), ("n0".to_owned(), "n0".to_owned()));
    machine.cloud.advance(54 * 60);
    assert_eq!(id(&found).await, "n0");
    assert_eq!(machine.cloud.seen().len(), before, "nobody is asked while it lives");
    machine.cloud.advance(60);
    assert_eq!(id(&found).await, "n1");
    assert_eq!(machine.cloud.seen().len(), before + 1, "the other sources are not asked again");
}

#[tokio::test]
async fn while_its_source_is_silent_a_session_is_used_to_its_last_minute() {
    let works = Arc::new(AtomicBool::new(true));
    let machine = hourly(Arc::clone(&works));
    let found = machine.find().await.unwrap();
    works.store(false, Ordering::Relaxed);
    machine.cloud.advance(58 * 60);
    assert_eq!(id(&found).await, "n0");
    machine.cloud.advance(61);
    let gone = found.provider.credentials().await.unwrap_err();
    assert_eq!(gone.to_string(), "credentials URI: no answer from keys.example");
    assert!(gone.advice().contains("Renew these credentials"), "{}", gone.advice());
    works.store(true, Ordering::Relaxed);
    assert_eq!(id(&found).await, "n1");
}

#[tokio::test]
async fn a_key_that_the_cloud_refuses_is_fetched_anew() {
    let machine = hourly(Arc::new(AtomicBool::new(true)));
    let found = machine.find().await.unwrap();
    found.provider.refused("another").await;
    assert_eq!(id(&found).await, "n0");
    found.provider.refused("n0").await;
    assert_eq!(id(&found).await, "n1");
}

#[tokio::test]
async fn callers_that_come_at_once_fetch_once() {
    let machine = hourly(Arc::new(AtomicBool::new(true)));
    let found = machine.find().await.unwrap();
    machine.cloud.advance(58 * 60);
    let (one, other) = tokio::join!(id(&found), id(&found));
    assert_eq!((one.as_str(), other.as_str()), ("n1", "n1"));
}

#[tokio::test]
async fn a_session_that_was_signed_in_again_meanwhile_is_read_again() {
    let profile = |id: &str, end: i64| {
        format!(
            r#"{{"name":"p","mode":"CloudSSO","access_key_id":"{id}","access_key_secret":"b","sts_token":"t","sts_expiration":{end}}}"#
        )
    };
    let machine = Machine::new().profiles(&profile("first", 1_767_323_045 + 600));
    let found = machine.find().await.unwrap();
    assert_eq!(id(&found).await, "first");
    machine.cloud.advance(600);
    let over = found.provider.credentials().await.unwrap_err().to_string();
    assert!(over.contains("run `aliyun sts GetCallerIdentity --profile p`"), "{over}");
    let _machine = machine.profiles(&profile("second", 1_767_323_045 + 7200));
    assert_eq!(id(&found).await, "second");
}
