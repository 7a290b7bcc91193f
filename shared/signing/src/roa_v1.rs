//! ROA V1 (`acs ID:signature`): the older signature of path-style OpenAPI products. Officially retired in favour of
//! [`acs3`](crate::acs3), still spoken by older SDKs.
//!
//! Covered are the method, `Accept`, `Content-MD5`, `Content-Type`, `Date`, the `x-acs-*` headers, the path (as on the wire; the
//! core SDK signs it decoded, which verifies too), and the query in decoded form. The body is covered through `Content-MD5`, which [`sign`] always sets when there is a body.

use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare, mismatch};
use crate::encode::{self, Plus};
use crate::{Credentials, Malformed, Mismatch, MismatchCause, SignError, hash, headers, time};

/// The name of the scheme in the `Authorization` header.
pub const ALGORITHM: &str = "acs";

const FORM: &str = "acs AccessKeyId:Signature";
const CONTENT_MD5: &str = "content-md5";
const NONCE: &str = "x-acs-signature-nonce";
const TOKEN: &str = "x-acs-security-token";

/// Signs a request in place: sets `host`, `date`, `content-md5` (if there is a body), the `x-acs-signature-*` headers,
/// `x-acs-version`, the security token and `Authorization`. Set `accept`, `content-type` and other `x-acs-*` headers before.
///
/// # Errors
/// [`SignError`] when the request has no host, or a value cannot stand in a header.
pub fn sign(
    parts: &mut Parts,
    body: &[u8],
    version: &str,
    credentials: &Credentials,
    now: Timestamp,
    nonce: &str,
) -> Result<(), SignError> {
    headers::ensure_host(parts)?;
    let map = &mut parts.headers;
    headers::put(map, "date", &time::http_date(now))?;
    if body.is_empty() {
        map.remove(CONTENT_MD5);
    } else {
        headers::put(map, CONTENT_MD5, &hash::base64(&hash::md5(body)))?;
    }
    headers::put(map, "x-acs-signature-method", "HMAC-SHA1")?;
    headers::put(map, "x-acs-signature-version", "1.0")?;
    headers::put(map, NONCE, nonce)?;
    headers::put(map, "x-acs-version", version)?;
    headers::put_token(map, TOKEN, credentials.token())?;
    let signature = signature(&string_to_sign(parts, parts.uri.path().as_bytes()), credentials.secret());
    let value = format!("{ALGORITHM} {}:{signature}", credentials.access_key_id);
    headers::put_secret(&mut parts.headers, "authorization", &value)
}

/// What a request says about who signed it, and when. Nothing of it is proven before [`Claim::verify`].
#[derive(Debug, Clone)]
pub struct Claim {
    access_key_id: String,
    security_token: Option<SecretString>,
    timestamp: Timestamp,
    nonce: Option<String>,
    signature: String,
}

claim_accessors!(Claim);

impl Claim {
    /// Reads the claim from the headers.
    ///
    /// # Errors
    /// [`Malformed`] says which part is missing or unreadable.
    pub fn read(parts: &Parts) -> Result<Self, Malformed> {
        let fields = headers::authorization(&parts.headers, ALGORITHM, FORM)?;
        let (id, signature) = fields.rsplit_once(':').ok_or(Malformed::InvalidAuthorization { expected: FORM })?;
        let date = headers::required(&parts.headers, "date")?;
        // The core SDKs of some languages write the date like the OpenAPI timestamp.
        let timestamp = time::parse_http_date(date).or_else(|| time::parse_extended(date));
        Ok(Self {
            access_key_id: id.to_owned(),
            security_token: headers::text(&parts.headers, TOKEN)?.map(SecretString::from),
            timestamp: timestamp.ok_or(Malformed::InvalidHeader("date"))?,
            nonce: headers::text(&parts.headers, NONCE)?.map(str::to_owned),
            signature: signature.to_owned(),
        })
    }

    /// The nonce, if one was sent: the core SDK sends none.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Checks the request this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// # Errors
    /// [`Mismatch`] when the signature, or an announced `Content-MD5`, does not fit.
    pub fn verify(&self, parts: &Parts, body: &[u8], secret: &SecretString) -> Result<(), Mismatch> {
        let check = |path: &[u8]| {
            let text = string_to_sign(parts, path);
            let computed = signature(&text, secret.expose_secret().as_bytes());
            compare(&self.signature, &computed, &text, None).map(|()| text)
        };
        let wire = parts.uri.path();
        let mut checked = check(wire.as_bytes());
        if checked.is_err() && wire.contains('%') {
            checked = check(&encode::decode(wire, Plus::Literal)).or(checked);
        }
        let text = checked?;
        match parts.headers.get(CONTENT_MD5) {
            Some(md5) if !hash::content_md5_fits(md5.as_bytes().trim_ascii(), body) => {
                Err(mismatch(MismatchCause::BodyDigest(CONTENT_MD5), &text, None))
            }
            _ => Ok(()),
        }
    }
}

