//! A function fed from a Data Transmission Service task by an `eventbridge` trigger: several changes in one event, delivered at least once.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example dts
//! curl -d '[{"id":"ev-1","source":"d","specversion":"1.0","type":"dts:ConsumeMessage","data":{"id":"2","offset":8,"operationType":"UPDATE","schema":{"tableName":"t"}}},{"id":"ev-2","source":"d","specversion":"1.0","type":"dts:ConsumeMessage","data":{"id":"1","offset":7,"operationType":"INSERT","schema":{"tableName":"t"}}}]' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::dts::DtsBatch;
use fc_runtime::{Error, Event, service_fn};

/// What happened to which table, in the order in which it happened.
async fn handler(event: Event<DtsBatch>) -> Result<Vec<String>, Error> {
    let mut changes: Vec<_> = event.payload.into_iter().map(|event| event.into_message()).collect();
    changes.sort_by_key(|change| change.offset);
    let table = |change: &fc_events::dts::DtsChange| change.schema["tableName"].as_str().map(str::to_owned);
    Ok(changes.iter().filter_map(|change| Some(format!("{} {}", change.operation_type, table(change)?))).collect())
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
    async fn it_orders_the_changes() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"[{"id":"ev-1","source":"d","specversion":"1.0","type":"dts:ConsumeMessage","data":{"id":"2","offset":8,"operationType":"UPDATE","schema":{"tableName":"t"}}},{"id":"ev-2","source":"d","specversion":"1.0","type":"dts:ConsumeMessage","data":{"id":"1","offset":7,"operationType":"INSERT","schema":{"tableName":"t"}}}]"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "[\"INSERT t\",\"UPDATE t\"]");
    }
}
