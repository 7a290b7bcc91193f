//! Handlers that break the rules of HTTP, over a socket: each row of the first table of the module `wire`.
//!
//! hyper asserts in a debug build what it trusts in a release build, so these tests also run with `cargo test -p fc-runtime --release`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use fc_runtime::{Body, Context, Error, Event, Raw, Runtime, http_fn, service_fn};
use futures::StreamExt;
use http::{Response, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use support::{Client, Request, Row, Server};

/// A function that gives this answer to every request.
fn answering<B>(answer: impl Fn() -> Response<B> + Send + Sync + 'static) -> Server
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Error>,
{
    let answer = Arc::new(answer);
    Server::start(Runtime::for_http(http_fn(move |_: http::Request<Body>, _: Context| {
        let answer = answer.clone();
        async move { Ok::<_, Error>(answer()) }
    })))
}

fn get(request_id: &str) -> Request {
    Request::http(request_id, "GET", "/")
}

fn pieces(pieces: &'static [&'static str]) -> Body {
    Body::from_stream(futures::stream::iter(pieces.iter().map(|piece| Ok::<_, Error>(*piece))))
}

fn streaming(lengths: &'static [&'static str], parts: &'static [&'static str]) -> Server {
    answering(move || {
        let response = lengths.iter().fold(Response::builder(), |it, length| it.header("content-length", *length));
        response.body(pieces(parts)).unwrap()
    })
}

/// Asserts that an answer whose body should have this many bytes did not come whole, and that the connection is closed.
fn is_cut_off(client: &mut Client, length: usize) {
    let came = String::from_utf8(client.rest()).unwrap();
    let body = came.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    assert!(body.len() < length && !body.ends_with("0\r\n\r\n"), "{came}");
}

/// A body that knows, or thinks it knows, its length.
struct Knowing(Body, u64);

impl HttpBody for Knowing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.0).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.1 = self.1.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
        polled
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.1)
    }
}

#[test]
fn what_a_handler_says_of_the_connection_is_left_out() {
    let row = Row::of(
        "sends headers about the connection (`connection` and those it names, `keep-alive`, `proxy-connection`, `te`, `transfer-encoding`, `upgrade`)",
    );
    let headers = [
        ("connection", "close, X-Hop"),
        ("connection", "x-other"),
        ("x-hop", "1"),
        ("x-other", "1"),
        ("keep-alive", "timeout=1"),
        ("proxy-connection", "close"),
        ("te", "trailers"),
        ("transfer-encoding", "gzip"),
        ("upgrade", "websocket"),
    ];
    for body in [|| Body::from("hello"), || pieces(&["hel", "lo"])] {
        let server = answering(move || {
            let response = headers.iter().fold(Response::builder(), |it, (name, value)| it.header(*name, *value));
            response.header("x-kept", "1").body(body()).unwrap()
        });
        let mut client = server.connect();
        for _ in 0..2 {
            let reply = client.send(&get("1-a"));
            assert_eq!((reply.status, reply.text()), (200, "hello"));
            let kept: Vec<_> = reply.headers.keys().map(|name| name.as_str()).filter(|name| *name != "date").collect();
            let length = if body().size_hint().exact().is_some() { "content-length" } else { "transfer-encoding" };
            assert!(kept.contains(&"x-kept") && kept.contains(&"x-fc-status") && kept.contains(&length), "{kept:?}");
            assert_eq!(kept.len(), 3, "{kept:?}");
        }
        row.holds_for(&server);
    }
}

#[test]
fn a_trailer_is_announced_only_where_one_can_come() {
    let row = Row::of("announces a `trailer` for a body without chunks");
    let cases: [(fn() -> Body, bool); 3] = [
        (|| pieces(&["a", "b"]), true),
        (|| Body::from("ab"), false),
        (|| Body::new(Knowing(pieces(&["ab"]), 2)), false),
    ];
    for (body, announced) in cases {
        let server = answering(move || Response::builder().header("trailer", "x-sum").body(body()).unwrap());
        let reply = server.send(&get("1-a"));
        assert_eq!((reply.text(), reply.headers.contains_key("trailer")), ("ab", announced));
        row.holds_for(&server);
    }
}

