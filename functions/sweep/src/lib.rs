//! The sweep: sends again what was lost on the way.
//!
//! A function may die between writing a record and sending its message, and a queue may lose one. Once a minute the sweep
//! looks at every connection that is under way. Whoever is overdue gets its message sent again; a second copy of a message
//! that was not lost does no harm, since one of the two will be stale. Whoever has been overdue for longer than its step
//! could take in any case becomes stuck, and says so.

use std::sync::Arc;
use std::time::Duration;

use connection::carry::{Office, settle};
use connection::decide::{Dispatch, Event, decide};
use connection::record::{Record, Status};
use connection::store::{OpenMarker, StoreError, Stored};
use fc_runtime::{Environment, Error, Raw, Runtime, service_fn};
use function::Desk;
use futures::{StreamExt as _, stream};
use serde::Serialize;
use tracing::{error, info, warn};
use transport::Io;

/// How many connections are looked at side by side.
const SIDE_BY_SIDE: usize = 16;
/// How much longer than its step may take a connection may be overdue before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// How old a marker without its record must be before it is taken away: whoever put it may be about to write the record.
const ORPHAN_AGE: Duration = Duration::from_secs(10 * 60);

/// How long a message may be overdue unless `CAUSEWAY_SWEEP_GRACE_SECONDS` says otherwise.
const GRACE_SECONDS: u64 = 60;

/// The function: sweeps whenever its timer calls.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let desk = Arc::new(Desk::new(environment, io)?);
    let grace = match environment.get("CAUSEWAY_SWEEP_GRACE_SECONDS").filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map_err(|_| "CAUSEWAY_SWEEP_GRACE_SECONDS must be a number of seconds")?,
        None => GRACE_SECONDS,
    };
    Ok(Runtime::new(service_fn(move |event: fc_runtime::Event<Raw>| {
        let desk = desk.clone();
        async move {
            let office = desk.office(&event.context).await?;
            let tally = sweep(&office, Duration::from_secs(grace)).await?;
            info!(?tally, "swept");
            Ok::<_, Error>(tally)
        }
    })))
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
pub async fn sweep(office: &Office, grace: Duration) -> Result<Tally, StoreError> {
    let markers = office.store.open_markers().await?;
    let mut tally = Tally { open: markers.len(), ..Tally::default() };
    let mut found = stream::iter(markers)
        .map(|marker| async move { (look(office, &marker, grace).await, marker) })
        .buffer_unordered(SIDE_BY_SIDE);
    while let Some((found, marker)) = found.next().await {
        match found {
            Ok(Found::OnItsWay) => {}
            Ok(Found::SentAgain) => tally.sent_again += 1,
            Ok(Found::Stuck) => tally.stuck += 1,
            Ok(Found::Tidied) => tally.tidied += 1,
            Err(error) => {
                error!(connection = %marker.name, %error, "this connection could not be swept");
                tally.unread += 1;
            }
        }
    }
    let now = office.io.clock.now();
    tally.tidied += office.store.forget_seen(now).await? + office.store.tidy_lanes(now).await?;
    Ok(tally)
}

async fn look(office: &Office, marker: &OpenMarker, grace: Duration) -> Result<Found, StoreError> {
    let now = office.io.clock.now();
    let stored = office.store.read(&marker.name).await?;
    match stored {
        Some(stored) if OpenMarker::of(&stored.record) == *marker && stored.record.status == Status::Moving => {
            overdue(office, &stored, grace).await
        }
        Some(stored) if marker.is_over(&stored.record) => {
            office.store.unmark(marker).await?;
            Ok(Found::Tidied)
        }
        _ => match office.store.marked_at(marker).await? {
            Some(at) if now.duration_since(at).unsigned_abs() > ORPHAN_AGE => {
                office.store.unmark(marker).await?;
                Ok(Found::Tidied)
            }
            _ => Ok(Found::OnItsWay),
        },
    }
}

async fn overdue(office: &Office, stored: &Stored, grace: Duration) -> Result<Found, StoreError> {
    let record = &stored.record;
    let late = lateness(record, office.io.clock.now());
    if late <= grace {
        return Ok(Found::OnItsWay);
    }
    if late > record.limit() + PATIENCE {
        return give_up(office, stored).await;
    }
    warn!(connection = %record.name(), step = %record.step, late_seconds = late.as_secs(), "message sent again");
    let dispatch = Dispatch { message: record.message(), delay: Duration::ZERO };
    match office.queues.send(&dispatch).await {
        Ok(()) => Ok(Found::SentAgain),
        Err(error) => {
            error!(connection = %record.name(), %error, "the message was not sent; the next sweep tries again");
            Ok(Found::OnItsWay)
        }
    }
}

fn lateness(record: &Record, now: jiff::Timestamp) -> Duration {
    let late = record.due.map(|due| now.duration_since(due)).unwrap_or_default();
    if late.is_positive() { late.unsigned_abs() } else { Duration::ZERO }
}

async fn give_up(office: &Office, stored: &Stored) -> Result<Found, StoreError> {
    let (now, roll) = (office.io.clock.now(), office.io.entropy.next_u64());
    let Ok(decision) = decide(&stored.record, Event::Overdue, now, roll) else { return Ok(Found::OnItsWay) };
    match settle(office, Some(&stored.record), &decision, stored.revision.next()).await {
        Ok(()) => Ok(Found::Stuck),
        // Somebody moved it just now, so it is not stuck.
        Err(error) if error.is_conflict() => Ok(Found::OnItsWay),
        Err(error) => Err(error),
    }
}
