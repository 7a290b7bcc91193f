//! The HTTP trigger of the *built-in* runtimes, which wraps the request into an event.
//!
//! A custom runtime needs none of this: there the request itself arrives, and the response is an HTTP response.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize, Serializer};

use crate::lenient;

/// An HTTP request. Headers and query parameters that occur more than once come as one, joined by commas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequestEvent {
    /// The version of this format: `v1`.
    #[serde(default)]
    pub version: String,
    /// The path as the client sent it.
    pub raw_path: String,
    /// The body: base64 if [`is_base64_encoded`](Self::is_base64_encoded). [`body_bytes`](Self::body_bytes) reads both.
    #[serde(default, deserialize_with = "lenient::string")]
    pub body: String,
    /// Whether the body is base64.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_base64_encoded: bool,
    /// The headers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub headers: BTreeMap<String, String>,
    /// The query, decoded.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub query_parameters: BTreeMap<String, String>,
    /// Where the request came from and through.
    pub request_context: RequestContext,
}

/// Where a request came from and through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// The account that owns the function.
    #[serde(default, deserialize_with = "lenient::string")]
    pub account_id: String,
    /// The host the client called.
    #[serde(default)]
    pub domain_name: String,
    /// Its first label.
    #[serde(default)]
    pub domain_prefix: String,
    /// The trigger. FC 2.0 does not send it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional_string")]
    pub trigger_id: Option<String>,
    /// The request line and the client.
    pub http: HttpContext,
    /// The id of the request, as in the response's `X-Fc-Request-Id`.
    #[serde(default, deserialize_with = "lenient::string")]
    pub request_id: String,
    /// When the request arrived, as RFC 3339 text.
    #[serde(default)]
    pub time: String,
    /// The same in milliseconds since 1970. A text on the wire.
    #[serde(default, deserialize_with = "lenient::integer", serialize_with = "as_text")]
    pub time_epoch: i64,
}

/// The request line and the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpContext {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// `HTTP/1.1`.
    #[serde(default)]
    pub protocol: String,
    /// The client's address.
    #[serde(default)]
    pub source_ip: String,
    /// The client's name for itself.
    #[serde(default)]
    pub user_agent: String,
}

/// The answer to an [`HttpRequestEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponseEvent {
    /// The HTTP status.
    pub status_code: u16,
    /// The headers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub headers: BTreeMap<String, String>,
    /// Whether [`body`](Self::body) is base64.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_base64_encoded: bool,
    /// The body.
    #[serde(default, deserialize_with = "lenient::string")]
    pub body: String,
}

impl HttpRequestEvent {
    /// The body's bytes, decoded if it is base64.
    ///
    /// # Errors
    /// When the body should be base64 and is not.
    pub fn body_bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        if self.is_base64_encoded { STANDARD.decode(&self.body) } else { Ok(self.body.clone().into_bytes()) }
    }
}

fn as_text<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}
