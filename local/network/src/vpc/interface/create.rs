//! CreateRouterInterface.

use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::text::Text;
use super::super::world::World;
use super::{BusinessStatus, Charge, HealthCheck, Interface, Opposite, Role, RouterType, Spec, Status, refusal};

pub(in crate::vpc) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let role = params.required("Role")?;
    let role = role.parse::<Role>().map_err(|()| refusal::bad_role(role))?;
    let opposite_region = params.required("OppositeRegionId")?;
    let opposite_region = Region::find(opposite_region).ok_or_else(|| RpcError::unknown_region(opposite_region))?;
    let spec = read_spec(role, params)?;
    let router_type = params.required("RouterType")?;
    let router_type = router_type
        .parse::<RouterType>()
        .map_err(|()| RpcError::invalid_parameter("RouterType", "it must be VRouter or VBR"))?;
    refuse_if!((role, router_type) == (Role::Acceptor, RouterType::Vbr), refusal::bad_role(Role::Acceptor.word()));
    let router_id = params.required("RouterId")?;
    // There are no physical lines here, so the id of a VBR is never found.
    let network = world.network_of_router(&place, router_id).ok_or_else(|| refusal::no_such_router(router_id))?;
    let vpc_id = network.id.clone();
    let name = Text::Name.read(params, "Name")?.unwrap_or_default();
    let description = Text::Description.read(params, "Description")?.unwrap_or_default();
    let opposite = read_opposite(params)?;
    let health_check = read_health_check(params)?;
    let charge = read_charge(params)?;
    refuse_if!(!world.settings.sells_interfaces, refusal::not_sold());
    refuse_if!(world.has_overdue(request.account()), refusal::bills_outstanding());
    let own = world.interfaces.at(&place).filter(|(_, interface)| interface.router_id == router_id).count();
    refuse_if!(own >= world.settings.interfaces_per_router, refusal::quota());

    let interface = Interface {
        id: world.shared.ids.resource("ri"),
        account: place.account.clone(),
        region: place.region.clone(),
        router_id: router_id.to_owned(),
        vpc_id,
        role,
        spec,
        status: Status::Idle,
        business: BusinessStatus::Normal,
        charge,
        opposite_region: opposite_region.id.to_owned(),
        opposite,
        name,
        description,
        health_check,
        created: world.now,
        modified: world.now,
        connected: None,
        waiting: None,
    };
    let mut answer = json!({ "RouterInterfaceId": interface.id });
    if charge == Charge::Prepaid {
        answer["OrderId"] = Value::from(200_000_000_000_000 + world.shared.ids.below(1_000_000_000));
    }
    world.interfaces.insert(place.key(&interface.id), interface);
    Ok(answer)
}

/// An acceptor is `Negative`, an initiator never.
fn read_spec(role: Role, params: &Params) -> Result<Spec, RpcError> {
    let word = params.required("Spec")?;
    let spec = Spec::parse(word).ok_or_else(|| refusal::bad_spec(word, "there is no such spec"))?;
    match (role, spec.is_negative()) {
        (Role::Acceptor, false) => Err(refusal::bad_spec(word, "an accepting side must be Negative")),
        (Role::Initiator, true) => Err(refusal::bad_spec(word, "an initiating side cannot be Negative")),
        (Role::Acceptor, true) | (Role::Initiator, false) => Ok(spec),
    }
}

fn read_opposite(params: &Params) -> Result<Opposite, RpcError> {
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    let router_type = params
        .get("OppositeRouterType")
        .map(|word| word.parse::<RouterType>().map_err(|()| refusal::bad_opposite_router_type(word)))
        .transpose()?;
    Ok(Opposite {
        interface_id: text("OppositeInterfaceId"),
        router_id: text("OppositeRouterId"),
        router_type,
        owner: text("OppositeInterfaceOwnerId"),
        is_deleted: false,
    })
}

fn read_health_check(params: &Params) -> Result<HealthCheck, RpcError> {
    let source = params.get("HealthCheckSourceIp").unwrap_or_default().to_owned();
    let target = params.get("HealthCheckTargetIp").unwrap_or_default().to_owned();
    refuse_if!(!source.is_empty() && target.is_empty(), RpcError::missing_parameter("HealthCheckTargetIp"));
    Ok(HealthCheck { source, target, rate: None, threshold: None })
}

fn read_charge(params: &Params) -> Result<Charge, RpcError> {
    match params.get("InstanceChargeType") {
        None | Some("PostPaid") => Ok(Charge::AfterPay),
        Some("PrePaid") => {
            let longest = match params.required("PricingCycle")? {
                "Month" => 9,
                "Year" => 3,
                _ => return Err(RpcError::invalid_parameter("PricingCycle", "it must be Month or Year")),
            };
            refuse_if!(params.integer("Period", 1..=longest)?.is_none(), RpcError::missing_parameter("Period"));
            params.flag("AutoPay")?;
            Ok(Charge::Prepaid)
        }
        Some(_) => Err(RpcError::invalid_parameter("InstanceChargeType", "it must be PrePaid or PostPaid")),
    }
}
