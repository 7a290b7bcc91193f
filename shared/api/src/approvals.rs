//! Endpoints that ask to be connected: decisions, their log, and the approval policy.

use approval::decision::{Actor, EndpointState, Entry, Event, Place};
use approval::policy::Policy;
use approval::report::{Finding, Report, Waiting};
use approval::request::PersonSays;
use audit::tree::Hash;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Page;

/// The longest reason of a decision, in characters.
pub const LONGEST_REASON: usize = 500;

/// What a person decides of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// What becomes of the endpoint.
    pub decision: PersonSays,
    /// Why. The cloud keeps no reason, so the log does.
    #[schemars(length(min = 1, max = LONGEST_REASON))]
    pub reason: String,
}

/// The newest decision of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The endpoint service, `epsrv-…`.
    pub service_id: String,
    /// The endpoint, `ep-…`.
    pub endpoint_id: String,
    /// Where the service is.
    pub place: Place,
    /// The entry's number in the log, from 1.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who decided.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
    /// What the log up to here comes to.
    pub state: EndpointState,
    /// The entry's hash.
    pub hash: String,
}

impl Decision {
    /// What the API shows of an entry.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        Self {
            service_id: entry.service_id.clone(),
            endpoint_id: entry.endpoint_id.clone(),
            place: entry.place.clone(),
            sequence: entry.sequence,
            at: entry.at,
            actor: entry.actor.clone(),
            event: entry.event.clone(),
            state: entry.state.clone(),
            hash: entry.hash.clone(),
        }
    }
}

/// The answer to a dry run of a decision: what would be recorded. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionPlan {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub dry_run: bool,
    /// Whether an entry would be recorded; false where the same decision stands already.
    pub changes: bool,
    /// The endpoint service, `epsrv-…`.
    pub service_id: String,
    /// The endpoint, `ep-…`.
    pub endpoint_id: String,
    /// Where the service is.
    pub place: Place,
    /// What the log would come to.
    pub state: EndpointState,
}

/// A page of decisions, one for each endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decisions {
    /// The page.
    #[serde(flatten)]
    pub page: Page<Decision>,
    /// What the last sweep of endpoints saw. Only on the first page, and only once a sweep has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Report>,
}

/// The whole log of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionLog {
    /// The endpoint service, `epsrv-…`.
    pub service_id: String,
    /// The endpoint, `ep-…`.
    pub endpoint_id: String,
    /// The entries that are to be trusted, oldest first.
    pub entries: Vec<Entry>,
    /// What is wrong with the log, if anything: an entry that is not signed, or was changed, moved or taken away.
    pub broken: Option<String>,
    /// The endpoint as the last sweep saw it, while it is not connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// What the last sweep found against the connected endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

/// The approval policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredPolicy {
    /// Grows with each version.
    pub revision: u64,
    /// SHA-256 of the policy, the same for every way to write the same policy.
    pub hash: String,
    /// Who put it in force.
    pub put_by: String,
    /// When.
    pub put_at: Timestamp,
    /// The policy.
    pub policy: Policy,
}

/// The newest checkpoint over all logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checkpoint {
    /// Its number, from 1.
    pub number: u64,
    /// Which tree it is the head of: the name of the keys that sign it.
    pub origin: String,
    /// How many entries it covers.
    pub size: u64,
    /// The root of the Merkle tree (RFC 6962) over them, in base64.
    pub root: Hash,
    /// When it was made.
    pub at: Timestamp,
    /// The same as a signed note (C2SP tlog-checkpoint). Kept elsewhere, it shows later whether anything that it covers was changed
    /// or taken away.
    pub note: String,
    /// The key that verifies the note: `NAME+HASH+KEY` (C2SP signed-note).
    pub verifier: String,
}

/// The answer to a dry run of a policy: whether it would change anything. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyPlan {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub dry_run: bool,
    /// Whether it differs from the policy in force.
    pub changes: bool,
    /// Its hash.
    pub hash: String,
    /// The hash of the policy in force; null where there is none, or none that can be read.
    pub hash_in_force: Option<String>,
    /// Rules that the policy in force does not have, or has in another form.
    pub rules_changed: Vec<String>,
    /// Rules of the policy in force that it does not have.
    pub rules_removed: Vec<String>,
}
