//! `causeway drift`: compares connections with the cloud, prints the findings, and repairs them with `--fix`.
//!
//! | module | what it does |
//! | --- | --- |
//! | `fix` | approves the plans that wait, and follows every repair that is under way |
//! | `report` | findings, plans, and what was not repaired, in words |

mod fix;
mod report;

use std::process::ExitCode;
use std::time::Duration;

use api::drift::{BeginDriftCheck, CheckStatus, DriftCheck, DriftFindings, Finding};
use connection::words::ConnectionName;
use drift::check::CheckId;
use drift::findings::Subject;
use http::Method;
use serde::Serialize;

use crate::args::Drift;
use crate::demo::follow::FollowError;
use crate::remote::{RemoteError, connect};
use crate::render::json;
use crate::webhook::{Webhook, WebhookError};

/// How often a check is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a check may take. One of ten thousand connections takes some minutes, since the cloud is asked at a measured pace.
const AT_MOST: Duration = Duration::from_secs(30 * 60);
/// What the command ends with when something is not as it should be.
const FOUND: u8 = 2;

/// Why drift could not be checked or repaired.
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
    #[error("drift check {id} is still under way after {} minutes", AT_MOST.as_secs() / 60)]
    #[diagnostic(help("look at it later: GET /v1/drift-checks/{id}"))]
    Endless { id: CheckId },
}

/// What `causeway drift --json` prints.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    check: Option<&'a DriftCheck>,
    drift: &'a [DriftFindings],
    repairs: &'a [fix::Repaired],
}

/// `causeway drift`. Ends with 0 when nothing differs, with 2 when findings are open, and with 1 when something could not be
/// compared or a repair failed.
///
/// # Errors
/// When the webhook cannot be asked, or a check does not end.
pub async fn drift(args: &Drift) -> Result<ExitCode, DriftError> {
    let webhook = connect(&args.webhook)?;
    let mut check = if args.known { None } else { Some(checked(&webhook, args).await?) };
    let mut found = found(&webhook, args).await?;
    let mut repairs = Vec::new();
    if args.fix {
        repairs = fix::fix(&webhook, &found, args.webhook.json).await?;
        let by_check = report::result(check.as_ref()).is_some_and(|result| result.repaired > 0);
        if by_check || repairs.iter().any(fix::Repaired::was_begun) {
            check = Some(checked(&webhook, args).await?);
            found = self::found(&webhook, args).await?;
        }
    }
    let check = check.as_ref();
    if args.webhook.json {
        println!("{}", json(&Document { version: 1, check, drift: &found, repairs: &repairs }));
    } else {
        report::print(check, &found, &repairs);
    }
    Ok(ending(args.name.is_some(), check, &found, &repairs))
}

