//! A function that an event bus calls, through an `eventbridge` trigger with the source `Default`: one CloudEvent, whose data
//! is up to whoever sent it.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example event_bus
//! curl -d '{"id":"ev-3","source":"acs.oss","specversion":"1.0","type":"oss:ObjectCreated:PutObject","subject":"photos/a.jpg","data":{"size":3}}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::CloudEvent;
use fc_runtime::{Error, Event, service_fn};
use serde::Deserialize;

/// What the rule of the bus lets through.
#[derive(Deserialize)]
struct Stored {
    size: u64,
}

async fn handler(event: Event<CloudEvent<Stored>>) -> Result<String, Error> {
    let event = event.payload;
    let subject = event.subject.as_deref().unwrap_or("something");
    Ok(format!("{}: {subject} has {} bytes", event.event_type, event.data.size))
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
    async fn it_reads_type_subject_and_data() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"id":"ev-3","source":"acs.oss","specversion":"1.0","type":"oss:ObjectCreated:PutObject","subject":"photos/a.jpg","data":{"size":3}}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "\"oss:ObjectCreated:PutObject: photos/a.jpg has 3 bytes\"");
    }
}
