//! An HTTP function that is an axum router. The context of the call is an extension.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example axum_router
//! curl http://127.0.0.1:9000/hello/ann
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Extension, Json, Router};
use fc_runtime::{Context, Error};
use serde_json::{Value, json};

/// What all calls of the instance share.
type Visits = Arc<AtomicU64>;

async fn hello(
    Path(name): Path<String>,
    State(visits): State<Visits>,
    Extension(context): Extension<Context>,
) -> Json<Value> {
    let visit = visits.fetch_add(1, Ordering::Relaxed) + 1;
    Json(json!({"hello": name, "visit": visit, "request": context.request_id()}))
}

fn router() -> Router {
    Router::new().route("/hello/{name}", get(hello)).with_state(Visits::default())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run_http(router()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use fc_runtime::{LogLines, Runtime};

    #[tokio::test]
    async fn visits_are_counted_across_calls() {
        let function = Runtime::for_http(router()).log_lines(LogLines::off()).into_service();
        for visit in 1..=2 {
            let request = http::Request::get("/hello/ann").header("x-fc-request-id", "1-a").body(Bytes::new()).unwrap();
            let answer: Value = serde_json::from_slice(function.handle(request).await.body()).unwrap();
            assert_eq!(answer, json!({"hello": "ann", "visit": visit, "request": "1-a"}));
        }
    }
}
