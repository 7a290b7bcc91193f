//! `OSS4-HMAC-SHA256`: version 4 of the object storage signature, in the `Authorization` header.
//!
//! Covered are the method, bucket and object, the whole query, `Content-Type`, `Content-MD5`, all `x-oss-*` headers, and
//! whatever headers the client lists as additional. The body is not hashed (`UNSIGNED-PAYLOAD`) but covered through
//! `Content-MD5`, which [`sign`] always sets when there is a body. The key is bound to a day and a region.

use http::request::Parts;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare, mismatch};
use crate::encode::{self, Plus};
use crate::oss::{self, Addressing, CONTENT_MD5, SECURITY_TOKEN};
use crate::{Credentials, Malformed, Mismatch, MismatchCause, SignError, hash, headers, time};

/// The name of the scheme in the `Authorization` header.
pub const ALGORITHM: &str = "OSS4-HMAC-SHA256";

const FORM: &str = "OSS4-HMAC-SHA256 Credential=ID/DATE/REGION/oss/aliyun_v4_request[,AdditionalHeaders=…],Signature=…";
const TERMINATOR: &str = "aliyun_v4_request";
const SERVICE: &str = "oss";
const DATE: &str = "x-oss-date";
const CONTENT_SHA256: &str = "x-oss-content-sha256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Signs a request in place for a region such as `cn-hangzhou`: sets `host`, `x-oss-date`, `x-oss-content-sha256`,
/// `content-md5` (if there is a body), the security token and `Authorization`. Set `content-type` and other `x-oss-*`
/// headers before.
///
/// # Errors
/// [`SignError`] when the request has no host, or a value cannot stand in a header.
pub fn sign(
    parts: &mut Parts,
    body: &[u8],
    addressing: Addressing<'_>,
    region: &str,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), SignError> {
    headers::ensure_host(parts)?;
    let date = time::basic(now);
    let map = &mut parts.headers;
    headers::put(map, DATE, &date)?;
    headers::put(map, CONTENT_SHA256, UNSIGNED)?;
    if body.is_empty() {
        map.remove(CONTENT_MD5);
    } else {
        headers::put(map, CONTENT_MD5, &hash::base64(&hash::md5(body)))?;
    }
    headers::put_token(map, SECURITY_TOKEN, credentials.token())?;
    let scope = [&date[..8], region, SERVICE, TERMINATOR];
    let canonical = canonical_request(parts, addressing, "host", Plus::Literal);
    let signature = signature(&string_to_sign(&date, scope, &canonical), scope, credentials.secret());
    let (id, scope) = (&credentials.access_key_id, scope.join("/"));
    let value = format!("{ALGORITHM} Credential={id}/{scope},AdditionalHeaders=host,Signature={signature}");
    headers::put_secret(&mut parts.headers, "authorization", &value)
}

/// What a request says about who signed it, and when. Nothing of it is proven before [`Claim::verify`].
#[derive(Debug, Clone)]
pub struct Claim {
    access_key_id: String,
    security_token: Option<SecretString>,
    timestamp: Timestamp,
    region: String,
    additional_headers: String,
    signature: String,
}

claim_accessors!(Claim);

impl Claim {
    /// Reads the claim from the headers. The scheme has no nonce.
    ///
    /// # Errors
    /// [`Malformed`] says which part is missing or unreadable.
    pub fn read(parts: &Parts) -> Result<Self, Malformed> {
        let invalid = Malformed::InvalidAuthorization { expected: FORM };
        let fields = headers::authorization(&parts.headers, ALGORITHM, FORM)?;
        let credential = headers::field(fields, "Credential").ok_or(invalid.clone())?;
        let signature = headers::field(fields, "Signature").ok_or(invalid.clone())?;
        let mut scope = credential.rsplitn(5, '/');
        let (Some(TERMINATOR), Some(SERVICE), Some(region), Some(day), Some(id)) =
            (scope.next(), scope.next(), scope.next(), scope.next(), scope.next())
        else {
            return Err(invalid);
        };
        let date = headers::required(&parts.headers, DATE)?;
        let timestamp = time::parse_basic(date).ok_or(Malformed::InvalidHeader(DATE))?;
        if !date.starts_with(day) || day.len() != 8 {
            return Err(invalid);
        }
        let additional = headers::field(fields, "AdditionalHeaders").unwrap_or("").to_ascii_lowercase();
        let mut additional: Vec<_> = additional.split(';').filter(|name| !name.is_empty()).collect();
        additional.sort_unstable();
        Ok(Self {
            access_key_id: id.to_owned(),
            security_token: headers::text(&parts.headers, SECURITY_TOKEN)?.map(SecretString::from),
            timestamp,
            region: region.to_owned(),
            additional_headers: additional.join(";"),
            signature: signature.to_owned(),
        })
    }

