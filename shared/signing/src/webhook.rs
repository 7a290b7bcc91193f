//! [Standard Webhooks](https://www.standardwebhooks.com), the symmetric version `v1`.
//!
//! Three headers carry it: `webhook-id` (unique per message: remember it to refuse replays), `webhook-timestamp` (seconds
//! since 1970) and `webhook-signature` (one or more `v1,<base64>`, separated by spaces, so that a sender can rotate its
//! secret). Signed is `id.timestamp.body`.
//!
//! ```
//! use std::time::Duration;
//! use cloud_signing::webhook::{self, Refused, Secret};
//!
//! let (now, body) = ("2026-01-02T03:04:05Z".parse::<jiff::Timestamp>()?, b"{}");
//! let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
//! let request = http::Request::post("/")
//!     .header(webhook::ID, "msg_1")
//!     .header(webhook::TIMESTAMP, now.as_second())
//!     .header(webhook::SIGNATURE, webhook::sign(&secret, "msg_1", now, body))
//!     .body(body)?;
//!
//! let tolerance = Duration::from_secs(300);
//! let verified = webhook::verify(&[secret.clone()], request.headers(), body, now, tolerance)?;
//! assert_eq!(verified.id, "msg_1");
//! assert_eq!(webhook::verify(&[secret], request.headers(), b"[]", now, tolerance), Err(Refused::NoMatch));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
#[non_exhaustive]
pub enum InvalidSecret {
    /// Not `whsec_` and base64.
    #[error("a webhook secret is `whsec_` followed by base64")]
    NotBase64,
    /// A version stands before it, as before a signature.
    #[error("a webhook secret begins with `whsec_`; leave out what stands before it")]
    Prefixed,
    /// A key of the asymmetric version `v1a`.
    #[error(
        "`whsk_` and `whpk_` begin keys of the asymmetric version v1a; a secret of version v1 begins with `whsec_`"
    )]
    Asymmetric,
    /// Base64 without its padding.
    #[error(
        "the base64 of this webhook secret lacks its padding: end it with `=`, until its length is a multiple of 4"
    )]
    Unpadded,
    /// Base64 of the alphabet for addresses.
    #[error("this webhook secret is base64 for addresses: write `+` for `-`, and `/` for `_`")]
    UrlSafe,
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
        let base64 = text.strip_prefix(PREFIX).unwrap_or(text);
        Self::from_bytes(hash::base64_decode(base64).ok_or_else(|| fault(base64))?)
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

