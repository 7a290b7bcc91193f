//! What a security group of one side shall let in from the other.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strict::Fields;

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

/// Something that is no port range, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} is no port range; {instead}")]
pub struct BadPortRange {
    given: String,
    instead: String,
}

impl TryFrom<String> for PortRange {
    type Error = BadPortRange;
    fn try_from(text: String) -> Result<Self, BadPortRange> {
        Self::of(&Value::String(text))
    }
}

impl PortRange {
    /// The range that a document writes.
    fn of(given: &Value) -> Result<Self, BadPortRange> {
        let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        let refused = |instead: &str| {
            let given = given.as_str().map_or_else(|| given.to_string(), strict::quoted);
            BadPortRange { given, instead: instead.to_owned() }
        };
        let general = "write FIRST/LAST with ports from 1 to 65535, such as \"80/443\"";
        let port = |text: &str| {
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            text.parse::<u16>().ok().filter(|_| is_plain)
        };
        if let Some(one) = port(&text) {
            return Err(refused(&format!("for this one port write \"{one}/{one}\"")));
        }
        if text == "-1/-1" {
            let every =
                "the cloud writes so what has no ports; leave ports out, which for tcp and udp means all of them";
            return Err(refused(every));
        }
        if let Some((first, last)) = text.split_once(['-', ':', ',', ' ']).filter(|_| !text.contains('/'))
            && let (Some(first), Some(last)) = (port(first), port(last))
        {
            return Err(refused(&format!("write \"{first}/{last}\"")));
        }
        let (first, last) = text.split_once('/').ok_or_else(|| refused(general))?;
        match (port(first), port(last)) {
            (Some(first), Some(last)) if first <= last && given.is_string() => Ok(Self { first, last }),
            (Some(first), Some(last)) => Err(refused(&format!("the first comes first: write \"{last}/{first}\""))),
            _ => Err(refused(general)),
        }
    }

    /// The first and the last port.
    #[must_use]
    pub fn bounds(self) -> (u16, u16) {
        (self.first, self.last)
    }
}

impl From<PortRange> for String {
    fn from(range: PortRange) -> Self {
        range.to_string()
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

    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let security_group_id = fields.required("security_group_id");
        let (protocol, ports, priority) = what(fields);
        let source = fields.optional("source", Source::default());
        Some(Self {
            security_group_id: security_group_id?,
            protocol: protocol?,
            ports: ports?,
            priority: priority?,
            source: source?,
        })
    }
}

/// What any rule lets in: protocol, ports and priority, each of them told where it does not read.
pub(crate) fn what(fields: &mut Fields<'_>) -> (Option<Protocol>, Option<Option<PortRange>>, Option<u8>) {
    let protocol = fields.optional("protocol", Protocol::default());
    let given: Option<Value> = fields.optional("ports", Value::Null);
    let ports = match (protocol, given) {
        (_, Some(Value::Null)) => Some(None),
        (Some(protocol @ (Protocol::All | Protocol::Icmp)), Some(given)) => {
            let detail =
                format!("protocol {protocol} has no ports, and {given} is given; leave ports out, or name tcp or udp");
            fields.problem("ports", detail);
            None
        }
        (_, Some(given)) => match PortRange::of(&given) {
            Ok(ports) => Some(Some(ports)),
            Err(bad) => {
                fields.problem("ports", bad.to_string());
                None
            }
        },
        (_, None) => None,
    };
    let priority = fields.optional("priority", strongest());
    if let Some(priority) = priority.filter(|priority| !(1..=100).contains(priority)) {
        fields.problem("priority", format!("priority {priority} is not between 1 and 100"));
    }
    (protocol, ports, priority)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_needs_only_its_group_and_lets_everything_in_by_range() {
        let rule: GroupRule = serde_json::from_str(r#"{"security_group_id": "sg-1"}"#).unwrap();
        assert_eq!((rule.protocol, rule.port_range().as_str(), rule.priority), (Protocol::All, "-1/-1", 1));
        assert_eq!(rule.source, Source::Cidr);
    }

    fn read(rule: Value) -> Result<GroupRule, Vec<strict::Problem>> {
        strict::object(rule, GroupRule::read)
    }

    #[test]
    fn ports_belong_to_tcp_and_udp() {
        let tcp = read(json!({"security_group_id": "sg-1", "protocol": "tcp", "ports": "80/443"})).unwrap();
        assert_eq!(tcp.port_range(), "80/443");
        for protocol in ["icmp", "all"] {
            for ports in ["80/443", "-1/-1", "8/0", "x"] {
                let bad = json!({"security_group_id": "sg-1", "protocol": protocol, "ports": ports});
                let problems = read(bad).unwrap_err();
                assert_eq!(problems.len(), 1, "{problems:?}");
                assert!(problems[0].detail.contains("leave ports out"), "{problems:?}");
            }
            assert!(read(json!({"security_group_id": "sg-1", "protocol": protocol})).is_ok(), "what is advised works");
        }
    }

    #[test]
    fn what_is_no_port_range_is_told_what_to_write_and_that_reads() {
        for (given, instead) in [
            (json!(80), "write \"80/80\""),
            (json!("80"), "write \"80/80\""),
            (json!("80-443"), "write \"80/443\""),
            (json!("80:443"), "write \"80/443\""),
            (json!("443/80"), "write \"80/443\""),
            (json!("-1/-1"), "leave ports out"),
            (json!("0/1"), "from 1 to 65535"),
            (json!("1/70000"), "from 1 to 65535"),
            (json!("a/b"), "from 1 to 65535"),
            (json!("080/080"), "from 1 to 65535"),
            (json!("+80/80"), "from 1 to 65535"),
            (json!(" 80/80"), "from 1 to 65535"),
            (json!(""), "from 1 to 65535"),
            (json!(["80/80"]), "from 1 to 65535"),
        ] {
            let problems = read(json!({"security_group_id": "sg-1", "protocol": "tcp", "ports": given})).unwrap_err();
            assert_eq!((problems.len(), problems[0].pointer.as_str()), (1, "/ports"), "{problems:?}");
            let detail = &problems[0].detail;
            assert!(detail.starts_with(&given.to_string()) && detail.contains(instead), "{detail}");
            if let Some((_, text)) = instead.split_once("write ") {
                let ports = text.trim_matches('"');
                assert!(read(json!({"security_group_id": "sg-1", "protocol": "tcp", "ports": ports})).is_ok());
            }
        }
    }
}
