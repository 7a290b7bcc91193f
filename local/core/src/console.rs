//! What a console shows of an account's networks, in the shape that it has for every cloud.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// A VPC as the console lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleVpc {
    /// Its region.
    pub region_id: String,
    /// Its id.
    pub vpc_id: String,
    /// Its primary range.
    pub cidr_block: Ipv4Net,
    /// Its router.
    pub vrouter_id: String,
    /// Its system route table.
    pub route_table_id: String,
    /// Its vSwitches.
    pub vswitches: Vec<ConsoleVSwitch>,
    /// Its security groups.
    pub security_groups: Vec<ConsoleGroup>,
    /// Its instances.
    pub instances: Vec<ConsoleInstance>,
}

/// A vSwitch as the console lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleVSwitch {
    /// Its id.
    pub vswitch_id: String,
    /// Its zone.
    pub zone_id: String,
    /// Its range.
    pub cidr_block: Ipv4Net,
}

/// A security group as the console lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleGroup {
    /// Its id.
    pub security_group_id: String,
    /// Its name.
    pub name: String,
}

/// An instance as the console lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleInstance {
    /// Its id.
    pub instance_id: String,
    /// Its address.
    pub private_ip: Ipv4Addr,
    /// Its vSwitch.
    pub vswitch_id: String,
    /// The security groups that it is in.
    pub security_group_ids: Vec<String>,
}
