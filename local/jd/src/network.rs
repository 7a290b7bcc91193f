//! VPCs.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::refuse_if;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::JdError;
use super::listing::Listing;
use super::place::Place;
use super::request::JdRequest;
use super::route_table::RouteTable;
use super::security_group::SecurityGroup;
use super::text::{self, NewLabels};
use super::world::{World, at};

/// A VPC.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Network {
    pub id: String,
    pub name: String,
    pub description: String,
    /// Its range; none for one whose subnets may lie anywhere.
    pub cidr: Option<Ipv4Net>,
    pub created: Timestamp,
}

/// What a VPC is made of, with the names of all that is made along.
pub(super) struct Plan {
    pub id: String,
    pub table_id: String,
    pub group_id: String,
    pub name: String,
    pub description: String,
    pub cidr: Option<Ipv4Net>,
}

/// Makes a VPC with its default route table and security group.
pub(super) fn make(world: &mut World, place: &Place, plan: Plan) {
    let Plan { id, table_id, group_id, name, description, cidr } = plan;
    let table = RouteTable::default_of(world, &id, table_id);
    world.tables.insert(place.key(&table.id), table);
    let group = SecurityGroup::default_of(world, &id, group_id);
    world.groups.insert(place.key(&group.id), group);
    let network = Network { id, name, description, cidr, created: world.now };
    world.networks.insert(place.key(&network.id), network);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    vpc_name: String,
    address_prefix: Option<String>,
    description: Option<String>,
}

pub(super) fn create(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let asked: Create = request.creation()?;
    let place = request.place();
    let limit = world.settings.vpcs_per_region;
    refuse_if!(at(&world.networks, &place).count() >= limit, JdError::quota("vpc", limit));
    let cidr = asked.address_prefix.filter(|prefix| !prefix.is_empty());
    let plan = Plan {
        id: world.new_id("vpc"),
        table_id: world.new_id("rtb"),
        group_id: world.new_id("sg"),
        name: text::name("vpcName", &asked.vpc_name)?,
        description: text::description(asked.description)?,
        cidr: cidr.map(|prefix| text::network_range(&prefix)).transpose()?,
    };
    let id = plan.id.clone();
    make(world, &place, plan);
    Ok(json!({ "vpcId": id }))
}

pub(super) fn list(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let listing = Listing::read(request, &["vpcIds", "vpcNames"])?;
    let field = |network: &&Network, name: &str| match name {
        "vpcIds" => network.id.clone(),
        _ => network.name.clone(),
    };
    Ok(listing.answer("vpcs", at(&world.networks, &place), field, |network| view(world, &place, network)))
}

pub(super) fn describe(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let network = world.network(&place, &request.id)?;
    Ok(json!({ "vpc": view(world, &place, network) }))
}

pub(super) fn modify(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    world.network(&place, &request.id)?;
    let labels = NewLabels::read(request, "vpcName")?;
    if let Some(network) = world.networks.get_mut(&place.key(&request.id)) {
        labels.put(&mut network.name, &mut network.description);
    }
    Ok(Value::Null)
}

pub(super) fn delete(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let (place, id) = (request.place(), request.id.as_str());
    world.network(&place, id)?;
    let left = [
        ("subnets", world.subnets_of(&place, id).count()),
        ("vpc peerings", world.peerings_of(&place, id).count()),
        ("route tables", world.tables_of(&place, id).filter(|table| !table.is_default).count()),
        ("security groups", world.groups_of(&place, id).filter(|group| !group.is_default).count()),
    ];
    if let Some((what, _)) = left.iter().find(|(_, count)| *count > 0) {
        return Err(JdError::in_use(format!("Vpc {id} still has {what}")));
    }
    let own: Vec<String> = world.tables_of(&place, id).map(|table| place.key(&table.id)).collect();
    own.iter().for_each(|key| drop(world.tables.remove(key)));
    let own: Vec<String> = world.groups_of(&place, id).map(|group| place.key(&group.id)).collect();
    own.iter().for_each(|key| drop(world.groups.remove(key)));
    world.networks.remove(&place.key(id));
    Ok(Value::Null)
}

fn view(world: &World, place: &Place, network: &Network) -> Value {
    let tables: Vec<&str> = world.tables_of(place, &network.id).map(|table| table.id.as_str()).collect();
    let subnets: Vec<Value> =
        world.subnets_of(place, &network.id).map(|subnet| super::subnet::view(world, place, subnet)).collect();
    json!({
        "vpcId": network.id,
        "vpcName": network.name,
        "addressPrefix": network.cidr.map(|cidr| cidr.to_string()).unwrap_or_default(),
        "description": network.description,
        "aclIds": null,
        "routeTableIds": tables,
        "subnets": subnets,
        "createdTime": text::time(network.created),
        "vpcPolicyId": "",
        "tags": null,
        "resourceGroupId": "",
    })
}
