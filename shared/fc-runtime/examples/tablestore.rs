//! A function that a Tablestore trigger calls with the rows that changed. They come as CBOR or as JSON:
//! `TablestoreEvent` reads both, so the handler takes the bytes.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example tablestore
//! curl -d '{"Version":"Sync-v1","Records":[{"Type":"DeleteRow","Info":{"Timestamp":1767323045000000},"PrimaryKey":[{"ColumnName":"pk","Value":7}],"Columns":[]}]}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use fc_events::tablestore::{RowOperation, TablestoreEvent};
use fc_runtime::{Error, Event, Raw, service_fn};

/// How many rows are gone.
async fn handler(event: Event<Raw>) -> Result<usize, Error> {
    let event = TablestoreEvent::from_slice(&event.payload)?;
    Ok(event.records.iter().filter(|record| record.operation == RowOperation::Delete).count())
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
    async fn it_counts_the_rows_that_are_gone() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"Version":"Sync-v1","Records":[{"Type":"DeleteRow","Info":{"Timestamp":1767323045000000},"PrimaryKey":[{"ColumnName":"pk","Value":7}],"Columns":[]}]}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(answer.body(), "1");
    }
}
