//! What the last sweep saw: what waits, and what stands connected though it should not.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::Place;
use crate::policy::{Mode, Policy};
use crate::request::Request;
use crate::verdict::Verdict;

/// The version of the report's schema that this code writes and reads.
pub const VERSION: u32 = 1;

/// What a sweep saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SweepReport")]
pub struct Report {
    /// The schema's version: 1.
    pub version: u32,
    /// When it looked.
    pub at: Timestamp,
    /// By which policy; none where there is none, or none that reads.
    pub policy: Option<PolicyInForce>,
    /// Endpoints that are not connected.
    pub waiting: Vec<Waiting>,
    /// Connected endpoints that no longer pass, will not for long, or were never decided on.
    pub findings: Vec<Finding>,
    /// What kept it from seeing or doing more, in words.
    pub warnings: Vec<String>,
}

/// The policy that a sweep went by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyInForce {
    /// Its hash.
    pub hash: String,
    /// Whether it cuts or only reports.
    pub mode: Mode,
}

/// An endpoint that is not connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WaitingEndpoint")]
pub struct Waiting {
    /// Where its service is.
    pub place: Place,
    /// The endpoint.
    pub request: Request,
    /// What the policy says of it.
    pub verdict: Verdict,
    /// Since when it is known.
    pub since: Timestamp,
}

/// A connected endpoint that no longer passes, will not for long, or was never decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndpointFinding")]
pub struct Finding {
    /// Where its service is.
    pub place: Place,
    /// The endpoint.
    pub request: Request,
    /// What stands against it; none for a mere warning, and where it is connected without a decision.
    pub verdict: Option<Verdict>,
    /// When its lease ends or ended, if that is what it is about.
    pub lease_ends_at: Option<Timestamp>,
    /// Since when it has been reported without a break.
    pub since: Timestamp,
    /// When it may be cut: only in mode `enforce`, and never by the run that finds it first.
    pub cut_after: Option<Timestamp>,
}

impl Finding {
    /// When the finding may lead to a cut under this policy.
    #[must_use]
    pub fn cut_after(policy: &Policy, since: Timestamp) -> Option<Timestamp> {
        let grace = SignedDuration::from_mins(i64::from(policy.grace_minutes));
        (policy.mode == Mode::Enforce).then(|| since.checked_add(grace).unwrap_or(Timestamp::MAX))
    }
}

impl Report {
    /// What was found of this endpoint.
    #[must_use]
    pub fn finding(&self, service_id: &str, endpoint_id: &str) -> Option<&Finding> {
        self.findings.iter().find(|found| is(&found.request, service_id, endpoint_id))
    }

    /// The endpoint among those that wait.
    #[must_use]
    pub fn waiting(&self, service_id: &str, endpoint_id: &str) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| is(&waiting.request, service_id, endpoint_id))
    }
}

fn is(request: &Request, service_id: &str, endpoint_id: &str) -> bool {
    request.service_id == service_id && request.endpoint_id == endpoint_id
}
