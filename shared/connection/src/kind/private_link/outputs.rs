//! What the steps of a private link make.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a private link is made of on one side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PrivateLinkOutputs {
    /// The load balancer, made by create-load-balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer_id: Option<String>,
    /// The service, made by create-endpoint-service, or the existing one that the spec names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The accounts of other connections that use the service that was made, and stay on its whitelist for that.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub guests: BTreeSet<String>,
    /// The vSwitches that were made for the endpoint, by zone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub vswitches: BTreeMap<String, String>,
    /// The endpoint, made by create-endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// The name that leads to all zones of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The endpoint in each zone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<String, ZoneOutputs>,
}

/// An endpoint in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ZoneOutputs {
    /// The name that leads to this zone only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
}

impl PrivateLinkOutputs {
    /// Whether nothing was made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
