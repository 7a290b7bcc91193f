//! Logs: what they come to, and that no change goes unnoticed.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::decide::tests::{facts, request};
use crate::request::{Past, PersonSays, Status};
use crate::verdict::Reason;

/// Whose logs these are.
const OF: (&str, &str) = ("epsrv-1", "ep-1");

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

pub(crate) fn log(events: Vec<Event>) -> Vec<Entry> {
    let mut log: Vec<Entry> = Vec::new();
    for (minutes, event) in (0..).zip(events) {
        let entry = draft(minutes, event).after(log.last(), format!("w{minutes}"));
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
    log(events).pop().unwrap().state
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
    assert!(!stays(Vec::new()), "somebody cut it past all decisions");
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

fn stored(log: &[Entry]) -> Vec<Vec<u8>> {
    log.iter().map(|entry| entry.to_text().into_bytes()).collect()
}

fn whole() -> Vec<Vec<u8>> {
    let mut events = connected();
    events.push(said(PersonSays::Reject, 3));
    stored(&log(events))
}

#[test]
fn a_whole_log_verifies_and_reads_as_it_was_written() {
    let mut events = connected();
    events.push(said(PersonSays::Reject, 3));
    assert_eq!(verify_bytes(OF, &whole()).unwrap(), log(events));
    assert_eq!(verify_bytes(OF, &[]), Ok(Vec::new()));
}

#[test]
fn a_gap_a_swap_a_doubling_and_a_stranger_are_found() {
    let mut gap = whole();
    gap.remove(1);
    assert_eq!(verify_bytes(OF, &gap).unwrap_err(), Broken { place: 2, fault: Fault::Gap(3) });
    let mut swapped = whole();
    swapped.swap(1, 2);
    assert_eq!(verify_bytes(OF, &swapped).unwrap_err().place, 2);
    let mut doubled = whole();
    doubled.insert(1, doubled[0].clone());
    assert_eq!(verify_bytes(OF, &doubled).unwrap_err(), Broken { place: 2, fault: Fault::Gap(1) });
    assert_eq!(verify_bytes(OF, &whole()[1..]).unwrap_err().fault, Fault::Gap(2), "the beginning is missing");
    let first = log(connected()).remove(0);
    let stranger = Draft { endpoint_id: "ep-2".to_owned(), ..draft(1, said(PersonSays::Hold, 1)) };
    let strange = vec![first.clone(), stranger.after(Some(&first), "w".to_owned())];
    assert!(matches!(verify_bytes(OF, &stored(&strange)).unwrap_err().fault, Fault::Stranger { .. }));
}

#[test]
fn a_log_in_the_folder_of_another_endpoint_is_found_and_one_that_changes_its_region() {
    for of in [("epsrv-1", "ep-2"), ("epsrv-2", "ep-1"), ("ep-1", "epsrv-1")] {
        let broken = verify_bytes(of, &whole()).unwrap_err();
        assert_eq!(broken.place, 1, "{of:?}");
        assert_eq!(
            broken.to_string(),
            "entry 1 (counted from 1): it belongs to endpoint ep-1 of service epsrv-1 in eu-central-1"
        );
    }
    let after = |account: &str, region: &str| {
        let first = log(connected()).remove(0);
        let place = Place { account: account.to_owned(), region: region.to_owned() };
        let second = Draft { place, ..draft(1, said(PersonSays::Hold, 1)) }.after(Some(&first), "w".to_owned());
        verify_bytes(OF, &stored(&[first, second]))
    };
    assert!(matches!(after("b", "cn-hangzhou").unwrap_err().fault, Fault::Stranger { .. }));
    assert!(after("renamed", "eu-central-1").is_ok(), "an account may get another alias");
}

#[test]
fn an_entry_that_was_written_anew_with_a_fitting_hash_breaks_the_chain_behind_it() {
    let mut entries: Vec<Value> = whole().iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect();
    let forged = entries[1].as_object_mut().unwrap();
    forged.remove("hash");
    forged.insert("policy_hash".to_owned(), "other".into());
    let hash = canonical::sha256(&entries[1]);
    entries[1]["hash"] = hash.into();
    assert_eq!(verify(OF, &entries).unwrap_err(), Broken { place: 3, fault: Fault::Unchained });
}

#[test]
fn a_state_that_does_not_follow_is_found() {
    let mut log = log(connected());
    let last = log.last_mut().unwrap();
    last.state = EndpointState::default();
    last.hash = last.computed_hash();
    assert_eq!(verify_bytes(OF, &stored(&log)).unwrap_err(), Broken { place: 3, fault: Fault::EndpointState });
}

proptest! {
    #[test]
    fn a_single_changed_byte_is_found_wherever_it_is(place in any::<prop::sample::Index>(), by in 1..=255_u8) {
        let mut entries = whole();
        let all: usize = entries.iter().map(Vec::len).sum();
        let mut place = place.index(all);
        for entry in &mut entries {
            if place < entry.len() {
                entry[place] ^= by;
                break;
            }
            place -= entry.len();
        }
        prop_assert!(verify_bytes(OF, &entries).is_err());
    }
}
