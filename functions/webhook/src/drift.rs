//! Drift: asking for a check, what was found, and approving a repair.

use std::collections::BTreeSet;
use std::time::Duration;

use ::drift::check::{self, Check, CheckId, CheckMessage, Scope, Task};
use ::drift::findings::{Findings, Stored, Subject};
use ::drift::repair::{Repair, Why, decide as what_to_do, walk};
use ::drift::settings::Settings;
use ::drift::store::{Approved, DriftStore, Proposal};
use api::Page;
use api::call::{DriftQuery, PageQuery, SubjectKey};
use api::connections::Summary;
use api::drift::{
    BeginDriftCheck, CheckExtent, CheckStatus, DriftCheck, DriftCheckPlan, DriftFindings, DriftPage, Finding, Ignored,
};
use audit::Actor;
use audit::act::Asked;
use bytes::Bytes;
use connection::caller::{Act, Subject as About};
use connection::decide::{Event, decide};
use connection::finding::{FindingKind, Severity};
use connection::problem::Problem;
use connection::record::{Phase, Record};
use connection::words::ConnectionName;
use engine::acts::asked;
use engine::carry::commit;
use engine::services::Services;
use http::{Response, StatusCode};
use jiff::Timestamp;
use store::StoreError;
use transport::Chain;

use crate::access::Principal;
use crate::dry_run;
use crate::gate::unavailable;
use crate::plan;
use crate::preflight::deployed;
use crate::problem_json::{Refusal, begun, json_response};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

/// Begins a check: of one connection, of those with some labels, or of everything. Or says what would be compared.
///
/// # Errors
/// The refusal to answer with.
pub async fn begin(
    services: &Services,
    caller: &Principal,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let scope = scope(body)?;
    match &scope {
        Scope::Connection(name) => {
            let stored = caller.connection(services, name).await?;
            caller.may(Act::Check, &About::record(&stored.record), &format!("connection {name}"))?;
        }
        Scope::Labels(labels) => {
            caller.may(Act::Check, &About::labelled(labels), "every connection with these labels")?
        }
        Scope::All => caller.may(Act::Check, &About::everything(), "a check of everything")?,
    }
    if dry_run {
        return would_compare(services, scope).await;
    }
    let now = services.io.clock.now();
    let id = CheckId::new(now, services.io.entropy.next_u64());
    let asked_by = caller.name().to_string();
    let check = Check { version: check::VERSION, id, scope, asked_by, at: now };
    DriftStore(&services.store).begin(&check).await.map_err(unavailable)?;
    let message = CheckMessage::new(&check.id, Task::Plan { part: 0 });
    if let Err(error) = services.queues.send(&message, Duration::ZERO).await {
        tracing::warn!(check = %check.id, error = %Chain(&error), "not sent; the sweep of check-drift finds it");
    }
    Ok(begun(&DriftCheck::begun(&check), &format!("/v1/drift-checks/{}", check.id)))
}

/// The connections in the scope of a check, and the accounts that it would list.
async fn would_compare(services: &Services, scope: Scope) -> Result<Response<Bytes>, Refusal> {
    let names = match &scope {
        Scope::Connection(name) => vec![name.clone()],
        Scope::All | Scope::Labels(_) => services.store.names(None, usize::MAX).await.map_err(unavailable)?,
    };
    let (mut connections, mut accounts) = (Vec::new(), BTreeSet::new());
    for name in names {
        let Some(stored) = services.store.read(&name).await.map_err(unavailable)? else { continue };
        if scope.takes(&stored.record) && !stored.record.phase().is_over() {
            accounts.extend(stored.record.spec.places().map(|(_, place)| place.account.clone()));
            connections.push(name);
        }
    }
    if scope == Scope::All {
        // For the sake of orphans, a check of everything also lists the regions that the accounts document names.
        let managed = services.clouds.accounts().accounts.iter().filter(|(_, account)| !account.regions().is_empty());
        accounts.extend(managed.map(|(alias, _)| alias.clone()));
    }
    let accounts = accounts.into_iter().collect();
    Ok(json_response(StatusCode::OK, &DriftCheckPlan { dry_run: true, scope, connections, accounts }))
}

