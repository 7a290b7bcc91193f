//! Who signed a request.

use std::time::Duration;

use cloud_signing::mns::Claim;
use cloud_signing::{Malformed, MismatchCause};
use http::request::Parts;
use local_core::identity::Identity;
use local_core::refuse_if;
use local_core::shared::Shared;
use secrecy::ExposeSecret as _;

use super::error::MnsError;

/// How far the date of a request may lie from ours, either way.
const SKEW: Duration = Duration::from_secs(15 * 60);

/// Finds out who signed the request, and refuses it unless everything about the signature is right.
pub(super) fn identify(shared: &Shared, parts: &Parts, body: &[u8]) -> Result<Identity, MnsError> {
    let claim = Claim::read(parts).map_err(malformed)?;
    refuse_if!(!parts.headers.contains_key("x-mns-version"), MnsError::MissingVersionHeader);
    let wall = shared.clock.wall();
    if claim.timestamp().duration_since(wall).unsigned_abs() > SKEW {
        return Err(MnsError::TimeExpired { server: wall.to_string() });
    }
    let identity = shared.identities.find(claim.access_key_id()).ok_or(MnsError::InvalidAccessKeyId)?;
    claim.verify(parts, body, &identity.secret).map_err(|mismatch| match mismatch.cause {
        MismatchCause::BodyDigest(_) => MnsError::InvalidDigest,
        _ => MnsError::SignatureDoesNotMatch(mismatch.string_to_sign),
    })?;
    if let Some(token) = &identity.token {
        let sent = claim.security_token().unwrap_or_default();
        if !cloud_signing::constant_time_eq(token.expose_secret().as_bytes(), sent.as_bytes()) {
            return Err(MnsError::AccessDenied("the security token is missing or not the key's own.".into()));
        }
    }
    refuse_if!(identity.has_expired(&shared.clock), MnsError::AccessDenied("the security token has expired.".into()));
    Ok(identity)
}

fn malformed(malformed: Malformed) -> MnsError {
    match malformed {
        Malformed::MissingAuthorization => MnsError::MissingAuthorizationHeader,
        Malformed::MissingHeader(_) => MnsError::MissingDateHeader,
        Malformed::InvalidHeader("date" | "x-mns-date") => MnsError::InvalidDateHeader,
        other => MnsError::InvalidAuthorizationHeader(other.to_string()),
    }
}
