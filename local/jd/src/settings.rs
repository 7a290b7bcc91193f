//! Quotas, and switches for what no source says of the real cloud.

use serde::{Deserialize, Serialize};

/// How this cloud behaves where accounts differ or the documentation is silent (docs/reference/jdcloud-apis.md, sections
/// 2.3 and 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// VPCs of an account in a region.
    pub vpcs_per_region: usize,
    /// Subnets of a VPC.
    pub subnets_per_vpc: usize,
    /// Route tables of a VPC, the default one included.
    pub route_tables_per_vpc: usize,
    /// Rules of a route table, the local one not counted.
    pub rules_per_table: usize,
    /// Peerings of a VPC.
    pub peerings_per_vpc: usize,
    /// Security groups of a VPC.
    pub groups_per_vpc: usize,
    /// Rules of a security group.
    pub rules_per_group: usize,
    /// How far the date of a request may lie from ours, in seconds; anywhere when absent.
    pub clock_skew_seconds: Option<u64>,
    /// Whether a nonce may be used only once.
    pub nonces_once: bool,
    /// Whether a half that is made anew connects again with one that is Disconnected.
    pub reconnects: bool,
    /// Whether a rule may lead to a peering that is not Connected.
    pub routes_before_connected: bool,
    /// Whether a peering goes although rules still lead to it.
    pub deletes_peering_in_use: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            vpcs_per_region: 10,
            subnets_per_vpc: 10,
            route_tables_per_vpc: 10,
            rules_per_table: 50,
            peerings_per_vpc: 10,
            groups_per_vpc: 50,
            rules_per_group: 100,
            clock_skew_seconds: None,
            nonces_once: false,
            reconnects: true,
            // The console offers routes right after the first half was made.
            routes_before_connected: true,
            // Deleting a peering is documented to fail for one reason alone: that there is none.
            deletes_peering_in_use: true,
        }
    }
}
