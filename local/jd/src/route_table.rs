//! Route tables, and the subnets bound to them.

use jiff::Timestamp;
use local_core::refuse_if;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::JdError;
use super::listing::Listing;
use super::place::Place;
use super::request::JdRequest;
use super::rule::{self, Rule};
use super::text::{self, NewLabels};
use super::world::{World, at};

/// What a route table can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Associate {
    #[default]
    Subnet,
    Gateway,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RouteTable {
    pub id: String,
    pub vpc_id: String,
    pub name: String,
    pub description: String,
    /// Whether the VPC came with it.
    pub is_default: bool,
    pub associate: Associate,
    /// The local one first.
    pub rules: Vec<Rule>,
    pub created: Timestamp,
}

impl RouteTable {
    /// The table that a VPC comes with: everything unknown goes to the internet.
    pub(super) fn default_of(world: &World, vpc_id: &str, id: String) -> Self {
        let rules = vec![Rule::local(world.new_id("rt")), Rule::internet(world.new_id("rt"))];
        Self {
            id,
            vpc_id: vpc_id.to_owned(),
            name: "default".to_owned(),
            description: String::new(),
            is_default: true,
            associate: Associate::Subnet,
            rules,
            created: world.now,
        }
    }

    fn kind(&self) -> &'static str {
        if self.is_default { "default" } else { "custom" }
    }
}

impl World {
    /// The route table that a VPC came with.
    pub(super) fn default_table(&self, place: &Place, vpc_id: &str) -> Result<&RouteTable, JdError> {
        let found = self.tables_of(place, vpc_id).find(|table| table.is_default);
        found.ok_or_else(|| JdError::not_found("RouteTable of Vpc", vpc_id))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    vpc_id: String,
    route_table_name: String,
    description: Option<String>,
    #[serde(default)]
    associate_type: Associate,
}

pub(super) fn create(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let asked: Create = request.creation()?;
    let place = request.place();
    world.network(&place, &asked.vpc_id)?;
    let name = text::name("routeTableName", &asked.route_table_name)?;
    let limit = world.settings.route_tables_per_vpc;
    refuse_if!(world.tables_of(&place, &asked.vpc_id).count() >= limit, JdError::quota("routeTable", limit));
    let table = RouteTable {
        id: world.new_id("rtb"),
        vpc_id: asked.vpc_id,
        name,
        description: text::description(asked.description)?,
        is_default: false,
        associate: asked.associate_type,
        rules: vec![Rule::local(world.new_id("rt"))],
        created: world.now,
    };
    let id = table.id.clone();
    world.tables.insert(place.key(&id), table);
    Ok(json!({ "routeTableId": id }))
}

pub(super) fn list(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let listing = Listing::read(request, &["routeTableIds", "routeTableNames", "vpcId", "associateType"])?;
    let field = |table: &&RouteTable, name: &str| match name {
        "routeTableIds" => table.id.clone(),
        "routeTableNames" => table.name.clone(),
        "vpcId" => table.vpc_id.clone(),
        _ => json!(table.associate).as_str().unwrap_or_default().to_owned(),
    };
    Ok(listing.answer("routeTables", at(&world.tables, &place), field, |table| view(world, &place, table)))
}

pub(super) fn describe(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let table = world.table(&place, &request.id)?;
    Ok(json!({ "routeTable": view(world, &place, table) }))
}

pub(super) fn modify(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    world.table(&place, &request.id)?;
    let labels = NewLabels::read(request, "routeTableName")?;
    if let Some(table) = world.tables.get_mut(&place.key(&request.id)) {
        labels.put(&mut table.name, &mut table.description);
    }
    Ok(Value::Null)
}

pub(super) fn delete(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let (place, id) = (request.place(), request.id.as_str());
    if world.table(&place, id)?.is_default {
        return Err(JdError::invalid(format!("RouteTable {id} is the default one of its Vpc")));
    }
    if let Some(subnet) = at(&world.subnets, &place).find(|subnet| subnet.table_id == id) {
        return Err(JdError::in_use(format!("RouteTable {id} is bound to Subnet {}", subnet.id)));
    }
    world.tables.remove(&place.key(id));
    Ok(Value::Null)
}

/// A subnet that is bound elsewhere moves.
pub(super) fn associate(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let subnet_ids: Vec<String> = request.field("subnetIds")?;
    let place = request.place();
    let table = world.table(&place, &request.id)?;
    if table.associate != Associate::Subnet {
        return Err(JdError::invalid(format!("RouteTable {} is not for subnets", table.id)));
    }
    refuse_if!(subnet_ids.is_empty(), JdError::invalid("subnetIds is empty"));
    for id in &subnet_ids {
        if world.subnet(&place, id)?.vpc_id != table.vpc_id {
            return Err(JdError::invalid(format!("Subnet {id} is of another Vpc")));
        }
    }
    for id in &subnet_ids {
        if let Some(subnet) = world.subnets.get_mut(&place.key(id)) {
            subnet.table_id.clone_from(&request.id);
        }
    }
    Ok(Value::Null)
}

/// The subnet falls back to the default table.
pub(super) fn disassociate(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let subnet_id: String = request.field("subnetId")?;
    let place = request.place();
    let vpc_id = &world.table(&place, &request.id)?.vpc_id;
    let default = world.default_table(&place, vpc_id)?.id.clone();
    if world.subnet(&place, &subnet_id)?.table_id != request.id {
        return Err(JdError::invalid(format!("Subnet {subnet_id} is not bound to RouteTable {}", request.id)));
    }
    if let Some(subnet) = world.subnets.get_mut(&place.key(&subnet_id)) {
        subnet.table_id = default;
    }
    Ok(Value::Null)
}

fn view(world: &World, place: &Place, table: &RouteTable) -> Value {
    let bound = world.subnets_of(place, &table.vpc_id).filter(|subnet| subnet.table_id == table.id);
    let bound: Vec<&str> = bound.map(|subnet| subnet.id.as_str()).collect();
    json!({
        "routeTableId": table.id,
        "routeTableName": table.name,
        "routeTableType": table.kind(),
        "associateType": table.associate,
        "description": table.description,
        "vpcId": table.vpc_id,
        "routeTableRules": table.rules.iter().map(rule::view).collect::<Vec<_>>(),
        "routePropagations": null,
        // Null where there is none, which the real cloud does as well.
        "subnetIds": Some(bound).filter(|bound| !bound.is_empty()),
        "createdTime": text::time(table.created),
        "tags": null,
        "resourceGroupId": "",
    })
}
