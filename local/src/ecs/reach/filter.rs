//! What security groups let in (sheet vpc-connection-apis, 4).

use ipnet::Ipv4Net;

use super::{Host, Traffic};

/// A security group with its inbound rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Whether its members reach each other without a rule: basic groups do.
    pub joins_members: bool,
    /// Its inbound rules.
    pub filters: Vec<Filter>,
}

/// An inbound rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What to do with what fits.
    pub action: Action,
    /// 1 is the strongest, 100 the weakest. Of equally strong rules a drop wins.
    pub priority: u8,
    /// Which protocols fit.
    pub protocol: Protocol,
    /// From where it fits.
    pub source: Source,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Lets it in.
    Accept,
    /// Keeps it out, silently.
    Drop,
}

/// What kind of traffic a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// All there is.
    All,
    /// ICMP.
    Icmp,
    /// TCP to these ports.
    Tcp(Ports),
    /// UDP to these ports.
    Udp(Ports),
    /// Something that nothing here sends: GRE, ICMPv6.
    Other,
}

/// Ports from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

/// Where a rule's traffic comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// From these addresses.
    Range(Ipv4Net),
    /// From members of a group.
    Members(String),
    /// From somewhere that no host here has an address in: an IPv6 range.
    Elsewhere,
}

impl Group {
    /// One that lets everything in, for what has no groups at all.
    #[must_use]
    pub fn open_to_all() -> Self {
        let filter = Filter {
            action: Action::Accept,
            priority: 1,
            protocol: Protocol::All,
            source: Source::Range(Ipv4Net::default()),
        };
        Self { id: String::new(), joins_members: false, filters: vec![filter] }
    }
}

impl Filter {
    fn fits(&self, from: &Host, traffic: Traffic) -> bool {
        let protocol = match (self.protocol, traffic) {
            (Protocol::All, _) | (Protocol::Icmp, Traffic::Icmp) => true,
            (Protocol::Tcp(ports), Traffic::Tcp(port)) | (Protocol::Udp(ports), Traffic::Udp(port)) => {
                (ports.first..=ports.last).contains(&port)
            }
            _ => false,
        };
        let source = match &self.source {
            Source::Range(range) => range.contains(&from.address),
            Source::Members(group) => from.groups.contains(group),
            Source::Elsewhere => false,
        };
        protocol && source
    }
}

/// Whether a host with these groups lets in what `from` sends.
///
/// The rules of all groups count together. Where none fits, members of a common basic group still reach each other.
pub(super) fn lets_in(groups: &[Group], from: &Host, traffic: Traffic) -> bool {
    let fitting = groups.iter().flat_map(|group| &group.filters).filter(|filter| filter.fits(from, traffic));
    // At the same priority a drop comes first.
    match fitting.min_by_key(|filter| (filter.priority, filter.action == Action::Accept)) {
        Some(filter) => filter.action == Action::Accept,
        None => groups.iter().any(|group| group.joins_members && from.groups.contains(&group.id)),
    }
}
