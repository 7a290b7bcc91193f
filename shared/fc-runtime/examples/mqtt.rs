//! A function fed from an MQTT topic by an `eventbridge` trigger: several messages in one event, delivered at least once.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example mqtt
//! curl -d '[{"props":{"firstTopic":"t","secondTopic":"/a","clientId":"GID@@@1"},"body":{"temperature":21.5}},{"props":{"firstTopic":"t","secondTopic":"/a","clientId":"GID@@@2"},"body":{"temperature":19}}]' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::mqtt::MqttBatch;
use fc_runtime::{Error, Event, service_fn};

/// The highest temperature that the devices report, `null` if none does.
async fn handler(event: Event<MqttBatch>) -> Result<Option<f64>, Error> {
    let reported = event.payload.into_iter().filter_map(|event| event.message().body.get("temperature")?.as_f64());
    Ok(reported.reduce(f64::max))
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
    async fn it_finds_the_highest_temperature() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"[{"props":{"firstTopic":"t","secondTopic":"/a","clientId":"GID@@@1"},"body":{"temperature":21.5}},{"props":{"firstTopic":"t","secondTopic":"/a","clientId":"GID@@@2"},"body":{"temperature":19}}]"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "21.5");
    }
}
