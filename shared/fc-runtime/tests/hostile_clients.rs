//! Clients that break the rules of HTTP, or stretch them, over a socket: each row of the second table of the module `wire`.
//!
//! hyper asserts in a debug build what it trusts in a release build, so these tests also run with `cargo test -p fc-runtime --release`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test on a real socket waits for real")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use fc_runtime::{Body, Context, Error, Event, MAX_REQUEST_BODY, Raw, Runtime, http_fn, service_fn};
use futures::StreamExt;
use http::Response;
use support::{Client, Request, Row, Server};

/// Says events back; and to HTTP requests, which headers came with which body.
fn echo() -> Server {
    async fn http(request: http::Request<Body>, _: Context) -> Result<Response<String>, Error> {
        let (head, body) = request.into_parts();
        let names: Vec<_> = head.headers.keys().map(|name| name.as_str()).collect();
        Ok(Response::new(format!("{} {}", names.join(","), String::from_utf8(body.into_bytes().await?.to_vec())?)))
    }
    let event = service_fn(async |event: Event<Raw>| {
        // As every function that asks a cloud, it is not done at once.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok::<_, Error>(event.payload)
    });
    Server::start(Runtime::new(event).http(http_fn(http)))
}

/// Answers HTTP requests without a look at them, with a stream of unknown length where the path says so.
fn careless() -> Server {
    Server::start(Runtime::for_http(http_fn(async |request: http::Request<Body>, _: Context| {
        Ok::<_, Error>(Response::new(match request.uri().path() {
            "/stream" => Body::from_stream(futures::stream::iter([Ok::<_, Error>("a"), Ok("b")])),
            "/endless" => {
                Body::from_stream(futures::stream::iter([Ok::<_, Error>("a")]).chain(futures::stream::pending()))
            }
            _ => Body::from("ab"),
        }))
    })))
}

fn event(request_id: &str, body: &str) -> Request {
    Request::event(request_id, body)
}

/// An event whose body the test writes itself.
fn event_head(request_id: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let request = Request::new("POST", "/invoke").header("x-fc-request-id", request_id);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).bytes()
}

/// Asserts that this is refused as the row says: with a status that the client gets to read, a closed connection and a warning.
fn is_refused(sent: &[u8], status: u16, row: &Row) {
    let server = echo();
    let mut client = server.connect();
    client.write(sent);
    let (seen, headers) = client.head();
    assert_eq!(seen, status, "{}", String::from_utf8_lossy(&sent[..sent.len().min(200)]));
    assert_eq!(headers["connection"], "close");
    assert_eq!(client.rest(), b"");
    // The server bears with it as long as it might still send.
    drop(client);
    row.sees(seen).holds_for(&server);
    assert_eq!(server.send(&event("1-next", "x")).text(), "x");
}

fn with_headers(count: usize) -> Request {
    let request = Request::http("1-a", "GET", "/");
    (3..count).fold(request, |request, number| request.header(&format!("h{number}"), ""))
}

#[test]
fn as_many_headers_as_fc_passes_on_are_taken() {
    let row = Row::of("sends up to 1688 headers, which FC's 8 KB hold");
    let server = echo();
    for count in [101, 300, 1688] {
        let reply = server.send(&with_headers(count));
        assert_eq!((reply.status, reply.text().matches(",h").count()), (200, count - 3));
    }
    row.holds_for(&server);
}

#[test]
fn a_head_that_is_too_large_is_refused_with_431() {
    let row = Row::of("sends more headers, or a head of more than 400 KB");
    is_refused(&with_headers(1689).bytes(), 431, &row);
    is_refused(&with_headers(20_000).bytes(), 431, &row);
    let huge = "x".repeat(2 << 20);
    is_refused(&Request::http("1-a", "GET", "/").header("x-huge", &huge).bytes(), 431, &row);
    is_refused(&Request::http("1-a", "GET", "/").header(&huge, "").bytes(), 431, &row);
}

#[test]
fn a_target_that_is_too_long_is_refused_with_414() {
    let row = Row::of("asks for a target of more than 64 KB");
    is_refused(&Request::http("1-a", "GET", &format!("/{}", "x".repeat(70_000))).bytes(), 414, &row);
}

#[test]
fn a_request_line_that_cannot_be_read_is_refused_with_400() {
    let row = Row::of("sends a request line that cannot be read, or a version that is neither 1.0 nor 1.1");
    let lines = [
        "GARBAGE",
        "GET",
        "GET /",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/0.9",
        "GET / http/1.1",
        "GET  / HTTP/1.1",
        "GET /a b HTTP/1.1",
        "G(T / HTTP/1.1",
        "GET /\0 HTTP/1.1",
        "GET http:// HTTP/1.1",
        "\u{16}\u{3}\u{1}\u{2} a TLS handshake",
    ];
    for line in lines {
        is_refused(format!("{line}\r\nhost: a\r\n\r\n").as_bytes(), 400, &row);
    }
}