#[test]
fn whole_bytes_get_their_own_length_whatever_the_handler_says() {
    let row = Row::of("sends whole bytes with a wrong `content-length`");
    for (said, body) in [("3", "hello\n"), ("60", "hello\n"), ("many", "hello\n"), ("5", ""), ("-1", "")] {
        let server =
            answering(move || Response::builder().header("content-length", said).body(Body::from(body)).unwrap());
        let mut client = server.connect();
        for _ in 0..2 {
            let reply = client.send(&get("1-a"));
            assert_eq!((reply.status, reply.text()), (200, body));
            assert_eq!(reply.headers["content-length"], body.len().to_string());
        }
        row.holds_for(&server);
    }
}

#[test]
fn a_stream_of_the_length_that_was_said_is_delivered_and_ends_its_call() {
    let row = Row::of("streams as many bytes as its `content-length` says");
    let endless =
        || Body::from_stream(futures::stream::iter([Ok::<_, Error>("hello\n")]).chain(futures::stream::pending()));
    for body in [|| pieces(&["hel", "lo\n"]), || pieces(&["hello\n"]), || pieces(&["", "hello\n", ""]), endless] {
        for lengths in [&["6"][..], &["6", "6"], &["0006"]] {
            let server = answering(move || {
                let response = lengths.iter().fold(Response::builder(), |it, said| it.header("content-length", *said));
                response.body(body()).unwrap()
            });
            let mut client = server.connect();
            for id in ["1-a", "1-b"] {
                let reply = client.send(&get(id));
                assert_eq!((reply.text(), &reply.headers["content-length"]), ("hello\n", &"6".parse().unwrap()));
                server.lines.wait_for(&format!("FC Invoke End RequestId: {id}"));
            }
            row.holds_for(&server);
        }
    }
    let empty = streaming(&["0"], &[""]);
    assert_eq!(empty.send(&get("1-c")).headers["content-length"], "0");
    row.holds_for(&empty);
}

#[test]
fn a_stream_of_unknown_length_comes_in_chunks() {
    let row = Row::of("streams without a `content-length`");
    let server = streaming(&[], &["hel", "lo"]);
    let reply = server.send(&get("1-a"));
    assert_eq!((reply.text(), &reply.headers["transfer-encoding"]), ("hello", &"chunked".parse().unwrap()));
    row.holds_for(&server);
}

#[test]
fn a_stream_whose_length_cannot_be_read_is_not_begun() {
    let row = Row::of("streams with a `content-length` that is no number, or with two that differ");
    for lengths in [&["many"][..], &["-1"], &["+5"], &[""], &["5, 5"], &["5", "6"], &["99999999999999999999"]] {
        let server = streaming(lengths, &["hello"]);
        let mut client = server.connect();
        for id in ["1-a", "1-b"] {
            let reply = client.send(&get(id));
            assert_eq!(reply.outcome(), "404");
            row.sees(reply.status);
        }
        row.holds_for(&server);
    }
}

#[test]
fn a_stream_that_knows_another_length_than_was_said_is_not_begun() {
    let row = Row::of("streams a body that knows another length than its `content-length` says");
    let server = answering(|| {
        Response::builder().header("content-length", "5").body(Knowing(pieces(&["ab", "cd"]), 4)).unwrap()
    });
    row.sees(server.send(&get("1-a")).status).holds_for(&server);
}

#[test]
fn a_stream_that_is_too_short_is_cut_off_and_named() {
    let row = Row::of("streams fewer bytes than was said");
    for server in [
        streaming(&["5"], &["abc"]),
        streaming(&["5"], &["a", "b", "c"]),
        answering(|| Response::new(Knowing(pieces(&["ab", "c"]), 5))),
    ] {
        let mut client = server.connect();
        client.write(&get("1-a").bytes());
        is_cut_off(&mut client, 5);
        row.holds_for(&server);
        server.lines.wait_for("FC Invoke End RequestId: 1-a, Error: Unhandled function error");
    }
    let nothing = answering(|| Response::new(Knowing(pieces(&[]), 5)));
    let mut client = nothing.connect();
    client.write(&get("1-b").bytes());
    is_cut_off(&mut client, 5);
    assert!(nothing.lines.of("1-b")[1].contains("was said to have 5 bytes, and has none"), "{:?}", nothing.lines.all());
}

