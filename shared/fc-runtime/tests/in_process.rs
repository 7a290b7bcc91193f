//! The runtime without a socket: many functions in one process, each in its own environment and on a given clock.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fc_runtime::{Body, Environment, Error, Event, LogLines, Raw, Runtime, http_fn, service_fn};
use http::{Request, Response};
use tower::ServiceExt;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn event(payload: &'static str) -> Request<Bytes> {
    Request::post("/invoke").header("x-fc-control-path", "/invoke").body(Bytes::from(payload)).unwrap()
}

#[test]
fn functions_in_one_process_keep_their_environments_apart() {
    let function = |key: &str, greeting: &str| {
        let handler = service_fn(async |event: Event<Raw>| {
            let greeting = event.context.environment().get("GREETING").unwrap_or_default().to_owned();
            let key = event.context.credentials().map(|credentials| credentials.access_key_id);
            Ok::<_, Error>((greeting, key))
        });
        let environment = Environment::from([("ALIBABA_CLOUD_ACCESS_KEY_ID", key), ("GREETING", greeting)])
            .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s");
        Runtime::new(handler).environment(environment).log_lines(LogLines::off()).into_service()
    };
    let (one, two) = (function("STS.1", "hi"), function("STS.2", "ho"));
    assert_eq!(block_on(one.handle(event(""))).body(), r#"["hi","STS.1"]"#);
    assert_eq!(block_on(two.handle(event(""))).body(), r#"["ho","STS.2"]"#);
}

#[test]
fn the_deadline_is_reckoned_by_the_given_clock() {
    let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(12 * 3600);
    let handler = service_fn(async |event: Event<Raw>| {
        let deadline = event.context.deadline().ok_or("no deadline")?;
        Ok::<_, Error>((deadline.duration_since(SystemTime::UNIX_EPOCH)?.as_secs(), event.context.time_left()))
    });
    let service = Runtime::new(handler)
        .environment(Environment::from([("FC_TIMEOUT", "60")]))
        .log_lines(LogLines::off())
        .clock(move || noon)
        .into_service();
    assert_eq!(block_on(service.handle(event(""))).body(), r#"[43260,{"secs":60,"nanos":0}]"#);
}

#[test]
fn the_service_is_a_tower_service_of_whole_and_of_streamed_requests() {
    let service = Runtime::new(service_fn(async |event: Event<Raw>| Ok::<_, Error>(event.payload)))
        .environment(Environment::default())
        .log_lines(LogLines::off())
        .into_service();
    let whole = block_on(service.clone().oneshot(event("abc"))).unwrap();
    assert_eq!(whole.headers()["x-fc-status"], "200");
    assert_eq!(whole.into_body().try_into_whole().unwrap(), "abc");

    let pieces = Body::from_stream(futures::stream::iter([Ok::<_, Error>("ab"), Ok("c")]));
    let streamed = block_on(service.oneshot(event("").map(|_| pieces))).unwrap();
    assert_eq!(streamed.into_body().try_into_whole().unwrap(), "abc");
}

#[test]
fn a_request_that_breaks_off_is_refused_and_does_not_reach_the_handler() {
    let service =
        Runtime::new(service_fn(async |_: Event<Raw>| -> Result<(), Error> { unreachable!("no whole event") }))
            .environment(Environment::default())
            .log_lines(LogLines::off())
            .into_service();
    let pieces = Body::from_stream(futures::stream::iter([Ok("ab"), Err(Error::from("gone"))]));
    let response = block_on(service.oneshot(event("").map(|_| pieces))).unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["x-fc-status"].as_bytes()), (400, &b"404"[..]));
}

#[test]
fn a_streamed_answer_comes_back_whole_or_as_a_failure() {
    let function = |fails: bool| {
        let handler = http_fn(move |_, _| async move {
            let last = if fails { Err(Error::from("the source is gone")) } else { Ok("cd") };
            Ok::<_, Error>(Response::new(Body::from_stream(futures::stream::iter([Ok("ab"), last]))))
        });
        Runtime::for_http(handler).environment(Environment::default()).log_lines(LogLines::off()).into_service()
    };
    let whole = block_on(function(false).handle(event("").map(|_| Bytes::new())));
    assert_eq!(whole.headers()["x-fc-status"], "404", "an event for a function that serves HTTP alone");
    let get = || Request::get("/").body(Bytes::new()).unwrap();
    assert_eq!(block_on(function(false).handle(get())).body(), "abcd");
    let broken = block_on(function(true).handle(get()));
    assert_eq!(broken.headers()["x-fc-status"], "404");
}
