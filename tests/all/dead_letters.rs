//! Messages that functions failed to handle: they are listed, sent again and discarded through the webhook, and nothing is lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api::dead_letters::{DeadLetter, DeadLetterPlan, DeadLetters, Done};
use api::problem::{Problem, ProblemKind};
use audit::act::{DeadLetterAct, LetterStep};
use audit::{Entry, Subject};
use causeway_cli::audit::verify::verify;
use causeway_local::calls::{Call, Outcome, Product};
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::identity::Principal;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::on_virtual_time;
use causeway_tests::system::{System, audit_keys, in_world};
use connection::record::Phase;
use connection::words::Kind;
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/v1/dead-letters";
const MINUTE: Duration = Duration::from_secs(60);

async fn list(system: &System) -> DeadLetters {
    system.ask(Method::GET, PATH).await.expect("they are listed")
}

/// What stands in the log of dead letters.
async fn noted(system: &System) -> Vec<DeadLetterAct> {
    let log = system.store().log(&Subject::DeadLetters).await.unwrap();
    let read = |(sequence, bytes): &(u64, Vec<u8>)| {
        Entry::<DeadLetterAct>::read(bytes, &Subject::DeadLetters, *sequence, audit_keys().trusted()).unwrap().content
    };
    log.iter().map(read).collect()
}

fn first_message(name: &str) -> Value {
    json!({"version": 1, "connection": name, "generation": 1, "step": "create-peering", "sequence": 1})
}

#[test]
fn a_message_that_fails_until_it_is_dead_is_listed_shown_sent_again_and_goes_on() {
    in_world(async |system| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        let name = spec["name"].as_str().unwrap();
        system.post(&spec).await.unwrap();
        // No function can write into the store: every message fails, and is put back until it is given up.
        let broken =
            FaultRule { product: Some(Product::Oss), times: None, ..FaultRule::once("PutObject", Fault::Unavailable) };
        system.cloud.shared().faults.add(broken);
        tokio::time::sleep(12 * MINUTE).await;
        system.cloud.shared().faults.clear();

        let found = list(system).await;
        let letter = found.items.iter().find(|letter| letter.messages.iter().any(|one| one.connection.is_some()));
        let letter = letter.unwrap_or_else(|| panic!("it is given up: {found:#?}"));
        let [message] = &letter.messages[..] else { panic!("one message: {letter:#?}") };
        assert_eq!((message.connection.as_ref().unwrap().as_str(), message.queue.as_str()), (name, "create-peering"));
        assert!(message.body.get("put_back").is_none(), "it begins anew: {letter:#?}");

        let path = format!("{PATH}/{}", letter.id);
        let shown: DeadLetter = system.ask(Method::GET, &path).await.unwrap();
        assert_eq!(shown, *letter);
        let plan: DeadLetterPlan = system.ask(Method::POST, &format!("{path}/replay?dry_run=true")).await.unwrap();
        assert_eq!((plan.dry_run, &plan.letter), (true, letter));
        assert_eq!(noted(system).await, []);
        tokio::time::sleep(Duration::from_secs(2)).await;

        let sent: DeadLetter = system.ask(Method::POST, &format!("{path}/replay")).await.unwrap();
        assert_eq!(sent.done, Some(Done::Replayed));
        assert!(sends_to(system, "create-peering") > 0);
        system.settled(name, Phase::Active).await;
        let gone: Result<DeadLetter, Box<Problem>> = system.ask(Method::GET, &path).await;
        assert_eq!(gone.unwrap_err().kind, ProblemKind::NotFound);
        let noted = noted(system).await;
        assert_eq!(
            (noted.len(), noted[0].letter, &noted[0].connections[..]),
            (1, LetterStep::Replay, &[name.to_owned()][..])
        );
    });
}

