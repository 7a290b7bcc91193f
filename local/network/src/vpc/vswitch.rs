//! vSwitches: the ranges of a VPC in which instances live.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::page::Page;
use local_core::rpc::{RpcError, RpcRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cidr;
use super::network::{Network, not_available};
use super::place::Place;
use super::route;
use super::text::{self, Text};
use super::world::{Settles, Waiting, World};

/// A vSwitch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct VSwitch {
    pub id: String,
    pub vpc_id: String,
    pub zone: String,
    pub cidr: Ipv4Net,
    /// The route table it uses.
    pub table_id: String,
    pub name: String,
    pub description: String,
    pub created: Timestamp,
    /// Shown as Pending while it waits, Available after.
    pub waiting: Option<Waiting>,
}

impl Settles for VSwitch {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        let ended = self.waiting.take();
        ended.is_none_or(|ended| ended.wait != Wait::VSwitchDelete)
    }
}

impl World {
    /// The vSwitches of a VPC.
    pub(super) fn vswitches_of<'a>(&'a self, place: &Place, vpc_id: &'a str) -> impl Iterator<Item = &'a VSwitch> {
        self.vswitches.at(place).map(|(_, vswitch)| vswitch).filter(move |vswitch| vswitch.vpc_id == vpc_id)
    }
}

pub(super) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let zone = params.required("ZoneId")?;
    let network = world.network(&place, params)?.clone();
    if !Region::find(&place.region).is_some_and(|region| region.zones().any(|known| known == zone)) {
        return Err(RpcError::missing("InvalidZoneId.NotFound", format!("Specified zone does not exist: {zone}.")));
    }
    let name = Text::Name.read(params, "VSwitchName")?.unwrap_or_default();
    let description = Text::Description.read(params, "Description")?.unwrap_or_default();
    let cidr = wanted_cidr(world, &place, &network, request)?;
    check(world, &place, &network, &cidr)?;
    let id = world.shared.ids.resource("vsw");
    let plan = Plan { id: id.clone(), zone: zone.to_owned(), cidr, name, description };
    make(world, &place, &network.id, plan);
    Ok(json!({ "VSwitchId": id }))
}

/// `CidrBlock`, or the first free range for `CidrMask`.
fn wanted_cidr(world: &World, place: &Place, network: &Network, request: &RpcRequest) -> Result<Ipv4Net, RpcError> {
    let params = &request.params;
    if let Some(text) = params.get("CidrBlock") {
        return cidr::parse("CidrBlock", text);
    }
    let Some(mask) = params.integer("CidrMask", 16..=29)? else {
        return Err(RpcError::missing_parameter("CidrBlock"));
    };
    let taken: Vec<Ipv4Net> = world.vswitches_of(place, &network.id).map(|vswitch| vswitch.cidr).collect();
    let mask = u8::try_from(mask).unwrap_or(29);
    cidr::first_free(&network.ranges(), mask, &taken).ok_or_else(|| {
        RpcError::bad("ResourceNotAvailable", format!("The VPC has no room left for a vSwitch with mask {mask}."))
    })
}

fn check(world: &World, place: &Place, network: &Network, cidr: &Ipv4Net) -> Result<(), RpcError> {
    if !(16..=29).contains(&cidr.prefix_len()) {
        // The service's own spelling.
        return Err(RpcError::bad("InvalidCirdrBlock.MaskLength", "The mask of a vSwitch must be from 16 to 29."));
    }
    if !network.ranges().iter().any(|own| own.contains(cidr)) || !cidr::is_usable(cidr) {
        return Err(RpcError::invalid_parameter("CidrBlock", "it must lie within a CIDR block of the VPC"));
    }
    if let Some(other) = world.vswitches_of(place, &network.id).find(|other| cidr::overlap(&other.cidr, cidr)) {
        let message = format!("{cidr} overlaps the vSwitch {} with {}.", other.id, other.cidr);
        return Err(RpcError::bad("InvalidCidrBlock.Overlapped", message));
    }
    refuse_if!(world.routes_of(place, &network.id).any(|route| route.destination == *cidr), bad "InvalidCidrBlock.Overlapped",
        "{cidr} is the destination of a route of this VPC.");
    refuse_if!(world.vswitches_of(place, &network.id).count() >= world.settings.vswitches_per_vpc, bad "QuotaExceeded.VSwitch",
        "The VPC has as many vSwitches as it may have.");
    refuse_if!(!network.is_available(), not_available(&network.id));
    if world.has_vswitch_in_change(&network.id) {
        return Err(in_change("another vSwitch of the VPC is being created or deleted"));
    }
    refuse_if!(world.has_route_in_change(&network.id), bad "IncorrectRouteEntryStatus",
        "Some route entry of the VPC is being created or deleted.");
    Ok(())
}

fn in_change(why: &str) -> RpcError {
    RpcError::bad("IncorrectVSwitchStatus", format!("Current vSwitch status does not support this operation: {why}."))
}

/// A vSwitch about to be made.
pub(super) struct Plan {
    pub id: String,
    pub zone: String,
    pub cidr: Ipv4Net,
    pub name: String,
    pub description: String,
}

