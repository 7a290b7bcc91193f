//! An event function with typed payload, response and error.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example event_typed
//! curl -d '{"item":"tea","count":2}' http://127.0.0.1:9000/invoke
//! curl -d '{"item":"coffee","count":2}' http://127.0.0.1:9000/invoke
//! ```

use fc_runtime::{Diagnostic, Error, Event, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Debug, PartialEq, Serialize)]
struct Receipt {
    text: String,
}

/// Says which failures a caller can tell apart; `errorType` is the variant's name.
#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("{0} is not on the menu")]
    NotOnTheMenu(String),
    #[error("an order takes 1 to 9, not {0}")]
    BadCount(u32),
}

impl From<OrderError> for Diagnostic {
    fn from(error: OrderError) -> Self {
        let kind = match &error {
            OrderError::NotOnTheMenu(_) => "NotOnTheMenu",
            OrderError::BadCount(_) => "BadCount",
        };
        Self::new(kind, error.to_string())
    }
}

async fn handler(event: Event<Order>) -> Result<Receipt, Diagnostic> {
    let (order, context) = event.into_parts();
    tracing::info!(retry = context.retry_count(), time_left = ?context.time_left(), "ordered");
    if order.item != "tea" {
        return Err(OrderError::NotOnTheMenu(order.item).into());
    }
    if !(1..=9).contains(&order.count) {
        return Err(OrderError::BadCount(order.count).into());
    }
    Ok(Receipt { text: format!("{} x {}", order.count, order.item) })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run(service_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use fc_runtime::Context;

    #[tokio::test]
    async fn only_tea_is_served() {
        let event = |item: &str, count| Event::new(Order { item: item.into(), count }, Context::default());
        assert_eq!(handler(event("tea", 2)).await.unwrap(), Receipt { text: "2 x tea".into() });
        assert_eq!(handler(event("coffee", 2)).await.unwrap_err().error_type(), "NotOnTheMenu");
        assert_eq!(handler(event("tea", 10)).await.unwrap_err().error_type(), "BadCount");
    }
}
