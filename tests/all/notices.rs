//! People are told what happened: each of it, in spite of everything, and once.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use alicloud::private_link::ConnectionStatus::Connected;
use api::Page;
use api::notices::{Notice, NoticeStatus, RedeliveryPlan};
use api::problem::ProblemKind;
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::seed::Seed;
use causeway_tests::chaos::Threefold;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::links::REGION;
use causeway_tests::receiver::{Mood, Receiver};
use causeway_tests::system::{SINK_TOKEN, System, in_world, in_world_of};
use causeway_tests::{often, on_virtual_time};
use connection::record::Phase;
use connection::words::Kind;
use http::Method;
use notice::EventType::{ConnectionActive, ConnectionPaused, ConnectionRemoved};
use notice::delivery::{State, Status, Why};
use notice::sinks::SinkKind;
use notice::{EventId, EventType};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const NAME: &str = "qingdao-beijing";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// A journey that ends three times.
const ENDS: [&str; 3] = ["causeway.connection.active", "causeway.connection.paused", "causeway.connection.removed"];

/// Built, paused, removed.
async fn journey(system: &System) {
    system.built(&system.tutorial()).await;
    tokio::time::sleep(2 * MINUTE).await;
    rest_of_journey(system).await;
}

async fn rest_of_journey(system: &System) {
    system.command(NAME, "pause").await.unwrap();
    system.at_rest(NAME).await;
    system.removed(NAME).await;
}

/// What was told, each once however often it was: by the ids.
fn told(receiver: &Receiver) -> BTreeSet<(String, String)> {
    let letter =
        |letter: &causeway_tests::receiver::Letter| (letter.body["type"].to_string(), letter.id.clone().unwrap());
    receiver.taken().iter().map(letter).collect()
}

/// Nothing is left that somebody would still have to do.
async fn nothing_is_left(system: &System) {
    let (store, now) = (system.store(), system.io().clock.now());
    let ahead = now.checked_add(jiff::SignedDuration::from_hours(24 * 7)).unwrap();
    assert_eq!(store.due_notices(ahead, 100).await.unwrap(), []);
    assert_eq!(system.open_markers().await, []);
}

#[test]
fn what_a_caller_traces_is_found_again_in_the_record_and_in_what_is_told() {
    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    in_world(async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!(null)).await;
        let spec = system.tutorial().to_string();
        let path = "/v1/connections";
        let posted = system.webhook.send(Method::POST, path, &[("traceparent", TRACE)], &spec).await.unwrap();
        assert!(posted.status().is_success(), "{posted:?}");
        system.settled(NAME, Phase::Active).await;
        let name = NAME.parse().unwrap();
        let traced = async || system.store().read(&name).await.unwrap().unwrap().record.trace.map(String::from);
        assert_eq!(traced().await.as_deref(), Some(TRACE));
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(hook.taken()[0].body["traceparent"], TRACE, "{:#?}", hook.taken());

        // What somebody else asks for belongs to other traces, and one that does not read to none.
        let pause = format!("{path}/{NAME}/pause");
        let asked = system.webhook.send(Method::POST, &pause, &[("traceparent", "00-zz-01")], "").await.unwrap();
        assert!(asked.status().is_success(), "{asked:?}");
        system.at_rest(NAME).await;
        assert_eq!(traced().await, None);
        tokio::time::sleep(2 * MINUTE).await;
        assert!(hook.taken()[1].body.get("traceparent").is_none());
    });
}

