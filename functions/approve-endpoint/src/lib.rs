//! Decides on one endpoint, announced or not, and carries out what was decided: connects it, cuts it, or leaves it and says
//! why.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`visit`](mod@visit) | one look at an endpoint that nobody announced, and what follows from it |
//! | [`step`] | the same where a connection made the endpoint: a step of its chain |
//! | [`drift`] | how its connection differs from what the record promises: pure |
//! | [`act`] | asking the cloud to connect or to cut |
//! | [`log`] | writing down what was decided |
//!
//! # Guarantees
//! Nothing is connected or cut before an entry of the endpoint's log says that it will be, and why. Who dies after that entry
//! leaves an intent that the next visit finds and carries on, with the client token that belongs to it. Messages may come
//! twice, late or not at all: every visit looks at the cloud and at the log before it acts, and the sweep of endpoints sends
//! again what is open.
//!
//! # Assumptions
//! The cloud changes one endpoint connection of a main account at a time, so deciding to approve and asking for it happen
//! within the account's lane. Within it no other visit can use up a limit that this one has just counted.

#![warn(missing_docs)]

pub mod act;
pub mod drift;
pub mod log;
pub mod step;
pub mod visit;

use std::sync::Arc;

use connection::message::{EndpointMessage, Message as _, StepMessage};
use engine::carry::{Carried, carry};
use fc_events::mns_queue::{MnsQueueBatch, MnsQueueEvent};
use fc_runtime::{Batch, Context, Environment, Error, Event, Raw, Runtime, service_fn};
use function::ServicesFactory;
use serde::Serialize;
use transport::Io;

pub use step::ApproveEndpoint;
pub use visit::{VisitError, Visited, visit};

/// How many messages of one batch are handled side by side.
const SIDE_BY_SIDE: usize = 10;

/// What a batch came to.
#[derive(Debug, Default, Serialize)]
struct Tally {
    recorded: usize,
    nothing_new: usize,
    waiting: usize,
}

/// The function: one visit, or one turn of a step, for each message of its queue.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let factory = Arc::new(ServicesFactory::new(environment, io)?);
    Ok(Runtime::new(service_fn(move |event: Event<Raw>| {
        let factory = factory.clone();
        async move {
            let (Raw(payload), context) = event.into_parts();
            visit_all(&factory, &payload, &context).await
        }
    })))
}

async fn visit_all(factory: &ServicesFactory, payload: &[u8], context: &Context) -> Result<Tally, Error> {
    let events = MnsQueueBatch::from_slice(payload)?;
    let services = factory.services(context).await?;
    let name = |event: &MnsQueueEvent| event.message().message_id.clone();
    let outcomes = Batch::new(events)
        .concurrency(SIDE_BY_SIDE)
        .run(name, |event| {
            let services = &services;
            async move {
                let body: serde_json::Value = event.body_as()?;
                // A message of a chain names its connection; one about an endpoint names that.
                if body.get("connection").is_some() {
                    let message = StepMessage::from_value(body)?;
                    return Ok::<_, Error>(match carry(services, &ApproveEndpoint, &message).await? {
                        Carried::Moved(_) => Visited::Recorded,
                        Carried::Stale => Visited::NothingNew,
                    });
                }
                let message = EndpointMessage::from_value(body)?;
                Ok::<_, Error>(visit(services, &message).await?)
            }
        })
        .await;
    let mut tally = Tally::default();
    // One that failed fails the whole, and the whole comes again: what was recorded is nothing new then.
    for visited in outcomes.into_result()? {
        match visited {
            Visited::Recorded => tally.recorded += 1,
            Visited::NothingNew => tally.nothing_new += 1,
            Visited::Waits => tally.waiting += 1,
        }
    }
    Ok(tally)
}
