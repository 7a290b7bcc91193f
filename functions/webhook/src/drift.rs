//! Drift: asking for a check, what was found, and approving a repair.

use std::collections::BTreeMap;
use std::time::Duration;

use ::drift::check::{self, Check, CheckId, CheckMessage, Scope, Task};
use ::drift::findings::{Findings, Stored, Subject};
use ::drift::repair::{Repair, Why, decide as what_to_do, walk};
use ::drift::settings::Settings;
use ::drift::store::{Approved, DriftStore, Proposal};
use bytes::Bytes;
use connection::decide::{Event, decide};
use connection::finding::Severity;
use connection::record::Phase;
use connection::words::ConnectionName;
use engine::carry::commit;
use engine::services::Services;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoreError;
use transport::Chain;

use crate::dry_run::{self, Flag};
use crate::gate::{Caller, unavailable};
use crate::plan;
use crate::problem_json::{Refusal, json_response};
use crate::view;

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

/// Which findings are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// Only those of this connection.
    pub connection: Option<ConnectionName>,
    /// Only those that are at least as bad.
    pub severity: Option<Severity>,
    /// Only subjects after this one, as `next` gives it.
    pub after: Option<String>,
    /// How many subjects at most.
    pub limit: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    connection: Option<ConnectionName>,
    labels: Option<BTreeMap<String, String>>,
}

/// Begins a check: of one connection, of those with some labels, or of everything.
///
/// # Errors
/// The refusal to answer with.
pub async fn begin(services: &Services, caller: &Caller, body: &[u8]) -> Result<Response<Bytes>, Refusal> {
    let scope = scope(body)?;
    if let Scope::Connection(name) = &scope
        && services.store.read(name).await.map_err(unavailable)?.is_none()
    {
        return Err(crate::unknown(name));
    }
    let now = services.io.clock.now();
    let id = CheckId::new(now, services.io.entropy.next_u64());
    let asked_by = caller.name().to_owned();
    let check = Check { version: check::VERSION, id, scope, asked_by, at: now };
    DriftStore(&services.store).begin(&check).await.map_err(unavailable)?;
    let message = CheckMessage::new(&check.id, Task::Plan { part: 0 });
    if let Err(error) = services.queues.send(&message, Duration::ZERO).await {
        tracing::warn!(check = %check.id, error = %Chain(&error), "not sent; the sweep of check-drift finds it");
    }
    let mut response = json_response(StatusCode::ACCEPTED, &summary(&check));
    let location = format!("/v1/drift-checks/{}", check.id);
    if let Ok(location) = location.parse() {
        response.headers_mut().insert(http::header::LOCATION, location);
    }
    Ok(response)
}

fn scope(body: &[u8]) -> Result<Scope, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(Scope::All);
    }
    let malformed = |detail: String| Refusal::malformed(detail, Vec::new());
    let wanted: Wanted = serde_json::from_slice(body)
        .map_err(|error| malformed(format!("the body must be empty, or name a connection or labels: {error}")))?;
    match (wanted.connection, wanted.labels) {
        (None, None) => Ok(Scope::All),
        (Some(name), None) => Ok(Scope::Connection(name)),
        (None, Some(labels)) if !labels.is_empty() => Ok(Scope::Labels(labels)),
        (None, Some(_)) => Err(malformed("labels: name at least one, or leave the field out to check all".to_owned())),
        (Some(_), Some(_)) => Err(malformed("name a connection or labels, not both".to_owned())),
    }
}

fn summary(check: &Check) -> Value {
    json!({"id": check.id, "scope": check.scope, "asked_by": check.asked_by, "at": check.at, "status": "under-way"})
}

/// How far a check is, or what it came to.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, id: &CheckId) -> Result<Response<Bytes>, Refusal> {
    let drift = DriftStore(&services.store);
    let check = drift.check(id).await.map_err(unavailable)?;
    let check =
        check.ok_or_else(|| Refusal::not_found(format!("there is no drift check {id}; they stay for a day")))?;
    let mut view = summary(&check);
    if let Some(layout) = drift.layout(id).await.map_err(unavailable)? {
        view["connections"] = json!(layout.connections);
        view["skipped"] = json!(layout.skipped);
        view["accounts"] = json!(layout.tracks.len());
        view["accounts_looked_at"] = json!(drift.finished(id).await.map_err(unavailable)?.len());
        view["batches"] = json!(layout.batches);
    }
    if let Some(ended) = drift.ended(id).await.map_err(unavailable)? {
        view["status"] = json!("ended");
        view["ended_at"] = json!(ended.at);
        view["requests"] = json!(ended.requests);
        view["pages"] = json!(ended.pages);
        let passed_over =
            ended.tally.skipped.iter().map(|(connection, why)| json!({"connection": connection, "why": why}));
        view["passed_over"] = passed_over.collect();
        let tally = &ended.tally;
        view["result"] = json!({
            "compared": tally.compared, "open": tally.open, "opened": tally.opened, "cleared": tally.cleared,
            "unknown": tally.unknown, "proposed": tally.proposed, "repaired": tally.repaired,
        });
    }
    Ok(json_response(StatusCode::OK, &view))
}

