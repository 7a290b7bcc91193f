//! A function fed from a RabbitMQ queue by an `eventbridge` trigger: several messages in one event, delivered at least once.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example rabbitmq
//! curl -d '[{"id":"ev-1","source":"r","specversion":"1.0","type":"amqp:Queue:SendMessage","data":{"envelope":{"deliveryTag":98,"exchange":"","redeliver":false,"routingKey":"q"},"body":{"hello":"rabbit"},"props":{"messageId":"f7622d51"}}}]' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::rabbitmq::RabbitMqBatch;
use fc_runtime::{Error, Event, service_fn};

async fn handler(event: Event<RabbitMqBatch>) -> Result<Vec<String>, Error> {
    let mut done = Vec::new();
    for event in event.payload {
        let message = event.into_message();
        tracing::info!(message.envelope.routing_key, again = message.envelope.redeliver, "received");
        done.extend(message.props.message_id);
    }
    Ok(done)
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
    async fn it_tells_which_are_done() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"[{"id":"ev-1","source":"r","specversion":"1.0","type":"amqp:Queue:SendMessage","data":{"envelope":{"deliveryTag":98,"exchange":"","redeliver":false,"routingKey":"q"},"body":{"hello":"rabbit"},"props":{"messageId":"f7622d51"}}}]"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "[\"f7622d51\"]");
    }
}
