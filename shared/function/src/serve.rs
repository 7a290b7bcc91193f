//! A function that is fed with events: the services of a call for its handler, and the messages of a batch one by one.

use std::sync::Arc;

use bytes::Bytes;
use engine::services::Services;
use fc_events::mns_queue::{MnsQueueBatch, MnsQueueEvent};
use fc_runtime::{Batch, Diagnostic, Environment, Error, Event, Raw, Runtime, service_fn};
use serde::Serialize;
use serde_json::Value;
use transport::Io;

use crate::services::ServicesFactory;

/// How many messages of one batch are handled side by side: as many as one brings.
const SIDE_BY_SIDE: usize = 10;

/// The function that answers each event with what `handle` makes of its payload. What fails is reported by its own type.
///
/// # Errors
/// When the environment is incomplete.
pub fn serve<F, R, E>(
    environment: &Environment,
    io: Io,
    handle: impl Fn(Services, Bytes) -> F + Clone + Send + Sync + 'static,
) -> Result<Runtime, Error>
where
    F: Future<Output = Result<R, E>> + Send + 'static,
    R: Serialize + Send + 'static,
    E: Into<Error>,
{
    let factory = Arc::new(ServicesFactory::new(environment, io)?);
    Ok(Runtime::new(service_fn(move |event: Event<Raw>| {
        let (factory, handle) = (factory.clone(), handle.clone());
        async move {
            let (Raw(payload), context) = event.into_parts();
            let services = factory.services(&context).await.map_err(Diagnostic::of)?;
            handle(services, payload).await.map_err(Diagnostic::of)
        }
    })))
}

/// Reads and handles each message of a batch that a queue brings, also after one has failed.
///
/// # Errors
/// When a message failed. The whole batch comes again then, so for a message that was handled there must be nothing left to do.
pub async fn each_message<M, B, F, R, E>(
    payload: &[u8],
    read: impl Fn(Value) -> Result<M, B>,
    handle: impl Fn(M) -> F,
) -> Result<Vec<R>, Diagnostic>
where
    B: Into<Error>,
    F: Future<Output = Result<R, E>>,
    E: Into<Error>,
{
    let events = MnsQueueBatch::from_slice(payload).map_err(Diagnostic::of)?;
    let (read, handle) = (&read, &handle);
    let outcomes = Batch::new(events)
        .concurrency(SIDE_BY_SIDE)
        .run(
            |event: &MnsQueueEvent| event.message().message_id.clone(),
            |event| async move {
                let body = event.body_as().map_err(Diagnostic::of)?;
                handle(read(body).map_err(Diagnostic::of)?).await.map_err(Diagnostic::of)
            },
        )
        .await;
    Ok(outcomes.into_result()?)
}

#[cfg(test)]
mod tests;
