//! Deciding: from a record and what happened, what the record becomes and which message to send.
//!
//! [`decide`] is a pure function. It is the only code that moves a record, and the moves that make no sense do not exist in
//! its table: they come back as [`Illegal`].
//!
//! ```text
//!            step done            last step done
//! applying ───────────► applying ───────────────► active ◄──── resume ────┐
//!    │ step failed or stuck                          │ │ pause             │
//!    ├─ on_failure keep ────► failed / stuck ────────┤ └─► pausing ► paused ┤
//!    └─ on_failure rollback ► rolling-back ► rolled-back                   │
//!                                                    ▼                     ▼
//!                         failed / stuck ◄─────── removing ◄───────────────┘
//!                              │ abandon             └─► removed
//!                              ▼
//!                          abandoned
//! ```
//!
//! A change of the spec walks the same chain again, with every step bringing what stands to what is now wanted. If it fails
//! where `on_failure` is `rollback`, the spec that was active before takes its place and is walked in the same way. A change
//! of the kind first clears away what stands (`migrating`), and always goes back when it fails.
//!
//! Where owners of accounts have to agree, a new connection is `awaiting-consent` and nothing is made; a change waits beside what
//! stands. Once all agree it begins. Who does not agree after all has the connection removed.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::chain;
use crate::consent::{Awaited, Consent, PATIENCE, Said};
use crate::message::StepMessage;
use crate::not_done::{NotDone, Retry, RetryDelay, StepFailure};
use crate::outputs::{FormerPlaces, Outputs};
use crate::record::{Course, EntryEvent, Failure, Phase, Record, ResolvedSpec, Status, Waiting};
use crate::spec::OnFailure;
use crate::words::{AccountAlias, CallerName, Kind, Side, StepName};

/// The first delay after the cloud pushed back; it doubles each time.
const BACKOFF_FIRST: Duration = Duration::from_secs(2);
/// The longest delay after the cloud pushed back.
const BACKOFF_MOST: Duration = Duration::from_secs(60);
/// What one turn in a lane takes, more or less.
const TURN: Duration = Duration::from_secs(5);
/// The longest and the shortest time between two looks at a lane.
const TURN_MOST: Duration = Duration::from_secs(300);
const TURN_LEAST: Duration = Duration::from_secs(15);
/// How long a step may wait for its turn in all.
const QUEUE_LIMIT: Duration = Duration::from_secs(2 * 3600);

/// Something that happened to a connection.
#[derive(Debug, Clone)]
pub enum Event {
    /// The current step ran.
    Reported(Report),
    /// Somebody asked for removal.
    RemovalAsked,
    /// Somebody asked to go on after a failure.
    RetryAsked,
    /// Somebody asked for another spec.
    ChangeAsked(Box<ResolvedSpec>),
    /// Somebody asked to switch the connection off.
    PauseAsked,
    /// Somebody asked to switch it on again, or to go on after a failure.
    ResumeAsked,
    /// What was changed by hand shall be set right.
    RepairAsked(RepairRequest),
    /// Somebody gives up what failed or is stuck, and keeps what was made.
    AbandonAsked,
    /// No function has reported for much longer than the step may take, or no owner has answered.
    Overdue,
    /// Somebody asked for another spec, and owners have to agree first.
    ConsentAsked(Box<Awaited>),
    /// The owner of an account agrees.
    ConsentGiven {
        /// The account.
        account: AccountAlias,
        /// Who spoke for the owner.
        by: CallerName,
    },
    /// The owner of an account does not agree.
    ConsentRefused {
        /// The account.
        account: AccountAlias,
        /// Why not.
        reason: String,
    },
}

/// What is to be set right that was changed by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairRequest {
    /// The earliest step that owns something to be set right: the chain is walked again from there.
    pub step: StepName,
    /// Whether what joins the sides can only be built anew: it is cleared away first, with the routes to it.
    pub rebuild: bool,
    /// Who asked for it and why, for the history.
    pub note: String,
}

/// What a step says of both sides.
pub type Report = BTreeMap<Side, SideReport>;

