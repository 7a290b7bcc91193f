//! Tells people what happened: delivers events to webhooks, and to robots of DingTalk and Feishu.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`deliver`](mod@deliver) | one event to all sinks that are still to be told of it |
//! | [`post`] | one request to one sink, and what its answer means |
//! | [`secrets`] | what to sign with, and which addresses may be written to |
//! | [`again`](mod@again) | what the timer does: finds events whose message was lost |
//!
//! A message names an event; everything else is in the store. Waiting between attempts is a delayed message. Once a minute the
//! timer looks for events that should have been tried by then, and sends their messages again.
//!
//! # Guarantees
//! Every sink that wants an event gets it at least once, as long as it says yes to one of the attempts; after the last the
//! event is given up for that sink, and that is written down. An attempt is written down before it is made, so copies of a
//! message make one attempt. Only who dies between the request and writing down its answer leaves one that is made again: with
//! the same `webhook-id`, and the same id in the event.
//!
//! # Assumptions
//! A request takes 30 seconds at the most, which the transport sees to, and a call of the function no more than
//! [`LEASE`](notice::delivery::LEASE).

#![warn(missing_docs)]

pub mod again;
pub mod deliver;
pub mod post;
pub mod secrets;

use std::sync::Arc;

use connection::message::{Message as _, NoticeMessage};
use fc_events::mns_queue::{MnsQueueBatch, MnsQueueEvent};
use fc_events::timer::TimerEvent;
use fc_runtime::{Batch, Context, Environment, Error, Event, Raw, Runtime, service_fn};
use function::ServicesFactory;
use jiff::SignedDuration;
use serde::Serialize;
use tracing::info;
use transport::Io;

pub use again::again;
pub use deliver::{DeliverError, DeliveryOutcome, deliver};
use secrets::Secrets;

/// How many messages of one batch are handled side by side.
const SIDE_BY_SIDE: usize = 10;

/// How long a message may be overdue.
const GRACE: &str = "CAUSEWAY_SWEEP_GRACE_SECONDS";
/// The same where the environment does not say.
const GRACE_SECONDS: u32 = 60;

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Events of which nobody is left to be told.
    pub settled: usize,
    /// Events that are tried again later.
    pub waiting: usize,
    /// Messages about which there was nothing to do.
    pub nothing_to_do: usize,
    /// Messages sent again.
    pub sent_again: usize,
    /// Entries taken away that announced nothing any more, or were too old to be listed.
    pub tidied: usize,
}

/// The function: delivers for each message of its queue, and looks for what was lost whenever its timer calls.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let factory = Arc::new(ServicesFactory::new(environment, io)?);
    let secrets = Arc::new(Secrets::read(environment)?);
    let grace = match environment.get(GRACE) {
        Some(text) => text.parse().map_err(|_| format!("{GRACE} must be a number of seconds"))?,
        None => GRACE_SECONDS,
    };
    let grace = SignedDuration::from_secs(i64::from(grace));
    Ok(Runtime::new(service_fn(move |event: Event<Raw>| {
        let (factory, secrets) = (factory.clone(), secrets.clone());
        async move {
            let (Raw(payload), context) = event.into_parts();
            let tally = if serde_json::from_slice::<TimerEvent>(&payload).is_ok() {
                again(&factory.services(&context).await?, grace).await?
            } else {
                deliver_all(&factory, &secrets, &payload, &context).await?
            };
            info!(?tally, "told");
            Ok::<_, Error>(tally)
        }
    })))
}

async fn deliver_all(
    factory: &ServicesFactory,
    secrets: &Secrets,
    payload: &[u8],
    context: &Context,
) -> Result<Tally, Error> {
    let events = MnsQueueBatch::from_slice(payload)?;
    let services = factory.services(context).await?;
    let name = |event: &MnsQueueEvent| event.message().message_id.clone();
    let outcomes = Batch::new(events)
        .concurrency(SIDE_BY_SIDE)
        .run(name, |event| {
            let services = &services;
            async move {
                let message = NoticeMessage::from_value(event.body_as()?)?;
                Ok::<_, Error>(deliver(services, secrets, &message.event_id).await?)
            }
        })
        .await;
    let mut tally = Tally::default();
    // One that failed fails the whole, and the whole comes again: for what was delivered there is nothing to do then.
    for told in outcomes.into_result()? {
        match told {
            DeliveryOutcome::Settled => tally.settled += 1,
            DeliveryOutcome::Waits => tally.waiting += 1,
            DeliveryOutcome::NothingToDo => tally.nothing_to_do += 1,
        }
    }
    Ok(tally)
}
