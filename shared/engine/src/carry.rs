//! One message from receipt to the next.
//!
//! The order is what makes it safe:
//!
//! 1. read the record; a message that it does not wait for is stale and is dropped;
//! 2. run the step on both sides. Dying before, between or after its calls leaves the message in the queue: it comes again,
//!    and the step finds what it made;
//! 3. decide, and write the record as the next revision. Of two processes with the same message one wins; the other reads
//!    again and finds its message stale, or only a request for removal added, and decides anew;
//! 4. send the next message. Dying before leaves a record whose message is overdue: the sweep sends it again. Sending it
//!    twice does no harm: one of the two will be stale;
//! 5. where there is no next message, because the record has come to rest: put the event that tells of it, then take the open
//!    marker away. Dying before leaves the marker: the sweep finds it, puts the event again, which has the same id, and takes
//!    the marker away.

use std::sync::Arc;
use std::time::Duration;

use futures::future;
use tracing::{Instrument as _, info, info_span, warn};
use transport::Chain;

use crate::services::Services;
use crate::step::{SideContext, Step};
use crate::tell::{of_record, tell};
use connection::decide::{Decision, Event, Illegal, Report, SideReport, decide};
use connection::inventory::AccountRegion;
use connection::lane::{Lane, Waiter};
use connection::message::StepMessage;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::Operation;
use connection::record::{Phase, Record, Status};
use connection::share::Fates;
use connection::trace::TraceParent;
use connection::words::{Side, StepName};
use store::{OpenMarker, Revision, StoreError, Stored};

/// How often a lost race is run again before the message goes back to its queue.
const MOST_RACES: usize = 8;
/// How many in a lane that no longer move are passed over at once.
const MOST_DEAD: usize = 16;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// The record moved; this is its phase now.
    Moved(Phase),
    /// The record had moved on before; nothing was done.
    Stale,
}

/// Why a message could not be carried. It goes back to its queue and comes again.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record and the event do not fit.
    #[error(transparent)]
    Illegal(#[from] Illegal),
    /// Somebody waited for this place in vain a moment ago.
    #[error(
        "account {account} did not answer in {region} a moment ago; the message waits so that nobody waits behind it"
    )]
    Slow {
        /// The account.
        account: String,
        /// The region.
        region: String,
    },
    /// Others kept changing the record.
    #[error("the record of {0} changed {MOST_RACES} times while this message tried to change it")]
    Races(String),
    /// The message names a step that this function does not own.
    #[error(
        "a message for step {given} came to the function of step {owned}: the queue's trigger is wired to the wrong function"
    )]
    WrongStep {
        /// The message's step.
        given: String,
        /// The function's step.
        owned: String,
    },
}

/// Carries one message.
///
/// # Errors
/// See [`CarryError`]; the message must come again then.
pub async fn carry(services: &Services, step: &dyn Step, message: &StepMessage) -> Result<Carried, CarryError> {
    if message.step != step.name() {
        return Err(CarryError::WrongStep { given: message.step.to_string(), owned: step.name().to_string() });
    }
    let Some(mut stored) = services.store.read(&message.connection).await? else {
        warn!(connection = %message.connection, "a message for a connection without a record was dropped");
        return Ok(Carried::Stale);
    };
    if !stored.record.expects(message) {
        info!(connection = %message.connection, sequence = message.sequence, "stale message dropped");
        return Ok(Carried::Stale);
    }
    // Every line that is logged on the way says for whom.
    let by = stored.record.asked_by.as_ref().map(tracing::field::display);
    let trace_id = stored.record.trace.as_ref().map(TraceParent::trace_id);
    let span = info_span!("carry", connection = %message.connection, step = %message.step, caller = by, trace_id);
    move_on(services, step, message, &mut stored).instrument(span).await
}

