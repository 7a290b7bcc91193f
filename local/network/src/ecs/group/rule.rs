//! Rules, and how a request writes one.

use std::net::Ipv6Addr;

use ipnet::{Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError};
use local_core::words;
use serde::{Deserialize, Serialize};

use super::super::reach::{Action, Filter, Ports, Protocol, Source as From};
use super::refusal;

words! {
    /// Which traffic a rule is about.
    #[derive(Default)]
    pub(in crate::ecs) enum Direction {
        /// What comes in. Rules that were kept before there were others say nothing.
        #[default]
        In = "ingress",
        /// What goes out.
        Out = "egress",
    }
}

/// How requests name the other side of a rule: where traffic comes from, or where it goes.
struct Names {
    range: &'static str,
    range6: &'static str,
    group: &'static str,
    owner: &'static str,
    prefixes: &'static str,
    /// The rule's own side.
    own: &'static str,
}

impl Direction {
    fn names(self) -> &'static Names {
        match self {
            Self::In => &Names {
                range: "SourceCidrIp",
                range6: "Ipv6SourceCidrIp",
                group: "SourceGroupId",
                owner: "SourceGroupOwnerId",
                prefixes: "SourcePrefixListId",
                own: "DestCidrIp",
            },
            Self::Out => &Names {
                range: "DestCidrIp",
                range6: "Ipv6DestCidrIp",
                group: "DestGroupId",
                owner: "DestGroupOwnerId",
                prefixes: "DestPrefixListId",
                own: "SourceCidrIp",
            },
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::ecs) struct Rule {
    pub id: String,
    pub term: Term,
    pub description: String,
    pub created: Timestamp,
}

/// What a rule says. Two rules that say the same are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ecs) struct Term {
    #[serde(default)]
    pub direction: Direction,
    pub protocol: IpProtocol,
    /// First and last port, both -1 where the protocol has none.
    pub ports: (i32, i32),
    /// The other side.
    pub source: Source,
    pub policy: Policy,
    /// 1 is the strongest.
    pub priority: u8,
    /// Kept and shown; no instance here sends from a port of its choice.
    pub source_ports: String,
    /// The rule's own side. Kept and shown; an instance has one address.
    pub destination: String,
}

words! {
    pub(in crate::ecs) enum IpProtocol {
        Tcp = "TCP",
        Udp = "UDP",
        Icmp = "ICMP",
        IcmpV6 = "ICMPv6",
        Gre = "GRE",
        All = "ALL",
    }
}

impl IpProtocol {
    /// Requests write it in any case.
    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|protocol| protocol.word().eq_ignore_ascii_case(word))
    }

    fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

/// Where a rule's traffic comes from, or where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ecs) enum Source {
    Range(Ipv4Net),
    Range6(Ipv6Net),
    /// A group and the account that owns it.
    Group {
        id: String,
        owner: String,
    },
}

words! {
    pub(in crate::ecs) enum Policy {
        Accept = "Accept",
        Drop = "Drop",
    }
}

impl Term {
    /// As a request writes it, flat or as one of its `Permissions`. `account` owns a named group without an owner.
    pub(super) fn read(direction: Direction, params: &Params, account: &str) -> Result<Self, RpcError> {
        let word = params.get("IpProtocol").ok_or_else(|| refusal::not_given("IpProtocol"))?;
        let protocol = IpProtocol::parse(word).ok_or_else(|| refusal::bad_protocol(word))?;
        let ports = read_ports(protocol, params.get("PortRange").ok_or_else(|| refusal::not_given("PortRange"))?)?;
        let nic = read_nic(params)?;
        let source = read_source(direction, params, account)?;
        if matches!(source, Source::Group { .. }) && nic != Some(Nic::Intranet) {
            return Err(refusal::group_needs_intranet(direction));
        }
        refuse_if!(nic == Some(Nic::Internet), refusal::internet_nic());
        Ok(Self {
            direction,
            protocol,
            ports,
            source,
            policy: read_policy(params)?,
            priority: read_priority(params)?,
            source_ports: params.get("SourcePortRange").unwrap_or_default().to_owned(),
            destination: params.get(direction.names().own).unwrap_or_default().to_owned(),
        })
    }

