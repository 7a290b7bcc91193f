//! ActivateRouterInterface, DeactivateRouterInterface, ModifyRouterInterfaceSpec, DeleteRouterInterface.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::world::World;
use super::{BusinessStatus, Charge, Event, Role, Spec, refusal};

pub(in crate::vpc) fn activate(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let interface = world.interface(&place, &request.params, "RouterInterfaceId")?;
    refuse_if!(interface.business == BusinessStatus::FinancialLocked, refusal::locked());
    // With its other side gone there is nothing to switch on: it can only be deleted.
    if interface.status.after(Event::Activate).is_none() || interface.opposite.is_deleted {
        let code = if world.settings.older_codes { "IncorrectStatus" } else { "IncorrectRIStatus" };
        return Err(refusal::wrong_status(code, &interface.id, interface.status, "Inactive with a living peer"));
    }
    let key = place.key(&interface.id);
    world.move_interface(&key, Event::Activate, Some(Wait::InterfaceActivate));
    Ok(json!({}))
}

pub(in crate::vpc) fn deactivate(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let interface = world.interface(&place, &request.params, "RouterInterfaceId")?;
    refuse_if!(interface.business == BusinessStatus::FinancialLocked, refusal::locked());
    if interface.status.after(Event::Deactivate).is_none() {
        return Err(refusal::wrong_status("IncorrectStatus", &interface.id, interface.status, "Active"));
    }
    let (key, peer) = (place.key(&interface.id), interface.opposite_key());
    world.move_interface(&key, Event::Deactivate, Some(Wait::InterfaceDeactivate));
    if world.settings.deactivation_reaches_peer {
        world.move_interface(&peer, Event::Deactivate, Some(Wait::InterfaceDeactivate));
    }
    Ok(json!({}))
}

pub(in crate::vpc) fn modify_spec(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let word = params.required("Spec")?;
    let spec = Spec::parse(word).ok_or_else(|| refusal::bad_spec(word, "there is no such spec"))?;
    let interface = world.interface(&place, params, "RouterInterfaceId")?;
    if interface.role == Role::Acceptor || spec.is_negative() {
        return Err(refusal::bad_spec(word, "an accepting side is Negative, an initiating side never"));
    }
    refuse_if!(interface.business == BusinessStatus::FinancialLocked, refusal::locked_for_spec());
    refuse_if!(interface.opposite.is_deleted, refusal::opposite_gone(&interface.id));
    if interface.status.after(Event::ModifySpec).is_none() {
        return Err(refusal::wrong_status("InvalidInstance.StatusError", &interface.id, interface.status, "Active"));
    }
    let key = place.key(&interface.id);
    world.move_interface(&key, Event::ModifySpec, Some(Wait::InterfaceModifySpec));
    world.interfaces.change(&key, |interface| interface.spec = spec);
    Ok(json!({ "Spec": word }))
}

pub(in crate::vpc) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let id = request.params.required("RouterInterfaceId")?;
    let key = place.key(id);
    let interface = world.interfaces.get(&key).ok_or_else(|| refusal::not_found_to_delete(id))?;
    if interface.status.after(Event::Delete).is_none() {
        let code = if world.settings.older_codes { "IncorrectStatus" } else { "InvalidInstance.StatusError" };
        return Err(refusal::wrong_status(code, id, interface.status, "Idle or Inactive"));
    }
    refuse_if!(interface.charge == Charge::Prepaid, refusal::prepaid(id));
    if world.routes_of(&place, &interface.vpc_id).any(|route| route.leads_to_interface(id)) {
        return Err(refusal::has_routes(id));
    }
    world.move_interface(&key, Event::Delete, Some(Wait::InterfaceDelete));
    Ok(json!({}))
}