#[test]
fn a_header_that_cannot_be_read_is_refused_with_400() {
    let row = Row::of("sends a header with a NUL, a folded one, one without a colon, or one with a space before it");
    for header in ["x-a: a\0b", "x-\0: a", "x-a: a\r\n b", "x-a", ": a", "x-a : a", " x-a: a", "x a: a", "x-a: a\rb"] {
        is_refused(format!("GET / HTTP/1.1\r\nhost: a\r\n{header}\r\n\r\n").as_bytes(), 400, &row);
    }
}

#[test]
fn a_body_of_doubtful_length_is_refused_with_400() {
    let row = Row::of(
        "sends a `content-length` that is no number, two that differ, a `transfer-encoding` that does not end with `chunked`, or one in HTTP/1.0",
    );
    let doubtful = [
        "1.1\r\ncontent-length: many",
        "1.1\r\ncontent-length: -1",
        "1.1\r\ncontent-length: +1",
        "1.1\r\ncontent-length: 1, 1",
        "1.1\r\ncontent-length: 99999999999999999999",
        "1.1\r\ncontent-length: 1\r\ncontent-length: 2",
        "1.1\r\ntransfer-encoding: gzip",
        "1.1\r\ntransfer-encoding: chunked, gzip",
        "1.1\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity",
        "1.0\r\ntransfer-encoding: chunked",
    ];
    for rest in doubtful {
        is_refused(format!("POST /invoke HTTP/{rest}\r\n\r\nx").as_bytes(), 400, &row);
    }
}

#[test]
fn http2_is_refused_without_an_answer() {
    let row = Row::of("speaks HTTP/2");
    let server = echo();
    let mut client = server.connect();
    client.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(client.rest(), b"");
    row.holds_for(&server);
}

#[test]
fn chunks_count_where_a_length_is_sent_too_and_the_connection_ends() {
    let row = Row::of("sends both `content-length` and `transfer-encoding`");
    let (length, chunked) = (("content-length", "3"), ("transfer-encoding", "chunked"));
    for headers in [[length, chunked], [chunked, length]] {
        let server = echo();
        let mut client = server.connect();
        client.write(&event_head("1-a", &headers));
        client.write(b"5\r\nhello\r\n0\r\n\r\n");
        // What may be meant as the next request, or as the rest of this one, is neither.
        client.write(&event("1-b", "smuggled").bytes());
        let reply = client.reply();
        assert_eq!((reply.text(), &reply.headers["connection"]), ("hello", &"close".parse().unwrap()));
        assert_eq!(client.rest(), b"");
        assert!(server.lines.of("1-b").is_empty());
        row.holds_for(&server);
    }
}

#[test]
fn a_body_that_is_too_long_is_refused_and_the_client_gets_to_know() {
    let row = Row::of("sends a body of more than 32 MB");
    let server = echo();
    let mut client = server.connect();
    client.write(&Request::event("1-a", vec![b'x'; MAX_REQUEST_BODY + 1]).bytes());
    let reply = client.reply();
    assert_eq!((reply.json()["errorType"].as_str(), reply.outcome()), (Some("BodyError"), "404"));
    assert_eq!(client.rest(), b"");
    row.sees(reply.status).holds_for(&server);
}

#[test]
fn chunks_that_are_none_fail_the_call_and_close_the_connection() {
    let row = Row::of("sends chunks that are none");
    for (number, garbage) in
        ["zz\r\nhello", "-5\r\nhello", "\r\nhello", "fffffffffffffffff\r\nhello"].iter().enumerate()
    {
        let server = echo();
        let mut client = server.connect();
        client.write(&event_head("1-a", &[("transfer-encoding", "chunked")]));
        client.write(format!("2\r\nab\r\n{garbage}\r\n0\r\n\r\n").as_bytes());
        let reply = client.reply();
        assert_eq!(reply.outcome(), "404");
        row.sees(reply.status);
        assert_eq!(client.rest(), b"");
        if number == 0 {
            row.holds_for(&server);
        }
        let mut http = server.connect();
        http.write(&Request::http("1-b", "POST", "/").header("transfer-encoding", "chunked").bytes());
        http.write(format!("{garbage}\r\n").as_bytes());
        assert_eq!(http.reply().status, 500, "the handler passes the error on");
    }
}

