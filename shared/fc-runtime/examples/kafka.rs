//! A function fed from a Kafka topic by an `eventbridge` trigger: several messages in one event, delivered at least once.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example kafka
//! curl -d '[{"id":"ev-1","source":"k","specversion":"1.0","type":"alikafka:Topic:Message","data":{"topic":"t","partition":7,"offset":25,"timestamp":1767323045000,"headers":{"headers":[],"isReadOnly":false},"key":"k","value":{"a":1}}}]' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::kafka::KafkaBatch;
use fc_runtime::{Error, Event, service_fn};

/// Partition and offset name a message for good: with them, what comes twice can be told.
async fn handler(event: Event<KafkaBatch>) -> Result<Vec<String>, Error> {
    let name = |message: &fc_events::kafka::KafkaMessage| {
        format!("{}/{}/{}", message.topic, message.partition, message.offset)
    };
    Ok(event.payload.into_iter().map(|event| name(event.message())).collect())
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
    async fn it_names_each_message() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"[{"id":"ev-1","source":"k","specversion":"1.0","type":"alikafka:Topic:Message","data":{"topic":"t","partition":7,"offset":25,"timestamp":1767323045000,"headers":{"headers":[],"isReadOnly":false},"key":"k","value":{"a":1}}}]"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "[\"t/7/25\"]");
    }
}
