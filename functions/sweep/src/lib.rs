//! The sweep: sends again what was lost on the way, and makes the checkpoints over all logs.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`mod@checkpoint`] | covers the new entries of all logs by a signed checkpoint |
//! | `copies` | copies checkpoints to where nobody can change them, and compares |
//!
//! A function may die between writing a record and sending its message, and a queue may lose one. Once a minute the sweep
//! looks at every connection that is under way. Whoever is overdue gets its message sent again; a second copy of a message
//! that was not lost does no harm, since one of the two will be stale. Whoever has been overdue for longer than its step
//! could take in any case becomes stuck, and says so.
//!
//! Whoever has come to rest and is still marked as under way may not have been told of: the event is put, which changes nothing
//! where it is there, and the marker taken away.

pub mod checkpoint;
mod copies;

use std::time::Duration;

use connection::decide::{Dispatch, Event, decide};
use connection::record::{Record, Status};
use engine::carry::commit;
use engine::services::Services;
use engine::tell::{of_record, tell};
use fc_runtime::{Environment, Error, Runtime};
use function::serve;
use function::settings::{SWEEP_GRACE_SECONDS, decides};
use futures::{StreamExt as _, stream};
use serde::Serialize;
use store::{OpenMarker, StoreError, Stored};
use tracing::{error, info, warn};
use transport::{Chain, Io};

use crate::checkpoint::checkpoint;

/// How many connections are looked at side by side.
const SIDE_BY_SIDE: usize = 16;
/// How much longer than its step may take a connection may be overdue before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// How old a marker without its record must be before it is taken away: whoever put it may be about to write the record.
const ORPHAN_AGE: Duration = Duration::from_secs(10 * 60);

/// How many revisions are looked through for the end of a journey: more than any journey has that follows it within the minute.
const MOST_REVISIONS: usize = 200;

/// The function: sweeps whenever its timer calls.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    decides(environment)?;
    let grace = Duration::from_secs(SWEEP_GRACE_SECONDS.read(environment)?.into());
    serve(environment, io, move |services, _| async move {
        let mut tally = sweep(&services, grace).await?;
        match checkpoint(&services).await {
            Ok(covered) => tally.covered = covered,
            // Connections have nothing to do with it; the next sweep tries again.
            Err(error) => error!(error = %Chain(&error), "no checkpoint was made"),
        }
        info!(?tally, "swept");
        Ok::<_, StoreError>(tally)
    })
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Connections under way.
    pub open: usize,
    /// Messages sent again.
    pub sent_again: usize,
    /// Connections that became stuck.
    pub stuck: usize,
    /// Markers, remembered requests and old versions of lanes taken away.
    pub tidied: usize,
    /// Connections that could not be looked at; the next sweep tries again.
    pub unread: usize,
    /// Entries of logs that a checkpoint covers from now on.
    pub covered: usize,
}

enum Found {
    OnItsWay,
    SentAgain,
    Stuck,
    Tidied,
}

/// Looks at every connection that is under way. `grace` is how long a message may be overdue.
///
/// # Errors
/// When the connections under way cannot be listed.
pub async fn sweep(services: &Services, grace: Duration) -> Result<Tally, StoreError> {
    let markers = services.store.open_markers().await?;
    let mut tally = Tally { open: markers.len(), ..Tally::default() };
    let mut found = stream::iter(markers)
        .map(|marker| async move { (look(services, &marker, grace).await, marker) })
        .buffer_unordered(SIDE_BY_SIDE);
    while let Some((found, marker)) = found.next().await {
        match found {
            Ok(Found::OnItsWay) => {}
            Ok(Found::SentAgain) => tally.sent_again += 1,
            Ok(Found::Stuck) => tally.stuck += 1,
            Ok(Found::Tidied) => tally.tidied += 1,
            Err(error) => {
                error!(connection = %marker.name, error = %Chain(&error), "this connection could not be swept");
                tally.unread += 1;
            }
        }
    }
    let now = services.io.clock.now();
    tally.tidied += services.store.forget_answers(now).await? + services.store.tidy_lanes(now).await?;
    Ok(tally)
}

