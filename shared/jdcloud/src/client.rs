//! The one way out: every call is signed, sent once and judged here.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use cloud_signing::Credentials;
use cloud_signing::jdcloud::{Scope, Variant};
use cloud_wire::lenient;
use http::{Request, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use transport::Io;

use crate::answer::Answer;
use crate::endpoint::Endpoints;
use crate::error::Error;
use crate::region::Region;
use crate::request::UnsignedRequest;
use crate::vpc::Vpc;

const USER_AGENT: &str = concat!("causeway/", env!("CARGO_PKG_VERSION"));
/// What signatures call the product.
const SERVICE: &str = "vpc";

/// Calls JD Cloud with the key of one account. Cheap to clone.
///
/// # Guarantees
/// Each call sends at most one request. It never retries and never sleeps: the caller knows what a repeat would do.
#[derive(Clone)]
pub struct Client {
    io: Io,
    endpoints: Arc<Endpoints>,
    credentials: Arc<Credentials>,
    variant: Variant,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that reaches the cloud through `io` at `endpoints` and signs with `credentials`, by JDCLOUD2: the variant
    /// that the cloud documents.
    #[must_use]
    pub fn new(io: Io, endpoints: Endpoints, credentials: Credentials) -> Self {
        let (endpoints, credentials) = (Arc::new(endpoints), Arc::new(credentials));
        Self { io, endpoints, credentials, variant: Variant::Jdcloud2 }
    }

    /// The same client with the other signature. The cloud's maintained SDKs use both.
    #[must_use]
    pub fn signing_by(self, variant: Variant) -> Self {
        Self { variant, ..self }
    }

    /// Virtual private clouds in `region`.
    #[must_use]
    pub fn vpc(&self, region: &Region) -> Vpc {
        Vpc::new(self.clone(), region.clone())
    }

    /// Signs a request, sends it once, and reads the result of its answer; null where the answer has none. How it ended is a line of
    /// the log.
    pub(crate) async fn call<A: DeserializeOwned>(&self, region: &Region, asked: UnsignedRequest) -> Result<A, Error> {
        let call = asked.call;
        let ended = self.call_once(region, asked).await;
        cloud_error::log(call, Some(region), ended.as_ref().err(), || ended.as_ref().ok()?.0.clone());
        ended.map(|(_, result)| result)
    }

    async fn call_once<A: DeserializeOwned>(
        &self,
        region: &Region,
        asked: UnsignedRequest,
    ) -> Result<(Option<String>, A), Error> {
        let call = asked.call;
        let request = self.request(region, asked)?;
        let answer = self.io.transport.send(request).await;
        let response = cloud_error::received(call, Some(region), answer)?;
        let status = response.status();
        let malformed =
            |request_id, reason: &dyn fmt::Display| Error::malformed(call, Some(region), status, request_id, reason);
        match Answer::read(status, response.headers(), response.body()) {
            Answer::Success { request_id, result } => match lenient::from_value(result) {
                Ok(result) => Ok((request_id, result)),
                Err(error) => Err(malformed(request_id, &error)),
            },
            Answer::Nonsense { request_id, reason } => Err(malformed(request_id, &reason)),
            Answer::Refused(refusal) => Err(Error::answer(call, Some(region), refusal, &self.credentials)),
        }
    }

    fn request(&self, region: &Region, asked: UnsignedRequest) -> Result<Request<Bytes>, Error> {
        let call = asked.call;
        let wrong = |reason: &dyn fmt::Display| Error::request(call, Some(region), reason);
        if asked.lacks_id {
            return Err(wrong(&"the id of the thing it is about is empty"));
        }
        let query = cloud_signing::encode::query(asked.query);
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("{}/v1/regions/{region}{}{mark}{query}", self.endpoints.base(), asked.path);
        let body = asked.body.as_ref().map(Value::to_string).unwrap_or_default();
        let request =
            Request::builder().method(asked.method).uri(uri).header(header::USER_AGENT, USER_AGENT).body(body);
        let (mut parts, body) = request.map_err(|error| wrong(&error))?.into_parts();
        let scope = Scope { region: region.as_str(), service: SERVICE };
        let (now, nonce) = (self.io.clock.now(), self.nonce());
        cloud_signing::jdcloud::sign(&mut parts, body.as_bytes(), self.variant, scope, &self.credentials, now, &nonce)
            .map_err(|error| wrong(&error))?;
        Ok(Request::from_parts(parts, Bytes::from(body)))
    }

    /// A UUID of version 4, which is what every official client sends.
    fn nonce(&self) -> String {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.io.entropy.next_u64().to_be_bytes());
        bytes[8..].copy_from_slice(&self.io.entropy.next_u64().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

/// An answer of `call` that contradicts what was asked.
pub(crate) fn contradiction(call: crate::Call, region: &Region, reason: &str) -> Error {
    Error::malformed(call, Some(region), StatusCode::OK, None, reason)
}

#[cfg(test)]
mod tests;
