//! Consents of the owners of accounts.

use std::collections::BTreeMap;

use connection::record::Record;
use connection::spec::Spec;
use connection::words::{AccountAlias, CallerName, ConnectionName, Side};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// Something that waits for the consent of an account's owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConsentRequest {
    /// The connection.
    pub connection: ConnectionName,
    /// The account.
    pub account: AccountAlias,
    /// Its owner: a caller, or a group of callers.
    pub owner: CallerName,
    /// Whether a connection that stands shall change; otherwise it is a new one.
    pub is_change: bool,
    /// Who asks.
    pub asked_by: CallerName,
    /// Since when.
    pub since: Timestamp,
    /// Until when the owner has time.
    pub until: Timestamp,
    /// What is asked for.
    pub spec: Spec,
    /// The ranges of each side, which the other side gets routes to.
    pub ranges: BTreeMap<Side, Vec<String>>,
    /// What an owner who agrees agrees to: give it back as `of`.
    pub of: String,
}

impl ConsentRequest {
    /// What of a record waits for owners.
    #[must_use]
    pub fn of(record: &Record) -> Vec<Self> {
        let (Some(awaited), Some(wanted), Some(of)) = (&record.awaited, record.awaited_spec(), record.awaited_digest())
        else {
            return Vec::new();
        };
        // One that failed for want of consent waits for nobody until it is retried.
        if !record.is_under_way() {
            return Vec::new();
        }
        let text = |ranges: &[ipnet::Ipv4Net]| ranges.iter().map(ToString::to_string).collect();
        let ranges: BTreeMap<_, _> =
            wanted.networks.iter().map(|(side, network)| (*side, text(&network.cidr_blocks))).collect();
        let request = |(account, owner): (&AccountAlias, &CallerName)| Self {
            connection: record.name().clone(),
            account: account.clone(),
            owner: owner.clone(),
            is_change: awaited.change.is_some(),
            asked_by: awaited.by.clone(),
            since: awaited.since,
            until: awaited.until(),
            spec: wanted.spec.clone(),
            ranges: ranges.clone(),
            of: of.clone(),
        };
        awaited.open().map(request).collect()
    }
}

/// What the owner of an account says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayConsent {
    /// Whether it agrees. Who refuses after it agreed has the connection removed.
    pub decision: Consent,
    /// Why; required to refuse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 500))]
    pub reason: Option<String>,
    /// What it agrees to, as `GET /v1/consents` shows it; required to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Only say what would happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// Whether an owner agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// It agrees.
    Agree,
    /// It does not, or not any more.
    Refuse,
}