#[test]
fn every_end_of_a_journey_is_told_once_to_everybody_in_their_own_tongue() {
    in_world(async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!(null)).await;
        let dingtalk = system.told("dingtalk", SinkKind::Dingtalk, &json!(null)).await;
        let feishu = system.told("feishu", SinkKind::Feishu, &json!(null)).await;
        let only = json!({"types": ["*.removed"], "kinds": ["router-interface"], "accounts": ["b"]});
        let few = system.told("few", SinkKind::Webhook, &only).await;
        let nobody = system.told("nobody", SinkKind::Webhook, &json!({"severity": "critical"})).await;
        journey(system).await;
        tokio::time::sleep(HOUR).await;

        assert_eq!(hook.types(), ENDS);
        assert_eq!(told(&hook).len(), 3, "each has an id of its own");
        let first = &hook.taken()[0];
        assert_eq!((&first.body["subject"], first.data().kind.as_deref()), (&json!(NAME), Some("router-interface")));
        assert_eq!(first.data().accounts, ["a", "b"]);
        assert_eq!((dingtalk.taken().len(), feishu.taken().len()), (3, 3));
        assert_eq!(dingtalk.taken()[0].body["markdown"]["title"], format!("Connection {NAME} is active"));
        assert_eq!(few.types(), [ENDS[2]]);
        assert!(nobody.tried().is_empty());
        for receiver in [&hook, &dingtalk, &feishu, &few] {
            assert_eq!(receiver.refused(), Vec::<String>::new(), "every signature fits");
            assert_eq!(receiver.tried().len(), receiver.taken().len(), "each is tried once");
        }
        nothing_is_left(system).await;
    });
}

/// One mishap at one request.
fn survives(number: usize, mishap: Mishap) -> Result<(), String> {
    on_virtual_time(async {
        let mishaps = Mishaps::at(number, mishap);
        let system = System::new(1, mishaps.clone()).await;
        let hook = system.told("pager", SinkKind::Webhook, &json!(null)).await;
        journey(&system).await;
        // The lease of an attempt, the timer, and what the sweep takes to find a marker whose record is missing.
        tokio::time::sleep(15 * MINUTE).await;
        let wrong = |what: String| Err(format!("{}: {what}", mishaps.log().join("; ")));
        let types: BTreeSet<String> = hook.types().into_iter().collect();
        if types != ENDS.map(str::to_owned).into() {
            return wrong(format!("told of {:?}", hook.types()));
        }
        if told(&hook).len() != 3 {
            return wrong(format!("other ids for the same: {:?}", told(&hook)));
        }
        // Only who dies between a request and writing down its answer, or never hears it, tells twice.
        let at_sink = mishaps.log().iter().any(|line| line.contains(SINK_TOKEN));
        if hook.taken().len() > 3 + usize::from(at_sink) {
            return wrong(format!("told too often: {:?}", hook.types()));
        }
        nothing_is_left(&system).await;
        system.end().await;
        if mishaps.log().len() == 1 { Ok(()) } else { wrong("the mishap never happened".to_owned()) }
    })
}

/// The requests that the journey takes, from shortly before its first end, with everything that comes after it. What happens
/// on the way there is proven by the test `chain`.
fn requests() -> Range<usize> {
    on_virtual_time(async {
        let mishaps = Mishaps::none();
        let system = System::new(1, mishaps.clone()).await;
        system.told("pager", SinkKind::Webhook, &json!(null)).await;
        system.built(&system.tutorial()).await;
        let begun = mishaps.requests().saturating_sub(SHORTLY);
        tokio::time::sleep(2 * MINUTE).await;
        rest_of_journey(&system).await;
        tokio::time::sleep(2 * MINUTE).await;
        begun..mishaps.requests()
    })
}

/// How many requests before the first end is shortly before it: more than writing and telling take.
const SHORTLY: usize = 40;

fn requests_survive(mishap: Mishap, stride: usize) {
    often::requests_survive(&requests(), stride, |number| survives(number, mishap));
}

#[test]
fn whoever_dies_after_a_request_every_end_is_told_under_one_id() {
    requests_survive(Mishap::DiesAfter, 5);
}

#[test]
fn whoever_dies_before_some_request_and_whatever_gets_lost_every_end_is_told_under_one_id() {
    for mishap in [Mishap::DiesBefore, Mishap::LostBefore, Mishap::LostAfter] {
        requests_survive(mishap, 31);
    }
}

#[test]
fn whoever_dies_at_the_sink_tells_it_again_under_the_same_id_and_everybody_else_once() {
    in_world(async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!({"types": ["*.active"]})).await;
        hook.is_in([Mood::TakesAndFails]);
        system.built(&system.tutorial()).await;
        tokio::time::sleep(10 * MINUTE).await;
        let taken = hook.taken();
        assert_eq!(taken.len(), 2, "whether it has it nobody knew");
        assert_eq!(taken[0].id, taken[1].id);
        assert_eq!(taken[0].body, taken[1].body);
        nothing_is_left(system).await;
    });
}

