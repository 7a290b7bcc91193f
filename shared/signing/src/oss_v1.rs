//! `OSS`: version 1 of the object storage signature, in the `Authorization` header.
//!
//! Covered are the method, `Content-MD5`, `Content-Type`, `Date`, the `x-oss-*` headers, bucket and object, and of the query
//! only the *subresources*: parameters such as `prefix` or `max-keys` are not. The body is covered through `Content-MD5`,
//! which [`sign`] always sets when there is a body; SDKs often send none.

use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare, mismatch};
use crate::encode::{self, Plus};
use crate::oss::{self, Addressing, CONTENT_MD5, SECURITY_TOKEN};
use crate::{Credentials, Malformed, Mismatch, MismatchCause, SignError, hash, headers, time};

/// The name of the scheme in the `Authorization` header.
pub const ALGORITHM: &str = "OSS";

const FORM: &str = "OSS AccessKeyId:Signature";
const DATE: &str = "x-oss-date";

/// The query parameters that are part of the resource: the union of what the documentation and the SDKs list.
const SUBRESOURCES: &str = "\
    accessPoint accessPointPolicy acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var \
    cloudboxes cname comp continuation-token cors delete encryption endTime group httpsConfig img inventory \
    inventoryId lifecycle link live location logging metaQuery objectInfo objectMeta partNumber policy position \
    publicAccessBlock qos qosInfo qosRequester redundancyTransition referer regionList replication \
    replicationLocation replicationProgress requesterQosInfo requestPayment resourceGroup resourcePool \
    resourcePoolBuckets resourcePoolInfo response-cache-control response-content-disposition \
    response-content-encoding response-content-language response-content-type response-expires restore \
    security-token sequential startTime stat status style styleName symlink tagging transferAcceleration udf \
    udfApplication udfApplicationLog udfId udfImage udfImageDesc udfName uploadId uploads versionId versioning \
    versions vod website withHashContext worm wormExtend wormId x-oss-ac-forward-allow x-oss-ac-source-ip \
    x-oss-ac-subnet-mask x-oss-ac-vpc-id x-oss-access-point-name x-oss-async-process x-oss-enable-md5 \
    x-oss-enable-sha1 x-oss-enable-sha256 x-oss-hash-ctx x-oss-md5-ctx x-oss-process \
    x-oss-redundancy-transition-taskid x-oss-request-payer x-oss-target-redundancy-type x-oss-traffic-limit \
    x-oss-write-get-object-response";

/// Signs a request in place: sets `host`, `date`, `content-md5` (if there is a body), the security token and
/// `Authorization`. Set `content-type` and other `x-oss-*` headers before.
///
/// # Errors
/// [`SignError`] when the request has no host, or a value cannot stand in a header.
pub fn sign(
    parts: &mut Parts,
    body: &[u8],
    addressing: Addressing<'_>,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), SignError> {
    headers::ensure_host(parts)?;
    let map = &mut parts.headers;
    // It would stand in for the Date set here.
    map.remove(DATE);
    headers::put(map, "date", &time::http_date(now))?;
    if body.is_empty() {
        map.remove(CONTENT_MD5);
    } else {
        headers::put(map, CONTENT_MD5, &hash::base64(&hash::md5(body)))?;
    }
    headers::put_token(map, SECURITY_TOKEN, credentials.token())?;
    let resource = addressing.resource(parts.uri.path());
    let signature = signature(&string_to_sign(parts, &resource, Plus::Literal), credentials.secret());
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
    /// Reads the claim from the headers. `x-oss-date` stands in for `Date`. The scheme has no nonce.
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
        let timestamp = time::parse_http_date(date).or_else(|| time::parse_basic(date));
        Ok(Self {
            access_key_id: id.to_owned(),
            security_token: headers::text(&parts.headers, SECURITY_TOKEN)?.map(SecretString::from),
            timestamp: timestamp.ok_or(Malformed::InvalidHeader(name))?,
            signature: signature.to_owned(),
        })
    }

    /// Checks the request this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// A path that names a bucket and stops there may have been signed as documented, `/bucket/`, or as it stands, `/bucket`,
    /// which is what OpenDAL does.
    ///
    /// # Errors
    /// [`Mismatch`] when the signature, or an announced `Content-MD5`, does not fit.
    pub fn verify(
        &self,
        parts: &Parts,
        body: &[u8],
        addressing: Addressing<'_>,
        secret: &SecretString,
    ) -> Result<(), Mismatch> {
        let secret = secret.expose_secret().as_bytes();
        let check = |resource: &[u8], plus| {
            let text = string_to_sign(parts, resource, plus);
            compare(&self.signature, &signature(&text, secret), &text, None).map(|()| text)
        };
        let documented = addressing.resource(parts.uri.path());
        let mut checked = check(&documented, Plus::Literal);
        // Whatever else fits, a mismatch is told as the documentation has it.
        for (resource, plus) in readings(parts, addressing) {
            if checked.is_err() {
                checked = check(&resource, plus).or(checked);
            }
        }
        let text = checked?;
        if oss::content_md5_fits(&parts.headers, body) {
            Ok(())
        } else {
            Err(mismatch(MismatchCause::BodyDigest(CONTENT_MD5), &text, None))
        }
    }
}

/// How clients sign beside what is documented: the bucket without its closing slash, the query read as a form, or both.
fn readings(parts: &Parts, addressing: Addressing<'_>) -> Vec<(Vec<u8>, Plus)> {
    let documented = addressing.resource(parts.uri.path());
    let bare = addressing.bare_bucket(parts.uri.path());
    let mut readings: Vec<(Vec<u8>, Plus)> = bare.iter().map(|bare| (bare.clone(), Plus::Literal)).collect();
    if oss::may_be_form(parts.uri.query()) {
        readings.extend([Some(documented), bare].into_iter().flatten().map(|resource| (resource, Plus::Space)));
    }
    readings
}

