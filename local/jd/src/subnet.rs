//! Subnets: ranges of a VPC, each bound to one route table.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::refuse_if;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::JdError;
use super::listing::Listing;
use super::place::Place;
use super::request::JdRequest;
use super::rule::NextHop;
use super::text::{self, NewLabels};
use super::world::{World, at};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Subnet {
    pub id: String,
    pub vpc_id: String,
    pub name: String,
    pub description: String,
    pub cidr: Ipv4Net,
    /// The route table that it is bound to.
    pub table_id: String,
    pub created: Timestamp,
}

impl Subnet {
    /// The addresses from the first to the last, those of network and broadcast left out.
    pub(super) fn bounds(&self) -> (Ipv4Addr, Ipv4Addr) {
        let (first, last) = (u32::from(self.cidr.network()) + 1, u32::from(self.cidr.broadcast()) - 1);
        (first.into(), last.into())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    vpc_id: String,
    subnet_name: String,
    address_prefix: String,
    route_table_id: Option<String>,
    description: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

pub(super) fn create(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let asked: Create = request.creation()?;
    let place = request.place();
    let network = world.network(&place, &asked.vpc_id)?;
    let name = text::name("subnetName", &asked.subnet_name)?;
    let cidr = text::network_range(&asked.address_prefix)?;
    if network.cidr.is_some_and(|whole| !whole.contains(&cidr)) {
        return Err(JdError::invalid(format!("addressPrefix {cidr} is not within Vpc {}", asked.vpc_id)));
    }
    if let Some(other) = world.subnets_of(&place, &asked.vpc_id).find(|other| text::overlap(&other.cidr, &cidr)) {
        return Err(JdError::exists(format!("addressPrefix {cidr} overlaps with Subnet {}", other.id)));
    }
    let limit = world.settings.subnets_per_vpc;
    refuse_if!(world.subnets_of(&place, &asked.vpc_id).count() >= limit, JdError::quota("subnet", limit));
    let table = match &asked.route_table_id {
        Some(id) => world.table(&place, id)?,
        None => world.default_table(&place, &asked.vpc_id)?,
    };
    refuse_if!(table.vpc_id != asked.vpc_id, JdError::invalid(format!("RouteTable {} is of another Vpc", table.id)));
    let subnet = Subnet {
        id: world.new_id("subnet"),
        vpc_id: asked.vpc_id,
        name,
        description: text::description(asked.description)?,
        cidr,
        table_id: table.id.clone(),
        created: world.now,
    };
    if asked.dry_run {
        return Ok(Value::Null);
    }
    let id = subnet.id.clone();
    world.subnets.insert(place.key(&id), subnet);
    Ok(json!({ "subnetId": id }))
}

pub(super) fn list(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let listing = Listing::read(request, &["subnetIds", "subnetNames", "routeTableId", "aclId", "vpcId"])?;
    let field = |subnet: &&Subnet, name: &str| match name {
        "subnetIds" => subnet.id.clone(),
        "subnetNames" => subnet.name.clone(),
        "routeTableId" => subnet.table_id.clone(),
        "vpcId" => subnet.vpc_id.clone(),
        _ => String::new(),
    };
    Ok(listing.answer("subnets", at(&world.subnets, &place), field, |subnet| view(world, &place, subnet)))
}

pub(super) fn describe(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let subnet = world.subnet(&place, &request.id)?;
    Ok(json!({ "subnet": view(world, &place, subnet) }))
}

pub(super) fn modify(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    world.subnet(&place, &request.id)?;
    let labels = NewLabels::read(request, "subnetName")?;
    if let Some(subnet) = world.subnets.get_mut(&place.key(&request.id)) {
        labels.put(&mut subnet.name, &mut subnet.description);
    }
    Ok(Value::Null)
}

pub(super) fn delete(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    world.subnet(&place, &request.id)?;
    world.subnets.remove(&place.key(&request.id));
    Ok(Value::Null)
}

pub(super) fn view(world: &World, place: &Place, subnet: &Subnet) -> Value {
    let (first, last) = subnet.bounds();
    let leads_out =
        |table: &super::route_table::RouteTable| table.rules.iter().any(|rule| rule.next_hop == NextHop::Internet);
    json!({
        "subnetId": subnet.id,
        "subnetName": subnet.name,
        "vpcId": subnet.vpc_id,
        "addressPrefix": subnet.cidr.to_string(),
        // Two of them are the router's and the name server's.
        "availableIpCount": u32::from(last) - u32::from(first) - 1,
        "description": subnet.description,
        "routeTableId": subnet.table_id,
        "aclId": "",
        "startIp": first.to_string(),
        "endIp": last.to_string(),
        "createdTime": text::time(subnet.created),
        "subnetType": "standard",
        "az": "",
        "publicSubnet": world.table(place, &subnet.table_id).is_ok_and(leads_out),
        "tags": null,
        "resourceGroupId": "",
        "type": "normal",
    })
}
