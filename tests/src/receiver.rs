//! Those who are told of events: a webhook, and the robots of DingTalk and Feishu.
//!
//! Each checks the signature of its scheme as the real one does, and answers as the real one does: robots say 200 to everything
//! and mean what stands in the body. What does not verify is refused and remembered as refused.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_signing::webhook::{self, Secret};
use cloud_signing::{dingtalk, feishu};
use http::{HeaderMap, Request, Response, StatusCode};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use transport::{Clock, Transport, TransportError};

/// How old a webhook's signature may be.
const TOLERANCE: Duration = Duration::from_secs(300);

/// What a receiver speaks, and the secret that it shares with the sender.
pub enum Speaks {
    /// Standard Webhooks.
    Webhook(Secret),
    /// As DingTalk's custom robots.
    Dingtalk(SecretString),
    /// As Feishu's custom bots.
    Feishu(SecretString),
}

/// What a receiver does with one request whose signature fits.
#[derive(Debug, Clone)]
pub enum Mood {
    /// It does not take it, with this status, and perhaps asks for this many seconds of patience.
    Fails(u16, Option<u64>),
    /// It answers 200 and means this, as robots do.
    Means(Value),
    /// It takes it, and its answer gets lost.
    TakesAndFails,
}

/// Something that a receiver took.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The id in the header of a webhook.
    pub id: Option<String>,
    /// The body.
    pub body: Value,
    /// When it came.
    pub at: Timestamp,
}

impl Letter {
    /// All that a CloudEvent tells.
    #[must_use]
    pub fn data(&self) -> notice::Data {
        crate::read(self.body["data"].clone())
    }
}

#[derive(Default)]
struct State {
    taken: Vec<Letter>,
    refused: Vec<String>,
    tried: Vec<Timestamp>,
    moods: VecDeque<Mood>,
}

