//! What each step made on a side: the ids to look at later and to remove in the end.
//!
//! An id here is a hint, never the only proof. A process may die after the cloud made a thing and before the record says
//! so; every step therefore also recognises its own things in the cloud by their [mark](crate::mark).

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::kind::jdcloud_peering::JdTables;
pub use crate::kind::private_link::{PrivateLinkOutputs, ZoneOutputs};
use crate::lane::Lane;
use crate::proof::Proof;
use crate::share::{Fates, Thing};

/// What exists on one side because of this connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Outputs {
    /// The router interface, made by create-interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router_interface_id: Option<String>,
    /// The peering connection, made by create-peering: the same on both sides, or this side's half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peering_id: Option<String>,
    /// The description of what joins the two sides when it was taken over, to be given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_description: Option<String>,
    /// What a private link is made of on this side.
    #[serde(skip_serializing_if = "PrivateLinkOutputs::is_empty")]
    pub private_link: PrivateLinkOutputs,
    /// The routes to the peer, made by add-route.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// What was done to the route tables of a VPC of JD Cloud, by add-route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jd: Option<JdTables>,
    /// The inbound rules for the peer, made by authorize-security-group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// How far the proof of reachability from this side has come, kept by verify-reachability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// The lane in which this side holds a place, until its step is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// What it uses that another connection may have made.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub shares: BTreeSet<Thing>,
    /// What becomes of the things that it gives up, while a step is at it.
    #[serde(skip_serializing_if = "Fates::is_empty")]
    pub fates: Fates,
    /// What a removal left because it is somebody else's, although it does what the connection asked for: in words.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<String>,
    /// Where earlier generations of the spec may have left things that the current one does not mention.
    #[serde(skip_serializing_if = "FormerPlaces::is_empty")]
    pub former: FormerPlaces,
}

/// Places in a VPC where things are made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FormerPlaces {
    /// Route tables.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub route_tables: BTreeSet<String>,
    /// Security groups.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub security_groups: BTreeSet<String>,
}

impl FormerPlaces {
    /// Whether nothing was left anywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.route_tables.is_empty() && self.security_groups.is_empty()
    }
}

/// One route entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RouteOutput")]
pub struct Route {
    /// The table it stands in.
    pub route_table_id: String,
    /// Where it leads.
    #[schemars(with = "String")]
    pub destination: Ipv4Net,
    /// The cloud's id of the entry.
    pub route_entry_id: String,
}

/// One inbound rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RuleOutput")]
pub struct Rule {
    /// The group it belongs to.
    pub security_group_id: String,
    /// The cloud's id of the rule.
    pub rule_id: String,
}
