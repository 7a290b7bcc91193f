//! `MNS`: the signature of the message service's XML API ("V2" in its SDKs).
//!
//! The path and query are signed exactly as they stand on the wire. The body is covered only through `Content-MD5`, which
//! [`sign`] always sets when there is a body; the Java SDK sends none, and then nothing protects the body but the
//! connection. The security token travels unsigned.

use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare, mismatch};
use crate::{Credentials, Malformed, Mismatch, MismatchCause, SignError, hash, headers, time};

/// The name of the scheme in the `Authorization` header.
pub const ALGORITHM: &str = "MNS";

/// The version of the API, sent as `x-mns-version`.
pub const VERSION: &str = "2015-06-06";

const FORM: &str = "MNS AccessKeyId:Signature";
const CONTENT_MD5: &str = "content-md5";
const DATE: &str = "x-mns-date";

/// Signs a request in place: sets `host`, `date`, `x-mns-version` (if missing), `content-md5` (if there is a body), the
/// security token and `Authorization`. Set `content-type` and other `x-mns-*` headers before.
///
/// # Errors
/// [`SignError`] when the request has no host, or a value cannot stand in a header.
pub fn sign(parts: &mut Parts, body: &[u8], credentials: &Credentials, now: Timestamp) -> Result<(), SignError> {
    headers::ensure_host(parts)?;
    let map = &mut parts.headers;
    // It would stand in for the Date set here.
    map.remove(DATE);
    headers::put(map, "date", &time::http_date(now))?;
    if !map.contains_key("x-mns-version") {
        headers::put(map, "x-mns-version", VERSION)?;
    }
    if body.is_empty() {
        map.remove(CONTENT_MD5);
    } else {
        headers::put(map, CONTENT_MD5, &hash::base64(hex::encode(hash::md5(body)).as_bytes()))?;
    }
    headers::put_token(map, "security-token", credentials.token())?;
    let signature = signature(&string_to_sign(parts), credentials.secret());
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
}

claim_accessors!(Claim);

impl Claim {
    /// Reads the claim from the headers. `x-mns-date` stands in for `Date`. The scheme has no nonce.
    ///
    /// # Errors
    /// [`Malformed`] says which part is missing or unreadable.
    pub fn read(parts: &Parts) -> Result<Self, Malformed> {
        let fields = headers::authorization(&parts.headers, ALGORITHM, FORM)?;
        let (id, signature) = fields.rsplit_once(':').ok_or(Malformed::InvalidAuthorization { expected: FORM })?;
        let (name, date) = match headers::text(&parts.headers, DATE)? {
            Some(date) => (DATE, date),
            None => ("date", headers::required(&parts.headers, "date")?),
        };
        Ok(Self {
            access_key_id: id.to_owned(),
            security_token: headers::text(&parts.headers, "security-token")?.map(SecretString::from),
            timestamp: time::parse_http_date(date).ok_or(Malformed::InvalidHeader(name))?,
            signature: signature.to_owned(),
        })
    }

    /// Checks the request this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// # Errors
    /// [`Mismatch`] when the signature, or an announced `Content-MD5`, does not fit. The digest may stand in either of the
    /// two forms that clients send.
    pub fn verify(&self, parts: &Parts, body: &[u8], secret: &SecretString) -> Result<(), Mismatch> {
        let text = string_to_sign(parts);
        compare(&self.signature, &signature(&text, secret.expose_secret().as_bytes()), &text, None)?;
        match parts.headers.get(CONTENT_MD5) {
            Some(md5) if !hash::content_md5_fits(md5.as_bytes().trim_ascii(), body) => {
                Err(mismatch(MismatchCause::BodyDigest(CONTENT_MD5), &text, None))
            }
            _ => Ok(()),
        }
    }
}

fn string_to_sign(parts: &Parts) -> Vec<u8> {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let date = if parts.headers.contains_key(DATE) { DATE } else { "date" };
    let mut text = parts.method.as_str().as_bytes().to_vec();
    for name in [CONTENT_MD5, "content-type", date] {
        text.push(b'\n');
        text.extend(headers::signed_value(&parts.headers, name));
    }
    text.push(b'\n');
    text.extend(headers::signed_lines(&parts.headers, headers::names_with_prefix(&parts.headers, "x-mns-")));
    text.extend_from_slice(target.as_bytes());
    text
}

