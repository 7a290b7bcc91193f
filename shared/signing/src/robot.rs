//! What the signatures of both chat robots have in common: they prove that the sender knows a secret at a time, and nothing
//! about the message.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::hash;

/// How far a robot's timestamp may be from the server's clock: an hour, for both DingTalk and Feishu.
pub const TOLERANCE: Duration = Duration::from_secs(3600);

/// Why a message to a robot was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// One of the two fields is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field is there, but unreadable or doubled.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Signed longer ago than the tolerance.
    #[error("the message was signed too long ago")]
    TooOld,
    /// Signed further in the future than the tolerance: somebody's clock is wrong.
    #[error("the message was signed in the future")]
    TooNew,
    /// The signature fits none of the secrets.
    #[error("the signature does not match")]
    NoMatch,
}

/// Reads a number that is written with digits only and no leading zero, so that its text is what was signed.
pub(crate) fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| *number >= 0 && number.to_string() == text)
}

/// Refuses what was signed too far from `now`.
pub(crate) fn near(timestamp: Timestamp, now: Timestamp, tolerance: Duration) -> Result<(), Refused> {
    let apart = now.duration_since(timestamp);
    if apart.unsigned_abs() <= tolerance {
        return Ok(());
    }
    Err(if apart.is_positive() { Refused::TooOld } else { Refused::TooNew })
}

/// Compares a signature with the one that each secret would make, all of them and in constant time.
pub(crate) fn fits(secrets: &[SecretString], sign: &[u8], mac: impl Fn(&str) -> [u8; 32]) -> Result<(), Refused> {
    let mut fits = false;
    for secret in secrets {
        fits |= hash::constant_time_eq(sign, &mac(secret.expose_secret()));
    }
    if fits { Ok(()) } else { Err(Refused::NoMatch) }
}