    /// As a request would write it. A group is named with its owner.
    pub(super) fn params(&self) -> Vec<(String, String)> {
        let names = self.direction.names();
        let (first, last) = self.ports;
        let mut params = vec![
            ("IpProtocol", self.protocol.word().to_owned()),
            ("PortRange", format!("{first}/{last}")),
            ("Policy", self.policy.word().to_owned()),
            ("Priority", self.priority.to_string()),
            ("SourcePortRange", self.source_ports.clone()),
            (names.own, self.destination.clone()),
        ];
        match &self.source {
            Source::Range(range) => params.push((names.range, range.to_string())),
            Source::Range6(range) => params.push((names.range6, range.to_string())),
            Source::Group { id, owner } => {
                params.extend([(names.group, id.clone()), (names.owner, owner.clone())]);
                params.push(("NicType", "intranet".to_owned()));
            }
        }
        params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What it means for a packet.
    pub(in crate::ecs) fn filter(&self) -> Filter {
        let port = |number: i32| u16::try_from(number).unwrap_or_default();
        let ports = Ports { first: port(self.ports.0), last: port(self.ports.1) };
        Filter {
            action: match self.policy {
                Policy::Accept => Action::Accept,
                Policy::Drop => Action::Drop,
            },
            priority: self.priority,
            protocol: match self.protocol {
                IpProtocol::Tcp => Protocol::Tcp(ports),
                IpProtocol::Udp => Protocol::Udp(ports),
                IpProtocol::Icmp => Protocol::Icmp,
                IpProtocol::All => Protocol::All,
                IpProtocol::IcmpV6 | IpProtocol::Gre => Protocol::Other,
            },
            source: match &self.source {
                Source::Range(range) => From::Range(*range),
                Source::Range6(_) => From::Elsewhere,
                Source::Group { id, .. } => From::Members(id.clone()),
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nic {
    Internet,
    Intranet,
}

fn read_nic(params: &Params) -> Result<Option<Nic>, RpcError> {
    match params.get("NicType") {
        None => Ok(None),
        Some("intranet") => Ok(Some(Nic::Intranet)),
        Some("internet") => Ok(Some(Nic::Internet)),
        Some(word) => Err(refusal::bad_nic_type(word)),
    }
}

fn read_ports(protocol: IpProtocol, text: &str) -> Result<(i32, i32), RpcError> {
    let bad = || refusal::bad_ports(text);
    let (first, last) = text.split_once('/').ok_or_else(bad)?;
    let (first, last): (i32, i32) = (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
    match (protocol.has_ports(), first, last) {
        (false, -1, -1) => Ok((-1, -1)),
        (true, -1, -1) | (false, ..) => Err(refusal::ports_of_another_protocol(text)),
        (true, 1..=65535, 1..=65535) if first <= last => Ok((first, last)),
        (true, ..) => Err(bad()),
    }
}

/// Of several sources a range counts before a group, and a prefix list only alone.
fn read_source(direction: Direction, params: &Params, account: &str) -> Result<Source, RpcError> {
    let names = direction.names();
    if let Some(text) = params.get(names.range) {
        let range = crate::vpc::cidr::parse(names.range, text).map_err(|_| refusal::bad_cidr(direction, text))?;
        return Ok(Source::Range(range));
    }
    if let Some(text) = params.get(names.range6) {
        let range = text.parse::<Ipv6Net>().or_else(|_| text.parse::<Ipv6Addr>().map(Ipv6Net::from));
        let range = range.map_err(|_| refusal::bad_cidr(direction, text))?;
        return Ok(Source::Range6(range));
    }
    if let Some(id) = params.get(names.group) {
        let owner = params.get(names.owner).unwrap_or(account).to_owned();
        return Ok(Source::Group { id: id.to_owned(), owner });
    }
    let prefixes = params.get(names.prefixes);
    Err(prefixes.map_or_else(|| refusal::missing_source(direction), refusal::prefix_list_not_found))
}

fn read_policy(params: &Params) -> Result<Policy, RpcError> {
    match params.get("Policy").map(str::to_ascii_lowercase).as_deref() {
        None | Some("accept") => Ok(Policy::Accept),
        Some("drop") => Ok(Policy::Drop),
        Some(word) => Err(refusal::bad_policy(word)),
    }
}

fn read_priority(params: &Params) -> Result<u8, RpcError> {
    let Some(text) = params.get("Priority") else { return Ok(1) };
    let number: i64 = text.parse().map_err(|_| refusal::malformed_priority(text))?;
    let number = u8::try_from(number).ok().filter(|number| (1..=100).contains(number));
    number.ok_or_else(|| refusal::bad_priority(text))
}

/// The description of a rule or a group.
pub(super) fn read_description(params: &Params) -> Result<String, RpcError> {
    let text = params.get("Description").unwrap_or_default();
    if text.chars().count() > 512 || text.starts_with("http://") || text.starts_with("https://") {
        return Err(refusal::bad_description());
    }
    Ok(text.to_owned())
}
