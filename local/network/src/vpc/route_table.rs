//! Route tables: the system one of each VPC, and custom ones for some of its vSwitches.

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::page::Page;
use local_core::rpc::{RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::network::not_available;
use super::place::Place;
use super::route;
use super::text::{self, Text};
use super::world::{Settles, Waiting, World};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RouteTable {
    pub id: String,
    pub vpc_id: String,
    pub kind: Kind,
    pub name: String,
    pub description: String,
    pub created: Timestamp,
    pub waiting: Option<Waiting>,
}

words! {
    /// Who made it.
    pub(super) enum Kind {
        /// The cloud, along with the VPC.
        System = "System",
        /// A user.
        Custom = "Custom",
    }
}

impl Settles for RouteTable {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        let ended = self.waiting.take();
        ended.is_none_or(|ended| ended.wait != Wait::RouteTableDelete)
    }
}

impl RouteTable {
    pub(super) fn is_custom(&self) -> bool {
        self.kind == Kind::Custom
    }

    pub(super) fn is_available(&self) -> bool {
        self.waiting.is_none()
    }

    fn status(&self) -> &'static str {
        match self.waiting {
            None => "Available",
            Some(Waiting { wait: Wait::RouteTableDelete, .. }) => "Deleting",
            Some(_) => "Pending",
        }
    }
}

impl World {
    /// The tables of a VPC.
    pub(super) fn tables_of<'a>(&'a self, place: &Place, vpc_id: &'a str) -> impl Iterator<Item = &'a RouteTable> {
        self.tables.at(place).map(|(_, table)| table).filter(move |table| table.vpc_id == vpc_id)
    }

    /// The system table of a VPC.
    pub(super) fn system_table(&self, place: &Place, vpc_id: &str) -> Option<&RouteTable> {
        self.tables.at(place).map(|(_, table)| table).find(|table| table.vpc_id == vpc_id && !table.is_custom())
    }

    /// The table with this id.
    pub(super) fn table(&self, place: &Place, id: &str) -> Result<&RouteTable, RpcError> {
        self.tables.get(&place.key(id)).ok_or_else(|| {
            RpcError::missing("InvalidRouteTableId.NotFound", format!("Specified route table does not exist: {id}."))
        })
    }

    /// Takes a table and its routes away at once.
    pub(super) fn drop_table(&mut self, place: &Place, id: &str) {
        route::remove_all(self, place, id);
        self.tables.rows.remove(&place.key(id));
    }

    /// Which vSwitches use a table.
    pub(super) fn users_of(&self, place: &Place, table_id: &str) -> Vec<&str> {
        let users = self.vswitches.at(place).filter(|(_, vswitch)| vswitch.table_id == table_id);
        users.map(|(_, vswitch)| vswitch.id.as_str()).collect()
    }
}

/// Name and description of a table.
pub(super) type Labels = (String, String);

/// Makes a table with the system routes that every table of the VPC has.
pub(super) fn make(world: &mut World, place: &Place, vpc_id: &str, id: String, kind: Kind, labels: Option<Labels>) {
    let (name, description) = labels.unwrap_or_default();
    // The system table is there with its VPC; only a custom one takes time of its own.
    let waiting = if kind == Kind::Custom { world.begin(Wait::RouteTableCreate) } else { None };
    let ranges: Vec<_> = world.vswitches_of(place, vpc_id).map(|vswitch| vswitch.cidr).collect();
    for range in ranges {
        route::add_system_route(world, place, vpc_id, &id, range);
    }
    let (key, vpc_id, created) = (place.key(&id), vpc_id.to_owned(), world.now);
    world.tables.insert(key, RouteTable { id, vpc_id, kind, name, description, created, waiting });
}

pub(super) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let network = world.network(&place, params)?.clone();
    let name = Text::Name.read(params, "RouteTableName")?.unwrap_or_default();
    let description = Text::Description.read(params, "Description")?.unwrap_or_default();
    refuse_if!(!network.is_available(), not_available(&network.id));
    let id = world.shared.ids.resource("vtb");
    make(world, &place, &network.id, id.clone(), Kind::Custom, Some((name, description)));
    Ok(json!({ "RouteTableId": id, "ResourceGroupId": "" }))
}

/// Name and description, of a system table too; what a request leaves out stays. Routes that spread by themselves are not
/// offered here.
pub(super) fn modify(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let table = world.table(&place, params.required("RouteTableId")?)?;
    refuse_if!(!table.is_available(), wrong_status(table));
    let key = place.key(&table.id);
    let name = Text::Name.read(params, "RouteTableName")?;
    let description = Text::Description.read(params, "Description")?;
    world.tables.change(&key, |table| {
        table.name = name.clone().unwrap_or_else(|| table.name.clone());
        table.description = description.clone().unwrap_or_else(|| table.description.clone());
    });
    Ok(json!({}))
}

