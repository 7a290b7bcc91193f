//! `causeway drift`: has connections compared with the cloud, tells what was found, and has it set right when asked to.
//!
//! | module | what it does |
//! | --- | --- |
//! | `fix` | approves the plans that wait, and follows every repair that is under way |
//! | `told` | findings, plans, and what was not repaired, in words |

mod fix;
mod told;

use std::process::ExitCode;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::args::Drift;
use crate::demo::follow::FollowError;
use crate::remote::{RemoteError, all, connect};
use crate::webhook::{Webhook, WebhookError};

/// How often a check is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a check may take. One of ten thousand connections takes some minutes, since the cloud is asked at a measured pace.
const AT_MOST: Duration = Duration::from_secs(30 * 60);
/// What the command ends with when something is not as it should be.
const FOUND: u8 = 2;

/// Why nothing could be told.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DriftError {
    /// The webhook could not be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// A repair could not be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The check did not end.
    #[error("drift check {id} is still under way after {} minutes", AT_MOST.as_secs() / 60)]
    #[diagnostic(help("look at it later: GET /v1/drift-checks/{id}"))]
    Endless {
        /// The check.
        id: String,
    },
}

/// `causeway drift`. Ends with 0 when all is as it should be, with 2 when something is not, and with 1 when that could not be told
/// or a repair failed.
///
/// # Errors
/// When the webhook cannot be asked, or a check does not end.
pub async fn drift(args: &Drift) -> Result<ExitCode, DriftError> {
    let webhook = connect(&args.webhook)?;
    let mut check = if args.known { Value::Null } else { checked(&webhook, args).await? };
    let mut found = found(&webhook, args).await?;
    let mut repairs = Vec::new();
    if args.fix {
        repairs = fix::fix(&webhook, &found, args.webhook.json).await?;
        let by_check = check["result"]["repaired"].as_u64().is_some_and(|number| number > 0);
        if by_check || repairs.iter().any(fix::Repaired::was_begun) {
            check = checked(&webhook, args).await?;
            found = self::found(&webhook, args).await?;
        }
    }
    if args.webhook.json {
        let repairs: Vec<_> = repairs.iter().map(fix::Repaired::to_json).collect();
        println!("{:#}", json!({"version": 1, "check": check, "drift": found, "repairs": repairs}));
    } else {
        told::print(&check, &found, &repairs);
    }
    Ok(ending(args.name.is_some(), &check, &found, &repairs))
}

/// What the command ends with. What could not be looked at is not as it should be, and it is not known to be otherwise either.
fn ending(is_named: bool, check: &Value, found: &[Value], repairs: &[fix::Repaired]) -> ExitCode {
    let counts = |finding: &Value| finding["ignored"].is_null();
    let is_unknown = !told::is_whole(check, found) || is_named && told::skipped_changed(check).next().is_some();
    if repairs.iter().any(fix::Repaired::has_failed) {
        ExitCode::FAILURE
    } else if found.iter().flat_map(findings).any(counts) {
        ExitCode::from(FOUND)
    } else if is_unknown {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Has a check made, and waits for its end.
async fn checked(webhook: &Webhook, args: &Drift) -> Result<Value, DriftError> {
    let scope = match &args.name {
        Some(name) => json!({"connection": name}),
        None if args.labels.is_empty() => json!({}),
        None => json!({"labels": args.labels.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()}),
    };
    let begun = webhook.ask(Method::POST, "/v1/drift-checks", &[], &scope.to_string()).await?;
    let id = text(&begun["id"]).to_owned();
    let started = tokio::time::Instant::now();
    loop {
        let check = webhook.ask(Method::GET, &format!("/v1/drift-checks/{id}"), &[], "").await?;
        if check["status"] == "ended" {
            return Ok(check);
        }
        if started.elapsed() > AT_MOST {
            return Err(DriftError::Endless { id });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What is open, of what is asked for.
async fn found(webhook: &Webhook, args: &Drift) -> Result<Vec<Value>, DriftError> {
    let mut query = String::new();
    if let Some(name) = &args.name {
        query.push_str(&format!("&connection={name}"));
    }
    if let Some(severity) = &args.severity {
        query.push_str(&format!("&severity={severity}"));
    }
    let mut found = all(webhook, "/v1/drift", &query).await?;
    if !args.labels.is_empty() {
        let connections = all(webhook, "/v1/connections", "").await?;
        let is_asked =
            |connection: &&Value| args.labels.iter().all(|(key, value)| connection["labels"][key] == value.as_str());
        let names: Vec<&Value> = connections.iter().filter(is_asked).map(|connection| &connection["name"]).collect();
        found.retain(|row| names.contains(&&row["subject"]["connection"]));
    }
    Ok(found)
}

fn findings(row: &Value) -> impl Iterator<Item = &Value> {
    row["findings"].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_ends_with_tells_drift_from_not_knowing_and_both_from_all_being_well() {
        let check = |unknown: u8, skipped_changed: Value| json!({"result": {"unknown": unknown}, "skipped_changed": skipped_changed});
        let (well, blind) = (check(0, json!([])), check(1, json!([])));
        let moved = check(0, json!([{"connection": "a-b", "why": "it is moving"}]));
        let unseen = [json!({"findings": [], "unknown": [{"why": "Forbidden"}]})];
        let drifted = [json!({"findings": [{"kind": "route-missing"}]})];
        let ignored = [json!({"findings": [{"kind": "route-missing", "ignored": {"reason": "known"}}]})];
        let failed = [fix::Repaired::ended("a-b", json!({"phase": "failed"}))];
        let fixed = [fix::Repaired::ended("a-b", json!({"phase": "active"}))];
        let refused = [fix::Repaired::refused("a-b", "frozen".to_owned())];
        for (code, is_named, check, found, repairs) in [
            (ExitCode::SUCCESS, true, &well, &[][..], &[][..]),
            (ExitCode::SUCCESS, false, &moved, &[], &[]),
            (ExitCode::FAILURE, true, &moved, &[], &[]),
            (ExitCode::FAILURE, false, &blind, &[], &[]),
            (ExitCode::FAILURE, true, &Value::Null, &unseen, &[]),
            (ExitCode::from(2), false, &blind, &drifted, &[]),
            (ExitCode::SUCCESS, false, &well, &ignored, &[]),
            (ExitCode::SUCCESS, true, &well, &[], &fixed),
            (ExitCode::from(2), true, &well, &drifted, &refused),
            (ExitCode::FAILURE, true, &well, &drifted, &failed),
        ] {
            assert_eq!(ending(is_named, check, found, repairs), code, "{check} {found:?}");
        }
    }
}
