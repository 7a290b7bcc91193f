//! `ACS3-HMAC-SHA256`, version 3 of the OpenAPI signature: the one for VPC, ECS, PrivateLink, STS, FC and all newer products.
//!
//! The whole request is covered: method, path, query, the listed headers and the hash of the body. The key is the bare
//! access key secret. Parameters of RPC-style calls stand in the query even for POST, or in a form body.

use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare, mismatch};
use crate::{Credentials, Malformed, Mismatch, MismatchCause, SignError, encode, hash, headers, time};

/// The name of the scheme in the `Authorization` header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

const FORM: &str = "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…";
const CONTENT_SHA256: &str = "x-acs-content-sha256";
const REQUIRED: [&str; 6] =
    ["host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", CONTENT_SHA256];

/// Signs a request in place: sets `host` if missing, the `x-acs-*` protocol headers and `Authorization`.
///
/// Every `x-acs-*` header and `content-type` are signed, so set them before. Signing again, with another `now` and
/// `nonce`, replaces the former signature.
///
/// # Errors
/// [`SignError`] when the request has no host, or a value cannot stand in a header.
pub fn sign(
    parts: &mut Parts,
    body: &[u8],
    action: &str,
    version: &str,
    credentials: &Credentials,
    now: Timestamp,
    nonce: &str,
) -> Result<(), SignError> {
    headers::ensure_host(parts)?;
    let body_hash = hash::sha256_hex(body);
    let map = &mut parts.headers;
    headers::put(map, "x-acs-action", action)?;
    headers::put(map, "x-acs-version", version)?;
    headers::put(map, "x-acs-date", &time::extended(now))?;
    headers::put(map, "x-acs-signature-nonce", nonce)?;
    headers::put(map, CONTENT_SHA256, &body_hash)?;
    headers::put_token(map, "x-acs-security-token", credentials.token())?;

    let mut names = headers::names_with_prefix(map, "x-acs-");
    names.push("host");
    if map.contains_key("content-type") {
        names.push("content-type");
    }
    names.sort_unstable();
    let names = names.join(";");
    let canonical = canonical_request(parts, &names, &body_hash);
    let signature = signature(&string_to_sign(&canonical), credentials.secret());
    let id = &credentials.access_key_id;
    let value = format!("{ALGORITHM} Credential={id},SignedHeaders={names},Signature={signature}");
    headers::put_secret(&mut parts.headers, "authorization", &value)
}

/// What a request says about who signed it, and when. Nothing of it is proven before [`Claim::verify`].
#[derive(Debug, Clone)]
pub struct Claim {
    access_key_id: String,
    security_token: Option<SecretString>,
    timestamp: Timestamp,
    nonce: String,
    signed_headers: String,
    signature: String,
}

claim_accessors!(Claim);

impl Claim {
    /// Reads the claim from the headers.
    ///
    /// The client's own list of signed headers counts, for SDKs sign different ones; but `host` and the protocol headers
    /// must be in it.
    ///
    /// # Errors
    /// [`Malformed`] says which part is missing or unreadable.
    pub fn read(parts: &Parts) -> Result<Self, Malformed> {
        let fields = headers::authorization(&parts.headers, ALGORITHM, FORM)?;
        let field = |name| headers::field(fields, name).ok_or(Malformed::InvalidAuthorization { expected: FORM });
        let (credential, signed_headers, signature) =
            (field("Credential")?, field("SignedHeaders")?.to_ascii_lowercase(), field("Signature")?);
        let date = headers::required(&parts.headers, "x-acs-date")?;
        let nonce = headers::required(&parts.headers, "x-acs-signature-nonce")?;
        for name in REQUIRED {
            headers::required(&parts.headers, name)?;
            if !signed_headers.split(';').any(|signed| signed == name) {
                return Err(Malformed::NotSigned(name));
            }
        }
        let token = headers::text(&parts.headers, "x-acs-security-token")?;
        Ok(Self {
            access_key_id: credential.to_owned(),
            security_token: token.map(SecretString::from),
            timestamp: time::parse_extended(date).ok_or(Malformed::InvalidHeader("x-acs-date"))?,
            nonce: nonce.to_owned(),
            signed_headers,
            signature: signature.to_owned(),
        })
    }

    /// The nonce: refuse it when it was seen before within the time allowed for [`timestamp`](Self::timestamp).
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Checks the request this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// # Errors
    /// [`Mismatch`] when the signature, or the announced hash of the body, does not fit.
    pub fn verify(&self, parts: &Parts, body: &[u8], secret: &SecretString) -> Result<(), Mismatch> {
        let body_hash = hash::sha256_hex(body);
        let canonical = canonical_request(parts, &self.signed_headers, &body_hash);
        let text = string_to_sign(&canonical);
        let announced = headers::signed_value(&parts.headers, CONTENT_SHA256).to_ascii_lowercase();
        if !crate::constant_time_eq(&announced, body_hash.as_bytes()) {
            return Err(mismatch(MismatchCause::BodyDigest(CONTENT_SHA256), text.as_bytes(), Some(&canonical)));
        }
        let computed = signature(&text, secret.expose_secret().as_bytes());
        compare(&self.signature, &computed, text.as_bytes(), Some(&canonical))
    }
}

fn canonical_request(parts: &Parts, signed_headers: &str, body_hash: &str) -> Vec<u8> {
    let path = encode::canonical_path(parts.uri.path());
    let query = encode::canonical_query(parts.uri.query().unwrap_or(""));
    let mut text = format!("{}\n{path}\n{query}\n", parts.method).into_bytes();
    text.extend(headers::signed_lines(&parts.headers, signed_headers.split(';')));
    text.extend(format!("\n{signed_headers}\n{body_hash}").into_bytes());
    text
}

fn string_to_sign(canonical_request: &[u8]) -> String {
    format!("{ALGORITHM}\n{}", hash::sha256_hex(canonical_request))
}

fn signature(string_to_sign: &str, secret: &[u8]) -> String {
    hex::encode(hash::hmac_sha256(secret, string_to_sign.as_bytes()))
}
