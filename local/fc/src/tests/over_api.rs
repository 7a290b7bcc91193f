//! The management API, signed as an SDK signs it.

use cloud_signing::{Credentials, acs3};
use local_core::faults::{Fault, FaultRule, Swallow};

use super::*;

pub(super) fn signed(world: &World, method: &str, path: &str, action: &str, kind: &str, body: &str) -> Request<Bytes> {
    let request =
        Request::builder().method(method).uri(path).header("host", "fc.local").header("x-fc-invocation-type", kind);
    let (mut parts, body) = request.body(Bytes::from(body.to_owned())).unwrap().into_parts();
    let credentials =
        Credentials { access_key_id: "testid".into(), access_key_secret: "testsecret".into(), security_token: None };
    let nonce = world.shared.ids.uuid();
    acs3::sign(&mut parts, &body, action, "2023-03-30", &credentials, world.shared.clock.wall(), &nonce).unwrap();
    Request::from_parts(parts, body)
}

async fn world() -> World {
    let world = World::new();
    let fake =
        Fake::new(
            |request| async move { if &request.body()[..] == b"bad" { failed() } else { done(request.into_body()) } },
        );
    world.deploy(&function(", EnvironmentVariables: {TOKEN: hush}"), fake).await.unwrap();
    world.fc.start().await;
    world
}

const INVOKE: &str = "/2023-03-30/functions/worker/invocations";

#[tokio::test(start_paused = true)]
async fn a_function_is_called_and_a_failure_is_named_in_a_header() {
    let world = world().await;
    let invoke = |kind: &str, body: &str| world.fc.handle(signed(&world, "POST", INVOKE, "InvokeFunction", kind, body));
    let good = invoke("Sync", "hello").await;
    assert_eq!((good.status().as_u16(), &good.body()[..]), (200, &b"hello"[..]));
    assert!(!good.headers().contains_key("x-fc-error-type"));
    let bad = invoke("Sync", "bad").await;
    assert_eq!(
        (bad.status().as_u16(), bad.headers()["x-fc-error-type"].to_str().unwrap()),
        (200, "HandledInvocationError")
    );
    let later = invoke("Async", "later").await;
    assert_eq!(later.status(), 202);
    let id = later.headers()["x-fc-request-id"].to_str().unwrap().to_owned();
    world.until("it was called", || world.fc.invocations_since(0).iter().any(|one| one.request_id == id)).await;
    assert_eq!(invoke("Async", &"x".repeat(200_000)).await.status(), 413);
    assert_eq!(invoke("Sometimes", "").await.status(), 400);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_calls_without_a_signature_and_whoever_may_look_sees_the_environment() {
    let world = world().await;
    let unsigned = Request::post(INVOKE).body(Bytes::new()).unwrap();
    assert!(world.fc.handle(unsigned).await.status().is_client_error());
    let mut forged = signed(&world, "POST", INVOKE, "InvokeFunction", "Sync", "hello");
    *forged.body_mut() = Bytes::from_static(b"other");
    let answer = world.fc.handle(forged).await;
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!((answer.status().as_u16(), &body["Code"]), (400, &"SignatureDoesNotMatch".into()));
    assert!(world.fc.invocations_since(0).is_empty());
    let path = "/2023-03-30/functions/worker";
    let shown = world.fc.handle(signed(&world, "GET", path, "GetFunction", "", "")).await;
    let text = String::from_utf8(shown.body().to_vec()).unwrap();
    assert!(text.contains(r#""TOKEN":"hush""#), "{text}");
    let list = world.fc.handle(signed(&world, "GET", "/2023-03-30/functions", "ListFunctions", "", "")).await;
    assert!(String::from_utf8_lossy(list.body()).contains("functions/worker"));
    let none = world.fc.handle(signed(&world, "GET", "/2023-03-30/functions/none", "GetFunction", "", "")).await;
    assert_eq!(none.status(), 404);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn faults_refuse_a_call_or_lose_its_answer() {
    let world = world().await;
    world.shared.faults.add(FaultRule::once("InvokeFunction", Fault::Throttle));
    world.shared.faults.add(FaultRule::once("InvokeFunction", Fault::LoseAnswer));
    let invoke = || world.fc.handle(signed(&world, "POST", INVOKE, "InvokeFunction", "Sync", "x"));
    assert_eq!(invoke().await.status(), 429);
    assert_eq!(world.fc.invocations_since(0).len(), 0);
    let lost = invoke().await;
    assert!(lost.extensions().get::<Swallow>().is_some());
    assert_eq!(world.fc.invocations_since(0).len(), 1);
    assert_eq!(invoke().await.status(), 200);
    world.stop().await;
}
