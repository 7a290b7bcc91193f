//! Clients for tests: they sign like any other client and go through the gateway.

use std::time::Duration;

use bytes::Bytes;
use causeway_local::Dropped;
use causeway_local::calls::{Call, Outcome};
use causeway_local::cloud::{Cloud, Options};
use causeway_local::console::ConsoleVpc;
use causeway_local::console::{Console, ConsoleAccount};
use causeway_local::seed::Seed;
use cloud_signing::{Credentials, acs3, rpc_v1};
use http::{Request, Response};
use serde_json::Value;

/// A tutorial cloud in memory.
pub(crate) fn cloud() -> Cloud {
    Cloud::open(Options::new(Seed::tutorial())).unwrap()
}

/// HTTP status and error code.
pub(crate) type Refusal = (u16, String);

/// One account's credentials at one cloud.
#[derive(Clone)]
pub(crate) struct Client {
    pub cloud: Cloud,
    pub credentials: Credentials,
    pub account_id: String,
}

impl Client {
    pub(crate) fn new(cloud: &Cloud, alias: &str) -> Self {
        let account = account(&cloud.console(), alias);
        let credentials = Credentials::new(account.access_key_id, account.access_key_secret);
        Self { cloud: cloud.clone(), credentials, account_id: account.account_id }
    }

    /// The account in one of its roles.
    pub(crate) fn in_role(&self, name: &str) -> Self {
        let arn = format!("acs:ram::{}:role/{name}", self.account_id);
        let issued = self.cloud.shared().identities.assume(&arn, "test", Duration::from_secs(3600)).unwrap();
        let secret = secrecy::ExposeSecret::expose_secret;
        let credentials = Credentials::new(issued.access_key_id, secret(&issued.access_key_secret))
            .with_security_token(secret(&issued.security_token));
        Self { credentials, ..self.clone() }
    }

    /// The account's VPC in `region`.
    pub(crate) fn vpc(&self, region: &str) -> ConsoleVpc {
        let accounts = self.cloud.console().accounts;
        let own = accounts.into_iter().find(|account| account.account_id == self.account_id).unwrap();
        own.vpcs.into_iter().find(|vpc| vpc.region_id == region).unwrap()
    }

    /// A VPC call by ACS3.
    pub(crate) async fn vpc_call(&self, region: &str, action: &str, params: &[(&str, &str)]) -> Result<Value, Refusal> {
        let with_region: Vec<_> = [("RegionId", region)].into_iter().chain(params.iter().copied()).collect();
        self.call("2016-04-28", action, &with_region).await
    }

    /// A call by ACS3.
    pub(crate) async fn call(&self, version: &str, action: &str, params: &[(&str, &str)]) -> Result<Value, Refusal> {
        self.send(self.acs3(version, action, params)).await.expect("no fault drops this call")
    }

    /// A request signed by ACS3.
    pub(crate) fn acs3(&self, version: &str, action: &str, params: &[(&str, &str)]) -> Request<Bytes> {
        let nonce = self.cloud.shared().ids.uuid();
        self.acs3_at(version, action, params, Duration::ZERO, &nonce)
    }

    /// A request signed by ACS3, dated `age` ago, with this nonce.
    pub(crate) fn acs3_at(
        &self,
        version: &str,
        action: &str,
        params: &[(&str, &str)],
        age: Duration,
        nonce: &str,
    ) -> Request<Bytes> {
        let uri = format!("http://127.0.0.1:8000/?{}", cloud_signing::encode::query(params.iter().copied()));
        let (mut parts, ()) = Request::post(uri).body(()).unwrap().into_parts();
        let now = self.cloud.shared().clock.wall() - age;
        acs3::sign(&mut parts, b"", action, version, &self.credentials, now, nonce).unwrap();
        Request::from_parts(parts, Bytes::new())
    }

    /// A request signed by version 1, its parameters in the query or in a form.
    pub(crate) fn v1(&self, version: &str, action: &str, params: &[(&str, &str)], in_form: bool) -> Request<Bytes> {
        let mut all: Vec<(String, String)> = [("Action", action), ("Version", version)]
            .iter()
            .chain(params)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let shared = self.cloud.shared();
        rpc_v1::sign(&http::Method::POST, &mut all, &self.credentials, shared.clock.wall(), &shared.ids.uuid());
        let text = cloud_signing::encode::query(all);
        let request =
            Request::post(if in_form { "/".to_owned() } else { format!("/?{text}") }).header("host", "localhost");
        if in_form {
            let form = "application/x-www-form-urlencoded";
            return request.header("content-type", form).body(Bytes::from(text)).unwrap();
        }
        request.body(Bytes::new()).unwrap()
    }

    /// Sends any request.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Result<Value, Refusal>, Dropped> {
        let response = self.cloud.handle(request).await;
        response.map(|response| {
            expect_named(&self.cloud, &response);
            read(response)
        })
    }
}

fn account(console: &Console, alias: &str) -> ConsoleAccount {
    console.accounts.iter().find(|account| account.alias == alias).unwrap().clone()
}

/// The body of a success, or status and code of a refusal.
pub(crate) fn read(response: Response<Bytes>) -> Result<Value, Refusal> {
    let status = response.status();
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    if status.is_success() {
        assert!(body["RequestId"].is_string(), "every answer has a RequestId: {body}");
        return Ok(body);
    }
    for field in ["RequestId", "HostId", "Message", "Recommend"] {
        assert!(body[field].is_string(), "a refusal has {field}: {body}");
    }
    Err((status.as_u16(), body["Code"].as_str().unwrap().to_owned()))
}

/// A refusal as tests write it.
pub(crate) fn refused<T>(status: u16, code: &str) -> Result<T, Refusal> {
    Err((status, code.to_owned()))
}

/// Lets cloud time pass, at speed 1.
pub(crate) async fn pass(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The newest call, if it was refused and not by a fault's order, was refused with a code that its operation names.
pub(crate) fn expect_named(cloud: &Cloud, response: &Response<Bytes>) {
    if String::from_utf8_lossy(response.body()).contains("refused on demand") {
        return;
    }
    let Some(Call { info, outcome: Outcome::Refused { code }, .. }) = cloud.calls().pop() else { return };
    let coverage = cloud.coverage().into_iter().find(|known| known.product == info.product);
    let is_named = coverage.is_some_and(|product| product.names(&info.action, &code));
    assert!(is_named, "{} {} was refused with {code}, which codes.txt does not name", info.product, info.action);
}
