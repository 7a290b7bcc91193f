//! Tests over signed requests, and with a real client.

mod buckets;
mod objects;
mod opendal;
mod worm;

use bytes::Bytes;
use cloud_signing::oss::Addressing;
use cloud_signing::{Credentials, oss_v4};
use http::{HeaderMap, Request, StatusCode};
use local_core::calls::{Call, Outcome};
use local_core::clock::Clock;
use local_core::delays::Delays;
use local_core::shared::{Home, Shared};
use local_core::table::Storage;
use local_core::xml::Element;

use super::Oss;

const ACCOUNT: &str = "1000000000000001";

/// Shared ground in `cn-hangzhou`, with one account whose key is `testid` and `testsecret`.
fn shared(storage: Storage, clock: Clock) -> Shared {
    let home = Home { account_id: ACCOUNT.into(), region: "cn-hangzhou".into() };
    let shared = Shared::open(storage, clock, home, Delays::default(), 1, 0).unwrap();
    shared.identities.add_account(ACCOUNT, "testid", "testsecret".into());
    shared
}

/// A client with the account's key, which addresses buckets in the path.
struct Client {
    oss: Oss,
    shared: Shared,
    credentials: Credentials,
}

/// A reply, taken apart.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn document(&self) -> Element {
        Element::parse(&self.body).unwrap_or_else(|_| Element::new("None"))
    }

    /// The status and error code.
    fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.document().child_text("Code").unwrap_or_default().to_owned())
    }

    /// The texts of `field` in each child `item`.
    fn each(&self, item: &str, field: &str) -> Vec<String> {
        let document = self.document();
        document.children(item).map(|child| child.child_text(field).unwrap_or_default().to_owned()).collect()
    }
}

impl Client {
    fn new() -> Self {
        Self::of(shared(Storage::in_memory(), Clock::system()))
    }

    fn of(shared: Shared) -> Self {
        let oss = Oss::open(&shared).unwrap();
        Self { oss, shared, credentials: Credentials::new("testid", "testsecret") }
    }

    /// With an empty bucket `records`.
    fn with_bucket() -> Self {
        let client = Self::new();
        client.oss.create_bucket(ACCOUNT, "cn-hangzhou", "records").unwrap();
        client
    }

    async fn call(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method).uri(target).header("host", "127.0.0.1:4000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, body) = request.body(Bytes::copy_from_slice(body)).unwrap().into_parts();
        let now = self.shared.clock.wall();
        oss_v4::sign(&mut parts, &body, Addressing::Path, "cn-hangzhou", &self.credentials, now).unwrap();
        self.send_as_is(Request::from_parts(parts, body)).await
    }

    async fn send_as_is(&self, request: Request<Bytes>) -> Answer {
        let (parts, body) = self.oss.handle(request).await.into_parts();
        if let Some(Call { info, outcome: Outcome::Refused { code }, .. }) = parts.extensions.get() {
            let is_named = self.oss.coverage().names(&info.action, code);
            assert!(is_named, "{} was refused with {code}, which codes.txt does not name", info.action);
        }
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, target: &str) -> Answer {
        self.call("GET", target, &[], b"").await
    }

    async fn put(&self, target: &str, body: &str) -> Answer {
        self.call("PUT", target, &[], body.as_bytes()).await
    }
}
