//! What is done about the findings of a connection.
//!
//! A repair is a move of the record, like any other: whoever dies in between leaves findings that the next check sees again,
//! or a record whose message the sweep of connections sends.

use audit::Actor;
use audit::act::Asked;
use connection::decide::{Decision, Event, decide};
use connection::record::Record;
use drift::findings::Findings;
use drift::repair::{Repair, Walk, decide as what_to_do};
use drift::settings::Settings;
use drift::store::{DriftStore, Proposal};
use engine::acts::asked;
use engine::carry::commit;
use engine::services::Services;
use store::{Revision, Stored};

use crate::CheckError;

/// Who repairs by itself, for the history and for the log of the connection.
const WHO: &str = "check-drift";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repaired {
    /// Nothing.
    Not,
    /// A plan was stored.
    Proposed,
    /// A repair was begun.
    Begun,
}

/// Does what the spec allows.
///
/// # Errors
/// When the store fails.
pub async fn repair(
    services: &Services,
    stored: &Stored,
    findings: &Findings,
    settings: &Settings,
) -> Result<Repaired, CheckError> {
    if findings.open.is_empty() {
        return Ok(Repaired::Not);
    }
    let (record, now) = (&stored.record, services.io.clock.now());
    match what_to_do(record, findings, settings, now) {
        Repair::Nothing(why) => {
            tracing::info!(connection = %record.name(), %why, "drift is not repaired");
            Ok(Repaired::Not)
        }
        Repair::Propose(walk) => propose(services, record, &walk).await,
        Repair::Begin(walk) => begin(services, stored, findings, &walk).await,
    }
}

async fn begin(services: &Services, stored: &Stored, findings: &Findings, walk: &Walk) -> Result<Repaired, CheckError> {
    let record = &stored.record;
    let found = findings.open.iter().filter(|stored| walk.findings.contains(&stored.id));
    let why: Vec<_> = found.map(|stored| format!("{} ({})", stored.seen.finding.resource, stored.kind())).collect();
    let (now, roll) = (services.io.clock.now(), services.io.entropy.next_u64());
    let event = Event::RepairAsked(walk.request(WHO, &why.join(", ")));
    let revision = stored.revision.next();
    let decision = match decide(record, event, now, roll) {
        // Nobody asked for it: the spec lets the check repair.
        Ok(decision) => Decision { record: decision.record.asked_for_by(None, Some(record)), ..decision },
        Err(illegal) => {
            tracing::warn!(connection = %record.name(), %illegal, "drift cannot be repaired now");
            return Ok(Repaired::Not);
        }
    };
    asked(services, Actor::Function(WHO.to_owned()), Asked::Repair, &decision.record, revision).await?;
    match commit(services, Some(record), &decision, revision).await {
        Ok(()) => Ok(Repaired::Begun),
        // Somebody moved it just now.
        Err(error) if error.is_conflict() => Ok(Repaired::Not),
        Err(error) => Err(error.into()),
    }
}

async fn propose(services: &Services, record: &Record, walk: &Walk) -> Result<Repaired, CheckError> {
    let drift = DriftStore(&services.store);
    let before = drift.proposal(record.name()).await?;
    let is_known = |proposal: &Proposal| {
        proposal.approved.is_none() && proposal.is_for(&record.uid, record.generation, record.attempt, walk)
    };
    if before.as_ref().is_some_and(|(proposal, _)| is_known(proposal)) {
        return Ok(Repaired::Not);
    }
    let (now, roll) = (services.io.clock.now(), services.io.entropy.next_u64());
    let after = match decide(record, Event::RepairAsked(walk.request(WHO, "a proposal")), now, roll) {
        Ok(decision) => decision.record,
        Err(illegal) => {
            tracing::warn!(connection = %record.name(), %illegal, "drift cannot be repaired now");
            return Ok(Repaired::Not);
        }
    };
    let outputs = match steps::plan::of(services, record, &after).await {
        Ok(outputs) => outputs,
        Err(unfinished) => {
            tracing::warn!(connection = %record.name(), %unfinished, "no proposal; the next check tries again");
            return Ok(Repaired::Not);
        }
    };
    let proposal = Proposal {
        version: Proposal::VERSION,
        connection: record.name().clone(),
        uid: record.uid.clone(),
        generation: record.generation,
        attempt: record.attempt,
        step: walk.step,
        rebuild: walk.rebuild,
        findings: walk.findings.clone(),
        plan: outputs.plan,
        obstacles: outputs.obstacles,
        at: now,
        approved: None,
    };
    let revision = before.map_or(Revision::FIRST, |(_, newest)| newest.next());
    match drift.put_proposal(&proposal, revision, services.io.entropy.nonce()).await {
        Ok(()) => {
            drift.forget_proposals(record.name(), revision).await?;
            Ok(Repaired::Proposed)
        }
        // Another copy of this message wrote one.
        Err(error) if error.is_conflict() => Ok(Repaired::Not),
        Err(error) => Err(error.into()),
    }
}
