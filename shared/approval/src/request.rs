//! An endpoint that asks, and what is known around it.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An endpoint that asks to be connected, or is, as the provider's own listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndpointRequest")]
pub struct Request {
    /// `epsrv-…`
    pub service_id: String,
    /// `ep-…`
    pub endpoint_id: String,
    /// The account that owns the endpoint, by the cloud's own word.
    pub account_id: Option<String>,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// The region it is in.
    pub region: String,
    /// The zones it is in.
    pub zones: Vec<String>,
    /// Whether endpoint and service belong to one account.
    pub same_account: Option<bool>,
    /// Where its connection is.
    pub status: Status,
    /// When that changed last.
    pub modified_at: Option<Timestamp>,
}

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "EndpointStatus")]
pub enum Status {
    /// Not connected: waiting, refused or cut, which the cloud does not tell apart.
    Disconnected,
    /// On its way to be connected.
    Connecting,
    /// Traffic flows.
    Connected,
    /// On its way to be disconnected.
    Disconnecting,
    /// Anything else that will pass.
    Moving,
}

/// What is known around a request at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// This instant.
    pub now: Timestamp,
    /// Whether the service is active and paid for.
    pub service_is_ready: bool,
    /// Whether the account is on the service's own whitelist; `None` when that could not be read.
    pub whitelisted: Option<bool>,
    /// The ranges of the endpoint's VPC. `None` when no rule asks for them, when the account is not in the accounts document, and
    /// when they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>")]
    pub ranges: Option<Vec<Ipv4Net>>,
    /// Other endpoints that are connected to the service, or about to be.
    pub others: Others,
    /// Approvals of the last hour.
    pub approvals: Approvals,
    /// The last word of a person, if it still counts.
    pub person: Option<Word>,
    /// How an earlier connection of this endpoint ended, if that stands against a new one.
    pub past: Option<Past>,
    /// The connection of Causeway that asks for it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// How many other endpoints are connected to the same service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OtherEndpoints")]
pub struct Others {
    /// Of the same account.
    pub of_account: u32,
    /// Of the same VPC.
    pub of_vpc: u32,
    /// Of anybody.
    pub of_service: u32,
}

/// How many endpoints were approved within the last hour.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalsLastHour")]
pub struct Approvals {
    /// By all rules together.
    pub in_all: u32,
    /// By each rule.
    pub by_rule: BTreeMap<String, u32>,
}

/// What a person said of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PersonDecision")]
pub struct Word {
    /// What shall become of it.
    pub decision: PersonSays,
    /// Why, in their words.
    pub reason: String,
    /// Who: the name of the secret or token by which the request was let in.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a person can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PersonSays {
    /// Connect it, though no rule says so. Rules that reject still count.
    Approve,
    /// Never connect it; cut it if it is connected.
    Reject,
    /// Leave it as it is for now.
    Hold,
}

/// How an earlier connection ended, where that stands against a new one until a person approves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "EarlierEnd")]
pub enum Past {
    /// Somebody else ended it, or refused it, in the console or by the API.
    EndedElsewhere,
    /// Its lease ended.
    LeaseEnded,
    /// The connection of Causeway that asked for it was taken away.
    EndedByConnection,
    /// A person rejected an earlier endpoint from the same VPC to the same service.
    RejectedBefore,
}