#[test]
fn copies_of_a_message_make_one_attempt() {
    in_world(async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!(null)).await;
        system.cloud.shared().faults.set_plan(Arc::new(Threefold));
        journey(system).await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(hook.types(), ENDS);
        assert_eq!(hook.tried().len(), 3);
    });
}

#[test]
fn a_sink_that_fails_is_tried_again_after_longer_and_longer_times_and_told_once() {
    in_world(async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!({"types": ["*.active"]})).await;
        let other = system.told("other", SinkKind::Webhook, &json!({"types": ["*.active"]})).await;
        hook.is_in([Mood::Fails(503, None), Mood::Fails(500, None), Mood::Fails(429, Some(4000))]);
        system.built(&system.tutorial()).await;
        tokio::time::sleep(3 * HOUR).await;
        assert_eq!((hook.taken().len(), other.tried().len()), (1, 1), "one does not hold up the other");
        let tried = hook.tried();
        let waits: Vec<i64> = tried.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs()).collect();
        for (wait, least) in waits.iter().zip([5, 300, 4000]) {
            assert!((least - 2..=least * 11 / 10 + 5).contains(wait), "{waits:?}");
        }
        assert_eq!(waits.len(), 3, "{waits:?}");
        nothing_is_left(system).await;
    });
}

async fn states(system: &System, receiver_of: &str, id: &str) -> State {
    let known = system.store().deliveries(&id.parse().unwrap()).await.unwrap().expect("it was looked at").0;
    known.sinks[&receiver_of.parse().unwrap()].state.clone()
}

#[test]
fn who_is_gone_or_refuses_or_never_answers_is_given_up_and_that_is_written_down() {
    in_world(async |system| {
        let only = json!({"types": ["*.active"]});
        let good = system.told("good", SinkKind::Webhook, &only).await;
        let gone = system.told("gone", SinkKind::Webhook, &only).await;
        let refuses = system.told("refuses", SinkKind::Webhook, &only).await;
        let silent = system.told("silent", SinkKind::Webhook, &only).await;
        let keyword = system.told("keyword", SinkKind::Dingtalk, &only).await;
        let busy = system.told("busy", SinkKind::Feishu, &only).await;
        gone.is_in([Mood::Fails(410, None)]);
        refuses.is_in(vec![Mood::Fails(400, None); 9]);
        silent.is_in(vec![Mood::Fails(504, None); 99]);
        keyword.is_in(vec![Mood::Means(json!({"errcode": 310_000, "errmsg": "keywords not in content"})); 9]);
        busy.is_in([Mood::Means(json!({"code": 11_232, "msg": "frequency limited"}))]);
        system.built(&system.tutorial()).await;
        tokio::time::sleep(4 * 24 * HOUR).await;

        let id = good.taken()[0].id.clone().unwrap();
        for (sink, why, tried) in [
            (("gone", &gone), Why::Gone, 1),
            (("refuses", &refuses), Why::Refused, 4),
            (("silent", &silent), Why::NoAnswer, 10),
            (("keyword", &keyword), Why::Refused, 4),
        ] {
            let state = states(system, sink.0, &id).await;
            assert!(matches!(state, State::DeadLetter { why: given, .. } if given == why), "{}: {state:?}", sink.0);
            assert_eq!(sink.1.tried().len(), tried, "{}", sink.0);
        }
        assert!(matches!(states(system, "busy", &id).await, State::Delivered { .. }));
        nothing_is_left(system).await;
    });
}

