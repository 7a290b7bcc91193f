//! The rules of route tables.

use ipnet::Ipv4Net;
use local_core::refuse_if;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{JdError, JdStatus};
use super::listing::Listing;
use super::peering::State;
use super::place::Place;
use super::request::JdRequest;
use super::route_table::RouteTable;
use super::text;
use super::world::World;

/// What a rule leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NextHop {
    Local,
    Instance,
    Internet,
    VpcPeering,
    Bgw,
    Natgw,
    ElasticNetworkInterface,
    Havip,
    L2gw,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rule {
    pub id: String,
    /// The lower wins among equal masks.
    pub priority: u8,
    pub next_hop: NextHop,
    pub next_hop_id: String,
    /// What it matches; nothing for the local rule, which matches the VPC itself.
    pub prefix: Option<Ipv4Net>,
    pub description: String,
}

impl Rule {
    /// The rule that every table begins with.
    pub(super) fn local(id: String) -> Self {
        let (next_hop, next_hop_id) = (NextHop::Local, "local".to_owned());
        Self { id, priority: 1, next_hop, next_hop_id, prefix: None, description: String::new() }
    }

    /// Everything to the internet.
    pub(super) fn internet(id: String) -> Self {
        let (next_hop, next_hop_id) = (NextHop::Internet, "internet".to_owned());
        let prefix = Some(Ipv4Net::default());
        Self { id, priority: 100, next_hop, next_hop_id, prefix, description: String::new() }
    }

    /// Whether two rules cannot stand beside each other: the same way twice, or the internet and another way for one range.
    fn clashes(&self, other: &Self) -> bool {
        let is_same = self.priority == other.priority && self.next_hop_id == other.next_hop_id;
        let is_internet = |rule: &Self| rule.next_hop == NextHop::Internet;
        self.prefix == other.prefix && (is_same || is_internet(self) != is_internet(other))
    }
}

/// A rule as clients ask for it; each operation has its own fields that must be there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleSpec {
    rule_id: Option<String>,
    next_hop_type: Option<NextHop>,
    next_hop_id: Option<String>,
    address_prefix: Option<String>,
    address_prefix_type: Option<PrefixType>,
    priority: Option<u8>,
    description: Option<String>,
}

/// How a range is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum PrefixType {
    Cidr,
    Prefixlist,
}

impl PrefixType {
    /// The range that a text of this type writes. There are no prefix lists here to name.
    pub(super) fn read(kind: Option<Self>, text: &str) -> Result<Ipv4Net, JdError> {
        match kind {
            Some(Self::Prefixlist) => Err(JdError::not_found("PrefixList", text)),
            Some(Self::Cidr) | None => text::range(text),
        }
    }
}

/// What must be there.
pub(super) fn given<T>(value: Option<T>, name: &str) -> Result<T, JdError> {
    value.ok_or_else(|| JdError::invalid(format!("{name} is missing")))
}

/// All or none.
pub(super) fn add(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let specs: Vec<RuleSpec> = request.field("routeTableRuleSpecs")?;
    let place = request.place();
    let table = world.table(&place, &request.id)?;
    refuse_if!(specs.is_empty(), JdError::invalid("routeTableRuleSpecs is empty"));
    let mut rules = table.rules.clone();
    for spec in specs {
        let rule = Rule {
            id: world.new_id("rt"),
            priority: spec.priority.unwrap_or(100),
            next_hop: given(spec.next_hop_type, "nextHopType")?,
            next_hop_id: given(spec.next_hop_id, "nextHopId")?,
            prefix: Some(PrefixType::read(spec.address_prefix_type, &given(spec.address_prefix, "addressPrefix")?)?),
            description: text::description(spec.description)?,
        };
        check(world, &place, table, &rules, &rule)?;
        rules.push(rule);
    }
    let limit = world.settings.rules_per_table;
    if rules.iter().filter(|rule| rule.next_hop != NextHop::Local).count() > limit {
        return Err(JdError::quota("staticRoute", limit));
    }
    put(world, &place, &request.id, rules)
}

/// What is not named stays. All or none.
pub(super) fn modify(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let specs: Vec<RuleSpec> = request.field("modifyRouteTableRuleSpecs")?;
    let place = request.place();
    let table = world.table(&place, &request.id)?;
    let mut rules = table.rules.clone();
    for spec in specs {
        let at = position(&rules, &given(spec.rule_id, "ruleId")?)?;
        let old = rules.remove(at);
        let prefix =
            spec.address_prefix.map(|prefix| PrefixType::read(spec.address_prefix_type, &prefix)).transpose()?;
        let rule = Rule {
            priority: spec.priority.unwrap_or(old.priority),
            next_hop: spec.next_hop_type.unwrap_or(old.next_hop),
            next_hop_id: spec.next_hop_id.unwrap_or_else(|| old.next_hop_id.clone()),
            prefix: prefix.or(old.prefix),
            description: spec.description.map_or(Ok(old.description), |words| text::description(Some(words)))?,
            id: old.id,
        };
        check(world, &place, table, &rules, &rule)?;
        rules.insert(at, rule);
    }
    put(world, &place, &request.id, rules)
}

