//! The answer to a dry run: every step, asked what it would do. Nothing is changed.

use api::connections::Plan;
use bytes::Bytes;
use connection::record::Record;
use engine::services::Services;
use http::{Response, StatusCode};

use crate::problem_json::{Refusal, json_response};

/// What it would take to come from `before` to where `after` is going.
///
/// # Errors
/// The refusal to answer with, when a cloud does not answer right now.
pub async fn of(services: &Services, before: &Record, after: &Record) -> Result<Response<Bytes>, Refusal> {
    let steps::plan::Plan { plan, obstacles } = steps::plan::of(services, before, after)
        .await
        .map_err(|unfinished| Refusal::unavailable(unfinished.to_string()))?;
    let (name, kind, phase) = (after.name().clone(), after.spec.kind(), after.phase());
    let awaited = after.awaited.iter().flat_map(|awaited| awaited.open());
    let needs_consent = awaited.map(|(account, owner)| (account.clone(), owner.clone())).collect();
    Ok(json_response(StatusCode::OK, &Plan { dry_run: true, name, kind, phase, plan, obstacles, needs_consent }))
}