    /// The region that the key was bound to.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Checks the request this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// # Errors
    /// [`Mismatch`] when the signature, or an announced digest of the body, does not fit.
    pub fn verify(
        &self,
        parts: &Parts,
        body: &[u8],
        addressing: Addressing<'_>,
        secret: &SecretString,
    ) -> Result<(), Mismatch> {
        let date = time::basic(self.timestamp);
        let scope = [&date[..8], &self.region, SERVICE, TERMINATOR];
        let check = |plus| {
            let canonical = canonical_request(parts, addressing, &self.additional_headers, plus);
            let text = string_to_sign(&date, scope, &canonical);
            let computed = signature(&text, scope, secret.expose_secret().as_bytes());
            compare(&self.signature, &computed, text.as_bytes(), Some(&canonical)).map(|()| (canonical, text))
        };
        let mut checked = check(Plus::Literal);
        if checked.is_err() && oss::may_be_form(parts.uri.query()) {
            checked = check(Plus::Space).or(checked);
        }
        let (canonical, text) = checked?;
        match wrong_digest(parts, body) {
            Some(header) => Err(mismatch(MismatchCause::BodyDigest(header), text.as_bytes(), Some(&canonical))),
            None => Ok(()),
        }
    }
}

/// The header that announces a digest other than the body's, if one does.
fn wrong_digest(parts: &Parts, body: &[u8]) -> Option<&'static str> {
    let sha256 = headers::signed_value(&parts.headers, CONTENT_SHA256);
    let unsigned = sha256.is_empty() || sha256 == UNSIGNED.as_bytes();
    if !unsigned && sha256 != hash::sha256_hex(body).as_bytes() {
        return Some(CONTENT_SHA256);
    }
    (!oss::content_md5_fits(&parts.headers, body)).then_some(CONTENT_MD5)
}

/// `additional` are the client's additional headers: sorted, lower case, joined by `;`.
fn canonical_request(parts: &Parts, addressing: Addressing<'_>, additional: &str, plus: Plus) -> Vec<u8> {
    let path: Vec<_> =
        addressing.resource(parts.uri.path()).split(|byte| *byte == b'/').map(encode::component).collect();
    let mut query: Vec<_> = encode::pairs(parts.uri.query().unwrap_or(""), plus)
        .into_iter()
        .map(|(name, value)| (encode::component(name), encode::component(value.unwrap_or_default())))
        .collect();
    query.sort();
    let query: Vec<_> = query
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();

    let mut names = headers::names_with_prefix(&parts.headers, "x-oss-");
    names.extend(["content-type", CONTENT_MD5].into_iter().filter(|name| parts.headers.contains_key(*name)));
    names.extend(additional.split(';').filter(|name| !name.is_empty()));
    names.sort_unstable();
    names.dedup();

    let mut text = format!("{}\n{}\n{}\n", parts.method, path.join("/"), query.join("&")).into_bytes();
    text.extend(headers::signed_lines(&parts.headers, names));
    text.extend(format!("\n{additional}\n").into_bytes());
    match parts.headers.get(CONTENT_SHA256) {
        Some(_) => text.extend(headers::signed_value(&parts.headers, CONTENT_SHA256)),
        None => text.extend_from_slice(UNSIGNED.as_bytes()),
    }
    text
}

fn string_to_sign(date: &str, scope: [&str; 4], canonical_request: &[u8]) -> String {
    format!("{ALGORITHM}\n{date}\n{}\n{}", scope.join("/"), hash::sha256_hex(canonical_request))
}

