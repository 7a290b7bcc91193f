//! Making a load balancer.

use std::net::Ipv4Addr;

use local_core::regions::Region;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{AddressType, Balancer, ChargeType, PayType, Status, TrafficCharge};
use crate::clb::refusal;
use crate::vpc::{Place, World};

/// What an elastic balancer is called as a spec.
const ELASTIC: &str = "slb.lcu.elastic";
const SPECS: [&str; 6] =
    ["slb.s1.small", "slb.s2.small", "slb.s2.medium", "slb.s3.small", "slb.s3.medium", "slb.s3.large"];

pub(in crate::clb) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let name = name(params)?;
    let (pay_type, charge, traffic_charge) = price(world, params)?;
    let spec = spec(params, charge)?;
    let site = site(world, &place, params)?;
    let slave_zone = match params.get("SlaveZoneId") {
        Some(zone) if zone == site.zone => {
            return Err(RpcError::invalid_parameter("SlaveZoneId", "it must be another zone than the primary one"));
        }
        Some(zone) => zone_of(&place, "SlaveZoneId", zone)?,
        None => String::new(),
    };
    let delete_protection = on_or_off(params, "DeleteProtection")?.unwrap_or(false);
    let modification_protection = modification_protection(params)?;
    let bandwidth = params.integer("Bandwidth", 1..=5120)?.unwrap_or(5120);
    let tags = super::tag::read(params)?;
    let id = world.shared.ids.resource("lb");
    let resource_group = params.get("ResourceGroupId").unwrap_or("rg-default").to_owned();
    let balancer = Balancer {
        name: name.unwrap_or_else(|| format!("auto_named_{id}")),
        address: site.address,
        address_type: site.address_type,
        vpc_id: site.vpc_id,
        vswitch_id: site.vswitch_id,
        master_zone: site.zone,
        slave_zone,
        pay_type,
        charge,
        traffic_charge,
        spec,
        bandwidth,
        status: Status::Active,
        delete_protection,
        modification_protection,
        resource_group,
        tags,
        created: world.now,
        backends: Vec::new(),
        waiting: None,
        id,
    };
    let answer = json!({
        "LoadBalancerId": balancer.id,
        "LoadBalancerName": balancer.name,
        "Address": balancer.address,
        "AddressIPVersion": "ipv4",
        "NetworkType": balancer.network_type(),
        "VpcId": balancer.vpc_id,
        "VSwitchId": balancer.vswitch_id,
        "ResourceGroupId": balancer.resource_group,
        "OrderId": 100_000_000_u64 + world.shared.ids.below(900_000_000),
    });
    world.clb.balancers.insert(place.key(&balancer.id), balancer);
    Ok(answer)
}

