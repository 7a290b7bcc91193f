//! The queue trigger.

use local_core::faults::{Delivery, FaultPlan};
use tokio::time::Instant;

use super::*;

/// Notes each call: when, and with which messages.
type Notes = Arc<Mutex<Vec<(Duration, Vec<String>)>>>;

/// A function that notes its calls and then does what `act` says of the first message.
fn noting<F>(act: impl Fn(String) -> F + Send + Sync + 'static) -> (Arc<Fake>, Notes)
where
    F: Future<Output = Result<Response<Bytes>, Exited>> + Send + 'static,
{
    let notes = Notes::default();
    let (inner, began) = (Arc::clone(&notes), Instant::now());
    let fake = Fake::new(move |request| {
        let bodies = bodies(request.body());
        inner.lock().unwrap().push((began.elapsed(), bodies.clone()));
        act(bodies[0].clone())
    });
    (fake, notes)
}

fn calls_with(notes: &Notes, body: &str) -> Vec<Duration> {
    let notes = notes.lock().unwrap();
    notes.iter().filter(|(_, bodies)| bodies.iter().any(|one| one == body)).map(|(at, _)| *at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_message_reaches_the_function_as_an_event_and_leaves_the_queue() {
    let world = World::new();
    let seen = Arc::new(Mutex::new(None));
    let note = Arc::clone(&seen);
    let fake = Fake::new(move |request| {
        *note.lock().unwrap() = Some(request);
        async { done("ok") }
    });
    world.deploy(&fed_by_queue("", TOLERANT), fake).await.unwrap();
    world.fc.start().await;
    world.send("jobs", r#"{"connection":"a"}"#);
    world.until("the queue is empty", || world.count("jobs") == 0).await;

    let request = seen.lock().unwrap().take().unwrap();
    assert_eq!(request.uri(), "/invoke");
    let header = |name: &str| request.headers()[name].to_str().unwrap();
    assert_eq!(header("x-fc-control-path"), "/invoke");
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!(header("x-fc-function-name"), "worker");
    assert_eq!(header("x-fc-access-key-id"), "", "without a role there is no key, and the header is empty");
    let id = header("x-fc-request-id");
    assert!(id.starts_with("1-") && id.split('-').map(str::len).eq([1, 8, 8, 12]), "{id}");
    let event: Value = serde_json::from_slice(request.body()).unwrap();
    let event = &event.as_array().unwrap()[0];
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "mns:Queue:SendMessage");
    assert_eq!(event["subject"], "acs:mns:cn-hangzhou:1000000000000001:queues/jobs");
    assert_eq!(event["data"]["messageBody"]["connection"], "a");

    let log = world.fc.invocations_since(0);
    assert_eq!(log.len(), 1);
    assert_eq!((&log[0].outcome, log[0].messages, log[0].request_id.as_str()), (&Outcome::Succeeded, 1, id));
    assert_eq!(log[0].trigger, TriggeredBy::Queue("feed".into()));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_is_repeated_three_times_and_then_its_message_is_a_dead_letter() {
    let world = World::new();
    let (fake, notes) = noting(|_| async { failed() });
    world.deploy(&fed_by_queue("", TOLERANT), fake).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "bad");
    world.until("it is a dead letter", || world.count("dead") == 1).await;
    assert_eq!(world.count("jobs"), 0);
    let calls = calls_with(&notes, "bad");
    assert_eq!(calls.len(), 4);
    for pair in calls.windows(2) {
        let pause = (pair[1] - pair[0]).as_secs_f64();
        assert!((10.0..=20.1).contains(&pause), "{pause}");
    }
    let letters = world.mns.receive(&world.queue("dead"), 1, Duration::ZERO).await.unwrap();
    assert_eq!(letters[0].body(), "bad");
    let retries: Vec<u32> = world.fc.invocations_since(0).iter().map(|one| one.retry).collect();
    assert_eq!(retries, [0, 1, 2, 3]);
    assert_eq!(world.fc.invocations_since(0)[0].outcome, Outcome::Failed("broken".into()));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_batch_is_on_its_way_at_a_time_and_what_is_slow_or_fails_holds_up_the_rest() {
    let world = World::new();
    let (fake, notes) = noting(|body| async move {
        match body.as_str() {
            "slow" => {
                tokio::time::sleep(Duration::from_secs(250)).await;
                done("")
            }
            "bad" => failed(),
            _ => done(""),
        }
    });
    let template = fed_by_queue(", InstanceConcurrency: 10", TOLERANT).replace("Timeout: 60, ", "Timeout: 299, ");
    world.deploy(&template, fake).await.unwrap();
    world.fc.start().await;
    for body in ["slow", "bad", "good"] {
        world.send("jobs", body);
    }
    world.until("all are through", || world.count("jobs") == 0).await;
    assert_eq!(calls_with(&notes, "slow").len(), 1, "it stayed hidden for as long as it took");
    let (bad, good) = (calls_with(&notes, "bad"), calls_with(&notes, "good"));
    assert!(bad[0] >= Duration::from_secs(250) && bad.len() == 4, "{bad:?}");
    assert!(good[0] >= bad[3], "{good:?} after {bad:?}");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn where_errors_are_not_tolerated_the_stream_stands_still_until_the_message_passes() {
    let world = World::new();
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let state = Arc::clone(&broken);
    let (fake, notes) = noting(move |_| {
        let broken = state.load(Ordering::SeqCst);
        async move { if broken { failed() } else { done("") } }
    });
    let options = "errorsTolerance: NONE, batchWindow: {CountBasedWindow: 1, TimeBasedWindow: 0}";
    world.deploy(&fed_by_queue("", options), fake).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "first");
    // The fourth call is the last of the retries.
    world.until("its retries are over", || calls_with(&notes, "first").len() == 4).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.send("jobs", "second");
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(calls_with(&notes, "second").len(), 0);
    assert_eq!(world.count("jobs"), 2);
    broken.store(false, Ordering::SeqCst);
    world.until("both are through", || world.count("jobs") == 0).await;
    assert_eq!(calls_with(&notes, "second").len(), 1);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_dead_letter_queue_a_message_is_dropped_after_its_retries() {
    let world = World::new();
    let (fake, notes) = noting(|_| async { failed() });
    world.deploy(&fed_by_queue("", "errorsTolerance: ALL"), fake).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "bad");
    world.until("it is gone", || world.count("jobs") == 0).await;
    assert_eq!(calls_with(&notes, "bad").len(), 4);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_goes_when_it_is_full_or_when_its_time_is_over() {
    let world = World::new();
    let (fake, notes) = noting(|_| async { done("") });
    let options = "errorsTolerance: ALL, batchWindow: {CountBasedWindow: 3, TimeBasedWindow: 5}";
    world.deploy(&fed_by_queue("", options), fake).await.unwrap();
    world.fc.start().await;
    let began = Instant::now();
    for body in ["1", "2", "3"] {
        world.send("jobs", body);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    world.until("the full batch is through", || world.count("jobs") == 0).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let began = Instant::now();
    world.send("jobs", "4");
    world.until("the other is through", || world.count("jobs") == 0).await;
    assert!((5.0..6.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    let batches: Vec<Vec<String>> = notes.lock().unwrap().iter().map(|(_, bodies)| bodies.clone()).collect();
    assert_eq!(batches, [vec!["1", "2", "3"], vec!["4"]]);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_batch_fails_as_a_whole() {
    let world = World::new();
    let (fake, _) = noting(|_| async { failed() });
    let options = "errorsTolerance: ALL, deadLetterQueue: {Arn: {'Fn::GetAtt': [Dead, ARN.WithSlash]}}, batchWindow: {CountBasedWindow: 10, TimeBasedWindow: 1}";
    world.deploy(&fed_by_queue("", options), fake).await.unwrap();
    for body in ["1", "2", "3"] {
        world.send("jobs", body);
    }
    world.fc.start().await;
    world.until("all are dead letters", || world.count("dead") == 3).await;
    assert_eq!(world.count("jobs"), 0);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_driven_trigger_hands_over_one_object() {
    let world = World::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let fake = Fake::new(move |request| {
        note.lock().unwrap().push(serde_json::from_slice::<Value>(request.body()).unwrap());
        async { done("") }
    });
    let template = fed_by_queue("", "errorsTolerance: ALL").replace("event-streaming", "event-driven");
    world.deploy(&template, fake).await.unwrap();
    world.send("jobs", "TRUE story");
    world.send("jobs", "7");
    world.fc.start().await;
    world.until("both are through", || world.count("jobs") == 0).await;
    let events = seen.lock().unwrap().clone();
    let mut bodies: Vec<String> = events.iter().map(|event| event["data"]["messageBody"].to_string()).collect();
    bodies.sort();
    assert_eq!(bodies, ["\"TRUE story\"", "7"]);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn faults_deliver_twice_and_late() {
    struct Plan;
    impl FaultPlan for Plan {
        fn on_delivery(&self, queue: &str, _: &str) -> Delivery {
            assert_eq!(queue, "jobs");
            Delivery { copies: 2, delay: Duration::from_secs(40) }
        }
    }
    let world = World::new();
    world.shared.faults.set_plan(Arc::new(Plan));
    let (fake, notes) = noting(|_| async { done("") });
    world.deploy(&fed_by_queue("", TOLERANT), fake).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "x");
    world.until("it is through", || world.count("jobs") == 0).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let calls = calls_with(&notes, "x");
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|at| at.as_secs() >= 40), "{calls:?}");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_dies_in_the_middle_is_replaced_and_the_message_comes_again() {
    let world = World::new();
    let count = Arc::new(AtomicUsize::new(0));
    let (fake, notes) = noting(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { Err(Exited { status: Some("signal: 9".into()), ..Exited::default() }) } else { done("") } }
    });
    world.deploy(&fed_by_queue("", TOLERANT), Arc::<Fake>::clone(&fake)).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "x");
    world.until("it is through", || world.count("jobs") == 0).await;
    assert_eq!(calls_with(&notes, "x").len(), 2);
    assert_eq!(fake.launched(), 2);
    assert_eq!(world.count("dead"), 0);
    let first = &world.fc.invocations_since(0)[0];
    assert_eq!(
        first.outcome,
        Outcome::Exited("Process exited unexpectedly before completing request (signal: 9)".into())
    );
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_function_that_does_not_answer_in_time_fails_and_its_instance_goes() {
    let world = World::new();
    let count = Arc::new(AtomicUsize::new(0));
    let (fake, notes) = noting(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { std::future::pending().await } else { done("") } }
    });
    world.deploy(&fed_by_queue("", TOLERANT), Arc::<Fake>::clone(&fake)).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "x");
    world.until("it is through", || world.count("jobs") == 0).await;
    let calls = calls_with(&notes, "x");
    assert!((70.0..81.0).contains(&(calls[1] - calls[0]).as_secs_f64()), "60 s of timeout and a pause: {calls:?}");
    assert_eq!(world.fc.invocations_since(0)[0].outcome, Outcome::TimedOut);
    assert_eq!((fake.launched(), fake.stopped()), (2, 1));
    world.stop().await;
    assert_eq!(fake.stopped(), 2);
}

#[tokio::test(start_paused = true)]
async fn stopping_gives_unfinished_messages_back_and_starting_delivers_them() {
    let world = World::new();
    let (fake, notes) = noting(|_| async { failed() });
    world.deploy(&fed_by_queue("", TOLERANT), fake).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "x");
    world.until("it failed once", || calls_with(&notes, "x").len() == 1).await;
    world.stop().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        world.mns.queue(&world.queue("jobs")).unwrap().active,
        1,
        "visible again, though it was hidden for long"
    );
    assert_eq!(calls_with(&notes, "x").len(), 1);
    world.fc.start().await;
    world.until("it came again", || calls_with(&notes, "x").len() >= 2).await;
    world.stop().await;
}

#[test]
fn a_message_survives_the_death_of_the_whole_cloud_in_the_middle_of_its_call() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let template = fed_by_queue("", TOLERANT);
    let first = runtime();
    let (world, notes) = first.block_on(async {
        let world = World::in_storage(Storage::in_folder(folder.path()).unwrap());
        let (fake, notes) = noting(|_| std::future::pending());
        world.deploy(&template, fake).await.unwrap();
        world.fc.start().await;
        world.send("jobs", "x");
        world.until("the call began", || calls_with(&notes, "x").len() == 1).await;
        (world, notes)
    });
    assert_eq!(calls_with(&notes, "x").len(), 1);
    // Nothing may run on the way out: that is what a kill is. The file is copied as it is on disk at this moment.
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("cloud.redb"), copy.path().join("cloud.redb")).unwrap();
    drop((world, first));
    runtime().block_on(async {
        let world = World::in_storage(Storage::in_folder(copy.path()).unwrap());
        let (fake, notes) = noting(|_| async { done("") });
        let deployment = world.deploy(&template, fake).await.unwrap();
        assert!(deployment.queues.iter().all(|(_, created)| *created == local_mns::Created::Existed));
        world.fc.start().await;
        world.until("it came again", || world.count("jobs") == 0).await;
        assert_eq!(calls_with(&notes, "x").len(), 1);
        world.stop().await;
    });
}

#[test]
fn the_same_seed_gives_the_same_run_call_by_call() {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start: jiff::Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
            let world = World::with(Storage::in_memory(), Clock::new(start, start, 7.0));
            let chance = Arc::clone(&world.shared.ids);
            let (fake, _) = noting(move |_| {
                let (pause, good) = (chance.below(5_000), chance.below(3) > 0);
                async move {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    if good { done("") } else { failed() }
                }
            });
            world.deploy(&fed_by_queue(", InstanceConcurrency: 3", TOLERANT), fake).await.unwrap();
            world.fc.start().await;
            for body in 0..40 {
                world.send("jobs", &format!("message {body}"));
            }
            world.until("all are through", || world.count("jobs") == 0).await;
            world.stop().await;
            world.fc.invocations_since(0)
        })
    };
    let first = run();
    assert!(first.len() > 40, "some calls failed and were repeated");
    assert_eq!(first, run());
}
