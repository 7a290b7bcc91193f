//! ModifyRouterInterfaceAttribute: who the peer is, and labels.

use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::text::Text;
use super::super::world::World;
use super::{BusinessStatus, Opposite, RouterType, Status, refusal};

pub(in crate::vpc) fn modify(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let interface = world.interface(&place, params, "RouterInterfaceId")?;
    let opposite = read_opposite(params, &interface.opposite)?;
    let name = Text::Name.read(params, "Name")?;
    let description = Text::Description.read(params, "Description")?;
    let health_check = read_health_check(params, &interface.health_check)?;
    refuse_if!(interface.business == BusinessStatus::FinancialLocked, refusal::locked());
    let is_legal = match &opposite {
        Some(_) => interface.status == Status::Idle,
        None => interface.waiting.is_none(),
    };
    refuse_if!(!is_legal, refusal::cannot_modify(&interface.id, interface.status));
    let (key, now) = (place.key(&interface.id), world.now);
    world.interfaces.change(&key, |interface| {
        interface.opposite = opposite.unwrap_or_else(|| std::mem::take(&mut interface.opposite));
        interface.name = name.unwrap_or_else(|| std::mem::take(&mut interface.name));
        interface.description = description.unwrap_or_else(|| std::mem::take(&mut interface.description));
        interface.health_check = health_check;
        interface.modified = now;
    });
    Ok(json!({}))
}

/// The peer as the request changes it; `None` when it does not touch it.
///
/// A request that names a peer without its router type means a VBR: the service's own default, and a trap.
fn read_opposite(params: &Params, old: &Opposite) -> Result<Option<Opposite>, RpcError> {
    let given = |name: &str, old: &str| params.get(name).unwrap_or(old).to_owned();
    let named = ["OppositeInterfaceId", "OppositeRouterId", "OppositeInterfaceOwnerId", "OppositeRouterType"];
    if named.iter().all(|name| params.get(name).is_none()) {
        return Ok(None);
    }
    if let Some(owner) = params.get("OppositeInterfaceOwnerId")
        && !owner.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(RpcError::invalid_parameter("OppositeInterfaceOwnerId", "it must be an account id"));
    }
    let router_type = match params.get("OppositeRouterType") {
        Some(word) => word.parse().map_err(|()| refusal::bad_opposite_router_type(word))?,
        None => RouterType::Vbr,
    };
    Ok(Some(Opposite {
        interface_id: given("OppositeInterfaceId", &old.interface_id),
        router_id: given("OppositeRouterId", &old.router_id),
        router_type: Some(router_type),
        owner: given("OppositeInterfaceOwnerId", &old.owner),
        is_deleted: false,
    }))
}

fn read_health_check(params: &Params, old: &super::HealthCheck) -> Result<super::HealthCheck, RpcError> {
    if params.flag("DeleteHealthCheckIp")? {
        return Ok(super::HealthCheck::default());
    }
    let given = |name: &str, old: &str| params.get(name).unwrap_or(old).to_owned();
    Ok(super::HealthCheck {
        source: given("HealthCheckSourceIp", &old.source),
        target: given("HealthCheckTargetIp", &old.target),
        rate: params.integer("HcRate", 1..=u32::MAX)?.or(old.rate),
        threshold: params.integer("HcThreshold", 1..=u32::MAX)?.or(old.threshold),
    })
}