/// What a step says of one side.
#[derive(Debug, Clone)]
pub struct SideReport {
    /// What exists on the side now. Kept whatever the outcome.
    pub outputs: Outputs,
    /// `Ok` when the side is as promised and was read back so.
    pub outcome: Result<(), NotDone>,
}

/// What to do: first write the record, then send the message.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The record as it shall be written.
    pub record: Record,
    /// The message to send once it is written.
    pub send: Option<Dispatch>,
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The message; its step names the queue.
    pub message: StepMessage,
    /// How long the queue shall hold it back.
    pub delay: Duration,
}

/// A move that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// There is nothing to resume.
    #[error("the connection is {0}; only a failed, stuck or rolled-back connection can be retried")]
    NothingToRetry(Phase),
    /// A step reported to a record that waits for none.
    #[error("the connection is {0} and waits for no step")]
    NotMoving(Phase),
    /// The spec cannot change now.
    #[error("the connection is {0}; its spec can change while it is active, failed or stuck in building")]
    NotChangeable(Phase),
    /// Only an active connection can be switched off.
    #[error("the connection is {0}; only an active connection can be paused")]
    NotPausable(Phase),
    /// Connections of this kind cannot be switched off.
    #[error("a {0} connection cannot be paused: the cloud has no call for it; remove it instead")]
    NeverPausable(Kind),
    /// Only what has arrived can have been changed by hand since.
    #[error(
        "the connection is {0}; only an active connection can be repaired, and of a paused one only that it is off"
    )]
    NotRepairable(Phase),
    /// The step is not one of this connection's.
    #[error("a {kind} connection has no step {step}")]
    NoSuchStep {
        /// The connection's kind.
        kind: Kind,
        /// The step.
        step: StepName,
    },
    /// Only what stands still without having arrived can be given up.
    #[error("the connection is {0}; only a failed or stuck connection can be abandoned")]
    NotAbandonable(Phase),
    /// Nobody waits for this owner.
    #[error("nothing waits for the consent of the owner of account {0}")]
    NothingAwaited(AccountAlias),
    /// The kind cannot change like that.
    #[error(
        "a {from} connection cannot become a {to} connection: only a vpc-peering with migrate: true can take the place of a \
         router-interface connection"
    )]
    OtherKind {
        /// What it is.
        from: Kind,
        /// What was asked for.
        to: Kind,
    },
    /// The kind cannot change now.
    #[error(
        "the connection is {0}; its kind can change only while it is active, so that there is something to go back to"
    )]
    NotMigratable(Phase),
}

/// Decides what `event` makes of `record` at the instant `now`. `roll` is a random number; it spreads the delays of many
/// waiters.
///
/// # Errors
/// When the event makes no sense for the record. The record stays as it is.
pub fn decide(record: &Record, event: Event, now: Timestamp, roll: u64) -> Result<Decision, Illegal> {
    let decision = decided(record, event, now, roll)?;
    // What was said before is no news.
    let is_same =
        decision.send.is_none() && Record { updated_at: record.updated_at, ..decision.record.clone() } == *record;
    Ok(if is_same { Decision { record: record.clone(), send: None } } else { decision })
}

