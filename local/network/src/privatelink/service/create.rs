//! Making an endpoint service.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{IpVersion, Payer, Service};
use crate::privatelink::resource::{self, ResourceType};
use crate::privatelink::state::BusinessStatus;
use crate::privatelink::user::Users;
use crate::privatelink::{refusal, tag, text};
use crate::vpc::{Place, World};

/// How many resources may come along.
const MOST_RESOURCES: usize = 10;

/// What a connection gets unless the provider says otherwise, in Mbit/s.
const USUAL_BANDWIDTH: u32 = 3072;

pub(in crate::privatelink) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let description = text::description(params, "ServiceDescription")?.unwrap_or_default();
    let named = params.parsed("ServiceResourceType", "slb, alb, nlb or gwlb")?;
    let first = params.objects("Resource").first().and_then(|first| first.get("ResourceType")?.parse().ok());
    let resource_type = named.or(first).unwrap_or(ResourceType::Clb);
    let ip_version = ip_version(params, resource_type)?.unwrap_or(IpVersion::V4);
    if world.links.services.at(&place).count() >= world.links.settings.services_per_account {
        return Err(refusal::over_quota("endpoint services of the account"));
    }
    let mut service = Service {
        id: String::new(),
        description,
        auto_accept: params.flag("AutoAcceptEnabled")?,
        zone_affinity: params.flag("ZoneAffinityEnabled")?,
        resource_type,
        payer: params.parsed("Payer", "Endpoint or EndpointService")?.unwrap_or(Payer::Endpoint),
        ip_version,
        supports_v6: params.flag("ServiceSupportIPv6")?,
        bandwidth: USUAL_BANDWIDTH,
        resources: Vec::new(),
        users: Users::only(place.owner()),
        regions: regions(&place, params, "SupportedRegionList")?,
        resource_group: params.get("ResourceGroupId").unwrap_or("rg-default").to_owned(),
        tags: tag::read(params)?,
        created: world.now,
        business: BusinessStatus::Normal,
        waiting: world.begin(Wait::ServiceCreate),
        resources_change: false,
    };
    let resources = params.objects("Resource");
    refuse_if!(resources.len() > MOST_RESOURCES, refusal::over_quota("resources at creation"));
    for one in resources {
        let more = resource::wanted(world, &place, &service, &one)?;
        service.resources.push(more);
    }
    text::unless_dry(params)?;
    service.id = world.shared.ids.resource("epsrv");
    let mut answer = service.view(&place);
    // What is not told at creation.
    if let Value::Object(fields) = &mut answer {
        for later in ["Zones", "Tags", "ConnectBandwidth", "MinBandwidth", "MaxBandwidth", "RegionId"] {
            fields.remove(later);
        }
    }
    world.links.services.insert(place.key(&service.id), service);
    Ok(json!(answer))
}

/// Two kinds of addresses take a kind of resource that has them.
pub(super) fn ip_version(params: &Params, resource: ResourceType) -> Result<Option<IpVersion>, RpcError> {
    let version = params.parsed("AddressIpVersion", "IPv4 or DualStack")?;
    if version == Some(IpVersion::Dual) && !matches!(resource, ResourceType::Nlb | ResourceType::Gwlb) {
        return Err(RpcError::bad("ServiceResourceNotSupportIpv6", "The resource is not support ipv6."));
    }
    Ok(version)
}

/// Other regions that a list names.
pub(super) fn regions(place: &Place, params: &Params, list: &str) -> Result<Vec<String>, RpcError> {
    let mut regions = Vec::new();
    for region in params.list(list) {
        refuse_if!(Region::find(region).is_none(), bad "UnsupportedRegion", "The region is not supported: {region}.");
        if region != place.region && !regions.iter().any(|known| known == region) {
            regions.push(region.to_owned());
        }
    }
    Ok(regions)
}
