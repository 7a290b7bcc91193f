//! RPC V1 (`SignatureMethod=HMAC-SHA1`, `SignatureVersion=1.0`): the older OpenAPI signature, carried in the parameters.
//!
//! Only the method and the parameters are covered, whether they travel in the query, in a form body or in both; no
//! header is. The key is the secret with `&` behind it.

use http::Method;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::claim::{claim_accessors, compare};
use crate::{Credentials, Malformed, Mismatch, encode, hash, time};

/// The value of `SignatureMethod`.
pub const METHOD: &str = "HMAC-SHA1";

const SIGNATURE: &str = "Signature";
const ADDED: [&str; 7] =
    ["AccessKeyId", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp", "SecurityToken", SIGNATURE];

/// Adds the protocol parameters and `Signature` to `params`, which already hold `Action`, `Version`, `Format` and those of
/// the call. Send them with [`encode::query`]. Signing again replaces the former signature.
pub fn sign(
    method: &Method,
    params: &mut Vec<(String, String)>,
    credentials: &Credentials,
    now: Timestamp,
    nonce: &str,
) {
    params.retain(|(name, _)| !ADDED.contains(&name.as_str()));
    let mut add = |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
    add("AccessKeyId", &credentials.access_key_id);
    add("SignatureMethod", METHOD);
    add("SignatureNonce", nonce);
    add("SignatureVersion", "1.0");
    add("Timestamp", &time::extended(now));
    if let Some(token) = credentials.token() {
        add("SecurityToken", token);
    }
    let signature = signature(&string_to_sign(method, params), credentials.secret());
    params.push((SIGNATURE.to_owned(), signature));
}

/// What a request says about who signed it, and when. Nothing of it is proven before [`Claim::verify`].
#[derive(Debug, Clone)]
pub struct Claim {
    access_key_id: String,
    security_token: Option<SecretString>,
    timestamp: Timestamp,
    nonce: String,
    signature: String,
}

claim_accessors!(Claim);

impl Claim {
    /// Reads the claim from the decoded parameters: those of the query, and of a form body if there is one, in one list
    /// ([`encode::form_pairs`] reads either).
    ///
    /// # Errors
    /// [`Malformed`] says which parameter is missing or unreadable.
    pub fn read(_method: &Method, params: &[(String, String)]) -> Result<Self, Malformed> {
        let find = |name: &str| params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let required = |name| find(name).filter(|value| !value.is_empty()).ok_or(Malformed::MissingParameter(name));
        let signature = required(SIGNATURE)?;
        let access_key_id = required("AccessKeyId")?;
        let nonce = required("SignatureNonce")?;
        let timestamp = required("Timestamp")?;
        for (name, only) in [("SignatureMethod", METHOD), ("SignatureVersion", "1.0")] {
            if required(name)? != only {
                return Err(Malformed::InvalidParameter(name));
            }
        }
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            security_token: find("SecurityToken").filter(|token| !token.is_empty()).map(SecretString::from),
            timestamp: time::parse_extended(timestamp).ok_or(Malformed::InvalidParameter("Timestamp"))?,
            nonce: nonce.to_owned(),
            signature: signature.to_owned(),
        })
    }

    /// The nonce: refuse it when it was seen before within the time allowed for [`timestamp`](Self::timestamp).
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Checks the parameters this claim was read from against the secret of [`access_key_id`](Self::access_key_id).
    ///
    /// # Errors
    /// [`Mismatch`] when the signature does not fit.
    pub fn verify(&self, method: &Method, params: &[(String, String)], secret: &SecretString) -> Result<(), Mismatch> {
        let text = string_to_sign(method, params);
        compare(&self.signature, &signature(&text, secret.expose_secret().as_bytes()), text.as_bytes(), None)
    }
}

fn string_to_sign(method: &Method, params: &[(String, String)]) -> String {
    let mut signed: Vec<_> =
        params.iter().filter(|(name, _)| name != SIGNATURE).map(|(name, value)| (name, value)).collect();
    signed.sort_unstable();
    format!("{method}&%2F&{}", encode::component(encode::query(signed)))
}