async fn look(services: &Services, marker: &OpenMarker, grace: Duration) -> Result<Found, StoreError> {
    let now = services.io.clock.now();
    let stored = services.store.read(&marker.name).await?;
    match stored {
        Some(stored) if OpenMarker::of(&stored.record) == *marker && stored.record.status == Status::Moving => {
            overdue(services, &stored, grace).await
        }
        Some(stored) if OpenMarker::of(&stored.record) == *marker && stored.record.is_under_way() => {
            // Whoever asked for consent may have died before it told the owners.
            tell_how_it_ended(services, marker, &stored).await?;
            let until = stored.record.awaited.as_ref().map_or(now, |awaited| awaited.until());
            if now > until { give_up(services, &stored).await } else { Ok(Found::OnItsWay) }
        }
        Some(stored) if marker.is_over(&stored.record) => {
            if is_about_to_be_written(services, marker, &stored).await? {
                return Ok(Found::OnItsWay);
            }
            tell_how_it_ended(services, marker, &stored).await?;
            services.store.unmark(marker).await?;
            Ok(Found::Tidied)
        }
        stored => match services.store.marked_at(marker).await? {
            Some(at) if now.duration_since(at).unsigned_abs() > ORPHAN_AGE => {
                if let Some(stored) = stored {
                    tell_how_it_ended(services, marker, &stored).await?;
                }
                services.store.unmark(marker).await?;
                Ok(Found::Tidied)
            }
            _ => Ok(Found::OnItsWay),
        },
    }
}

/// Whether the marker was put for a rest that follows the one that the record shows: it is written next.
async fn is_about_to_be_written(services: &Services, marker: &OpenMarker, stored: &Stored) -> Result<bool, StoreError> {
    let Some(at) = services.store.marked_at(marker).await? else { return Ok(false) };
    let age = services.io.clock.now().duration_since(at).unsigned_abs();
    Ok(marker.attempt == stored.record.attempt && at > stored.record.updated_at && age <= ORPHAN_AGE)
}

/// Puts the events of a journey's end, where whoever ended it died before it did so. The record may have set out again since,
/// or belong to a later connection of that name.
async fn tell_how_it_ended(services: &Services, marker: &OpenMarker, stored: &Stored) -> Result<(), StoreError> {
    let mut revision = stored.revision;
    for _ in 0..MOST_REVISIONS {
        // A revision that does not read was left behind half written: nobody was ever told that it was there.
        let read = match services.store.read_revision(&marker.name, revision).await {
            Err(StoreError::Unreadable { .. }) => None,
            read => read?,
        };
        if let Some(Stored { record, .. }) = read {
            let event = of_record(&record, revision);
            match (OpenMarker::of(&record) == *marker, event) {
                (true, Some(event)) => tell(services, &event).await?,
                // The journey itself: its end lies behind us.
                (true, None) => return Ok(()),
                (false, _) => {}
            }
        }
        let Some(before) = revision.previous() else { return Ok(()) };
        revision = before;
    }
    warn!(connection = %marker.name, "how this journey ended lies too far back to be told");
    Ok(())
}

async fn overdue(services: &Services, stored: &Stored, grace: Duration) -> Result<Found, StoreError> {
    let record = &stored.record;
    let late = lateness(record, services.io.clock.now());
    if late <= grace {
        return Ok(Found::OnItsWay);
    }
    if late > record.limit() + PATIENCE {
        return give_up(services, stored).await;
    }
    warn!(connection = %record.name(), step = %record.step, late_seconds = late.as_secs(), "message sent again");
    let dispatch = Dispatch { message: record.message(), delay: Duration::ZERO };
    match services.queues.send(&dispatch.message, dispatch.delay).await {
        Ok(()) => Ok(Found::SentAgain),
        Err(error) => {
            error!(connection = %record.name(), error = %Chain(&error), "the message was not sent; the next sweep tries again");
            Ok(Found::OnItsWay)
        }
    }
}

fn lateness(record: &Record, now: jiff::Timestamp) -> Duration {
    let late = record.due.map(|due| now.duration_since(due)).unwrap_or_default();
    if late.is_positive() { late.unsigned_abs() } else { Duration::ZERO }
}

async fn give_up(services: &Services, stored: &Stored) -> Result<Found, StoreError> {
    let (now, roll) = (services.io.clock.now(), services.io.entropy.next_u64());
    let Ok(decision) = decide(&stored.record, Event::Overdue, now, roll) else { return Ok(Found::OnItsWay) };
    match commit(services, Some(&stored.record), &decision, stored.revision.next()).await {
        Ok(()) => Ok(Found::Stuck),
        // Somebody moved it just now, so it is not stuck.
        Err(error) if error.is_conflict() => Ok(Found::OnItsWay),
        Err(error) => Err(error),
    }
}