/// Whoever may write the sinks document chooses the addresses, and which secrets are named there.
#[test]
fn a_sink_that_asks_for_a_secret_that_is_not_its_own_gets_nothing_at_all() {
    in_world(async |system| {
        let only = json!({"types": ["*.active"]});
        let good = system.told("good", SinkKind::Webhook, &only).await;
        let thieves = [
            (
                "thief-1",
                SinkKind::Webhook,
                "hook",
                "https://thief-1.example.com/{hook}/{robot}",
                "the secret hook is not used",
            ),
            (
                "thief-2",
                SinkKind::Webhook,
                "hook",
                "https://thief-2.example.com/?x={token}",
                "the secret token is not used",
            ),
            (
                "thief-3",
                SinkKind::Webhook,
                "hook",
                "https://thief-3.example.com/",
                "the secret hook is not used for thief-3",
            ),
            (
                "thief-4",
                SinkKind::Dingtalk,
                "robot",
                "https://thief-4.example.com/",
                "the secret robot is not used for",
            ),
            ("other", SinkKind::Webhook, "hook", "https://other.example.com/{hook}", "is not used as a token"),
            ("second", SinkKind::Webhook, "hook", "https://second.example.com/{robot}", "is not used as a token"),
        ];
        let mut heard = Vec::new();
        for (name, kind, secret, url, _) in thieves {
            heard.push(system.told_at(name, kind, secret, url, &only).await);
        }
        system.built(&system.tutorial()).await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(good.taken().len(), 1, "one sink does not keep the others from being told");
        for receiver in heard {
            assert_eq!((receiver.tried().len(), receiver.refused().len()), (0, 0));
        }
        let id = good.taken()[0].id.clone().unwrap().parse().unwrap();
        let shown = shown(system, &id).await;
        for (name, .., told) in thieves {
            let delivery = shown.deliveries.iter().find(|delivery| delivery.sink.as_str() == name).unwrap();
            let said = delivery.last_answer.as_deref().unwrap_or_default();
            assert!(delivery.status == Status::Waiting && said.contains(told), "{name}: {said}");
        }
    });
}

#[test]
fn a_robot_that_repeats_what_it_was_sent_tells_nobody_the_secrets_in_it() {
    in_world(async |system| {
        let keyword = system.told("keyword", SinkKind::Dingtalk, &json!({"types": ["*.active"]})).await;
        let said = format!("no robot at ?token={SINK_TOKEN}\n\u{1b}[2Jforged");
        keyword.is_in(vec![Mood::Means(json!({"errcode": 300_001, "errmsg": said})); 9]);
        system.built(&system.tutorial()).await;
        tokio::time::sleep(4 * 24 * HOUR).await;
        let dead = dead_letters(system).await;
        let said = dead[0].deliveries[0].last_answer.as_deref().unwrap();
        let stars = "*".repeat(SINK_TOKEN.len());
        assert_eq!(said, format!("code 300001: no robot at ?token={stars}\\n\\u{{1b}}[2Jforged"));
    });
}

/// A connection that is active, of which a sink that is gone could not be told; and the event's id.
async fn with_a_dead_letter(system: &System) -> (Arc<Receiver>, EventId) {
    let pager = system.told("pager", SinkKind::Webhook, &json!({"types": ["*.active"]})).await;
    pager.is_in([Mood::Fails(410, None)]);
    system.built(&system.tutorial()).await;
    tokio::time::sleep(2 * MINUTE).await;
    let dead = dead_letters(system).await;
    let [notice] = dead.as_slice() else { panic!("{dead:#?}") };
    assert_eq!((notice.what, notice.subject.as_str()), (EventType::ConnectionActive, NAME));
    let delivery = &notice.deliveries[0];
    assert_eq!((delivery.sink.to_string().as_str(), delivery.why), ("pager", Some(Why::Gone)));
    assert_eq!(delivery.last_answer.as_deref(), Some("HTTP 410"));
    (pager, notice.id.clone())
}

async fn dead_letters(system: &System) -> Vec<Notice> {
    let page: Page<Notice> = system.ask(Method::GET, "/v1/notices?status=dead-letter").await.unwrap();
    page.items
}

async fn shown(system: &System, id: &EventId) -> Notice {
    system.ask(Method::GET, &format!("/v1/notices/{id}")).await.unwrap()
}

async fn redeliver<T: DeserializeOwned>(system: &System, id: &EventId, query: &str) -> Result<T, ProblemKind> {
    let path = format!("/v1/notices/{id}/redeliver{query}");
    system.ask(Method::POST, &path).await.map_err(|problem| problem.kind)
}

