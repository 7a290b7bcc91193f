//! The rules of route tables: which range leads where.

use cloud_wire::words;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Cidr, Vpc};
use crate::call::Call;
use crate::error::Error;
use crate::request::UnsignedRequest;

words! {
    /// What a rule leads to.
    NextHopType {
        /// The VPC itself: the first rule of every table. It cannot be made, changed or removed.
        Local = "local",
        /// An instance.
        Instance = "instance",
        /// The internet; the id beside it is the word `internet`.
        Internet = "internet",
        /// A VPC peering of the same VPC.
        VpcPeering = "vpc_peering",
        /// A border gateway.
        BorderGateway = "bgw",
        /// A NAT gateway.
        NatGateway = "natgw",
        /// A network interface.
        NetworkInterface = "elastic_network_interface",
        /// A virtual address with a standby.
        HighAvailabilityIp = "havip",
        /// A gateway of layer 2.
        Layer2Gateway = "l2gw",
    }
}

words! {
    /// Where a rule comes from.
    RouteOrigin {
        /// Somebody made it.
        Static = "static",
        /// A border gateway told of it.
        Propagated = "propagated",
    }
}

/// A rule of a route table. The longest mask wins, then the lower priority; rules equal in both share the traffic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteRule {
    /// `rt-…`
    pub rule_id: String,
    /// What it leads to.
    pub next_hop_type: NextHopType,
    /// The id of that, or the word that stands for it.
    pub next_hop_id: Option<String>,
    /// What it matches.
    pub address_prefix: Cidr,
    /// 1 to 255.
    pub priority: Option<u32>,
    /// Where it comes from.
    pub origin: Option<RouteOrigin>,
    /// What somebody wrote about it.
    pub description: Option<String>,
}

/// A rule to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteRuleSpec {
    /// What it leads to.
    pub next_hop_type: NextHopType,
    /// The id of that; `internet` for the internet.
    pub next_hop_id: String,
    /// What it matches.
    pub address_prefix: Cidr,
    /// 1 to 255; the cloud takes 100 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl RouteRuleSpec {
    /// `prefix` by a peering of the table's own VPC.
    #[must_use]
    pub fn by_peering(prefix: Cidr, vpc_peering_id: &str) -> Self {
        let (next_hop_type, next_hop_id) = (NextHopType::VpcPeering, vpc_peering_id.to_owned());
        Self { next_hop_type, next_hop_id, address_prefix: prefix, priority: None, description: None }
    }

    /// `prefix` by the internet.
    #[must_use]
    pub fn by_internet(prefix: Cidr) -> Self {
        let (next_hop_type, next_hop_id) = (NextHopType::Internet, "internet".to_owned());
        Self { next_hop_type, next_hop_id, address_prefix: prefix, priority: None, description: None }
    }

    /// The rule that would make the same again; `None` for one that nobody can make: the local one, and what a gateway
    /// told of.
    #[must_use]
    pub fn copy_of(rule: &RouteRule) -> Option<Self> {
        let can_be_made = rule.next_hop_type != NextHopType::Local
            && rule.address_prefix != Cidr::Local
            && rule.origin != Some(RouteOrigin::Propagated);
        can_be_made.then(|| Self {
            next_hop_type: rule.next_hop_type.clone(),
            next_hop_id: rule.next_hop_id.clone().unwrap_or_default(),
            address_prefix: rule.address_prefix.clone(),
            priority: rule.priority,
            description: rule.description.clone(),
        })
    }

    /// Whether `rule` does what this one would.
    #[must_use]
    pub fn is_done_by(&self, rule: &RouteRule) -> bool {
        self.next_hop_type == rule.next_hop_type
            && rule.next_hop_id.as_ref() == Some(&self.next_hop_id)
            && self.address_prefix == rule.address_prefix
            && self.priority.unwrap_or(DEFAULT_PRIORITY) == rule.priority.unwrap_or(DEFAULT_PRIORITY)
    }
}

/// The priority of a rule that was made without one.
const DEFAULT_PRIORITY: u32 = 100;

impl Vpc {
    /// Adds rules to a table, all or none. The cloud does not say their ids: read the table for them.
    ///
    /// # Errors
    /// [`Kind::Refused`](crate::Kind::Refused) also when a next hop is in another VPC; else as any call.
    pub async fn add_route_table_rules(&self, route_table_id: &str, rules: &[RouteRuleSpec]) -> Result<(), Error> {
        let body = json!({ "routeTableRuleSpecs": rules });
        self.order(UnsignedRequest::action(Call::AddRouteTableRules, "routeTables", route_table_id, &body)).await
    }

    /// Removes rules from a table.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the table or a rule is gone; else as any call.
    pub async fn remove_route_table_rules(&self, route_table_id: &str, rule_ids: &[String]) -> Result<(), Error> {
        let body = json!({ "ruleIds": rule_ids });
        self.order(UnsignedRequest::action(Call::RemoveRouteTableRules, "routeTables", route_table_id, &body)).await
    }
}