fn scope(body: &[u8]) -> Result<Scope, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(Scope::All);
    }
    let BeginDriftCheck { connection, labels } = dry_run::read(body, "empty, or name a connection or labels")?;
    let malformed = |pointer: &str, detail: &str| {
        Refusal::malformed("the body names nothing that can be checked", vec![Problem::at(pointer, detail)])
    };
    match (connection, labels) {
        (None, None) => Ok(Scope::All),
        (Some(name), None) => Ok(Scope::Connection(name)),
        (None, Some(labels)) if !labels.is_empty() => Ok(Scope::Labels(labels)),
        (None, Some(_)) => {
            Err(malformed("/labels", "it is empty; name at least one label, or leave it out to check all"))
        }
        (Some(_), Some(_)) => Err(malformed("/labels", "a connection is named too; leave one of them out")),
    }
}

/// How far a check is, or what it came to.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, caller: &Principal, id: &CheckId) -> Result<Response<Bytes>, Refusal> {
    let drift = DriftStore(&services.store);
    let mut check = drift.check(id).await.map_err(unavailable)?;
    // Who did not ask for it needs to see all that it is about.
    if let Some(known) = &check
        && known.asked_by != caller.name().as_str()
    {
        let is_seen = match &known.scope {
            Scope::Connection(name) => caller.connection(services, name).await.is_ok(),
            Scope::Labels(labels) => caller.sees(&About::labelled(labels)),
            Scope::All => caller.sees(&About::everything()),
        };
        check = check.filter(|_| is_seen);
    }
    let check =
        check.ok_or_else(|| Refusal::not_found(format!("there is no drift check {id}; they stay for a day")))?;
    let mut view = DriftCheck::begun(&check);
    if let Some(layout) = drift.layout(id).await.map_err(unavailable)? {
        view.extent = Some(CheckExtent::of(layout, drift.finished(id).await.map_err(unavailable)?.len()));
    }
    if let Some(ended) = drift.ended(id).await.map_err(unavailable)? {
        view.status = CheckStatus::Ended;
        view.end = Some(ended.into());
    }
    Ok(json_response(StatusCode::OK, &view))
}

/// The open findings, by connection and account.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(services: &Services, caller: &Principal, query: &DriftQuery) -> Result<Response<Bytes>, Refusal> {
    let DriftQuery { connection, severity, page: PageQuery { after, limit } } = query;
    let drift = DriftStore(&services.store);
    let settings = match drift.settings().await {
        Err(error @ StoreError::Unreadable { .. }) => Err(error),
        read => Ok(read.map_err(unavailable)?),
    };
    let mut subjects = match connection {
        Some(name) => vec![Subject::Connection(name.clone())],
        None => drift.open().await.map_err(unavailable)?,
    };
    subjects.retain(|subject| after.as_ref().is_none_or(|after| SubjectKey::of(subject) > *after));
    let (mut items, mut next) = (Vec::new(), None);
    for subject in &subjects {
        if items.len() == *limit {
            next = items.last().map(|row: &DriftFindings| SubjectKey::of(&row.subject).to_string());
            break;
        }
        let Some(findings) = drift.findings(subject).await.map_err(unavailable)? else { continue };
        if !is_seen(services, caller, subject).await? {
            continue;
        }
        items.extend(row(services, &findings, settings.as_ref().ok(), *severity, connection.is_some()).await?);
    }
    let warning = settings.err().map(|error| format!("nothing is ignored and nothing is repaired: {}", Chain(&error)));
    let page = DriftPage { page: Page { items, next }, warnings: warning.into_iter().collect() };
    Ok(json_response(StatusCode::OK, &page))
}

/// Whether the caller sees the connection or the account that findings are of.
async fn is_seen(services: &Services, caller: &Principal, subject: &Subject) -> Result<bool, Refusal> {
    if caller.sees(&About::everything()) {
        return Ok(true);
    }
    match subject {
        Subject::Connection(name) => {
            let stored = services.store.read(name).await.map_err(unavailable)?;
            Ok(stored.is_some_and(|stored| caller.sees(&About::record(&stored.record))))
        }
        Subject::Account(alias) => Ok(caller.sees(&About::account(alias.as_str()))),
    }
}

