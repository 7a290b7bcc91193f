//! AcceptVpcPeerConnection and RejectVpcPeerConnection: the other account's answer.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::create::cdt_lacking;
use super::peering::{Peering, Status, find};
use super::refusal;
use crate::vpc::{BusinessStatus, World};

pub(super) fn accept(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let peering = asked(world, request)?;
    if let Some(lacking) = cdt_lacking(world, request.account(), peering.span()) {
        return Err(refusal::own_cdt(lacking));
    }
    refuse_if!(peering.business == BusinessStatus::FinancialLocked, refusal::locked());
    let id = peering.id.clone();
    refuse_if!(request.params.flag("DryRun")?, RpcError::dry_run_passed());
    let (waiting, now) = (world.begin(Wait::PeeringAccept), world.now);
    world.peerings.all.change(&id, |peering| {
        (peering.status, peering.waiting, peering.modified) = (Status::Updating, waiting, now);
    });
    Ok(json!({}))
}

pub(super) fn reject(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let id = asked(world, request)?.id.clone();
    refuse_if!(request.params.flag("DryRun")?, RpcError::dry_run_passed());
    let now = world.now;
    world.peerings.all.change(&id, |peering| {
        (peering.status, peering.waiting, peering.modified) = (Status::Rejected, None, now);
    });
    Ok(json!({}))
}

/// The connection, if the caller is asked and has not answered yet.
fn asked<'a>(world: &'a World, request: &RpcRequest) -> Result<&'a Peering, RpcError> {
    let peering = find(world, &request.params, request.account())?;
    refuse_if!(peering.accepter.account != request.account(), refusal::not_for_requester(&peering.id));
    refuse_if!(peering.status != Status::Accepting, refusal::wrong_status(&peering.id, peering.status.word()));
    Ok(peering)
}
