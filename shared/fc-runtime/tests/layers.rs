//! Layers: their order, what they see, and what becomes of their errors and panics.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fc_runtime::layers::TracingLayer;
use fc_runtime::logging::JsonLines;
use fc_runtime::{
    Body, Call, CallKind, CallService, Diagnostic, Error, Event, LogLines, Raw, Runtime, http_fn, service_fn,
};
use futures::StreamExt;
use http::{Request, Response};
use serde_json::{Value, json};
use tower::layer::layer_fn;
use tower::util::{AndThenLayer, MapRequestLayer};
use tower::{Service, service_fn as tower_service_fn};
use tracing_subscriber::layer::SubscriberExt;

fn echo() -> Runtime {
    Runtime::new(service_fn(async |event: Event<Raw>| {
        tracing::info!("in the handler");
        match &event.payload[..] {
            b"fail" => Err(Error::from("as asked")),
            b"panic" => panic!("as asked"),
            _ => Ok(event.payload),
        }
    }))
    .log_lines(LogLines::off())
}

fn event(payload: &'static str) -> Request<Bytes> {
    Request::post("/invoke").header("x-fc-request-id", "1-a").body(payload.into()).unwrap()
}

/// Sends one event through the runtime.
fn send(runtime: Runtime, payload: &'static str) -> (u16, String) {
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = tokio.block_on(runtime.into_service().handle(event(payload)));
    (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
}

#[test]
fn the_layer_added_last_sees_a_call_first_and_its_answer_last() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |text: &'static str| {
        let seen = seen.clone();
        MapRequestLayer::new(move |call: Call| {
            seen.lock().unwrap().push((text, call.kind, call.context.request_id().to_owned()));
            call
        })
    };
    let runtime = echo().layer(note("inner")).layer(note("outer"));
    assert_eq!(send(runtime, "x"), (200, "x".into()));
    let call = |text| (text, CallKind::Event, "1-a".to_owned());
    assert_eq!(*seen.lock().unwrap(), [call("outer"), call("inner")]);
}

#[test]
fn a_layer_may_change_the_answer() {
    let shout = AndThenLayer::new(async |answer: Response<Body>| {
        let text = String::from_utf8(answer.into_body().into_bytes().await?.to_vec())?;
        Ok::<_, Error>(Response::new(Body::from(text.to_uppercase())))
    });
    assert_eq!(send(echo().layer(shout), "tea"), (200, "TEA".into()));
}

#[test]
fn a_layer_may_refuse_a_call_and_its_error_is_reported_like_a_handlers() {
    #[derive(Debug, thiserror::Error)]
    #[error("too many calls")]
    struct Overloaded;
    let refuse = layer_fn(|_: CallService| {
        tower_service_fn(async |_: Call| Err::<Response<Body>, _>(Diagnostic::of(Overloaded)))
    });
    let (status, body) = send(echo().layer(refuse), "x");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, body), (404, json!({"errorType": "Overloaded", "errorMessage": "too many calls"})));
}

#[test]
fn a_layer_sees_a_panic_of_the_handler_as_an_error_and_its_own_is_caught_too() {
    let seen = Arc::new(Mutex::new(None));
    let keep = seen.clone();
    let watch = layer_fn(move |inner: CallService| {
        let keep = keep.clone();
        tower_service_fn(move |call: Call| {
            let (mut inner, keep) = (inner.clone(), keep.clone());
            async move {
                let answered = inner.call(call).await;
                *keep.lock().unwrap() = answered.as_ref().err().map(ToString::to_string);
                answered
            }
        })
    });
    assert_eq!(send(echo().layer(watch), "panic").0, 404);
    assert_eq!(seen.lock().unwrap().as_deref(), Some("Panic: as asked"));

    let falls = MapRequestLayer::new(|call: Call| -> Call { panic!("at {}", call.kind) });
    let (status, body) = send(echo().layer(falls), "x");
    assert_eq!(status, 404);
    assert!(body.contains("at event"), "{body}");
}

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged, as JSON, while this runs.
fn logged(what: impl FnOnce()) -> Vec<Value> {
    let memory = Memory::default();
    let writer = memory.clone();
    let subscriber = tracing_subscriber::registry().with(JsonLines::new(move || writer.clone()));
    tracing::subscriber::with_default(subscriber, what);
    let bytes = memory.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn with_the_tracing_layer_every_line_of_a_call_carries_its_request_id() {
    let lines = logged(|| {
        send(echo().layer(TracingLayer::new()), "fail");
    });
    let of =
        |message: &str| lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(of("in the handler")["request_id"], "1-a");
    assert_eq!(of("in the handler")["fields"]["kind"], "event");
    assert_eq!(of("as asked")["request_id"], "1-a");
    assert_eq!(of("as asked")["level"], "ERROR");
}

#[test]
fn a_streamed_answer_is_made_inside_the_span_of_its_call() {
    let lines = logged(|| {
        let runtime = Runtime::for_http(http_fn(async |_, _| {
            let pieces = futures::stream::iter(["a", "b"]).map(|piece| {
                tracing::info!("made {piece}");
                Ok::<_, Error>(piece)
            });
            Ok::<_, Error>(Response::new(Body::from_stream(pieces)))
        }));
        let service = runtime.layer(TracingLayer::new()).log_lines(LogLines::off()).into_service();
        let request = Request::get("/").header("x-fc-request-id", "1-b").body(Bytes::new()).unwrap();
        let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(tokio.block_on(service.handle(request)).body(), "ab");
    });
    let made: Vec<_> = lines.iter().map(|line| (&line["message"], &line["request_id"])).collect();
    assert_eq!(made, [(&json!("made a"), &json!("1-b")), (&json!("made b"), &json!("1-b"))]);
}
