//! Proves who calls.

use std::time::Duration;

use cloud_signing::jdcloud::{Claim, Scope};
use http::request::Parts;
use local_core::identity::Identity;
use local_core::refuse_if;
use local_core::rpc::nonce::Nonces;
use local_core::shared::Shared;

use super::Settings;
use super::error::JdError;

/// The headers that a call must have, in the order in which they are missed.
const REQUIRED: [&str; 3] = ["authorization", "x-jdcloud-date", "x-jdcloud-nonce"];

/// The holder of the key that signed the call, in either variant. What was signed is what the call itself lists: the current
/// Python SDK signs `content-type;host` alone.
///
/// The nonce is noted last: whoever cannot sign cannot use up anybody's nonces.
pub(super) fn prove(
    shared: &Shared,
    nonces: &Nonces,
    settings: Settings,
    region: &str,
    parts: &Parts,
    body: &[u8],
) -> Result<Identity, JdError> {
    for name in REQUIRED {
        refuse_if!(!parts.headers.contains_key(name), JdError::access(&format!("lack of header {name}")));
    }
    let claim = Claim::read(parts).map_err(|malformed| JdError::access(&malformed.to_string()))?;
    let identity = shared.identities.find_jd(claim.access_key_id());
    let identity = identity.ok_or_else(|| JdError::access("Invalid accessKey"))?;
    let differs = || JdError::access("sign result is not same");
    if claim.scope() != (Scope { region, service: "vpc" }) {
        return Err(differs());
    }
    claim.verify(parts, body, &identity.secret).map_err(|_| differs())?;
    let now = shared.clock.wall();
    let age = claim.timestamp().duration_since(now).unsigned_abs();
    if settings.clock_skew_seconds.is_some_and(|skew| age > Duration::from_secs(skew)) {
        return Err(JdError::access("x-jdcloud-date is expired"));
    }
    let nonce = claim.nonce().unwrap_or_default();
    if settings.nonces_once && !nonces.is_new(claim.access_key_id(), nonce, now) {
        return Err(JdError::access("x-jdcloud-nonce was used already"));
    }
    Ok(identity)
}
