//! A function that a trigger of the Simple Log Service calls. The event only points at the logs: fetch them with the
//! function's own credentials, from one cursor to the other.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example log
//! curl -d '{"parameter":{},"source":{"endpoint":"https://p.cn-hangzhou.log.aliyuncs.com","projectName":"p","logstoreName":"s","shardId":"0","beginCursor":"MTUy","endCursor":"MTUz"},"jobName":"j","taskId":"t","cursorTime":1767323045}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::log::LogEvent;
use fc_runtime::{Error, Event, service_fn};

/// Where the logs of this call are, as PullLogs asks for them.
async fn handler(event: Event<LogEvent>) -> Result<String, Error> {
    let (event, context) = event.into_parts();
    tracing::info!(task = event.task_id, has_role = context.credentials().is_some(), "called");
    let source = event.source;
    Ok(format!(
        "{}/logstores/{}/shards/{}?type=log&cursor={}&end_cursor={}",
        source.endpoint, source.logstore_name, source.shard_id, source.begin_cursor, source.end_cursor
    ))
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
    async fn it_finds_the_logs() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"parameter":{},"source":{"endpoint":"https://p.cn-hangzhou.log.aliyuncs.com","projectName":"p","logstoreName":"s","shardId":"0","beginCursor":"MTUy","endCursor":"MTUz"},"jobName":"j","taskId":"t","cursorTime":1767323045}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(
            answer.body(),
            "\"https://p.cn-hangzhou.log.aliyuncs.com/logstores/s/shards/0?type=log&cursor=MTUy&end_cursor=MTUz\""
        );
    }
}
