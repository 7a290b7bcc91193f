//! Errors as problem+json (RFC 9457).

use bytes::Bytes;
use connection::problem::Problem;
use http::{Response, StatusCode, header};
use serde_json::{Value, json};

/// An answer that says what went wrong and what to do about it.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    /// The last part of the problem's type URI.
    slug: &'static str,
    title: &'static str,
    detail: String,
    problems: Vec<Problem>,
    retry_after_seconds: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, slug: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, slug, title, detail: detail.into(), problems: Vec::new(), retry_after_seconds: None }
    }

    /// 401: nobody we know, or a request seen before.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "The request is not authenticated", detail)
    }

    /// 400: the body or a parameter does not read.
    pub fn malformed(detail: impl Into<String>, problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::new(StatusCode::BAD_REQUEST, "malformed", "The request does not read", detail) }
    }

    /// 422: it reads, and cannot be done.
    pub fn impossible(detail: impl Into<String>, problems: Vec<Problem>) -> Self {
        let plain =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "impossible", "The request cannot be carried out", detail);
        Self { problems, ..plain }
    }

    /// 422: an idempotency key came again with another body.
    pub fn key_reused() -> Self {
        let detail = "this Idempotency-Key was used with another body; use a new key for a new request";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", "The idempotency key was used before", detail)
    }

    /// 409: the connection's state does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "The connection's state does not allow this", detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing here", detail)
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        let detail = "see /openapi.json for what can be asked";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This path does not know the method", detail)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("a body may have at most {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail)
    }

    /// 429.
    pub fn too_many(retry_after_seconds: u64) -> Self {
        let detail = "too many requests; come back after the time in Retry-After";
        let plain = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests", detail);
        Self { retry_after_seconds: Some(retry_after_seconds), ..plain }
    }

    /// 503: something behind the webhook does not answer. Nothing was changed, or trying again is safe.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        let plain = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again", detail);
        Self { retry_after_seconds: Some(5), ..plain }
    }

    /// The HTTP answer.
    pub fn into_response(self) -> Response<Bytes> {
        let mut body = json!({
            "type": format!("urn:causeway:problem:{}", self.slug),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if !self.problems.is_empty() {
            body["errors"] = json!(self.problems);
        }
        let mut response = json_response(self.status, &body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A JSON answer.
pub fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}
