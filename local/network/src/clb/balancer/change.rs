//! Changing and deleting a load balancer.

use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Balancer, PayType, Status, changeable, create, named};
use crate::clb::refusal;
use crate::vpc::{Place, World};

/// Changes one balancer.
fn change(world: &mut World, request: &RpcRequest, change: impl FnOnce(&mut Balancer)) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let id = changeable(world, &place, &request.params)?.id.clone();
    world.clb.balancers.change(&place.key(&id), change);
    Ok(json!({}))
}

pub(in crate::clb) fn set_name(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    request.params.required("LoadBalancerName")?;
    let name = create::name(&request.params)?.unwrap_or_default();
    change(world, request, |balancer| balancer.name = name)
}

pub(in crate::clb) fn set_status(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let wanted = request.params.required("LoadBalancerStatus")?;
    let status = match wanted.parse() {
        Ok(status @ (Status::Active | Status::Inactive)) => status,
        _ => return Err(RpcError::invalid_parameter("LoadBalancerStatus", "it must be active or inactive")),
    };
    change(world, request, |balancer| balancer.status = status)
}

pub(in crate::clb) fn set_delete_protection(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    request.params.required("DeleteProtection")?;
    let protection = create::on_or_off(&request.params, "DeleteProtection")?.unwrap_or(false);
    change(world, request, |balancer| balancer.delete_protection = protection)
}

pub(in crate::clb) fn set_modification_protection(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    request.params.required("ModificationProtectionStatus")?;
    let protection = create::modification_protection(&request.params)?;
    change(world, request, |balancer| balancer.modification_protection = protection)
}

/// Its listeners go along.
pub(in crate::clb) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    named(world, &place, &request.params)?;
    let balancer = changeable(world, &place, &request.params)?;
    refuse_if!(balancer.delete_protection, refusal::not_allowed("delete protection is on"));
    if balancer.pay_type == PayType::Prepaid {
        return Err(refusal::not_allowed("a subscription cannot be deleted before it ends"));
    }
    let id = balancer.id.clone();
    if !world.clb.settings.deletes_attached && world.links.holds(&place, &id) {
        return Err(refusal::not_allowed("an endpoint service holds the load balancer"));
    }
    let ports: Vec<u16> = world.clb.listeners_of(&place, &id).map(|listener| listener.port).collect();
    for port in ports {
        world.clb.listeners.remove(&place.key(&format!("{id}/{port:05}")));
    }
    world.clb.balancers.remove(&place.key(&id));
    Ok(json!({}))
}
