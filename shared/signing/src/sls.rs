//! `LOG`: the signature of the log service (SLS).
//!
//! Covered are the method, `Content-MD5`, `Content-Type`, `Date`, the `x-log-*` and `x-acs-*` headers, the path, and the query
//! in decoded form. The body is covered through `Content-MD5`, which [`sign`] always sets when there is a body: the digest in
//! upper-case hexadecimal, unlike elsewhere. [`sign`] uses HMAC-SHA256, as the official clients do; older ones use HMAC-SHA1,
//! and `x-log-signaturemethod` says which.
//!
//! Source: alibabacloud_gateway_sls 0.5.1.

use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare, mismatch};
use crate::encode::{self, Plus};
use crate::{Credentials, Malformed, Mismatch, MismatchCause, SignError, hash, headers, time};

/// The name of the scheme in the `Authorization` header.
pub const ALGORITHM: &str = "LOG";

/// The version of the API, sent as `x-log-apiversion`.
pub const VERSION: &str = "0.6.0";

const FORM: &str = "LOG AccessKeyId:Signature";
const CONTENT_MD5: &str = "content-md5";
const METHOD: &str = "x-log-signaturemethod";
const SHA256: &str = "hmac-sha256";
const SHA1: &str = "hmac-sha1";
const TOKEN: &str = "x-acs-security-token";

/// Signs a request in place: sets `host`, `date`, `x-log-apiversion`, `x-log-bodyrawsize`, `x-log-signaturemethod`, `content-md5`
/// (if there is a body), the security token and `Authorization`. Set `content-type` before.
///
/// # Errors
/// [`SignError`] when the request has no host, or a value cannot stand in a header.
pub fn sign(parts: &mut Parts, body: &[u8], credentials: &Credentials, now: Timestamp) -> Result<(), SignError> {
    headers::ensure_host(parts)?;
    let map = &mut parts.headers;
    headers::put(map, "date", &time::http_date(now))?;
    headers::put(map, "x-log-apiversion", VERSION)?;
    headers::put(map, "x-log-bodyrawsize", &body.len().to_string())?;
    headers::put(map, METHOD, SHA256)?;
    if body.is_empty() {
        map.remove(CONTENT_MD5);
    } else {
        headers::put(map, CONTENT_MD5, &digest(body))?;
    }
    headers::put_token(map, TOKEN, credentials.token())?;
    let signature = hash::base64(&hash::hmac_sha256(credentials.secret(), &string_to_sign(parts)));
    let value = format!("{ALGORITHM} {}:{signature}", credentials.access_key_id);
    headers::put_secret(&mut parts.headers, "authorization", &value)
}

/// What a request says about who signed it, and when. Nothing of it is proven before [`Claim::verify`].
#[derive(Debug, Clone)]
pub struct Claim {
    access_key_id: String,
    security_token: Option<SecretString>,
    timestamp: Timestamp,
    signature: String,
    is_sha256: bool,
}

claim_accessors!(Claim);

impl Claim {
    /// Reads the claim from the headers. The scheme has no nonce.
    ///
    /// # Errors
    /// [`Malformed`] says which part is missing or unreadable.
    pub fn read(parts: &Parts) -> Result<Self, Malformed> {
        let fields = headers::authorization(&parts.headers, ALGORITHM, FORM)?;
        let (id, signature) = fields.rsplit_once(':').ok_or(Malformed::InvalidAuthorization { expected: FORM })?;
        let date = headers::required(&parts.headers, "date")?;
        let is_sha256 = match headers::required(&parts.headers, METHOD)? {
            SHA256 => true,
            SHA1 => false,
            _ => return Err(Malformed::InvalidHeader(METHOD)),
        };
        Ok(Self {
            access_key_id: id.to_owned(),
            security_token: headers::text(&parts.headers, TOKEN)?.map(SecretString::from),
            timestamp: time::parse_http_date(date).ok_or(Malformed::InvalidHeader("date"))?,
            signature: signature.to_owned(),
            is_sha256,
        })
    }

    /// Checks the request this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// # Errors
    /// [`Mismatch`] when the signature, or an announced `Content-MD5`, does not fit.
    pub fn verify(&self, parts: &Parts, body: &[u8], secret: &SecretString) -> Result<(), Mismatch> {
        let text = string_to_sign(parts);
        let key = secret.expose_secret().as_bytes();
        let computed = if self.is_sha256 {
            hash::base64(&hash::hmac_sha256(key, &text))
        } else {
            hash::base64(&hash::hmac_sha1(key, &text))
        };
        compare(&self.signature, &computed, &text, None)?;
        let announced = headers::signed_value(&parts.headers, CONTENT_MD5).to_ascii_uppercase();
        let fits = if announced.is_empty() {
            body.is_empty()
        } else {
            crate::constant_time_eq(&announced, digest(body).as_bytes())
        };
        if fits { Ok(()) } else { Err(mismatch(MismatchCause::BodyDigest(CONTENT_MD5), &text, None)) }
    }
}

