//! One event to all sinks that are still to be told of it.
//!
//! In this order, and who dies after any of it leaves what the next one needs: take on what is due and write so; make the
//! requests; list the event under the instant of its next attempt; write what was heard; send the message for the next
//! attempt; take the former entry away.

use std::time::Duration;

use connection::message::NoticeMessage;
use engine::services::Services;
use futures::future;
use notice::answer::SinkAnswer;
use notice::delivery::{Attempt, Deliveries};
use notice::{Event, EventId, Sinks};
use store::{DueNotice, Revision, StoreError};
use tracing::{info, warn};
use transport::Chain;

use crate::post::post;
use crate::secrets::Secrets;
use crate::silence::Silence;

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// Nobody is left to be told.
    Settled,
    /// It is tried again later.
    Waits,
    /// Somebody else is at it, it is not yet time, or all is done.
    NothingToDo,
}

/// Why a message could not be handled. It comes again.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others kept changing what is known of the event.
    #[error("what is known of event {0} changed {MOST_RACES} times while this message tried to change it")]
    Races(EventId),
}

/// Tells everybody of an event who is still to be told.
///
/// # Errors
/// See [`DeliverError`]; the message must come again then.
pub async fn deliver(
    services: &Services,
    secrets: &Secrets,
    silence: &Silence,
    id: &EventId,
) -> Result<DeliveryOutcome, DeliverError> {
    let Some(event) = services.store.notice(id).await? else {
        warn!(event = %id, "a message about an event that nobody wrote was dropped");
        return Ok(DeliveryOutcome::NothingToDo);
    };
    let sinks = services.store.sinks().await?;
    let Some((attempts, known)) = take(services, &sinks, &event).await? else {
        return Ok(DeliveryOutcome::NothingToDo);
    };
    if attempts.is_empty() && known.0.is_over() {
        return Ok(DeliveryOutcome::Settled);
    }
    let heard = future::join_all(attempts.iter().map(|attempt| async {
        let heard = match sinks.get(&attempt.sink) {
            Some(sink) => post(&services.io, secrets, silence, sink, &event, sinks.source()).await,
            // It was there when the attempt was taken on.
            None => SinkAnswer::Gone,
        };
        match &heard {
            SinkAnswer::Taken => info!(event = %event.id, sink = %attempt.sink, attempt = attempt.number, "delivered"),
            not => {
                warn!(event = %event.id, sink = %attempt.sink, attempt = attempt.number, heard = ?not, "not delivered")
            }
        }
        heard
    }))
    .await;
    note(services, known, &attempts, &heard).await
}

/// Takes on what is due. `None` where there is nothing to do; no attempts where nothing is left to be done.
async fn take(
    services: &Services,
    sinks: &Sinks,
    event: &Event,
) -> Result<Option<(Vec<Attempt>, (Deliveries, Revision))>, DeliverError> {
    for _ in 0..MOST_RACES {
        let now = services.io.clock.now();
        let (before, revision) = match services.store.deliveries(&event.id).await? {
            Some((deliveries, newest)) => (deliveries, newest.next()),
            None => {
                let wanting = sinks.wanting(event).map(|sink| sink.name.clone());
                (Deliveries::begin(event.id.clone(), event.time, wanting, now), Revision::FIRST)
            }
        };
        let mut after = before.clone();
        after.forget(|name| sinks.get(name).is_some(), now);
        let attempts = after.take(now);
        if after == before && !after.is_over() {
            return Ok(None);
        }
        // Where nobody ever wanted it there is nothing to write down.
        if after != before {
            match services.store.put_deliveries(&after, revision, services.io.entropy.nonce()).await {
                Ok(()) => {}
                Err(error) if error.is_conflict() => continue,
                Err(error) => return Err(error.into()),
            }
        }
        if after.is_over() {
            unlist(services, &DueNotice::of(&event.id, after.listed)).await;
        }
        return Ok(Some((attempts, (after, revision))));
    }
    Err(DeliverError::Races(event.id.clone()))
}

/// Writes what was heard, and sees to the next attempt.
async fn note(
    services: &Services,
    (mut known, mut revision): (Deliveries, Revision),
    attempts: &[Attempt],
    heard: &[SinkAnswer],
) -> Result<DeliveryOutcome, DeliverError> {
    let id = known.event.clone();
    for _ in 0..MOST_RACES {
        let now = services.io.clock.now();
        for (attempt, heard) in attempts.iter().zip(heard) {
            known.note(attempt, heard, now, services.io.entropy.next_u64());
        }
        let former = DueNotice::of(&id, known.listed);
        let next = known.next();
        if let Some(next) = next {
            services.store.list_notice(&DueNotice::of(&id, next)).await?;
            known.listed = next;
        }
        match services.store.put_deliveries(&known, revision.next(), services.io.entropy.nonce()).await {
            Ok(()) => {}
            Err(error) if error.is_conflict() => {
                (known, revision) = services.store.deliveries(&id).await?.unwrap_or((known, revision));
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let Some(next) = next else {
            unlist(services, &former).await;
            return Ok(DeliveryOutcome::Settled);
        };
        let delay = Duration::try_from(next.duration_since(now)).unwrap_or_default();
        if let Err(error) = services.queues.send(&NoticeMessage::new(&id), delay).await {
            warn!(event = %id, error = %Chain(&error), "the message for the next attempt was not sent; the timer finds it");
        }
        if former != DueNotice::of(&id, next) {
            unlist(services, &former).await;
        }
        return Ok(DeliveryOutcome::Waits);
    }
    Err(DeliverError::Races(id))
}

async fn unlist(services: &Services, due: &DueNotice) {
    if let Err(error) = services.store.unlist_notice(due).await {
        warn!(event = %due.event, error = %Chain(&error), "an entry stayed; the timer takes it away");
    }
}