#[test]
fn a_stream_that_is_too_long_is_cut_off_and_named() {
    let row = Row::of("streams more bytes than was said");
    for server in [
        streaming(&["3"], &["abcdef"]),
        streaming(&["3"], &["ab", "cd"]),
        streaming(&["3"], &["abc", "d"]),
        answering(|| Response::new(Knowing(pieces(&["abc", "d"]), 3))),
    ] {
        let mut client = server.connect();
        client.write(&get("1-a").bytes());
        is_cut_off(&mut client, 3);
        row.holds_for(&server);
        server.lines.wait_for("FC Invoke End RequestId: 1-a, Error: Unhandled function error");
    }
    let nothing = streaming(&["0"], &["a"]).send(&get("1-b"));
    assert_eq!((nothing.status, nothing.outcome()), (500, "404"), "this one is known before it begins");
}

#[test]
fn a_stream_that_fails_or_panics_is_cut_off_and_the_next_call_is_served() {
    let fails = |body: fn() -> Body, row: &str| {
        let server = answering(move || Response::new(body()));
        for id in ["1-a", "1-b"] {
            let mut client = server.connect();
            client.write(&get(id).bytes());
            is_cut_off(&mut client, usize::MAX);
            server.lines.wait_for(&format!("FC Invoke End RequestId: {id}, Error: Unhandled function error"));
        }
        Row::of(row).holds_for(&server);
    };
    let failing = || Body::from_stream(futures::stream::iter([Ok("ab"), Err(Error::from("the source is gone"))]));
    fails(failing, "streams and fails");
    let panicking = || {
        Body::from_stream(futures::stream::iter(0..2).map(|number| match number {
            0 => Ok::<_, Error>("zero"),
            _ => panic!("at {number}"),
        }))
    };
    fails(panicking, "streams and panics");
}

#[test]
fn a_stream_waits_for_a_client_that_reads_slowly() {
    let row = Row::of("streams faster than its client reads");
    const PIECES: usize = 64;
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    let server = answering(move || {
        let counted = counted.clone();
        Response::new(Body::from_stream(futures::stream::iter(0..PIECES).map(move |_| {
            counted.fetch_add(1, Relaxed);
            Ok::<_, Error>(vec![b'x'; 1 << 20])
        })))
    });
    let mut client = server.connect();
    client.write(&get("1-a").bytes());
    assert_eq!(client.head().0, 200);
    let before = made.load(Relaxed);
    assert!(before < PIECES, "64 MB do not fit into a socket");
    let mut bytes = 0;
    while let Some(chunk) = client.chunk() {
        bytes += chunk.len();
    }
    assert_eq!((bytes, made.load(Relaxed)), (PIECES << 20, PIECES));
    row.holds_for(&server);
}

#[test]
fn a_body_where_http_forbids_one_is_not_sent_and_spoils_nothing() {
    let row = Row::of("sends a body with 204 or 304");
    for status in [204, 304] {
        for body in [|| Body::from("hello"), || pieces(&["hel", "lo"])] {
            let server = answering(move || {
                Response::builder().status(status).header("content-length", "7").body(body()).unwrap()
            });
            let mut client = server.connect();
            for id in ["1-a", "1-b"] {
                client.write(&get(id).bytes());
                let (seen, headers) = client.head();
                assert_eq!((seen, headers.contains_key("content-length")), (status, false));
            }
            row.holds_for(&server);
        }
    }
}