fn decided(record: &Record, event: Event, now: Timestamp, roll: u64) -> Result<Decision, Illegal> {
    let mut next = record.clone();
    next.updated_at = now;
    match (record.course, record.status, event) {
        (_, Status::Moving, Event::Reported(report)) => Ok(reported(next, report, now, roll)),
        (_, Status::Moving, Event::Overdue) => {
            let what = next.waiting.as_ref().map_or_else(
                || "no function has reported on this step".to_owned(),
                |waiting| format!("no function has reported since the step waited for {}", waiting.why),
            );
            let failure = failure_of(
                &next,
                None,
                what,
                None,
                "see the function's log and its dead-letter queue, then retry",
                now,
            );
            Ok(halted(next, Status::Stuck, EntryEvent::StepStuck, failure, now))
        }

        (_, _, Event::Overdue) if next.is_under_way() => Ok(unanswered(next, now)),
        (_, _, Event::Reported(_) | Event::Overdue) => Err(Illegal::NotMoving(record.phase())),

        (_, _, Event::ConsentGiven { account, by }) => consented(next, account, by, now),
        (_, _, Event::ConsentRefused { account, reason }) => refused(next, account, &reason, now),
        (Course::Build, Status::AwaitingConsent, Event::ConsentAsked(awaited)) => Ok(asked_anew(next, *awaited, now)),
        (Course::Build, Status::Arrived | Status::Failed | Status::Stuck, Event::ConsentAsked(awaited)) => {
            proposed(next, *awaited, now)
        }
        (_, _, Event::ConsentAsked(_)) => Err(Illegal::NotChangeable(record.phase())),
        // Without an owner to ask any more, what waited begins.
        (Course::Build, Status::AwaitingConsent, Event::ChangeAsked(wanted)) => {
            next.note(now, EntryEvent::ChangeAsked, None);
            next.awaited = None;
            Ok(aim_at(next, *wanted, now))
        }
        // Nothing was made yet.
        (Course::Build, Status::AwaitingConsent | Status::Failed, Event::RemovalAsked) if next.was_never_begun() => {
            next.note(now, EntryEvent::RemovalAsked, None);
            next.awaited = None;
            next.course = Course::Remove;
            Ok(arrive(next, now))
        }
        (Course::Build, Status::Failed, Event::RetryAsked | Event::ResumeAsked) if next.was_never_begun() => {
            next.note(now, EntryEvent::RetryAsked, None);
            Ok(asks_owners(next, now))
        }

        // While a step is under way only its report may turn the course: an apply in flight must never meet an undo.
        (Course::Remove, Status::Moving | Status::Arrived, Event::RemovalAsked) => {
            Ok(Decision { record: record.clone(), send: None })
        }
        (_, Status::Moving, Event::RemovalAsked) => {
            if !next.removal_asked {
                next.removal_asked = true;
                next.note(now, EntryEvent::RemovalAsked, None);
            }
            Ok(Decision { record: next, send: None })
        }
        (Course::RollBack, Status::Arrived, Event::RemovalAsked) => {
            next.note(now, EntryEvent::RemovalAsked, None);
            next.course = Course::Remove;
            Ok(arrive(next, now))
        }
        (_, _, Event::RemovalAsked) => {
            next.note(now, EntryEvent::RemovalAsked, None);
            next.attempt += 1;
            Ok(turn_to_removal(next, now))
        }

        (Course::Pause, _, Event::ResumeAsked) if record.status != Status::Moving => {
            next.note(now, EntryEvent::ResumeAsked, None);
            next.attempt += 1;
            next.course = Course::Build;
            let step = next.step;
            Ok(go(next, step, now))
        }
        (_, Status::Failed | Status::Stuck, Event::RetryAsked | Event::ResumeAsked) => {
            next.note(now, EntryEvent::RetryAsked, None);
            next.attempt += 1;
            let step = next.step;
            Ok(go(next, step, now))
        }
        (Course::RollBack, Status::Arrived, Event::RetryAsked | Event::ResumeAsked) => {
            next.note(now, EntryEvent::RetryAsked, None);
            next.attempt += 1;
            next.course = Course::Build;
            next.cause = None;
            let first = chain::first(next.spec.kind()).step;
            next.reached = first;
            Ok(go(next, first, now))
        }
        // Asked again for what is on its way or there: by somebody whose first request was heard and never answered.
        (Course::Build, Status::Moving | Status::Arrived, Event::ResumeAsked) => {
            Ok(Decision { record: record.clone(), send: None })
        }
        (_, _, Event::RetryAsked | Event::ResumeAsked) => Err(Illegal::NothingToRetry(record.phase())),

        (Course::Build, Status::Arrived, Event::PauseAsked) => {
            let kind = next.spec.kind();
            let step = chain::switch(kind).ok_or(Illegal::NeverPausable(kind))?;
            next.note(now, EntryEvent::PauseAsked, None);
            next.attempt += 1;
            next.course = Course::Pause;
            Ok(go(next, step, now))
        }
        (Course::Pause, Status::Moving | Status::Arrived, Event::PauseAsked) => {
            Ok(Decision { record: record.clone(), send: None })
        }
        (_, _, Event::PauseAsked) => Err(Illegal::NotPausable(record.phase())),

        (_, Status::Arrived, Event::RepairAsked(request)) => repaired(next, request, now),
        (_, _, Event::RepairAsked(_)) => Err(Illegal::NotRepairable(record.phase())),

        (_, Status::Failed | Status::Stuck, Event::AbandonAsked) => {
            next.note(now, EntryEvent::Abandoned, None);
            next.awaited = None;
            next.status = Status::Abandoned;
            Ok(Decision { record: next, send: None })
        }
        (_, Status::Abandoned, Event::AbandonAsked) => Ok(Decision { record: record.clone(), send: None }),
        (_, _, Event::AbandonAsked) => Err(Illegal::NotAbandonable(record.phase())),

        (Course::Build, Status::Moving | Status::Arrived, Event::ChangeAsked(wanted)) if *wanted == record.wanted() => {
            Ok(Decision { record: record.clone(), send: None })
        }
        (Course::Clear, Status::Moving, Event::ChangeAsked(wanted)) if record.next.as_ref() == Some(&wanted) => {
            Ok(Decision { record: record.clone(), send: None })
        }
        (Course::Build, Status::Arrived | Status::Failed | Status::Stuck, Event::ChangeAsked(wanted)) => {
            changed(next, *wanted, now)
        }
        (_, _, Event::ChangeAsked(_)) => Err(Illegal::NotChangeable(record.phase())),
    }
}

