//! Who signed a request, by either version of the OSS signature.

use std::time::Duration;

use cloud_signing::oss::Addressing;
use cloud_signing::{Malformed, Mismatch, MismatchCause, oss_v1, oss_v4};
use http::request::Parts;
use jiff::Timestamp;
use local_core::identity::Identity;
use local_core::refuse_if;
use local_core::shared::Shared;
use secrecy::ExposeSecret as _;

use super::error::OssError;
use super::target::Target;

/// How far the date of a request may lie from ours, either way.
const SKEW: Duration = Duration::from_secs(15 * 60);

/// How a request was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Signed {
    /// By version 1, which names no region.
    V1,
    /// By version 4, for this region.
    V4 { region: String },
}

/// A claim of either version.
enum Claim {
    V1(oss_v1::Claim),
    V4(oss_v4::Claim),
}

impl Claim {
    fn read(parts: &Parts) -> Result<Self, Malformed> {
        let authorization = parts.headers.get(http::header::AUTHORIZATION);
        let is_v4 = authorization.is_some_and(|value| value.as_bytes().starts_with(oss_v4::ALGORITHM.as_bytes()));
        if is_v4 { oss_v4::Claim::read(parts).map(Self::V4) } else { oss_v1::Claim::read(parts).map(Self::V1) }
    }

    fn signed(&self) -> Signed {
        match self {
            Self::V1(_) => Signed::V1,
            Self::V4(claim) => Signed::V4 { region: claim.region().to_owned() },
        }
    }

    /// Access key, token and date.
    fn says(&self) -> (&str, Option<&str>, Timestamp) {
        match self {
            Self::V1(claim) => (claim.access_key_id(), claim.security_token(), claim.timestamp()),
            Self::V4(claim) => (claim.access_key_id(), claim.security_token(), claim.timestamp()),
        }
    }

    fn verify(&self, parts: &Parts, body: &[u8], target: &Target, identity: &Identity) -> Result<(), Mismatch> {
        let addressing = match &target.host_bucket {
            Some(bucket) => Addressing::VirtualHost(bucket),
            None => Addressing::Path,
        };
        match self {
            Self::V1(claim) => claim.verify(parts, body, addressing, &identity.secret),
            Self::V4(claim) => claim.verify(parts, body, addressing, &identity.secret),
        }
    }
}

/// Finds out who signed the request and how, and refuses it unless everything about the signature is right.
pub(super) fn identify(
    shared: &Shared,
    parts: &Parts,
    body: &[u8],
    target: &Target,
) -> Result<(Identity, Signed), OssError> {
    let claim = Claim::read(parts).map_err(|malformed| match malformed {
        Malformed::MissingAuthorization => {
            OssError::AccessDenied("You have no right to access this object because of bucket acl.".into())
        }
        Malformed::MissingHeader(_) | Malformed::InvalidHeader(_) => {
            OssError::AccessDenied("OSS authentication requires a valid Date.".into())
        }
        other => OssError::InvalidArgument(format!("Authorization header is invalid: {other}.")),
    })?;
    let (access_key_id, token, signed_at) = claim.says();
    refuse_if!(signed_at.duration_since(shared.clock.wall()).unsigned_abs() > SKEW, OssError::RequestTimeTooSkewed);
    let identity = shared.identities.find(access_key_id).ok_or(OssError::InvalidAccessKeyId)?;
    claim.verify(parts, body, target, &identity).map_err(|mismatch| match mismatch.cause {
        MismatchCause::BodyDigest(_) => OssError::InvalidDigest,
        _ => OssError::SignatureDoesNotMatch {
            access_key_id: access_key_id.to_owned(),
            string_to_sign: mismatch.string_to_sign,
        },
    })?;
    match (&identity.token, token) {
        // Without its token the key of a session is no key at all.
        (Some(_), None) => return Err(OssError::InvalidAccessKeyId),
        (Some(token), Some(sent)) => {
            if !cloud_signing::constant_time_eq(token.expose_secret().as_bytes(), sent.as_bytes()) {
                return Err(OssError::InvalidSecurityToken);
            }
        }
        (None, _) => {}
    }
    refuse_if!(identity.has_expired(&shared.clock), OssError::SecurityTokenExpired);
    Ok((identity, claim.signed()))
}
