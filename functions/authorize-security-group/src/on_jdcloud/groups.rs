//! What stands in the security groups of one side, and what follows from it. Pure.

use std::collections::BTreeMap;

use connection::mark::{Maker, Mark};
use connection::not_done::NotDone;
use connection::outputs::Rule;
use connection::spec::{JdGroupRule, JdSide, Protocol as RequiredRules};
use ipnet::{IpNet, Ipv4Net};
use jdcloud::vpc::{Cidr, Direction, Protocol, RuleAction, SecurityGroup, SecurityRule, SecurityRuleSpec};

/// A rule that is wanted, and the group it shall stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredRule {
    /// The group.
    pub group: String,
    /// The rule.
    pub rule: SecurityRuleSpec,
}

/// Every rule that is wanted of a side, each once: one for each range of the other side.
#[must_use]
pub fn wanted(given: &JdSide, ranges: &[Ipv4Net], mark: Option<&Mark>) -> Vec<DesiredRule> {
    let mut all: Vec<DesiredRule> = Vec::new();
    for asked in &given.security_groups {
        for range in ranges {
            let wanted = DesiredRule { group: asked.security_group_id.to_string(), rule: spec(asked, *range, mark) };
            if !all.contains(&wanted) {
                all.push(wanted);
            }
        }
    }
    all
}

fn spec(asked: &JdGroupRule, range: Ipv4Net, mark: Option<&Mark>) -> SecurityRuleSpec {
    let ports = asked.port_range();
    SecurityRuleSpec {
        direction: Direction::Inbound,
        rule_action: Some(RuleAction::Allow),
        priority: Some(u32::from(asked.priority)),
        protocol: match asked.protocol {
            RequiredRules::All => Protocol::All,
            RequiredRules::Tcp => Protocol::Tcp,
            RequiredRules::Udp => Protocol::Udp,
            RequiredRules::Icmp => Protocol::Icmp,
        },
        address_prefix: Cidr::Net(IpNet::V4(range)),
        from_port: ports.map(|(first, _)| first),
        to_port: ports.map(|(_, last)| last),
        description: mark.map(|mark| mark.description().to_owned()),
    }
}

/// Whose rules are this connection's.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The connection's mark.
    pub mark: Mark,
    /// The rules that the record knows.
    pub recorded: Vec<Rule>,
    /// Those of them that another connection has got and does not want.
    pub returned: Vec<String>,
}

impl Owner {
    /// Whether a rule is this connection's: by the mark in its description, or by its recorded id unless it was handed over.
    #[must_use]
    pub fn owns(&self, rule: &SecurityRule) -> bool {
        rule.description.as_deref().is_some_and(|text| self.mark.is_on(text))
            || (self.is_recorded(rule) && (self.other_maker(rule).is_none() || self.returned.contains(&rule.rule_id)))
    }

    /// Whether the record knows a rule as this connection's.
    #[must_use]
    pub fn is_recorded(&self, rule: &SecurityRule) -> bool {
        self.recorded.iter().any(|known| known.rule_id == rule.rule_id)
    }

    /// The other connection whose mark a rule carries.
    #[must_use]
    pub fn other_maker(&self, rule: &SecurityRule) -> Option<Maker> {
        self.mark.other_on(rule.description.as_deref()?)
    }
}

/// The groups by id, as far as they exist.
#[derive(Debug, Clone, Default)]
pub struct Groups(BTreeMap<String, SecurityGroup>);

impl FromIterator<SecurityGroup> for Groups {
    fn from_iter<T: IntoIterator<Item = SecurityGroup>>(groups: T) -> Self {
        Self(groups.into_iter().map(|group| (group.network_security_group_id.clone(), group)).collect())
    }
}

