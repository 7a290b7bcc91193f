//! HTTP calls over a socket: docs/reference/function-compute.md, section 2.1, with plain services and an axum router.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::{Arc, Mutex};

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use fc_runtime::{Body, Context, Diagnostic, Error, Event, MAX_REQUEST_BODY, Runtime, http_fn, service_fn};
use futures::{SinkExt, StreamExt, channel::mpsc};
use http::Response;
use serde_json::{Value, json};
use support::{Request, Server};

/// Says back what it was asked.
async fn echo(request: http::Request<Body>, context: Context) -> Result<Response<String>, Error> {
    let (head, body) = request.into_parts();
    let said = json!({
        "method": head.method.as_str(),
        "target": head.uri.to_string(),
        "headers": head.headers.keys().map(|name| name.as_str()).collect::<Vec<_>>(),
        "body": String::from_utf8(body.into_bytes().await?.to_vec())?,
        "request_id": context.request_id(),
        "has_credentials": context.credentials().is_some(),
    });
    Ok(Response::builder()
        .status(418)
        .header("x-kind", "tea")
        .header("connection", "close")
        .header("x-fc-status", "404")
        .body(said.to_string())?)
}

#[test]
fn a_clients_request_arrives_whole_and_the_response_goes_back_whole() {
    let server = Server::start(Runtime::for_http(http_fn(echo)));
    let mut client = server.connect();
    let request = Request::http("1-a", "PUT", "/invoke/x?q=1&q=2")
        .header("X-Fc-Access-Key-Id", "STS.N")
        .header("X-Fc-Access-Key-Secret", "s")
        .header("Accept", "a/b")
        .body("héllo");
    let reply = client.send(&request);
    assert_eq!((reply.status, reply.outcome()), (418, "200"), "a status of the function's choosing is no failure");
    assert_eq!(reply.headers["x-kind"], "tea");
    assert_eq!(
        reply.json(),
        json!({
            "method": "PUT", "target": "/invoke/x?q=1&q=2", "body": "héllo", "request_id": "1-a",
            "headers": ["host", "accept", "content-length"], "has_credentials": true,
        })
    );
    assert!(!reply.headers.contains_key("connection"), "a handler cannot cost FC its keep-alive");
    assert_eq!(client.send(&request).status, 418);
    assert_eq!(server.lines.of("1-a")[..2], ["FC Invoke Start RequestId: 1-a", "FC Invoke End RequestId: 1-a"]);
}

#[test]
fn a_failed_http_function_is_a_500_that_gives_nothing_away() {
    async fn fails(request: http::Request<Body>, _: Context) -> Result<Response<Body>, Error> {
        match request.uri().path() {
            "/panic" => panic!("secret state"),
            "/own" => Err(Diagnostic::new("Mine", "secret state").into()),
            _ => Err("secret state".into()),
        }
    }
    let server = Server::start(Runtime::for_http(http_fn(fails)));
    for (path, id) in [("/panic", "1-b"), ("/own", "1-c"), ("/", "1-d")] {
        let reply = server.send(&Request::http(id, "GET", path));
        assert_eq!((reply.status, reply.outcome()), (500, "404"));
        assert_eq!(
            reply.json(),
            json!({"errorType": "InternalError", "errorMessage": format!("the function failed, see its log for request {id}")})
        );
        let lines = server.lines.of(id);
        assert!(lines[1].contains("secret state"), "the log has the reason: {lines:?}");
        assert_eq!(lines[2], format!("FC Invoke End RequestId: {id}, Error: Unhandled function error"));
    }
}

