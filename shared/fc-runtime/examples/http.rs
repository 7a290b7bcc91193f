//! An HTTP function without a framework: request in, response out, the body streamed as it is made.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example http
//! curl --no-buffer http://127.0.0.1:9000/countdown?from=5
//! ```

use std::time::Duration;

use fc_runtime::{Body, Context, Error, http_fn};
use futures::stream;
use http::{Request, Response, StatusCode};

async fn handler(request: Request<Body>, context: Context) -> Result<Response<Body>, Error> {
    if request.uri().path() != "/countdown" {
        return Ok(Response::builder().status(StatusCode::NOT_FOUND).body("try /countdown?from=5\n".into())?);
    }
    let from = request.uri().query().and_then(|query| query.strip_prefix("from=")?.parse().ok()).unwrap_or(3);
    tracing::info!(from, region = context.region(), "counting");
    let numbers = stream::unfold(from, |left: u32| async move {
        let next = left.checked_sub(1)?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok::<_, Error>(format!("{left}\n")), next))
    });
    Ok(Response::builder().header("content-type", "text/plain").body(Body::from_stream(numbers))?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run_http(http_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_counts_down() {
        let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        let answer = handler(get("/countdown?from=2"), Context::default()).await.unwrap();
        assert_eq!(answer.into_body().into_bytes().await.unwrap(), "2\n1\n");
        assert_eq!(handler(get("/"), Context::default()).await.unwrap().status(), 404);
    }
}
