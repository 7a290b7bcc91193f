//! The signature of the custom bots of Feishu and Lark.
//!
//! Two fields of the JSON body carry it: `timestamp` (seconds since 1970, as a text) and `sign`, the base64 of an HMAC-SHA256
//! over *nothing*, with the timestamp, a line feed and the secret as the key. The rest of the body is not signed: the
//! signature keeps strangers away from the bot, it does not keep anybody from changing a message on its way.
//!
//! The server refuses what is more than [`TOLERANCE`] away from its clock.
//!
//! ```
//! use secrecy::SecretString;
//! use cloud_signing::feishu;
//!
//! let now: jiff::Timestamp = "2026-01-02T03:04:05Z".parse()?;
//! let secret = SecretString::from("demo");
//! let (timestamp, sign) = (now.as_second().to_string(), feishu::sign(&secret, now.as_second()));
//!
//! // The other side:
//! assert_eq!(feishu::verify(&[secret], &timestamp, &sign, now, feishu::TOLERANCE), Ok(now));
//! # Ok::<(), jiff::Error>(())
//! ```

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{hash, robot};

pub use crate::robot::{Refused, TOLERANCE};

/// The field with the time of signing, in seconds since 1970.
pub const TIMESTAMP: &str = "timestamp";
/// The field with the signature.
pub const SIGN: &str = "sign";

/// The value of [`SIGN`] for a message sent at `seconds`, which is the value of [`TIMESTAMP`].
#[must_use]
pub fn sign(secret: &SecretString, seconds: i64) -> String {
    hash::base64(&mac(secret.expose_secret(), seconds))
}

/// Checks the two fields of a body against any of `secrets`. Returns when it was signed.
///
/// # Errors
/// [`Refused`] says which condition failed; it never says how near a signature came.
pub fn verify(
    secrets: &[SecretString],
    timestamp: &str,
    sign: &str,
    now: Timestamp,
    tolerance: Duration,
) -> Result<Timestamp, Refused> {
    let seconds = robot::number(timestamp).ok_or(Refused::Malformed(TIMESTAMP))?;
    let timestamp = Timestamp::from_second(seconds).map_err(|_| Refused::Malformed(TIMESTAMP))?;
    let sign = hash::base64_decode(sign).ok_or(Refused::Malformed(SIGN))?;
    // The clock of the server shows whole seconds.
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    robot::near(timestamp, now, tolerance)?;
    robot::fits(secrets, &sign, |secret| mac(secret, seconds))?;
    Ok(timestamp)
}

fn mac(secret: &str, seconds: i64) -> [u8; 32] {
    hash::hmac_sha256(format!("{seconds}\n{secret}").as_bytes(), b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: i64 = 1_599_360_473;
    // Computed with Python's hmac, as in Feishu's own instructions.
    const SIGNED: &str = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=";

    fn secret() -> SecretString {
        SecretString::from("demo")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn check(timestamp: &str, sign: &str, now: i64) -> Result<Timestamp, Refused> {
        verify(&[secret()], timestamp, sign, at(now), TOLERANCE)
    }

    #[test]
    fn the_text_is_the_key_and_nothing_is_the_message() {
        assert_eq!(sign(&secret(), SECONDS), SIGNED);
        assert_eq!(check("1599360473", SIGNED, SECONDS), Ok(at(SECONDS)));
    }

    #[test]
    fn another_secret_time_or_signature_is_refused() {
        let other = SecretString::from("omed");
        let by = |secrets: &[SecretString]| verify(secrets, "1599360473", SIGNED, at(SECONDS), TOLERANCE);
        assert_eq!(by(std::slice::from_ref(&other)), Err(Refused::NoMatch));
        assert_eq!(by(&[]), Err(Refused::NoMatch));
        assert!(by(&[other, secret()]).is_ok(), "while a secret is being replaced");
        assert_eq!(check("1599360474", SIGNED, SECONDS), Err(Refused::NoMatch));
        assert_eq!(check("1599360473", "AAAA", SECONDS), Err(Refused::NoMatch));
        let as_dingtalk = hash::base64(&hash::hmac_sha256(b"demo", b"1599360473\ndemo"));
        assert_eq!(check("1599360473", &as_dingtalk, SECONDS), Err(Refused::NoMatch), "key and message change places");
    }

    #[test]
    fn an_hour_is_allowed_in_both_directions_and_not_more() {
        for (seconds, outcome) in [
            (3600, Ok(at(SECONDS))),
            (-3600, Ok(at(SECONDS))),
            (3601, Err(Refused::TooOld)),
            (-3601, Err(Refused::TooNew)),
        ] {
            assert_eq!(check("1599360473", SIGNED, SECONDS + seconds), outcome, "{seconds}");
        }
    }

    #[test]
    fn what_is_odd_is_named() {
        for odd in ["", "-1", "01599360473", "1599360473.0", "soon", "99999999999999999999"] {
            assert_eq!(check(odd, SIGNED, SECONDS), Err(Refused::Malformed(TIMESTAMP)), "{odd}");
        }
        assert_eq!(check("1599360473", "!", SECONDS), Err(Refused::Malformed(SIGN)));
    }
}
