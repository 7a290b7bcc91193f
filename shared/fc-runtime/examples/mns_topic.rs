//! A function that an MNS topic notifies. The message comes bare or wrapped, as the trigger's `notifyContentFormat` says:
//! `MnsTopicEvent` reads both, so the handler takes the bytes.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example mns_topic
//! curl -d '{"TopicOwner":"1234567890123456","Message":"{\"name\":\"resize\"}","Subscriber":"1234567890123456","PublishTime":1767323045000,"SubscriptionName":"s","MessageMD5":"AA","TopicName":"t","MessageId":"BB"}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::mns_topic::MnsTopicEvent;
use fc_runtime::{Error, Event, Raw, service_fn};
use serde::Deserialize;

#[derive(Deserialize)]
struct Job {
    name: String,
}

async fn handler(event: Event<Raw>) -> Result<String, Error> {
    let notification = MnsTopicEvent::from_slice(&event.payload);
    let job: Job = notification.body_as()?;
    Ok(format!("did {}", job.name))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run(service_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use fc_runtime::{LogLines, Runtime};

    #[tokio::test]
    async fn it_does_the_job_in_the_message() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"TopicOwner":"1234567890123456","Message":"{\"name\":\"resize\"}","Subscriber":"1234567890123456","PublishTime":1767323045000,"SubscriptionName":"s","MessageMD5":"AA","TopicName":"t","MessageId":"BB"}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "\"did resize\"");
    }
}