#[test]
fn an_axum_router_is_a_handler_with_the_context_as_an_extension() {
    let router = Router::new()
        .route(
            "/hello/{name}",
            get(async |Path(name): Path<String>, Extension(context): Extension<Context>| {
                format!("hello {name} from {}", context.region().unwrap_or("nowhere"))
            }),
        )
        .route("/sum", post(async |Json(numbers): Json<Vec<i64>>| Json(numbers.iter().sum::<i64>())));
    let server = Server::start(Runtime::for_http(router));
    let hello = Request::http("1-e", "GET", "/hello/ann").header("x-fc-region", "cn-hangzhou");
    assert_eq!(server.send(&hello).text(), "hello ann from cn-hangzhou");
    // The answer is known to be complete, so the end line precedes it.
    assert_eq!(server.lines.of("1-e").last().unwrap(), "FC Invoke End RequestId: 1-e");
    let sum = Request::http("1-f", "POST", "/sum").header("content-type", "application/json").body("[1,2,39]");
    assert_eq!(server.send(&sum).json(), json!(42));
    let missing = server.send(&Request::http("1-g", "GET", "/nothing"));
    assert_eq!((missing.status, missing.outcome()), (404, "200"), "the router's own 404 is an answer, not a failure");
}

#[test]
fn one_binary_serves_events_and_http_at_once() {
    let server = Server::start(
        Runtime::new(service_fn(async |event: Event<Value>| Ok::<_, Error>(event.payload)))
            .http(Router::new().route("/invoke", get("by http").post("by http"))),
    );
    assert_eq!(server.send(&Request::event("1-h", "[1]")).text(), "[1]");
    assert_eq!(server.send(&Request::http("1-i", "POST", "/invoke")).text(), "by http");
    // Without FC's header, as in local runs, the event path is the event function's and the rest is HTTP.
    assert_eq!(server.send(&Request::new("POST", "/invoke").body("[2]")).text(), "[2]");
    assert_eq!(server.send(&Request::new("GET", "/invoke")).text(), "by http");
}

/// A handler whose response is what the test pushes into the returned sender.
fn streaming() -> (Server, mpsc::Sender<Result<Bytes, Error>>) {
    let (pieces, receiver) = mpsc::channel(1);
    let receiver = Arc::new(Mutex::new(Some(receiver)));
    let server = Server::start(Runtime::for_http(http_fn(move |_, _| {
        let pieces = receiver.lock().unwrap().take().expect("one call");
        async move { Ok::<_, Error>(Response::new(Body::from_stream(pieces))) }
    })));
    (server, pieces)
}

fn push(pieces: &mut mpsc::Sender<Result<Bytes, Error>>, piece: Result<&'static str, &'static str>) {
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio.block_on(pieces.send(piece.map(Bytes::from).map_err(Into::into))).unwrap();
}

#[test]
fn a_streamed_response_is_sent_as_it_is_made_and_ends_with_its_end_line() {
    let (server, mut pieces) = streaming();
    let mut client = server.connect();
    client.write(&Request::http("1-j", "GET", "/").bytes());
    push(&mut pieces, Ok("one"));
    let (status, headers) = client.head();
    assert_eq!((status, headers["x-fc-status"].as_bytes()), (200, &b"200"[..]));
    assert_eq!(client.chunk().unwrap(), b"one");
    assert_eq!(server.lines.of("1-j"), ["FC Invoke Start RequestId: 1-j"], "the call goes on");
    push(&mut pieces, Ok("two"));
    assert_eq!(client.chunk().unwrap(), b"two");
    drop(pieces);
    assert_eq!(client.chunk(), None);
    assert_eq!(server.lines.of("1-j")[1..], ["FC Invoke End RequestId: 1-j"]);
}

#[test]
fn a_streamed_response_that_breaks_off_is_cut_and_counts_as_failed() {
    let (server, mut pieces) = streaming();
    let mut client = server.connect();
    client.write(&Request::http("1-k", "GET", "/").bytes());
    push(&mut pieces, Ok("one"));
    client.head();
    client.chunk();
    push(&mut pieces, Err("the source is gone"));
    assert_eq!(client.rest(), b"", "no last chunk: the client can tell");
    let lines = server.lines.of("1-k");
    assert!(lines[1].contains("the source is gone"), "{lines:?}");
    assert_eq!(lines[2], "FC Invoke End RequestId: 1-k, Error: Unhandled function error");
}

