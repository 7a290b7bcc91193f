//! Initializer, pre-stop hook and health probe over a socket.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use axum::Router;
use axum::routing::get;
use fc_runtime::{CallKind, Diagnostic, Error, Event, Raw, Runtime, service_fn};
use support::{Request, Server};

fn runtime() -> Runtime {
    Runtime::new(service_fn(async |event: Event<Raw>| Ok::<_, Error>(event.payload)))
}

fn hook(method: &str, path: &str, request_id: &str) -> Request {
    Request::new(method, path).header("x-fc-control-path", path).header("x-fc-request-id", request_id)
}

#[test]
fn both_hooks_run_at_every_call_with_their_own_marker_lines() {
    let (begun, stopped) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (counted, also_counted) = (begun.clone(), stopped.clone());
    let server = Server::start(
        runtime()
            .initialize(move |context| {
                assert_eq!(context.kind(), CallKind::Initialize);
                assert_eq!(context.timeout().unwrap().as_secs(), 20);
                counted.fetch_add(1, Relaxed);
                async { Ok::<_, Error>(()) }
            })
            .pre_stop(move |_| {
                also_counted.fetch_add(1, Relaxed);
                async { Ok::<_, Error>(()) }
            }),
    );
    let initialize = hook("POST", "/initialize", "1-a")
        .header("x-fc-initialization-timeout", "20")
        .header("x-fc-function-timeout", "60");
    for _ in 0..2 {
        let reply = server.send(&initialize);
        assert_eq!((reply.status, reply.outcome(), reply.body.len()), (200, "200", 0));
    }
    assert_eq!(server.send(&hook("GET", "/pre-stop", "1-b")).status, 200);
    // The documentation does not say which control path the pre-stop call carries, if any.
    assert_eq!(server.send(&Request::new("GET", "/pre-stop").header("x-fc-request-id", "1-c")).status, 200);
    assert_eq!((begun.load(Relaxed), stopped.load(Relaxed)), (2, 2));
    assert_eq!(server.lines.of("1-a")[..2], ["FC Initialize Start RequestId: 1-a", "FC Initialize End RequestId: 1-a"]);
    for id in ["1-b", "1-c"] {
        let expected = [format!("FC PreStop Start RequestId: {id}"), format!("FC PreStop End RequestId: {id}")];
        assert_eq!(server.lines.of(id), expected);
    }
}

#[test]
fn a_hook_that_fails_or_panics_is_reported_as_failed() {
    let server = Server::start(
        runtime()
            .initialize(async |_| Err::<(), _>(Diagnostic::new("NoDatabase", "it is not there")))
            .pre_stop(async |_| -> Result<(), Error> { panic!("in the hook") }),
    );
    let reply = server.send(&hook("POST", "/initialize", "1-d"));
    assert_eq!(reply.failure(), ("NoDatabase".into(), "it is not there".into()));
    assert_eq!(
        server.lines.of("1-d").last().unwrap(),
        "FC Initialize End RequestId: 1-d, Error: Unhandled function error"
    );
    assert_eq!(server.send(&hook("GET", "/pre-stop", "1-e")).failure(), ("Panic".into(), "in the hook".into()));
    assert_eq!(server.send(&Request::event("1-f", "x")).status, 200);
}

#[test]
fn a_hook_that_fc_calls_and_the_function_lacks_is_a_mistake_and_said_so() {
    let server = Server::start(runtime());
    let reply = server.send(&hook("POST", "/initialize", "1-g"));
    assert_eq!(reply.failure(), ("NoHandler".into(), "this function has no initializer".into()));
    assert_eq!(server.send(&hook("GET", "/pre-stop", "1-h")).failure().1, "this function has no pre-stop hook");
}

#[test]
fn the_health_url_answers_at_once_and_hides_nothing_from_http_clients() {
    let server =
        Server::start(runtime().http(Router::new().route("/healthz", get("the function's own"))).health("/healthz"));
    let probe = server.send(&Request::new("GET", "/healthz"));
    assert_eq!((probe.status, probe.body.len()), (200, 0));
    assert_eq!(server.lines.all().len(), 1, "a probe is no call: {:?}", server.lines.all());
    assert_eq!(server.send(&Request::http("1-i", "GET", "/healthz")).text(), "the function's own");
}
