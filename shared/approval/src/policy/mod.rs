//! The rules an operator writes.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `read` | a document becomes a policy, or a list of everything that is wrong with it |
//! | `window` | hours of the week |
//! | `word` | rule ids and account ids |
//!
//! Nothing is approved without a rule that says so. A rule that rejects beats every rule that approves, whatever their
//! order. Without a policy, and with one that has no rules, nothing changes: nothing is approved and nothing is cut.

mod read;
mod window;
mod word;

pub use read::VERSION;
pub use window::{Day, Window};
pub use word::{AccountId, RuleId};

use ipnet::Ipv4Net;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use audit::canonical;

/// Who may connect endpoints to which services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Causeway approval policy", rename = "ApprovalPolicy")]
pub struct Policy {
    /// The schema's version: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// What happens to connected endpoints that no longer pass.
    #[serde(default)]
    pub mode: Mode,
    /// How long such an endpoint is reported before it is disconnected, in minutes. Only in mode `enforce`.
    #[serde(default = "grace_minutes")]
    #[schemars(range(max = 525_600))]
    pub grace_minutes: u32,
    /// How many endpoints one run may disconnect at most. Only in mode `enforce`.
    #[serde(default = "most_cuts_per_run")]
    #[schemars(range(min = 1, max = 1000))]
    pub most_cuts_per_run: u32,
    /// How many endpoints may be approved within an hour, by all rules together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 100_000))]
    pub approvals_per_hour: Option<u32>,
    /// The rules. Their order does not matter.
    #[schemars(length(max = 1000))]
    pub rules: Vec<Rule>,
}

fn grace_minutes() -> u32 {
    60
}

fn most_cuts_per_run() -> u32 {
    5
}

/// What happens to connected endpoints that no longer pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// They are reported.
    #[default]
    Report,
    /// They are reported, and disconnected after the time of grace.
    Enforce,
}

/// What a rule does with a request that it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It is connected, unless another rule rejects or holds it.
    Approve,
    /// It is left unconnected, whatever other rules say; and cut in mode `enforce`.
    Reject,
    /// It waits for a person, unless another rule rejects it.
    Hold,
}

/// One rule. A request fits if everything fits that the rule names; what it leaves out fits always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ApprovalRule")]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, unique within the policy.
    pub id: RuleId,
    /// What it does.
    pub effect: Effect,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// Ids of endpoint services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000), inner(regex(pattern = "^epsrv-[A-Za-z0-9-]{1,58}$")))]
    pub services: Option<Vec<String>>,
    /// Ids of the accounts that own the endpoint. A rule that approves must name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000))]
    pub accounts: Option<Vec<AccountId>>,
    /// VPCs the endpoint is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000), inner(regex(pattern = "^vpc-[A-Za-z0-9-]{1,60}$")))]
    pub vpcs: Option<Vec<String>>,
    /// Regions the endpoint is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000), inner(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)+$"), length(max = 32)))]
    pub regions: Option<Vec<String>>,
    /// Zones. To approve, every zone of the endpoint must be among them; to reject or hold, one suffices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 1000),
        inner(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*(-|-[a-z0-9]*[0-9])[a-z]$"), length(max = 32))
    )]
    pub zones: Option<Vec<String>>,
    /// Ranges in which the endpoint's VPC lies. To approve, each range of the VPC must lie within one of them; to reject or hold, it
    /// suffices that one overlaps with one of them. The ranges of a VPC are known where its account is in the accounts document;
    /// where they are not, the request waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>", length(min = 1, max = 1000))]
    pub ranges: Option<Vec<Ipv4Net>>,
    /// Ranges with which no range of the endpoint's VPC may overlap. Only in a rule that approves: to reject what overlaps, name
    /// `ranges` in a rule that rejects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>", length(min = 1, max = 1000))]
    pub no_overlap_with: Option<Vec<Ipv4Net>>,
    /// Whether the endpoint belongs to the account of the service, or must not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_account: Option<bool>,
    /// Hours of the week in which the rule decides. What is connected stays connected outside of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000))]
    pub windows: Option<Vec<Window>>,
    /// The rule counts from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The rule counts until then. What it approved no longer passes afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// How many endpoints of one account may be connected to a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub endpoints_per_account: Option<u32>,
    /// How many endpoints of one VPC may be connected to a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub endpoints_per_vpc: Option<u32>,
    /// How many endpoints of anybody may be connected to a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub endpoints_per_service: Option<u32>,
    /// How many endpoints this rule may approve within an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub approvals_per_hour: Option<u32>,
    /// The bandwidth to give each connection, in Mbit/s; the service's own default if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 50_000))]
    pub bandwidth_mbps: Option<u32>,
    /// For how long an approval counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// For how long an approval counts. It ends unless a person approves anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// In hours, from the approval on.
    #[schemars(range(min = 1, max = 87_600))]
    pub hours: u32,
    /// How many hours before its end it is warned of.
    #[serde(default = "warn_hours")]
    pub warn_hours: u32,
}

fn warn_hours() -> u32 {
    24
}

impl Policy {
    /// SHA-256 of the policy in its one spelling, in hexadecimal: the same for every way to write the same policy.
    ///
    /// # Panics
    /// Never: a policy is plain data.
    #[must_use]
    pub fn hash(&self) -> String {
        canonical::sha256(&serde_json::to_value(self).expect("a policy is plain data and always serialises"))
    }

    /// Whether a rule looks at the ranges of the endpoint's VPC.
    #[must_use]
    pub fn names_ranges(&self) -> bool {
        self.rules.iter().any(Rule::names_ranges)
    }

    /// Whether it has no rules, so that it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The JSON Schema of a policy document.
    #[must_use]
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }
}

impl Rule {
    /// Whether it looks at the ranges of the endpoint's VPC.
    #[must_use]
    pub fn names_ranges(&self) -> bool {
        self.ranges.is_some() || self.no_overlap_with.is_some()
    }
}

#[cfg(test)]
mod tests;