/// An owner agrees. Once all do, what they agreed to begins; while a step is under way it waits for that.
fn consented(mut record: Record, account: AccountAlias, by: CallerName, now: Timestamp) -> Result<Decision, Illegal> {
    let consent = record.awaited.as_mut().and_then(|awaited| awaited.consents.get_mut(&account));
    let Some(consent) = consent else {
        // Agreed before, and begun: the answer may have been lost.
        let agreed = record.consents.get(&account).is_some_and(Consent::is_given);
        return if agreed { Ok(Decision { record, send: None }) } else { Err(Illegal::NothingAwaited(account)) };
    };
    if consent.is_given() {
        return Ok(Decision { record, send: None });
    }
    consent.said = Said::Agreed { by, at: now };
    let note = format!("for account {account}");
    record.note(now, EntryEvent::ConsentGiven, Some(note));
    Ok(match record.status {
        Status::Moving => Decision { record, send: None },
        Status::AwaitingConsent | Status::Arrived | Status::Failed | Status::Stuck | Status::Abandoned => {
            begins_if_agreed(record, now)
        }
    })
}

/// Begins what waited for consent, if every owner agrees by now.
fn begins_if_agreed(mut record: Record, now: Timestamp) -> Decision {
    // What is paused stays so until it is resumed.
    let is_built = record.course == Course::Build;
    let Some(awaited) = record.awaited.take_if(|awaited| is_built && awaited.is_complete()) else {
        return Decision { record, send: None };
    };
    let Awaited { change, by, consents, .. } = *awaited;
    record.consents = consents;
    record.asked_by = Some(by.clone());
    let Some(wanted) = change else {
        let first = chain::first(record.spec.kind()).step;
        return go(record, first, now);
    };
    record.note_by(now, EntryEvent::ChangeAsked, &by);
    record.spec_by = Some(by);
    record.cause = None;
    if record.status == Status::Arrived {
        record.former = Some(Box::new(record.wanted()));
    }
    aim_at(record, *wanted, now)
}

/// An owner does not agree: a connection that waited fails before anything is made, a change is dropped, and a connection that
/// stands is removed.
fn refused(mut record: Record, account: AccountAlias, reason: &str, now: Timestamp) -> Result<Decision, Illegal> {
    // Said before: the answer may have been lost.
    let was_asked = |awaited: &Awaited| awaited.consents.contains_key(&account);
    let knows = record.consents.contains_key(&account) || record.awaited.as_deref().is_some_and(was_asked);
    let is_refused = record.status == Status::Failed && record.was_never_begun();
    if knows && (is_refused || record.course == Course::Remove || record.removal_asked) {
        return Ok(Decision { record, send: None });
    }
    let note = Some(format!("for account {account}: {reason}"));
    let what = |owner: &CallerName| format!("{owner}, the owner of account {account}, does not agree: {reason}");
    if let Some(awaited) = record.awaited.as_ref().filter(|awaited| awaited.consents.contains_key(&account)) {
        let (what, is_change) =
            (awaited.consents.get(&account).map(|consent| what(&consent.owner)), awaited.change.is_some());
        record.note(now, EntryEvent::ConsentRefused, note);
        return Ok(not_agreed(record, what.unwrap_or_default(), is_change, now));
    }
    if !record.consents.contains_key(&account) {
        return Err(Illegal::NothingAwaited(account));
    }
    record.note(now, EntryEvent::ConsentRefused, note);
    if record.status == Status::Moving {
        record.removal_asked = true;
        return Ok(Decision { record, send: None });
    }
    record.attempt += 1;
    Ok(turn_to_removal(record, now))
}

