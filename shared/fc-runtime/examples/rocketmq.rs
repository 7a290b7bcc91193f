//! A function fed from a RocketMQ topic by an `eventbridge` trigger: several messages in one event, delivered at least once.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example rocketmq
//! curl -d '[{"id":"ev-1","source":"r","specversion":"1.0","type":"mq:Topic:SendMessage","data":{"topic":"t","systemProperties":{"TAGS":"urgent"},"body":"a"}},{"id":"ev-2","source":"r","specversion":"1.0","type":"mq:Topic:SendMessage","data":{"topic":"t","body":"b"}}]' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::rocketmq::RocketMqBatch;
use fc_runtime::{Error, Event, service_fn};

/// Takes the messages with the tag `urgent`.
async fn handler(event: Event<RocketMqBatch>) -> Result<usize, Error> {
    let mut taken = 0;
    for event in event.payload {
        let message = event.into_message();
        if message.system_properties.get("TAGS").is_some_and(|tags| tags == "urgent") {
            tracing::info!(message.topic, body = %message.body, "taken");
            taken += 1;
        }
    }
    Ok(taken)
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
    async fn it_takes_what_is_urgent() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"[{"id":"ev-1","source":"r","specversion":"1.0","type":"mq:Topic:SendMessage","data":{"topic":"t","systemProperties":{"TAGS":"urgent"},"body":"a"}},{"id":"ev-2","source":"r","specversion":"1.0","type":"mq:Topic:SendMessage","data":{"topic":"t","body":"b"}}]"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "1");
    }
}
