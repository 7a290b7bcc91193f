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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::request;

    struct Vector {
        uri: &'static str,
        content_type: Option<&'static str>,
        body: &'static str,
        action: &'static str,
        version: &'static str,
        credentials: Credentials,
        date: &'static str,
        nonce: &'static str,
        canonical_hash: Option<&'static str>,
        signature: &'static str,
    }

    /// The published example, and two that the official signer agrees with.
    fn vectors() -> [Vector; 3] {
        let test = || Credentials::new("testid", "testsecret");
        [
            Vector {
                uri: "https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
                content_type: None,
                body: "",
                action: "RunInstances",
                version: "2014-05-26",
                credentials: Credentials::new("YourAccessKeyId", "YourAccessKeySecret"),
                date: "2023-10-26T10:22:32Z",
                nonce: "3156853299f313e23d1673dc12e1703d",
                canonical_hash: Some("7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"),
                signature: "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            },
            Vector {
                uri: "https://vpc.cn-hangzhou.aliyuncs.com/?VpcName=a+b%2ac~%2F%2B%E4%B8%AD&RegionId=cn-hangzhou&Tag.1.Key=env",
                content_type: None,
                body: "",
                action: "DescribeVpcs",
                version: "2016-04-28",
                credentials: test().with_security_token("tok+/="),
                date: "2026-01-02T03:04:05Z",
                nonce: "0123456789abcdef0123456789abcdef",
                canonical_hash: Some("5aff8c4771cae0cbebb91c6259bfb904742e2b13e7f152bd6d348f0dac50c702"),
                signature: "23cb7f313c3e6e1aa61993a2a5f1623584a195cd92619a53fdfcbc30131b04b9",
            },
            Vector {
                uri: "https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/f%20n/invocations?qualifier=LATEST",
                content_type: Some("application/json; charset=utf-8"),
                body: r#"{"b":2,"a":"x y"}"#,
                action: "InvokeFunction",
                version: "2023-03-30",
                credentials: test(),
                date: "2026-01-02T03:04:05Z",
                nonce: "0123456789abcdef0123456789abcdef",
                canonical_hash: None,
                signature: "d5cc653aa481338f548270fb0c7a304057131ccfeea07fe878c1cf7e3f6cba73",
            },
        ]
    }

    #[test]
    fn the_vectors_are_signed_as_published_and_verify() {
        for vector in vectors() {
            let mut parts = request("POST", vector.uri, &[]);
            if let Some(content_type) = vector.content_type {
                parts.headers.insert("content-type", content_type.parse().unwrap());
            }
            let (now, body) = (vector.date.parse().unwrap(), vector.body.as_bytes());
            sign(&mut parts, body, vector.action, vector.version, &vector.credentials, now, vector.nonce).unwrap();

            let claim = Claim::read(&parts).unwrap();
            assert_eq!(claim.signature, vector.signature);
            assert_eq!((claim.timestamp(), claim.nonce()), (now, vector.nonce));
            assert_eq!(claim.security_token(), vector.credentials.token());
            claim.verify(&parts, body, &vector.credentials.access_key_secret).unwrap();

            let refused = claim.verify(&parts, body, &SecretString::from("other")).unwrap_err();
            if let Some(hash) = vector.canonical_hash {
                assert_eq!(refused.string_to_sign, format!("{ALGORITHM}\n{hash}"));
            }
        }
    }

    #[test]
    fn signing_again_replaces_the_former_signature() {
        let credentials = Credentials::new("id", "secret").with_security_token("token");
        let mut parts = request("GET", "https://vpc.aliyuncs.com/", &[]);
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        sign(&mut parts, b"", "A", "1", &credentials, now, "one").unwrap();
        sign(&mut parts, b"", "A", "1", &Credentials::new("id", "secret"), now, "two").unwrap();
        let claim = Claim::read(&parts).unwrap();
        assert_eq!((claim.nonce(), claim.security_token()), ("two", None));
        claim.verify(&parts, b"", &credentials.access_key_secret).unwrap();
    }

    #[test]
    fn a_request_that_leaves_a_protocol_header_unsigned_is_malformed() {
        let mut parts = request("GET", "https://vpc.aliyuncs.com/", &[]);
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        sign(&mut parts, b"", "A", "1", &Credentials::new("id", "secret"), now, "n").unwrap();
        let value = parts.headers["authorization"].to_str().unwrap().replace("x-acs-date;", "");
        parts.headers.insert("authorization", value.parse().unwrap());
        assert_eq!(Claim::read(&parts).unwrap_err(), Malformed::NotSigned("x-acs-date"));
    }

    #[test]
    fn each_missing_part_is_named() {
        let signed = {
            let mut parts = request("GET", "https://vpc.aliyuncs.com/", &[]);
            let now = "2026-01-02T03:04:05Z".parse().unwrap();
            sign(&mut parts, b"", "A", "1", &Credentials::new("id", "secret"), now, "n").unwrap();
            parts
        };
        let without = |name| {
            let mut parts = signed.clone();
            parts.headers.remove(name);
            Claim::read(&parts).unwrap_err()
        };
        assert_eq!(without("authorization"), Malformed::MissingAuthorization);
        for name in REQUIRED {
            assert_eq!(without(name), Malformed::MissingHeader(name));
        }
        for value in ["Basic abc", "ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 Credential=a,Signature=b"] {
            let parts = request("GET", "/", &[("authorization", value)]);
            assert_eq!(Claim::read(&parts).unwrap_err(), Malformed::InvalidAuthorization { expected: FORM });
        }
    }

    #[test]
    fn a_body_that_does_not_fit_the_announced_hash_is_named_as_the_cause() {
        let mut parts = request("POST", "https://vpc.aliyuncs.com/", &[]);
        let credentials = Credentials::new("id", "secret");
        sign(&mut parts, b"one", "A", "1", &credentials, "2026-01-02T03:04:05Z".parse().unwrap(), "n").unwrap();
        let claim = Claim::read(&parts).unwrap();
        let refused = claim.verify(&parts, b"two", &credentials.access_key_secret).unwrap_err();
        assert_eq!(refused.cause, MismatchCause::BodyDigest(CONTENT_SHA256));
    }
}
