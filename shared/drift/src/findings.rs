//! Findings as they are kept, and merging those of a new check into them. Pure.
//!
//! A finding keeps its id as long as it is about the same field of the same thing, whatever is found there. So one that
//! stays is told once, however often it is seen.

use connection::finding::{Finding, FindingKind, Severity};
use connection::inventory::ListingId;
use connection::words::{AccountAlias, ConnectionName, Side, StepName};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of the documents' schema that this code writes and reads.
pub const VERSION: u32 = 1;

/// The most cleared findings that are kept; older ones live on in earlier versions.
const MOST_CLEARED: usize = 50;

/// What findings are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DriftSubject")]
pub enum Subject {
    /// A connection.
    Connection(ConnectionName),
    /// An account, in which something stands that no connection owns.
    Account(AccountAlias),
}

/// A finding with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFinding {
    /// The step that owns what it is about; none for what nobody owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepName>,
    /// What was found.
    pub finding: Finding,
}

/// A finding as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The same as long as it is about the same field of the same thing.
    pub id: String,
    /// What was found last, and by which step.
    pub seen: StepFinding,
    /// What it means for traffic.
    pub severity: Severity,
    /// Since when it is known.
    pub since: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
    /// When a check did not find it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared: Option<Timestamp>,
}

/// A listing that could not be compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UnknownListing")]
pub struct Unknown {
    /// On which side; none where it concerns an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Whose findings are not known for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepName>,
    /// Which listing.
    pub listing_id: ListingId,
    /// Why it could not be looked at.
    pub why: String,
}

/// What a check has to say of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// What was found.
    pub seen: Vec<StepFinding>,
    /// What could not be looked at.
    pub unknown: Vec<Unknown>,
}

/// The findings of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// The schema's version: 1.
    pub version: u32,
    /// What they are about.
    pub subject: Subject,
    /// The connection's unique id, or the account's alias: the findings of a former connection of the same name are not
    /// those of this one.
    pub uid: String,
    /// When it was compared last.
    pub checked_at: Timestamp,
    /// What is not as it should be, the worst first.
    pub open: Vec<Stored>,
    /// What was found earlier and is so no more, the newest first.
    pub cleared: Vec<Stored>,
    /// What could not be looked at by the last check.
    pub unknown: Vec<Unknown>,
}

/// What a check made of the findings of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The findings as they are to be kept.
    pub findings: Findings,
    /// Those that are new, by this check.
    pub opened: Vec<Stored>,
    /// Those that are known already.
    pub still: Vec<Stored>,
    /// Those that this check did not find any more.
    pub cleared: Vec<Stored>,
}

/// The id of a finding: the same for the same field of the same resource on the same side of the same connection.
#[must_use]
pub fn id(uid: &str, finding: &Finding) -> String {
    let Finding { side, resource, field, .. } = finding;
    let mut id = hex::encode(Sha256::digest(format!("{uid}\n{side}\n{resource}\n{field}")));
    id.truncate(32);
    id
}

impl Findings {
    /// Nothing is known of `subject` yet.
    #[must_use]
    pub fn none(subject: Subject, uid: &str, now: Timestamp) -> Self {
        let (open, cleared, unknown) = (Vec::new(), Vec::new(), Vec::new());
        Self { version: VERSION, subject, uid: uid.to_owned(), checked_at: now, open, cleared, unknown }
    }

    /// Takes in what a check at `now` observed.
    ///
    /// What was found before and could not be looked at now stays open: not seeing it is not seeing it gone.
    #[must_use]
    pub fn merge(&self, observed: Observed, now: Timestamp) -> Merged {
        let Observed { seen, unknown } = observed;
        let (mut opened, mut still, mut cleared) = (Vec::new(), Vec::new(), Vec::new());
        let mut open: Vec<Stored> = Vec::new();
        for seen in seen {
            let id = id(&self.uid, &seen.finding);
            if open.iter().any(|stored| stored.id == id) {
                continue;
            }
            let severity = seen.finding.kind.severity();
            let known = self.open.iter().find(|stored| stored.id == id);
            let since = known.map_or(now, |stored| stored.since);
            let stored = Stored { id, seen, severity, since, last_seen: now, cleared: None };
            if known.is_some() {
                still.push(stored.clone())
            } else {
                opened.push(stored.clone())
            }
            open.push(stored);
        }
        for stored in &self.open {
            if open.iter().any(|known| known.id == stored.id) {
                continue;
            }
            if unknown.iter().any(|unknown| unknown.hides(&stored.seen)) {
                still.push(stored.clone());
                open.push(stored.clone());
            } else {
                cleared.push(Stored { cleared: Some(now), ..stored.clone() });
            }
        }
        open.sort_by(|one, other| other.severity.cmp(&one.severity).then_with(|| one.id.cmp(&other.id)));
        let former = self.cleared.iter().cloned();
        let kept = cleared.iter().cloned().chain(former).take(MOST_CLEARED).collect();
        let Self { version, subject, uid, .. } = self.clone();
        let findings = Self { version, subject, uid, checked_at: now, open, cleared: kept, unknown };
        Merged { findings, opened, still, cleared }
    }

    /// The worst that is open.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.open.iter().map(|stored| stored.severity).max()
    }
}

impl Merged {
    /// Whether there is anything to keep: a subject of which nothing was and nothing is known needs no document.
    #[must_use]
    pub fn is_worth_keeping(&self, before: &Findings) -> bool {
        !self.findings.open.is_empty() || !before.open.is_empty() || self.findings.unknown != before.unknown
    }
}

impl Unknown {
    /// Whether a finding of before may be one that was not seen only because of this. On the safe side: any finding of the
    /// same step on the same side may be; and one of the other side's step may have needed this side's listing.
    fn hides(&self, seen: &StepFinding) -> bool {
        match self.step {
            Some(step) => seen.step == Some(step),
            None => seen.step.is_none(),
        }
    }
}

impl Stored {
    /// The kind of what was found.
    #[must_use]
    pub fn kind(&self) -> FindingKind {
        self.seen.finding.kind
    }
}

#[cfg(test)]
mod tests;