/// What is found and open, by connection and account.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(services: &Services, asked: &Asked) -> Result<Response<Bytes>, Refusal> {
    let drift = DriftStore(&services.store);
    let settings = match drift.settings().await {
        Err(error @ StoreError::Unreadable { .. }) => Err(error),
        read => Ok(read.map_err(unavailable)?),
    };
    let mut subjects = match &asked.connection {
        Some(name) => vec![Subject::Connection(name.clone())],
        None => drift.open().await.map_err(unavailable)?,
    };
    subjects.retain(|subject| asked.after.as_ref().is_none_or(|after| key(subject) > *after));
    let (mut rows, mut next) = (Vec::new(), None);
    for subject in &subjects {
        if rows.len() == asked.limit {
            next = rows.last().map(|row: &(String, Value)| row.0.clone());
            break;
        }
        let Some(findings) = drift.findings(subject).await.map_err(unavailable)? else { continue };
        let row = row(services, &findings, settings.as_ref().ok(), asked.severity, asked.connection.is_some()).await?;
        rows.extend(row.map(|row| (key(subject), row)));
    }
    let mut view = json!({"drift": rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()});
    if let Some(next) = next {
        view["next"] = json!(next);
    }
    if let Err(error) = settings {
        view["trouble"] = json!(format!("nothing is ignored and nothing is repaired: {}", Chain(&error)));
    }
    Ok(json_response(StatusCode::OK, &view))
}

fn key(subject: &Subject) -> String {
    match subject {
        Subject::Connection(name) => format!("connection:{name}"),
        Subject::Account(alias) => format!("account:{alias}"),
    }
}

/// One subject with its open findings; `None` where nothing of what is asked for is open.
async fn row(
    services: &Services,
    findings: &Findings,
    settings: Option<&Settings>,
    severity: Option<Severity>,
    is_named: bool,
) -> Result<Option<Value>, Refusal> {
    let now = services.io.clock.now();
    let is_asked = |stored: &&Stored| severity.is_none_or(|least| stored.severity >= least);
    let ignored = |stored: &Stored| settings.and_then(|settings| settings.ignores(&findings.subject, stored, now));
    let open: Vec<Value> = findings
        .open
        .iter()
        .filter(is_asked)
        .map(|stored| {
            let mut view = finding(stored);
            if let Some(rule) = ignored(stored) {
                view["ignored"] = json!({"reason": rule.reason, "until": rule.until});
            }
            view
        })
        .collect();
    // Of a connection that is asked for by name it is told also when it could not be looked at.
    if open.is_empty() && (!is_named || findings.unknown.is_empty()) {
        return Ok(None);
    }
    let mut view = json!({
        "subject": findings.subject, "checked_at": findings.checked_at, "worst": findings.worst(), "findings": open,
        "unknown": findings.unknown,
    });
    let counts = |view: &Value| view["ignored"].is_null();
    if let Subject::Connection(name) = &findings.subject
        && view["findings"].as_array().is_some_and(|open| open.iter().any(counts))
    {
        about_repair(services, name, findings, settings, &mut view).await?;
    }
    Ok(Some(view))
}

/// What is done about the findings of a connection: the plan that waits for a person, or why there is none.
async fn about_repair(
    services: &Services,
    name: &ConnectionName,
    findings: &Findings,
    settings: Option<&Settings>,
    view: &mut Value,
) -> Result<(), Refusal> {
    let Some(stored) = services.store.read(name).await.map_err(unavailable)? else { return Ok(()) };
    let record = &stored.record;
    if record.uid != findings.uid {
        return Ok(());
    }
    view["phase"] = json!(record.phase());
    let Some(settings) = settings else {
        view["not_repaired"] = json!("config/drift.json does not read, so nothing is changed");
        return Ok(());
    };
    let waits = |proposal: &Proposal| {
        let is_of_it =
            (&proposal.uid, proposal.generation, proposal.attempt) == (&record.uid, record.generation, record.attempt);
        is_of_it && proposal.approved.is_none()
    };
    let proposal = DriftStore(&services.store).proposal(name).await.map_err(unavailable)?;
    let proposal = proposal.map(|(proposal, _)| proposal).filter(waits);
    let (shown, why) = match what_to_do(record, findings, settings, services.io.clock.now()) {
        // A repair that has ended leaves findings until the next look.
        Repair::Propose(_) | Repair::Begin(_) if record.updated_at > findings.checked_at => (
            None,
            Some("the connection has changed since it was looked at, perhaps by a repair; look again".to_owned()),
        ),
        Repair::Propose(walk) => {
            let shown = proposal.filter(|it| it.is_for(&record.uid, record.generation, record.attempt, &walk));
            let none = shown.is_none().then(|| "there is no plan yet; the next drift check makes one".to_owned());
            (shown, none)
        }
        Repair::Begin(_) => (None, Some("the spec says repair: auto; the next drift check begins it".to_owned())),
        Repair::Nothing(why @ Why::Frozen { .. }) => (proposal, Some(why.to_string())),
        Repair::Nothing(Why::NothingToRepair) if record.phase() == Phase::Paused => {
            (None, Some("the connection is paused; what it needs to work is set right once it is resumed".to_owned()))
        }
        Repair::Nothing(why) => (None, Some(why.to_string())),
    };
    if let Some(proposal) = shown {
        view["proposal"] = proposed(&proposal);
    }
    if let Some(why) = why {
        view["not_repaired"] = json!(why);
    }
    Ok(())
}