/// How often the webhook has sent a message to a queue since its last dead letter was taken.
fn sends_to(system: &System, queue: &str) -> usize {
    let mut calls = system.cloud.calls();
    let taken = calls.iter().rposition(|call| call.info.action == "BatchReceiveMessage").unwrap_or(0);
    calls.drain(..taken);
    let of_webhook =
        |call: &&Call| matches!(&call.caller, Some(Principal::Role { name, .. }) if name == "causeway-webhook");
    let is_send = |call: &&Call| call.info.action == "SendMessage" && call.outcome == Outcome::Done;
    let names = |call: &&Call| call.needs.iter().any(|need| need.resource.contains(&format!("causeway-{queue}/")));
    calls.iter().filter(of_webhook).filter(is_send).filter(names).count()
}

#[test]
fn what_nobody_can_read_is_shown_without_secrets_and_can_only_be_discarded() {
    in_world(async |system| {
        system.gives_up(b"what is \x1b[2Jthis? whsec_c2VjcmV0").await;
        let found = list(system).await;
        let [letter] = &found.items[..] else { panic!("{found:#?}") };
        assert_eq!((&letter.messages[..], letter.text.as_deref()), (&[][..], Some("what is \\u{1b}[2Jthis? [hidden]")));
        let path = format!("{PATH}/{}", letter.id);
        let replayed: Result<DeadLetter, Box<Problem>> = system.ask(Method::POST, &format!("{path}/replay")).await;
        assert_eq!(replayed.unwrap_err().kind, ProblemKind::Conflict);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let silent: Result<DeadLetter, _> =
            system.tell(Method::POST, &format!("{path}/discard"), &json!({"reason": " "})).await;
        assert_eq!(silent.unwrap_err().kind, ProblemKind::Malformed);
        let why = json!({"reason": "it was a test"});
        let gone: DeadLetter = system.tell(Method::POST, &format!("{path}/discard"), &why).await.unwrap();
        assert_eq!(gone.done, Some(Done::Discarded));
        assert_eq!(list(system).await.items, []);
        let noted = noted(system).await;
        assert_eq!((noted[0].letter, noted[0].reason.as_deref()), (LetterStep::Discard, Some("it was a test")));
    });
}

#[test]
fn more_letters_than_the_queue_shows_are_counted_and_each_can_be_found() {
    in_world(async |system| {
        for number in 0..40 {
            system.gives_up(format!("letter {number}").as_bytes()).await;
        }
        let mut discarded = 0;
        loop {
            let found = list(system).await;
            assert_eq!(found.in_queue, 40 - discarded, "{found:#?}");
            assert_eq!(found.items.len() as u64, found.in_queue.min(16));
            let Some(letter) = found.items.last() else { break };
            let path = format!("{PATH}/{}/discard", letter.id);
            system.tell::<DeadLetter>(Method::POST, &path, &json!({"reason": "one by one"})).await.unwrap();
            discarded += 1;
            // What was looked at on the way is back.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        assert_eq!(discarded, 40);
    });
}

#[test]
fn a_viewer_lists_what_it_may_see_and_sends_nothing_again() {
    in_world(async |system| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        let name = spec["name"].as_str().unwrap();
        system.built(&spec).await;
        let roles = |role: &str, accounts: Value| {
            let mut grant = json!({"role": role});
            if !accounts.is_null() {
                grant["accounts"] = accounts;
            }
            json!({"credential": "webhook-secret", "roles": [grant]})
        };
        let callers = json!({
            "ann": roles("viewer", json!(["a"])), "bob": roles("operator", json!(null)), "carol": roles("viewer", json!(["jd-a"])),
        });
        system.puts_callers(false, &callers, &json!({})).await;
        system.gives_up(first_message(name).to_string().as_bytes()).await;
        system.gives_up(b"whose is this?").await;
        let seen = async |caller: &str| {
            let found: DeadLetters = system.tell_as(caller, Method::GET, PATH, &Value::Null).await.unwrap();
            found.items
        };
        let own = seen("ann").await;
        assert_eq!(own.len(), 1, "only its connection's: {own:#?}");
        assert_eq!((seen("bob").await.len(), seen("carol").await.len()), (2, 0));
        let path = format!("{PATH}/{}", own[0].id);
        let kind = async |caller: &str, what: &str, body: &Value| {
            let asked: Result<DeadLetter, Box<Problem>> =
                system.tell_as(caller, Method::POST, &format!("{path}/{what}"), body).await;
            asked.map_err(|problem| problem.kind)
        };
        let why = json!({"reason": "away with it"});
        assert_eq!(kind("ann", "replay", &Value::Null).await, Err(ProblemKind::Forbidden));
        assert_eq!(kind("bob", "discard", &why).await, Err(ProblemKind::Forbidden));
        let hidden: Result<DeadLetter, Box<Problem>> = system.tell_as("carol", Method::GET, &path, &Value::Null).await;
        assert_eq!(hidden.unwrap_err().kind, ProblemKind::NotFound);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(kind("bob", "replay", &Value::Null).await.unwrap().done, Some(Done::Replayed));
        let noted = noted(system).await;
        assert_eq!(noted.len(), 1);
    });
}