/// Has an event sent again, as far as that is possible.
async fn send_again(system: &System, id: &EventId, query: &str) -> Result<Notice, ProblemKind> {
    redeliver(system, id, query).await
}

#[test]
fn a_redelivery_that_is_only_tried_says_which_sinks_it_would_try_and_sends_nothing() {
    in_world(async |system| {
        let (pager, id) = with_a_dead_letter(system).await;
        let path = format!("/v1/notices/{id}/redeliver");
        let by_query: RedeliveryPlan = redeliver(system, &id, "?dry_run=true").await.unwrap();
        let by_body: RedeliveryPlan = system.tell(Method::POST, &path, &json!({"dry_run": true})).await.unwrap();
        assert_eq!((by_query.sinks, by_body.sinks), (vec!["pager".parse().unwrap()], vec!["pager".parse().unwrap()]));
        let forced: Result<Notice, _> = system.tell(Method::POST, &path, &json!({"force": true})).await;
        assert_eq!(forced.unwrap_err().kind, ProblemKind::Malformed, "what nobody reads is refused");
        tokio::time::sleep(HOUR).await;
        assert_eq!(pager.tried().len(), 1);
        assert_eq!(shown(system, &id).await.status, NoticeStatus::DeadLetter);
    });
}

#[test]
fn a_dead_letter_is_sent_again_once_when_somebody_asks_twice_and_who_asked_is_kept() {
    in_world(async |system| {
        let good = system.told("good", SinkKind::Webhook, &json!({"types": ["*.active"]})).await;
        let (pager, id) = with_a_dead_letter(system).await;
        assert_eq!(send_again(system, &id, "?sink=good").await, Err(ProblemKind::Conflict), "it was delivered");
        assert_eq!(send_again(system, &id, "?sink=nobody").await, Err(ProblemKind::NotFound));
        assert_eq!(send_again(system, &"connection-active-0-1".parse().unwrap(), "").await, Err(ProblemKind::NotFound));
        let first = send_again(system, &id, "?sink=pager").await.unwrap();
        assert_eq!(first.status, NoticeStatus::Waiting, "{first:#?}");
        send_again(system, &id, "").await.unwrap();
        tokio::time::sleep(2 * MINUTE).await;
        send_again(system, &id, "?sink=pager").await.expect("the answer of the first may have been lost");
        tokio::time::sleep(HOUR).await;

        assert_eq!((pager.taken().len(), pager.tried().len(), good.tried().len()), (1, 2, 1));
        assert_eq!(pager.taken()[0].id.as_deref(), Some(id.as_str()), "under the same id");
        let shown = shown(system, &id).await;
        assert_eq!(shown.status, NoticeStatus::Delivered, "{shown:#?}");
        let [again] = shown.deliveries[1].redeliveries.as_slice() else { panic!("{shown:#?}") };
        assert_eq!((again.by.as_str(), again.why), ("admin", Why::Gone));
        assert_eq!(dead_letters(system).await, []);
        nothing_is_left(system).await;
    });
}

#[test]
fn what_no_sink_could_be_told_is_not_begun_again_and_what_dies_again_can_be() {
    in_world(async |system| {
        let (pager, id) = with_a_dead_letter(system).await;
        let store = system.store();
        let sinks = store.sinks().await.unwrap();
        store.put_sinks(&notice::Sinks::none()).await.unwrap();
        assert_eq!(send_again(system, &id, "").await, Err(ProblemKind::Conflict), "nobody could be told");
        store.put_sinks(&sinks).await.unwrap();
        for round in 2..4 {
            pager.is_in([Mood::Fails(410, None)]);
            send_again(system, &id, "").await.unwrap();
            tokio::time::sleep(5 * MINUTE).await;
            assert_eq!(pager.tried().len(), round);
        }
        send_again(system, &id, "").await.unwrap();
        tokio::time::sleep(5 * MINUTE).await;
        assert_eq!(pager.taken().len(), 1);
        nothing_is_left(system).await;
    });
}