/// What the command ends with. What could not be looked at is not as it should be, and it is not known to be otherwise either.
fn ending(is_named: bool, check: Option<&DriftCheck>, found: &[DriftFindings], repairs: &[fix::Repaired]) -> ExitCode {
    let counts = |finding: &Finding| finding.ignored.is_none();
    let is_unknown = !report::is_whole(check, found) || is_named && report::skipped(check).next().is_some();
    if repairs.iter().any(fix::Repaired::has_failed) {
        ExitCode::FAILURE
    } else if found.iter().flat_map(|of| &of.findings).any(counts) {
        ExitCode::from(FOUND)
    } else if is_unknown {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Begins a check, and waits for its end.
async fn checked(webhook: &Webhook, args: &Drift) -> Result<DriftCheck, DriftError> {
    let labels = (args.name.is_none() && !args.labels.is_empty()).then(|| args.labels.iter().cloned().collect());
    let scope = BeginDriftCheck { connection: args.name.clone(), labels };
    let DriftCheck { id, .. } = webhook.submit(Method::POST, "/v1/drift-checks", &scope).await?;
    let started = tokio::time::Instant::now();
    loop {
        let check: DriftCheck = webhook.get(&format!("/v1/drift-checks/{id}")).await?;
        match check.status {
            CheckStatus::Ended => return Ok(check),
            CheckStatus::UnderWay if started.elapsed() > AT_MOST => return Err(DriftError::Endless { id }),
            CheckStatus::UnderWay => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// What is open, of what is asked for.
async fn found(webhook: &Webhook, args: &Drift) -> Result<Vec<DriftFindings>, DriftError> {
    let mut query = String::new();
    if let Some(name) = &args.name {
        query.push_str(&format!("&connection={name}"));
    }
    if let Some(severity) = args.severity {
        query.push_str(&format!("&severity={severity}"));
    }
    let mut found: Vec<DriftFindings> = webhook.list("/v1/drift", &query, usize::MAX).await?;
    if !args.labels.is_empty() {
        let mut connections = webhook.connections().await?;
        connections
            .retain(|connection| args.labels.iter().all(|(key, value)| connection.labels.get(key) == Some(value)));
        let is_asked = |name: &ConnectionName| connections.iter().any(|connection| connection.name == *name);
        found.retain(|of| matches!(&of.subject, Subject::Connection(name) if is_asked(name)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use connection::record::Phase;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_it_ends_with_tells_drift_from_not_knowing_and_both_from_all_being_well() {
        let at = "2026-01-02T03:04:05Z";
        let check = |unknown: u8, skipped_changed: Value| {
            let result = json!({"compared": 1, "open": 0, "opened": 0, "cleared": 0, "unknown": unknown, "proposed": 0, "repaired": 0});
            let check: DriftCheck = serde_json::from_value(json!({
                "id": "20260102t030405z-0000000000000001", "scope": "all", "asked_by": "ann", "at": at, "status": "ended",
                "ended_at": at, "requests": 1, "pages": 1, "skipped_changed": skipped_changed, "result": result,
            }))
            .unwrap();
            assert!(check.end.is_some());
            check
        };
        let of = |findings: Value, unknown: Value| -> [DriftFindings; 1] {
            let subject = json!({"connection": "a-b"});
            let findings =
                json!({"subject": subject, "checked_at": at, "worst": null, "findings": findings, "unknown": unknown});
            [serde_json::from_value(findings).unwrap()]
        };
        let finding = |ignored: Value| {
            json!([{"id": "f", "kind": "route-missing", "severity": "down", "step": "add-route", "side": "initiator",
                "resource": "vtb-1", "field": "", "expected": "a route", "actual": "none", "repairable": true, "since": at,
                "last_seen": at, "ignored": ignored}])
        };
        let name = || "a-b".parse().unwrap();
        let (well, blind) = (check(0, json!([])), check(1, json!([])));
        let moved = check(0, json!([{"connection": "a-b", "why": "it is moving"}]));
        let unseen = of(json!([]), json!([{"listing_id": {"of": "router-interfaces"}, "why": "Forbidden"}]));
        let drifted = of(finding(Value::Null), json!([]));
        let ignored = of(finding(json!({"reason": "known", "until": at})), json!([]));
        let failed = [fix::Repaired::ended(name(), Phase::Failed, None)];
        let fixed = [fix::Repaired::ended(name(), Phase::Active, None)];
        let refused = [fix::Repaired::refused(name(), "frozen".to_owned())];
        for (code, is_named, check, found, repairs) in [
            (ExitCode::SUCCESS, true, Some(&well), &[][..], &[][..]),
            (ExitCode::SUCCESS, false, Some(&moved), &[], &[]),
            (ExitCode::FAILURE, true, Some(&moved), &[], &[]),
            (ExitCode::FAILURE, false, Some(&blind), &[], &[]),
            (ExitCode::FAILURE, true, None, &unseen, &[]),
            (ExitCode::from(2), false, Some(&blind), &drifted, &[]),
            (ExitCode::SUCCESS, false, Some(&well), &ignored, &[]),
            (ExitCode::SUCCESS, true, Some(&well), &[], &fixed),
            (ExitCode::from(2), true, Some(&well), &drifted, &refused),
            (ExitCode::FAILURE, true, Some(&well), &drifted, &failed),
        ] {
            assert_eq!(ending(is_named, check, found, repairs), code, "{check:?} {found:?}");
        }
    }
}
