//! Answers: JSON, and problem+json (RFC 9457) for requests that are refused.

use api::problem::{Problem, ProblemKind};
use api::route::RouteError;
use bytes::Bytes;
use connection::problem::Problem as FieldError;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// When to come back after something behind the webhook did not answer, in seconds.
const UNAVAILABLE_SECONDS: u64 = 5;

/// An answer that says what went wrong and what to do about it.
#[derive(Debug)]
pub struct Refusal {
    kind: ProblemKind,
    detail: String,
    errors: Vec<FieldError>,
    /// A header that only this answer has.
    header: Option<(&'static str, String)>,
}

impl Refusal {
    fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), header: None }
    }

    /// Whoever is refused is told no more than fits into an answer, wherever the errors are from.
    fn with(self, errors: Vec<FieldError>) -> Self {
        Self { errors: strict::bounded(errors), ..self }
    }

    fn header(self, name: &'static str, value: impl ToString) -> Self {
        Self { header: Some((name, value.to_string())), ..self }
    }

    /// 401: an unknown sender, or a request that was seen before.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unauthorized, detail).header("www-authenticate", "Bearer")
    }

    /// 403: the caller may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Forbidden, detail)
    }

    /// 400: the body cannot be read.
    pub fn malformed(detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        Self::new(ProblemKind::Malformed, detail).with(errors)
    }

    /// 400: a parameter or a header cannot be read.
    pub fn bad_parameter(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::BadParameter, detail)
    }

    /// 422: it can be read, and cannot be done.
    pub fn impossible(detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        Self::new(ProblemKind::Impossible, detail).with(errors)
    }

    /// 422: an idempotency key came again with another body.
    pub fn key_reused() -> Self {
        let detail = "the caller used this Idempotency-Key with another body; use a new key for a new request";
        Self::new(ProblemKind::KeyReused, detail)
    }

    /// 409: the state does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Conflict, detail)
    }

    /// 412: at `path` there is another version than the request names, the one of this hash or none.
    pub fn precondition_failed(path: &str, in_force: Option<&str>) -> Self {
        let Some(hash) = in_force else {
            return Self::new(
                ProblemKind::PreconditionFailed,
                format!("there is nothing at {path} yet; PUT this one with If-None-Match: *"),
            );
        };
        let detail = format!(
            "there is another version, with the hash {hash}; GET {path}, carry its changes over, then PUT with If-Match: \"{hash}\""
        );
        Self::new(ProblemKind::PreconditionFailed, detail).header("etag", format!("\"{hash}\""))
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        Self::new(ProblemKind::TooLarge, format!("a body may have at most {limit} bytes"))
    }

    /// 429.
    pub fn too_many(retry_after_seconds: u64) -> Self {
        let detail = "too many requests; come back after the time in Retry-After";
        Self::new(ProblemKind::TooManyRequests, detail).header("retry-after", retry_after_seconds)
    }

    /// 503: something behind the webhook does not answer. Nothing was changed, or trying again is safe.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unavailable, detail).header("retry-after", UNAVAILABLE_SECONDS)
    }

    /// What it says.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem { errors: self.errors.clone(), ..Problem::new(self.kind, self.detail.clone()) }
    }

    /// The HTTP answer.
    pub fn into_response(self) -> Response<Bytes> {
        let problem = self.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = json_response(status, &problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::try_from(value)
        {
            headers.insert(name, value);
        }
        response
    }
}

impl From<RouteError> for Refusal {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::NotFound(detail) => Self::not_found(detail),
            RouteError::MethodNotAllowed { allow } => {
                let detail = format!("this path takes {allow}; see /openapi.json");
                Self::new(ProblemKind::MethodNotAllowed, detail).header("allow", allow)
            }
            RouteError::BadParameter(detail) => Self::bad_parameter(detail),
            RouteError::NoDryRun(detail) => Self::new(ProblemKind::NoDryRun, detail),
        }
    }
}

/// A JSON answer.
///
/// # Panics
/// Never: answers are plain data.
pub fn json_response(status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
    let text = serde_json::to_vec(body).expect("an answer is plain data and always serialises");
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A JSON answer that leads to what was begun.
pub fn begun(body: &impl Serialize, location: &str) -> Response<Bytes> {
    let mut response = json_response(StatusCode::ACCEPTED, body);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
