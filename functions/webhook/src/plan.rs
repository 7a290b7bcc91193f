//! The answer to a dry run: every step, asked what it would do. Nothing is changed.

use bytes::Bytes;
use connection::record::Record;
use engine::services::Services;
use http::{Response, StatusCode};
use serde_json::json;

use crate::problem_json::{Refusal, json_response};

/// What it would take to come from `before` to where `after` is going.
///
/// # Errors
/// The refusal to answer with, when a cloud does not answer right now.
pub async fn of(services: &Services, before: &Record, after: &Record) -> Result<Response<Bytes>, Refusal> {
    let made = steps::plan::of(services, before, after)
        .await
        .map_err(|unfinished| Refusal::unavailable(unfinished.to_string()))?;
    Ok(json_response(
        StatusCode::OK,
        &json!({
            "dry_run": true,
            "name": after.name(),
            "kind": after.spec.kind(),
            "phase": after.phase(),
            "plan": made.plan,
            "obstacles": made.obstacles,
        }),
    ))
}
