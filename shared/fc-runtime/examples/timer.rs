//! A function that a timer calls.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example timer
//! curl -d '{"triggerTime":"2026-01-02T03:04:00Z","triggerName":"nightly","payload":"{\"days\":7}"}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::timer::TimerEvent;
use fc_runtime::{Error, Event, service_fn};
use serde::Deserialize;

/// What the trigger's configuration says.
#[derive(Deserialize)]
struct Payload {
    days: u32,
}

async fn handler(event: Event<TimerEvent>) -> Result<String, Error> {
    let timer = event.payload;
    let Payload { days } = timer.payload_as()?;
    Ok(format!("{} at {}: what is older than {days} days may go", timer.trigger_name, timer.trigger_time))
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
    async fn the_configured_payload_arrives() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"triggerTime":"2026-01-02T03:04:00Z","triggerName":"nightly","payload":"{\"days\":7}"}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "\"nightly at 2026-01-02T03:04:00Z: what is older than 7 days may go\"");
    }
}
