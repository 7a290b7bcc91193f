//! Deciding: from a record and what happened, what the record becomes and which message to send.
//!
//! [`decide`] is a pure function. It is the only code that moves a record, and the moves that make no sense do not exist in
//! its table: they come back as [`Illegal`].
//!
//! ```text
//!            step done            last step done
//! applying ───────────► applying ───────────────► active
//!    │ step failed or stuck                          │ removal asked
//!    ├─ on_failure keep ────► failed / stuck ────────┤
//!    └─ on_failure rollback ► rolling-back ► rolled-back
//!                                                    ▼
//!                         failed / stuck ◄─────── removing ► removed
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::chain;
use crate::halt::{Failure, Halt, Pace, Wait};
use crate::made::Made;
use crate::message::StepMessage;
use crate::record::{Course, EntryEvent, Phase, Record, Status, Stop, Waiting};
use crate::spec::OnFailure;
use crate::words::{Side, StepName};

/// The first delay after the cloud pushed back; it doubles each time.
const BACKOFF_FIRST: Duration = Duration::from_secs(2);
/// The longest delay after the cloud pushed back.
const BACKOFF_MOST: Duration = Duration::from_secs(60);

/// Something that happened to a connection.
#[derive(Debug, Clone)]
pub enum Event {
    /// The current step ran.
    Reported(Report),
    /// Somebody asked for removal.
    RemovalAsked,
    /// Somebody asked to go on after a failure.
    RetryAsked,
    /// No function has reported for much longer than the step may take.
    Overdue,
}

/// What a step says of both sides.
pub type Report = BTreeMap<Side, SideReport>;

/// What a step says of one side.
#[derive(Debug, Clone)]
pub struct SideReport {
    /// What exists on the side now. Kept whatever the outcome.
    pub made: Made,
    /// `Ok` when the side is as promised and was read back so.
    pub outcome: Result<(), Halt>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// There is nothing to resume.
    #[error("the connection is {0}; only a failed, stuck or rolled-back connection can be retried")]
    NothingToRetry(Phase),
    /// A step reported to a record that waits for none.
    #[error("the connection is {0} and waits for no step")]
    NotMoving(Phase),
}

/// Decides what `event` makes of `record` at the instant `now`. `roll` is a random number; it spreads the delays of many
/// waiters.
///
/// # Errors
/// When the event makes no sense for the record. The record stays as it is.
pub fn decide(record: &Record, event: Event, now: Timestamp, roll: u64) -> Result<Decision, Illegal> {
    let mut next = record.clone();
    next.updated_at = now;
    match (record.course, record.status, event) {
        (_, Status::Moving, Event::Reported(report)) => Ok(reported(next, report, now, roll)),
        (_, _, Event::Reported(_)) | (_, Status::Arrived | Status::Failed | Status::Stuck, Event::Overdue) => {
            Err(Illegal::NotMoving(record.phase()))
        }

        (_, Status::Moving, Event::Overdue) => {
            let what = next.waiting.as_ref().map_or_else(
                || "no function has reported on this step".to_owned(),
                |waiting| format!("no function has reported since the step waited for {}", waiting.why),
            );
            let stop =
                stop_of(&next, None, what, None, "see the function's log and its dead-letter queue, then retry", now);
            Ok(halted(next, Status::Stuck, EntryEvent::StepStuck, stop, now))
        }

        // While a step is under way only its report may turn the course: an apply in flight must never meet an undo.
        (Course::Build | Course::RollBack, Status::Moving, Event::RemovalAsked) => {
            if !next.removal_asked {
                next.removal_asked = true;
                next.note(now, EntryEvent::RemovalAsked, None);
            }
            Ok(Decision { record: next, send: None })
        }
        (Course::Remove, Status::Moving | Status::Arrived, Event::RemovalAsked) => {
            Ok(Decision { record: record.clone(), send: None })
        }
        (Course::RollBack, Status::Arrived, Event::RemovalAsked) => {
            next.note(now, EntryEvent::RemovalAsked, None);
            next.course = Course::Remove;
            Ok(arrive(next, now))
        }
        (_, Status::Arrived | Status::Failed | Status::Stuck, Event::RemovalAsked) => {
            next.note(now, EntryEvent::RemovalAsked, None);
            next.attempt += 1;
            next.course = Course::Remove;
            let step = next.step;
            Ok(go(next, step, now))
        }

        (_, Status::Failed | Status::Stuck, Event::RetryAsked) => {
            next.note(now, EntryEvent::RetryAsked, None);
            next.attempt += 1;
            let step = next.step;
            Ok(go(next, step, now))
        }
        (Course::RollBack, Status::Arrived, Event::RetryAsked) => {
            next.note(now, EntryEvent::RetryAsked, None);
            next.attempt += 1;
            next.course = Course::Build;
            next.cause = None;
            let first = chain::first(next.spec.kind()).step;
            Ok(go(next, first, now))
        }
        (Course::Build | Course::Remove, Status::Arrived, Event::RetryAsked)
        | (_, Status::Moving, Event::RetryAsked) => Err(Illegal::NothingToRetry(record.phase())),
    }
}

