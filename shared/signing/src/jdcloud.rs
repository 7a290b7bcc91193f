//! `JDCLOUD2-HMAC-SHA256` and `JDCLOUD3-HMAC-SHA256`: the two signatures of JD Cloud. Both are alive: the Go SDK and the
//! documentation speak the one, the Python SDK, its command line and the Node signer the other.
//!
//! They differ in name, scope and key; the path and the query are decoded and encoded again for both. The body is covered
//! by its hash. The key is bound to a day, a region and a service.
//!
//! Send action paths with `%3A`, not with a colon (`/routeTables/rtb-1%3AaddRouteTableRules`): both variants sign that, and
//! whether the gateway accepts a signature over the literal colon is not known.

use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare};
use crate::encode::{self, Plus};
use crate::{Credentials, Malformed, Mismatch, SignError, hash, headers, time};

const FORM: &str =
    "JDCLOUDn-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/jdcloudn_request, SignedHeaders=…, Signature=…";
const DATE: &str = "x-jdcloud-date";
const NONCE: &str = "x-jdcloud-nonce";
const TOKEN: &str = "x-jdcloud-security-token";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// `JDCLOUD2-HMAC-SHA256`: the documented one.
    Jdcloud2,
    /// `JDCLOUD3-HMAC-SHA256`: the newer one.
    Jdcloud3,
}

impl Variant {
    /// The name of the scheme in the `Authorization` header.
    #[must_use]
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Jdcloud2 => "JDCLOUD2-HMAC-SHA256",
            Self::Jdcloud3 => "JDCLOUD3-HMAC-SHA256",
        }
    }

    fn terminator(self) -> &'static str {
        match self {
            Self::Jdcloud2 => "jdcloud2_request",
            Self::Jdcloud3 => "jdcloud3_request",
        }
    }

    fn key_prefix(self) -> &'static str {
        match self {
            Self::Jdcloud2 => "JDCLOUD2",
            Self::Jdcloud3 => "JDCLOUD3",
        }
    }
}

/// What the key is bound to beside the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The region in the path; `jdcloud-api` for calls without one.
    pub region: &'a str,
    /// The product: `vpc`.
    pub service: &'a str,
}

/// Signs a request in place: sets `host`, `content-type` (JSON, if missing), `x-jdcloud-date`, `x-jdcloud-nonce`, the
/// security token (in base64, as the official SDKs do) and `Authorization`. All of these are signed.
///
/// # Errors
/// [`SignError`] when the request has no host, or a value cannot stand in a header.
pub fn sign(
    parts: &mut Parts,
    body: &[u8],
    variant: Variant,
    scope: Scope<'_>,
    credentials: &Credentials,
    now: Timestamp,
    nonce: &str,
) -> Result<(), SignError> {
    headers::ensure_host(parts)?;
    let date = time::basic(now);
    let map = &mut parts.headers;
    if !map.contains_key("content-type") {
        headers::put(map, "content-type", "application/json")?;
    }
    headers::put(map, DATE, &date)?;
    headers::put(map, NONCE, nonce)?;
    let token = credentials.token().map(|token| hash::base64(token.as_bytes()));
    headers::put_token(map, TOKEN, token.as_deref())?;

    let mut names = vec!["content-type", "host", DATE, NONCE];
    names.extend(token.is_some().then_some(TOKEN));
    let names = names.join(";");
    let scope = [&date[..8], scope.region, scope.service, variant.terminator()];
    let canonical = canonical_request(parts, body, &names, Reading::Canonical);
    let text = string_to_sign(variant, &date, scope, &canonical);
    let signature = signature(variant, &text, scope, credentials.secret());
    let (algorithm, id, scope) = (variant.algorithm(), &credentials.access_key_id, scope.join("/"));
    let value = format!("{algorithm} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    headers::put_secret(&mut parts.headers, "authorization", &value)
}

/// What a request says about who signed it, and when. Nothing of it is proven before [`Claim::verify`].
#[derive(Debug, Clone)]
pub struct Claim {
    variant: Variant,
    access_key_id: String,
    security_token: Option<SecretString>,
    timestamp: Timestamp,
    nonce: Option<String>,
    region: String,
    service: String,
    signed_headers: String,
    signature: String,
}

claim_accessors!(Claim);

impl Claim {
    /// Reads the claim from the headers. The client's own list of signed headers counts, but `host` must be in it: the
    /// current Python SDK signs nothing but `content-type;host`.
    ///
    /// # Errors
    /// [`Malformed`] says which part is missing or unreadable.
    pub fn read(parts: &Parts) -> Result<Self, Malformed> {
        let invalid = Malformed::InvalidAuthorization { expected: FORM };
        let read = |variant: Variant| headers::authorization(&parts.headers, variant.algorithm(), FORM);
        let (variant, fields) = match read(Variant::Jdcloud3) {
            Ok(fields) => (Variant::Jdcloud3, fields),
            Err(_) => (Variant::Jdcloud2, read(Variant::Jdcloud2)?),
        };
        let field = |name| headers::field(fields, name).ok_or(invalid.clone());
        let (credential, signed_headers, signature) =
            (field("Credential")?, field("SignedHeaders")?.to_ascii_lowercase(), field("Signature")?);
        let mut scope = credential.rsplitn(5, '/');
        let (Some(terminator), Some(service), Some(region), Some(day), Some(id)) =
            (scope.next(), scope.next(), scope.next(), scope.next(), scope.next())
        else {
            return Err(invalid);
        };
        let date = headers::required(&parts.headers, DATE)?;
        let timestamp = time::parse_basic(date).ok_or(Malformed::InvalidHeader(DATE))?;
        if terminator != variant.terminator() || day.len() != 8 || !date.starts_with(day) {
            return Err(invalid);
        }
        if !signed_headers.split(';').any(|name| name == "host") {
            return Err(Malformed::NotSigned("host"));
        }
        Ok(Self {
            variant,
            access_key_id: id.to_owned(),
            security_token: headers::text(&parts.headers, TOKEN)?.map(token),
            timestamp,
            nonce: headers::text(&parts.headers, NONCE)?.map(str::to_owned),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers,
            signature: signature.to_owned(),
        })
    }

    /// Which of the two signatures the sender chose.
    #[must_use]
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// What the sender bound its key to.
    #[must_use]
    pub fn scope(&self) -> Scope<'_> {
        Scope { region: &self.region, service: &self.service }
    }

    /// The nonce. Whether the gateway insists on it, or on its being new, is not known.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Checks the request this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// # Errors
    /// [`Mismatch`] when the signature does not fit.
    pub fn verify(&self, parts: &Parts, body: &[u8], secret: &SecretString) -> Result<(), Mismatch> {
        let outcome = self.compare(parts, body, Reading::Canonical, secret);
        match self.variant {
            Variant::Jdcloud2 if outcome.is_err() => self.compare(parts, body, Reading::Literal, secret).or(outcome),
            Variant::Jdcloud2 | Variant::Jdcloud3 => outcome,
        }
    }

    fn compare(&self, parts: &Parts, body: &[u8], reading: Reading, secret: &SecretString) -> Result<(), Mismatch> {
        let date = time::basic(self.timestamp);
        let scope = [&date[..8], &self.region, &self.service, self.variant.terminator()];
        let canonical = canonical_request(parts, body, &self.signed_headers, reading);
        let text = string_to_sign(self.variant, &date, scope, &canonical);
        let computed = signature(self.variant, &text, scope, secret.expose_secret().as_bytes());
        compare(&self.signature, &computed, text.as_bytes(), Some(&canonical))
    }
}