pub(super) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let id = request.params.required("RouteTableId")?;
    let table = world.table(&place, id)?;
    let refuse = |code: &str, why: &str| Err(RpcError::bad(code, format!("The route table {id} {why}.")));
    if !table.is_custom() {
        return refuse("OperationDenied", "is the system one of its VPC and goes with it");
    }
    refuse_if!(!table.is_available(), wrong_status(table));
    if !world.users_of(&place, id).is_empty() {
        return refuse("DependencyViolation.VSwitch", "is used by vSwitches; unassociate them first");
    }
    if world.routes_in(&place, id).any(|(_, route)| route.is_custom()) {
        return refuse("DependencyViolation.RouteEntry", "has custom routes; delete them first");
    }
    route::remove_all(world, &place, id);
    let waiting = world.begin(Wait::RouteTableDelete);
    world.tables.change(&place.key(id), |table| table.waiting = waiting);
    Ok(json!({}))
}

pub(super) fn associate(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let (table_id, vswitch_id) =
        (request.params.required("RouteTableId")?.to_owned(), request.params.required("VSwitchId")?);
    let table = world.table(&place, &table_id)?;
    let vswitch = world.vswitch(&place, vswitch_id)?;
    refuse_if!(!table.is_available(), wrong_status(table));
    refuse_if!(table.vpc_id != vswitch.vpc_id, bad "OperationFailed.InstanceDismatchCurrentVpc",
        "{table_id} and {vswitch_id} belong to different VPCs.");
    refuse_if!(!table.is_custom(), bad "OperationDenied", "A vSwitch returns to the system table by UnassociateRouteTable.");
    world.vswitches.change(&place.key(vswitch_id), |vswitch| vswitch.table_id = table_id);
    Ok(json!({}))
}

pub(super) fn unassociate(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let (table_id, vswitch_id) = (request.params.required("RouteTableId")?, request.params.required("VSwitchId")?);
    world.table(&place, table_id)?;
    let vswitch = world.vswitch(&place, vswitch_id)?;
    let system = world.system_table(&place, &vswitch.vpc_id).map(|table| table.id.clone()).unwrap_or_default();
    refuse_if!(vswitch.table_id != table_id || table_id == system, bad "OperationDenied",
        "{vswitch_id} is not associated with the custom route table {table_id}.");
    world.vswitches.change(&place.key(vswitch_id), |vswitch| vswitch.table_id = system);
    Ok(json!({}))
}

/// The table is being made or deleted.
pub(super) fn wrong_status(table: &RouteTable) -> RpcError {
    let message = format!("The status of the route table {} is {}, not Available.", table.id, table.status());
    RpcError::bad("IncorrectStatus.RouteTableStatus", message)
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, page) = (Place::of(request), Page::read(&request.params)?);
    let items = world.wanted_tables(&place, request).map(|table| world.table_view(&place, table)).collect();
    Ok(page.answer("RouterTableList", "RouterTableListType", items))
}

/// The deprecated listing, which shows the routes too.
pub(super) fn list_with_routes(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, page) = (Place::of(request), Page::read(&request.params)?);
    let items = world
        .wanted_tables(&place, request)
        .map(|table| {
            let routes: Vec<Value> =
                world.routes_in(&place, &table.id).map(|(_, route)| world.route_view(&place, route)).collect();
            json!({
                "RouteTableId": table.id,
                "RouteTableType": table.kind.word(),
                "VRouterId": world.router_of(&place, &table.vpc_id),
                "Status": table.status(),
                "VSwitchIds": { "VSwitchId": world.users_of(&place, &table.id) },
                "RouteEntrys": { "RouteEntry": routes },
                "ResourceGroupId": "",
                "CreationTime": text::time(table.created),
            })
        })
        .collect();
    Ok(page.answer("RouteTables", "RouteTable", items))
}

impl World {
    fn wanted_tables<'a>(&'a self, place: &'a Place, request: &'a RpcRequest) -> impl Iterator<Item = &'a RouteTable> {
        let params = &request.params;
        let router = params.get("RouterId").or_else(|| params.get("VRouterId"));
        let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
        self.tables.at(place).map(|(_, table)| table).filter(move |table| {
            // All routers here belong to VPCs: a table of a VBR's router cannot be found.
            is("RouterType", "VRouter")
                && is("RouteTableId", &table.id)
                && is("RouteTableName", &table.name)
                && is("VpcId", &table.vpc_id)
                && is("RouteTableType", table.kind.word())
                && router.is_none_or(|wanted| wanted == self.router_of(place, &table.vpc_id))
        })
    }

    fn router_of(&self, place: &Place, vpc_id: &str) -> &str {
        self.networks.get(&place.key(vpc_id)).map_or("", |network| &network.router_id)
    }

    fn table_view(&self, place: &Place, table: &RouteTable) -> Value {
        let associate = if table.is_custom() { "VSwitch" } else { "" };
        json!({
            "RouteTableId": table.id,
            "RouteTableName": table.name,
            "Description": table.description,
            "RouteTableType": table.kind.word(),
            "RouterId": self.router_of(place, &table.vpc_id),
            "RouterType": "VRouter",
            "VpcId": table.vpc_id,
            "OwnerId": place.owner(),
            "Status": table.status(),
            "AssociateType": associate,
            "VSwitchIds": { "VSwitchId": self.users_of(place, &table.id) },
            "GatewayIds": { "GatewayIds": [] },
            "Tags": { "Tag": [] },
            "ResourceGroupId": "",
            "CreationTime": text::time(table.created),
        })
    }
}