/// Makes the vSwitch, and in every route table of its VPC the system route to it.
pub(super) fn make(world: &mut World, place: &Place, vpc_id: &str, plan: Plan) {
    let Plan { id, zone, cidr, name, description } = plan;
    let tables: Vec<String> = world.tables_of(place, vpc_id).map(|table| table.id.clone()).collect();
    let table_id = world.system_table(place, vpc_id).map(|table| table.id.clone()).unwrap_or_default();
    let (created, waiting) = (world.now, world.begin(Wait::VSwitchCreate));
    let vpc_id = vpc_id.to_owned();
    for table in tables {
        route::add_system_route(world, place, &vpc_id, &table, cidr);
    }
    let key = place.key(&id);
    world.vswitches.insert(key, VSwitch { id, vpc_id, zone, cidr, table_id, name, description, created, waiting });
}

pub(super) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let id = request.params.required("VSwitchId")?;
    let vswitch = world.vswitch(&place, id)?.clone();
    if vswitch.waiting.is_some() || world.has_vswitch_in_change(&vswitch.vpc_id) {
        return Err(in_change("it, or another vSwitch of the VPC, is being created or deleted"));
    }
    refuse_if!(world.has_route_in_change(&vswitch.vpc_id), bad "IncorrectRouteEntryStatus",
        "Some route entry of the VPC is being created or deleted.");
    refuse_if!(!world.taken(&place, &vswitch.id).is_empty(), bad "DependencyViolation",
        "There are instances, load balancers or endpoints in the vSwitch {}.", vswitch.id);
    route::remove_system_routes(world, &place, &vswitch.vpc_id, &vswitch.cidr);
    let waiting = world.begin(Wait::VSwitchDelete);
    world.vswitches.change(&place.key(id), |vswitch| vswitch.waiting = waiting);
    Ok(json!({}))
}

/// Name and description; what a request leaves out stays.
pub(super) fn modify(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let id = params.required("VSwitchId")?;
    if world.vswitch(&place, id)?.waiting.is_some() {
        return Err(in_change("it is being created or deleted"));
    }
    let name = Text::Name.read(params, "VSwitchName")?;
    let description = Text::Description.read(params, "Description")?;
    world.vswitches.change(&place.key(id), |vswitch| {
        vswitch.name = name.clone().unwrap_or_else(|| vswitch.name.clone());
        vswitch.description = description.clone().unwrap_or_else(|| vswitch.description.clone());
    });
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    if params.get("RegionId").is_none() && params.get("VpcId").is_none() {
        return Err(RpcError::missing_parameter("RegionId"));
    }
    let page = Page::read(params)?;
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    let ids: Option<Vec<&str>> = params.get("VSwitchId").map(|ids| ids.split(',').map(str::trim).collect());
    let items = world
        .vswitches
        .at(&place)
        .map(|(_, vswitch)| vswitch)
        .filter(|vswitch| ids.as_ref().is_none_or(|ids| ids.contains(&vswitch.id.as_str())))
        .filter(|vswitch| is("VpcId", &vswitch.vpc_id) && is("ZoneId", &vswitch.zone))
        .filter(|vswitch| is("VSwitchName", &vswitch.name) && is("RouteTableId", &vswitch.table_id))
        .map(|vswitch| world.vswitch_view(&place, vswitch))
        .collect();
    Ok(page.answer("VSwitches", "VSwitch", items))
}

impl World {
    /// The vSwitch with this id.
    pub(super) fn vswitch(&self, place: &Place, id: &str) -> Result<&VSwitch, RpcError> {
        self.vswitches.get(&place.key(id)).ok_or_else(|| {
            RpcError::missing("InvalidVSwitchId.NotFound", format!("Specified vSwitch does not exist: {id}."))
        })
    }

    fn vswitch_view(&self, place: &Place, vswitch: &VSwitch) -> Value {
        let kind = self.tables.get(&place.key(&vswitch.table_id)).map_or("", |table| table.kind.word());
        // The first address and the last three are not for instances.
        let taken = self.taken(place, &vswitch.id).len() as u64;
        let addresses = (1_u64 << (32 - vswitch.cidr.prefix_len())).saturating_sub(4).saturating_sub(taken);
        json!({
            "VSwitchId": vswitch.id,
            "VSwitchName": vswitch.name,
            "Description": vswitch.description,
            "VpcId": vswitch.vpc_id,
            "ZoneId": vswitch.zone,
            "CidrBlock": vswitch.cidr,
            "Ipv6CidrBlock": "",
            "Status": if vswitch.waiting.is_some() { "Pending" } else { "Available" },
            "AvailableIpAddressCount": addresses,
            "OwnerId": place.owner(),
            "IsDefault": false,
            "NetworkAclId": "",
            "ShareType": "",
            "ResourceGroupId": "",
            "RouteTable": { "RouteTableId": vswitch.table_id, "RouteTableType": kind },
            "Tags": { "Tag": [] },
            "CreationTime": text::time(vswitch.created),
        })
    }
}