/// A letter is sent again while `mishap` befalls one request of the webhook; whoever asks does so until it is done.
fn replayed(at: Option<(usize, Mishap)>) -> (Result<(), String>, usize) {
    let counted = Arc::new(AtomicUsize::new(usize::MAX / 2));
    let counter = counted.clone();
    let mishaps = Mishaps::to(move |asked| {
        if asked.function != "webhook" {
            return None;
        }
        let number = counter.fetch_add(1, Ordering::Relaxed);
        at.filter(|(at, _)| *at == number).map(|(_, mishap)| mishap)
    });
    let ended = on_virtual_time(async {
        let system = System::new(1, mishaps.clone()).await;
        let spec = system.tutorial_by(Kind::VpcPeering);
        let name = spec["name"].as_str().unwrap();
        // The first message gets lost: only the letter, or much later the sweep, moves the connection.
        system.cloud.shared().faults.add(FaultRule::once("SendMessage", Fault::DropBefore));
        system.post(&spec).await.map_err(|problem| format!("{problem:?}"))?;
        system.gives_up(first_message(name).to_string().as_bytes()).await;
        let listed = list(&system).await;
        let [letter] = &listed.items[..] else { return Err("no letter".to_owned()) };
        let path = format!("{PATH}/{}/replay", letter.id);
        counted.store(0, Ordering::Relaxed);
        let sent: Result<DeadLetter, Box<Problem>> = system.ask(Method::POST, &path).await;
        let requests = counted.swap(usize::MAX / 2, Ordering::Relaxed);
        match sent {
            Ok(letter) if letter.done.is_some() => {}
            // It was done, and whoever did it died before it could say so.
            Err(problem) if problem.kind == ProblemKind::NotFound => {}
            other => return Err(format!("{other:?}")),
        }
        system.settled(name, Phase::Active).await;
        tokio::time::sleep(2 * MINUTE).await;
        // A letter that was sent and not deleted comes again, and does no harm.
        for letter in list(&system).await.items {
            let path = format!("{PATH}/{}/replay", letter.id);
            system.ask::<DeadLetter>(Method::POST, &path).await.map_err(|problem| format!("{problem:?}"))?;
        }
        tokio::time::sleep(MINUTE).await;
        let found = list(&system).await;
        if found.in_queue + found.in_hands > 0 {
            return Err(format!("something is left: {found:?}"));
        }
        system.settled(name, Phase::Active).await;
        if noted(&system).await.is_empty() {
            return Err("nobody wrote down who asked".to_owned());
        }
        let found = verify(&system.store(), audit_keys().trusted(), &[]).await.unwrap();
        system.end().await;
        if found.problems.is_empty() { Ok(requests) } else { Err(format!("{found:#?}")) }
    });
    match ended {
        Ok(requests) => (Ok(()), requests),
        Err(wrong) => (Err(format!("{}: {wrong}", mishaps.log().join("; "))), 0),
    }
}

#[test]
fn a_webhook_that_dies_around_any_request_loses_no_letter_and_writes_down_who_asked() {
    let (ended, requests) = replayed(None);
    ended.unwrap();
    assert!(requests > 5, "{requests}");
    let all = Mishap::ALL.into_iter().flat_map(|mishap| (0..requests).map(move |number| (number, mishap)));
    let failures: Vec<String> = all.filter_map(|at| replayed(Some(at)).0.err()).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}
