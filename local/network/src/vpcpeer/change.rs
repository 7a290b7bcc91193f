//! ModifyVpcPeerConnection and DeleteVpcPeerConnection. Either account may do both.

use local_core::delays::Wait;
use local_core::refuse_if;
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
    refuse_if!(peering.status != Status::Activated, refusal::wrong_status(&peering.id, peering.status.word()));
    refuse_if!(peering.business == BusinessStatus::FinancialLocked, refusal::locked());
    let id = peering.id.clone();
    refuse_if!(params.flag("DryRun")?, RpcError::dry_run_passed());
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
    refuse_if!(!peering.status.is_settled(), refusal::wrong_status(&peering.id, peering.status.word()));
    let id = peering.id.clone();
    let is_forced = params.flag("Force")?;
    refuse_if!(!is_forced && world.has_routes_to_peering(&id), refusal::has_routes(&id));
    refuse_if!(params.flag("DryRun")?, RpcError::dry_run_passed());
    world.delete_routes_to_peering(&id);
    let (waiting, now) = (world.begin(Wait::PeeringDelete), world.now);
    world.peerings.all.change(&id, |peering| {
        (peering.status, peering.waiting, peering.modified) = (Status::Deleting, waiting, now);
    });
    Ok(json!({}))
}
