//! Tells people what happened: delivers events to webhooks, and to robots of DingTalk and Feishu.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`deliver`](mod@deliver) | one event to all sinks that are still to be told of it |
//! | [`post`] | one request to one sink, and what its answer means |
//! | [`secrets`] | what to sign with, and which addresses may be written to |
//! | [`links`] | links to agree or refuse with, for sinks of owners |
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

pub mod again;
pub mod deliver;
pub mod links;
pub mod post;
pub mod secrets;
pub mod silence;

use std::sync::Arc;
use std::time::Duration;

use connection::message::{Message as _, NoticeMessage};
use connection::queue::Queue;
use engine::services::Services;
use fc_events::timer::TimerEvent;
use fc_runtime::{Diagnostic, Environment, Error, Runtime};
use function::settings::SWEEP_GRACE_SECONDS;
use function::{Feed, each_message, serve};
use jiff::SignedDuration;
use serde::Serialize;
use tracing::info;
use transport::Io;

pub use again::again;
pub use deliver::{DeliverError, DeliveryOutcome, deliver};
use secrets::Secrets;
use silence::Silence;

/// How long one message may take: an event goes to all its sinks side by side.
const LIMIT: Duration = Duration::from_secs(20);

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
    let secrets = Arc::new(Secrets::read(environment)?);
    let silence = Arc::new(Silence::default());
    let grace = SignedDuration::from_secs(SWEEP_GRACE_SECONDS.read(environment)?.into());
    serve(environment, io, move |services, payload| {
        let (secrets, silence) = (secrets.clone(), silence.clone());
        async move {
            let tally = if serde_json::from_slice::<TimerEvent>(&payload).is_ok() {
                again(&services, grace).await.map_err(Diagnostic::of)?
            } else {
                deliver_all(&services, &secrets, &silence, &payload).await?
            };
            info!(?tally, "told");
            Ok::<_, Diagnostic>(tally)
        }
    })
}

async fn deliver_all(
    services: &Services,
    secrets: &Secrets,
    silence: &Silence,
    payload: &[u8],
) -> Result<Tally, Diagnostic> {
    let deliver = |message: NoticeMessage| async move { deliver(services, secrets, silence, &message.event_id).await };
    let mut tally = Tally::default();
    let feed = Feed { queue: Queue::Notify, limit: LIMIT };
    for told in each_message(services, feed, payload, NoticeMessage::from_value, deliver).await? {
        match told {
            DeliveryOutcome::Settled => tally.settled += 1,
            DeliveryOutcome::Waits => tally.waiting += 1,
            DeliveryOutcome::NothingToDo => tally.nothing_to_do += 1,
        }
    }
    Ok(tally)
}
