//! The rules of security groups.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::refuse_if;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::JdError;
use super::listing::Listing;
use super::place::Place;
use super::reach::Packet;
use super::request::JdRequest;
use super::rule::{PrefixType, given};
use super::text;
use super::world::World;

/// Which way a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::FromRepr)]
#[repr(u16)]
#[serde(into = "u16", try_from = "u16")]
pub(super) enum Direction {
    Inbound = 0,
    Outbound = 1,
}

impl From<Direction> for u16 {
    fn from(direction: Direction) -> Self {
        direction as Self
    }
}

impl TryFrom<u16> for Direction {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, &'static str> {
        Self::from_repr(number).ok_or("direction must be 0 or 1")
    }
}

/// What a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::FromRepr)]
#[repr(u16)]
#[serde(into = "u16", try_from = "u16")]
pub(super) enum Protocol {
    All = 300,
    Tcp = 6,
    Udp = 17,
    Icmp = 1,
}

impl From<Protocol> for u16 {
    fn from(protocol: Protocol) -> Self {
        protocol as Self
    }
}

impl TryFrom<u16> for Protocol {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, &'static str> {
        Self::from_repr(number).ok_or("protocol must be 300, 6, 17 or 1")
    }
}

impl Protocol {
    fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Action {
    #[serde(alias = "allow")]
    Allow,
    #[serde(alias = "deny")]
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SecurityRule {
    pub id: String,
    pub direction: Direction,
    pub action: Action,
    /// 1 to 100; the lower wins.
    pub priority: u8,
    pub protocol: Protocol,
    pub prefix: Ipv4Net,
    /// 0 where the protocol has no ports.
    pub from_port: u16,
    pub to_port: u16,
    pub description: String,
    /// Whether the group came with it.
    pub is_default: bool,
    pub created: Timestamp,
}

impl SecurityRule {
    /// Whether a packet on its way to or from `peer` is its business.
    pub(super) fn matches(&self, direction: Direction, peer: Ipv4Addr, packet: Packet) -> bool {
        let ports = self.from_port..=self.to_port;
        let has_protocol = match (self.protocol, packet) {
            (Protocol::All, _) | (Protocol::Icmp, Packet::Icmp) => true,
            (Protocol::Tcp, Packet::Tcp(port)) | (Protocol::Udp, Packet::Udp(port)) => ports.contains(&port),
            (Protocol::Icmp | Protocol::Tcp | Protocol::Udp, _) => false,
        };
        self.direction == direction && has_protocol && self.prefix.contains(&peer)
    }

    fn is_same(&self, other: &Self) -> bool {
        let key = |rule: &Self| (rule.direction, rule.action, rule.priority, rule.prefix, rule.from_port, rule.to_port);
        self.protocol == other.protocol && key(self) == key(other)
    }

    /// Whether it may join these ones. Ports are set right: all of them where none was named, none where there are none.
    fn checked(mut self, beside: &[Self]) -> Result<Self, JdError> {
        refuse_if!(!(1..=100).contains(&self.priority), JdError::invalid("priority must be 1 to 100"));
        if !self.protocol.has_ports() {
            (self.from_port, self.to_port) = (0, 0);
        } else if self.from_port == 0 || self.from_port > self.to_port {
            return Err(JdError::invalid("fromPort and toPort must be 1 to 65535, and in order"));
        }
        match beside.iter().find(|other| self.is_same(other)) {
            Some(other) => Err(JdError::exists(format!("SecurityGroupRule {} is the same", other.id))),
            None => Ok(self),
        }
    }
}

/// A rule as clients ask for it; each operation has its own fields that must be there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleSpec {
    rule_id: Option<String>,
    direction: Option<Direction>,
    rule_action: Option<Action>,
    priority: Option<u8>,
    protocol: Option<Protocol>,
    address_prefix: Option<String>,
    address_prefix_type: Option<PrefixType>,
    from_port: Option<u16>,
    to_port: Option<u16>,
    description: Option<String>,
}

/// All or none. Answers with what it made.
pub(super) fn add(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let specs: Vec<RuleSpec> = request.field("networkSecurityGroupRuleSpecs")?;
    let place = request.place();
    let mut rules = world.group(&place, &request.id)?.rules.clone();
    refuse_if!(specs.is_empty(), JdError::invalid("networkSecurityGroupRuleSpecs is empty"));
    let before = rules.len();
    for spec in specs {
        let protocol = given(spec.protocol, "protocol")?;
        let (first, last) = if protocol.has_ports() { (1, u16::MAX) } else { (0, 0) };
        let rule = SecurityRule {
            id: world.new_id("sgr"),
            direction: given(spec.direction, "direction")?,
            action: spec.rule_action.unwrap_or(Action::Allow),
            priority: spec.priority.unwrap_or(1),
            protocol,
            prefix: PrefixType::read(spec.address_prefix_type, &given(spec.address_prefix, "addressPrefix")?)?,
            from_port: spec.from_port.unwrap_or(first),
            to_port: spec.to_port.unwrap_or(last),
            description: text::description(spec.description)?,
            is_default: false,
            created: world.now,
        };
        rules.push(rule.checked(&rules)?);
    }
    let limit = world.settings.rules_per_group;
    refuse_if!(rules.len() > limit, JdError::quota("securityGroupRule", limit));
    let made: Vec<Value> = rules[before..].iter().map(view).collect();
    put(world, &place, &request.id, rules);
    Ok(json!({ "securityGroupRules": made }))
}

/// What is not named stays. All or none.
pub(super) fn modify(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let specs: Vec<RuleSpec> = request.field("modifySecurityGroupRuleSpecs")?;
    let place = request.place();
    let mut rules = world.group(&place, &request.id)?.rules.clone();
    for spec in specs {
        let at = position(&rules, &given(spec.rule_id, "ruleId")?)?;
        let old = rules.remove(at);
        let prefix =
            spec.address_prefix.map(|prefix| PrefixType::read(spec.address_prefix_type, &prefix)).transpose()?;
        let rule = SecurityRule {
            action: spec.rule_action.unwrap_or(old.action),
            priority: spec.priority.unwrap_or(old.priority),
            protocol: spec.protocol.unwrap_or(old.protocol),
            prefix: prefix.unwrap_or(old.prefix),
            from_port: spec.from_port.unwrap_or(old.from_port),
            to_port: spec.to_port.unwrap_or(old.to_port),
            description: spec.description.map_or(Ok(old.description), |words| text::description(Some(words)))?,
            ..old
        };
        let rule = rule.checked(&rules)?;
        rules.insert(at, rule);
    }
    put(world, &place, &request.id, rules);
    Ok(Value::Null)
}

/// All or none.
pub(super) fn remove(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let rule_ids: Vec<String> = request.field("ruleIds")?;
    let place = request.place();
    let mut rules = world.group(&place, &request.id)?.rules.clone();
    refuse_if!(rule_ids.is_empty(), JdError::invalid("ruleIds is empty"));
    for id in &rule_ids {
        let at = position(&rules, id)?;
        rules.remove(at);
    }
    put(world, &place, &request.id, rules);
    Ok(Value::Null)
}

fn position(rules: &[SecurityRule], id: &str) -> Result<usize, JdError> {
    rules.iter().position(|rule| rule.id == id).ok_or_else(|| JdError::not_found("SecurityGroupRule", id))
}

fn put(world: &mut World, place: &Place, group_id: &str, rules: Vec<SecurityRule>) {
    if let Some(group) = world.groups.get_mut(&place.key(group_id)) {
        group.rules = rules;
    }
}

pub(super) fn list(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let listing = Listing::read(request, &["ruleIds", "addressPrefix", "description"])?;
    let group = world.group(&request.place(), &request.id)?;
    let field = |rule: &&SecurityRule, name: &str| match name {
        "ruleIds" => rule.id.clone(),
        "addressPrefix" => rule.prefix.to_string(),
        _ => rule.description.clone(),
    };
    Ok(listing.answer("securityGroupRules", group.rules.iter(), field, |rule| view(rule)))
}

pub(super) fn view(rule: &SecurityRule) -> Value {
    json!({
        "ruleId": rule.id,
        "direction": rule.direction,
        "ruleAction": rule.action,
        "priority": rule.priority,
        "protocol": rule.protocol,
        "addressPrefixType": "CIDR",
        "addressPrefix": rule.prefix.to_string(),
        "ipVersion": 4,
        "fromPort": rule.from_port,
        "toPort": rule.to_port,
        "createdTime": text::time(rule.created),
        "description": rule.description,
        "ruleType": if rule.is_default { "default" } else { "custom" },
    })
}