/// The owners did not answer in time.
fn unanswered(mut record: Record, now: Timestamp) -> Decision {
    let awaited = record.awaited.as_ref();
    let is_change = awaited.is_some_and(|awaited| awaited.change.is_some());
    let what = format!(
        "waited {} days for {}",
        PATIENCE.as_hours() / 24,
        awaited.map(|awaited| awaited.waits_for()).unwrap_or_default()
    );
    record.note(now, EntryEvent::ConsentOverdue, Some(what.clone()));
    not_agreed(record, what, is_change, now)
}

fn not_agreed(mut record: Record, what: String, is_change: bool, now: Timestamp) -> Decision {
    let advice = if is_change {
        "nothing was changed; come to an agreement with the owner, then put the change again"
    } else {
        "nothing was made; come to an agreement with the owner, then retry, which asks again, or remove the connection"
    };
    let failure = failure_of(&record, None, what, None, advice, now);
    if is_change {
        record.awaited = None;
        record.cause = Some(failure);
        return Decision { record, send: None };
    }
    record.status = Status::Failed;
    record.failure = Some(failure);
    Decision { record, send: None }
}

/// A change is asked for that owners have to agree to. What stands stays until they do.
fn proposed(mut record: Record, awaited: Awaited, now: Timestamp) -> Result<Decision, Illegal> {
    let kinds = awaited.change.as_ref().map(|wanted| (record.spec.kind(), wanted.spec.kind(), wanted.spec.migrates()));
    match kinds {
        Some((from, to, migrates)) if from != to && !migrates => return Err(Illegal::OtherKind { from, to }),
        Some((from, to, _)) if from != to && record.status != Status::Arrived => {
            return Err(Illegal::NotMigratable(record.phase()));
        }
        _ => {}
    }
    // Asked again by somebody whose first request was heard and never answered.
    let is_same = |known: &Awaited| known.change == awaited.change && known.by == awaited.by;
    if record.awaited.as_deref().is_some_and(is_same) {
        return Ok(Decision { record, send: None });
    }
    record.note(now, EntryEvent::ConsentAsked, Some(awaited.waits_for()));
    record.attempt += 1;
    record.cause = None;
    record.awaited = Some(Box::new(awaited));
    Ok(begins_if_agreed(record, now))
}

/// Another spec is asked for while the connection itself waits: it waits for that one instead.
fn asked_anew(mut record: Record, awaited: Awaited, now: Timestamp) -> Decision {
    let Some(wanted) = awaited.change.clone() else { return Decision { record, send: None } };
    if *wanted == record.wanted() {
        return Decision { record, send: None };
    }
    record.note(now, EntryEvent::ConsentAsked, Some(awaited.waits_for()));
    record.attempt += 1;
    record.generation += 1;
    record.spec_by = Some(awaited.by.clone());
    record.asked_by = Some(awaited.by.clone());
    take_on(&mut record, *wanted);
    record.awaited = Some(Box::new(Awaited { change: None, ..awaited }));
    begins_if_agreed(record, now)
}

/// The owners are asked once more for a connection that they did not agree to.
fn asks_owners(mut record: Record, now: Timestamp) -> Decision {
    if let Some(awaited) = &mut record.awaited {
        awaited.since = now;
        for consent in awaited.consents.values_mut() {
            consent.said = Said::Nothing;
        }
    }
    record.attempt += 1;
    record.status = Status::AwaitingConsent;
    record.failure = None;
    Decision { record, send: None }
}

