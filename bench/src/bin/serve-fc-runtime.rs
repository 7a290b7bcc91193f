//! An order taken with fc-runtime, as its documentation shows it: the side that is measured.

use fc_runtime::{Error, Event, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Serialize)]
struct Receipt {
    text: String,
}

async fn handler(event: Event<Order>) -> Result<Receipt, Error> {
    let order = event.payload;
    Ok(Receipt { text: format!("{} x {}", order.count, order.item) })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run(service_fn(handler)).await
}
