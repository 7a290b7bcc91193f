//! A cloud for tests, without sockets: it answers what it was told to, keeps what it was asked, and refuses to go on when a
//! request is not signed as ours are meant to be.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use transport::system::SeededEntropy;
use transport::{Clock, Io, Transport, TransportError};

use crate::vpc::Vpc;
use crate::{Client, Credentials, Endpoints};

/// The key of every test.
pub(crate) const KEY: (&str, &str) = ("AKEXAMPLE", "SKEXAMPLE");

/// A request as the cloud saw it.
#[derive(Debug, Clone)]
pub(crate) struct RecordedRequest {
    pub parts: Parts,
    pub body: String,
}

impl RecordedRequest {
    /// `METHOD /path`, below `/v1/regions/cn-north-1`.
    pub(crate) fn line(&self) -> String {
        let path = self.parts.uri.path().strip_prefix("/v1/regions/cn-north-1").expect("the region's path");
        format!("{} {path}", self.parts.method)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The query as sent.
    pub(crate) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

type Answer = Result<(u16, String), TransportError>;

/// The cloud, and the clock its clients look at.
pub(crate) struct Cloud {
    script: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<RecordedRequest>>,
    nonces: Mutex<HashSet<String>>,
    /// One for all clients, so that their nonces differ.
    entropy: Arc<SeededEntropy>,
}

impl Cloud {
    pub(crate) fn new() -> Arc<Self> {
        let entropy = Arc::new(SeededEntropy::new(7));
        Arc::new(Self { script: Mutex::default(), seen: Mutex::default(), nonces: Mutex::default(), entropy })
    }

    pub(crate) fn says(self: &Arc<Self>, status: u16, body: &str) -> Arc<Self> {
        self.script.lock().unwrap().push_back(Ok((status, body.to_owned())));
        Arc::clone(self)
    }

    /// A success with this result.
    pub(crate) fn gives(self: &Arc<Self>, result: &str) -> Arc<Self> {
        self.says(200, &format!(r#"{{"requestId":"r-1","result":{result}}}"#))
    }

    pub(crate) fn refuses(self: &Arc<Self>, status: u16, word: &str) -> Arc<Self> {
        self.says(status, &refusal(status, word))
    }

    pub(crate) fn fails(self: &Arc<Self>, error: TransportError) -> Arc<Self> {
        self.script.lock().unwrap().push_back(Err(error));
        Arc::clone(self)
    }

    pub(crate) fn client(self: &Arc<Self>) -> Client {
        let entropy = self.entropy.clone();
        let io = Io { transport: Arc::clone(self) as _, clock: Arc::clone(self) as _, entropy };
        Client::new(io, Endpoints::public(), Credentials::new(KEY.0, KEY.1))
    }

    pub(crate) fn vpc(self: &Arc<Self>) -> Vpc {
        self.client().vpc(&"cn-north-1".parse().unwrap())
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

    fn check_signature(&self, parts: &Parts, body: &[u8]) {
        let claim = cloud_signing::jdcloud::Claim::read(parts).unwrap();
        claim.verify(parts, body, &SecretString::from(KEY.1)).unwrap();
        assert_eq!((claim.access_key_id(), claim.timestamp()), (KEY.0, self.now()));
        assert_eq!((claim.scope().region, claim.scope().service), ("cn-north-1", "vpc"));
        let nonce = claim.nonce().expect("a nonce").to_owned();
        assert!(self.nonces.lock().unwrap().insert(nonce), "the nonce was used before");
        let authorization = parts.headers["authorization"].to_str().unwrap();
        let signed = "SignedHeaders=content-type;host;x-jdcloud-date;x-jdcloud-nonce,";
        assert!(authorization.contains(signed), "date and nonce are signed: {authorization}");
        assert!(!parts.uri.path().contains(':'), "the colon goes encoded");
    }
}

impl Clock for Cloud {
    fn now(&self) -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }
}

#[async_trait]
impl Transport for Cloud {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        self.check_signature(&parts, &body);
        let seen = RecordedRequest { parts, body: String::from_utf8(body.to_vec()).unwrap() };
        self.seen.lock().unwrap().push(seen.clone());
        let scripted = self.script.lock().unwrap().pop_front();
        let (status, body) = scripted.unwrap_or_else(|| panic!("nothing was left to say to {seen:?}"))?;
        Ok(Response::builder().status(status).body(Bytes::from(body)).unwrap())
    }
}

/// An error answer.
pub(crate) fn refusal(status: u16, word: &str) -> String {
    format!(r#"{{"requestId":"r-1","error":{{"code":{status},"status":"{word}","message":"the cloud's words"}}}}"#)
}
