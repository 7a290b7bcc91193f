//! The decider, move by move and then by random walks.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::lane::Lane;
use crate::not_done::{FailedCall, Retry, StepFailure};
use crate::record::{Network, SideRecord};
use crate::spec::{KindSpec, Spec};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A newly accepted record.
pub(crate) fn record(on_failure: &str) -> Record {
    let spec = Spec::from_value(serde_json::json!({
        "name": "a-b", "kind": "router-interface", "spec": "Mini.2", "on_failure": on_failure,
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    }))
    .unwrap();
    let side = |id: &str, block: &str| SideRecord {
        account_id: id.to_owned(),
        network: Network {
            cidr_blocks: vec![block.parse().unwrap()],
            router_id: Some(format!("vrt-{id}")),
            route_tables: vec![format!("vtb-{id}")],
        },
        outputs: Outputs::default(),
    };
    let sides =
        BTreeMap::from([(Side::Initiator, side("1", "192.168.0.0/16")), (Side::Acceptor, side("2", "172.16.0.0/16"))]);
    Record::accepted(spec, "uid".to_owned(), sides, at(0))
}

fn report(initiator: Result<(), NotDone>, acceptor: Result<(), NotDone>) -> Event {
    let side = |outcome| SideReport { outputs: Outputs::default(), outcome };
    Event::Reported(BTreeMap::from([(Side::Initiator, side(initiator)), (Side::Acceptor, side(acceptor))]))
}

fn succeeded() -> Event {
    report(Ok(()), Ok(()))
}

fn refused() -> NotDone {
    NotDone::Failed(StepFailure {
        what: "refused".to_owned(),
        call: Some(FailedCall {
            action: "ConnectRouterInterface".to_owned(),
            code: Some("Forbidden.OnlyOneConnection".to_owned()),
            request_id: Some("R-1".to_owned()),
        }),
        advice: "remove the other pair".to_owned(),
    })
}

fn then(record: &Record, event: Event, second: i64) -> Decision {
    decide(record, event, at(second), 0).unwrap()
}

/// Walks with `event` until the record no longer moves.
fn walk(mut record: Record, event: impl Fn() -> Event) -> Record {
    for second in 1..100 {
        if record.status != Status::Moving {
            return record;
        }
        record = then(&record, event(), second).record;
    }
    panic!("the walk did not end: {:?}", record.phase());
}

#[test]
fn every_step_in_order_leads_to_active_and_then_back_to_removed() {
    let mut record = record("keep");
    let mut steps = Vec::new();
    while record.status == Status::Moving {
        steps.push(record.step);
        record = then(&record, succeeded(), 1).record;
    }
    assert_eq!(record.phase(), Phase::Active);
    assert_eq!(steps, chain::chain(record.spec.kind()).iter().map(|stage| stage.step).collect::<Vec<_>>());

    record = then(&record, Event::RemovalAsked, 2).record;
    let mut undone = Vec::new();
    while record.status == Status::Moving {
        undone.push(record.step);
        record = then(&record, succeeded(), 3).record;
    }
    undone.reverse();
    assert_eq!(record.phase(), Phase::Removed);
    assert_eq!(undone, steps);
}

#[test]
fn one_side_that_waits_holds_the_step_and_the_shorter_wait_counts() {
    let record = record("keep");
    let decision = then(
        &record,
        report(
            Err(NotDone::retry(Duration::from_secs(9), "slow")),
            Err(NotDone::retry(Duration::from_secs(4), "quick")),
        ),
        1,
    );
    assert_eq!(decision.record.step, record.step);
    assert_eq!(decision.record.sequence, record.sequence + 1);
    assert_eq!(decision.send.as_ref().unwrap().delay, Duration::from_secs(4));
    assert_eq!(decision.record.due, Some(at(5)));
    let half = then(&record, report(Ok(()), Err(NotDone::retry(Duration::from_secs(4), "quick"))), 1);
    assert_eq!(half.record.waiting.unwrap().why, "acceptor: quick");
}

