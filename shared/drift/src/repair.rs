//! What is done about findings: nothing, a proposal, a repair. Pure.
//!
//! A repair walks the chain again from the earliest step that owns something to be set right; each step's `apply` does the
//! work. Where a step would only run into what somebody else put in its way, nothing is begun: a connection that works in
//! part is not made to fail, neither by a step nor by a proof of reachability that cannot succeed.

use connection::chain;
use connection::decide::RepairRequest;
use connection::finding::{FindingKind, Hinders, Remedy};
use connection::record::{EntryEvent, Phase, Record};
use connection::spec;
use connection::words::StepName;
use jiff::{SignedDuration, Timestamp};

use crate::findings::{Findings, Stored};
use crate::settings::Settings;

/// How often a connection is repaired by itself within a day. What needs it more often, somebody keeps changing.
const MOST_A_DAY: usize = 3;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is done about the findings of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// Nothing, and why.
    Nothing(Why),
    /// A plan is stored for a person to approve.
    Propose(Walk),
    /// The chain is walked again at once.
    Begin(Walk),
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There is nothing that a step could set right.
    #[error("there is nothing that a step could set right by itself")]
    NothingToRepair,
    /// The spec says so.
    #[error("the spec says repair: never; put it again with propose or auto")]
    Never,
    /// It neither is active nor rests in a way that allows it.
    #[error("the connection is {0}")]
    Phase(Phase),
    /// Nothing is changed now.
    #[error("changes are frozen until {until}: {reason}")]
    Frozen {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// A step would run into it.
    #[error("{resource} ({kind}) is for a person to set right first")]
    Blocked {
        /// What.
        resource: String,
        /// In which way.
        kind: FindingKind,
    },
    /// It was repaired again and again.
    #[error("it was repaired {MOST_A_DAY} times within a day; find out who changes it")]
    TooOften,
}

/// A walk of the chain that sets things right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// From which step.
    pub step: StepName,
    /// Whether what joins the sides is cleared away first.
    pub rebuild: bool,
    /// The ids of the findings that it sets right.
    pub findings: Vec<String>,
}

impl Walk {
    /// What the decider is asked.
    #[must_use]
    pub fn request(&self, who: &str, why: &str) -> RepairRequest {
        RepairRequest { step: self.step, rebuild: self.rebuild, note: format!("{who}: {why}") }
    }
}

/// What is done at `now` about the open findings of a record, by its spec.
#[must_use]
pub fn decide(record: &Record, findings: &Findings, settings: &Settings, now: Timestamp) -> Repair {
    let policy = record.spec.repair;
    if policy == spec::Repair::Never {
        return Repair::Nothing(Why::Never);
    }
    match walk(record, findings, settings, now) {
        Err(why) => Repair::Nothing(why),
        Ok(walk) if policy == spec::Repair::Propose => Repair::Propose(walk),
        Ok(_) if repaired_lately(record, now) >= MOST_A_DAY => Repair::Nothing(Why::TooOften),
        Ok(walk) => Repair::Begin(walk),
    }
}

/// The walk that sets right what is open, whatever the spec says of beginning it.
///
/// # Errors
/// Why there is none.
pub fn walk(record: &Record, findings: &Findings, settings: &Settings, now: Timestamp) -> Result<Walk, Why> {
    let (phase, kind) = (record.phase(), record.spec.kind());
    let is_open = |stored: &&Stored| settings.ignores(&findings.subject, stored, now).is_none();
    let open: Vec<&Stored> = findings.open.iter().filter(is_open).collect();
    let stays_off = |stored: &&&Stored| stored.kind().remedy() == Remedy::SwitchOff;
    let repairable: Vec<&Stored> = match phase {
        Phase::Active => open.iter().filter(|stored| stored.seen.finding.repairable).copied().collect(),
        Phase::Paused => open.iter().filter(stays_off).copied().collect(),
        other => return Err(Why::Phase(other)),
    };
    let steps = repairable.iter().filter_map(|stored| stored.seen.step);
    let Some(step) = steps.reduce(|one, other| chain::earlier(kind, one, other)) else {
        return Err(Why::NothingToRepair);
    };
    if let Some(freeze) = settings.frozen(record.name(), now) {
        return Err(Why::Frozen { until: freeze.until, reason: freeze.reason.clone() });
    }
    // Ignored or not, it stands in the way all the same. What only keeps the proof of reachability from succeeding does so
    // unless somebody knows better.
    let proves = record.spec.verify == spec::Verify::Require && chain::is_proven(kind);
    let for_a_person = |stored: &&Stored| !stored.seen.finding.repairable;
    let stops = |found: FindingKind| found.hinders() == Hinders::Step || kind.rules().hindered_by.contains(&found);
    let parts = |found: FindingKind| proves && found.hinders() == Hinders::Proof;
    let stopping = findings.open.iter().filter(for_a_person).find(|stored| stops(stored.kind()));
    let parting = || open.iter().copied().filter(for_a_person).find(|stored| parts(stored.kind()));
    let blocking = stopping.or_else(parting);
    if let (Some(stored), Phase::Active) = (blocking, phase) {
        return Err(Why::Blocked { resource: stored.seen.finding.resource.clone(), kind: stored.kind() });
    }
    let rebuild = phase == Phase::Active && repairable.iter().any(|stored| stored.kind().remedy() == Remedy::Rebuild);
    let findings = repairable.iter().map(|stored| stored.id.clone()).collect();
    Ok(Walk { step, rebuild, findings })
}

fn repaired_lately(record: &Record, now: Timestamp) -> usize {
    let lately = |at: Timestamp| now.duration_since(at) < DAY;
    record.history.iter().filter(|entry| entry.event == EntryEvent::RepairAsked && lately(entry.at)).count()
}

#[cfg(test)]
mod tests;