/// One subject with its open findings; `None` where nothing of what is asked for is open.
async fn row(
    services: &Services,
    findings: &Findings,
    settings: Option<&Settings>,
    severity: Option<Severity>,
    is_named: bool,
) -> Result<Option<DriftFindings>, Refusal> {
    let now = services.io.clock.now();
    let is_asked = |stored: &&Stored| severity.is_none_or(|least| stored.severity >= least);
    let ignored = |stored: &Stored| {
        let rule = settings.and_then(|settings| settings.ignores(&findings.subject, stored, now));
        rule.map(|rule| Ignored { reason: rule.reason.clone(), until: rule.until })
    };
    let open = findings.open.iter().filter(is_asked);
    let open: Vec<_> = open.map(|stored| Finding::of(stored, ignored(stored))).collect();
    // A connection that is asked for by name is listed also when it could not be looked at.
    if open.is_empty() && (!is_named || findings.unknown.is_empty()) {
        return Ok(None);
    }
    let counts = open.iter().any(|finding| finding.ignored.is_none());
    let mut row = DriftFindings {
        subject: findings.subject.clone(),
        checked_at: findings.checked_at,
        worst: findings.worst(),
        findings: open,
        unknown: findings.unknown.clone(),
        phase: None,
        proposal: None,
        not_repaired: None,
    };
    if let Subject::Connection(name) = &findings.subject
        && counts
    {
        about_repair(services, name, findings, settings, &mut row).await?;
    }
    Ok(Some(row))
}

/// What is done about the findings of a connection: the plan that waits for a person, or why there is none.
async fn about_repair(
    services: &Services,
    name: &ConnectionName,
    findings: &Findings,
    settings: Option<&Settings>,
    row: &mut DriftFindings,
) -> Result<(), Refusal> {
    let Some(stored) = services.store.read(name).await.map_err(unavailable)? else { return Ok(()) };
    let record = &stored.record;
    if record.uid != findings.uid {
        return Ok(());
    }
    row.phase = Some(record.phase());
    let Some(settings) = settings else {
        row.not_repaired = Some("config/drift.json cannot be parsed, so nothing is changed".to_owned());
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
            (None, Some("the connection is paused; what it needs to work is repaired once it is resumed".to_owned()))
        }
        Repair::Nothing(Why::NothingToRepair) if findings.open.iter().any(is_of_ranges) => {
            let why = "the ranges of a VPC changed: put the same spec again, which checks the new ones and routes them";
            (None, Some(why.to_owned()))
        }
        Repair::Nothing(why) => (None, Some(why.to_string())),
    };
    row.proposal = shown.map(Into::into);
    row.not_repaired = why;
    Ok(())
}

/// Whether routes no longer fit the VPC. New ranges are opened to the other side, so a person puts the spec again.
fn is_of_ranges(stored: &Stored) -> bool {
    stored.kind() == FindingKind::RangesChanged
}