fn digest(body: &[u8]) -> String {
    hex::encode_upper(hash::md5(body))
}

fn string_to_sign(parts: &Parts) -> Vec<u8> {
    let mut text = parts.method.as_str().as_bytes().to_vec();
    for name in [CONTENT_MD5, "content-type", "date"] {
        text.push(b'\n');
        text.extend(headers::signed_value(&parts.headers, name));
    }
    text.push(b'\n');
    let mut names = headers::names_with_prefix(&parts.headers, "x-log-");
    names.extend(headers::names_with_prefix(&parts.headers, "x-acs-"));
    names.sort_unstable();
    text.extend(headers::signed_lines(&parts.headers, names));
    text.extend_from_slice(&encode::decode(parts.uri.path(), Plus::Literal));
    let mut pairs = encode::pairs(parts.uri.query().unwrap_or(""), Plus::Space);
    pairs.sort();
    let mut separator = b'?';
    for (name, value) in pairs {
        text.push(std::mem::replace(&mut separator, b'&'));
        text.extend(name);
        if let Some(value) = value {
            text.push(b'=');
            text.extend(value);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::request;

    const NOW: &str = "2026-01-02T03:04:05Z";
    /// Computed by another implementation.
    const OFFICIAL: &str = "LOG id:hk4nFMRGV6aCY1ts3dXmeRQRFqXx3zk7YxCpz4VtBfQ=";

    fn signed(body: &[u8], token: Option<&str>) -> Parts {
        let uri = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/a/logs?b=x%20y&a";
        let mut parts = request("POST", uri, &[("content-type", "application/json")]);
        let credentials = Credentials::new("id", "secret");
        let credentials = match token {
            Some(token) => credentials.with_security_token(token),
            None => credentials,
        };
        sign(&mut parts, body, &credentials, NOW.parse().unwrap()).unwrap();
        parts
    }

    #[test]
    fn the_text_that_is_signed_is_that_of_the_official_client() {
        let parts = signed(b"{}", Some("token"));
        assert_eq!(
            String::from_utf8(string_to_sign(&parts)).unwrap(),
            "POST\n99914B932BD37A50B983C5E7C90AE93B\napplication/json\nFri, 02 Jan 2026 03:04:05 GMT\n\
             x-acs-security-token:token\nx-log-apiversion:0.6.0\nx-log-bodyrawsize:2\nx-log-signaturemethod:hmac-sha256\n\
             /logstores/a/logs?a&b=x y"
        );
    }

    #[test]
    fn the_signature_is_that_of_the_official_client() {
        assert_eq!(signed(b"{}", Some("token")).headers["authorization"], OFFICIAL);
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does() {
        let secret = SecretString::from("secret");
        let parts = signed(b"{}", Some("token"));
        let claim = Claim::read(&parts).unwrap();
        assert_eq!((claim.access_key_id(), claim.security_token()), ("id", Some("token")));
        assert_eq!(claim.timestamp(), NOW.parse().unwrap());
        claim.verify(&parts, b"{}", &secret).unwrap();
        assert_eq!(claim.verify(&parts, b"[]", &secret).unwrap_err().cause, MismatchCause::BodyDigest(CONTENT_MD5));
        assert!(claim.verify(&parts, b"{}", &SecretString::from("other")).is_err());
        let empty = signed(b"", None);
        let claim = Claim::read(&empty).unwrap();
        claim.verify(&empty, b"", &secret).unwrap();
        assert!(claim.verify(&empty, b"x", &secret).is_err(), "a body that no digest covers");
    }

    #[test]
    fn the_older_method_verifies_too() {
        let mut parts = signed(b"", None);
        headers::put(&mut parts.headers, METHOD, SHA1).unwrap();
        let signature = hash::base64(&hash::hmac_sha1(b"secret", &string_to_sign(&parts)));
        headers::put(&mut parts.headers, "authorization", &format!("LOG id:{signature}")).unwrap();
        Claim::read(&parts).unwrap().verify(&parts, b"", &SecretString::from("secret")).unwrap();
    }
}
