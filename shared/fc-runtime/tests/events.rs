//! Event calls over a socket: sections 1.2 to 1.5 of the custom runtime contract.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use fc_runtime::{Diagnostic, Environment, Error, Event, FromPayload, MAX_REQUEST_BODY, Raw, Runtime, service_fn};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use support::{Request, Server};
use tokio::sync::Barrier;

#[derive(serde::Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("the store is closed")]
struct StoreClosed(#[source] std::io::Error);

async fn order(event: Event<Order>) -> Result<Value, Error> {
    match event.payload.item.as_str() {
        "closed" => Err(StoreClosed(std::io::Error::other("no connection")).into()),
        "odd" => Err(Diagnostic::new("SoldOut", "come back tomorrow").into()),
        "panic" => panic!("the {} fell", event.payload.item),
        item => Ok(json!({"text": format!("{} x {item}", event.payload.count)})),
    }
}

fn orders() -> Server {
    Server::start(Runtime::new(service_fn(order)))
}

fn ordered(request_id: &str, item: &str) -> Request {
    Request::event(request_id, json!({"item": item, "count": 2}).to_string())
}

#[test]
fn a_typed_event_is_answered_with_200_in_both_places_between_its_marker_lines() {
    let server = orders();
    let reply = server.send(&ordered("1-a", "tea"));
    assert_eq!((reply.status, reply.outcome()), (200, "200"));
    assert_eq!(reply.json(), json!({"text": "2 x tea"}));
    // Both are written before the answer is sent, so there is nothing to wait for.
    assert_eq!(
        server.lines.all(),
        [
            "FunctionCompute fc-runtime runtime inited.",
            "FC Invoke Start RequestId: 1-a",
            "FC Invoke End RequestId: 1-a"
        ]
    );
}

#[test]
fn a_failed_event_is_answered_with_404_in_both_places_and_the_error() {
    let server = orders();
    let reply = server.send(&ordered("1-b", "odd"));
    assert_eq!(reply.failure(), ("SoldOut".into(), "come back tomorrow".into()));
    assert_eq!(reply.headers["content-type"], "application/json");
    let lines = server.lines.of("1-b");
    assert_eq!(lines[0], "FC Invoke Start RequestId: 1-b");
    assert_eq!(lines.last().unwrap(), "FC Invoke End RequestId: 1-b, Error: Unhandled function error");
    assert!(
        lines[1].contains("SoldOut: come back tomorrow"),
        "without a subscriber the reason is still said: {lines:?}"
    );
}

#[test]
fn an_error_in_a_box_keeps_its_message_and_its_causes() {
    let reply = orders().send(&ordered("1-c", "closed"));
    assert_eq!(
        reply.json(),
        json!({"errorType": "Error", "errorMessage": "the store is closed", "stackTrace": ["caused by: no connection"]})
    );
}

#[test]
fn an_error_of_a_type_of_its_own_is_reported_under_its_name() {
    let server = Server::start(Runtime::new(service_fn(async |_: Event<Value>| {
        Err::<(), _>(StoreClosed(std::io::Error::other("no connection")))
    })));
    assert_eq!(server.send(&Request::event("1-d", "{}")).failure().0, "StoreClosed");
}

#[test]
fn a_panic_fails_the_call_and_neither_instance_nor_connection() {
    let server = orders();
    let mut client = server.connect();
    let reply = client.send(&ordered("1-e", "panic"));
    assert_eq!(reply.failure(), ("Panic".into(), "the panic fell".into()));
    assert_eq!(server.lines.of("1-e").last().unwrap(), "FC Invoke End RequestId: 1-e, Error: Unhandled function error");
    assert_eq!(client.send(&ordered("1-f", "tea")).status, 200);
}

#[test]
fn a_payload_that_the_type_does_not_take_is_refused_clearly_and_not_quoted() {
    let server = orders();
    for (payload, place) in [("secret!", "line 1"), ("", "EOF"), (r#"{"item":"tea"}"#, "missing field `count`")] {
        let (error_type, message) = server.send(&Request::event("1-g", payload)).failure();
        assert_eq!(error_type, "PayloadError");
        assert!(message.contains(place) && message.contains(&format!("{} bytes", payload.len())), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}

#[test]
fn raw_bytes_pass_untouched_whatever_the_content_type_says() {
    let server = Server::start(Runtime::new(service_fn(async |event: Event<Raw>| Ok::<_, Error>(event.payload))));
    let bytes: Vec<u8> = (0..=255).collect();
    let reply = server.send(&Request::event("1-h", bytes.clone()).header("Content-Type", "application/json"));
    assert_eq!((reply.body, reply.status), (bytes, 200));
    assert_eq!(server.send(&Request::event("1-i", "")).body, b"");
}

#[test]
fn a_payload_type_may_bring_a_format_of_its_own() {
    struct Words(Vec<String>);
    impl FromPayload for Words {
        fn from_payload(payload: bytes::Bytes) -> Result<Self, Error> {
            Ok(Self(std::str::from_utf8(&payload)?.split(' ').map(str::to_owned).collect()))
        }
    }
    let server =
        Server::start(Runtime::new(service_fn(async |event: Event<Words>| Ok::<_, Error>(event.payload.0.len()))));
    assert_eq!(server.send(&Request::event("1-j", "a b c")).text(), "3");
    assert_eq!(server.send(&Request::event("1-k", vec![0xff])).failure().0, "Error");
}

fn context_of(environment: Environment, request: &Request) -> BTreeMap<String, Value> {
    let handler = async |event: Event<Raw>| {
        let context = event.context;
        let received = context.received();
        let credentials = context.credentials();
        Ok::<_, Error>(json!({
            "request_id": context.request_id(), "function_name": context.function_name(),
            "function_handler": context.function_handler(), "memory_mb": context.memory_mb(),
            "region": context.region(), "account_id": context.account_id(), "qualifier": context.qualifier(),
            "version_id": context.version_id(), "retry_count": context.retry_count(),
            "log_project": context.log_project(), "log_store": context.log_store(),
            "service_name": context.service_name(), "base_path": context.base_path(),
            "span_context": context.tracing_span_context(), "baggages": context.tracing_span_baggages(),
            "jaeger": context.tracing_jaeger_endpoint(), "client_ip": context.header("x-fc-client-ip"),
            "deadline": context.deadline().map(|at| at.duration_since(received).unwrap().as_secs()),
            "key": credentials.as_ref().map(|it| it.access_key_id.clone()),
            "secret": credentials.as_ref().map(|it| it.access_key_secret.expose_secret().to_owned()),
            "token": credentials.and_then(|it| Some(it.security_token?.expose_secret().to_owned())),
        }))
    };
    let server = Server::start(Runtime::new(service_fn(handler)).environment(environment));
    serde_json::from_slice(&server.send(request).body).unwrap()
}

const HEADERS: [(&str, &str, &str); 20] = [
    ("X-Fc-Function-Name", "jobs", "function_name"),
    ("x-fc-function-handler", "index.handler", "function_handler"),
    ("X-FC-FUNCTION-MEMORY", "512", "memory_mb"),
    ("X-Fc-Function-Timeout", "60", "deadline"),
    ("X-Fc-Region", "cn-hangzhou", "region"),
    ("X-Fc-Account-Id", "1234567890123456", "account_id"),
    ("X-Fc-Qualifier", "LATEST", "qualifier"),
    ("X-Fc-Version-Id", "7", "version_id"),
    ("X-Fc-Retry-Count", "2", "retry_count"),
    ("X-Fc-Service-Logproject", "logs", "log_project"),
    ("X-Fc-Service-Logstore", "store", "log_store"),
    ("X-Fc-Service-Name", "old", "service_name"),
    ("X-Fc-Base-Path", "/get", "base_path"),
    ("X-Fc-Tracing-Opentracing-Span-Context", "1:2:3:4", "span_context"),
    ("X-Fc-Tracing-Opentracing-Span-Baggages", "e30=", "baggages"),
    ("X-Fc-Tracing-Jaeger-Endpoint", "http://jaeger", "jaeger"),
    ("X-Fc-Client-Ip", "192.0.2.1", "client_ip"),
    ("X-Fc-Access-Key-Id", "STS.N", "key"),
    ("X-Fc-Access-Key-Secret", "s", "secret"),
    ("X-Fc-Security-Token", "CAIS", "token"),
];

#[test]
fn every_header_of_the_contract_arrives_in_the_context_in_any_case() {
    let request =
        HEADERS.iter().fold(Request::event("1-65aa0b07-1520aa26-bf73aabb1b69", ""), |request, (name, value, _)| {
            request.header(name, value)
        });
    let context = context_of(Environment::default(), &request);
    assert_eq!(context["request_id"], "1-65aa0b07-1520aa26-bf73aabb1b69");
    for (header, value, field) in HEADERS {
        let shown = context[field].as_str().map_or_else(|| context[field].to_string(), str::to_owned);
        assert_eq!(shown, value, "{header}");
    }
}

#[test]
fn headers_that_fc_sends_empty_are_none() {
    let request = HEADERS.iter().fold(Request::event("", ""), |request, (name, _, _)| request.header(name, ""));
    let context = context_of(Environment::default(), &request);
    for (header, _, field) in HEADERS {
        let expected = if field == "retry_count" { json!(0) } else { Value::Null };
        assert_eq!(context[field], expected, "{header}");
    }
    assert_eq!(context["request_id"], "local-1", "a call without an id is numbered");
}

#[test]
fn the_environment_fills_what_the_headers_leave_out_and_their_credentials_come_first() {
    let environment = Environment::from([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.env"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-secret"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "env-token"),
        ("FC_ACCOUNT_ID", "42"),
        ("FC_FUNCTION_HANDLER", "h"),
        ("FC_FUNCTION_MEMORY_SIZE", "128"),
        ("FC_FUNCTION_NAME", "named"),
        ("FC_REGION", "cn-beijing"),
        ("FC_FUNCTION_VERSION", "9"),
        ("FC_TIMEOUT", "30"),
    ]);
    let context = context_of(environment.clone(), &Request::event("1-l", ""));
    let fields = ["key", "secret", "token", "account_id", "function_handler", "function_name", "region", "version_id"];
    let expected = ["STS.env", "env-secret", "env-token", "42", "h", "named", "cn-beijing", "9"];
    assert_eq!(fields.map(|field| context[field].as_str().unwrap()), expected);
    assert_eq!((&context["memory_mb"], &context["deadline"]), (&json!(128), &json!(30)));

    let request =
        Request::event("1-l", "").header("x-fc-access-key-id", "STS.head").header("x-fc-access-key-secret", "x");
    let context = context_of(environment, &request);
    assert_eq!(["key", "secret"].map(|field| context[field].as_str().unwrap()), ["STS.head", "x"]);
}

#[test]
fn the_control_path_decides_and_the_path_stands_in_for_it() {
    let server = orders();
    let payload = r#"{"item":"tea","count":1}"#;
    let elsewhere = Request::new("POST", "/some/where").header("x-fc-control-path", "/invoke").body(payload);
    assert_eq!(server.send(&elsewhere).status, 200);
    assert_eq!(server.send(&Request::new("POST", "/invoke").body(payload)).status, 200);
    let empty_header = Request::new("POST", "/invoke").header("x-fc-control-path", "").body(payload);
    assert_eq!(server.send(&empty_header).status, 200);
}

#[test]
fn what_the_function_does_not_serve_is_answered_with_404() {
    let server = orders();
    let unknown = Request::new("GET", "/pre-freeze").header("x-fc-control-path", "/pre-freeze");
    assert_eq!(server.send(&unknown).failure().0, "UnknownPath");
    assert_eq!(server.send(&Request::new("GET", "/invoke")).failure().0, "UnknownPath");
    assert_eq!(server.send(&Request::new("GET", "/")).failure().0, "UnknownPath");
    let (error_type, message) = server.send(&Request::http("1-m", "GET", "/invoke")).failure();
    assert_eq!(
        (error_type.as_str(), message.as_str()),
        ("NoHandler", "this function has no handler for HTTP requests")
    );
    let http_only = Server::start(Runtime::for_http(axum::Router::new()));
    assert_eq!(http_only.send(&Request::event("1-n", "{}")).failure().1, "this function has no handler for events");
}

#[test]
fn a_body_of_32_mb_passes_and_one_byte_more_is_413() {
    let server = Server::start(Runtime::new(service_fn(async |event: Event<Raw>| Ok::<_, Error>(event.payload.len()))));
    assert_eq!(server.send(&Request::event("1-o", vec![b'x'; MAX_REQUEST_BODY])).text(), "33554432");

    let declared = Request::new("POST", "/invoke")
        .header("x-fc-request-id", "1-p")
        .header("Content-Length", &(MAX_REQUEST_BODY + 1).to_string());
    let chunked =
        Request::new("POST", "/invoke").header("x-fc-request-id", "1-q").header("Transfer-Encoding", "chunked");
    let mut pieces = format!("{MAX_REQUEST_BODY:x}\r\n").into_bytes();
    pieces.extend(std::iter::repeat_n(b'x', MAX_REQUEST_BODY));
    pieces.extend(b"\r\n1\r\nx\r\n0\r\n\r\n");
    for (request, id, rest) in [(declared, "1-p", vec![]), (chunked, "1-q", pieces)] {
        let mut client = server.connect();
        client.write(&request.bytes());
        client.write(&rest);
        let reply = client.reply();
        assert_eq!((reply.status, reply.outcome()), (413, "404"));
        assert_eq!(reply.json()["errorMessage"], "the body is longer than 33554432 bytes");
        assert_eq!(
            server.lines.of(id).last().unwrap(),
            &format!("FC Invoke End RequestId: {id}, Error: Unhandled function error")
        );
    }
}

#[test]
fn requests_sent_ahead_on_one_connection_are_answered_in_order() {
    let server = orders();
    let mut client = server.connect();
    let sent: Vec<u8> =
        (0..50).flat_map(|number| ordered(&format!("1-{number}"), &format!("t{number}")).bytes()).collect();
    client.write(&sent);
    for number in 0..50 {
        let reply = client.reply();
        assert_eq!(reply.json()["text"], format!("2 x t{number}"));
        assert!(!reply.headers.contains_key("connection"), "the connection stays open");
    }
}

#[test]
fn two_hundred_calls_are_in_flight_at_once_and_share_state() {
    let (together, count) = (Arc::new(Barrier::new(200)), Arc::new(AtomicU32::new(0)));
    let server = Server::start(Runtime::new(service_fn(move |event: Event<u32>| {
        let (together, count) = (together.clone(), count.clone());
        async move {
            count.fetch_add(1, Relaxed);
            // No call returns before all of them have begun.
            together.wait().await;
            Ok::<_, Error>(event.payload + count.load(Relaxed))
        }
    })));
    let mut clients: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.write(&Request::event(&format!("1-{number}"), number.to_string()).bytes());
    }
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.reply().text(), (number + 200).to_string());
    }
}

#[test]
fn a_caller_that_hangs_up_ends_the_call_as_failed() {
    let server = Server::start(Runtime::new(service_fn(async |event: Event<bool>| {
        if event.payload {
            std::future::pending::<()>().await;
        }
        Ok::<_, Error>(())
    })));
    let mut client = server.connect();
    client.write(&Request::event("1-r", "true").bytes());
    server.lines.wait_for("FC Invoke Start RequestId: 1-r");
    drop(client);
    server.lines.wait_for("FC Invoke End RequestId: 1-r, Error: Unhandled function error");
    assert_eq!(server.send(&Request::event("1-s", "false")).status, 200);
}
