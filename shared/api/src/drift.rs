//! Drift: checks, what they found, and repairs.

use std::collections::BTreeMap;

use connection::finding::FindingKind;
use connection::finding::Severity;
use connection::plan::{Obstacle, Planned};
use connection::record::Phase;
use connection::words::{AccountAlias, ConnectionName, Side, StepName};
use drift::check::{Check, CheckId, Ended, Layout, Scope, Skipped, Tally};
use drift::findings::{Stored, Subject, Unknown};
use drift::store::Proposal;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Link, Page};

/// What a check compares: one connection, those that carry all of these labels, or everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("maxProperties" = 1))]
pub struct BeginDriftCheck {
    /// Only this connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionName>,
    /// Only connections that carry all of these labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minProperties" = 1))]
    pub labels: Option<BTreeMap<String, String>>,
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    /// It is still running.
    UnderWay,
    /// It has ended: see `result`.
    Ended,
}

/// A drift check: how far it is, or what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftCheck {
    /// Its id.
    pub id: CheckId,
    /// What is compared.
    pub scope: Scope,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub at: Timestamp,
    /// How far it is.
    pub status: CheckStatus,
    /// What it looks at, once that is known.
    #[serde(flatten)]
    pub extent: Option<CheckExtent>,
    /// What it came to, once it has ended.
    #[serde(flatten)]
    pub end: Option<CheckEnd>,
}

/// What a check looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckExtent {
    /// How many connections are compared.
    pub connections: usize,
    /// Connections that are not compared, and why.
    pub skipped: Vec<Skipped>,
    /// How many accounts are listed.
    pub accounts: usize,
    /// How many of them were listed to the end.
    pub accounts_looked_at: usize,
    /// How many messages compare.
    pub batches: usize,
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckEnd {
    /// When it ended.
    pub ended_at: Timestamp,
    /// How many page requests it took.
    pub requests: u64,
    /// How many page requests are needed at least.
    pub pages: u64,
    /// Connections that were skipped because they changed while the check ran.
    pub skipped_changed: Vec<Skipped>,
    /// The counts.
    pub result: CheckResult,
}

/// The counts of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// Connections that were compared.
    pub compared: usize,
    /// Findings that are open now.
    pub open: usize,
    /// New ones.
    pub opened: usize,
    /// Findings that are gone.
    pub cleared: usize,
    /// Listings that could not be read.
    pub unknown: usize,
    /// Repair plans that were stored.
    pub proposed: usize,
    /// Repairs that were begun.
    pub repaired: usize,
}

impl DriftCheck {
    /// A check that has just begun.
    #[must_use]
    pub fn begun(check: &Check) -> Self {
        Self {
            id: check.id.clone(),
            scope: check.scope.clone(),
            asked_by: check.asked_by.clone(),
            at: check.at,
            status: CheckStatus::UnderWay,
            extent: None,
            end: None,
        }
    }
}

impl CheckExtent {
    /// What a planned check looks at, of which so many accounts were listed to the end.
    #[must_use]
    pub fn of(layout: Layout, accounts_looked_at: usize) -> Self {
        Self {
            connections: layout.connections,
            skipped: layout.skipped,
            accounts: layout.tracks.len(),
            accounts_looked_at,
            batches: layout.batches,
        }
    }
}

impl From<Ended> for CheckEnd {
    fn from(ended: Ended) -> Self {
        let Tally { compared, skipped_changed, open, opened, cleared, unknown, proposed, repaired } = ended.tally;
        Self {
            ended_at: ended.at,
            requests: ended.requests,
            pages: ended.pages,
            skipped_changed,
            result: CheckResult { compared, open, opened, cleared, unknown, proposed, repaired },
        }
    }
}

/// The answer to a dry run of a check: what would be compared. Nothing was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftCheckPlan {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub dry_run: bool,
    /// What would be compared.
    pub scope: Scope,
    /// The connections that would be compared.
    pub connections: Vec<ConnectionName>,
    /// The accounts that would be listed.
    pub accounts: Vec<AccountAlias>,
}

/// A page of findings, by connection and account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftPage {
    /// The page.
    #[serde(flatten)]
    pub page: Page<DriftFindings>,
    /// What keeps findings from being ignored or repaired, such as a `config/drift.json` that cannot be parsed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The open findings of one connection or account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftFindings {
    /// What they are about: a connection, or an account with resources that no connection owns.
    pub subject: Subject,
    /// When it was compared last.
    pub checked_at: Timestamp,
    /// The worst severity; null where nothing was found and some listing could not be read.
    pub worst: Option<Severity>,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    /// Listings that could not be read, and why.
    pub unknown: Vec<Unknown>,
    /// The phase of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The repair plan that waits for approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<RepairProposal>,
    /// Why no repair is begun now, and what would change that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_repaired: Option<String>,
}

/// One difference between what a connection promises and what the cloud shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DriftFinding")]
pub struct Finding {
    /// The same as long as it is about the same field of the same resource.
    pub id: String,
    /// What is wrong.
    pub kind: FindingKind,
    /// What it means for traffic.
    pub severity: Severity,
    /// The step that owns the resource; null where no connection owns it.
    pub step: Option<StepName>,
    /// On which side.
    pub side: Side,
    /// The resource: its id, or what it would be.
    pub resource: String,
    /// Which of its fields; empty for the resource as a whole.
    pub field: String,
    /// What the connection promises.
    pub expected: String,
    /// What the cloud shows.
    pub actual: String,
    /// Whether a step can repair it by itself.
    pub repairable: bool,
    /// Since when it is known.
    pub since: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
    /// The rule that ignores it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<Ignored>,
}

/// The rule that ignores a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ignored {
    /// Why, as the operator wrote it.
    pub reason: String,
    /// Until when.
    pub until: Timestamp,
}

impl Finding {
    /// What the API shows of a stored finding.
    #[must_use]
    pub fn of(stored: &Stored, ignored: Option<Ignored>) -> Self {
        let found = &stored.seen.finding;
        Self {
            id: stored.id.clone(),
            kind: found.kind,
            severity: stored.severity,
            step: stored.seen.step,
            side: found.side,
            resource: found.resource.clone(),
            field: found.field.clone(),
            expected: found.expected.clone(),
            actual: found.actual.clone(),
            repairable: found.repairable,
            since: stored.since,
            last_seen: stored.last_seen,
            ignored,
        }
    }
}

/// A repair plan that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepairProposal {
    /// When it was made.
    pub at: Timestamp,
    /// The step at which the repair would begin.
    pub step: StepName,
    /// Whether what joins the sides would be removed and built again.
    pub rebuild: bool,
    /// The findings that it would repair, by id.
    pub findings: Vec<String>,
    /// What each step would do, in order.
    pub plan: Vec<Planned>,
    /// What would stop it.
    pub obstacles: Vec<Obstacle>,
    /// The requests that are possible now.
    pub links: RepairLinks,
}

/// What can be done about a repair plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepairLinks {
    /// Approves the plan and begins it.
    pub approve: Link,
}

impl From<Proposal> for RepairProposal {
    fn from(proposal: Proposal) -> Self {
        let approve = Link::post(format!("/v1/drift/{}/repair", proposal.connection));
        Self {
            at: proposal.at,
            step: proposal.step,
            rebuild: proposal.rebuild,
            findings: proposal.findings,
            plan: proposal.plan,
            obstacles: proposal.obstacles,
            links: RepairLinks { approve },
        }
    }
}
