//! The smallest function there is: a server on the port that the platform names, which does what the event says.
//!
//! The local cloud's own tests start it as a real process. Events: `env NAME`, `header NAME`, `fail`, `hang`, `linger`, `exit`,
//! `pid`; anything else comes back as it is.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let request_id = header("x-fc-request-id");
    let headers = request.headers().clone();
    let path = request.uri().path().to_owned();
    let Ok(body) = request.into_body().collect().await else { return Ok(Response::default()) };
    let body = body.to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    println!("FC Invoke Start RequestId: {request_id}");
    let (status, answer) = match text.split_once(' ').unwrap_or((&text, "")) {
        ("env", name) => (200, std::env::var(name).unwrap_or_default()),
        ("header", name) => {
            (200, headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned())
        }
        ("fail", _) => (404, r#"{"errorMessage":"asked to fail","errorType":"Asked"}"#.to_owned()),
        ("hang", _) => std::future::pending().await,
        ("exit", _) => std::process::exit(3),
        _ if text.contains("linger") => {
            println!("lingering in {}", std::process::id());
            tokio::time::sleep(Duration::from_secs(1)).await;
            (200, String::new())
        }
        ("pid", _) => (200, std::process::id().to_string()),
        _ if path == "/invoke" => (200, text),
        _ => (200, format!("{path} {text}")),
    };
    eprintln!("FC Invoke End RequestId: {request_id}");
    Ok(Response::builder()
        .status(status)
        .header("x-fc-status", status.to_string())
        .body(Full::new(Bytes::from(answer)))
        .unwrap_or_default())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let host = variable("FC_SERVER_HOST").unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let port = variable("FC_SERVER_PORT").or_else(|| variable("FC_CUSTOM_LISTEN_PORT")).unwrap_or(9000);
    let listener = TcpListener::bind(SocketAddr::new(host, port)).await?;
    println!("FunctionCompute echo runtime inited.");
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
    }
}
