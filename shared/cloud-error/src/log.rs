//! One line of the log for each call, whoever makes it.

use crate::error::Error;
use crate::kind::Kind;
use crate::table::CloudCall;

/// Writes how a call ended: at `info` where it [changes](CloudCall::is_change) something, else at `debug`. `request_id` finds the cloud's
/// id of a request that succeeded.
///
/// The line says product, action, region, outcome, code and the cloud's request id, and nothing of what was sent or answered. Who asked, for
/// which connection and on which side stands in the spans around it. `region` is left to them where the product has one address for all.
pub fn log<C: CloudCall>(
    call: C,
    region: Option<&C::Region>,
    failed: Option<&Error<C>>,
    request_id: impl FnOnce() -> Option<String>,
) {
    let is_change = call.is_change();
    if !is_change && !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    let outcome = failed.map_or("done", |error| outcome(error.kind()));
    let found = match failed {
        Some(error) => error.request_id().map(str::to_owned),
        None => request_id(),
    };
    let (code, cloud_request_id) = (failed.and_then(Error::code), found.as_deref());
    let (product, region) = (call.service(), region.map(tracing::field::display));
    if is_change {
        tracing::info!(happened = "cloud-call", product, action = %call, region, outcome, code, cloud_request_id, "called the cloud");
    } else {
        tracing::debug!(happened = "cloud-call", product, action = %call, region, outcome, code, cloud_request_id, "asked the cloud");
    }
}

/// What became of a call that failed.
fn outcome(kind: Kind) -> &'static str {
    match kind {
        Kind::NotSent => "not-sent",
        Kind::OutcomeUnknown | Kind::Malformed => "unknown",
        Kind::Throttled
        | Kind::Busy
        | Kind::AlreadyThere
        | Kind::Gone
        | Kind::Refused
        | Kind::RuledOut
        | Kind::Quota
        | Kind::Denied
        | Kind::StaleCredentials
        | Kind::Commercial => "refused",
    }
}