/// Why a text that is no base64 is none, as far as that can be told.
fn fault(text: &str) -> InvalidSecret {
    let reads = |text: &str| ["", "=", "=="].iter().any(|end| hash::base64_decode(&format!("{text}{end}")).is_some());
    match text {
        _ if text.contains(PREFIX) => InvalidSecret::Prefixed,
        _ if text.starts_with("whsk_") || text.starts_with("whpk_") => InvalidSecret::Asymmetric,
        _ if reads(text) => InvalidSecret::Unpadded,
        _ if reads(&text.replace('-', "+").replace('_', "/")) => InvalidSecret::UrlSafe,
        _ => InvalidSecret::NotBase64,
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
#[non_exhaustive]
pub enum Refused {
    /// One of the three headers is not there.
    #[error("header {0} is missing")]
    MissingHeader(&'static str),
    /// A header is there, but unreadable, doubled or too long.
    #[error("header {0} is malformed")]
    Malformed(&'static str),
    /// The time is there, in another unit.
    #[error("header {TIMESTAMP} is in milliseconds or finer; seconds since 1970 are meant")]
    NotSeconds,
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
    let parsed: i64 = seconds
        .parse()
        .ok()
        .filter(|parsed: &i64| parsed.to_string() == seconds)
        .ok_or(Refused::Malformed(TIMESTAMP))?;
    // As seconds it would be the year 5138; as milliseconds it is 1973 or later.
    if parsed >= 100_000_000_000 {
        return Err(Refused::NotSeconds);
    }
    let timestamp = Timestamp::from_second(parsed).map_err(|_| Refused::Malformed(TIMESTAMP))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: i64 = 1_614_265_330;
    const TOLERANCE: Duration = Duration::from_secs(300);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn secret() -> Secret {
        Secret::parse(SECRET).unwrap()
    }

    fn other() -> Secret {
        Secret::from_bytes([7; 32]).unwrap()
    }

    fn headers(id: &str, seconds: &str, signatures: &str) -> HeaderMap {
        let pairs = [(ID, id), (TIMESTAMP, seconds), (SIGNATURE, signatures)];
        pairs.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn signed() -> HeaderMap {
        headers(MESSAGE, &SECONDS.to_string(), &sign(&secret(), MESSAGE, at(SECONDS), BODY))
    }

    fn check(headers: &HeaderMap) -> Result<Verified, Refused> {
        verify(&[secret()], headers, BODY, at(SECONDS), TOLERANCE)
    }

    #[test]
    fn a_timestamp_in_another_unit_is_told_which_one_is_meant() {
        for finer in [SECONDS * 1_000, SECONDS * 1_000_000, SECONDS * 1_000_000_000] {
            let headers = headers(MESSAGE, &finer.to_string(), &sign(&secret(), MESSAGE, at(SECONDS), BODY));
            assert_eq!(check(&headers), Err(Refused::NotSeconds));
        }
        assert!(Refused::NotSeconds.to_string().contains("milliseconds"));
    }

    #[test]
    fn the_reference_vector_is_signed_as_published_and_verifies() {
        let signature = sign(&secret(), MESSAGE, at(SECONDS), BODY);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(check(&signed()), Ok(Verified { id: MESSAGE.to_owned(), timestamp: at(SECONDS) }));
    }

    #[test]
    fn any_of_several_signatures_and_secrets_will_do() {
        let [mine, theirs] = [secret(), other()].map(|secret| sign(&secret, MESSAGE, at(SECONDS), BODY));
        let seconds = SECONDS.to_string();
        let both = headers(MESSAGE, &seconds, &format!("v1a,AAAA {theirs} nonsense {mine}"));
        assert!(check(&both).is_ok());
        let rotated = verify(&[other(), secret()], &signed(), BODY, at(SECONDS), TOLERANCE);
        assert!(rotated.is_ok());
        assert_eq!(check(&headers(MESSAGE, &seconds, &theirs)), Err(Refused::NoMatch));
        assert_eq!(verify(&[], &signed(), BODY, at(SECONDS), TOLERANCE), Err(Refused::NoMatch));
    }

    #[test]
    fn another_version_of_the_same_signature_does_not_count() {
        let signature = sign(&secret(), MESSAGE, at(SECONDS), BODY).replace("v1,", "v2,");
        assert_eq!(check(&headers(MESSAGE, &SECONDS.to_string(), &signature)), Err(Refused::NoMatch));
    }

    #[test]
    fn the_tolerance_holds_in_both_directions_and_includes_its_end() {
        let late = |seconds| verify(&[secret()], &signed(), BODY, at(SECONDS + seconds), TOLERANCE).map(|_| ());
        assert_eq!(late(300), Ok(()));
        assert_eq!(late(301), Err(Refused::TooOld));
        assert_eq!(late(-300), Ok(()));
        assert_eq!(late(-301), Err(Refused::TooNew));
    }

    #[test]
    fn each_missing_doubled_or_odd_header_is_named() {
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut missing = signed();
            missing.remove(name);
            assert_eq!(check(&missing), Err(Refused::MissingHeader(name)));
            let mut doubled = signed();
            doubled.append(name, "1".parse().unwrap());
            assert_eq!(check(&doubled), Err(Refused::Malformed(name)));
        }
        for seconds in ["", "now", "+1614265330", "01614265330", "1614265330.0", "99999999999999999999"] {
            assert_eq!(check(&headers(MESSAGE, seconds, "v1,AAAA")), Err(Refused::Malformed(TIMESTAMP)), "{seconds}");
        }
        let seconds = SECONDS.to_string();
        assert_eq!(check(&headers("a.b", &seconds, "v1,AAAA")), Err(Refused::Malformed(ID)));
        assert_eq!(check(&headers(&"a".repeat(257), &seconds, "v1,AAAA")), Err(Refused::Malformed(ID)));
        assert_eq!(check(&headers("a", &seconds, &"v1,AAAA ".repeat(300))), Err(Refused::Malformed(SIGNATURE)));
    }

    #[test]
    fn a_secret_has_24_to_64_bytes_and_reads_back_as_written() {
        assert_eq!(Secret::from_bytes([0; 23]).unwrap_err(), InvalidSecret::Length(23));
        assert_eq!(Secret::from_bytes([0; 65]).unwrap_err(), InvalidSecret::Length(65));
        assert_eq!(Secret::parse("whsec_!").unwrap_err(), InvalidSecret::NotBase64);
        assert_eq!(Secret::parse("whsec_").unwrap_err(), InvalidSecret::Length(0));
        assert_eq!(secret().to_text().expose_secret(), SECRET);
        let bare = Secret::parse(SECRET.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(sign(&bare, "a", at(1), b""), sign(&secret(), "a", at(1), b""));
    }

    #[test]
    fn a_secret_that_was_copied_or_made_in_another_form_is_refused_by_its_form() {
        for (text, fault) in [
            (format!("v1,{SECRET}"), InvalidSecret::Prefixed),
            (format!("secret={SECRET}"), InvalidSecret::Prefixed),
            ("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), InvalidSecret::Asymmetric),
            ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), InvalidSecret::Asymmetric),
            ("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned(), InvalidSecret::Unpadded),
            ("whsec_-_KQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), InvalidSecret::UrlSafe),
            ("whsec_-_ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned(), InvalidSecret::UrlSafe),
            ("whsec_not base64".to_owned(), InvalidSecret::NotBase64),
        ] {
            assert_eq!(Secret::parse(&text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn debug_output_hides_the_secret() {
        assert!(!format!("{:?}", Secret::from_bytes([0x41; 32]).unwrap()).contains("65"));
    }
}
