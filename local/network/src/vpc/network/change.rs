//! ModifyVpcAttribute, DeleteVpc, and secondary ranges.

use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::cidr;
use super::super::place::Place;
use super::super::text::Text;
use super::super::world::World;
use super::not_available;

/// How many secondary ranges a VPC takes.
const MOST_SECONDARY: usize = 5;

pub(in crate::vpc) fn modify(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let name = Text::Name.read(&request.params, "VpcName")?;
    let description = Text::Description.read(&request.params, "Description")?;
    let key = place.key(&world.network(&place, &request.params)?.id);
    world.networks.change(&key, |network| {
        network.name = name.unwrap_or_else(|| std::mem::take(&mut network.name));
        network.description = description.unwrap_or_else(|| std::mem::take(&mut network.description));
    });
    Ok(json!({}))
}

pub(in crate::vpc) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let network = world.network(&place, &request.params)?.clone();
    let in_use = |code: &str, what: &str| {
        Err(RpcError::bad(code, format!("The VPC {} still has {what}; delete them first.", network.id)))
    };
    refuse_if!(!network.is_available(), not_available(&network.id));
    if world.vswitches_of(&place, &network.id).next().is_some() {
        return in_use("DependencyViolation.VSwitch", "vSwitches");
    }
    if world.interfaces.at(&place).any(|(_, interface)| interface.router_id == network.router_id) {
        return in_use("DependencyViolation.RouterInterface", "router interfaces");
    }
    if world.peerings.living_of(&network.id).next().is_some() {
        return in_use("DependencyViolation.VpcPeer", "VPC peering connections");
    }
    if !world.console_groups(&place, &network.id).is_empty() {
        return in_use("DependencyViolation.SecurityGroup", "security groups");
    }
    if world.tables_of(&place, &network.id).any(|table| table.is_custom()) {
        return in_use("DependencyViolation.RouteTable", "custom route tables");
    }
    let tables: Vec<String> = world.tables_of(&place, &network.id).map(|table| table.id.clone()).collect();
    for table in tables {
        world.drop_table(&place, &table);
    }
    world.networks.rows.remove(&place.key(&network.id));
    Ok(json!({}))
}

pub(in crate::vpc) fn associate_cidr(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let network = world.network(&place, &request.params)?;
    let added = cidr::parse("SecondaryCidrBlock", request.params.required("SecondaryCidrBlock")?)?;
    refuse_if!(!network.is_available(), not_available(&network.id));
    refuse_if!(network.secondary.len() >= MOST_SECONDARY, bad "QuotaExceeded.SecondaryCidrBlock",
        "A VPC takes at most {MOST_SECONDARY} secondary CIDR blocks.");
    refuse_if!(!cidr::is_usable(&added), bad "InvalidCidrBlock", "A VPC cannot have the CIDR block {added}.");
    if let Some(own) = network.ranges().iter().find(|own| cidr::overlap(own, &added)) {
        let message = format!("{added} overlaps {own}, which the VPC has already.");
        return Err(RpcError::bad("InvalidCidrBlock.Overlapped", message));
    }
    let key = place.key(&network.id);
    world.networks.change(&key, |network| network.secondary.push(added));
    Ok(json!({}))
}

pub(in crate::vpc) fn unassociate_cidr(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let network = world.network(&place, &request.params)?;
    let gone = cidr::parse("SecondaryCidrBlock", request.params.required("SecondaryCidrBlock")?)?;
    refuse_if!(!network.secondary.contains(&gone), missing "InvalidSecondaryCidrBlock.NotFound",
        "{gone} is not a secondary CIDR block of {}.", network.id);
    if world.vswitches_of(&place, &network.id).any(|vswitch| gone.contains(&vswitch.cidr)) {
        let message = format!("A vSwitch lies in {gone}; delete it first.");
        return Err(RpcError::bad("DependencyViolation.VSwitch", message));
    }
    let key = place.key(&network.id);
    world.networks.change(&key, |network| network.secondary.retain(|cidr| *cidr != gone));
    Ok(json!({}))
}
