//! A security group and its rules as the cloud shows them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::lenient;
use crate::vpc::Cidr;
use crate::words::words;

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

impl Serialize for PortRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A security group, without its rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroup {
    /// `sg-…`
    #[serde(deserialize_with = "lenient::required")]
    pub security_group_id: String,
    /// The VPC it belongs to.
    #[serde(default, deserialize_with = "lenient::text")]
    pub vpc_id: Option<String>,
    /// Its name.
    #[serde(default, rename = "SecurityGroupName", deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// Its description.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// What kind of group it is.
    #[serde(default, rename = "SecurityGroupType", deserialize_with = "lenient::word")]
    pub group_type: Option<GroupType>,
    /// Whether another product of the cloud keeps it, so that nobody else may change it.
    #[serde(default, deserialize_with = "lenient::boolean")]
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
    #[serde(default, deserialize_with = "lenient::text")]
    pub security_group_rule_id: Option<String>,
    /// Which traffic it is about.
    #[serde(default, deserialize_with = "lenient::word")]
    pub direction: Option<Direction>,
    /// The protocol it is about.
    #[serde(default, deserialize_with = "lenient::word")]
    pub ip_protocol: Option<IpProtocol>,
    /// The ports it is about, at the destination.
    #[serde(default, deserialize_with = "lenient::word")]
    pub port_range: Option<PortRange>,
    /// The ports it is about, at the source; most rules do not care.
    #[serde(default, deserialize_with = "lenient::word")]
    pub source_port_range: Option<PortRange>,
    /// What it does.
    #[serde(default, deserialize_with = "lenient::word")]
    pub policy: Option<Policy>,
    /// 1 to 100; 1 comes first.
    #[serde(default, deserialize_with = "lenient::parsed")]
    pub priority: Option<u32>,
    /// Which network it is about.
    #[serde(default, deserialize_with = "lenient::word")]
    pub nic_type: Option<NicType>,
    /// From which range.
    #[serde(default, deserialize_with = "lenient::word")]
    pub source_cidr_ip: Option<Cidr>,
    /// From which IPv6 range.
    #[serde(default, deserialize_with = "lenient::word")]
    pub ipv6_source_cidr_ip: Option<Cidr>,
    /// From which group.
    #[serde(default, deserialize_with = "lenient::text")]
    pub source_group_id: Option<String>,
    /// The id of the account that owns that group. The cloud calls it a name, and sends the id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub source_group_owner_account: Option<String>,
    /// From which prefix list.
    #[serde(default, deserialize_with = "lenient::text")]
    pub source_prefix_list_id: Option<String>,
    /// To which range.
    #[serde(default, deserialize_with = "lenient::word")]
    pub dest_cidr_ip: Option<Cidr>,
    /// To which IPv6 range.
    #[serde(default, deserialize_with = "lenient::word")]
    pub ipv6_dest_cidr_ip: Option<Cidr>,
    /// To which group.
    #[serde(default, deserialize_with = "lenient::text")]
    pub dest_group_id: Option<String>,
    /// To which prefix list.
    #[serde(default, deserialize_with = "lenient::text")]
    pub dest_prefix_list_id: Option<String>,
    /// What somebody wrote about it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::time")]
    pub create_time: Option<Timestamp>,
}