#[test]
fn a_redelivery_that_is_asked_for_again_says_that_a_sink_is_left_whom_nobody_can_tell() {
    in_world(async |system| {
        let second = system.told("second", SinkKind::Webhook, &json!({"types": ["*.active"]})).await;
        second.is_in([Mood::Fails(410, None)]);
        let (_, id) = with_a_dead_letter(system).await;
        let mut sinks = system.store().sinks().await.unwrap();
        sinks.sinks.retain(|sink| sink.name.as_str() == "second");
        system.store().put_sinks(&sinks).await.unwrap();
        send_again(system, &id, "").await.unwrap();
        send_again(system, &id, "").await.expect("it is on its way");
        tokio::time::sleep(5 * MINUTE).await;
        assert_eq!(second.taken().len(), 1);
        send_again(system, &id, "?sink=second").await.expect("the answer may have been lost");
        assert_eq!(send_again(system, &id, "").await, Err(ProblemKind::Conflict), "the pager was not told");
    });
}

/// Dies at a chosen request of the function that is asked to send a dead letter again, or of the one that does.
#[test]
fn who_dies_while_a_dead_letter_is_sent_again_loses_nothing() {
    for mishap in [Mishap::DiesAfter, Mishap::DiesBefore, Mishap::LostAfter] {
        for number in 0..16 {
            on_virtual_time(async {
                let begun = Arc::new(std::sync::atomic::AtomicUsize::new(usize::MAX));
                let from = begun.clone();
                let mishaps = Mishaps::new(move |request| {
                    let from = from.load(std::sync::atomic::Ordering::Relaxed);
                    (from.checked_add(number) == Some(request)).then_some(mishap)
                });
                let system = System::new(1, mishaps.clone()).await;
                let (pager, id) = with_a_dead_letter(&system).await;
                begun.store(mishaps.requests(), std::sync::atomic::Ordering::Relaxed);
                // Asks until there is an answer: each time for the first time, as far as anybody knows.
                send_again(&system, &id, "?sink=pager").await.unwrap();
                tokio::time::sleep(15 * MINUTE).await;
                let log = mishaps.log();
                assert_eq!(log.len(), 1, "request {number} never came");
                // Or right after it, before its answer is written down.
                let near_sink = [SINK_TOKEN, "PUT /notices/deliveries/"];
                let at_sink = near_sink.iter().any(|place| log[0].contains(place));
                let taken = pager.taken().len();
                assert!(taken == 1 || at_sink && taken == 2, "{number} {mishap:?}: taken {taken} times: {log:?}");
                assert!(pager.taken().iter().all(|letter| letter.id.as_deref() == Some(id.as_str())));
                nothing_is_left(&system).await;
                system.end().await;
            });
        }
    }
}