/// Approves the plan that is stored, and begins it.
///
/// # Errors
/// The refusal to answer with.
pub async fn repair(
    services: &Services,
    caller: &Principal,
    name: &ConnectionName,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let dry_run = dry_run | dry_run::of_body(body)?;
    let drift = DriftStore(&services.store);
    for _ in 0..MOST_RACES {
        let stored = caller.connection(services, name).await?;
        let record = &stored.record;
        caller.may(Act::Repair, &About::record(record), &format!("connection {name}"))?;
        caller.did_not_ask(record.spec_by.as_ref(), Act::Repair)?;
        deployed(services, record.spec.kind()).map_err(Refusal::conflict)?;
        let Some((proposal, revision)) = drift.proposal(name).await.map_err(unavailable)? else {
            return Err(Refusal::conflict(
                "there is no plan to approve: a drift check makes one when it finds something and the spec says repair: propose",
            ));
        };
        let is_of_it = proposal.uid == record.uid && proposal.generation == record.generation;
        let (now, roll) = (services.io.clock.now(), services.io.entropy.next_u64());
        // Approved before, and begun: the answer may have been lost.
        if is_of_it && proposal.approved.is_some() && record.attempt > proposal.attempt {
            nothing_since(services, record, now).await?;
            return Ok(json_response(StatusCode::ACCEPTED, &Summary::of(record, now)));
        }
        fits(services, &proposal, record, now).await?;
        let by = caller.name().as_str();
        let note = format!("{by}: approved the plan of {}", proposal.at);
        let request = connection::decide::RepairRequest { step: proposal.step, rebuild: proposal.rebuild, note };
        let mut decision = decide(record, Event::RepairAsked(request), now, roll)
            .map_err(|illegal| Refusal::conflict(illegal.to_string()))?;
        decision.record = decision.record.asked_for_by(Some(caller.asker()), Some(record));
        if dry_run {
            return plan::of(services, record, &decision.record).await;
        }
        let next = stored.revision.next();
        let actor = Actor::Person(by.to_owned());
        asked(services, actor, Asked::Repair, &decision.record, next).await.map_err(unavailable)?;
        if proposal.approved.is_none() {
            let approved = Some(Approved { by: by.to_owned(), at: now });
            let said = Proposal { approved, ..proposal };
            match drift.put_proposal(&said, revision.next(), services.io.entropy.nonce()).await {
                Ok(()) => {}
                Err(error) if error.is_conflict() => continue,
                Err(error) => return Err(unavailable(error)),
            }
        }
        match commit(services, Some(record), &decision, next).await {
            Ok(()) => {
                return Ok(json_response(
                    StatusCode::ACCEPTED,
                    &Summary::of(&decision.record, services.io.clock.now()),
                ));
            }
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(Refusal::unavailable("the connection is changing too fast right now"))
}

/// Refuses a plan that was made for something else than what is so now.
async fn fits(services: &Services, proposal: &Proposal, record: &Record, now: Timestamp) -> Result<(), Refusal> {
    let (findings, settings) = found(services, record).await?;
    let findings = findings.ok_or_else(stale)?;
    let walk = walk(record, &findings, &settings, now).map_err(|why| Refusal::conflict(why.to_string()))?;
    if proposal.is_for(&record.uid, record.generation, record.attempt, &walk) { Ok(()) } else { Err(stale()) }
}

/// Refuses to call a request a repetition of the one that began a repair, where a check has found more since it ended:
/// whoever asks now wants that set right.
async fn nothing_since(services: &Services, record: &Record, now: Timestamp) -> Result<(), Refusal> {
    let (findings, settings) = found(services, record).await?;
    let Some(findings) = findings.filter(|findings| findings.checked_at > record.updated_at) else { return Ok(()) };
    match walk(record, &findings, &settings, now) {
        Ok(_) => Err(stale()),
        Err(Why::NothingToRepair | Why::Phase(_)) => Ok(()),
        Err(why) => Err(Refusal::conflict(why.to_string())),
    }
}

/// What the last check found of a connection, and what is done about findings.
async fn found(services: &Services, record: &Record) -> Result<(Option<Findings>, Settings), Refusal> {
    let drift = DriftStore(&services.store);
    let findings = drift.findings(&Subject::Connection(record.name().clone())).await.map_err(unavailable)?;
    let settings = drift.settings().await.map_err(unavailable)?;
    Ok((findings.filter(|findings| findings.uid == record.uid), settings))
}

fn stale() -> Refusal {
    Refusal::conflict(
        "the plan is for what was so before: ask for a drift check (POST /v1/drift-checks), which makes another one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_begins_only_with_what_names_its_scope() {
        for all in [&b""[..], b" ", b"{}", br#"{"connection": null, "labels": null}"#] {
            assert_eq!(scope(all).unwrap(), Scope::All);
        }
        for bad in [
            &b"[null,null]"[..],
            b"null",
            b"7",
            br#"{"connections": "a-b"}"#,
            br#"{"connection": "a-b", "connection": "b-c"}"#,
            br#"{"connection": "a-b", "labels": {"a": "b"}}"#,
            br#"{"labels": {}}"#,
            br#"{"labels": {"a": "b\u001b"}}"#,
            br#"{"labels": [["a", "b"]]}"#,
            br#"{"connection": "A B"}"#,
        ] {
            assert!(scope(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn the_example_of_settings_reads() {
        let settings = Settings::from_json(include_bytes!("../../../examples/drift.json")).unwrap();
        assert_eq!((settings.ignore.len(), settings.freeze.len()), (2, 1));
    }
}
