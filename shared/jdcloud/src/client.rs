//! The one way out: every call is signed, sent once and judged here.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signing::Credentials;
use signing::jdcloud::{Scope, Variant};
use transport::Io;

use crate::answer::Answer;
use crate::endpoint::Endpoints;
use crate::error::Error;
use crate::region::Region;
use crate::request::UnsignedRequest;
use crate::vpc::Vpc;

/// No answer of this product comes near this size; a bigger one is not read.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;
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

    /// Signs a request, sends it once, and reads the result of its answer; null where the answer has none.
    pub(crate) async fn call<A: DeserializeOwned>(&self, region: &Region, asked: UnsignedRequest) -> Result<A, Error> {
        let call = asked.call;
        let request = self.request(region, asked)?;
        let answer = self.io.transport.send(request).await;
        let response = answer.map_err(|error| Error::transport(call, region, error))?;
        let status = response.status();
        tracing::debug!(product = SERVICE, %call, %region, %status, "called");
        let malformed =
            |request_id, reason: &dyn fmt::Display| Error::malformed(call, region, status, request_id, reason);
        if response.body().len() > ANSWER_LIMIT {
            return Err(malformed(None, &"it is too big to be an answer of this call"));
        }
        match Answer::read(status, response.headers(), response.body()) {
            Answer::Success { request_id, result } => {
                serde_json::from_value(result).map_err(|error| malformed(request_id, &error))
            }
            Answer::Nonsense { request_id, reason } => Err(malformed(request_id, &reason)),
            Answer::Refused(mut refusal) => {
                // A gateway may quote the request. Whatever of it is secret goes.
                refusal.message = refusal.message.map(|message| without_secrets(message, &self.credentials));
                Err(Error::refused(call, region, refusal))
            }
        }
    }

    fn request(&self, region: &Region, asked: UnsignedRequest) -> Result<Request<Bytes>, Error> {
        let call = asked.call;
        let wrong = |reason: &dyn fmt::Display| Error::request(call, region, reason);
        if asked.lacks_id {
            return Err(wrong(&"the id of the thing it is about is empty"));
        }
        let query = signing::encode::query(asked.query);
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("{}/v1/regions/{region}{}{mark}{query}", self.endpoints.base(), asked.path);
        let body = asked.body.as_ref().map(Value::to_string).unwrap_or_default();
        let request =
            Request::builder().method(asked.method).uri(uri).header(header::USER_AGENT, USER_AGENT).body(body);
        let (mut parts, body) = request.map_err(|error| wrong(&error))?.into_parts();
        let scope = Scope { region: region.as_str(), service: SERVICE };
        let (now, nonce) = (self.io.clock.now(), self.nonce());
        signing::jdcloud::sign(&mut parts, body.as_bytes(), self.variant, scope, &self.credentials, now, &nonce)
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

impl Error {
    /// An answer of `call` that contradicts what was asked.
    pub(crate) fn contradiction(call: crate::Call, region: &Region, reason: &str) -> Self {
        Self::malformed(call, region, StatusCode::OK, None, &reason)
    }
}

fn without_secrets(message: String, credentials: &Credentials) -> String {
    let secrets = [Some(&credentials.access_key_secret), credentials.security_token.as_ref()];
    let texts = secrets.into_iter().flatten().map(ExposeSecret::expose_secret).filter(|text| !text.is_empty());
    texts.fold(message, |message, secret| {
        message.replace(secret, "[hidden]").replace(&signing::encode::component(secret), "[hidden]")
    })
}

#[cfg(test)]
mod tests;