#[test]
fn what_was_told_is_listed_newest_first_by_page_and_by_what_is_asked_and_for_ninety_days() {
    in_world(async |system| {
        system.told("pager", SinkKind::Webhook, &json!({"types": ["*.removed", "*.active"]})).await;
        let late = system.told("late", SinkKind::Webhook, &json!({"types": ["*.removed"]})).await;
        late.is_in(vec![Mood::Fails(503, None); 9]);
        let gone = system.told("gone", SinkKind::Webhook, &json!({"types": ["*.active"]})).await;
        gone.is_in([Mood::Fails(410, None)]);
        journey(system).await;
        tokio::time::sleep(2 * MINUTE).await;
        let list = async |query: &str| -> Page<Notice> {
            system.ask(Method::GET, &format!("/v1/notices{query}")).await.unwrap()
        };
        let types = |page: &Page<Notice>| page.items.iter().map(|notice| notice.what).collect::<Vec<_>>();
        let all = list("").await;
        assert_eq!(types(&all), [ConnectionRemoved, ConnectionPaused, ConnectionActive], "{all:#?}");
        let statuses: Vec<_> = all.items.iter().map(|notice| notice.status).collect();
        assert_eq!(statuses, [NoticeStatus::Waiting, NoticeStatus::Unwanted, NoticeStatus::DeadLetter], "{all:#?}");
        assert_eq!(all.next, None);

        let mut told = Vec::new();
        let mut query = "?limit=1".to_owned();
        loop {
            let page = list(&query).await;
            told.extend(types(&page));
            let Some(next) = page.next else { break };
            query = format!("?limit=1&after={next}");
        }
        assert_eq!(told, types(&all), "by pages it is the same");

        assert_eq!(types(&list("?status=waiting").await), [ConnectionRemoved]);
        assert_eq!(types(&list("?status=delivered").await), [ConnectionRemoved, ConnectionActive]);
        assert_eq!(types(&list("?status=delivered&sink=late").await), []);
        let waits = list("?status=waiting&sink=late").await.items.remove(0);
        let [delivery] = waits.deliveries.as_slice() else { panic!("{waits:#?}") };
        assert_eq!(delivery.last_answer.as_deref(), Some("HTTP 503"), "{waits:#?}");
        let dead = list("?status=dead-letter").await;
        assert_eq!(types(&dead), [ConnectionActive]);
        assert_eq!(dead.items[0].deliveries[0].sink, "gone".parse().unwrap(), "{dead:#?}");

        // One of ninety days ago, and one of shortly before.
        let store = system.store();
        let newest = store.notice(&all.items[0].id).await.unwrap().unwrap();
        let now = system.io().clock.now();
        for (id, hours) in [("young", 24 * 90 - 1), ("old", 24 * 90 + 1)] {
            let time = now.checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap();
            store.put_notice(&notice::Event { id: id.parse().unwrap(), time, ..newest.clone() }).await.unwrap();
        }
        let ids = |page: &Page<Notice>| page.items.iter().map(|notice| notice.id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(&list("").await)[3..], ["young", "old"]);
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(ids(&list("").await)[3..], ["young"]);
        assert!(store.notice(&"old".parse().unwrap()).await.unwrap().is_some(), "so it is not told again");
    });
}

#[test]
fn a_connection_that_is_rolled_back_and_removed_and_one_that_is_given_up_tell_so() {
    in_world(async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!(null)).await;
        let refuse = Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() };
        system.cloud.shared().faults.add(FaultRule::once("ConnectRouterInterface", refuse.clone()));
        let mut spec = system.tutorial();
        spec["on_failure"] = "rollback".into();
        system.post(&spec).await.unwrap();
        system.settled(NAME, Phase::RolledBack).await;
        system.remove(NAME).await;
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(hook.types(), ["causeway.connection.rolled-back", "causeway.connection.removed"]);
        let data = hook.taken()[0].data();
        let call = data.call.unwrap();
        assert_eq!((call.action.as_str(), call.code.as_deref()), ("ConnectRouterInterface", Some("InvalidParameter")));
        assert!(call.request_id.is_some() && data.advice.is_some());

        system.cloud.shared().faults.add(FaultRule::once("AcceptVpcPeerConnection", refuse));
        system.post(&with_name(system.tutorial_by(Kind::VpcPeering), "second")).await.unwrap();
        system.settled("second", Phase::Failed).await;
        system.command("second", "abandon").await.unwrap();
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!(hook.types()[2..], ["causeway.connection.failed", "causeway.connection.abandoned"]);
        nothing_is_left(system).await;
    });
}

fn with_name(mut spec: Value, name: &str) -> Value {
    spec["name"] = name.into();
    spec
}