fn string_to_sign(parts: &Parts, resource: &[u8], plus: Plus) -> Vec<u8> {
    let date = if parts.headers.contains_key(DATE) { DATE } else { "date" };
    let mut text = parts.method.as_str().as_bytes().to_vec();
    for name in [CONTENT_MD5, "content-type", date] {
        text.push(b'\n');
        text.extend(headers::signed_value(&parts.headers, name));
    }
    text.push(b'\n');
    text.extend(headers::signed_lines(&parts.headers, headers::names_with_prefix(&parts.headers, "x-oss-")));
    text.extend(resource);
    text.extend(subresources(parts.uri.query().unwrap_or(""), plus));
    text
}

/// `?name=value&name`, decoded and sorted; nothing when the query holds none.
fn subresources(query: &str, plus: Plus) -> Vec<u8> {
    let mut pairs = encode::pairs(query, plus);
    pairs.retain(|(name, _)| SUBRESOURCES.split(' ').any(|known| known.as_bytes() == name));
    pairs.sort();
    let mut text = Vec::new();
    for (name, value) in pairs {
        text.push(if text.is_empty() { b'?' } else { b'&' });
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

    const EXAMPLE_SECRET: &[u8] = b"OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV";

    #[test]
    fn the_example_of_the_documentation_has_its_signature() {
        let headers = [
            ("content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="),
            ("content-type", "text/html"),
            ("date", "Thu, 17 Nov 2005 18:49:58 GMT"),
            ("x-oss-meta-author", "foo@bar.com"),
            ("x-oss-magic", "abracadabra"),
        ];
        for (addressing, path) in
            [(Addressing::Path, "/oss-example/nelson"), (Addressing::VirtualHost("oss-example"), "/nelson")]
        {
            let resource = addressing.resource(path);
            let text = string_to_sign(&request("PUT", path, &headers), &resource, Plus::Literal);
            assert_eq!(signature(&text, EXAMPLE_SECRET), "26NBxoKdsyly4EDv6inkoDft/yA=");
        }
    }

    #[test]
    fn only_subresources_of_the_query_are_signed_sorted_and_decoded() {
        let query = "uploads&prefix=a&partNumber=1&uploadId=A%2BB&max-keys=3&acl=";
        assert_eq!(subresources(query, Plus::Literal), b"?acl&partNumber=1&uploadId=A+B&uploads");
        assert_eq!(subresources("prefix=a", Plus::Literal), b"");
    }

    #[test]
    fn what_is_signed_verifies_with_its_token() {
        let credentials = Credentials::new("id", "secret").with_security_token("token");
        let mut parts = request("PUT", "http://127.0.0.1:9/bucket/state/a%20b", &[("x-oss-forbid-overwrite", "true")]);
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        sign(&mut parts, b"{}", Addressing::Path, &credentials, now).unwrap();
        let claim = Claim::read(&parts).unwrap();
        assert_eq!((claim.access_key_id(), claim.security_token(), claim.timestamp()), ("id", Some("token"), now));
        claim.verify(&parts, b"{}", Addressing::Path, &credentials.access_key_secret).unwrap();

        let refused = claim.verify(&parts, b"[]", Addressing::Path, &credentials.access_key_secret).unwrap_err();
        assert_eq!(refused.cause, MismatchCause::BodyDigest(CONTENT_MD5));
        parts.headers.insert("x-oss-forbid-overwrite", "false".parse().unwrap());
        let refused = claim.verify(&parts, b"{}", Addressing::Path, &credentials.access_key_secret).unwrap_err();
        assert_eq!(refused.cause, MismatchCause::Signature);
    }

    #[test]
    fn a_bucket_alone_in_the_path_may_be_signed_without_its_closing_slash_and_only_it() {
        let date = ("date", "Thu, 17 Nov 2005 18:49:58 GMT");
        let secret = SecretString::from("secret");
        let read = |addressing: Addressing<'_>, target: &str, signed_as: &str, plus| {
            let signed = string_to_sign(&request("GET", target, &[date]), signed_as.as_bytes(), plus);
            let authorization = format!("OSS id:{}", signature(&signed, b"secret"));
            let parts = request("GET", target, &[date, ("authorization", &authorization)]);
            Claim::read(&parts).unwrap().verify(&parts, b"", addressing, &secret).is_ok()
        };
        for signed_as in ["/b/", "/b"] {
            assert!(read(Addressing::Path, "/b?list-type=2", signed_as, Plus::Literal));
            assert!(read(Addressing::Path, "/b?continuation-token=a+b", signed_as, Plus::Space));
        }
        assert!(!read(Addressing::Path, "/b/?list-type=2", "/b", Plus::Literal), "the path has the slash");
        assert!(!read(Addressing::Path, "/b/k", "/b/", Plus::Literal), "an object is no bucket");
        assert!(!read(Addressing::VirtualHost("b"), "/", "/b", Plus::Literal), "the path is not the bucket's");
    }

    #[test]
    fn a_request_without_date_or_signature_is_malformed() {
        let parts = request("GET", "/b/k", &[("authorization", "OSS id:sig")]);
        assert_eq!(Claim::read(&parts).unwrap_err(), Malformed::MissingHeader("date"));
        let parts = request("GET", "/b/k", &[("authorization", "OSS id"), ("date", "x")]);
        assert_eq!(Claim::read(&parts).unwrap_err(), Malformed::InvalidAuthorization { expected: FORM });
    }
}