#[test]
fn a_head_request_gets_the_length_without_the_body() {
    let row = Row::of("sends a body to a HEAD");
    type Case = (fn() -> Body, &'static [&'static str], Option<&'static str>);
    let cases: [Case; 6] = [
        (|| Body::from("hello"), &[], Some("5")),
        (|| Body::from("hello"), &["7"], Some("5")),
        (|| Body::empty(), &["7"], Some("7")),
        (|| Body::empty(), &[], None),
        (|| pieces(&["hello"]), &["5"], Some("5")),
        (|| pieces(&["hello"]), &[], None),
    ];
    for (body, lengths, seen) in cases {
        let server = answering(move || {
            let response = lengths.iter().fold(Response::builder(), |it, said| it.header("content-length", *said));
            response.body(body()).unwrap()
        });
        let mut client = server.connect();
        for id in ["1-a", "1-b"] {
            client.write(&Request::http(id, "HEAD", "/").bytes());
            let (status, headers) = client.head();
            assert_eq!((status, headers.get("content-length").map(|it| it.to_str().unwrap())), (200, seen));
            assert!(!headers.contains_key("transfer-encoding"));
        }
        row.holds_for(&server);
    }
}

#[test]
fn a_status_that_is_no_answer_fails_the_call() {
    let row = Row::of("answers with a status below 200");
    for status in [100, 101, 103, 199] {
        let server = answering(move || Response::builder().status(status).body(Body::from("hello")).unwrap());
        let mut client = server.connect();
        for id in ["1-a", "1-b"] {
            let reply = client.send(&get(id));
            assert_eq!(reply.outcome(), "404");
            row.sees(reply.status);
        }
        row.holds_for(&server);
    }
}

#[test]
fn a_tunnel_is_refused_unless_the_handler_refuses_it_itself() {
    let row = Row::of("answers a CONNECT with 2xx");
    let server = answering(|| Response::builder().header("content-length", "5").body(Body::from("hello")).unwrap());
    let connect = Request::http("1-a", "CONNECT", "example.com:443");
    let reply = server.send(&connect);
    assert_eq!(reply.outcome(), "404");
    row.sees(reply.status).holds_for(&server);
    let refusing = answering(|| Response::builder().status(405).body(Body::from("no")).unwrap());
    assert_eq!(refusing.send(&connect).text(), "no");
}

#[test]
fn the_version_is_the_runtimes_to_choose() {
    let row = Row::of("answers in another version of HTTP");
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2, Version::HTTP_3] {
        let server = answering(move || Response::builder().version(version).body(Body::from("hello")).unwrap());
        let mut client = server.connect();
        for id in ["1-a", "1-b"] {
            assert_eq!(client.send(&get(id)).text(), "hello");
            assert_eq!(client.status_line, "HTTP/1.1 200 OK");
        }
        row.holds_for(&server);
    }
}

#[test]
fn a_request_body_that_nobody_reads_does_not_cost_the_answer_or_the_connection() {
    let row = Row::of("answers and leaves the request's body unread");
    let server = answering(|| Response::new(Body::from("enough")));
    let mut client = server.connect();
    for id in ["1-a", "1-b"] {
        let reply = client.send(&Request::http(id, "POST", "/").body(vec![b'x'; 8 << 20]));
        assert_eq!((reply.status, reply.text()), (200, "enough"));
        let chunked = Request::http(id, "POST", "/").header("transfer-encoding", "chunked");
        client.write(&[&chunked.bytes()[..], b"3\r\nabc\r\n0\r\n\r\n"].concat());
        assert_eq!(client.reply().text(), "enough");
    }
    row.holds_for(&server);
}

#[test]
fn a_number_that_json_lacks_fails_the_call_and_is_named() {
    #[derive(serde::Serialize)]
    struct Quote {
        rate: f64,
    }
    let row = Row::of("returns a number for an event that JSON lacks, infinite or NaN");
    let server = Server::start(Runtime::new(service_fn(async |event: Event<Raw>| {
        let rate = std::str::from_utf8(&event.payload)?.parse()?;
        Ok::<_, Error>(vec![Quote { rate: 1.5 }, Quote { rate }])
    })));
    assert_eq!(server.send(&Request::event("1-a", "2.5")).text(), r#"[{"rate":1.5},{"rate":2.5}]"#);
    for (id, rate) in [("1-b", "NaN"), ("1-c", "inf"), ("1-d", "-inf")] {
        let reply = server.send(&Request::event(id, rate));
        row.sees(reply.status);
        assert_eq!(reply.failure().1, format!("rate: JSON has no number {rate}"));
    }
    row.holds_for(&server);
}