/// Somebody who is told.
pub struct Receiver {
    speaks: Speaks,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Receiver {
    /// A receiver that goes by `clock`.
    #[must_use]
    pub fn new(speaks: Speaks, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { speaks, clock, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it does with the next requests; after that it takes everything.
    pub fn is_in(&self, moods: impl IntoIterator<Item = Mood>) {
        self.state().moods = moods.into_iter().collect();
    }

    /// What it took.
    #[must_use]
    pub fn taken(&self) -> Vec<Letter> {
        self.state().taken.clone()
    }

    /// The types of the CloudEvents that it took, in order.
    #[must_use]
    pub fn types(&self) -> Vec<String> {
        let text = |letter: &Letter| letter.body["type"].as_str().unwrap_or_default().to_owned();
        self.taken().iter().map(text).collect()
    }

    /// When somebody tried to tell it something, with a signature that fits.
    #[must_use]
    pub fn tried(&self) -> Vec<Timestamp> {
        self.state().tried.clone()
    }

    /// Why it did not let somebody in.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        self.state().refused.clone()
    }

    /// Handles one request. `None` when no answer comes back.
    pub fn receive(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let now = self.clock.now();
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let id = match self.admit(request, &body, now) {
            Ok(id) => id,
            Err(why) => {
                self.state().refused.push(why.clone());
                return Some(match self.speaks {
                    Speaks::Webhook(_) => answer(401, &json!({"refused": why})),
                    Speaks::Dingtalk(_) => answer(200, &json!({"errcode": 310_000, "errmsg": "sign not match"})),
                    Speaks::Feishu(_) => answer(200, &json!({"code": 19_021, "msg": "sign match fail", "data": {}})),
                });
            }
        };
        let mut state = self.state();
        state.tried.push(now);
        let letter = Letter { id, body, at: now };
        match state.moods.pop_front() {
            Some(Mood::Fails(status, after)) => {
                let mut failure = answer(status, &json!({}));
                let seconds = after.map(|seconds| (http::header::RETRY_AFTER, seconds.into()));
                failure.headers_mut().extend(seconds);
                Some(failure)
            }
            Some(Mood::Means(meaning)) => Some(answer(200, &meaning)),
            Some(Mood::TakesAndFails) => {
                state.taken.push(letter);
                None
            }
            None => {
                state.taken.push(letter);
                Some(match self.speaks {
                    Speaks::Webhook(_) => answer(204, &Value::Null),
                    Speaks::Dingtalk(_) => answer(200, &json!({"errcode": 0, "errmsg": "ok"})),
                    Speaks::Feishu(_) => answer(200, &json!({"code": 0, "msg": "success", "data": {}})),
                })
            }
        }
    }

    fn admit(&self, request: &Request<Bytes>, body: &Value, now: Timestamp) -> Result<Option<String>, String> {
        let is = |headers: &HeaderMap, kind: &str| {
            let given = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
            if given.starts_with(kind) { Ok(()) } else { Err(format!("content-type {given:?}")) }
        };
        let text = |name: &str| body[name].as_str().map(str::to_owned).ok_or(format!("{name} is no text"));
        match &self.speaks {
            Speaks::Webhook(secret) => {
                is(request.headers(), "application/cloudevents+json")?;
                let verified =
                    webhook::verify(std::slice::from_ref(secret), request.headers(), request.body(), now, TOLERANCE)
                        .map_err(|refused| refused.to_string())?;
                if body["specversion"] != "1.0" || body["id"] != verified.id.as_str() {
                    return Err(format!("no CloudEvent of this id: {body}"));
                }
                Ok(Some(verified.id))
            }
            Speaks::Dingtalk(secret) => {
                is(request.headers(), "application/json")?;
                let query = request.uri().query().unwrap_or_default();
                dingtalk::verify(std::slice::from_ref(secret), query, now, dingtalk::TOLERANCE)
                    .map_err(|refused| refused.to_string())?;
                let well_formed = body["msgtype"] == "markdown" && body["markdown"]["text"].is_string();
                if well_formed { Ok(None) } else { Err(format!("no message of a robot: {body}")) }
            }
            Speaks::Feishu(secret) => {
                is(request.headers(), "application/json")?;
                let (timestamp, sign) = (text(feishu::TIMESTAMP)?, text(feishu::SIGN)?);
                feishu::verify(std::slice::from_ref(secret), &timestamp, &sign, now, feishu::TOLERANCE)
                    .map_err(|refused| refused.to_string())?;
                let well_formed = body["msg_type"] == "post" && body["content"]["post"].is_object();
                if well_formed { Ok(None) } else { Err(format!("no message of a bot: {body}")) }
            }
        }
    }
}

fn answer(status: u16, body: &Value) -> Response<Bytes> {
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let mut response = Response::new(bytes);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status of HTTP");
    response
}

/// Receivers by their hosts, in a world without sockets.
#[derive(Default)]
pub struct Receivers(Mutex<BTreeMap<String, Arc<Receiver>>>);

impl Receivers {
    /// Lets `receiver` be found at `host`.
    pub fn add(&self, host: &str, receiver: Arc<Receiver>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), receiver);
    }

    fn at(&self, host: &str) -> Option<Arc<Receiver>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }
}

/// The cloud, and receivers beside it.
pub struct Outside<T> {
    /// The cloud.
    pub cloud: T,
    /// Who else can be reached.
    pub receivers: Arc<Receivers>,
}

#[async_trait]
impl<T: Transport> Transport for Outside<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        match self.receivers.at(&host) {
            Some(receiver) => receiver
                .receive(&request)
                .ok_or(TransportError::NoAnswer { host, reason: "the answer was lost".to_owned() }),
            None => self.cloud.send(request).await,
        }
    }
}

/// A receiver on a port of the loopback interface.
pub struct Listening {
    /// Its address, `http://127.0.0.1:PORT`.
    pub address: String,
    server: tokio::task::JoinHandle<()>,
}

impl Listening {
    /// Lets `receiver` listen.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start(receiver: Arc<Receiver>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let app = axum::Router::new().fallback(async move |request: axum::extract::Request| {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
            let heard = receiver.receive(&Request::from_parts(parts, body));
            // No way to say nothing: the sender hears what a broken gateway says.
            heard.unwrap_or_else(|| answer(502, &json!({}))).map(axum::body::Body::from)
        });
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { address, server }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.server.abort();
    }
}