fn string_to_sign(parts: &Parts, path: &[u8]) -> Vec<u8> {
    let mut text = parts.method.as_str().as_bytes().to_vec();
    for name in ["accept", CONTENT_MD5, "content-type", "date"] {
        text.push(b'\n');
        text.extend(headers::signed_value(&parts.headers, name));
    }
    text.push(b'\n');
    text.extend(headers::signed_lines(&parts.headers, headers::names_with_prefix(&parts.headers, "x-acs-")));
    text.extend_from_slice(path);
    let mut pairs = encode::pairs(parts.uri.query().unwrap_or(""), Plus::Space);
    pairs.sort();
    let mut separator = b'?';
    for (name, value) in pairs {
        text.push(std::mem::replace(&mut separator, b'&'));
        text.extend(name);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push(b'=');
            text.extend(value);
        }
    }
    text
}

fn signature(string_to_sign: &[u8], secret: &[u8]) -> String {
    hash::base64(&hash::hmac_sha1(secret, string_to_sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::request;

    #[test]
    fn the_vectors_verify() {
        // It signs no path at all, which no request can have: only its text can be checked.
        assert_eq!(signature(b"GET\n\n\n\n\n", b"secret"), "XGXDWA78AEvx/wmfxKoVCq/afWw=");

        let second = [
            ("accept", "application/octet-stream"),
            ("date", "2018-12-04T03:55:31Z"),
            ("x-acs-signature-method", "HMAC-SHA1"),
            ("x-acs-signature-version", "1.0"),
            ("authorization", "acs id:HKCpm41tJg6b3EYdtGMbNuwALZU="),
        ];
        let second = request("GET", "/", &second);
        let claim = Claim::read(&second).unwrap();
        claim.verify(&second, b"", &SecretString::from("access_key_secret")).unwrap();
        assert_eq!(claim.nonce(), None);

        let third = [
            ("accept", "application/json"),
            ("content-md5", "q2qaEcR4P47+Z7CUzHRTBw=="),
            ("content-type", "application/json"),
            ("date", "Wed, 16 Apr 2025 03:44:46 GMT"),
            ("x-acs-signature-method", "HMAC-SHA1"),
            ("x-acs-signature-nonce", "ef34aae7-7bd2-413d-a541-680cd2c48538"),
            ("x-acs-signature-version", "1.0"),
            ("x-acs-version", "2023-12-29"),
        ];
        let third = request("POST", "/llm-p2e4XXXXXXXXsvtn/datacenter/category", &third);
        let text = string_to_sign(&third, third.uri.path().as_bytes());
        assert_eq!(signature(&text, b"testsecret"), "AYFXm52Ok0J/NswY03XdQFe/mgc=");
    }

    #[test]
    fn the_query_is_signed_sorted_and_decoded_with_bare_keys() {
        let parts = request("GET", "/a?b=x+y%2B&a&c=", &[]);
        let text = String::from_utf8(string_to_sign(&parts, b"/a")).unwrap();
        assert!(text.ends_with("\n/a?a&b=x y+&c"), "{text}");
    }

    #[test]
    fn what_is_signed_verifies_with_token_and_nonce() {
        let credentials = Credentials::new("id", "secret").with_security_token("token");
        let mut parts = request("POST", "https://fc.aliyuncs.com/a%20b?x=1", &[("accept", "application/json")]);
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        sign(&mut parts, b"{}", "2021-04-06", &credentials, now, "n").unwrap();
        let claim = Claim::read(&parts).unwrap();
        assert_eq!((claim.nonce(), claim.security_token(), claim.timestamp()), (Some("n"), Some("token"), now));
        claim.verify(&parts, b"{}", &credentials.access_key_secret).unwrap();
        let refused = claim.verify(&parts, b"[]", &credentials.access_key_secret).unwrap_err();
        assert_eq!(refused.cause, MismatchCause::BodyDigest(CONTENT_MD5));
    }
}
