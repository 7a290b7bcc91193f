//! VPC peerings. The owner of either VPC makes its own half; once both are there they connect, each under its own id.

use jiff::Timestamp;
use local_core::pipeline::Rows as _;
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

/// How far a peering is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// Only this half exists, or both do and are on their way.
    Initiated,
    /// Both halves exist.
    Connected,
    /// The other half was deleted.
    Disconnected,
}

/// One half.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Peering {
    pub id: String,
    pub name: String,
    pub description: String,
    pub vpc_id: String,
    pub remote_vpc_id: String,
    pub state: State,
    /// Since when both halves are there, until they are connected.
    pub connecting_since: Option<Timestamp>,
    pub created: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    vpc_peering_name: String,
    vpc_id: String,
    remote_vpc_id: String,
    description: Option<String>,
}

pub(super) fn create(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let asked: Create = request.creation()?;
    let place = request.place();
    let mut peering = Peering {
        id: world.new_id("vpcpr"),
        name: text::name("vpcPeeringName", &asked.vpc_peering_name)?,
        description: text::description(asked.description)?,
        vpc_id: asked.vpc_id,
        remote_vpc_id: asked.remote_vpc_id,
        state: State::Initiated,
        connecting_since: None,
        created: world.now,
    };
    check_ends(world, &place, &peering)?;
    check_others(world, &place, &peering)?;
    if let Some(key) = world.other_half(&place.region, &peering.vpc_id, &peering.remote_vpc_id) {
        meet(world, &key, &mut peering);
    }
    let id = peering.id.clone();
    world.peerings.insert(place.key(&id), peering);
    // Changes that take no time happen before the answer.
    world.settle(world.now);
    let made = view(world, &place, world.peering(&place, &id)?);
    Ok(json!({ "vpcPeering": made }))
}

/// Two VPCs of one region, the first the caller's own, that share no address.
fn check_ends(world: &World, place: &Place, peering: &Peering) -> Result<(), JdError> {
    let (id, remote_id) = (&peering.vpc_id, &peering.remote_vpc_id);
    let own = world.network(place, id)?;
    let found = world.network_in(&place.region, remote_id);
    let (remote_place, remote) = found.ok_or_else(|| JdError::not_found("Vpc", remote_id))?;
    refuse_if!(id == remote_id, JdError::invalid("remoteVpcId is vpcId"));
    let remote_ranges = world.ranges(&remote_place, remote);
    let overlap = |range| remote_ranges.iter().any(|remote| text::overlap(range, remote));
    if world.ranges(place, own).iter().any(overlap) {
        return Err(JdError::invalid(format!("addressPrefix of Vpc {id} overlaps with that of Vpc {remote_id}")));
    }
    Ok(())
}

/// One half for each pair and side, a name of its own, and not too many.
fn check_others(world: &World, place: &Place, peering: &Peering) -> Result<(), JdError> {
    let mut own = at(&world.peerings, place);
    if own.any(|other| other.name == peering.name) {
        return Err(JdError::exists(format!("VpcPeering {} already exists", peering.name)));
    }
    let mut of_vpc = world.peerings_of(place, &peering.vpc_id);
    if let Some(other) = of_vpc.find(|other| other.remote_vpc_id == peering.remote_vpc_id) {
        return Err(JdError::exists(format!("VpcPeering {} joins the same two Vpcs already", other.id)));
    }
    let limit = world.settings.peerings_per_vpc;
    refuse_if!(world.peerings_of(place, &peering.vpc_id).count() >= limit, JdError::quota("vpcpeering", limit));
    Ok(())
}

/// Both halves are there from now on.
fn meet(world: &mut World, other_key: &str, peering: &mut Peering) {
    let (now, reconnects) = (world.now, world.settings.reconnects);
    let Some(other) = world.peerings.get_mut(other_key) else { return };
    if other.state == State::Disconnected && !reconnects {
        return;
    }
    other.connecting_since = Some(now);
    peering.connecting_since = Some(now);
}

pub(super) fn list(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let listing = Listing::read(request, &["vpcPeeringIds", "vpcPeeringNames", "vpcId", "remoteVpcId"])?;
    let field = |peering: &&Peering, name: &str| match name {
        "vpcPeeringIds" => peering.id.clone(),
        "vpcPeeringNames" => peering.name.clone(),
        "vpcId" => peering.vpc_id.clone(),
        _ => peering.remote_vpc_id.clone(),
    };
    Ok(listing.answer("vpcPeerings", at(&world.peerings, &place), field, |peering| view(world, &place, peering)))
}

pub(super) fn describe(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    let peering = world.peering(&place, &request.id)?;
    Ok(json!({ "vpcPeering": view(world, &place, peering) }))
}

pub(super) fn modify(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let place = request.place();
    world.peering(&place, &request.id)?;
    let labels = NewLabels::read(request, "vpcPeeringName")?;
    let is_taken = |other: &&Peering| other.id != request.id && labels.name.as_ref() == Some(&other.name);
    if let Some(other) = at(&world.peerings, &place).find(is_taken) {
        return Err(JdError::exists(format!("VpcPeering {} already exists", other.name)));
    }
    if let Some(peering) = world.peerings.get_mut(&place.key(&request.id)) {
        labels.put(&mut peering.name, &mut peering.description);
    }
    Ok(Value::Null)
}

/// The other half loses its connection, if it had one.
pub(super) fn delete(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let (place, id) = (request.place(), request.id.as_str());
    let peering = world.peering(&place, id)?;
    let (vpc_id, remote_vpc_id) = (peering.vpc_id.clone(), peering.remote_vpc_id.clone());
    let leads_to_it = |rule: &super::rule::Rule| rule.next_hop == NextHop::VpcPeering && rule.next_hop_id == id;
    let used = world.tables_of(&place, &vpc_id).find(|table| table.rules.iter().any(leads_to_it));
    if let Some(table) = used.filter(|_| !world.settings.deletes_peering_in_use) {
        return Err(JdError::in_use(format!("VpcPeering {id} is used by RouteTable {}", table.id)));
    }
    world.peerings.remove(&place.key(id));
    let other = world.other_half(&place.region, &vpc_id, &remote_vpc_id);
    if let Some(other) = other.and_then(|key| world.peerings.get_mut(&key)) {
        other.connecting_since = None;
        if other.state == State::Connected {
            other.state = State::Disconnected;
        }
    }
    Ok(Value::Null)
}

fn view(world: &World, place: &Place, peering: &Peering) -> Value {
    let end = |found: Option<(Place, &super::network::Network)>, id: &str| {
        let ranges = found.as_ref().map(|(place, network)| world.ranges(place, network)).unwrap_or_default();
        json!({
            "vpcId": id,
            "vpcName": found.map(|(_, network)| network.name.as_str()).unwrap_or_default(),
            "addressPrefix": ranges.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    let own = world.network(place, &peering.vpc_id).ok().map(|network| (place.clone(), network));
    let remote = world.network_in(&place.region, &peering.remote_vpc_id);
    json!({
        "vpcPeeringId": peering.id,
        "vpcPeeringName": peering.name,
        "vpcPeeringState": peering.state,
        "description": peering.description,
        "vpcInfo": end(own, &peering.vpc_id),
        "remoteVpcInfo": end(remote, &peering.remote_vpc_id),
        "createdTime": text::time(peering.created),
        "tags": null,
        "resourceGroupId": "",
    })
}