/// Runs the step, and writes what became of it.
async fn move_on(
    services: &Services,
    step: &dyn Step,
    message: &StepMessage,
    stored: &mut Stored,
) -> Result<Carried, CarryError> {
    let (slow, now) = (services.clouds.slow(), services.io.clock.now());
    let mut places = SideContext::acting(&stored.record, step, services).map(|side| side.account_region());
    if let Some(AccountRegion { account, region }) = places.find(|place| slow.is_slow(place, now)) {
        return Err(CarryError::Slow { account: account.to_string(), region: region.to_string() });
    }
    drop(places);
    let report = run(step, &stored.record, services).await;
    for _ in 0..MOST_RACES {
        let now = services.io.clock.now();
        let decision = decide(&stored.record, Event::Reported(report.clone()), now, services.io.entropy.next_u64())?;
        match commit(services, Some(&stored.record), &decision, stored.revision.next()).await {
            Ok(()) => return Ok(Carried::Moved(decision.record.phase())),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
        match services.store.read(&message.connection).await? {
            Some(newer) if newer.record.expects(message) => *stored = newer,
            _ => {
                info!(sequence = message.sequence, "another process was faster");
                return Ok(Carried::Stale);
            }
        }
    }
    Err(CarryError::Races(message.connection.to_string()))
}

/// Carries out a decision on the record that was `before`: marker, record, message or event, in this order.
///
/// # Errors
/// When the record could not be written. A message or an event that could not be sent is no error: the sweep sees to it later.
pub async fn commit(
    services: &Services,
    before: Option<&Record>,
    decision: &Decision,
    revision: Revision,
) -> Result<(), StoreError> {
    let record = &decision.record;
    let was_moving = before.is_some_and(|before| before.status == Status::Moving);
    // What waits for consent is marked already, unless something else waits by now.
    let is_marked = |before: &Record| before.is_under_way() && OpenMarker::of(before) == OpenMarker::of(record);
    if !before.is_some_and(is_marked) {
        services.store.mark_open(record).await?;
    }
    services.store.write(record, revision, services.io.entropy.nonce()).await?;
    info!(
        connection = %record.name(), phase = %record.phase(), step = %record.step, sequence = record.sequence,
        caller = record.asked_by.as_ref().map(tracing::field::display),
        waiting = record.waiting.as_ref().map(|waiting| waiting.why.as_str()), "record written"
    );
    if let Some(dispatch) = &decision.send
        && let Err(error) = services.queues.send(&dispatch.message, dispatch.delay).await
    {
        warn!(connection = %record.name(), error = %Chain(&error), "the next message was not sent; the sweep will send it");
    }
    if let Some(event) = of_record(record, revision) {
        if let Err(error) = tell(services, &event).await {
            warn!(connection = %record.name(), error = %Chain(&error), "the event was not put; the sweep will put it");
            return Ok(());
        }
        // Who goes from rest to rest does so because somebody asked, through a function that may take nothing away.
        // What waits for consent stays marked.
        if was_moving
            && !record.is_under_way()
            && let Err(error) = services.store.unmark(&OpenMarker::of(record)).await
        {
            warn!(connection = %record.name(), error = %Chain(&error), "the open marker stayed; the sweep will take it away");
        }
    }
    Ok(())
}

/// Runs the record's step on both sides, side by side.
async fn run(step: &dyn Step, record: &Record, services: &Services) -> Report {
    let idle = |outputs: &Outputs| SideReport {
        outputs: outputs.clone(),
        outcome: match record.sides.len() {
            0 | 1 => Err(NotDone::failed("the record knows one side only", "remove the connection and post it again")),
            _ => Ok(()),
        },
    };
    let mut report: Report = record.sides.iter().map(|(side, known)| (*side, idle(&known.outputs))).collect();
    let sides = SideContext::acting(record, step, services).map(SideContext::for_change).map(|context| {
        let place = context.place();
        let span = info_span!("side", side = %context.side(), account = %place.account, region = %place.region_id);
        carry_out(step, record, context, services).instrument(span)
    });
    report.extend(future::join_all(sides).await);
    report
}

/// Carries the step out on one side.
async fn carry_out(
    step: &dyn Step,
    record: &Record,
    context: SideContext<'_>,
    services: &Services,
) -> (Side, SideReport) {
    let mut outputs = context.outputs().clone();
    // Whoever is stopped while it waits for the cloud leaves word for those who come next.
    let visit = services.clouds.slow().visit(context.account_region(), Arc::clone(&services.io.clock));
    let outcome = match Operation::of(record.course) {
        Operation::Apply => step.apply(&context, &mut outputs).await,
        Operation::Undo => step.undo(&context, &mut outputs).await,
        Operation::Pause => step.pause(&context, &mut outputs).await,
    };
    visit.end();
    if outcome.is_ok() {
        outputs.fates = Fates::default();
    }
    if !matches!(outcome, Err(NotDone::Retry(_)))
        && let Some(lane) = outputs.lane.take_if(|lane| lane.is_of(step.name()))
    {
        leave(services, step.name(), &lane, &context.waiter()).await;
    }
    (context.side(), SideReport { outputs, outcome })
}

/// Gives a turn back and wakes whoever is next.
///
/// Dying before it leaves a lease that ends by itself; dying between the two, or a wake-up that is lost, leaves the next one
/// to find out by its own, later message.
async fn leave(services: &Services, step: StepName, lane: &Lane, waiter: &Waiter) {
    let step = (!lane.is_of_approvals()).then_some(step);
    release_and_wake(services, lane, waiter, step).await;
}

/// Gives a turn back and wakes whoever is next. A connection is next only while it is at `step`, or at any where that is
/// `None`.
pub async fn release_and_wake(services: &Services, lane: &Lane, waiter: &Waiter, step: Option<StepName>) {
    let now = services.io.clock.now();
    let mut next = match services.store.release_lane(lane, waiter, now, || services.io.entropy.nonce()).await {
        Ok(next) => next,
        Err(error) => {
            return warn!(%lane, error = %Chain(&error), "the lane was not left; its lease will end by itself");
        }
    };
    // Who no longer moves, or does something else by now, will not take its turn: the one behind it is next.
    for _ in 0..MOST_DEAD {
        let Some(woken) = next else { return };
        let woken_side = match &woken {
            Waiter::Side(side) => side,
            Waiter::Endpoint(message) => {
                if let Err(error) = services.queues.send(message, Duration::ZERO).await {
                    warn!(%lane, endpoint = message.endpoint_id, error = %Chain(&error), "the next in the lane was not woken");
                }
                return;
            }
        };
        match services.store.read(&woken_side.connection).await {
            Ok(Some(Stored { record, .. }))
                if record.uid == woken_side.uid
                    && record.status == Status::Moving
                    && step.is_none_or(|step| record.step == step) =>
            {
                if let Err(error) = services.queues.send(&record.message(), Duration::ZERO).await {
                    warn!(%lane, connection = %woken_side.connection, error = %Chain(&error), "the next in the lane was not woken");
                }
                return;
            }
            Ok(_) => {
                next =
                    services.store.release_lane(lane, &woken, now, || services.io.entropy.nonce()).await.ok().flatten();
            }
            Err(error) => {
                return warn!(%lane, connection = %woken_side.connection, error = %Chain(&error), "the next was not woken");
            }
        }
    }
}