#[test]
fn a_body_that_ends_early_fails_the_call() {
    let row = Row::of("shuts its side within a body");
    let server = echo();
    let early = [
        ("1-a", ("content-length", "10"), "abc"),
        ("1-b", ("content-length", "10"), ""),
        ("1-c", ("transfer-encoding", "chunked"), "5\r\nab"),
        ("1-d", ("transfer-encoding", "chunked"), "2\r\nab\r\n"),
    ];
    let clients = early.map(|(id, headers, body)| {
        let mut client = server.connect();
        client.write(&[&event_head(id, &[headers])[..], body.as_bytes()].concat());
        client.shut();
        client
    });
    for mut client in clients {
        let reply = client.reply();
        assert_eq!(reply.outcome(), "404");
        row.sees(reply.status);
        assert_eq!(client.rest(), b"");
    }
    row.holds_for(&server);
}

#[test]
fn a_head_that_ends_early_is_named() {
    let row = Row::of("shuts its side within a head");
    let parts = ["P", "POST /invoke HTTP/1.1\r\n", "POST /invoke HTTP/1.1\r\nhost: a\r\n"];
    let begun = parts.map(|part| {
        let server = echo();
        let mut client = server.connect();
        client.write(part.as_bytes());
        client.shut();
        (server, client)
    });
    for (server, mut client) in begun {
        assert_eq!(client.rest(), b"");
        row.holds_for(&server);
    }
}

#[test]
fn a_client_that_has_shut_its_side_gets_its_answers() {
    let row = Row::of("shuts its side after its requests");
    let (events, streams) = (echo(), careless());
    let shut_after = |server: &Server, sent: &[u8]| {
        let mut client = server.connect();
        client.write(sent);
        client.shut();
        client
    };
    let three: Vec<u8> = (0..3).flat_map(|number| event("1-a", &number.to_string()).bytes()).collect();
    let mut one = shut_after(&events, &event("1-b", "one").bytes());
    let mut ahead = shut_after(&events, &three);
    let mut streamed = shut_after(&streams, &Request::http("1-c", "GET", "/stream").bytes());
    assert_eq!((one.reply().text(), streamed.reply().text()), ("one", "ab"));
    assert_eq!([(); 3].map(|()| ahead.reply().text().to_owned()), ["0", "1", "2"]);
    for mut client in [one, ahead, streamed] {
        assert_eq!(client.rest(), b"");
    }
    row.holds_for(&events);
    row.holds_for(&streams);
}

