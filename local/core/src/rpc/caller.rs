//! Proves who calls.

use cloud_signing::{Mismatch, MismatchCause};
use http::StatusCode;
use http::request::Parts;
use secrecy::ExposeSecret as _;

use super::RpcError;
use super::envelope::{Claim, Envelope};
use super::nonce::{Nonces, SKEW};
use crate::identity::Identity;
use crate::refuse_if;
use crate::shared::Shared;

/// The holder of the key that signed the call.
///
/// The nonce is noted last: whoever cannot sign cannot use up anybody's nonces.
pub fn prove(
    shared: &Shared,
    nonces: &Nonces,
    envelope: &Envelope,
    parts: &Parts,
    body: &[u8],
) -> Result<Identity, RpcError> {
    let claim = &envelope.claim;
    let identity = shared
        .identities
        .find(claim.access_key_id())
        .ok_or_else(|| RpcError::missing("InvalidAccessKeyId.NotFound", "Specified access key is not found."))?;
    check_token(&identity, claim)?;
    let now = shared.clock.wall();
    refuse_if!(claim.timestamp().duration_since(now).unsigned_abs() > SKEW, bad "InvalidTimeStamp.Expired",
        "Specified time stamp or date value is expired: the server's time is {now:.0}.");
    claim.verify(parts, body, &identity.secret).map_err(|mismatch| refuse_mismatch(claim, mismatch))?;
    // Told only to whoever can sign: that a key has expired is its holder's business.
    if identity.has_expired(&shared.clock) {
        return Err(refuse_token("InvalidSecurityToken.Expired", "Specified SecurityToken is expired."));
    }
    refuse_if!(!nonces.is_new(claim.access_key_id(), claim.nonce(), now), bad "SignatureNonceUsed",
        "Specified signature nonce was used already.");
    Ok(identity)
}

fn check_token(identity: &Identity, claim: &Claim) -> Result<(), RpcError> {
    match (&identity.token, claim.security_token()) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(refuse_token("MissingSecurityToken", "SecurityToken is required for this access key.")),
        (Some(own), Some(sent)) if cloud_signing::constant_time_eq(own.expose_secret().as_bytes(), sent.as_bytes()) => {
            Ok(())
        }
        (Some(_), Some(sent)) if !sent.starts_with("CAIS") => {
            Err(refuse_token("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."))
        }
        (Some(_) | None, Some(_)) => Err(refuse_token(
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        )),
    }
}

/// The documentation knows the codes, not the statuses (4xx).
fn refuse_token(code: &str, message: &str) -> RpcError {
    RpcError::new(StatusCode::BAD_REQUEST, code, message)
}

fn refuse_mismatch(claim: &Claim, mismatch: Mismatch) -> RpcError {
    let Mismatch { cause, string_to_sign, .. } = mismatch;
    let message = match (cause, claim) {
        (MismatchCause::BodyDigest(header), _) => {
            format!("Specified signature is not matched with our calculation: {header} does not match the body.")
        }
        (_, Claim::V1(..)) => {
            format!(
                "Specified signature is not matched with our calculation. server string to sign is:{string_to_sign}"
            )
        }
        (_, Claim::Acs3(_)) => {
            format!("Specified signature does not match our calculation. server StringToSign is [{string_to_sign}]")
        }
    };
    RpcError::bad("SignatureDoesNotMatch", message)
}