fn finding(stored: &Stored) -> Value {
    let (seen, found) = (&stored.seen, &stored.seen.finding);
    json!({
        "id": stored.id, "kind": found.kind, "severity": stored.severity, "step": seen.step, "side": found.side,
        "resource": found.resource, "field": found.field, "expected": found.expected, "actual": found.actual,
        "mendable": found.mendable, "since": stored.since, "last_seen": stored.last_seen,
    })
}

fn proposed(proposal: &Proposal) -> Value {
    json!({
        "at": proposal.at, "step": proposal.step, "anew": proposal.anew, "findings": proposal.findings,
        "plan": proposal.plan, "obstacles": proposal.obstacles,
        "to_approve": format!("POST /v1/drift/{}/repair", proposal.connection),
    })
}

/// Approves the plan that is stored, and begins it.
///
/// # Errors
/// The refusal to answer with.
pub async fn repair(
    services: &Services,
    caller: &Caller,
    name: &ConnectionName,
    asked: Flag,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let dry = asked.or(dry_run::of_body(body)?);
    let drift = DriftStore(&services.store);
    for _ in 0..MOST_RACES {
        let stored = services.store.read(name).await.map_err(unavailable)?.ok_or_else(|| crate::unknown(name))?;
        let record = &stored.record;
        let Some((proposal, revision)) = drift.proposal(name).await.map_err(unavailable)? else {
            return Err(Refusal::conflict(
                "there is no plan to approve: a drift check makes one when it finds something and the spec says repair: propose",
            ));
        };
        let is_of_it = proposal.uid == record.uid && proposal.generation == record.generation;
        // Approved before, and begun: the answer may have been lost.
        if is_of_it && proposal.approved.is_some() && record.attempt > proposal.attempt {
            return Ok(json_response(StatusCode::ACCEPTED, &view::summary(record, services.io.clock.now())));
        }
        let (now, roll) = (services.io.clock.now(), services.io.entropy.next_u64());
        fits(services, &proposal, record, now).await?;
        let by = caller.name();
        let note = format!("{by}: approved the plan of {}", proposal.at);
        let wish = connection::decide::RepairWish { step: proposal.step, anew: proposal.anew, note };
        let decision = decide(record, Event::RepairAsked(wish), now, roll)
            .map_err(|illegal| Refusal::conflict(illegal.to_string()))?;
        if dry.is_set() {
            return plan::of(services, record, &decision.record).await;
        }
        if proposal.approved.is_none() {
            let approved = Some(Approved { by: by.to_owned(), at: now });
            let said = Proposal { approved, ..proposal };
            match drift.put_proposal(&said, revision.next(), services.io.entropy.nonce()).await {
                Ok(()) => {}
                Err(error) if error.is_conflict() => continue,
                Err(error) => return Err(unavailable(error)),
            }
        }
        match commit(services, Some(record), &decision, stored.revision.next()).await {
            Ok(()) => {
                return Ok(json_response(
                    StatusCode::ACCEPTED,
                    &view::summary(&decision.record, services.io.clock.now()),
                ));
            }
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(Refusal::unavailable("the connection is changing too fast right now"))
}

/// Refuses a plan that was made for something else than what is so now.
async fn fits(
    services: &Services,
    proposal: &Proposal,
    record: &connection::record::Record,
    now: Timestamp,
) -> Result<(), Refusal> {
    let drift = DriftStore(&services.store);
    let stale = || {
        Refusal::conflict(
            "the plan is for what was so before: ask for a drift check (POST /v1/drift-checks), which makes another one",
        )
    };
    let findings = drift.findings(&Subject::Connection(record.name().clone())).await.map_err(unavailable)?;
    let findings = findings.filter(|findings| findings.uid == record.uid).ok_or_else(stale)?;
    let settings = drift.settings().await.map_err(unavailable)?;
    let walk = walk(record, &findings, &settings, now).map_err(|why| Refusal::conflict(why.to_string()))?;
    if proposal.is_for(&record.uid, record.generation, record.attempt, &walk) { Ok(()) } else { Err(stale()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_settings_reads() {
        let settings = Settings::from_json(include_bytes!("../../../examples/drift.json")).unwrap();
        assert_eq!((settings.ignore.len(), settings.freeze.len()), (2, 1));
    }
}
