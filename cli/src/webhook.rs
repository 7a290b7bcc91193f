//! A client of the webhook: every request signed afresh, as Standard Webhooks wants it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;
use signing::webhook::{self, Secret};
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
    /// No answer.
    #[error("the webhook does not answer")]
    Transport(#[from] transport::TransportError),
    /// The request could not be built.
    #[error("the request cannot be built")]
    Request(#[from] http::Error),
    /// It answered with a problem.
    #[error("the webhook refused (HTTP {}): {detail}", status.as_u16())]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// The problem's title, detail and errors in words.
        detail: String,
    },
    /// It answered with something that is no JSON.
    #[error("the webhook's answer is not JSON")]
    Answer(#[from] serde_json::Error),
}

impl Webhook {
    /// A client of the webhook at `url`, the address before `/v1`.
    #[must_use]
    pub fn new(url: String, secret: Arc<Secret>, io: Io) -> Self {
        Self { url, secret, io }
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
        let id = format!("msg_{}", self.io.entropy.nonce());
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

    /// One signed request whose answer must be a success.
    ///
    /// # Errors
    /// When no answer comes, or a refusal.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Value, WebhookError> {
        let response = self.send(method, path, headers, body).await?;
        let value: Value = serde_json::from_slice(response.body())?;
        if response.status().is_success() {
            return Ok(value);
        }
        Err(WebhookError::Refused { status: response.status(), detail: words(&value) })
    }
}

/// A problem document in words.
fn words(problem: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut words = format!("{}. {}", text(&problem["title"]), text(&problem["detail"]));
    for error in problem["errors"].as_array().into_iter().flatten() {
        words.push_str(&format!("\n  {}: {}", text(&error["pointer"]), text(&error["detail"])));
    }
    words
}
