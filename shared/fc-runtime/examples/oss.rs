//! A function that an OSS trigger calls for each object that is put or removed.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example oss
//! curl -d '{"events":[{"eventName":"ObjectCreated:PutObject","eventTime":"2026-01-02T03:04:05Z","oss":{"bucket":{"name":"photos"},"object":{"key":"in/a.jpg","size":100}}}]}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::oss::OssEvent;
use fc_runtime::{Error, Event, service_fn};

/// The event may come again: what is done with an object must not depend on how often.
async fn handler(event: Event<OssEvent>) -> Result<Vec<String>, Error> {
    let mut changed = Vec::new();
    for record in event.payload.events {
        let (bucket, object) = (record.oss.bucket, record.oss.object);
        tracing::info!(bucket.name, object.key, object.size, event = record.event_name, "seen");
        changed.push(format!("{}/{}", bucket.name, object.key));
    }
    Ok(changed)
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
    async fn it_names_what_changed() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"events":[{"eventName":"ObjectCreated:PutObject","eventTime":"2026-01-02T03:04:05Z","oss":{"bucket":{"name":"photos"},"object":{"key":"in/a.jpg","size":100}}}]}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "[\"photos/in/a.jpg\"]");
    }
}