fn signature(string_to_sign: &str, secret: &[u8]) -> String {
    let mut key = secret.to_vec();
    key.push(b'&');
    hash::base64(&hash::hmac_sha1(&key, string_to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// Secret, parameters, nonce, timestamp, signature: from the signing pages of ECS, of RPC calls and of SMS.
    type Vector =
        (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str, &'static str, &'static str);

    const VECTORS: [Vector; 3] = [
        (
            "testid",
            "testsecret",
            &[("Action", "DescribeRegions"), ("Format", "XML"), ("Version", "2014-05-26")],
            "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
            "2016-02-23T12:46:24Z",
            "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
        ),
        (
            "testid",
            "testsecret",
            &[
                ("Action", "DescribeDedicatedHosts"),
                ("Format", "JSON"),
                ("RegionId", "cn-beijing"),
                ("Version", "2014-05-26"),
            ],
            "edb2b34af0af9a6d14deaf7c1a5315eb",
            "2023-03-13T08:34:30Z",
            "9NaGiOspFP5UPcwX8Iwt2YJXXuk=",
        ),
        (
            "testId",
            "testSecret",
            &[
                ("Action", "SendSms"),
                ("Format", "XML"),
                ("OutId", "123"),
                ("PhoneNumbers", "15300000001"),
                ("RegionId", "cn-hangzhou"),
                ("SignName", "阿里云短信测试专用"),
                ("TemplateCode", "SMS_71390007"),
                ("TemplateParam", r#"{"customer":"test"}"#),
                ("Version", "2017-05-25"),
            ],
            "45e25e9b-0a6f-4070-8c85-2956eda1b466",
            "2017-07-12T02:42:19Z",
            "zJDF+Lrzhj/ThnlvIToysFRq6t4=",
        ),
    ];

    #[test]
    fn the_vectors_are_signed_as_published_and_verify() {
        for (id, secret, pairs, nonce, timestamp, expected) in VECTORS {
            let (mut params, now) = (owned(pairs), timestamp.parse().unwrap());
            sign(&Method::GET, &mut params, &Credentials::new(id, secret), now, nonce);
            let claim = Claim::read(&Method::GET, &params).unwrap();
            assert_eq!(claim.signature, expected);
            assert_eq!((claim.access_key_id(), claim.timestamp(), claim.nonce()), (id, now, nonce));
            claim.verify(&Method::GET, &params, &SecretString::from(secret)).unwrap();
            assert!(claim.verify(&Method::POST, &params, &SecretString::from(secret)).is_err());
        }
    }

    #[test]
    fn the_string_to_sign_is_the_one_the_gateway_shows() {
        let (id, secret, pairs, nonce, timestamp, _) = VECTORS[0];
        let mut params = owned(pairs);
        sign(&Method::GET, &mut params, &Credentials::new(id, secret), timestamp.parse().unwrap(), nonce);
        let claim = Claim::read(&Method::GET, &params).unwrap();
        let refused = claim.verify(&Method::GET, &params, &SecretString::from("other")).unwrap_err();
        assert_eq!(
            refused.string_to_sign,
            "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1\
             %26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0\
             %26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
        );
    }

    #[test]
    fn query_and_body_parameters_are_signed_as_one_list() {
        let params = owned(&[("query", "test"), ("body", "test")]);
        assert_eq!(signature(&string_to_sign(&Method::GET, &params), b"secret"), "XlUyV4sXjOuX5FnjUz9IF9tm5rU=");
    }

    #[test]
    fn signing_again_replaces_the_former_signature() {
        let mut params = owned(&[("Action", "A")]);
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        sign(&Method::GET, &mut params, &Credentials::new("id", "secret").with_security_token("t"), now, "one");
        sign(&Method::GET, &mut params, &Credentials::new("id", "secret"), now, "two");
        let claim = Claim::read(&Method::GET, &params).unwrap();
        assert_eq!((claim.nonce(), claim.security_token()), ("two", None));
        claim.verify(&Method::GET, &params, &SecretString::from("secret")).unwrap();
    }

    #[test]
    fn each_missing_or_odd_parameter_is_named() {
        let mut signed = owned(&[("Action", "A")]);
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        sign(&Method::GET, &mut signed, &Credentials::new("id", "secret"), now, "n");
        for name in ["AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"] {
            let mut params = signed.clone();
            params.retain(|(key, _)| key != name);
            assert_eq!(Claim::read(&Method::GET, &params).unwrap_err(), Malformed::MissingParameter(name));
        }
        for (name, value) in [("SignatureMethod", "HMAC-SHA256"), ("SignatureVersion", "2.0"), ("Timestamp", "now")] {
            let mut params = signed.clone();
            params.retain(|(key, _)| key != name);
            params.push((name.to_owned(), value.to_owned()));
            assert_eq!(Claim::read(&Method::GET, &params).unwrap_err(), Malformed::InvalidParameter(name));
        }
    }
}
