//! Making an endpoint, which is to ask for a connection.

use local_core::delays::Wait;
use local_core::identity::Principal;
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::Endpoint;
use crate::privatelink::connection::Connection;
use crate::privatelink::group::{self, Membership};
use crate::privatelink::resource::ResourceType;
use crate::privatelink::service::{self, IpVersion, Service};
use crate::privatelink::settings::Unlisted;
use crate::privatelink::state::BusinessStatus;
use crate::privatelink::zone::{self, Zone};
use crate::privatelink::{refusal, tag, text};
use crate::vpc::{Place, World};

/// How many zones or security groups an endpoint may have.
const MOST: usize = 10;

pub(in crate::privatelink) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let vpc_id = params.required("VpcId")?.to_owned();
    let name = text::name(params, "EndpointName")?.unwrap_or_default();
    let description = text::description(params, "EndpointDescription")?.unwrap_or_default();
    let (provider, service) = wanted_service(world, &place, params)?;
    let kind = params.get("EndpointType").unwrap_or("Interface");
    refuse_if!(kind != service.resource_type.service_type(), bad "Mismatch.EndpointType",
        "EndpointType {kind} does not fit the service.");
    refuse_if!(!world.has_vpc(&place, &vpc_id), bad "VpcNotFound", "The specified VPC does not exist: {vpc_id}.");
    let in_vpc = world.links.endpoints.at(&place).filter(|(_, endpoint)| endpoint.vpc_id == vpc_id).count();
    refuse_if!(in_vpc >= world.links.settings.endpoints_per_vpc, bad "QuotaExceeded.totalEpPerVpc",
        "The quota of totalEpPerVpc is exceeded, usage {in_vpc}.");
    let id = world.shared.ids.resource("ep");
    let auto_accept = service.auto_accept;
    let zones = zones(world, &place, &vpc_id, &id, (&provider, service), params)?;
    let endpoint = Endpoint {
        id: id.clone(),
        name,
        description,
        kind: kind.to_owned(),
        zone_affinity: params.flag("ZoneAffinityEnabled")?,
        policy: params.get("PolicyDocument").unwrap_or_default().to_owned(),
        protected_for: protected_for(request)?,
        cross_region_bandwidth: cross_region_bandwidth(&place, &provider, params)?,
        ip_version: params.parsed("AddressIpVersion", "IPv4 or DualStack")?.unwrap_or(IpVersion::V4),
        groups: groups(world, &place, &vpc_id, params)?,
        resource_group: params.get("ResourceGroupId").unwrap_or("rg-default").to_owned(),
        tags: tag::read(params)?,
        created: world.now,
        business: BusinessStatus::Normal,
        waiting: world.begin(Wait::EndpointCreate),
        vpc_id,
    };
    let connection = Connection {
        endpoint_id: id.clone(),
        consumer: place.account.clone(),
        region: place.region.clone(),
        vpc_id: endpoint.vpc_id.clone(),
        service_id: service.id.clone(),
        provider: provider.account.clone(),
        service_region: provider.region,
        is_connected: false,
        service_is_gone: false,
        bandwidth: service.bandwidth,
        is_limited: service.resource_type != ResourceType::Nlb && service.resource_type != ResourceType::Gwlb,
        modified: world.now,
        by_call: false,
        // A service that accepts by itself does so once the endpoint is there.
        waiting: if auto_accept { endpoint.waiting } else { None },
    };
    text::unless_dry(params)?;
    let mut answer = endpoint.view(&place, &connection);
    if let Value::Object(fields) = &mut answer {
        for later in ["EndpointType", "ResourceOwner", "PolicyDocument", "ProtectedEnabled", "Tags", "RegionId"] {
            fields.remove(later);
        }
    }
    let key = place.key(&id);
    world.links.endpoints.insert(key.clone(), endpoint);
    world.links.connections.insert(key, connection);
    for zone in zones {
        world.links.zones.insert(zone.key(), zone);
    }
    Ok(json!(answer))
}