/// All or none.
pub(super) fn remove(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let rule_ids: Vec<String> = request.field("ruleIds")?;
    let place = request.place();
    let mut rules = world.table(&place, &request.id)?.rules.clone();
    refuse_if!(rule_ids.is_empty(), JdError::invalid("ruleIds is empty"));
    for id in &rule_ids {
        let at = position(&rules, id)?;
        rules.remove(at);
    }
    put(world, &place, &request.id, rules)
}

/// Where the rule stands. The local one cannot be touched.
fn position(rules: &[Rule], id: &str) -> Result<usize, JdError> {
    let at = rules.iter().position(|rule| rule.id == id).ok_or_else(|| JdError::not_found("RouteTableRule", id))?;
    refuse_if!(rules[at].next_hop == NextHop::Local, JdError::invalid(format!("RouteTableRule {id} is the local one")));
    Ok(at)
}

fn put(world: &mut World, place: &Place, table_id: &str, rules: Vec<Rule>) -> Result<Value, JdError> {
    if let Some(table) = world.tables.get_mut(&place.key(table_id)) {
        table.rules = rules;
    }
    Ok(Value::Null)
}

/// Whether a rule may join these ones in a table.
fn check(world: &World, place: &Place, table: &RouteTable, beside: &[Rule], rule: &Rule) -> Result<(), JdError> {
    let prefix = given(rule.prefix, "addressPrefix")?;
    refuse_if!(rule.priority == 0, JdError::invalid("priority must be 1 to 255"));
    let network = world.network(place, &table.vpc_id)?;
    if world.ranges(place, network).iter().any(|range| range.contains(&prefix)) {
        return Err(JdError::invalid(format!("addressPrefix {prefix} is the Vpc's own")));
    }
    check_next_hop(world, place, table, rule)?;
    match beside.iter().find(|other| rule.clashes(other)) {
        Some(other) if other.next_hop == rule.next_hop => {
            Err(JdError::exists(format!("RouteTableRule {} is the same", other.id)))
        }
        Some(other) => {
            let why = "which an internet rule may not share with another type";
            Err(JdError::invalid(format!("addressPrefix {prefix} is that of RouteTableRule {}, {why}", other.id)))
        }
        None => Ok(()),
    }
}

/// The next hop must be there, in the table's own VPC.
fn check_next_hop(world: &World, place: &Place, table: &RouteTable, rule: &Rule) -> Result<(), JdError> {
    let id = &rule.next_hop_id;
    match rule.next_hop {
        NextHop::Local => Err(JdError::invalid("nextHopType local cannot be asked for")),
        NextHop::Internet if id == "internet" => Ok(()),
        NextHop::Internet => Err(JdError::invalid("nextHopId of an internet rule must be internet")),
        NextHop::VpcPeering => {
            let peering = world.peering(place, id)?;
            if peering.vpc_id != table.vpc_id {
                let message = format!("VpcPeering {id} is not of Vpc {}", table.vpc_id);
                return Err(JdError::new(JdStatus::Aborted, message));
            }
            if peering.state != State::Connected && !world.settings.routes_before_connected {
                return Err(JdError::in_use(format!("VpcPeering {id} is not Connected")));
            }
            Ok(())
        }
        // This cloud has none of these.
        NextHop::Instance
        | NextHop::Bgw
        | NextHop::Natgw
        | NextHop::ElasticNetworkInterface
        | NextHop::Havip
        | NextHop::L2gw => Err(JdError::not_found("next hop", id)),
    }
}

pub(super) fn list(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let known = ["ruleIds", "origins", "nextHopTypes", "addressPrefix", "description", "nextHopId"];
    let listing = Listing::read(request, &known)?;
    let table = world.table(&request.place(), &request.id)?;
    let field = |rule: &&Rule, name: &str| match name {
        "ruleIds" => rule.id.clone(),
        "nextHopId" => rule.next_hop_id.clone(),
        "description" => rule.description.clone(),
        "origins" => "static".to_owned(),
        "addressPrefix" => prefix(rule),
        _ => json!(rule.next_hop).as_str().unwrap_or_default().to_owned(),
    };
    Ok(listing.answer("routeTableRules", table.rules.iter(), field, |rule| view(rule)))
}

fn prefix(rule: &Rule) -> String {
    rule.prefix.map_or_else(|| "local".to_owned(), |prefix| prefix.to_string())
}

pub(super) fn view(rule: &Rule) -> Value {
    json!({
        "ruleId": rule.id,
        "priority": rule.priority,
        "nextHopType": rule.next_hop,
        "nextHopId": rule.next_hop_id,
        "addressPrefixType": "CIDR",
        "addressPrefix": prefix(rule),
        "origin": "static",
        "description": rule.description,
        "ipVersion": 4,
    })
}