#[test]
fn a_head_may_come_in_pieces() {
    let row = Row::of("sends a head in pieces, as slowly as it likes");
    let server = echo();
    let mut client = server.connect();
    for piece in event("1-a", "hello").bytes().chunks(7) {
        client.write(piece);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(client.reply().text(), "hello");
    client.write(b"\r\n\r\n");
    assert_eq!(client.send(&event("1-b", "empty lines before it")).status, 200);
    row.holds_for(&server);
}

#[test]
fn a_client_that_waits_to_continue_is_told_so_when_its_body_is_read() {
    let row = Row::of("sends `expect: 100-continue`");
    let server = echo();
    let mut client = server.connect();
    for (id, word) in [("1-a", "100-continue"), ("1-b", "100-Continue")] {
        client.write(&event_head(id, &[("expect", word), ("content-length", "5")]));
        assert_eq!(client.head().0, 100);
        client.write(b"hello");
        assert_eq!(client.reply().text(), "hello");
    }
    let at_once = [&event_head("1-c", &[("expect", "100-continue"), ("content-length", "5")])[..], b"hello"].concat();
    client.write(&at_once);
    let (status, _) = client.head();
    assert!(status == 100 && client.reply().text() == "hello");
    client.write(&event_head("1-d", &[("expect", "100-continue")]));
    assert_eq!(client.reply().text(), "", "there is no body to wait for");
    row.holds_for(&server);
}

#[test]
fn a_client_is_not_told_to_continue_when_nobody_reads_its_body() {
    let row = Row::of("sends `expect: 100-continue` to a handler that does not read the body");
    let server = careless();
    let mut client = server.connect();
    let expecting = Request::http("1-a", "POST", "/").header("expect", "100-continue");
    client.write(&expecting.clone().header("content-length", "5").bytes());
    let reply = client.reply();
    assert_eq!((reply.status, reply.text()), (200, "ab"));
    assert_eq!(client.rest(), b"");
    row.holds_for(&server);
    let too_long = expecting.header("content-length", &(MAX_REQUEST_BODY + 1).to_string());
    assert_eq!(server.send(&too_long).status, 413);
}

#[test]
fn another_expectation_is_the_handlers_affair() {
    let row = Row::of("expects anything else");
    let server = echo();
    let mut client = server.connect();
    for expected in ["200-ok", "", "100-continue; q=1"] {
        let reply = client.send(&Request::http("1-a", "POST", "/").header("expect", expected).body("hello"));
        assert_eq!((reply.status, reply.text()), (200, "host,expect,content-length hello"));
    }
    row.holds_for(&server);
}

/// A request in HTTP/1.0.
fn old(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.0\r\n{headers}\r\n").into_bytes()
}

#[test]
fn an_old_client_gets_an_old_answer_and_the_end_of_the_connection() {
    let row = Row::of("speaks HTTP/1.0");
    let server = careless();
    for path in ["/", "/stream"] {
        let mut client = server.connect();
        client.write(&old(path, ""));
        let (status, headers) = client.head();
        assert_eq!((status, client.status_line.as_str()), (200, "HTTP/1.0 200 OK"));
        assert!(!headers.contains_key("transfer-encoding") && !headers.contains_key("connection"), "{headers:?}");
        assert_eq!(client.rest(), b"ab");
    }
    row.holds_for(&server);
}

#[test]
fn an_old_client_may_keep_its_connection() {
    let row = Row::of("speaks HTTP/1.0 with `connection: keep-alive`");
    let server = careless();
    let mut client = server.connect();
    for _ in 0..2 {
        client.write(&old("/", "connection: keep-alive\r\n"));
        let reply = client.reply();
        assert_eq!((reply.text(), &reply.headers["connection"]), ("ab", &"keep-alive".parse().unwrap()));
        assert_eq!(client.status_line, "HTTP/1.0 200 OK");
    }
    client.write(&old("/stream", "connection: keep-alive\r\n"));
    assert!(!client.head().1.contains_key("connection"));
    assert_eq!(client.rest(), b"ab");
    row.holds_for(&server);
}

#[test]
fn requests_sent_ahead_are_answered_in_their_order() {
    let row = Row::of("sends requests ahead");
    let server = Server::start(Runtime::new(service_fn(async |event: Event<u64>| {
        tokio::time::sleep(Duration::from_millis(event.payload)).await;
        Ok::<_, Error>(event.payload)
    })));
    let mut client = server.connect();
    let waits = ["60", "0", "30", "0"];
    client.write(&waits.map(|wait| event("1-a", wait).bytes()).concat());
    for wait in waits {
        assert_eq!(client.reply().text(), wait);
    }
    row.holds_for(&server);
}

#[test]
fn what_cannot_be_read_does_not_cost_the_answers_before_it() {
    let row = Row::of("sends what cannot be read after other requests");
    let server = echo();
    let mut client = server.connect();
    client.write(&[event("1-a", "one").bytes(), event("1-b", "two").bytes(), b"GARBAGE\r\n\r\n".to_vec()].concat());
    assert_eq!((client.reply().text(), client.reply().text()), ("one", "two"));
    row.sees(client.head().0).holds_for(&server);
    assert_eq!(client.rest(), b"");
}

#[test]
fn an_upgrade_is_not_offered() {
    let row = Row::of("asks for an `upgrade`");
    let server = careless();
    let mut client = server.connect();
    for protocol in ["websocket", "h2c"] {
        let upgrade = Request::http("1-a", "GET", "/").header("connection", "upgrade").header("upgrade", protocol);
        let reply = client.send(&upgrade);
        assert_eq!((reply.status, reply.text()), (200, "ab"));
    }
    row.holds_for(&server);
}

#[test]
fn a_client_that_leaves_before_its_answer_ends_the_call() {
    let row = Row::of("leaves before its answer");
    let server = Server::start(Runtime::new(service_fn(async |_: Event<Raw>| {
        std::future::pending::<()>().await;
        Ok::<_, Error>(())
    })));
    let mut client = server.connect();
    client.write(&event("1-a", "").bytes());
    server.lines.wait_for("FC Invoke Start RequestId: 1-a");
    drop(client);
    row.holds_for(&server);
    server.lines.wait_for("FC Invoke End RequestId: 1-a, Error: Unhandled function error");
}

#[test]
fn a_client_that_leaves_within_a_streamed_answer_ends_the_call() {
    let row = Row::of("leaves within a streamed answer");
    let server = careless();
    let mut client = server.connect();
    client.write(&Request::http("1-a", "GET", "/endless").bytes());
    client.head();
    assert_eq!(client.chunk().unwrap(), Bytes::from("a"));
    drop(client);
    row.holds_for(&server);
    server.lines.wait_for("FC Invoke End RequestId: 1-a, Error: Unhandled function error");
}

#[test]
fn whoever_only_looks_whether_somebody_listens_leaves_no_trace() {
    let row = Row::of("connects and leaves without a word");
    let server = echo();
    drop(server.connect());
    let mut client: Client = server.connect();
    client.shut();
    assert_eq!(client.rest(), b"");
    row.holds_for(&server);
}

#[test]
fn each_row_of_the_documentation_is_held_by_a_test() {
    let tests = [include_str!("hostile_handlers.rs"), include_str!("hostile_clients.rs")].concat();
    let rows = Row::all();
    assert_eq!(rows.len(), 19 + 25);
    for row in rows {
        assert!(tests.contains(&format!("{row:?}")), "no test for {row:?}");
    }
}
