//! Security groups. One denies inbound what no rule allows, and comes with a rule that allows everything outbound.
//!
//! The documentation says that a new group denies all inbound. That the default group of a VPC does too, and that outbound is free
//! at first, is this cloud's choice: so peered traffic needs its inbound rule whichever group it meets.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::refuse_if;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::JdError;
use super::listing::Listing;
use super::request::JdRequest;
use super::security_rule::{self, Action, Direction, Protocol, SecurityRule};
use super::text::{self, NewLabels};
use super::world::{World, at};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SecurityGroup {
    pub id: String,
    pub vpc_id: String,
    pub name: String,
    pub description: String,
    /// Whether the VPC came with it.
    pub is_default: bool,
    pub rules: Vec<SecurityRule>,
    pub created: Timestamp,
}

impl SecurityGroup {
    /// The group that a VPC comes with.
    pub(super) fn default_of(world: &World, vpc_id: &str, id: String) -> Self {
        let name = "default".to_owned();
        Self { is_default: true, ..Self::new(world, id, vpc_id.to_owned(), name, String::new()) }
    }

    fn new(world: &World, id: String, vpc_id: String, name: String, description: String) -> Self {
        let outbound = SecurityRule {
            id: world.new_id("sgr"),
            direction: Direction::Outbound,
            action: Action::Allow,
            priority: 100,
            protocol: Protocol::All,
            prefix: Ipv4Net::default(),
            from_port: 0,
            to_port: 0,
            description: String::new(),
            is_default: true,
            created: world.now,
        };
        Self { id, vpc_id, name, description, is_default: false, rules: vec![outbound], created: world.now }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    vpc_id: String,
    network_security_group_name: String,
    description: Option<String>,
}

pub(super) fn create(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let asked: Create = request.creation()?;
    let place = request.place();
    world.network(&place, &asked.vpc_id)?;
    let name = text::name("networkSecurityGroupName", &asked.network_security_group_name)?;
    let description = text::description(asked.description)?;
    let limit = world.settings.groups_per_vpc;
    refuse_if!(world.groups_of(&place, &asked.vpc_id).count() >= limit, JdError::quota("security_group", limit));
    let group = SecurityGroup::new(world, world.new_id("sg"), asked.vpc_id, name, description);
    let id = group.id.clone();
    world.groups.insert(place.key(&id), group);
    Ok(json!({ "networkSecurityGroupId": id }))
}

pub(super) fn list(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let listing = Listing::read(request, &["networkSecurityGroupIds", "networkSecurityGroupNames", "vpcId"])?;
    let field = |group: &&SecurityGroup, name: &str| match name {
        "networkSecurityGroupIds" => group.id.clone(),
        "networkSecurityGroupNames" => group.name.clone(),
        _ => group.vpc_id.clone(),
    };
    Ok(listing.answer("networkSecurityGroups", at(&world.groups, &place), field, |group| view(group)))
}

pub(super) fn describe(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let group = world.group(&request.place(), &request.id)?;
    Ok(json!({ "networkSecurityGroup": view(group) }))
}

pub(super) fn modify(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    world.group(&place, &request.id)?;
    let labels = NewLabels::read(request, "networkSecurityGroupName")?;
    if let Some(group) = world.groups.get_mut(&place.key(&request.id)) {
        labels.put(&mut group.name, &mut group.description);
    }
    Ok(Value::Null)
}

pub(super) fn delete(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    if world.group(&place, &request.id)?.is_default {
        return Err(JdError::invalid(format!("NetworkSecurityGroup {} is the default one of its Vpc", request.id)));
    }
    world.groups.remove(&place.key(&request.id));
    Ok(Value::Null)
}

fn view(group: &SecurityGroup) -> Value {
    json!({
        "networkSecurityGroupId": group.id,
        "networkSecurityGroupName": group.name,
        "description": group.description,
        "vpcId": group.vpc_id,
        "securityGroupRules": group.rules.iter().map(security_rule::view).collect::<Vec<_>>(),
        "createdTime": text::time(group.created),
        "networkSecurityGroupType": if group.is_default { "default" } else { "custom" },
        "networkInterfaceIds": null,
    })
}
