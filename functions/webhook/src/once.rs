//! The same signed request again gets the answer that it got first.
//!
//! A sender of Standard Webhooks repeats a request under the same id until it hears an answer. The answer is kept after the work,
//! so a request that could not be carried out may come again. Who dies between the work and keeping the answer has the work
//! done again: every operation finds what it did, and a connection is created once by its id.

use bytes::Bytes;
use engine::services::Services;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::Claim;

use crate::gate::{Admitted, unavailable};
use crate::problem_json::Refusal;

/// The largest body of an answer that is kept, in bytes.
const LARGEST_KEPT: usize = 64 * 1024;

/// What a request was answered.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// SHA-256 of method, target and body.
    request: String,
    status: u16,
    headers: Vec<(String, String)>,
    /// None where it was too large to keep.
    body: Option<String>,
}

impl Kept {
    fn of(request: &Request<Bytes>, response: &Response<Bytes>) -> Self {
        let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
        let headers = response.headers().iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
        let body = Some(response.body()).filter(|body| body.len() <= LARGEST_KEPT);
        Self {
            request: digest(request),
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: body.and_then(|body| String::from_utf8(body.to_vec()).ok()),
        }
    }

    fn into_response(self) -> Option<Response<Bytes>> {
        let mut response = Response::new(Bytes::from(self.body?));
        *response.status_mut() = StatusCode::from_u16(self.status).ok()?;
        for (name, value) in self.headers {
            response.headers_mut().insert(name.parse::<HeaderName>().ok()?, value.parse().ok()?);
        }
        Some(response)
    }
}

/// Answers a request by `work`, or with what it was answered before.
///
/// # Errors
/// The refusal to answer with.
pub async fn answered(
    services: &Services,
    admitted: &Admitted,
    request: &Request<Bytes>,
    work: impl Future<Output = Result<Response<Bytes>, Refusal>>,
) -> Result<Response<Bytes>, Refusal> {
    let (Some(id), caller) = (&admitted.id, admitted.caller.name()) else { return work.await };
    if let Some(before) = services.store.answer(caller, id, services.io.clock.now()).await.map_err(unavailable)? {
        return again(&before, request);
    }
    let response = work.await.unwrap_or_else(Refusal::into_response);
    // What was not carried out may come again.
    if response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
        return Ok(response);
    }
    let kept =
        serde_json::to_string(&Kept::of(request, &response)).expect("an answer is plain data and always serialises");
    let now = services.io.clock.now();
    match services.store.keep_answer(caller, id, &kept, now).await.map_err(unavailable)? {
        Claim::Taken => Ok(response),
        // Two copies came at once: both get one answer.
        Claim::TakenBefore(before) => again(&before, request),
    }
}

fn again(before: &str, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let kept: Option<Kept> = serde_json::from_str(before).ok();
    let is_same = kept.as_ref().is_some_and(|kept| kept.request == digest(request));
    kept.filter(|_| is_same).and_then(Kept::into_response).ok_or_else(|| {
        let why = if is_same { "and its answer is too large to be given again" } else { "for another request" };
        Refusal::unauthorized(format!("this webhook-id was used before {why}; sign each request with a new id"))
    })
}

fn digest(request: &Request<Bytes>) -> String {
    let (method, uri) = (request.method(), request.uri());
    let target = uri.path_and_query().map_or(uri.path(), http::uri::PathAndQuery::as_str);
    let mut hash = Sha256::new_with_prefix(format!("{}\n", api::delivery::what(method, target)));
    hash.update(request.body());
    hex::encode(hash.finalize())
}