/// What was changed by hand is set right: by walking the same chain again, every step bringing what it finds to what is
/// wanted; or by clearing away and building anew.
fn repaired(mut record: Record, request: RepairRequest, now: Timestamp) -> Result<Decision, Illegal> {
    let RepairRequest { step, rebuild, note } = request;
    let (kind, phase) = (record.spec.kind(), record.phase());
    if chain::stage_of(kind, step).is_none() {
        return Err(Illegal::NoSuchStep { kind, step });
    }
    // What is paused shall stay off: the one step that switches it looks after that.
    let stays_off = record.course == Course::Pause && chain::switch(kind) == Some(step) && !rebuild;
    if record.course != Course::Build && !stays_off {
        return Err(Illegal::NotRepairable(phase));
    }
    record.note(now, EntryEvent::RepairAsked, Some(note));
    record.attempt += 1;
    record.cause = None;
    if rebuild {
        record.next = Some(Box::new(record.wanted()));
        record.course = Course::Clear;
        return Ok(go(record, chain::clears_from(kind), now));
    }
    Ok(go(record, step, now))
}

/// Another spec is wanted of a record that stands still.
fn changed(mut record: Record, wanted: ResolvedSpec, now: Timestamp) -> Result<Decision, Illegal> {
    let is_active = record.status == Status::Arrived;
    let (from, to) = (record.spec.kind(), wanted.spec.kind());
    if from != to && !wanted.spec.migrates() {
        return Err(Illegal::OtherKind { from, to });
    }
    if from != to && !is_active {
        return Err(Illegal::NotMigratable(record.phase()));
    }
    record.note(now, EntryEvent::ChangeAsked, None);
    record.attempt += 1;
    record.cause = None;
    record.awaited = None;
    if is_active {
        record.former = Some(Box::new(record.wanted()));
    }
    Ok(aim_at(record, wanted, now))
}

/// Sets out for another spec: by the same chain again, or by clearing away what stands where the kind is another.
fn aim_at(mut record: Record, wanted: ResolvedSpec, now: Timestamp) -> Decision {
    record.generation += 1;
    if wanted.spec.kind() != record.spec.kind() {
        record.course = Course::Clear;
        record.next = Some(Box::new(wanted));
        let step = chain::clears_from(record.spec.kind());
        let step = chain::earlier(record.spec.kind(), step, record.step);
        return go(record, step, now);
    }
    record.course = Course::Build;
    take_on(&mut record, wanted);
    let first = chain::first(record.spec.kind()).step;
    go(record, first, now)
}

/// Makes `wanted` the record's own, and remembers where the former spec may have left things.
fn take_on(record: &mut Record, wanted: ResolvedSpec) {
    for (side, known) in &mut record.sides {
        let former = &mut known.outputs.former;
        former.route_tables.extend(known.network.route_tables.iter().cloned());
        former.security_groups.extend(record.spec.opened_groups(*side).into_iter().map(str::to_owned));
        if let Some(network) = wanted.networks.get(side) {
            known.network = network.clone();
        }
    }
    record.spec = wanted.spec;
}

/// A step's report on a moving record.
fn reported(mut record: Record, report: Report, now: Timestamp, roll: u64) -> Decision {
    let mut failed: Option<(Side, StepFailure)> = None;
    let mut waits: Vec<(Side, Retry)> = Vec::new();
    for (side, SideReport { outputs, outcome }) in report {
        if let Some(known) = record.sides.get_mut(&side) {
            known.outputs = outputs;
        }
        match outcome {
            Ok(()) => {}
            Err(NotDone::Retry(wait)) => waits.push((side, wait)),
            Err(NotDone::Failed(failure)) => failed = failed.or(Some((side, failure))),
        }
    }
    if let Some((side, failure)) = failed {
        let failure = failure_of(&record, Some(side), failure.what, failure.call, &failure.advice, now);
        return halted(record, Status::Failed, EntryEvent::StepFailed, failure, now);
    }
    if waits.is_empty() {
        return done(record, now);
    }
    if record.removal_asked && record.course != Course::Remove {
        return turn_to_removal(record, now);
    }
    let in_all = now.duration_since(record.step_since).unsigned_abs();
    let waited = record.limit_since.map_or(in_all, |since| now.duration_since(since).unsigned_abs());
    let in_queue = waits.iter().position(|(_, wait)| matches!(wait.delay, RetryDelay::InLane { .. }));
    let too_long = match in_queue {
        Some(place) => (in_all >= QUEUE_LIMIT).then_some((place, in_all)),
        None => (waited >= record.limit()).then_some((0, waited)),
    };
    if let Some((place, waited)) = too_long {
        let (side, wait) = waits.swap_remove(place);
        let what = format!("waited {} s for {}", waited.as_secs(), wait.why);
        let failure = failure_of(
            &record,
            Some(side),
            what,
            wait.call,
            "look at the resource in the console, then retry or remove the connection",
            now,
        );
        return halted(record, Status::Stuck, EntryEvent::StepStuck, failure, now);
    }
    hold(record, &waits, now, roll)
}