/// 1 to 80 characters: Chinese, letters, digits, and `-/._`.
pub(super) fn name(params: &Params) -> Result<Option<String>, RpcError> {
    let fits = |name: &str| {
        name.chars().count() <= 80 && name.chars().all(|sign| sign.is_alphanumeric() || "-/._".contains(sign))
    };
    match params.get("LoadBalancerName") {
        Some(name) if !fits(name) => {
            Err(RpcError::invalid_parameter("LoadBalancerName", "1 to 80 letters, digits and -/._ are allowed"))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

fn price(world: &World, params: &Params) -> Result<(PayType, ChargeType, TrafficCharge), RpcError> {
    let pay_type = params.parsed("PayType", "PayOnDemand or PrePay")?.unwrap_or(PayType::OnDemand);
    let charge = params.parsed("InstanceChargeType", "PayBySpec or PayByCLCU")?.unwrap_or(ChargeType::BySpec);
    let traffic =
        params.parsed("InternetChargeType", "paybytraffic or paybybandwidth")?.unwrap_or(TrafficCharge::ByTraffic);
    let elastic = charge == ChargeType::ByUse;
    if elastic && (pay_type != PayType::OnDemand || traffic != TrafficCharge::ByTraffic) {
        return Err(RpcError::invalid_parameter(
            "InstanceChargeType",
            "PayByCLCU goes with PayOnDemand and paybytraffic only",
        ));
    }
    if pay_type == PayType::OnDemand && !elastic && !world.clb.settings.spec_is_sold {
        return Err(refusal::not_allowed(
            "pay-as-you-go load balancers are no longer sold by spec; set InstanceChargeType to PayByCLCU",
        ));
    }
    Ok((pay_type, charge, traffic))
}

fn spec(params: &Params, charge: ChargeType) -> Result<String, RpcError> {
    match (charge, params.get("LoadBalancerSpec")) {
        (ChargeType::ByUse, _) => Ok(ELASTIC.to_owned()),
        (ChargeType::BySpec, None) => Ok(SPECS[0].to_owned()),
        (ChargeType::BySpec, Some(spec)) if SPECS.contains(&spec) => Ok(spec.to_owned()),
        (ChargeType::BySpec, Some(_)) => Err(RpcError::invalid_parameter("LoadBalancerSpec", "there is no such spec")),
    }
}

/// Where a balancer stands.
struct Site {
    address: Ipv4Addr,
    address_type: AddressType,
    vpc_id: String,
    vswitch_id: String,
    zone: String,
}

fn site(world: &World, place: &Place, params: &Params) -> Result<Site, RpcError> {
    let wanted = params.parsed::<AddressType>("AddressType", "internet or intranet")?;
    let master = params.get("MasterZoneId").map(|zone| zone_of(place, "MasterZoneId", zone)).transpose()?;
    let Some(vswitch_id) = params.get("VSwitchId") else {
        if wanted == Some(AddressType::Intranet) || params.get("VpcId").is_some() {
            return Err(RpcError::missing_parameter("VSwitchId"));
        }
        let first = Region::find(&place.region).and_then(|region| region.zones().next());
        let zone = master.or(first).ok_or_else(|| RpcError::unknown_region(&place.region))?;
        let (address_type, vpc_id, vswitch_id) = (AddressType::Internet, String::new(), String::new());
        return Ok(Site { address: public_address(world), address_type, vpc_id, vswitch_id, zone });
    };
    // A vSwitch makes it an intranet balancer, whatever was asked for.
    let vswitch = world.vswitch_site(place, vswitch_id).ok_or_else(|| {
        RpcError::missing("InvalidVSwitchId.NotFound", format!("The specified vSwitch does not exist: {vswitch_id}."))
    })?;
    if params.get("VpcId").is_some_and(|vpc_id| vpc_id != vswitch.vpc_id) {
        return Err(RpcError::invalid_parameter("VSwitchId", "it belongs to another VPC"));
    }
    let address = params.parsed::<Ipv4Addr>("Address", "an IPv4 address")?;
    let address = world.free_address(place, vswitch_id, address).ok_or_else(|| {
        RpcError::invalid_parameter("Address", "it is not free in the vSwitch, or the vSwitch has none left")
    })?;
    Ok(Site {
        address,
        address_type: AddressType::Intranet,
        vpc_id: vswitch.vpc_id.clone(),
        vswitch_id: vswitch_id.to_owned(),
        // The address lies in one zone, the traffic goes in by another if so asked.
        zone: master.unwrap_or_else(|| vswitch.zone.clone()),
    })
}

/// An address of 198.18.0.0/15, which nobody has.
fn public_address(world: &World) -> Ipv4Addr {
    let host = u32::try_from(world.shared.ids.below(1 << 17)).unwrap_or_default();
    Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + host)
}

fn zone_of(place: &Place, parameter: &str, zone: &str) -> Result<String, RpcError> {
    match Region::find(&place.region) {
        Some(region) if region.zones().any(|known| known == zone) => Ok(zone.to_owned()),
        _ => Err(RpcError::invalid_parameter(parameter, "the region has no such zone")),
    }
}

pub(in crate::clb) fn on_or_off(params: &Params, name: &str) -> Result<Option<bool>, RpcError> {
    match params.get(name) {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(_) => Err(RpcError::invalid_parameter(name, "it must be on or off")),
    }
}

/// The reason, if the balancer is to be protected.
pub(super) fn modification_protection(params: &Params) -> Result<Option<String>, RpcError> {
    match params.get("ModificationProtectionStatus") {
        None | Some("NonProtection") => Ok(None),
        Some("ConsoleProtection") => {
            Ok(Some(params.get("ModificationProtectionReason").unwrap_or_default().to_owned()))
        }
        Some(_) => Err(RpcError::invalid_parameter(
            "ModificationProtectionStatus",
            "it must be NonProtection or ConsoleProtection",
        )),
    }
}
