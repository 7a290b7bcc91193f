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
