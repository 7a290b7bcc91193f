//! The two envelopes of an RPC call.
//!
//! Version 1 has everything among the parameters, in the query, in a form body or in both. ACS3 has action, version and
//! signature in headers, and the business parameters where version 1 has them. Official SDKs speak either, by a switch.

use cloud_signing::{Malformed, Mismatch, acs3, encode, rpc_v1};
use http::request::Parts;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{Params, RpcError};

/// The parameters that belong to the envelope of version 1 rather than to a call.
const PROTOCOL: [&str; 10] = [
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
];

/// What a call says of itself, before anything is proven. It may hold a security token, so it has no `Debug`.
pub struct Envelope {
    /// The operation.
    pub action: String,
    /// The product's version, which tells the product.
    pub version: String,
    /// Business parameters.
    pub params: Params,
    /// Who claims to have signed.
    pub claim: Claim,
}

/// How to write the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// A signature of either version, not proven yet.
pub enum Claim {
    /// `ACS3-HMAC-SHA256`.
    Acs3(acs3::Claim),
    /// `HMAC-SHA1` over all parameters.
    V1(rpc_v1::Claim, Vec<(String, String)>),
}

/// Whether the parameters, in query or form, look like version 1.
pub fn looks_like_v1(parts: &Parts, body: &[u8]) -> bool {
    let pairs = pairs(parts, body);
    let has = |name: &str| pairs.iter().any(|(key, _)| key == name);
    has("Action") && (has("Signature") || has("Version") || has("AccessKeyId"))
}

/// How the answer, even to an unreadable request, is to be written.
pub fn format(parts: &Parts, body: &[u8]) -> Format {
    let is_v1 = !is_acs3(parts);
    let wants_xml = is_v1 && pairs(parts, body).iter().any(|(k, v)| k == "Format" && v.eq_ignore_ascii_case("xml"));
    if wants_xml { Format::Xml } else { Format::Json }
}

impl Envelope {
    /// Reads it from headers, query and form body.
    pub fn read(parts: &Parts, body: &[u8]) -> Result<Self, RpcError> {
        let pairs = pairs(parts, body);
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let param =
            |name: &str| pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, v)| v.clone());
        if is_acs3(parts) {
            let claim = acs3::Claim::read(parts).map_err(refuse_malformed)?;
            let action = header("x-acs-action").ok_or_else(|| RpcError::missing_parameter("x-acs-action"))?;
            let version = header("x-acs-version").ok_or_else(|| RpcError::missing_parameter("x-acs-version"))?;
            return Ok(Self { action, version, params: Params::new(pairs), claim: Claim::Acs3(claim) });
        }
        let action = param("Action").ok_or_else(|| RpcError::missing_parameter("Action"))?;
        let version = param("Version").ok_or_else(|| RpcError::missing_parameter("Version"))?;
        let claim = rpc_v1::Claim::read(&parts.method, &pairs).map_err(refuse_malformed)?;
        let business = pairs.iter().filter(|(name, _)| !PROTOCOL.contains(&name.as_str()) && name != "SecurityToken");
        let params = Params::new(business.cloned());
        Ok(Self { action, version, params, claim: Claim::V1(claim, pairs) })
    }
}

impl Claim {
    /// The key that signed.
    pub fn access_key_id(&self) -> &str {
        match self {
            Self::Acs3(claim) => claim.access_key_id(),
            Self::V1(claim, _) => claim.access_key_id(),
        }
    }

    /// The token that came with it.
    pub fn security_token(&self) -> Option<&str> {
        match self {
            Self::Acs3(claim) => claim.security_token(),
            Self::V1(claim, _) => claim.security_token(),
        }
    }

    /// When it was signed.
    pub fn timestamp(&self) -> Timestamp {
        match self {
            Self::Acs3(claim) => claim.timestamp(),
            Self::V1(claim, _) => claim.timestamp(),
        }
    }

    /// What makes it unlike every other request.
    pub fn nonce(&self) -> &str {
        match self {
            Self::Acs3(claim) => claim.nonce(),
            Self::V1(claim, _) => claim.nonce(),
        }
    }

    /// Whether `secret` made the signature.
    pub fn verify(&self, parts: &Parts, body: &[u8], secret: &SecretString) -> Result<(), Mismatch> {
        match self {
            Self::Acs3(claim) => claim.verify(parts, body, secret),
            Self::V1(claim, pairs) => claim.verify(&parts.method, pairs, secret),
        }
    }
}

/// Whether the `Authorization` header is one of ACS3. New SDKs send `x-acs-action` along with version 1 too.
fn is_acs3(parts: &Parts) -> bool {
    parts.headers.get(http::header::AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"ACS3-"))
}

/// Query and form body as one list of decoded pairs. Unlike elsewhere, `+` means a space here.
fn pairs(parts: &Parts, body: &[u8]) -> Vec<(String, String)> {
    let mut pairs = encode::form_pairs(parts.uri.query().unwrap_or_default());
    let is_form = parts
        .headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded"));
    if is_form && let Ok(text) = std::str::from_utf8(body) {
        pairs.extend(encode::form_pairs(text));
    }
    pairs
}

fn refuse_malformed(malformed: Malformed) -> RpcError {
    match malformed {
        Malformed::MissingParameter(name) | Malformed::MissingHeader(name) => RpcError::missing_parameter(name),
        Malformed::InvalidParameter("Timestamp") | Malformed::InvalidHeader("x-acs-date") => RpcError::bad(
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted: use YYYY-MM-DDThh:mm:ssZ.",
        ),
        other => RpcError::bad(
            "IncompleteSignature",
            format!("The request signature does not conform to Alibaba Cloud standards: {other}."),
        ),
    }
}