/// The official SDKs send the token in base64. Others may send it as it is.
fn token(header: &str) -> SecretString {
    let decoded = hash::base64_decode(header).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or_else(|| SecretString::from(header), SecretString::from)
}

/// How the signed text is made of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Path and query decoded and encoded again: all of JDCLOUD3, and JDCLOUD2 by Python.
    Canonical,
    /// The path as it stands on the wire, runs of spaces in headers as one: JDCLOUD2 by Go and Rust.
    Literal,
}

fn canonical_request(parts: &Parts, body: &[u8], signed_headers: &str, reading: Reading) -> Vec<u8> {
    let path = match reading {
        Reading::Canonical => canonical_path(parts.uri.path()),
        Reading::Literal => parts.uri.path().to_owned(),
    };
    let query = canonical_query(parts.uri.query().unwrap_or(""));
    let mut text = format!("{}\n{path}\n{query}\n", parts.method).into_bytes();
    let lines = headers::signed_lines(&parts.headers, signed_headers.split(';'));
    match reading {
        Reading::Canonical => text.extend(lines),
        Reading::Literal => text.extend(collapse_spaces(&lines)),
    }
    text.extend(format!("\n{signed_headers}\n{}", hash::sha256_hex(body)).into_bytes());
    text
}

/// Decoded (`+` is a space), doubled slashes made one, encoded again except for `/`.
fn canonical_path(path: &str) -> String {
    let decoded = encode::decode(path, Plus::Space);
    let segments = decoded.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty());
    let mut canonical = String::from("/");
    canonical.push_str(&segments.map(encode::component).collect::<Vec<_>>().join("/"));
    if canonical.len() > 1 && decoded.ends_with(b"/") {
        canonical.push('/');
    }
    canonical
}

/// Decoded, encoded again and sorted; pairs without a name or without `=` are left out.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<_> = encode::pairs(query, Plus::Space)
        .into_iter()
        .filter_map(|(name, value)| Some((encode::component(&name), encode::component(value?))))
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn collapse_spaces(lines: &[u8]) -> Vec<u8> {
    let mut collapsed = lines.to_vec();
    collapsed.dedup_by(|next, previous| *next == b' ' && *previous == b' ');
    collapsed
}

fn string_to_sign(variant: Variant, date: &str, scope: [&str; 4], canonical_request: &[u8]) -> String {
    format!("{}\n{date}\n{}\n{}", variant.algorithm(), scope.join("/"), hash::sha256_hex(canonical_request))
}

fn signature(variant: Variant, string_to_sign: &str, scope: [&str; 4], secret: &[u8]) -> String {
    hex::encode(hash::hmac_sha256(&hash::scoped_key(variant.key_prefix(), secret, &scope), string_to_sign.as_bytes()))
}