/// The service that `ServiceId` or `ServiceName` names, if the caller may ask for it from here.
fn wanted_service<'a>(world: &'a World, place: &Place, params: &Params) -> Result<(Place, &'a Service), RpcError> {
    let id = match (params.get("ServiceId"), params.get("ServiceName")) {
        (Some(id), Some(name)) if service::id_in_name(name) != id => return Err(refusal::no_service(name)),
        (Some(id), _) => id,
        (None, Some(name)) => service::id_in_name(name),
        (None, None) => return Err(RpcError::missing_parameter("ServiceId")),
    };
    let region = params.get("ServiceRegionId").unwrap_or(&place.region);
    let (provider, service) = service::find(world, region, id).ok_or_else(|| refusal::no_service(id))?;
    if params.get("ServiceName").is_some_and(|name| name != service::name(region, id)) {
        return Err(refusal::no_service(id));
    }
    let settings = world.links.settings;
    if !service.users.let_in(place.owner(), settings.wildcard_means_everyone) {
        return Err(match settings.unlisted {
            Unlisted::NotAuthorized => refusal::not_listed(id),
            Unlisted::NotFound => refusal::no_service(id),
        });
    }
    refuse_if!(region != place.region && !service.regions.contains(&place.region), bad "UnsupportedRegion",
        "The endpoint service does not support the region {}.", place.region);
    refuse_if!(service.business.is_locked(), refusal::service_locked());
    refuse_if!(matches!(service.status(), "Creating" | "Deleting"), refusal::wrong_service_status(service.status()));
    Ok((provider, service))
}

fn zones(
    world: &World,
    place: &Place,
    vpc_id: &str,
    endpoint_id: &str,
    (provider, service): (&Place, &Service),
    params: &Params,
) -> Result<Vec<Zone>, RpcError> {
    let wanted = params.objects("Zone");
    refuse_if!(wanted.len() > MOST, bad "QuotaExceeded.epZonePerEndpoint",
        "The quota of epZonePerEndpoint is exceeded, usage {}/{MOST}.", wanted.len());
    let mut zones: Vec<Zone> = Vec::new();
    for one in wanted {
        let zone = zone::wanted(world, place, vpc_id, endpoint_id, (provider, service), &one, &zones)?;
        zones.push(zone);
    }
    Ok(zones)
}

fn groups(world: &World, place: &Place, vpc_id: &str, params: &Params) -> Result<Vec<Membership>, RpcError> {
    let ids = params.list("SecurityGroupId");
    refuse_if!(ids.len() > MOST, refusal::over_quota("security groups of an endpoint"));
    for id in &ids {
        group::must_fit(world, place, vpc_id, id)?;
    }
    Ok(ids.into_iter().map(Membership::from_the_beginning).collect())
}

/// Protection is for calls with temporary credentials only.
fn protected_for(request: &RpcRequest) -> Result<Option<String>, RpcError> {
    let wanted = request.params.flag("ProtectedEnabled")?;
    Ok(match &request.caller.principal {
        Principal::Role { name, .. } if wanted => Some(name.clone()),
        _ => None,
    })
}

/// 1000 Mbit/s within mainland China, else 100, unless asked for otherwise; none within a region.
fn cross_region_bandwidth(place: &Place, provider: &Place, params: &Params) -> Result<Option<u32>, RpcError> {
    let wanted = params.integer("CrossRegionBandwidth", 100..=u32::MAX)?;
    if provider.region == place.region {
        return Ok(None);
    }
    let is_mainland =
        |region: &str| Region::find(region).is_some_and(|r| r.id.starts_with("cn-") && r.id != "cn-hongkong");
    let usual = if is_mainland(&place.region) && is_mainland(&provider.region) { 1000 } else { 100 };
    Ok(Some(wanted.unwrap_or(usual)))
}
