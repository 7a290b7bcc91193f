//! A step as a function: messages in, steps carried, messages out.

use std::sync::Arc;

use connection::message::{Message as _, StepMessage};
use engine::carry::{Carried, carry};
use engine::step::Step;
use fc_events::mns_queue::{MnsQueueBatch, MnsQueueEvent};
use fc_runtime::{Batch, Context, Environment, Error, Event, Raw, Runtime, service_fn};
use serde::Serialize;
use transport::Io;

use crate::services::ServicesFactory;

/// How many messages of one batch are carried side by side.
const SIDE_BY_SIDE: usize = 10;

/// What a batch came to.
#[derive(Debug, Serialize)]
struct Tally {
    moved: usize,
    stale: usize,
}

/// The function that owns `step`.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(step: impl Step + 'static, environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let factory = Arc::new(ServicesFactory::new(environment, io)?);
    let step: Arc<dyn Step> = Arc::new(step);
    Ok(Runtime::new(service_fn(move |event: Event<Raw>| {
        let (factory, step) = (factory.clone(), step.clone());
        async move {
            let (Raw(payload), context) = event.into_parts();
            carry_all(&factory, &*step, &payload, &context).await
        }
    })))
}

async fn carry_all(
    factory: &ServicesFactory,
    step: &dyn Step,
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
                let message = StepMessage::from_value(event.body_as()?)?;
                Ok::<_, Error>(carry(services, step, &message).await?)
            }
        })
        .await;
    // One that failed fails the whole, and the whole comes again: those that were carried will be stale then.
    let carried = outcomes.into_result()?;
    let moved = carried.iter().filter(|carried| matches!(carried, Carried::Moved(_))).count();
    Ok(Tally { moved, stale: carried.len() - moved })
}
