//! A cloud for tests, without sockets: it answers by a rule, keeps what it was asked, and refuses to go on when a request is
//! not signed as the real one would want it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use cloud_signing::oss::Addressing;
use http::request::Parts;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use transport::system::SeededEntropy;
use transport::{Clock, Io, Transport, TransportError};

use crate::{Client, Gateway};
use alicloud::Credentials;

/// The long-lived key of every test.
pub(crate) const KEY: (&str, &str) = ("id-1", "secret-1");

/// A request as the cloud saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub parts: Parts,
    pub body: Bytes,
}

impl Seen {
    /// `METHOD scheme://host/path?query`.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.parts.method, self.parts.uri)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks a call of RPC style: its action and version, and that the form in its body is this, byte for byte.
    pub(crate) fn assert_form(&self, host: &str, action: &str, version: &str, form: &str) {
        assert_eq!(self.line(), format!("POST https://{host}/"), "nothing stands in the query");
        assert_eq!((self.header("x-acs-action"), self.header("x-acs-version")), (Some(action), Some(version)));
        let content_type = (!form.is_empty()).then_some("application/x-www-form-urlencoded");
        assert_eq!(self.header("content-type"), content_type);
        assert_eq!(self.text(), form);
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

type Rule = Box<dyn Fn(&Seen) -> Result<Response<String>, TransportError> + Send + Sync>;

/// The cloud, and the clock its clients look at.
pub(crate) struct Cloud {
    rule: Rule,
    seen: Mutex<Vec<Seen>>,
    now: Mutex<Timestamp>,
}

/// An answer.
pub(crate) fn answer(status: u16, body: &str) -> Result<Response<String>, TransportError> {
    Ok(Response::builder().status(status).body(body.to_owned()).unwrap())
}

/// Answers in turn.
pub(crate) fn in_turn(
    answers: &[(u16, &str)],
) -> impl Fn(&Seen) -> Result<Response<String>, TransportError> + Send + Sync + 'static {
    let left: Mutex<std::collections::VecDeque<(u16, String)>> =
        Mutex::new(answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect());
    move |seen| {
        let next = left.lock().unwrap().pop_front();
        let (status, body) = next.unwrap_or_else(|| panic!("nothing was left to say to {seen:?}"));
        answer(status, &body)
    }
}

/// No answer.
pub(crate) fn silence() -> Result<Response<String>, TransportError> {
    Err(TransportError::NotSent { host: "h".to_owned(), reason: "nobody listens".to_owned() })
}

/// An error body of the RPC gateway.
pub(crate) fn refusal(code: &str) -> String {
    format!(r#"{{"RequestId":"R-1","HostId":"h","Code":"{code}","Message":"the cloud's words"}}"#)
}

impl Cloud {
    /// A cloud that answers everything alike.
    pub(crate) fn saying(status: u16, body: &str) -> Arc<Self> {
        let body = body.to_owned();
        Self::answering(move |_| answer(status, &body))
    }

    /// A cloud that answers by `rule`.
    pub(crate) fn answering(
        rule: impl Fn(&Seen) -> Result<Response<String>, TransportError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let now = Mutex::new("2026-01-02T03:04:05Z".parse().unwrap());
        Arc::new(Self { rule: Box::new(rule), seen: Mutex::default(), now })
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn io(self: &Arc<Self>) -> Io {
        let entropy = Arc::new(SeededEntropy::new(7));
        Io { transport: Arc::clone(self) as _, clock: Arc::clone(self) as _, entropy }
    }

    pub(crate) fn client(self: &Arc<Self>) -> Client {
        Client::new(self.io(), None, Arc::new(Credentials::new(KEY.0, KEY.1)))
    }

    /// A client that reaches everything at one address.
    pub(crate) fn behind_gateway(self: &Arc<Self>) -> Client {
        let gateway = Gateway::new("http://127.0.0.1:4600").unwrap();
        Client::new(self.io(), Some(gateway), Arc::new(Credentials::new(KEY.0, KEY.1)))
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request there was.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    /// The secret of a key: the long-lived one's, or `of-` and its id.
    fn secret(key: &str) -> SecretString {
        if key == KEY.0 { KEY.1.into() } else { format!("of-{key}").into() }
    }

    /// What is signed at all must be signed well.
    fn check_signature(&self, parts: &Parts, body: &[u8]) {
        let Some(scheme) = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()) else {
            return;
        };
        if scheme.starts_with("ACS3") {
            let claim = cloud_signing::acs3::Claim::read(parts).unwrap();
            claim.verify(parts, body, &Self::secret(claim.access_key_id())).unwrap();
            assert_eq!(claim.timestamp(), self.now());
        } else if scheme.starts_with("MNS") {
            let claim = cloud_signing::mns::Claim::read(parts).unwrap();
            claim.verify(parts, body, &Self::secret(claim.access_key_id())).unwrap();
        } else if scheme.starts_with("LOG") {
            let claim = cloud_signing::sls::Claim::read(parts).unwrap();
            claim.verify(parts, body, &Self::secret(claim.access_key_id())).unwrap();
        } else if scheme.starts_with("OSS4") {
            let claim = cloud_signing::oss_v4::Claim::read(parts).unwrap();
            let host = parts.headers["host"].to_str().unwrap();
            let addressing = match host.split_once(".oss-") {
                Some((bucket, _)) => Addressing::VirtualHost(bucket),
                None => Addressing::Path,
            };
            claim.verify(parts, body, addressing, &Self::secret(claim.access_key_id())).unwrap();
        } else {
            panic!("what is {scheme}?");
        }
    }
}

impl Clock for Cloud {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }
}

#[async_trait]
impl Transport for Cloud {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        self.check_signature(&parts, &body);
        // Lets other callers run in between, as a real network does.
        tokio::task::yield_now().await;
        let seen = Seen { parts, body };
        self.seen.lock().unwrap().push(seen.clone());
        (self.rule)(&seen).map(|response| response.map(Bytes::from))
    }
}
