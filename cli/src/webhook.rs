//! A client of the webhook: every request signed afresh, as Standard Webhooks wants it, every answer read as the type of
//! the API.

use std::sync::Arc;

use api::Page;
use api::connections::{Connection, Summary};
use api::delivery;
use api::problem::Problem;
use api::route::LARGEST_LIMIT;
use bytes::Bytes;
use cloud_signing::webhook::{self, Secret};
use connection::words::ConnectionName;
use http::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use transport::Io;

/// Speaks to the webhook API. Cheap to clone.
#[derive(Clone)]
pub struct Webhook {
    url: String,
    secret: Arc<Secret>,
    io: Io,
}

/// The webhook did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("the webhook does not answer")]
    Transport(#[from] transport::TransportError),
    #[error("the request cannot be built")]
    Request(#[from] http::Error),
    #[error("the webhook refused (HTTP {}): {}", .0.status, in_words(.0))]
    Refused(Box<Problem>),
    /// It refused without a problem that can be read: something else answered in its place.
    #[error("the webhook refused (HTTP {}) and gave no reason; check its address", .0.as_u16())]
    RefusedWithoutProblem(StatusCode),
    #[error("the webhook's answer cannot be parsed")]
    Answer(#[from] serde_json::Error),
}

impl Webhook {
    /// A client of the webhook at `url`, the address before `/v1`.
    #[must_use]
    pub fn new(url: String, secret: Arc<Secret>, io: Io) -> Self {
        Self { url, secret, io }
    }

    /// Its address, before `/v1`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The outside world.
    #[must_use]
    pub fn io(&self) -> &Io {
        &self.io
    }

    /// One signed request, whatever the answer.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response<Bytes>, WebhookError> {
        let id = delivery::id(&self.io.entropy.nonce(), &method, path);
        let now = self.io.clock.now();
        let signature = webhook::sign(&self.secret, &id, now, body.as_bytes());
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("content-type", "application/json")
            .header(webhook::ID, id)
            .header(webhook::TIMESTAMP, now.as_second().to_string())
            .header(webhook::SIGNATURE, signature);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::from(body.to_owned()))?;
        Ok(self.io.transport.send(request).await?)
    }

    /// One signed request, whose answer is read.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<T, WebhookError> {
        let response = self.done(method, path, headers, body).await?;
        Ok(serde_json::from_slice(response.body())?)
    }

    async fn done(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response<Bytes>, WebhookError> {
        let response = self.send(method, path, headers, body).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(serde_json::from_slice(response.body()).map_or_else(
            |_| WebhookError::RefusedWithoutProblem(response.status()),
            |problem| WebhookError::Refused(Box::new(problem)),
        ))
    }

    /// What is at `path`, word for word, and its entity tag.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn text(&self, path: &str) -> Result<(String, Option<String>), WebhookError> {
        let response = self.done(Method::GET, path, &[], "").await?;
        let tag = response.headers().get(http::header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok((String::from_utf8_lossy(response.body()).into_owned(), tag))
    }

    /// Puts a text in the place of another one, word for word, on a condition: the header `if-match` or `if-none-match`.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn replace_text<T: DeserializeOwned>(
        &self,
        path: &str,
        condition: (&str, &str),
        text: &str,
    ) -> Result<T, WebhookError> {
        self.ask(Method::PUT, path, &[condition], text).await
    }

    /// What is at `path`.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, WebhookError> {
        self.ask(Method::GET, path, &[], "").await
    }

    /// A POST without a body.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, WebhookError> {
        self.ask(Method::POST, path, &[], "").await
    }

    /// Sends a document.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn submit<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        document: &impl Serialize,
    ) -> Result<T, WebhookError> {
        self.ask(method, path, &[], &serde_json::to_string(document)?).await
    }

    /// Puts a document in the place of another one, on a condition: the header `if-match` or `if-none-match`.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn replace<T: DeserializeOwned>(
        &self,
        path: &str,
        condition: (&str, &str),
        document: &impl Serialize,
    ) -> Result<T, WebhookError> {
        self.replace_text(path, condition, &serde_json::to_string(document)?).await
    }

    /// Creates a connection. The same `key` with the same spec creates it once.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn create(&self, spec: &impl Serialize, key: &str) -> Result<Summary, WebhookError> {
        let body = serde_json::to_string(spec)?;
        self.ask(Method::POST, "/v1/connections", &[("idempotency-key", key)], &body).await
    }

    /// One connection, with its history.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn connection(&self, name: &ConnectionName) -> Result<Connection, WebhookError> {
        self.get(&format!("/v1/connections/{name}")).await
    }

    /// Every connection.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn connections(&self) -> Result<Vec<Summary>, WebhookError> {
        self.list("/v1/connections", "", usize::MAX).await
    }

    /// The first `most` items of a list, page by page; `query` narrows it, and begins with `&` unless it is empty.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &str,
        most: usize,
    ) -> Result<Vec<T>, WebhookError> {
        let mut found = Vec::new();
        let mut after = String::new();
        while found.len() < most {
            let limit = LARGEST_LIMIT.min(most - found.len());
            let page: Page<T> = self.get(&format!("{path}?limit={limit}{query}{after}")).await?;
            found.extend(page.items);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        Ok(found)
    }
}

/// A problem in words.
#[must_use]
pub fn in_words(problem: &Problem) -> String {
    let mut words = strict::escaped(&format!("{}. {}", problem.title, problem.detail));
    for error in &problem.errors {
        words.push_str(&format!("\n  {error}"));
    }
    words
}
