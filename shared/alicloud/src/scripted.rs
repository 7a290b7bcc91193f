//! A cloud for tests, without sockets: it answers what it was told to, keeps what it was asked, and refuses to go on when a
//! request is not signed as the real one would want it.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use transport::system::SeededEntropy;
use transport::{Clock, Io, Transport, TransportError};

use crate::{Client, Credentials, CredentialsProvider, Endpoints};

/// The long-lived key of every test.
pub(crate) const KEY: (&str, &str) = ("id-1", "secret-1");

/// A request as the cloud saw it.
#[derive(Debug, Clone)]
pub(crate) struct RecordedRequest {
    pub parts: Parts,
    pub body: String,
}

impl RecordedRequest {
    /// `METHOD scheme://host/path`.
    pub(crate) fn line(&self) -> String {
        let uri = &self.parts.uri;
        let (scheme, authority) = (uri.scheme_str().unwrap(), uri.authority().unwrap());
        format!("{} {scheme}://{authority}{}", self.parts.method, uri.path())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The decoded query, sorted.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let mut pairs = cloud_signing::encode::form_pairs(self.parts.uri.query().unwrap_or_default());
        pairs.sort();
        pairs
    }

    /// The decoded form in the body, sorted.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        let mut pairs = cloud_signing::encode::form_pairs(&self.body);
        pairs.sort();
        pairs
    }

    /// Checks action, query and nothing in the body.
    pub(crate) fn assert_query(&self, action: &str, parameters: &[(&str, &str)]) {
        assert_eq!(self.header("x-acs-action"), Some(action));
        assert_eq!(self.query(), sorted(parameters));
        assert!(self.body.is_empty(), "{action} has a body");
    }

    /// Checks action, the form in the body, and the query beside it.
    pub(crate) fn assert_form(&self, action: &str, form: &[(&str, &str)], query: &[(&str, &str)]) {
        assert_eq!(self.header("x-acs-action"), Some(action));
        assert_eq!(self.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(self.form(), sorted(form));
        assert_eq!(self.query(), sorted(query));
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

fn sorted(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    pairs.sort();
    pairs
}

pub(crate) type Answer = Result<(u16, String), TransportError>;
type Rule = Box<dyn Fn(&RecordedRequest) -> Answer + Send + Sync>;

/// The cloud, and the clock its clients look at.
pub(crate) struct Cloud {
    script: Mutex<VecDeque<Answer>>,
    rule: Option<Rule>,
    seen: Mutex<Vec<RecordedRequest>>,
    nonces: Mutex<HashSet<String>>,
    now: Mutex<Timestamp>,
}

impl Cloud {
    pub(crate) fn new() -> Arc<Self> {
        Self::build(None)
    }

    /// A cloud that answers by `rule` once its script is used up.
    pub(crate) fn answering(rule: impl Fn(&RecordedRequest) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Self::build(Some(Box::new(rule)))
    }

    fn build(rule: Option<Rule>) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::default(),
            rule,
            seen: Mutex::default(),
            nonces: Mutex::default(),
            now: Mutex::new("2026-01-02T03:04:05Z".parse().unwrap()),
        })
    }

    pub(crate) fn says(self: &Arc<Self>, status: u16, body: &str) -> Arc<Self> {
        self.script.lock().unwrap().push_back(Ok((status, body.to_owned())));
        Arc::clone(self)
    }

    pub(crate) fn fails(self: &Arc<Self>, error: TransportError) -> Arc<Self> {
        self.script.lock().unwrap().push_back(Err(error));
        Arc::clone(self)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn client(self: &Arc<Self>) -> Client {
        self.client_with(Arc::new(Credentials::new(KEY.0, KEY.1)))
    }

    pub(crate) fn client_with(self: &Arc<Self>, credentials: Arc<dyn CredentialsProvider>) -> Client {
        let entropy = Arc::new(SeededEntropy::new(7));
        let io = Io { transport: Arc::clone(self) as _, clock: Arc::clone(self) as _, entropy };
        Client::new(io, Endpoints::public(), credentials)
    }

    pub(crate) fn seen(&self) -> Vec<RecordedRequest> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request there was.
    pub(crate) fn only(&self) -> RecordedRequest {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    /// The secret of a key: the long-lived one's, or for a temporary key `of-` and its id.
    fn secret(key: &str) -> SecretString {
        if key == KEY.0 { KEY.1.into() } else { format!("of-{key}").into() }
    }

    fn check_signature(&self, parts: &Parts, body: &[u8]) {
        if parts.headers.contains_key("x-mns-version") {
            let claim = cloud_signing::mns::Claim::read(parts).unwrap();
            claim.verify(parts, body, &Self::secret(claim.access_key_id())).unwrap();
            assert_eq!(claim.timestamp(), self.now());
        } else {
            let claim = cloud_signing::acs3::Claim::read(parts).unwrap();
            claim.verify(parts, body, &Self::secret(claim.access_key_id())).unwrap();
            assert_eq!(claim.timestamp(), self.now());
            assert!(self.nonces.lock().unwrap().insert(claim.nonce().to_owned()), "the nonce was used before");
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
        let seen = RecordedRequest { parts, body: String::from_utf8(body.to_vec()).unwrap() };
        self.seen.lock().unwrap().push(seen.clone());
        let scripted = self.script.lock().unwrap().pop_front();
        let answer = scripted.unwrap_or_else(|| match &self.rule {
            Some(rule) => rule(&seen),
            None => panic!("nothing was left to say to {seen:?}"),
        });
        let (status, body) = answer?;
        let response = Response::builder().status(status).header("x-mns-request-id", "6DF7A4C1");
        Ok(response.body(Bytes::from(body)).unwrap())
    }
}

/// An error body of the RPC gateway.
pub(crate) fn refusal(code: &str) -> String {
    format!(r#"{{"RequestId":"R-1","HostId":"h","Code":"{code}","Message":"the cloud's words"}}"#)
}
