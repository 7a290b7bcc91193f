//! ModifyVpcPeerConnection and DeleteVpcPeerConnection. Either account may do both.

use local_core::delays::Wait;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::peering::{Status, find, line, text};
use super::refusal;
use crate::vpc::{BusinessStatus, World};

pub(super) fn modify(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let peering = find(world, params, request.account())?;
    let (name, description) = (text(params, "Name", 128)?, text(params, "Description", 256)?);
    let (bandwidth, link) = line(params, peering.span())?;
    if peering.status != Status::Activated {
        return Err(refusal::wrong_status(&peering.id, peering.status.word()));
    }
    if peering.business == BusinessStatus::FinancialLocked {
        return Err(refusal::locked());
    }
    let id = peering.id.clone();
    if params.flag("DryRun")? {
        return Err(RpcError::dry_run_passed());
    }
    let (waiting, now) = (world.begin(Wait::PeeringModify), world.now);
    world.peerings.all.change(&id, |peering| {
        peering.name = name.unwrap_or_else(|| std::mem::take(&mut peering.name));
        peering.description = description.unwrap_or_else(|| std::mem::take(&mut peering.description));
        peering.bandwidth = bandwidth.or(peering.bandwidth);
        peering.link = link.or(peering.link);
        (peering.status, peering.waiting, peering.modified) = (Status::Updating, waiting, now);
    });
    Ok(json!({}))
}

pub(super) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let peering = find(world, params, request.account())?;
    if !peering.status.is_settled() {
        return Err(refusal::wrong_status(&peering.id, peering.status.word()));
    }
    let id = peering.id.clone();
    let is_forced = params.flag("Force")?;
    if !is_forced && world.has_routes_to_peering(&id) {
        return Err(refusal::has_routes(&id));
    }
    if params.flag("DryRun")? {
        return Err(RpcError::dry_run_passed());
    }
    world.delete_routes_to_peering(&id);
    let (waiting, now) = (world.begin(Wait::PeeringDelete), world.now);
    world.peerings.all.change(&id, |peering| {
        (peering.status, peering.waiting, peering.modified) = (Status::Deleting, waiting, now);
    });
    Ok(json!({}))
}
