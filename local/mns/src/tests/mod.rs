//! Tests over signed HTTP requests and over the in-process calls.

mod in_process;
mod over_http;

use bytes::Bytes;
use cloud_signing::Credentials;
use http::{HeaderMap, Request, StatusCode};
use local_core::calls::{Call, Outcome};
use local_core::clock::Clock;
use local_core::delays::Delays;
use local_core::shared::{Home, Shared};
use local_core::table::Storage;
use local_core::xml::Element;

use super::{Mns, QueueRef};

const ACCOUNT: &str = "1000000000000001";

/// Shared ground in `cn-hangzhou`, with one account whose key is `testid` and `testsecret`.
fn shared(storage: Storage, clock: Clock) -> Shared {
    let home = Home { account_id: ACCOUNT.into(), region: "cn-hangzhou".into() };
    let shared = Shared::open(storage, clock, home, Delays::default(), 1, 0).unwrap();
    shared.identities.add_account(ACCOUNT, "testid", "testsecret".into());
    shared
}

fn queue(name: &str) -> QueueRef {
    QueueRef::new(ACCOUNT, "cn-hangzhou", name)
}

/// A client of the XML API with the account's key.
struct Client {
    mns: Mns,
    shared: Shared,
    credentials: Credentials,
    host: &'static str,
}

/// A reply, taken apart.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Option<Element>,
}

impl Answer {
    /// The text of a child of the root.
    fn text(&self, name: &str) -> &str {
        self.body.as_ref().and_then(|body| body.child_text(name)).unwrap_or_default()
    }

    fn list<'a>(&'a self, name: &'a str) -> Vec<&'a Element> {
        self.body.iter().flat_map(|body| body.children(name)).collect()
    }

    /// The status and error code.
    fn refusal(&self) -> (u16, &str) {
        (self.status.as_u16(), self.text("Code"))
    }
}

impl Client {
    fn new() -> Self {
        Self::of(shared(Storage::in_memory(), Clock::system()))
    }

    fn of(shared: Shared) -> Self {
        let mns = Mns::open(&shared).unwrap();
        Self { mns, shared, credentials: Credentials::new("testid", "testsecret"), host: "127.0.0.1:4000" }
    }

    fn request(&self, method: &str, target: &str, body: &str) -> Request<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", self.host)
            .header("content-type", "text/xml;charset=UTF-8");
        request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
    }

    async fn send(&self, request: Request<Bytes>) -> Answer {
        let (mut parts, body) = request.into_parts();
        cloud_signing::mns::sign(&mut parts, &body, &self.credentials, self.shared.clock.wall()).unwrap();
        self.send_as_is(Request::from_parts(parts, body)).await
    }

    async fn send_as_is(&self, request: Request<Bytes>) -> Answer {
        let (parts, body) = self.mns.handle(request).await.into_parts();
        if let Some(Call { info, outcome: Outcome::Refused { code }, .. }) = parts.extensions.get() {
            let is_named = self.mns.coverage().names(&info.action, code);
            assert!(is_named, "{} was refused with {code}, which codes.txt does not name", info.action);
        }
        let body = (!body.is_empty()).then(|| Element::parse(&body).unwrap());
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn call(&self, method: &str, target: &str, body: &str) -> Answer {
        self.send(self.request(method, target, body)).await
    }

    async fn call_owned(&self, method: &str, target: String) -> Answer {
        self.call(method, &target, "").await
    }

    async fn with_queue(name: &str) -> Self {
        let client = Self::new();
        let made = client.call("PUT", &format!("/queues/{name}"), "").await;
        assert_eq!(made.status, StatusCode::CREATED);
        client
    }
}