/// Dies at a chosen request of the function that gives a connection up, which goes from rest to rest.
#[test]
fn who_dies_while_a_connection_goes_from_rest_to_rest_loses_no_event() {
    let run = |number: Option<usize>| {
        on_virtual_time(async {
            let begun = Arc::new(std::sync::atomic::AtomicUsize::new(usize::MAX));
            let from = begun.clone();
            let mishaps = Mishaps::new(move |request| {
                let from = from.load(std::sync::atomic::Ordering::Relaxed);
                (number.and_then(|number| from.checked_add(number)) == Some(request)).then_some(Mishap::DiesAfter)
            });
            let system = System::new(1, mishaps.clone()).await;
            let hook = system.told("pager", SinkKind::Webhook, &json!(null)).await;
            let refuse = Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() };
            system.cloud.shared().faults.add(FaultRule::once("ConnectRouterInterface", refuse));
            system.post(&system.tutorial()).await.unwrap();
            system.settled(NAME, Phase::Failed).await;
            tokio::time::sleep(2 * MINUTE).await;
            let before = mishaps.requests();
            begun.store(before, std::sync::atomic::Ordering::Relaxed);
            system.command(NAME, "abandon").await.unwrap();
            tokio::time::sleep(15 * MINUTE).await;
            let types: BTreeSet<String> = hook.types().into_iter().collect();
            let wanted = ["causeway.connection.abandoned", "causeway.connection.failed"].map(str::to_owned);
            assert_eq!(types, wanted.into(), "{number:?}: {:?}", mishaps.log());
            assert_eq!(told(&hook).len(), 2, "{number:?}: {:?}", mishaps.log());
            nothing_is_left(&system).await;
            system.end().await;
        });
    };
    run(None);
    (0..20).for_each(|number| run(Some(number)));
}

#[test]
fn an_endpoint_that_waits_for_a_person_is_told_once_and_a_denial_once() {
    in_world_of(Seed::tutorial(), &[REGION], async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!({"types": ["causeway.approval.*"]})).await;
        let rule = json!({"id": "partner", "effect": "approve", "accounts": [system.account_id("a")]});
        system.put_policy(json!({"version": 1, "rules": [rule]})).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("b", &service).await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(hook.types(), ["causeway.approval.waiting"], "sixty sweeps saw it, and it was told once");
        let letter = &hook.taken()[0];
        assert_eq!(letter.body["subject"], format!("{service}/{endpoint}"));
        assert!(letter.data().advice.unwrap().contains("/v1/approvals/"), "{letter:#?}");

        let rule = json!({"id": "never", "effect": "reject", "accounts": [system.account_id("b")]});
        system.put_policy(json!({"version": 1, "rules": [rule]})).await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(hook.types()[1..], ["causeway.approval.denied"]);
        assert_eq!(hook.taken()[1].data().rule.as_deref(), Some("never"));
        nothing_is_left(system).await;
    });
}

#[test]
fn a_lease_that_ends_soon_is_told_once() {
    in_world_of(Seed::tutorial(), &[REGION], async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!({"types": ["causeway.lease.*"]})).await;
        let rule = json!({
            "id": "partner", "effect": "approve", "accounts": [system.account_id("a")],
            "lease": {"hours": 3, "warn_hours": 1},
        });
        system.put_policy(json!({"version": 1, "rules": [rule]})).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, 5 * MINUTE).await.is_some());
        tokio::time::sleep(HOUR + 30 * MINUTE).await;
        assert!(hook.tried().is_empty(), "it is too early");
        tokio::time::sleep(2 * HOUR).await;
        assert_eq!(hook.types(), ["causeway.lease.ending"]);
        let data = hook.taken()[0].data();
        assert!(data.ends_at.is_some() && data.endpoint.as_deref() == Some(endpoint.as_str()), "{data:#?}");
        nothing_is_left(system).await;
    });
}

#[test]
fn an_event_whose_message_was_lost_is_found_by_the_timer() {
    in_world(async |system| {
        let hook = system.told("pager", SinkKind::Webhook, &json!({"types": ["*.abandoned"]})).await;
        let faults = &system.cloud.shared().faults;
        let refuse = Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() };
        faults.add(FaultRule::once("ConnectRouterInterface", refuse));
        system.post(&system.tutorial()).await.unwrap();
        system.settled(NAME, Phase::Failed).await;
        // What is given up needs no message of its own: only the one about the event is lost.
        faults.add(FaultRule { times: None, ..FaultRule::once("SendMessage", Fault::Unavailable) });
        system.command(NAME, "abandon").await.unwrap();
        tokio::time::sleep(5 * MINUTE).await;
        assert!(hook.tried().is_empty(), "no message comes through");
        faults.clear();
        tokio::time::sleep(3 * MINUTE).await;
        assert_eq!(hook.types(), ["causeway.connection.abandoned"]);
        nothing_is_left(system).await;
    });
}