fn signature(string_to_sign: &[u8], secret: &[u8]) -> String {
    hash::base64(&hash::hmac_sha1(secret, string_to_sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::request;

    /// Secret, method, target, headers, signature: from the Java SDK's signer tests and the documentation.
    type Vector = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

    const VECTORS: [Vector; 6] = [
        (
            "sk1",
            "POST",
            "/queues/TestQueue",
            &[("date", "Tue, 03 Jun 2025 11:23:48 GMT"), ("x-mns-abcdef", "abcDEF")],
            "cAThPWnbphg3hDe3ZHDADTgkgyE=",
        ),
        (
            "sk-kkkkkk1111111111",
            "GET",
            "/queues/TestQueue123456",
            &[("date", "Wed, 03 Dec 2025 11:23:48 GMT"), ("X-MNS-Abcdef", "KKKkkk")],
            "lPxnfNA+Qo/aj18MYJUnRMqa84I=",
        ),
        (
            "testSk",
            "GET",
            "/queues/TestQueue",
            &[("date", "Tue, 03 Jun 2025 11:23:48 GMT")],
            "uDJQXbk2xOhH95MDXmgbAGdtyE4=",
        ),
        (
            "skkkkkkk1111111111",
            "PUT",
            "/queues/TestQueue",
            &[
                ("date", "Tue, 03 Jun 2025 11:23:48 GMT"),
                ("content-type", "text/xml;charset=UTF-8"),
                ("x-mns-version", "2015-06-06"),
            ],
            "KvUgeFIzq+V37Fw7Nb8BKQEncZU=",
        ),
        (
            "accessKeySecret111",
            "PUT",
            "/queues/TestQueue",
            &[
                ("date", "Tue, 03 Jun 2025 11:23:48 GMT"),
                ("content-type", "text/xml;charset=UTF-8"),
                ("x-mns-version", "2015-06-06"),
            ],
            "HCSlBi5KuXGNf06tZKFiQlNDt4c=",
        ),
        (
            "TestAccessSecret",
            "GET",
            "/MyQueue",
            &[("date", "Thu, 09 Jul 2015 03:01:34 GMT"), ("x-mns-version", "2015-06-06")],
            "uwx3yeWoILzgmvesW0BQSgfM7b8=",
        ),
    ];

    #[test]
    fn the_vectors_verify() {
        for (secret, method, target, headers, signature) in VECTORS {
            let mut parts = request(method, target, headers);
            parts.headers.insert("authorization", format!("MNS ak:{signature}").parse().unwrap());
            let claim = Claim::read(&parts).unwrap();
            assert_eq!(claim.access_key_id(), "ak");
            claim.verify(&parts, b"", &SecretString::from(secret)).unwrap();
            assert!(claim.verify(&parts, b"", &SecretString::from("other")).is_err());
        }
    }

    /// No client can send this target, but the SDK's tests have it: the signature is over the text as it stands.
    #[test]
    fn the_vector_with_a_raw_space_has_the_published_signature() {
        let text = "POST\n\napplication/json\nTue, 03 Jun 2025 11:23:48 GMT\n/queues/Test Queue@123";
        assert_eq!(signature(text.as_bytes(), b"testSk"), "GZ/I9UgZsqvbzfzjd0GmA6VHOx4=");
    }

    #[test]
    fn the_target_is_signed_as_it_stands_on_the_wire() {
        let sent = request("DELETE", "/queues/q/messages?ReceiptHandle=1-A+/==&b=%2f", &[("date", "x")]);
        let text = String::from_utf8(string_to_sign(&sent)).unwrap();
        assert!(text.ends_with("\n/queues/q/messages?ReceiptHandle=1-A+/==&b=%2f"), "{text}");
    }

    #[test]
    fn x_mns_date_stands_in_for_date_and_is_signed_as_a_header_too() {
        let date = "Tue, 03 Jun 2025 11:23:48 GMT";
        let parts = request("GET", "/queues", &[("date", "Mon, 02 Jun 2025 11:23:48 GMT"), ("x-mns-date", date)]);
        let text = String::from_utf8(string_to_sign(&parts)).unwrap();
        assert_eq!(text, format!("GET\n\n\n{date}\nx-mns-date:{date}\n/queues"));
    }

    #[test]
    fn a_body_under_another_digest_is_named_as_the_cause() {
        let credentials = Credentials::new("ak", "sk");
        let mut parts = request("POST", "http://1.mns.cn-hangzhou.aliyuncs.com/queues/q/messages", &[]);
        sign(&mut parts, b"<Message/>", &credentials, "2026-01-02T03:04:05Z".parse().unwrap()).unwrap();
        let claim = Claim::read(&parts).unwrap();
        claim.verify(&parts, b"<Message/>", &credentials.access_key_secret).unwrap();
        let refused = claim.verify(&parts, b"<message/>", &credentials.access_key_secret).unwrap_err();
        assert_eq!(refused.cause, MismatchCause::BodyDigest(CONTENT_MD5));
    }

    #[test]
    fn a_missing_or_unreadable_date_is_named() {
        let auth = ("authorization", "MNS ak:sig");
        assert_eq!(Claim::read(&request("GET", "/", &[auth])).unwrap_err(), Malformed::MissingHeader("date"));
        let parts = request("GET", "/", &[auth, ("date", "today")]);
        assert_eq!(Claim::read(&parts).unwrap_err(), Malformed::InvalidHeader("date"));
        let parts = request("GET", "/", &[("authorization", "MNS nocolon"), ("date", "today")]);
        assert_eq!(Claim::read(&parts).unwrap_err(), Malformed::InvalidAuthorization { expected: FORM });
    }
}
