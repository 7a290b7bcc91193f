//! The one way out: every call is signed, sent once and judged here.

use std::sync::Arc;

use bytes::Bytes;
use cloud_error::{Answer, CloudCall, Error};
use cloud_signing::{Credentials, SignError};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use transport::{Entropy, Io};

use crate::answer::{from_json, header_request_id};
use crate::credentials::CredentialsProvider;

const USER_AGENT: &str = concat!("causeway/", env!("CARGO_PKG_VERSION"));

/// Sends what it signs with the credentials of one account. Cheap to clone.
///
/// # Guarantees
/// Each call sends one request, or none. It never retries and never sleeps: the caller knows what a repeat would do.
#[derive(Clone)]
pub struct Sender {
    /// Carries the requests, tells the time, makes nonces.
    pub io: Io,
    /// Who signs.
    pub credentials: Arc<dyn CredentialsProvider>,
}

/// What a signature is made with besides the request.
pub struct Moment<'a> {
    /// Who signs.
    pub credentials: &'a Credentials,
    /// The time of the request.
    pub now: Timestamp,
    entropy: &'a dyn Entropy,
}

impl Moment<'_> {
    /// Signs a request of the OpenAPI gateway.
    ///
    /// # Errors
    /// When it has no host, or a value cannot stand in a header.
    pub fn acs3(&self, parts: &mut Parts, body: &[u8], action: &str, version: &str) -> Result<(), SignError> {
        cloud_signing::acs3::sign(parts, body, action, version, self.credentials, self.now, &self.entropy.nonce())
    }
}

impl Sender {
    /// Signs `request` by `sign`, sends it once, and returns the answer if it says success. Of another answer `read` takes
    /// code, message and request id. How it ended is a line of the log.
    ///
    /// # Errors
    /// When there are no credentials, when no answer comes, and when the answer is none of success.
    pub async fn send<C: CloudCall>(
        &self,
        call: C,
        region: Option<&C::Region>,
        request: Request<Bytes>,
        sign: impl FnOnce(&mut Parts, &[u8], Moment<'_>) -> Result<(), SignError>,
        read: impl FnOnce(StatusCode, &[u8]) -> Answer,
    ) -> Result<Response<Bytes>, Error<C>> {
        let ended = self.send_once(call, region, request, sign, read).await;
        cloud_error::log(call, region, ended.as_ref().err(), || request_id(ended.as_ref().ok()?));
        ended
    }

    async fn send_once<C: CloudCall>(
        &self,
        call: C,
        region: Option<&C::Region>,
        request: Request<Bytes>,
        sign: impl FnOnce(&mut Parts, &[u8], Moment<'_>) -> Result<(), SignError>,
        read: impl FnOnce(StatusCode, &[u8]) -> Answer,
    ) -> Result<Response<Bytes>, Error<C>> {
        let credentials = self.credentials.credentials().await.map_err(|why| Error::credentials(call, region, why))?;
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(header::USER_AGENT, header::HeaderValue::from_static(USER_AGENT));
        if body.is_empty() && matches!(parts.method, Method::POST | Method::PUT) {
            // HTTP clients leave it out, and gateways answer 411 to such a request.
            parts.headers.insert(header::CONTENT_LENGTH, header::HeaderValue::from_static("0"));
        }
        let moment = Moment { credentials: &credentials, now: self.io.clock.now(), entropy: &*self.io.entropy };
        sign(&mut parts, &body, moment).map_err(|error| Error::request(call, region, error))?;
        let answer = self.io.transport.send(Request::from_parts(parts, body)).await;
        let response = cloud_error::received(call, region, answer)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let mut answer = read(status, response.body());
        answer.request_id = answer.request_id.or_else(|| header_request_id(response.headers()));
        if answer.code.as_deref().is_some_and(refuses_credentials) {
            self.credentials.refused(&credentials.access_key_id).await;
        }
        Err(Error::answer(call, region, answer, &credentials))
    }
}

/// The cloud's id of a request that succeeded: in a header, or in the answer.
fn request_id(response: &Response<Bytes>) -> Option<String> {
    header_request_id(response.headers()).or_else(|| from_json(response.status(), response.body()).request_id)
}

/// Whether a code says that the access key or its session token is no longer any good.
fn refuses_credentials(code: &str) -> bool {
    code.starts_with("InvalidSecurityToken") || code.starts_with("InvalidAccessKeyId")
}
