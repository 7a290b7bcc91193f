//! A security group and its rules as the cloud shows them.

use std::fmt;

use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::vpc::Cidr;

words! {
    /// Which traffic a rule is about.
    Direction {
        /// What comes in.
        Ingress = "ingress",
        /// What goes out.
        Egress = "egress",
    }
}

words! {
    /// The protocol a rule is about.
    IpProtocol {
        /// TCP, with ports.
        Tcp = "TCP",
        /// UDP, with ports.
        Udp = "UDP",
        /// ICMP: ping.
        Icmp = "ICMP",
        /// ICMP of IPv6.
        Icmpv6 = "ICMPv6",
        /// GRE.
        Gre = "GRE",
        /// Every protocol.
        All = "ALL",
    }
}

words! {
    /// What a rule does with the traffic. At equal priority `Drop` wins.
    Policy {
        /// Let it through.
        Accept = "accept",
        /// Drop it without a word.
        Drop = "drop",
    }
}

words! {
    /// Which network of a server a rule is about. Groups of a VPC know `Intranet` only.
    NicType {
        /// The private network.
        Intranet = "intranet",
        /// The public network of servers outside VPCs.
        Internet = "internet",
    }
}

words! {
    /// What kind of group it is.
    GroupType {
        /// A basic one, whose rules may name other groups.
        Normal = "normal",
        /// An advanced one, whose rules name no other groups.
        Enterprise = "enterprise",
    }
}

/// The ports of a rule, as `first/last`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PortRange {
    /// `-1/-1`: what protocols without ports have, and with TCP and UDP every port.
    All,
    /// From the first to the last port, both included.
    Ports(u16, u16),
    /// Something else, as the cloud wrote it.
    Unknown(String),
}

impl From<&str> for PortRange {
    fn from(text: &str) -> Self {
        let ports = || {
            let (first, last) = text.split_once('/')?;
            Some(Self::Ports(first.trim().parse().ok()?, last.trim().parse().ok()?))
        };
        match text {
            "-1/-1" => Self::All,
            _ => ports().unwrap_or_else(|| Self::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("-1/-1"),
            Self::Ports(first, last) => write!(f, "{first}/{last}"),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

cloud_wire::text!(PortRange);

/// A security group, without its rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroup {
    /// `sg-…`
    pub security_group_id: String,
    /// The VPC it belongs to.
    pub vpc_id: Option<String>,
    /// Its name.
    #[serde(rename = "SecurityGroupName")]
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// What kind of group it is.
    #[serde(rename = "SecurityGroupType")]
    pub group_type: Option<GroupType>,
    /// Whether another product of the cloud keeps it, so that nobody else may change it.
    pub service_managed: Option<bool>,
}

/// The rules of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRules {
    /// `sg-…`
    pub security_group_id: String,
    /// The VPC it belongs to.
    pub vpc_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its rules, all pages.
    pub permissions: Vec<Permission>,
}

/// A rule of a security group. Exactly one source, or for outgoing traffic one destination, is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Permission {
    /// `sgr-…`
    pub security_group_rule_id: Option<String>,
    /// Which traffic it is about.
    pub direction: Option<Direction>,
    /// The protocol it is about.
    pub ip_protocol: Option<IpProtocol>,
    /// The ports it is about, at the destination.
    pub port_range: Option<PortRange>,
    /// The ports it is about, at the source; most rules do not care.
    pub source_port_range: Option<PortRange>,
    /// What it does.
    pub policy: Option<Policy>,
    /// 1 to 100; 1 comes first. The cloud writes it as a text.
    #[serde(default, deserialize_with = "lenient::value")]
    pub priority: Option<u32>,
    /// Which network it is about.
    pub nic_type: Option<NicType>,
    /// From which range.
    pub source_cidr_ip: Option<Cidr>,
    /// From which IPv6 range.
    pub ipv6_source_cidr_ip: Option<Cidr>,
    /// From which group.
    pub source_group_id: Option<String>,
    /// The id of the account that owns that group. The cloud calls it a name, and sends the id.
    pub source_group_owner_account: Option<String>,
    /// From which prefix list.
    pub source_prefix_list_id: Option<String>,
    /// To which range.
    pub dest_cidr_ip: Option<Cidr>,
    /// To which IPv6 range.
    pub ipv6_dest_cidr_ip: Option<Cidr>,
    /// To which group.
    pub dest_group_id: Option<String>,
    /// To which prefix list.
    pub dest_prefix_list_id: Option<String>,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// When it was made.
    pub create_time: Option<Timestamp>,
}