#[test]
fn pushed_back_again_and_again_it_comes_less_and_less_often_but_at_least_once_a_minute() {
    let pushed = || NotDone::Retry(Retry { delay: RetryDelay::BackOff, why: "throttled".to_owned(), call: None });
    let mut record = record("keep");
    let mut delays = Vec::new();
    for _ in 0..8 {
        let decision = decide(&record, report(Err(pushed()), Ok(())), at(1), 250).unwrap();
        delays.push(decision.send.unwrap().delay.as_secs());
        record = decision.record;
    }
    assert_eq!(delays, [2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn ordinary_waits_do_not_count_as_pushing_back_and_a_side_that_was_pushed_back_gets_its_rest() {
    let pushed = || NotDone::Retry(Retry { delay: RetryDelay::BackOff, why: "throttled".to_owned(), call: None });
    let mut record = record("keep");
    for _ in 0..6 {
        record = then(&record, report(Err(NotDone::retry(Duration::from_secs(5), "slow")), Ok(())), 1).record;
    }
    let mut delays = Vec::new();
    for _ in 0..3 {
        let decision =
            decide(&record, report(Err(pushed()), Err(NotDone::retry(Duration::from_secs(3), "slow"))), at(1), 250)
                .unwrap();
        delays.push(decision.send.unwrap().delay.as_secs());
        record = decision.record;
    }
    assert_eq!(delays, [3, 4, 8]);
    record = then(&record, report(Ok(()), Err(NotDone::retry(Duration::from_secs(3), "slow"))), 1).record;
    assert_eq!(record.waiting.unwrap().pushed_back, 0);
}

#[test]
fn a_wait_past_its_limit_is_stuck_and_says_what_it_waited_for() {
    let record = record("keep");
    let second = i64::try_from(record.limit().as_secs()).unwrap();
    let stuck = then(&record, report(Ok(()), Err(NotDone::retry(Duration::from_secs(5), "the peer"))), second).record;
    assert_eq!(stuck.phase(), Phase::Stuck);
    let failure = stuck.failure.unwrap();
    assert_eq!(failure.side, Some(Side::Acceptor));
    assert!(failure.what.contains("the peer"), "{}", failure.what);
    assert!(!failure.advice.is_empty());
}

#[test]
fn a_refusal_leaves_a_failed_record_with_side_call_code_and_request_id() {
    let failed = then(&record("keep"), report(Err(refused()), Ok(())), 1).record;
    assert_eq!(failed.phase(), Phase::Failed);
    let failure = failed.failure.clone().unwrap();
    let call = failure.call.unwrap();
    assert_eq!((failure.side, call.code.as_deref()), (Some(Side::Initiator), Some("Forbidden.OnlyOneConnection")));
    assert_eq!(call.request_id.as_deref(), Some("R-1"));

    let resumed = then(&failed, Event::RetryAsked, 2);
    assert_eq!(resumed.record.phase(), Phase::Applying);
    assert_eq!(resumed.record.step, failed.step);
    assert_eq!(resumed.record.attempt, failed.attempt + 1);
    assert!(resumed.record.failure.is_none() && resumed.send.is_some());
}

#[test]
fn with_rollback_a_refusal_undoes_the_failed_step_too_and_ends_rolled_back_with_its_cause() {
    let mut record = record("rollback");
    record = then(&record, succeeded(), 1).record;
    let failed_step = record.step;
    record = then(&record, report(Ok(()), Err(refused())), 2).record;
    assert_eq!((record.phase(), record.step), (Phase::RollingBack, failed_step));
    let end = walk(record, succeeded);
    assert_eq!(end.phase(), Phase::RolledBack);
    assert_eq!(end.cause.unwrap().side, Some(Side::Acceptor));
}

#[test]
fn removal_asked_while_a_step_is_under_way_waits_for_its_report() {
    let moving = then(&record("keep"), succeeded(), 1).record;
    let asked = then(&moving, Event::RemovalAsked, 2);
    assert_eq!(asked.send, None);
    assert!(asked.record.expects(&moving.message()), "the message under way stays valid");
    for outcome in [Ok(()), Err(NotDone::retry(Duration::from_secs(1), "x")), Err(refused())] {
        let turned = then(&asked.record, report(outcome, Ok(())), 3).record;
        assert_eq!((turned.phase(), turned.step), (Phase::Removing, moving.step));
    }
}

#[test]
fn moves_that_make_no_sense_are_refused() {
    let moving = record("keep");
    let active = walk(record("keep"), succeeded);
    let removed = walk(then(&active, Event::RemovalAsked, 2).record, succeeded);
    for (record, event) in [
        (&moving, Event::RetryAsked),
        (&active, Event::RetryAsked),
        (&removed, Event::RetryAsked),
        (&active, succeeded()),
        (&active, Event::Overdue),
    ] {
        assert!(decide(record, event, at(9), 0).is_err(), "{:?}", record.phase());
    }
    let again = then(&removed, Event::RemovalAsked, 9);
    assert_eq!((again.record, again.send), (removed, None));
}

#[test]
fn a_change_walks_the_chain_again_in_the_next_generation_and_remembers_where_things_were() {
    let active = walk(record("keep"), succeeded);
    assert_eq!(then(&active, Event::ChangeAsked(Box::new(active.wanted())), 1).record, active, "nothing to change");
    let mut wanted = other_class("Large.1");
    wanted.networks.get_mut(&Side::Initiator).unwrap().route_tables = vec!["vtb-new".to_owned()];
    let changing = then(&active, Event::ChangeAsked(Box::new(wanted.clone())), 1).record;
    assert_eq!((changing.phase(), changing.generation), (Phase::Applying, 2));
    assert_eq!(changing.step, chain::first(changing.spec.kind()).step);
    let again = then(&changing, Event::ChangeAsked(Box::new(wanted.clone())), 2);
    assert_eq!((&again.record, again.send), (&changing, None), "asked again, it goes on as it was");
    assert!(changing.sides[&Side::Initiator].outputs.former.route_tables.contains("vtb-1"));
    let changed = walk(changing, succeeded);
    assert_eq!((changed.phase(), changed.wanted()), (Phase::Active, wanted));
    assert_eq!(changed.former, None);
}

#[test]
fn a_change_that_fails_stays_or_goes_back_as_the_spec_says_and_never_tears_down() {
    let mut wanted = other_class("Large.1");
    let failed = |wanted: &ResolvedSpec| {
        let changing = then(&walk(record("keep"), succeeded), Event::ChangeAsked(Box::new(wanted.clone())), 1).record;
        then(&changing, report(Err(refused()), Ok(())), 2).record
    };
    assert_eq!(failed(&wanted).phase(), Phase::Failed);
    // Put right by another change, or by the former spec.
    let put_right = then(&failed(&wanted), Event::ChangeAsked(Box::new(record("keep").wanted())), 3).record;
    assert_eq!(walk(put_right, succeeded).phase(), Phase::Active);

    wanted.spec.on_failure = OnFailure::Rollback;
    let back = failed(&wanted);
    assert_eq!((back.phase(), back.generation, &back.spec), (Phase::Applying, 3, &record("keep").spec));
    let back = walk(back, succeeded);
    assert_eq!(back.phase(), Phase::Active);
    assert_eq!(back.cause.unwrap().side, Some(Side::Initiator));
}

#[test]
fn removal_of_a_change_under_way_begins_at_the_end_of_the_chain() {
    let active = walk(record("keep"), succeeded);
    let changing = then(&active, Event::ChangeAsked(Box::new(other_class("Large.1"))), 1).record;
    let asked = then(&changing, Event::RemovalAsked, 2).record;
    let removing = then(&asked, succeeded(), 3).record;
    assert_eq!((removing.phase(), removing.step), (Phase::Removing, chain::last(removing.spec.kind()).step));
}

#[test]
fn a_connection_is_paused_and_resumed_by_the_step_that_switches_it() {
    let active = walk(record("keep"), succeeded);
    let pausing = then(&active, Event::PauseAsked, 1).record;
    assert_eq!((pausing.phase(), pausing.step), (Phase::Pausing, StepName::Connect));
    let paused = walk(pausing, succeeded);
    assert_eq!(paused.phase(), Phase::Paused);
    assert!(decide(&paused, Event::ChangeAsked(Box::new(other_class("Large.1"))), at(2), 0).is_err());
    assert_eq!(walk(then(&paused, Event::RemovalAsked, 2).record, succeeded).phase(), Phase::Removed);
    let resuming = then(&paused, Event::ResumeAsked, 2).record;
    assert_eq!((resuming.phase(), resuming.step), (Phase::Applying, StepName::Connect));
    assert_eq!(then(&resuming, Event::ResumeAsked, 3).record, resuming, "asked again, it goes on as it was");
    assert_eq!(walk(resuming, succeeded).phase(), Phase::Active);
    assert!(decide(&record("keep"), Event::PauseAsked, at(2), 0).is_err(), "not while it is being built");
}

#[test]
fn what_was_active_once_is_not_torn_down_when_resuming_it_fails() {
    let active = walk(record("rollback"), succeeded);
    let paused = walk(then(&active, Event::PauseAsked, 1).record, succeeded);
    let resuming = then(&paused, Event::ResumeAsked, 2).record;
    assert_eq!(then(&resuming, report(Err(refused()), Ok(())), 3).record.phase(), Phase::Failed);
}

#[test]
fn what_failed_can_be_given_up_and_still_be_removed_later() {
    let failed = then(&record("keep"), report(Err(refused()), Ok(())), 1).record;
    let given_up = then(&failed, Event::AbandonAsked, 2).record;
    assert_eq!(given_up.phase(), Phase::Abandoned);
    assert!(given_up.failure.is_some() && given_up.due.is_none());
    assert!(decide(&given_up, Event::RetryAsked, at(3), 0).is_err());
    assert_eq!(walk(then(&given_up, Event::RemovalAsked, 3).record, succeeded).phase(), Phase::Removed);
}

#[test]
fn a_pair_gives_way_to_a_peering_and_comes_back_when_that_fails() {
    let active = walk(record("keep"), succeeded);
    let mut clearing = then(&active, Event::ChangeAsked(Box::new(peering())), 1).record;
    assert_eq!((clearing.phase(), clearing.step), (Phase::Migrating, StepName::AddRoute));
    let mut undone = Vec::new();
    while clearing.course == Course::Clear {
        undone.push(clearing.step);
        clearing = then(&clearing, succeeded(), 2).record;
    }
    assert_eq!(
        undone,
        [StepName::AddRoute, StepName::Connect, StepName::SetPeerInfo, StepName::CreateInterface],
        "groups stay open: both kinds need them"
    );
    assert_eq!((clearing.spec.kind(), clearing.step), (Kind::VpcPeering, StepName::CreatePeering));
    assert_eq!(walk(clearing.clone(), succeeded).phase(), Phase::Active);

    let back = then(&clearing, report(Err(refused()), Ok(())), 3).record;
    assert_eq!(
        (back.phase(), back.spec.kind(), back.step),
        (Phase::Migrating, Kind::VpcPeering, StepName::CreatePeering)
    );
    let back = walk(back, succeeded);
    assert_eq!((back.phase(), back.spec.clone()), (Phase::Active, active.spec));
    assert!(back.cause.is_some());
}

#[test]
fn removal_in_the_middle_of_a_migration_takes_along_what_both_kinds_share() {
    let active = walk(record("keep"), succeeded);
    let mut moving = then(&active, Event::ChangeAsked(Box::new(peering())), 1).record;
    while moving.phase() != Phase::Active {
        let asked = then(&moving, Event::RemovalAsked, 2).record;
        let removing = then(&asked, succeeded(), 3).record;
        assert_eq!(
            (removing.phase(), removing.step),
            (Phase::Removing, StepName::VerifyReachability),
            "asked at {} of {:?}",
            moving.step,
            moving.course
        );
        moving = then(&moving, succeeded(), 4).record;
    }
}

#[test]
fn a_kind_changes_only_where_that_was_asked_for() {
    let active = walk(record("keep"), succeeded);
    let mut wanted = peering();
    let KindSpec::VpcPeering(spec) = &mut wanted.spec.kind else { panic!("a peering") };
    spec.migrate = false;
    let refused = decide(&active, Event::ChangeAsked(Box::new(wanted)), at(1), 0).unwrap_err();
    assert!(refused.to_string().contains("migrate"), "{refused}");
    let failed = then(&record("keep"), report(Err(self::refused()), Ok(())), 1).record;
    let refused = decide(&failed, Event::ChangeAsked(Box::new(peering())), at(2), 0).unwrap_err();
    assert!(refused.to_string().contains("only while it is active"), "{refused}");
}

#[test]
fn waiting_in_a_lane_does_not_use_up_the_limit_of_the_step_but_has_one_of_its_own() {
    let lane = Lane::of_routes("1", "cn-qingdao", "vpc-a");
    let mut record = record("keep");
    for second in (0..7200).step_by(300) {
        record = then(&record, report(Err(NotDone::queued(&lane, 3)), Ok(())), second).record;
        assert_eq!(record.status, Status::Moving);
    }
    let at_work = then(&record, report(Err(NotDone::retry(Duration::from_secs(3), "the route")), Ok(())), 7199).record;
    assert_eq!(at_work.status, Status::Moving, "its own limit begins with its turn");
    let stuck = then(&record, report(Err(NotDone::queued(&lane, 3)), Ok(())), 7200).record;
    assert_eq!(stuck.phase(), Phase::Stuck);
    assert!(stuck.failure.unwrap().what.contains("routes-1-cn-qingdao-vpc-a"));
}

fn any_event() -> impl Strategy<Value = Event> {
    let outcome = || {
        prop_oneof![
            4 => Just(Ok(())),
            3 => Just(Err(NotDone::retry(Duration::from_secs(5), "the cloud"))),
            1 => Just(Err(NotDone::Retry(Retry { delay: RetryDelay::BackOff, why: "throttled".to_owned(), call: None }))),
            1 => Just(Err(refused())),
        ]
    };
    prop_oneof![
        12 => (outcome(), outcome()).prop_map(|(one, two)| report(one, two)),
        1 => Just(Event::RemovalAsked),
        2 => Just(Event::RetryAsked),
        1 => Just(Event::Overdue),
        1 => Just(Event::PauseAsked),
        2 => Just(Event::ResumeAsked),
        1 => Just(Event::AbandonAsked),
        1 => prop_oneof![Just("Mini.5"), Just("Large.1")].prop_map(|class| Event::ChangeAsked(Box::new(other_class(class)))),
        1 => Just(Event::ChangeAsked(Box::new(peering()))),
        1 => prop_oneof![Just("Mini.5"), Just("Large.1")].prop_map(|class| Event::ConsentAsked(Box::new(awaited(Some(other_class(class)))))),
        2 => prop_oneof![Just("a"), Just("b")].prop_map(agreed),
        1 => prop_oneof![Just("a"), Just("b")].prop_map(not_agreed_to),
    ]
}

fn name(text: &str) -> CallerName {
    text.parse().unwrap()
}

/// What waits for the owners of both accounts.
fn awaited(change: Option<ResolvedSpec>) -> Awaited {
    let nothing = |owner| Consent { owner: name(owner), said: Said::Nothing };
    let consents = [("a".parse().unwrap(), nothing("ann")), ("b".parse().unwrap(), nothing("bob"))].into();
    Awaited { change: change.map(Box::new), by: name("carol"), since: at(0), consents }
}

fn agreed(account: &str) -> Event {
    Event::ConsentGiven { account: account.parse().unwrap(), by: name("somebody") }
}

fn not_agreed_to(account: &str) -> Event {
    Event::ConsentRefused { account: account.parse().unwrap(), reason: "not with us".to_owned() }
}

#[test]
fn nothing_begins_before_the_last_owner_agrees_and_then_it_does() {
    let waiting = record("keep").awaiting(awaited(None));
    assert_eq!((waiting.phase(), waiting.due), (Phase::AwaitingConsent, None));
    for event in [Event::PauseAsked, Event::RetryAsked, Event::AbandonAsked, succeeded()] {
        assert!(decide(&waiting, event, at(1), 0).is_err());
    }
    let half = then(&waiting, agreed("a"), 1);
    assert_eq!((half.record.phase(), half.send), (Phase::AwaitingConsent, None));
    let again = then(&half.record, agreed("a"), 2);
    assert_eq!(again.record, half.record, "said twice, it is said once");
    assert!(decide(&half.record, agreed("c"), at(2), 0).is_err());
    let whole = then(&half.record, agreed("b"), 3);
    assert_eq!(whole.record.phase(), Phase::Applying);
    assert_eq!(whole.send.unwrap().message, whole.record.message());
    assert!(whole.record.consents.values().all(Consent::is_given) && whole.record.awaited.is_none());
    assert_eq!(then(&whole.record, agreed("b"), 4).send, None, "who was heard may say it again");
}

#[test]
fn an_owner_who_refuses_ends_it_before_anything_is_made_and_a_retry_asks_again() {
    let half = then(&record("keep").awaiting(awaited(None)), agreed("a"), 1).record;
    let refused = then(&half, not_agreed_to("b"), 2).record;
    assert_eq!(refused.phase(), Phase::Failed);
    let failure = refused.failure.as_ref().unwrap();
    assert_eq!(failure.what, "bob, the owner of account b, does not agree: not with us");
    assert!(!refused.is_under_way());
    let asked = then(&refused, Event::RetryAsked, 3).record;
    assert_eq!((asked.phase(), asked.attempt), (Phase::AwaitingConsent, 2));
    assert_eq!(asked.awaited.as_ref().unwrap().open().count(), 2, "both are asked again");
    for record in [&half, &refused] {
        let removed = then(record, Event::RemovalAsked, 4);
        assert_eq!((removed.record.phase(), removed.send), (Phase::Removed, None), "nothing was made");
    }
}

#[test]
fn owners_who_do_not_answer_in_time_end_it() {
    let waiting = record("keep").awaiting(awaited(None));
    let ended = then(&waiting, Event::Overdue, 14 * 86_400 + 1).record;
    assert_eq!(ended.phase(), Phase::Failed);
    assert!(ended.failure.as_ref().unwrap().what.contains("waited 14 days for the consent of ann for account a"));
    assert!(decide(&ended, Event::Overdue, at(1), 0).is_err());
}

#[test]
fn a_change_waits_beside_what_stands_and_begins_when_all_agree() {
    let active = walk(record("keep"), succeeded);
    let waiting = then(&active, Event::ConsentAsked(Box::new(awaited(Some(other_class("Mini.5"))))), 1).record;
    assert_eq!((waiting.phase(), &waiting.spec), (Phase::Active, &active.spec));
    assert!(waiting.is_under_way());
    let again = then(&waiting, Event::ConsentAsked(Box::new(awaited(Some(other_class("Mini.5"))))), 2);
    assert_eq!(again.record.attempt, waiting.attempt, "asked twice, it is asked once");

    let refused = then(&waiting, not_agreed_to("a"), 3).record;
    assert_eq!((refused.phase(), &refused.spec), (Phase::Active, &active.spec));
    assert!(refused.awaited.is_none() && refused.cause.is_some());

    let half = then(&waiting, agreed("a"), 3).record;
    let begun = then(&half, agreed("b"), 4);
    assert_eq!((begun.record.phase(), begun.record.spec), (Phase::Applying, other_class("Mini.5").spec));
    assert_eq!(begun.record.spec_by, Some(name("carol")), "who asked for it, not who agreed");
    let changed = begun.record.history.iter().rfind(|entry| entry.event == EntryEvent::ChangeAsked).unwrap();
    assert_eq!(changed.by, Some(name("carol")));
}

#[test]
fn a_change_that_is_agreed_to_while_something_is_under_way_or_paused_begins_after_it() {
    let active = walk(record("keep"), succeeded);
    let waiting = then(&active, Event::ConsentAsked(Box::new(awaited(Some(other_class("Mini.5"))))), 1).record;
    let repair = RepairRequest { step: StepName::AddRoute, rebuild: false, note: "check-drift".to_owned() };
    let moving = then(&waiting, Event::RepairAsked(repair), 2).record;
    let agreed_to = then(&then(&moving, agreed("a"), 3).record, agreed("b"), 4);
    assert_eq!((agreed_to.record.spec.clone(), agreed_to.send), (active.spec.clone(), None));
    let ended = walk(agreed_to.record, succeeded);
    assert_eq!((ended.phase(), &ended.spec), (Phase::Active, &other_class("Mini.5").spec));

    let paused = walk(then(&waiting, Event::PauseAsked, 2).record, succeeded);
    let agreed_to = then(&then(&paused, agreed("a"), 30).record, agreed("b"), 31).record;
    assert_eq!((agreed_to.phase(), &agreed_to.spec), (Phase::Paused, &active.spec));
    let resumed = walk(then(&agreed_to, Event::ResumeAsked, 32).record, succeeded);
    assert_eq!((resumed.phase(), &resumed.spec), (Phase::Active, &other_class("Mini.5").spec));
}

#[test]
fn an_owner_may_take_its_consent_back_and_the_connection_is_removed() {
    let waiting = record("keep").awaiting(awaited(None));
    let begun = then(&then(&waiting, agreed("a"), 1).record, agreed("b"), 2).record;
    let moving = then(&begun, not_agreed_to("b"), 3).record;
    assert!(moving.removal_asked);
    let active = walk(begun, succeeded);
    let removing = then(&active, not_agreed_to("a"), 200).record;
    assert_eq!(removing.phase(), Phase::Removing);
    let removed = walk(removing, succeeded);
    assert_eq!(removed.phase(), Phase::Removed);
    assert_eq!(then(&removed, not_agreed_to("a"), 300).send, None, "said again, it is done");
}

/// What the sample record wants, in another bandwidth class.
fn other_class(class: &str) -> ResolvedSpec {
    let mut wanted = record("keep").wanted();
    let mut spec = serde_json::to_value(&wanted.spec).unwrap();
    spec["spec"] = class.into();
    wanted.spec = Spec::from_value(spec).unwrap();
    wanted
}

/// A peering between the same VPCs that may replace the sample record's pair.
fn peering() -> ResolvedSpec {
    let mut wanted = record("keep").wanted();
    let mut spec = serde_json::to_value(&wanted.spec).unwrap();
    spec.as_object_mut().unwrap().remove("spec");
    spec["kind"] = "vpc-peering".into();
    spec["migrate"] = true.into();
    wanted.spec = Spec::from_value(spec).unwrap();
    wanted
}

proptest! {
    #[test]
    fn whatever_happens_the_record_stays_sound(
        on_failure in prop_oneof![Just("keep"), Just("rollback")],
        waits in any::<bool>(),
        events in prop::collection::vec((any_event(), 0_i64..120, any::<u64>()), 1..120),
    ) {
        let mut record = record(on_failure);
        if waits {
            record = record.awaiting(awaited(None));
        }
        let mut second = 0;
        for (event, later, roll) in events {
            second += later;
            let is_report = matches!(event, Event::Reported(_));
            let Ok(decision) = decide(&record, event, at(second), roll) else { continue };
            let next = decision.record;
            prop_assert_eq!(next.status == Status::Moving, next.due.is_some());
            prop_assert_eq!(matches!(next.status, Status::Failed | Status::Stuck | Status::Abandoned), next.failure.is_some());
            prop_assert!(next.status == Status::Moving || !next.removal_asked);
            prop_assert!(next.phase() != Phase::RolledBack || next.cause.is_some());
            match &decision.send {
                Some(dispatch) => {
                    prop_assert!(next.expects(&dispatch.message));
                    prop_assert!(!next.expects(&record.message()), "the old message is stale now");
                    prop_assert!(next.sequence > record.sequence);
                    if is_report {
                        prop_assert!(chain::leads_to(record.step).contains(&next.step), "its function may send there");
                    }
                }
                None => prop_assert_eq!(next.sequence, record.sequence),
            }
            let text = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Record>(&text).unwrap(), &next);
            record = next;
        }
        // From wherever it is, success and a request for removal lead to removed.
        let settled = walk(record, succeeded);
        prop_assert!(settled.status != Status::AwaitingConsent || settled.awaited.is_some());
        let removed = walk(then(&settled, Event::RemovalAsked, second + 1).record, succeeded);
        prop_assert_eq!(removed.phase(), Phase::Removed);
    }
}
