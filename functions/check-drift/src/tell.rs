//! Telling people of what was found, and of what is so no more.
//!
//! What is found is kept first and told then. Who dies in between compares the same batch again, finds it known already, and
//! tells all the same: an event that is there is not put twice.

use connection::finding::Severity;
use connection::record::Record;
use drift::findings::{Findings, Stored, Subject};
use drift::settings::Settings;
use engine::services::Services;
use engine::tell::tell;
use jiff::Timestamp;
use notice::drift::{Finding, cleared, found};
use store::StoreError;

/// Tells of everything that is open and not ignored, and of what was cleared since `began`.
///
/// # Errors
/// When the store fails.
pub(crate) async fn tell_of(
    services: &Services,
    record: Option<&Record>,
    findings: &Findings,
    settings: Option<&Settings>,
    began: Timestamp,
) -> Result<(), StoreError> {
    let now = services.io.clock.now();
    let is_ignored =
        |stored: &Stored| settings.is_some_and(|known| known.ignores(&findings.subject, stored, now).is_some());
    for stored in findings.open.iter().filter(|stored| !is_ignored(stored)) {
        tell(services, &found(&described(record, &findings.subject, stored))).await?;
    }
    for stored in &findings.cleared {
        if let Some(at) = stored.cleared.filter(|at| *at >= began)
            && !is_ignored(stored)
        {
            tell(services, &cleared(&described(record, &findings.subject, stored), at)).await?;
        }
    }
    Ok(())
}

fn described(record: Option<&Record>, subject: &Subject, stored: &Stored) -> Finding {
    let finding = &stored.seen.finding;
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let accounts = match (record, subject) {
        (Some(record), _) => vec![record.spec.place(finding.side).account.to_string()],
        (None, Subject::Account(alias)) => vec![alias.to_string()],
        (None, Subject::Connection(_)) => Vec::new(),
    };
    let (kind, resource, actual, expected) = (finding.kind, &finding.resource, &finding.actual, &finding.expected);
    let field = filled(&finding.field).map(|field| format!(", {field}")).unwrap_or_default();
    Finding {
        id: stored.id.clone(),
        connection: record.map(|record| record.name().to_string()),
        uid: record.map(|record| record.uid.clone()),
        kind: record.map(|record| record.spec.kind().to_string()),
        labels: record.map(|record| record.spec.labels.clone()).unwrap_or_default(),
        accounts,
        side: record.map(|_| finding.side.to_string()),
        resource: resource.clone(),
        field: filled(&finding.field),
        expected: filled(expected),
        actual: filled(actual),
        severity: match stored.severity {
            Severity::Down => notice::Severity::Critical,
            Severity::Degraded | Severity::Cosmetic => notice::Severity::Warning,
        },
        since: stored.since,
        what: format!("{kind}: {resource}{field}: {actual} instead of {expected}"),
        advice: Some(match record {
            Some(record) => {
                format!("GET /v1/drift?connection={} says more, and whether a plan waits to be approved", record.name())
            }
            None => "find out whose it is; no connection knows it".to_owned(),
        }),
    }
}