#[test]
fn a_panic_in_a_stream_ends_the_stream_and_not_the_instance() {
    let server = Server::start(Runtime::for_http(http_fn(async |_, _| {
        let pieces = futures::stream::iter(0..3).map(|number| match number {
            0 => Ok::<_, Error>("zero"),
            _ => panic!("at {number}"),
        });
        Ok::<_, Error>(Response::new(Body::from_stream(pieces)))
    })));
    for id in ["1-l", "1-m"] {
        let mut client = server.connect();
        client.write(&Request::http(id, "GET", "/").bytes());
        client.rest();
        assert!(server.lines.of(id).last().unwrap().ends_with(", Error: Unhandled function error"));
    }
}

#[test]
fn answers_without_a_body_end_their_call_all_the_same() {
    let endless = async |request: http::Request<Body>, _: Context| {
        let status = if request.method() == "HEAD" { 200 } else { 204 };
        let pieces = futures::stream::pending::<Result<Bytes, Error>>();
        Ok::<_, Error>(Response::builder().status(status).body(Body::from_stream(pieces))?)
    };
    let server = Server::start(Runtime::for_http(http_fn(endless)));
    for (method, status, id) in [("HEAD", 200, "1-n"), ("GET", 204, "1-o")] {
        let mut client = server.connect();
        client.write(&Request::http(id, method, "/").bytes());
        assert_eq!(client.head().0, status);
        assert_eq!(server.lines.of(id).last().unwrap(), &format!("FC Invoke End RequestId: {id}"));
    }
}

#[test]
fn a_streamed_response_of_known_length_ends_its_call_with_its_last_byte() {
    let server = Server::start(Runtime::for_http(http_fn(async |_, _| {
        let big = axum::body::Body::from_stream(futures::stream::iter([Ok::<_, Error>("ab"), Ok("ab")]));
        Ok::<_, Error>(Response::new(KnownLength(big, 4)))
    })));
    let reply = server.send(&Request::http("1-p", "GET", "/"));
    assert_eq!((reply.text(), &reply.headers["content-length"]), ("abab", &"4".parse().unwrap()));
    server.lines.wait_for("FC Invoke End RequestId: 1-p");
}

struct KnownLength(axum::body::Body, u64);

impl http_body::Body for KnownLength {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let polled = std::pin::Pin::new(&mut self.0).poll_frame(cx);
        if let std::task::Poll::Ready(Some(Ok(frame))) = &polled {
            self.1 -= frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        polled
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.1)
    }
}

#[test]
fn a_chunked_request_streams_into_the_handler_up_to_the_limit() {
    let server = Server::start(Runtime::for_http(
        Router::new()
            .route("/", post(async |body: Bytes| body.len().to_string()))
            .layer(axum::extract::DefaultBodyLimit::disable()),
    ));
    let request = Request::http("1-q", "POST", "/").header("Transfer-Encoding", "chunked").bytes();
    let mut client = server.connect();
    client.write(&request);
    client.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(client.reply().text(), "5");

    client.write(&request);
    client.write(format!("{:x}\r\n", MAX_REQUEST_BODY + 1).as_bytes());
    client.write(&vec![b'x'; MAX_REQUEST_BODY + 1]);
    client.write(b"\r\n0\r\n\r\n");
    assert_eq!(client.reply().status, 413, "the router sees the limit and says so");
}

#[test]
fn a_declared_body_over_the_limit_never_reaches_the_handler() {
    let server =
        Server::start(Runtime::for_http(http_fn(async |_, _| Ok::<_, Error>(Response::new(Body::from("reached"))))));
    let request = Request::http("1-r", "POST", "/").header("Content-Length", &(MAX_REQUEST_BODY + 1).to_string());
    let reply = server.send(&request);
    assert_eq!((reply.status, reply.outcome()), (413, "404"));
    assert_eq!(reply.json()["errorMessage"], "the body is longer than 33554432 bytes");
}