fn signature(string_to_sign: &str, scope: [&str; 4], secret: &[u8]) -> String {
    hex::encode(hash::hmac_sha256(&hash::scoped_key("aliyun_v4", secret, &scope), string_to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::request;

    const QUERY: &str = "param1=value1&%2Bparam1=value3&%7Cparam1=value4&%2Bparam2=&%7Cparam2=&param2=";

    /// Date, token, additional headers, signature: the official SDKs in six languages test with these.
    const SDK_VECTORS: [(&str, Option<&str>, &str, &str); 3] = [
        ("20231216T162057Z", None, "", "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
        ("20231217T034736Z", Some("token"), "", "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea"),
        (
            "20231216T172512Z",
            None,
            "AdditionalHeaders=abc;zabc,",
            "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f",
        ),
    ];

    #[test]
    fn the_vectors_of_the_sdks_verify_by_path_and_by_host() {
        for (date, token, additional, signature) in SDK_VECTORS {
            let day = &date[..8];
            let authorization = format!(
                "OSS4-HMAC-SHA256 Credential=ak/{day}/cn-hangzhou/oss/aliyun_v4_request,{additional}Signature={signature}"
            );
            let mut headers = vec![
                ("authorization", authorization.as_str()),
                ("x-oss-head1", "value"),
                ("abc", "value"),
                ("ZAbc", "value"),
                ("XYZ", "value"),
                ("content-type", "text/plain"),
                ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
                ("x-oss-date", date),
            ];
            headers.extend(token.map(|token| (SECURITY_TOKEN, token)));
            for (addressing, prefix) in [(Addressing::Path, "/bucket"), (Addressing::VirtualHost("bucket"), "")] {
                let parts = request("PUT", &format!("{prefix}/1234%2B-/123/1.txt?{QUERY}"), &headers);
                let claim = Claim::read(&parts).unwrap();
                assert_eq!(
                    (claim.access_key_id(), claim.security_token(), claim.region()),
                    ("ak", token, "cn-hangzhou")
                );
                claim.verify(&parts, b"", addressing, &SecretString::from("sk")).unwrap();
                assert!(claim.verify(&parts, b"", addressing, &SecretString::from("ks")).is_err());
            }
        }
    }

    #[test]
    fn the_example_of_the_documentation_has_its_hash_and_signature() {
        let headers = [
            ("content-disposition", "attachment"),
            ("content-length", "3"),
            ("content-md5", "ICy5YqxZB1uWSwcVLSNLcA=="),
            ("content-type", "text/plain"),
            ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-oss-date", "20250411T064124Z"),
            (
                "authorization",
                "OSS4-HMAC-SHA256 Credential=testid/20250411/cn-hangzhou/oss/aliyun_v4_request, \
                 AdditionalHeaders=content-disposition;content-length, \
                 Signature=d3694c2dfc5371ee6acd35e88c4871ac95a7ba01d3a2f476768fe61218590097",
            ),
        ];
        let parts = request("PUT", "/examplebucket/exampleobject", &headers);
        let claim = Claim::read(&parts).unwrap();
        claim.verify(&parts, b"123", Addressing::Path, &SecretString::from("yourAccessKeySecret")).unwrap();
        let refused = claim.verify(&parts, b"123", Addressing::Path, &SecretString::from("other")).unwrap_err();
        assert!(
            refused.string_to_sign.ends_with("c46d96390bdbc2d739ac9363293ae9d710b14e48081fcb22cd8ad54b63136eca"),
            "{}",
            refused.string_to_sign
        );
        let refused = claim.verify(&parts, b"124", Addressing::Path, &SecretString::from("yourAccessKeySecret"));
        assert_eq!(refused.unwrap_err().cause, MismatchCause::BodyDigest(CONTENT_MD5));
    }

    #[test]
    fn a_scope_of_another_day_or_service_is_malformed() {
        let date = ("x-oss-date", "20250411T064124Z");
        for scope in
            ["20250412/r/oss/aliyun_v4_request", "20250411/r/mns/aliyun_v4_request", "2025/r/oss/aliyun_v4_request"]
        {
            let value = format!("OSS4-HMAC-SHA256 Credential=id/{scope},Signature=s");
            let parts = request("GET", "/", &[("authorization", &value), date]);
            assert_eq!(Claim::read(&parts).unwrap_err(), Malformed::InvalidAuthorization { expected: FORM });
        }
    }
}