impl Groups {
    /// A group.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&SecurityGroup> {
        self.0.get(id)
    }

    /// Fails when a group that is wanted does not exist.
    ///
    /// # Errors
    /// That.
    pub fn check(&self, wanted: &[DesiredRule]) -> Result<(), NotDone> {
        match wanted.iter().find(|wanted| self.get(&wanted.group).is_none()) {
            None => Ok(()),
            Some(DesiredRule { group, .. }) => Err(NotDone::failed(
                format!("there is no security group {group} in this VPC"),
                "put the spec again with another group, or make it anew by hand and put its id",
            )),
        }
    }

    /// What is wanted and does not stand, by group.
    #[must_use]
    pub fn missing(&self, wanted: &[DesiredRule]) -> BTreeMap<String, Vec<SecurityRuleSpec>> {
        let mut missing: BTreeMap<String, Vec<SecurityRuleSpec>> = BTreeMap::new();
        for wanted in wanted.iter().filter(|wanted| self.doing(wanted).is_none()) {
            missing.entry(wanted.group.clone()).or_default().push(wanted.rule.clone());
        }
        missing
    }

    /// The rule that does what is wanted, whoever made it.
    #[must_use]
    pub fn doing(&self, wanted: &DesiredRule) -> Option<&SecurityRule> {
        self.get(&wanted.group)?.rules.iter().find(|rule| does(rule, &wanted.rule))
    }

    /// The rules of this connection, for the record.
    #[must_use]
    pub fn own(&self, owner: &Owner) -> Vec<Rule> {
        let own = self
            .owned(owner)
            .map(|(group, rule)| Rule { security_group_id: group.to_owned(), rule_id: rule.rule_id.clone() });
        own.collect()
    }

    /// The rules of this connection that do none of what is wanted.
    #[must_use]
    pub fn others<'a>(&'a self, wanted: &[DesiredRule], owner: &Owner) -> Vec<(&'a str, &'a SecurityRule)> {
        let is_wanted = |group: &str, rule: &SecurityRule| {
            wanted.iter().any(|wanted| {
                wanted.group == group && self.doing(wanted).is_some_and(|doing| doing.rule_id == rule.rule_id)
            })
        };
        self.owned(owner).filter(|(group, rule)| !is_wanted(group, rule)).collect()
    }

    /// Every rule, with its group.
    pub fn all(&self) -> impl Iterator<Item = (&str, &SecurityRule)> {
        self.0.iter().flat_map(|(id, group)| group.rules.iter().map(move |rule| (id.as_str(), rule)))
    }

    /// The rules that other connections made and that do what is wanted, with their makers.
    pub fn lent<'a>(
        &'a self,
        wanted: &'a [DesiredRule],
        owner: &'a Owner,
    ) -> impl Iterator<Item = (&'a str, &'a SecurityRule, Maker)> {
        wanted.iter().filter_map(|wanted| {
            let rule = self.doing(wanted)?;
            Some((wanted.group.as_str(), rule, owner.other_maker(rule)?))
        })
    }

    /// The rules that do what is wanted and that no connection made.
    pub fn foreign<'a>(
        &'a self,
        wanted: &'a [DesiredRule],
        owner: &'a Owner,
    ) -> impl Iterator<Item = (&'a str, &'a SecurityRule)> {
        let doing = wanted.iter().filter_map(|wanted| Some((wanted.group.as_str(), self.doing(wanted)?)));
        doing.filter(|(_, rule)| !owner.owns(rule) && owner.other_maker(rule).is_none())
    }

    fn owned<'a, 'b>(&'a self, owner: &'b Owner) -> impl Iterator<Item = (&'a str, &'a SecurityRule)> + use<'a, 'b> {
        self.all().filter(move |(_, rule)| owner.owns(rule))
    }
}

/// Whether a rule that stands does what is wanted.
pub(super) fn does(rule: &SecurityRule, wanted: &SecurityRuleSpec) -> bool {
    rule.direction == wanted.direction
        && action(rule) == *wanted.rule_action.as_ref().unwrap_or(&RuleAction::Allow)
        && (rule.priority == wanted.priority || rule.priority.is_none())
        && rule.protocol == wanted.protocol
        && rule.address_prefix == wanted.address_prefix
        && port_range(rule) == wanted_ports(wanted)
}

/// What a rule does; it lets pass where the cloud does not say.
pub(super) fn action(rule: &SecurityRule) -> RuleAction {
    rule.rule_action.clone().unwrap_or(RuleAction::Allow)
}

/// The ports of a rule; 0 where its protocol has none.
pub(super) fn port_range(rule: &SecurityRule) -> (u32, u32) {
    (rule.from_port.unwrap_or(0), rule.to_port.unwrap_or(0))
}

/// The same of a rule that is wanted.
pub(super) fn wanted_ports(rule: &SecurityRuleSpec) -> (u32, u32) {
    (rule.from_port.map_or(0, u32::from), rule.to_port.map_or(0, u32::from))
}

/// A rule to make, for people.
#[must_use]
pub fn described(rule: &SecurityRuleSpec) -> String {
    let ports = (rule.from_port.map(u32::from), rule.to_port.map(u32::from));
    told(rule.protocol, ports, &rule.address_prefix, rule.priority)
}

/// A rule for people.
#[must_use]
pub fn inventory(rule: &SecurityRule) -> String {
    told(rule.protocol, (rule.from_port, rule.to_port), &rule.address_prefix, rule.priority)
}

/// A protocol for people.
pub(super) fn protocol(protocol: Protocol) -> String {
    match protocol {
        Protocol::All => "all".to_owned(),
        Protocol::Tcp => "tcp".to_owned(),
        Protocol::Udp => "udp".to_owned(),
        Protocol::Icmp => "icmp".to_owned(),
        Protocol::Unknown(number) => format!("protocol {number}"),
    }
}

fn told(of: Protocol, ports: (Option<u32>, Option<u32>), source: &Cidr, priority: Option<u32>) -> String {
    let ports = match ports {
        (Some(first), Some(last)) if last > 0 => format!(" {first}/{last}"),
        _ => String::new(),
    };
    let protocol = protocol(of);
    format!("{protocol}{ports} from {source}, priority {}", priority.unwrap_or(1))
}