/// The current step is done on both sides: the next one, or the end.
fn done(mut record: Record, now: Timestamp) -> Decision {
    let left = left_standing(&record);
    record.note(now, EntryEvent::StepDone, left);
    record.waiting = None;
    let (kind, step) = (record.spec.kind(), record.step);
    if record.removal_asked {
        match record.course {
            Course::Build | Course::Pause | Course::Clear => return turn_to_removal(record, now),
            Course::RollBack | Course::Remove => {
                record.course = Course::Remove;
                record.removal_asked = false;
            }
        }
    }
    let next = match record.course {
        Course::Build => chain::after(kind, step),
        Course::Pause => None,
        Course::RollBack | Course::Remove | Course::Clear => chain::before(kind, step),
    };
    match next {
        Some(step) => go(record, step, now),
        None => match record.next.take_if(|_| record.course == Course::Clear) {
            Some(wanted) => cleared(record, *wanted, now),
            None => arrive(record, now),
        },
    }
}

/// What the step that undid its work left of what is somebody else's, for the history.
fn left_standing(record: &Record) -> Option<String> {
    let undoes = matches!(record.course, Course::RollBack | Course::Remove | Course::Clear);
    let is_its_own = record.step == StepName::AuthorizeSecurityGroup;
    let left: Vec<&str> = record.sides.values().flat_map(|side| &side.outputs.left).map(String::as_str).collect();
    (undoes && is_its_own && !left.is_empty()).then(|| format!("left standing: {}", left.join("; ")))
}

/// What stood is cleared away; what comes next begins.
fn cleared(mut record: Record, wanted: ResolvedSpec, now: Timestamp) -> Decision {
    record.note(now, EntryEvent::Cleared, None);
    record.course = Course::Build;
    take_on(&mut record, wanted);
    // What both kinds share was not cleared away: removal still has to begin there.
    let first = chain::first(record.spec.kind()).step;
    record.reached = chain::later(record.spec.kind(), record.reached, first);
    go(record, first, now)
}

/// The current step cannot go on. What stood before comes back if there is such a thing, a rollback begins if the spec asks
/// for one; otherwise the record stands still.
fn halted(mut record: Record, status: Status, event: EntryEvent, failure: Failure, now: Timestamp) -> Decision {
    record.note(now, event, Some(failure.what.clone()));
    if record.removal_asked && matches!(record.course, Course::Build | Course::Pause | Course::Clear) {
        return turn_to_removal(record, now);
    }
    if record.course == Course::Build {
        let rolls_back = record.spec.on_failure == OnFailure::Rollback;
        let changes_kind = |former: &mut Box<ResolvedSpec>| former.spec.kind() != record.spec.kind();
        if let Some(former) = record.former.take_if(|former| rolls_back || changes_kind(former)) {
            record.note(now, EntryEvent::RevertBegan, None);
            record.cause = Some(failure);
            return aim_at(record, *former, now);
        }
        // What was active once is never torn down for a step that fails later, as when it is resumed.
        if rolls_back && !record.was_active() {
            record.note(now, EntryEvent::RollbackBegan, None);
            record.course = Course::RollBack;
            record.cause = Some(failure);
            let step = record.reached;
            return go(record, step, now);
        }
    }
    record.status = status;
    record.due = None;
    record.waiting = None;
    if record.removal_asked {
        record.removal_asked = false;
        record.course = Course::Remove;
    }
    record.failure = Some(failure);
    Decision { record, send: None }
}

