//! The clouds of a test, and their clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use transport::{Clock, Transport, TransportError};

/// One call as the cloud sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The account that calls.
    pub account: String,
    /// Such as `RunCommand`.
    pub action: String,
    /// Its parameters, of query and body.
    pub params: BTreeMap<String, String>,
}

impl Call {
    /// A parameter; empty where there is none such.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }
}

/// The answer to a call: a document, or HTTP status and code of a refusal.
pub type Answer = Result<Value, (u16, &'static str)>;

type Rule = Box<dyn Fn(&Call) -> Answer + Send + Sync>;

/// Both accounts' clouds.
pub(crate) struct Cloud {
    rule: Rule,
    calls: Mutex<Vec<Call>>,
    now: Mutex<Timestamp>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cloud {
    pub(crate) fn new(rule: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let now = Timestamp::from_second(1_800_000_000).expect("a time");
        Self { rule: Box::new(rule), calls: Mutex::default(), now: Mutex::new(now) }
    }

    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *lock(&self.calls))
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        *lock(&self.now) += time;
    }

    fn answer(&self, call: Call) -> Answer {
        if call.action == "AssumeRole" {
            // Keys tell whose they are.
            let account = call.param("RoleArn").split(':').find(|part| part.parse::<u64>().is_ok()).unwrap_or_default();
            let expiration = (self.now() + SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            return Ok(json!({"Credentials": {
                "AccessKeyId": format!("key-{account}"), "AccessKeySecret": "secret", "SecurityToken": "token",
                "Expiration": expiration,
            }}));
        }
        let answer = (self.rule)(&call);
        lock(&self.calls).push(call);
        answer
    }
}

impl Clock for Cloud {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }
}

#[async_trait]
impl Transport for Cloud {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        let claim = cloud_signing::acs3::Claim::read(&parts).expect("every call of the step is signed by ACS3");
        let body = String::from_utf8_lossy(&body).into_owned();
        let mut params = BTreeMap::from_iter(cloud_signing::encode::form_pairs(parts.uri.query().unwrap_or_default()));
        params.extend(cloud_signing::encode::form_pairs(&body));
        let action = parts.headers.get("x-acs-action").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let account = claim.access_key_id().trim_start_matches("key-").to_owned();
        let (status, document) = match self.answer(Call { account, action: action.to_owned(), params }) {
            Ok(document) => (200, document),
            Err((status, code)) => (status, json!({"Code": code, "Message": "the cloud's words", "RequestId": "R-1"})),
        };
        let response = Response::builder().status(status).body(Bytes::from(document.to_string()));
        Ok(response.expect("a status of the test"))
    }
}
