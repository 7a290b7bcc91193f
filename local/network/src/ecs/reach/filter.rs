//! What security groups let in and out (docs/reference/vpc-connection-apis.md, section 4).

use ipnet::Ipv4Net;

use super::{Host, Traffic};

/// A security group with its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Whether its members reach each other without a rule: basic groups do.
    pub joins_members: bool,
    /// Its inbound rules.
    pub filters: Vec<Filter>,
    /// Whether its members may go where no outbound rule says otherwise.
    pub lets_out: bool,
    /// Its outbound rules. Their other side is where the traffic goes.
    pub outbound: Vec<Filter>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What to do with what fits.
    pub action: Action,
    /// 1 is the strongest, 100 the weakest. Of equally strong rules a drop wins.
    pub priority: u8,
    /// Which protocols fit.
    pub protocol: Protocol,
    /// From where it fits; for an outbound rule, to where.
    pub source: Source,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Lets it pass.
    Accept,
    /// Stops it, silently.
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

/// The other side of a rule: where its traffic comes from, or where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// These addresses.
    Range(Ipv4Net),
    /// Members of a group.
    Members(String),
    /// Somewhere that no host here has an address in: an IPv6 range.
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
        Self { id: String::new(), joins_members: false, filters: vec![filter], lets_out: true, outbound: Vec::new() }
    }
}

impl Filter {
    fn fits(&self, other: &Host, traffic: Traffic) -> bool {
        let protocol = match (self.protocol, traffic) {
            (Protocol::All, _) | (Protocol::Icmp, Traffic::Icmp) => true,
            (Protocol::Tcp(ports), Traffic::Tcp(port)) | (Protocol::Udp(ports), Traffic::Udp(port)) => {
                (ports.first..=ports.last).contains(&port)
            }
            _ => false,
        };
        let source = match &self.source {
            Source::Range(range) => range.contains(&other.address),
            Source::Members(group) => other.groups.contains(group),
            Source::Elsewhere => false,
        };
        protocol && source
    }
}

/// Whether a host with these groups lets in what `from` sends.
///
/// The rules of all groups count together. Where none fits, members of a common basic group still reach each other.
pub(super) fn lets_in(groups: &[Group], from: &Host, traffic: Traffic) -> bool {
    let verdict = strongest(groups.iter().flat_map(|group| &group.filters), from, traffic);
    verdict.unwrap_or_else(|| groups.iter().any(|group| group.joins_members && from.groups.contains(&group.id)))
}

/// Whether a host with these groups may send to `to`. Without a group nothing holds it back.
pub(super) fn lets_out(groups: &[Group], to: &Host, traffic: Traffic) -> bool {
    let verdict = strongest(groups.iter().flat_map(|group| &group.outbound), to, traffic);
    verdict.unwrap_or_else(|| groups.is_empty() || groups.iter().any(|group| group.lets_out))
}

/// What the strongest of the rules that fit says. At the same priority a drop comes first.
fn strongest<'a>(filters: impl Iterator<Item = &'a Filter>, other: &Host, traffic: Traffic) -> Option<bool> {
    let fitting = filters.filter(|filter| filter.fits(other, traffic));
    let strongest = fitting.min_by_key(|filter| (filter.priority, filter.action == Action::Accept));
    strongest.map(|filter| filter.action == Action::Accept)
}
