//! The same order taken with hyper alone: what Function Compute demands of an event call (the two marker lines, the header
//! `x-fc-status`), and nothing more.

use std::convert::Infallible;
use std::io::{self, Write};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Serialize)]
struct Receipt {
    text: String,
}

async fn invoke(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let request_id = request.headers().get("x-fc-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let request_id = request_id.to_owned();
    mark("Start", &request_id);
    let taken = take(request.into_body()).await;
    mark("End", &request_id);
    let (status, outcome, body) = match taken {
        Ok(receipt) => (StatusCode::OK, "200", receipt),
        Err(error) => (StatusCode::NOT_FOUND, "404", error.to_string().into()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert("x-fc-status", http::HeaderValue::from_static(outcome));
    Ok(response)
}

async fn take(body: Incoming) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let order: Order = serde_json::from_slice(&body.collect().await?.to_bytes())?;
    Ok(serde_json::to_vec(&Receipt { text: format!("{} x {}", order.count, order.item) })?.into())
}

fn mark(what: &str, request_id: &str) {
    let line = format!("FC Invoke {what} RequestId: {request_id}\n");
    let mut stdout = io::stdout().lock();
    // A log that cannot be written is no reason to fail the call.
    let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::var("FC_SERVER_PORT")?.parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), service_fn(invoke));
        tokio::spawn(async move {
            // A client that hangs up ends its own connection only.
            let _ = connection.await;
        });
    }
}
