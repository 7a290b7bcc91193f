//! Logs: what they come to, signed and not.

use audit::SigningKey;
use audit::entry::Fault;
use audit::log::Broken;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::decide::tests::{facts, request};
use crate::request::{Past, PersonSays, Status};
use crate::verdict::Reason;

fn at(minutes: i64) -> Timestamp {
    facts().now + SignedDuration::from_mins(minutes)
}

fn draft(minutes: i64, event: Event) -> Draft {
    Draft {
        at: at(minutes),
        place: Place { account: "b".to_owned(), region: "eu-central-1".to_owned() },
        service_id: "epsrv-1".to_owned(),
        endpoint_id: "ep-1".to_owned(),
        actor: Actor::Policy,
        event,
        request: Some(request()),
        facts: Some(facts()),
        policy_hash: Some("abc".to_owned()),
        request_ids: vec!["0F0E".to_owned()],
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed("causeway.test", [1; 32]).unwrap()
}

pub(crate) fn log(events: Vec<Event>) -> Vec<Entry> {
    let mut log: Vec<Entry> = Vec::new();
    for (minutes, event) in (0..).zip(events) {
        let entry = draft(minutes, event).after(log.last(), format!("w{minutes}"), &key());
        log.push(entry);
    }
    log
}

fn said(decision: PersonSays, minutes: i64) -> Event {
    Event::Said { word: Word { decision, reason: "r".to_owned(), by: "ann".to_owned(), at: at(minutes) } }
}

fn intended(act: Act, reason: Reason) -> Event {
    Event::Intended { act, verdict: Verdict::of(reason, None) }
}

fn connected() -> Vec<Event> {
    vec![
        Event::Decided { verdict: Verdict::of(Reason::OutsideWindow, None) },
        intended(Act::Connect, Reason::ApprovedByRule),
        Event::Done { act: Act::Connect },
    ]
}

fn state(events: Vec<Event>) -> EndpointState {
    log(events).pop().unwrap().content.state
}

#[test]
fn an_intent_stays_open_until_it_is_done_failed_or_dropped() {
    let before = state(connected()[..2].to_vec());
    assert_eq!(before.open.as_ref().map(|open| (open.act, open.sequence)), Some((Act::Connect, 2)));
    assert_eq!(before.past(Status::Disconnected, false), None, "it is being connected right now");
    for end in [
        Event::Done { act: Act::Connect },
        Event::Failed { act: Act::Connect, detail: String::new(), code: None },
        Event::Dropped { act: Act::Connect, detail: String::new() },
    ] {
        let mut events = connected()[..2].to_vec();
        events.push(end);
        assert_eq!(state(events).open, None);
    }
}

#[test]
fn what_was_connected_and_is_cut_elsewhere_is_not_connected_again() {
    let done = state(connected());
    assert_eq!(done.past(Status::Disconnected, false), Some(Past::EndedElsewhere));
    assert_eq!(done.past(Status::Connected, false), None);
    assert_eq!(
        EndpointState::default().past(Status::Disconnected, true),
        Some(Past::EndedElsewhere),
        "the cloud shows it"
    );
    assert_eq!(EndpointState::default().past(Status::Disconnected, false), None);
}

#[test]
fn a_cut_by_policy_may_be_made_good_by_policy_and_the_end_of_a_lease_only_by_a_person() {
    let cut = |reason| {
        let mut events = connected();
        events.extend([intended(Act::Cut, reason), Event::Done { act: Act::Cut }]);
        state(events)
    };
    assert_eq!(cut(Reason::AccountNotListed).past(Status::Disconnected, true), None);
    assert_eq!(cut(Reason::LeaseEnded).past(Status::Disconnected, true), Some(Past::LeaseEnded));
}

#[test]
fn an_endpoint_is_a_connections_from_its_first_word_to_its_last_and_nobody_elses_after() {
    let by = |reason| Verdict::by_connection(reason, "shop");
    let mut events = vec![
        Event::Decided { verdict: Verdict::of(Reason::AccountNotListed, None) },
        Event::Intended { act: Act::Connect, verdict: by(Reason::ApprovedByConnection) },
        Event::Done { act: Act::Connect },
    ];
    assert_eq!(state(events.clone()).connection.as_deref(), Some("shop"));
    events.push(Event::Intended { act: Act::Cut, verdict: by(Reason::EndedByConnection) });
    assert_eq!(state(events.clone()).connection, None);
    events.push(Event::Done { act: Act::Cut });
    assert_eq!(state(events).past(Status::Disconnected, true), Some(Past::EndedByConnection));
    let never = vec![Event::Decided { verdict: by(Reason::EndedByConnection) }];
    assert_eq!(state(never).past(Status::Disconnected, false), Some(Past::EndedByConnection));
}

#[test]
fn what_was_decided_says_whether_an_endpoint_may_be_connected() {
    let may = |events: Vec<Event>, minutes| state(events).connects(at(minutes));
    assert!(!EndpointState::default().connects(at(0)), "nobody decided anything");
    assert!(!may(vec![Event::Decided { verdict: Verdict::of(Reason::OutsideWindow, None) }], 1));
    assert!(may(vec![intended(Act::Connect, Reason::ApprovedByRule)], 1), "the cloud is being asked");
    assert!(may(connected(), 9));
    let leased = |hours| {
        let lease = Some(crate::policy::Lease { hours, warn_hours: 0 });
        let verdict = Verdict { lease, ..Verdict::of(Reason::ApprovedByRule, None) };
        vec![Event::Intended { act: Act::Connect, verdict }, Event::Done { act: Act::Connect }]
    };
    assert!(may(leased(1), 60) && !may(leased(1), 61), "its time is up");
    let cut = [intended(Act::Cut, Reason::RejectedByRule), Event::Done { act: Act::Cut }];
    assert!(!may([connected(), cut.into()].concat(), 9));
    assert!(may(vec![said(PersonSays::Approve, 0)], 1), "somebody said so, whoever did it");
    assert!(!may(vec![said(PersonSays::Reject, 0)], 1));
    let announced = || {
        let verdict = Verdict::by_connection(Reason::ApprovedByConnection, "shop");
        vec![Event::Intended { act: Act::Connect, verdict }, Event::Done { act: Act::Connect }]
    };
    assert!(may(announced(), 9));
    assert!(!may([announced(), vec![said(PersonSays::Reject, 5)]].concat(), 9), "a person counts before a connection");
}

#[test]
fn what_was_decided_says_whether_an_endpoint_that_is_off_shall_stay_so() {
    let stays = |events: Vec<Event>| state([connected(), events].concat()).keeps_off();
    let cut = |reason| vec![intended(Act::Cut, reason), Event::Done { act: Act::Cut }];
    assert!(!stays(Vec::new()), "nobody decided so");
    assert!(state(connected()).was_cut_elsewhere(), "somebody cut it past all decisions");
    assert!(!state([connected(), vec![said(PersonSays::Approve, 9)]].concat()).was_cut_elsewhere());
    assert!(!EndpointState::default().was_cut_elsewhere(), "it was never connected");
    assert!(!stays(cut(Reason::EndedByConnection)));
    assert!(stays(cut(Reason::RejectedByRule)) && stays(cut(Reason::LeaseEnded)));
    let rejected = || [vec![said(PersonSays::Reject, 5)], cut(Reason::RejectedByPerson)].concat();
    assert!(stays(rejected()) && stays(vec![said(PersonSays::Hold, 5)]));
    assert!(!stays([rejected(), vec![said(PersonSays::Approve, 9)]].concat()), "the last word counts");
}

#[test]
fn a_persons_approval_connects_once_and_a_rejection_counts_for_ever() {
    let mut events = vec![said(PersonSays::Approve, 0)];
    assert!(state(events.clone()).person_for(Status::Disconnected).is_some());
    events.extend([intended(Act::Connect, Reason::ApprovedByPerson), Event::Done { act: Act::Connect }]);
    let done = state(events.clone());
    assert!(done.person_for(Status::Connected).is_some(), "it stands by the person's word");
    assert_eq!(done.person_for(Status::Disconnected), None, "and is not connected by it again");
    events.push(said(PersonSays::Approve, 5));
    assert!(state(events).person_for(Status::Disconnected).is_some(), "unless said anew");
    let mut rejected = connected();
    rejected.extend([
        said(PersonSays::Reject, 9),
        intended(Act::Cut, Reason::RejectedByPerson),
        Event::Done { act: Act::Cut },
    ]);
    let word = state(rejected).person_for(Status::Disconnected).unwrap();
    assert_eq!(word.decision, PersonSays::Reject);
}

fn stored(log: &[Entry]) -> Vec<(u64, Vec<u8>)> {
    log.iter().map(|entry| (entry.sequence, entry.to_text().into_bytes())).collect()
}

fn verified(objects: &[(u64, Vec<u8>)]) -> Result<Vec<Entry>, Broken> {
    audit::log::verify(&subject_of("epsrv-1", "ep-1"), objects, &key().verifier().into())
}

#[test]
fn a_whole_log_verifies_and_reads_as_it_was_written() {
    let mut events = connected();
    events.push(said(PersonSays::Reject, 3));
    let log = log(events);
    assert_eq!(verified(&stored(&log)).unwrap(), log);
}

#[test]
fn a_state_that_does_not_follow_is_found() {
    let log = log(connected());
    let (before, last) = (&log[1], &log[2]);
    let content = DecisionContent { state: EndpointState::default(), ..last.content.clone() };
    let (subject, position) = (subject_of("epsrv-1", "ep-1"), Position::behind(Some(before)));
    let forged = Entry::signed(subject, position, (last.at, last.actor.clone(), content), "w".to_owned(), &key());
    let found = verified(&stored(&[log[0].clone(), log[1].clone(), forged])).unwrap_err();
    assert_eq!(found, Broken { sequence: 3, fault: Fault::State });
}

#[test]
fn an_entry_of_another_endpoint_is_found_though_it_is_signed() {
    let log = stored(&log(connected()));
    let found = audit::log::verify::<DecisionContent>(&subject_of("epsrv-1", "ep-2"), &log, &key().verifier().into());
    assert!(matches!(found.unwrap_err().fault, Fault::Stranger(_)));
}

/// The same log as it was written before entries were signed.
pub(crate) fn unsigned(log: &[Entry]) -> Vec<(u64, Vec<u8>)> {
    let (mut previous, mut state) = (audit::entry::NOTHING.to_owned(), EndpointState::default());
    let old = |entry: &Entry| {
        let mut value = serde_json::to_value(entry).unwrap();
        let fields = value.as_object_mut().unwrap();
        for name in ["subject", "key", "signature", "hash"] {
            fields.remove(name);
        }
        state = std::mem::take(&mut state).after(&entry.event, entry.sequence, entry.at);
        value["version"] = 1.into();
        value["previous"] = previous.as_str().into();
        value["state"] = serde_json::to_value(&state).unwrap();
        previous = audit::canonical::sha256(&value);
        value["hash"] = previous.as_str().into();
        (entry.sequence, audit::canonical::text(&value).into_bytes())
    };
    log.iter().map(old).collect()
}

#[test]
fn a_log_that_nobody_signed_reads_and_what_it_says_connects_nothing() {
    let read = |events| verified(&unsigned(&log(events))).unwrap().pop().unwrap();
    let approved = read(vec![said(PersonSays::Approve, 0)]);
    let state = state_behind(Some(&approved));
    assert_eq!(approved.state.person_for(Status::Disconnected).map(|word| word.decision), Some(PersonSays::Approve));
    assert_eq!(state.person_for(Status::Disconnected), None);
    assert!(state.connects(at(1)), "what stands may stay");
    let begun = read(connected()[..2].to_vec());
    assert!(begun.state.open.is_some() && state_behind(Some(&begun)).open.is_none());
    let cut = read([connected(), vec![intended(Act::Cut, Reason::RejectedByPerson)]].concat());
    assert!(state_behind(Some(&cut)).open.is_some(), "what is being cut goes on");
    let rejected = read(vec![said(PersonSays::Reject, 0)]);
    assert!(state_behind(Some(&rejected)).person_for(Status::Disconnected).is_some());
}

#[test]
fn what_nobody_signed_does_not_become_signed_by_what_follows_and_a_new_word_counts() {
    let old = verified(&unsigned(&log(vec![said(PersonSays::Approve, 0)]))).unwrap();
    let decided = Event::Decided { verdict: Verdict::of(Reason::OutsideWindow, None) };
    let mut whole = vec![old[0].clone(), draft(2, decided).after(old.last(), "w2".to_owned(), &key())];
    assert_eq!(whole[1].state.person_for(Status::Disconnected), None);
    whole.push(draft(3, said(PersonSays::Approve, 3)).after(whole.last(), "w3".to_owned(), &key()));
    assert!(whole[2].state.person_for(Status::Disconnected).is_some());
    let mut objects = unsigned(&old);
    objects.extend(stored(&whole[1..]));
    assert_eq!(verified(&objects).unwrap(), whole);
}
