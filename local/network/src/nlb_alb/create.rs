//! Making a load balancer.

use std::net::Ipv4Addr;

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::fields::{self, required, word};
use super::flavour::Flavour;
use super::load_balancer::{AddressType, Edition, LoadBalancer, ZoneMapping};
use super::refusal;
use crate::vpc::{Place, World};

/// In how many zones a load balancer may be.
const MOST_ZONES: usize = 10;

pub(super) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, flavour, params) = (Place::of(request), Flavour::of(request), &request.params);
    let address_type = word(params, "AddressType", "Internet or Intranet")?;
    let address_type: AddressType = address_type.ok_or_else(|| refusal::missing("AddressType"))?;
    refuse_what_is_not_here(params)?;
    let edition = edition(flavour, params)?;
    let vpc_id = required(params, "VpcId")?;
    refuse_if!(!world.has_vpc(&place, vpc_id), refusal::no_vpc(vpc_id));
    let zones = zones(world, &place, flavour, vpc_id, params)?;
    let name = fields::name(params, "LoadBalancerName")?;
    let protection = match flavour {
        Flavour::Nlb => "DeletionProtectionConfig.Enabled",
        Flavour::Alb => "DeletionProtectionEnabled",
    };
    let delete_protection = params.flag(protection)?;
    let tags = fields::tags(params)?;
    fields::unless_dry(params)?;
    let id = world.shared.ids.resource(flavour.label());
    let balancer = LoadBalancer {
        flavour,
        name: name.unwrap_or_else(|| id.clone()),
        address_type,
        vpc_id: vpc_id.to_owned(),
        zones,
        edition,
        delete_protection,
        resource_group: params.get("ResourceGroupId").unwrap_or("rg-default").to_owned(),
        tags,
        created: world.now,
        waiting: world.begin(Wait::BalancerCreate),
        id,
    };
    let answer = match flavour {
        // The product's own spelling.
        Flavour::Nlb => json!({
            "LoadbalancerId": balancer.id,
            "OrderId": 100_000_000_u64 + world.shared.ids.below(900_000_000),
        }),
        Flavour::Alb => json!({ "LoadBalancerId": balancer.id }),
    };
    world.nlb_alb.balancers.insert(place.key(&balancer.id), balancer);
    Ok(answer)
}

/// What would change who reaches it, and is not played here, is not passed over in silence.
fn refuse_what_is_not_here(params: &Params) -> Result<(), RpcError> {
    let version = params.get("AddressIpVersion").unwrap_or("ipv4");
    refuse_if!(!version.eq_ignore_ascii_case("ipv4"), refusal::illegal("AddressIpVersion", "only ipv4 is known here"));
    if !params.objects("SecurityGroupIds").is_empty() || !params.list("SecurityGroupIds").is_empty() {
        return Err(refusal::illegal("SecurityGroupIds", "load balancers have no security groups here"));
    }
    Ok(())
}

/// An application load balancer has one, and a way to be paid; a network load balancer has neither.
fn edition(flavour: Flavour, params: &Params) -> Result<Edition, RpcError> {
    if flavour == Flavour::Nlb {
        return Ok(Edition::Standard);
    }
    required(params, "LoadBalancerBillingConfig.PayType")?;
    let edition = word(params, "LoadBalancerEdition", "Basic, Standard or StandardWithWaf")?;
    edition.ok_or_else(|| refusal::missing("LoadBalancerEdition"))
}

/// The zones with an address in each. A region with two zones or more wants two or more of them.
fn zones(
    world: &World,
    place: &Place,
    flavour: Flavour,
    vpc_id: &str,
    params: &Params,
) -> Result<Vec<ZoneMapping>, RpcError> {
    let wanted = params.objects("ZoneMappings");
    let there = Region::find(&place.region).map_or(0, |region| region.zones().count());
    let least = there.min(2);
    if !(least..=MOST_ZONES).contains(&wanted.len()) {
        return Err(refusal::illegal_size("ZoneMappings", &format!("{least} to {MOST_ZONES} zones are wanted")));
    }
    let mut zones: Vec<ZoneMapping> = Vec::new();
    for one in wanted {
        let (zone, vswitch_id) = (required(&one, "ZoneId")?, required(&one, "VSwitchId")?);
        if zones.iter().any(|known| known.zone == zone) {
            return Err(refusal::illegal("ZoneMappings", "a zone may be named once"));
        }
        let vswitch = world.vswitch_site(place, vswitch_id).ok_or_else(|| refusal::no_vswitch(vswitch_id))?;
        refuse_if!(vswitch.vpc_id != vpc_id, refusal::other_vpc(vswitch_id, vpc_id));
        refuse_if!(vswitch.zone != zone, refusal::other_zone(vswitch_id, zone));
        let parameter = flavour.spells("PrivateIPv4Address", "IntranetAddress");
        let asked = word::<Ipv4Addr>(&one, parameter, "an IPv4 address")?;
        let address = world.free_address(place, vswitch_id, asked).ok_or_else(|| {
            refusal::illegal(parameter, "it is not free in the vSwitch, or the vSwitch has none left")
        })?;
        zones.push(ZoneMapping {
            zone: zone.to_owned(),
            vswitch_id: vswitch_id.to_owned(),
            address,
            eni_id: world.shared.ids.resource("eni"),
        });
    }
    Ok(zones)
}
