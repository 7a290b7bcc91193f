//! [Standard Webhooks](https://www.standardwebhooks.com), the symmetric version `v1`.
//!
//! Three headers carry it: `webhook-id` (unique per message: remember it to refuse replays), `webhook-timestamp` (seconds
//! since 1970) and `webhook-signature` (one or more `v1,<base64>`, separated by spaces, so that a sender can rotate its
//! secret). Signed is `id.timestamp.body`.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::hash;

/// The header with the message's id.
pub const ID: &str = "webhook-id";
/// The header with the time of signing, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

const PREFIX: &str = "whsec_";
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const MAX_ID_BYTES: usize = 256;
const MAX_SIGNATURE_BYTES: usize = 2048;

/// A secret that sender and receiver share: 24 to 64 random bytes.
#[derive(Debug, Clone)]
pub struct Secret(SecretSlice<u8>);

/// Why a text or byte string is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// Not `whsec_` and base64.
    #[error("a webhook secret is `whsec_` followed by base64")]
    NotBase64,
    /// Too easy to guess, or absurdly long.
    #[error("a webhook secret has 24 to 64 bytes, this one has {0}")]
    Length(usize),
}

impl Secret {
    /// Reads `whsec_<base64>`; the prefix may be missing.
    ///
    /// # Errors
    /// [`InvalidSecret`] when it is no base64, or has fewer than 24 or more than 64 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let text = text.trim();
        let bytes = hash::base64_decode(text.strip_prefix(PREFIX).unwrap_or(text)).ok_or(InvalidSecret::NotBase64)?;
        Self::from_bytes(bytes)
    }

    /// Makes a secret of bytes from a random source.
    ///
    /// # Errors
    /// [`InvalidSecret::Length`] when there are fewer than 24 or more than 64.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, InvalidSecret> {
        let bytes = bytes.into();
        if !SECRET_BYTES.contains(&bytes.len()) {
            return Err(InvalidSecret::Length(bytes.len()));
        }
        Ok(Self(SecretSlice::from(bytes)))
    }

    /// The secret as `whsec_<base64>`, to be handed to whoever is to sign.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        SecretString::from(format!("{PREFIX}{}", hash::base64(self.0.expose_secret())))
    }

    fn mac(&self, id: &str, seconds: i64, body: &[u8]) -> [u8; 32] {
        let mut signed = format!("{id}.{seconds}.").into_bytes();
        signed.extend_from_slice(body);
        hash::hmac_sha256(self.0.expose_secret(), &signed)
    }
}

/// The value of [`SIGNATURE`] for a message sent `now`. The sender also sets [`ID`] to `id` and [`TIMESTAMP`] to
/// `now.as_second()`. The id must not contain a full stop: [`verify`] refuses it.
#[must_use]
pub fn sign(secret: &Secret, id: &str, now: Timestamp, body: &[u8]) -> String {
    format!("v1,{}", hash::base64(&secret.mac(id, now.as_second(), body)))
}

/// A message whose signature fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The message's id. The same id again is the same message again.
    pub id: String,
    /// When it was signed.
    pub timestamp: Timestamp,
}

/// Why a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// One of the three headers is not there.
    #[error("header {0} is missing")]
    MissingHeader(&'static str),
    /// A header is there, but unreadable, doubled or too long.
    #[error("header {0} is malformed")]
    Malformed(&'static str),
    /// Signed longer ago than the tolerance: perhaps a replay.
    #[error("the message was signed too long ago")]
    TooOld,
    /// Signed further in the future than the tolerance: somebody's clock is wrong.
    #[error("the message was signed in the future")]
    TooNew,
    /// No signature fits any of the secrets.
    #[error("no signature matches")]
    NoMatch,
}

/// Checks a message against any of `secrets` (more than one while a secret is being rotated).
///
/// Every signature is compared with every secret, in constant time, before the answer is given.
///
/// # Errors
/// [`Refused`] says which condition failed; it never says how near a signature came.
pub fn verify(
    secrets: &[Secret],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    tolerance: Duration,
) -> Result<Verified, Refused> {
    let id = header(headers, ID, MAX_ID_BYTES)?;
    let seconds = header(headers, TIMESTAMP, 20)?;
    let signatures = header(headers, SIGNATURE, MAX_SIGNATURE_BYTES)?;
    // The stop separates id, time and body: an id with a stop could move the border between them.
    if id.is_empty() || id.contains('.') {
        return Err(Refused::Malformed(ID));
    }
    // Only digits, and no leading zero: then the text is what `mac` writes.
    let timestamp = seconds
        .parse()
        .ok()
        .filter(|parsed: &i64| parsed.to_string() == seconds)
        .and_then(|parsed| Timestamp::from_second(parsed).ok())
        .ok_or(Refused::Malformed(TIMESTAMP))?;
    let tolerance = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
    if now.as_second().saturating_sub(timestamp.as_second()) > tolerance {
        return Err(Refused::TooOld);
    }
    if timestamp.as_second().saturating_sub(now.as_second()) > tolerance {
        return Err(Refused::TooNew);
    }

    let claimed: Vec<Vec<u8>> =
        signatures.split(' ').filter_map(|one| hash::base64_decode(one.strip_prefix("v1,")?)).collect();
    let mut fits = false;
    for secret in secrets {
        let mac = secret.mac(id, timestamp.as_second(), body);
        for signature in &claimed {
            fits |= crate::constant_time_eq(signature, &mac);
        }
    }
    if fits { Ok(Verified { id: id.to_owned(), timestamp }) } else { Err(Refused::NoMatch) }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str, max: usize) -> Result<&'a str, Refused> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Refused::MissingHeader(name))?;
    match value.to_str() {
        Ok(text) if text.len() <= max && values.next().is_none() => Ok(text),
        _ => Err(Refused::Malformed(name)),
    }
}