/// A step's report on a moving record.
fn reported(mut record: Record, report: Report, now: Timestamp, roll: u64) -> Decision {
    let mut failed: Option<(Side, Failure)> = None;
    let mut waits: Vec<(Side, Wait)> = Vec::new();
    for (side, SideReport { made, outcome }) in report {
        if let Some(known) = record.sides.get_mut(&side) {
            known.made = made;
        }
        match outcome {
            Ok(()) => {}
            Err(Halt::Wait(wait)) => waits.push((side, wait)),
            Err(Halt::Fail(failure)) => failed = failed.or(Some((side, failure))),
        }
    }
    if let Some((side, failure)) = failed {
        let stop = stop_of(&record, Some(side), failure.what, failure.call, &failure.advice, now);
        return halted(record, Status::Failed, EntryEvent::StepFailed, stop, now);
    }
    if waits.is_empty() {
        return done(record, now);
    }
    let turning = record.removal_asked && record.course != Course::Remove;
    if turning {
        let step = record.step;
        return turn_to_removal(record, step, now);
    }
    let waited = now.duration_since(record.step_since).unsigned_abs();
    if waited >= record.limit() {
        let (side, wait) = waits.swap_remove(0);
        let what = format!("waited {} s for {}", waited.as_secs(), wait.why);
        let stop = stop_of(
            &record,
            Some(side),
            what,
            wait.call,
            "look at the resource in the console, then retry or remove the connection",
            now,
        );
        return halted(record, Status::Stuck, EntryEvent::StepStuck, stop, now);
    }
    hold(record, &waits, now, roll)
}

/// The current step is done on both sides: the next one, or the end.
fn done(mut record: Record, now: Timestamp) -> Decision {
    record.note(now, EntryEvent::StepDone, None);
    record.waiting = None;
    let (kind, step) = (record.spec.kind(), record.step);
    let next = match record.course {
        Course::Build if record.removal_asked => return turn_to_removal(record, step, now),
        Course::Build => chain::after(kind, step),
        Course::RollBack | Course::Remove => chain::before(kind, step),
    };
    if record.removal_asked {
        record.course = Course::Remove;
        record.removal_asked = false;
    }
    match next {
        Some(step) => go(record, step, now),
        None => arrive(record, now),
    }
}

/// The current step cannot go on. A rollback begins if the spec asks for one; otherwise the record stands still.
fn halted(mut record: Record, status: Status, event: EntryEvent, stop: Stop, now: Timestamp) -> Decision {
    record.note(now, event, Some(stop.what.clone()));
    let step = record.step;
    if record.removal_asked && record.course == Course::Build {
        return turn_to_removal(record, step, now);
    }
    if record.course == Course::Build && record.spec.on_failure == OnFailure::Rollback {
        record.note(now, EntryEvent::RollbackBegan, None);
        record.course = Course::RollBack;
        record.cause = Some(stop);
        return go(record, step, now);
    }
    record.status = status;
    record.due = None;
    record.waiting = None;
    if record.removal_asked {
        record.removal_asked = false;
        record.course = Course::Remove;
    }
    record.stop = Some(stop);
    Decision { record, send: None }
}

fn turn_to_removal(mut record: Record, step: StepName, now: Timestamp) -> Decision {
    record.removal_asked = false;
    record.course = Course::Remove;
    go(record, step, now)
}

/// Begins `step` in the record's course, now.
fn go(mut record: Record, step: StepName, now: Timestamp) -> Decision {
    record.status = Status::Moving;
    record.step = step;
    record.step_since = now;
    record.waiting = None;
    record.stop = None;
    send(record, Duration::ZERO, now)
}

/// Looks at the same step again after a while: as soon as one side may be done, but not before a cloud that pushed back has
/// had its rest.
fn hold(mut record: Record, waits: &[(Side, Wait)], now: Timestamp, roll: u64) -> Decision {
    let before = record.waiting.take();
    let (times, pushed_back) = before.map_or((0, 0), |waiting| (waiting.times, waiting.pushed_back));
    let why = waits.iter().map(|(side, wait)| format!("{side}: {}", wait.why)).collect::<Vec<_>>().join("; ");
    let usual = waits.iter().filter_map(|(_, wait)| match wait.pace {
        Pace::After(usual) => Some(usual),
        Pace::BackOff => None,
    });
    let is_pushed_back = waits.iter().any(|(_, wait)| wait.pace == Pace::BackOff);
    let (delay, pushed_back) = if is_pushed_back {
        let rest = back_off(pushed_back, roll);
        (usual.max().map_or(rest, |usual| usual.max(rest)), pushed_back + 1)
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
    record.due = None;
    record.waiting = None;
    record.stop = None;
    record.note(now, EntryEvent::Arrived, None);
    Decision { record, send: None }
}

fn stop_of(
    record: &Record,
    side: Option<Side>,
    what: String,
    call: Option<crate::halt::Call>,
    advice: &str,
    now: Timestamp,
) -> Stop {
    Stop { step: record.step, side, what, call, advice: advice.to_owned(), since: now }
}

#[cfg(test)]
pub(crate) mod tests;
