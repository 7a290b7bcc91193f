//! A function that is fed with events: the services of a call for its handler, and the messages of a batch one by one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use connection::queue::Queue;
use connection::words::StepName;
use engine::services::Services;
use fc_events::mns_queue::{MnsQueueBatch, MnsQueueEvent};
use fc_runtime::{Batch, Diagnostic, Environment, Error, Event, Raw, Runtime, service_fn};
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use transport::{Chain, Io};

use crate::services::ServicesFactory;

/// The field that the envelope adds to a message: how often it was put back.
const PUT_BACK: &str = "put_back";
/// How often a message is put back before it is left to the platform.
const MOST_TIMES: u32 = 5;
/// How long a message rests the first time. Each further time twice as long: five minutes in all.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
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

/// A queue and how its messages are handled.
#[derive(Debug, Clone, Copy)]
pub struct Feed {
    /// The queue.
    pub queue: Queue,
    /// How long one message may take. The next batch of the queue waits for the slowest message of this one.
    pub limit: Duration,
}

impl Feed {
    /// The queue of a step: a few calls of a cloud.
    #[must_use]
    pub const fn of_step(step: StepName) -> Self {
        Self { queue: Queue::Step(step), limit: Duration::from_secs(20) }
    }
}

/// Why a message is put back into its queue.
#[derive(Debug, thiserror::Error)]
#[error("it took longer than {} s", .0.as_secs())]
struct TookTooLong(Duration);

/// A message that failed could not be put back, or was put back too often: it comes again with its batch, and ends as a dead letter.
#[derive(Debug, thiserror::Error)]
enum NotPutBack {
    #[error("it failed {MOST_TIMES} times")]
    TooOften(#[source] Error),
    #[error("it failed, and could not be put back into its queue: {0}")]
    Refused(String, #[source] Error),
}

/// Reads and handles each message of a batch that a queue brings, all side by side.
///
/// The platform brings the next batch when this one has been answered, and tries one that failed again for up to a minute before.
/// So a message that fails, or takes too long, is put back into its queue by itself, later each time, and the batch goes on
/// without it. One that does not read is left to the platform, which makes it a dead letter.
///
/// Dying before a message is put back brings it again with its batch; dying after brings it twice. For a message that was
/// handled there must be nothing left to do.
///
/// # Errors
/// When a message did not read, was put back too often, or could not be.
pub async fn each_message<M, B, F, R, E>(
    services: &Services,
    feed: Feed,
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
                let mut body: Value = event.body_as().map_err(Diagnostic::of)?;
                let times = times_put_back(&mut body);
                let message = read(body.clone()).map_err(Diagnostic::of)?;
                let failed: Error = match timeout(feed.limit, handle(message)).await {
                    Ok(Ok(handled)) => return Ok(Some(handled)),
                    Ok(Err(error)) => error.into(),
                    Err(_) => TookTooLong(feed.limit).into(),
                };
                put_back(services, feed.queue, body, times, failed).await.map(|()| None).map_err(Diagnostic::of)
            },
        )
        .await;
    Ok(outcomes.into_result()?.into_iter().flatten().collect())
}

/// How often a message was put back: the envelope's field, which is taken out.
fn times_put_back(body: &mut Value) -> u32 {
    let times = body.as_object_mut().and_then(|body| body.remove(PUT_BACK));
    times.and_then(|times| times.as_u64()).and_then(|times| u32::try_from(times).ok()).unwrap_or(0)
}

async fn put_back(
    services: &Services,
    queue: Queue,
    mut body: Value,
    times: u32,
    failed: Error,
) -> Result<(), NotPutBack> {
    if times >= MOST_TIMES {
        return Err(NotPutBack::TooOften(failed));
    }
    body[PUT_BACK] = (times + 1).into();
    let delay = FIRST_PAUSE * 2_u32.pow(times);
    tracing::warn!(%queue, times, ?delay, error = %Chain(&*failed), "a message failed and is put back");
    match services.queues.put_back(queue, body.to_string().as_bytes(), delay).await {
        Ok(()) => Ok(()),
        Err(error) => Err(NotPutBack::Refused(Chain(&error).to_string(), failed)),
    }
}

#[cfg(test)]
mod tests;
