//! What a new cloud holds in an account's networks, in the shape that every cloud plants.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// A VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedVpc {
    /// Its region.
    pub region_id: String,
    /// Its name.
    pub name: String,
    /// Its range.
    pub cidr_block: Ipv4Net,
    /// Its vSwitches.
    pub vswitches: Vec<SeedVSwitch>,
    /// Its security groups.
    #[serde(default)]
    pub security_groups: Vec<SeedGroup>,
}

/// A vSwitch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedVSwitch {
    /// Its zone; none for a subnet of JD Cloud, which spans its region.
    pub zone_id: String,
    /// Its range.
    pub cidr_block: Ipv4Net,
    /// Its instances.
    #[serde(default)]
    pub instances: Vec<SeedInstance>,
}

/// A basic security group.
///
/// It lets its own members reach each other. From outside only what these rules name gets in: none by default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedGroup {
    /// Its name.
    pub name: String,
    /// Ranges from which everything may come in.
    #[serde(default)]
    pub open_to: Vec<Ipv4Net>,
}

/// An instance, in every security group that the seed gives its VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedInstance {
    /// Its name.
    pub name: String,
    /// Its address, within its vSwitch.
    pub private_ip: Ipv4Addr,
    /// Whether it runs.
    #[serde(default = "yes")]
    pub running: bool,
    /// Whether its Cloud Assistant answers.
    #[serde(default = "yes")]
    pub cloud_assistant: bool,
}

fn yes() -> bool {
    true
}
