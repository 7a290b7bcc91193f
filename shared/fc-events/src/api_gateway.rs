//! API Gateway in front of a function.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::lenient;

/// A request that the gateway passes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGatewayRequest {
    /// The path.
    pub path: String,
    /// The method.
    pub http_method: String,
    /// The headers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub headers: BTreeMap<String, String>,
    /// The query, decoded.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub query_parameters: BTreeMap<String, String>,
    /// What stands in place of the parameters of the API's path.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub path_parameters: BTreeMap<String, String>,
    /// The body: base64 if [`is_base64_encoded`](Self::is_base64_encoded). [`body_bytes`](Self::body_bytes) reads both.
    #[serde(default, deserialize_with = "lenient::string")]
    pub body: String,
    /// Whether the body is base64. The documentation writes a text, so text and flag are both read.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_base64_encoded: bool,
}

/// The answer to an [`ApiGatewayRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGatewayResponse {
    /// Whether [`body`](Self::body) is base64.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_base64_encoded: bool,
    /// The HTTP status.
    #[serde(deserialize_with = "status")]
    pub status_code: u16,
    /// The headers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default, deserialize_with = "lenient::string")]
    pub body: String,
}

impl ApiGatewayRequest {
    /// The body's bytes, decoded if it is base64.
    ///
    /// # Errors
    /// When the body should be base64 and is not.
    pub fn body_bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        if self.is_base64_encoded { STANDARD.decode(&self.body) } else { Ok(self.body.clone().into_bytes()) }
    }
}

fn status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let number = lenient::integer(deserializer)?;
    u16::try_from(number).map_err(|_| serde::de::Error::custom("expected an HTTP status"))
}
