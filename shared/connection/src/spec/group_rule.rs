//! What a security group of one side shall let in from the other.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::ResourceId;

/// One inbound rule, or one for each range of the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// The security group of this side.
    pub security_group_id: ResourceId,
    /// What to let in.
    #[serde(default)]
    pub protocol: Protocol,
    /// The ports, for TCP and UDP: `80/80` or `1/65535`, which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("pattern" = "^[0-9]{1,5}/[0-9]{1,5}$"))]
    pub ports: Option<PortRange>,
    /// 1 to 100; 1, the strongest, is the default.
    #[serde(default = "strongest")]
    #[schemars(range(min = 1, max = 100))]
    pub priority: u8,
    /// How the rule names the other side.
    #[serde(default)]
    pub source: Source,
}

fn strongest() -> u8 {
    1
}

/// What a rule lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Everything.
    #[default]
    All,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP; a ping needs it.
    Icmp,
}

/// How a rule names the other side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// By its ranges.
    #[default]
    Cidr,
    /// By one of its security groups and the id of its account. Only within a region, and not every cloud takes it.
    Group {
        /// The other side's group.
        security_group_id: ResourceId,
        /// Whether to name the ranges instead where the cloud refuses a group of another VPC.
        #[serde(default)]
        fall_back_to_cidr: bool,
    },
}

/// Ports from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PortRange {
    first: u16,
    last: u16,
}

/// A text that is no port range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no port range; write FIRST/LAST with ports from 1 to 65535")]
pub struct BadPortRange(String);

impl TryFrom<String> for PortRange {
    type Error = BadPortRange;
    fn try_from(text: String) -> Result<Self, BadPortRange> {
        let read = || {
            let (first, last) = text.split_once('/')?;
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (0 < first && first <= last).then_some(Self { first, last })
        };
        read().ok_or_else(|| BadPortRange(text.clone()))
    }
}

impl From<PortRange> for String {
    fn from(range: PortRange) -> Self {
        range.to_string()
    }
}

impl PortRange {
    /// The first and the last port.
    #[must_use]
    pub fn bounds(self) -> (u16, u16) {
        (self.first, self.last)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.last)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
        })
    }
}

impl GroupRule {
    /// The ports as the cloud writes them: `-1/-1` where the protocol has none.
    #[must_use]
    pub fn port_range(&self) -> String {
        match (self.protocol, self.ports) {
            (Protocol::All | Protocol::Icmp, _) => "-1/-1".to_owned(),
            (Protocol::Tcp | Protocol::Udp, Some(ports)) => ports.to_string(),
            (Protocol::Tcp | Protocol::Udp, None) => "1/65535".to_owned(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=100).contains(&self.priority) {
            return Err(format!("priority {} is not between 1 and 100", self.priority));
        }
        if self.ports.is_some() && matches!(self.protocol, Protocol::All | Protocol::Icmp) {
            return Err(format!("protocol {} has no ports; name tcp or udp, or leave ports out", self.protocol));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_needs_only_its_group_and_lets_everything_in_by_range() {
        let rule: GroupRule = serde_json::from_str(r#"{"security_group_id": "sg-1"}"#).unwrap();
        assert_eq!((rule.protocol, rule.port_range().as_str(), rule.priority), (Protocol::All, "-1/-1", 1));
        assert_eq!(rule.source, Source::Cidr);
    }

    #[test]
    fn ports_belong_to_tcp_and_udp() {
        let rule =
            |text: &str| serde_json::from_str::<GroupRule>(text).map(|rule| (rule.port_range(), rule.check().is_ok()));
        let tcp = rule(r#"{"security_group_id": "sg-1", "protocol": "tcp", "ports": "80/443"}"#).unwrap();
        assert_eq!(tcp, ("80/443".to_owned(), true));
        assert!(!rule(r#"{"security_group_id": "sg-1", "protocol": "icmp", "ports": "80/443"}"#).unwrap().1);
        for bad in ["0/1", "9/3", "1", "a/b", "1/70000"] {
            assert!(
                rule(&format!(r#"{{"security_group_id": "sg-1", "protocol": "tcp", "ports": "{bad}"}}"#)).is_err(),
                "{bad}"
            );
        }
    }
}