/// Sets out to remove everything, from the furthest step that may have made something.
fn turn_to_removal(mut record: Record, now: Timestamp) -> Decision {
    let step = match record.course {
        Course::Build | Course::Pause => record.reached,
        // Clearing passes by what both kinds share.
        Course::Clear => chain::last(record.spec.kind()).step,
        Course::RollBack | Course::Remove => record.step,
    };
    record.removal_asked = false;
    record.course = Course::Remove;
    record.former = None;
    record.next = None;
    record.awaited = None;
    go(record, step, now)
}

/// Begins `step` in the record's course, now.
fn go(mut record: Record, step: StepName, now: Timestamp) -> Decision {
    record.status = Status::Moving;
    if record.course == Course::Build {
        record.reached = chain::later(record.spec.kind(), record.reached, step);
    }
    record.step = step;
    record.step_since = now;
    record.limit_since = None;
    record.waiting = None;
    record.failure = None;
    send(record, Duration::ZERO, now)
}

/// Looks at the same step again after a while: as soon as one side may be done, but not before a cloud that pushed back has
/// had its rest.
fn hold(mut record: Record, waits: &[(Side, Retry)], now: Timestamp, roll: u64) -> Decision {
    let before = record.waiting.take();
    let (times, pushed_back) = before.map_or((0, 0), |waiting| (waiting.times, waiting.pushed_back));
    let why = waits.iter().map(|(side, wait)| format!("{side}: {}", wait.why)).collect::<Vec<_>>().join("; ");
    let usual = waits.iter().filter_map(|(_, wait)| match wait.delay {
        RetryDelay::After(usual) => Some(usual),
        RetryDelay::InLane { ahead } => {
            let turns = u32::try_from(ahead).unwrap_or(u32::MAX);
            Some(TURN.saturating_mul(turns).clamp(TURN_LEAST, TURN_MOST))
        }
        RetryDelay::BackOff => None,
    });
    if waits.iter().any(|(_, wait)| matches!(wait.delay, RetryDelay::InLane { .. })) {
        record.limit_since = Some(now);
    }
    let is_pushed_back = waits.iter().any(|(_, wait)| wait.delay == RetryDelay::BackOff);
    let (delay, pushed_back) = if is_pushed_back {
        let backed_off = back_off(pushed_back, roll);
        (usual.max().map_or(backed_off, |usual| usual.max(backed_off)), pushed_back + 1)
    } else {
        (usual.min().unwrap_or(BACKOFF_FIRST), 0)
    };
    record.waiting = Some(Waiting { why, times: times + 1, pushed_back });
    send(record, delay, now)
}

/// Longer each time in a row, with jitter.
fn back_off(times: u32, roll: u64) -> Duration {
    let base = BACKOFF_FIRST.saturating_mul(2_u32.saturating_pow(times)).min(BACKOFF_MOST);
    let thousandths = u32::try_from(750 + roll % 501).expect("at most 1250");
    base * thousandths / 1000
}

fn send(mut record: Record, delay: Duration, now: Timestamp) -> Decision {
    record.sequence += 1;
    record.due = Some(now + delay);
    let message = record.message();
    Decision { record, send: Some(Dispatch { message, delay }) }
}

fn arrive(mut record: Record, now: Timestamp) -> Decision {
    record.status = Status::Arrived;
    if record.course == Course::Build {
        record.former = None;
        // Every step has brought what it found to what is wanted now.
        for known in record.sides.values_mut() {
            known.outputs.former = FormerPlaces::default();
        }
    }
    record.due = None;
    record.waiting = None;
    record.failure = None;
    record.note(now, EntryEvent::Arrived, None);
    // Owners may have agreed to a change meanwhile.
    begins_if_agreed(record, now)
}

fn failure_of(
    record: &Record,
    side: Option<Side>,
    what: String,
    call: Option<crate::not_done::FailedCall>,
    advice: &str,
    now: Timestamp,
) -> Failure {
    Failure { step: record.step, side, what, call, advice: advice.to_owned(), since: now }
}

#[cfg(test)]
pub(crate) mod tests;
