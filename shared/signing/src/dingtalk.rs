//! The signature of DingTalk's custom robots.
//!
//! Two parameters of the address carry it: `timestamp` (milliseconds since 1970) and `sign`, the base64 of an HMAC-SHA256 over
//! the timestamp, a line feed and the secret, with the secret as the key. The body is not signed: the signature keeps
//! strangers away from the robot, it does not keep anybody from changing a message on its way.
//!
//! The server refuses what is more than [`TOLERANCE`] away from its clock.
//!
//! ```
//! use secrecy::SecretString;
//! use cloud_signing::dingtalk;
//!
//! let now = "2026-01-02T03:04:05Z".parse()?;
//! let secret = SecretString::from("SEC0123");
//! let address = dingtalk::signed("https://oapi.dingtalk.com/robot/send?access_token=t", &secret, now);
//!
//! // The other side:
//! let query = address.split_once('?').map_or("", |(_, query)| query);
//! assert_eq!(dingtalk::verify(&[secret], query, now, dingtalk::TOLERANCE), Ok(now));
//! # Ok::<(), jiff::Error>(())
//! ```

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::encode::{self, Plus};
use crate::{hash, robot};

pub use crate::robot::{Refused, TOLERANCE};

/// The parameter with the time of signing, in milliseconds since 1970.
pub const TIMESTAMP: &str = "timestamp";
/// The parameter with the signature.
pub const SIGN: &str = "sign";

/// The value of [`SIGN`], not yet percent-encoded, for a message sent at `millis`.
#[must_use]
pub fn sign(secret: &SecretString, millis: i64) -> String {
    hash::base64(&mac(secret.expose_secret(), millis))
}

/// The robot's address with both parameters behind those that it has.
#[must_use]
pub fn signed(address: &str, secret: &SecretString, now: Timestamp) -> String {
    let millis = now.as_millisecond();
    let pairs = encode::query([(TIMESTAMP, millis.to_string()), (SIGN, sign(secret, millis))]);
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{address}{joint}{pairs}")
}

/// Checks the parameters of an address against any of `secrets`. Returns when it was signed.
///
/// # Errors
/// [`Refused`] says which condition failed; it never says how near a signature came.
pub fn verify(
    secrets: &[SecretString],
    query: &str,
    now: Timestamp,
    tolerance: Duration,
) -> Result<Timestamp, Refused> {
    let millis = only(query, TIMESTAMP)?;
    let millis = robot::number(&millis).ok_or(Refused::Malformed(TIMESTAMP))?;
    let timestamp = Timestamp::from_millisecond(millis).map_err(|_| Refused::Malformed(TIMESTAMP))?;
    let sign = hash::base64_decode(&only(query, SIGN)?).ok_or(Refused::Malformed(SIGN))?;
    robot::near(timestamp, now, tolerance)?;
    robot::fits(secrets, &sign, |secret| mac(secret, millis))?;
    Ok(timestamp)
}

fn mac(secret: &str, millis: i64) -> [u8; 32] {
    hash::hmac_sha256(secret.as_bytes(), format!("{millis}\n{secret}").as_bytes())
}

/// The one value of a parameter.
fn only(query: &str, name: &'static str) -> Result<String, Refused> {
    let pairs = encode::pairs(query, Plus::Space);
    let mut values = pairs.into_iter().filter(|(key, _)| key == name.as_bytes()).map(|(_, value)| value);
    let value = values.next().ok_or(Refused::Missing(name))?;
    match value.map(String::from_utf8) {
        Some(Ok(text)) if values.next().is_none() => Ok(text),
        _ => Err(Refused::Malformed(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: i64 = 1_577_262_236_757;
    const ADDRESS: &str = "https://oapi.dingtalk.com/robot/send?access_token=abc";

    fn secret() -> SecretString {
        SecretString::from("this is secret")
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn check(query: &str, now: i64) -> Result<Timestamp, Refused> {
        verify(&[secret()], query, at(now), TOLERANCE)
    }

    fn query() -> String {
        signed(ADDRESS, &secret(), at(MILLIS)).split_once('?').unwrap().1.to_owned()
    }

    // The vector was computed with the Python of DingTalk's own instructions: hmac, base64, quote_plus.
    #[test]
    fn the_secret_is_the_key_and_part_of_what_is_signed() {
        assert_eq!(sign(&secret(), MILLIS), "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM=");
        let wanted = "access_token=abc&timestamp=1577262236757&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D";
        assert_eq!(query(), wanted);
        assert_eq!(check(wanted, MILLIS), Ok(at(MILLIS)));
    }

    #[test]
    fn the_parameters_follow_whatever_the_address_has() {
        let begins =
            |address: &str| signed(address, &secret(), at(MILLIS)).split("timestamp").next().unwrap().to_owned();
        assert_eq!(begins("https://a/b"), "https://a/b?");
        assert_eq!(begins("https://a/b?"), "https://a/b?");
        assert_eq!(begins("https://a/b?c=d&"), "https://a/b?c=d&");
        assert_eq!(begins("https://a/b?c=d"), "https://a/b?c=d&");
    }

    #[test]
    fn another_secret_time_or_signature_is_refused() {
        let other = [SecretString::from("this is another")];
        assert_eq!(verify(&other, &query(), at(MILLIS), TOLERANCE), Err(Refused::NoMatch));
        assert_eq!(verify(&[], &query(), at(MILLIS), TOLERANCE), Err(Refused::NoMatch));
        let later = query().replace("1577262236757", "1577262236758");
        assert_eq!(check(&later, MILLIS), Err(Refused::NoMatch));
        let both = [other[0].clone(), secret()];
        assert!(verify(&both, &query(), at(MILLIS), TOLERANCE).is_ok(), "while a secret is being replaced");
    }

    #[test]
    fn an_hour_is_allowed_in_both_directions_and_not_more() {
        let hour = 3_600_000;
        assert!(check(&query(), MILLIS + hour).is_ok());
        assert!(check(&query(), MILLIS - hour).is_ok());
        assert_eq!(check(&query(), MILLIS + hour + 1), Err(Refused::TooOld));
        assert_eq!(check(&query(), MILLIS - hour - 1), Err(Refused::TooNew));
    }

    #[test]
    fn what_is_missing_doubled_or_odd_is_named() {
        assert_eq!(check("sign=AAAA", MILLIS), Err(Refused::Missing(TIMESTAMP)));
        assert_eq!(check(&format!("timestamp={MILLIS}"), MILLIS), Err(Refused::Missing(SIGN)));
        assert_eq!(check(&format!("{}&timestamp=1", query()), MILLIS), Err(Refused::Malformed(TIMESTAMP)));
        assert_eq!(check(&format!("timestamp={MILLIS}&sign=%21"), MILLIS), Err(Refused::Malformed(SIGN)));
        for odd in ["", "-1", "+1577262236757", "01577262236757", "soon", "9999999999999999999"] {
            assert_eq!(
                check(&format!("timestamp={odd}&sign=AAAA"), MILLIS),
                Err(Refused::Malformed(TIMESTAMP)),
                "{odd}"
            );
        }
    }
}
