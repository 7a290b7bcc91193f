//! A function fed from an MNS queue by an `eventbridge` trigger: several messages in one event, delivered at least once.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example mns_queue
//! curl -d '[{"requestId":"r","messageId":"m-1","messageBody":{"name":"resize"}}]' http://127.0.0.1:9000/invoke
//! ```

use fc_events::mns_queue::{MnsQueueBatch, MnsQueueEvent};
use fc_runtime::{Batch, BatchError, Error, Event, service_fn};
use serde::Deserialize;

#[derive(Deserialize)]
struct Job {
    name: String,
}

/// Doing it twice must be as good as doing it once: a batch of which one message failed comes back whole.
async fn work(event: MnsQueueEvent) -> Result<(), Error> {
    let job: Job = event.body_as()?;
    tracing::info!(message = event.message().message_id, job.name, "done");
    Ok(())
}

async fn handler(event: Event<MnsQueueBatch>) -> Result<usize, BatchError> {
    let outcomes = Batch::new(event.payload).concurrency(8).run(|event| event.message().message_id.clone(), work).await;
    Ok(outcomes.into_result()?.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run(service_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use fc_runtime::Context;

    #[tokio::test]
    async fn a_bad_message_is_named_and_does_not_keep_the_others_back() {
        let payload =
            br#"[{"messageId":"m-1","messageBody":{"name":"resize"}}, {"messageId":"m-2","messageBody":"?"}]"#;
        let batch = MnsQueueBatch::from_slice(payload).unwrap();
        let error = handler(Event::new(batch, Context::default())).await.unwrap_err();
        assert_eq!(error.done, ["m-1"]);
        assert_eq!(error.failed[0].0, "m-2");
    }
}
