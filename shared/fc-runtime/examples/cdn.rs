//! A function that events of the CDN call.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example cdn
//! curl -d '{"events":[{"eventName":"CachedObjectsRefreshed","eventTime":"2026-01-02T11:04:05+08:00","resource":{"domain":"example.com"},"eventParameter":{"objectPath":["/a.png"]}}]}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::cdn::CdnEvent;
use fc_runtime::{Error, Event, service_fn};

async fn handler(event: Event<CdnEvent>) -> Result<Vec<String>, Error> {
    Ok(event
        .payload
        .events
        .iter()
        .map(|record| format!("{} on {}", record.event_name, record.resource.domain))
        .collect())
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
    async fn it_tells_what_happened_where() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"events":[{"eventName":"CachedObjectsRefreshed","eventTime":"2026-01-02T11:04:05+08:00","resource":{"domain":"example.com"},"eventParameter":{"objectPath":["/a.png"]}}]}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "[\"CachedObjectsRefreshed on example.com\"]");
    }
}
