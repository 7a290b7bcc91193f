//! What stands behind an endpoint service: load balancers, each in a zone.

use std::net::Ipv4Addr;

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::service::{Service, own};
use super::{refusal, text};
use crate::clb::{AddressType, PayType};
use crate::nlb_alb::Flavour;
use crate::vpc::{Place, World};

words! {
    /// What kind of thing stands behind a service.
    pub(super) enum ResourceType {
        Clb = "slb",
        Alb = "alb",
        Nlb = "nlb",
        Gwlb = "gwlb",
    }
}

impl ResourceType {
    /// The type of a service with such resources, which is also the type of its endpoints.
    pub(super) fn service_type(self) -> &'static str {
        if self == Self::Gwlb { "GatewayLoadBalancer" } else { "Interface" }
    }

    /// The least and the most that a connection may carry, in Mbit/s.
    pub(super) fn bandwidths(self) -> (u32, u32) {
        match self {
            Self::Clb => (100, 10_240),
            Self::Alb | Self::Gwlb => (100, 25_000),
            Self::Nlb => (100, 50_000),
        }
    }
}

/// A load balancer behind a service, as seen in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub id: String,
    pub zone: String,
    pub vpc_id: String,
    pub vswitch_id: String,
    pub address: Ipv4Addr,
    /// Whether it may be given to zones of endpoints without being chosen.
    pub auto_allocated: bool,
}

/// The resource that `ResourceType`, `ResourceId` and `ZoneId` name, if it may stand behind this service.
pub(super) fn wanted(world: &World, place: &Place, service: &Service, params: &Params) -> Result<Resource, RpcError> {
    let kind = params.parsed("ResourceType", "slb, alb, nlb or gwlb")?.unwrap_or(service.resource_type);
    refuse_if!(kind != service.resource_type, bad "EndpointServiceResourceTypeNotEqual",
        "the service resource type not equal request type.");
    let id = params.required("ResourceId")?;
    let resource = match kind {
        ResourceType::Clb => classic(world, place, id, params.get("ZoneId"))?,
        ResourceType::Alb => newer(world, place, Flavour::Alb, id, params)?,
        ResourceType::Nlb => newer(world, place, Flavour::Nlb, id, params)?,
        // There are no gateway load balancers here.
        ResourceType::Gwlb => {
            return Err(RpcError::bad(
                "EndpointServiceResourceTypeNotSupport",
                "The specified resource type is not supported.",
            ));
        }
    };
    if service.resources.iter().any(|own| own.id == resource.id && own.zone == resource.zone) {
        return Err(RpcError::bad("EndpointServiceResourceExist", "The specified resource already exists."));
    }
    if service.resources.len() >= world.links.settings.resources_per_service {
        return Err(refusal::over_quota("resources of the service"));
    }
    Ok(resource)
}

/// Only an intranet balancer of a VPC that is paid as it goes, in its primary zone.
fn classic(world: &World, place: &Place, id: &str, zone: Option<&str>) -> Result<Resource, RpcError> {
    let balancer = world.clb.balancer(place, id).ok_or_else(|| {
        RpcError::bad("LoadBalancerNotFound", format!("The specified load balancer does not exist: {id}."))
    })?;
    let is_fit = balancer.address_type == AddressType::Intranet
        && !balancer.vpc_id.is_empty()
        && balancer.pay_type == PayType::OnDemand;
    refuse_if!(!is_fit, bad "LoadBalancerNotSupportPrivateLink",
        "The specified SLB does not support PrivateLink: {id} is not a pay-as-you-go intranet one.");
    if let Some(zone) = zone.filter(|zone| *zone != balancer.master_zone) {
        return Err(refusal::zone_not_served(zone));
    }
    Ok(Resource {
        id: id.to_owned(),
        zone: balancer.master_zone.clone(),
        vpc_id: balancer.vpc_id.clone(),
        vswitch_id: balancer.vswitch_id.clone(),
        address: balancer.address,
        auto_allocated: true,
    })
}

/// A network or application load balancer that works, in one of its zones. Each zone is a resource of its own, so the call
/// must say which; public ones are taken too. Only for ALB the code of a missing one is documented.
fn newer(world: &World, place: &Place, flavour: Flavour, id: &str, params: &Params) -> Result<Resource, RpcError> {
    let balancer = world.nlb_alb.balancer(place, flavour, id).ok_or_else(|| {
        let code = match flavour {
            Flavour::Alb => "AlbNotFound",
            Flavour::Nlb => "LoadBalancerNotFound",
        };
        RpcError::bad(code, format!("The specified load balancer does not exist: {id}."))
    })?;
    refuse_if!(!balancer.is_active(), bad "LoadBalancerNotSupportPrivateLink",
        "The specified load balancer does not support PrivateLink: {id} is not active.");
    let zone = params.required("ZoneId")?;
    let mapping = balancer.zones.iter().find(|mapping| mapping.zone == zone);
    let mapping = mapping.ok_or_else(|| refusal::zone_not_served(zone))?;
    Ok(Resource {
        id: id.to_owned(),
        zone: zone.to_owned(),
        vpc_id: balancer.vpc_id.clone(),
        vswitch_id: mapping.vswitch_id.clone(),
        address: mapping.address,
        auto_allocated: true,
    })
}

/// The service of a change of its resources. Two such changes of one service get in each other's way.
fn free<'a>(world: &'a World, place: &Place, params: &Params) -> Result<&'a Service, RpcError> {
    let service = own(world, place, params)?;
    refuse_if!(service.waiting.is_some() && service.resources_change, refusal::concurrent());
    service.must_be_free()?;
    Ok(service)
}

/// Puts the resources in place; the service is Pending for a while.
fn put(world: &mut World, place: &Place, service_id: &str, resources: Vec<Resource>) {
    let waiting = world.begin(Wait::ServiceModify);
    world.links.services.change(&place.key(service_id), |service| {
        service.resources = resources;
        service.waiting = waiting;
        service.resources_change = true;
    });
}

pub(super) fn attach(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    params.required("ResourceType")?;
    let service = free(world, &place, params)?;
    let more = wanted(world, &place, service, params)?;
    let (id, mut resources) = (service.id.clone(), service.resources.clone());
    text::unless_dry(params)?;
    resources.push(more);
    put(world, &place, &id, resources);
    Ok(json!({}))
}

/// Whether a call means this resource.
fn is_meant(params: &Params, resource: &Resource) -> bool {
    params.get("ResourceId") == Some(&resource.id) && params.get("ZoneId").is_none_or(|zone| zone == resource.zone)
}

/// Not while an endpoint is connected by it.
pub(super) fn detach(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let wanted = params.required("ResourceId")?;
    let service = free(world, &place, params)?;
    refuse_if!(!service.resources.iter().any(|resource| is_meant(params, resource)), refusal::no_resource(wanted));
    let uses = service.resources.iter().filter(|resource| is_meant(params, resource));
    if uses.map(|resource| users_of(world, &place, service, resource)).sum::<usize>() > 0 {
        return Err(RpcError::bad(
            "EndpointServiceConnectionDependence",
            "You cannot delete EndpointService with Endpoint connected.",
        ));
    }
    let (id, mut resources) = (service.id.clone(), service.resources.clone());
    text::unless_dry(params)?;
    resources.retain(|resource| !is_meant(params, resource));
    put(world, &place, &id, resources);
    Ok(json!({}))
}

pub(super) fn update(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let wanted = params.required("ResourceId")?;
    params.required("AutoAllocatedEnabled")?;
    let auto_allocated = params.flag("AutoAllocatedEnabled")?;
    let service = free(world, &place, params)?;
    let (id, mut resources) = (service.id.clone(), service.resources.clone());
    let mut meant: Vec<&mut Resource> = resources.iter_mut().filter(|resource| is_meant(params, resource)).collect();
    refuse_if!(meant.is_empty(), refusal::no_resource(wanted));
    meant.iter_mut().for_each(|resource| resource.auto_allocated = auto_allocated);
    text::unless_dry(params)?;
    put(world, &place, &id, resources);
    Ok(json!({}))
}

/// How many zones of endpoints are connected by a resource. A load balancer in several zones is a resource in each, which
/// serves endpoints' zones of the same name; those of another region may be served by any.
fn users_of(world: &World, place: &Place, service: &Service, resource: &Resource) -> usize {
    let connections = world.links.connections_of(&place.account, &service.id);
    let zones = connections.flat_map(|connection| {
        let is_here = connection.region == connection.service_region;
        let zones = world.links.zones_of(&connection.place(), &connection.endpoint_id);
        zones.filter(move |zone| !is_here || zone.id == resource.zone)
    });
    zones.filter(|zone| zone.is_in_use() && zone.resource_id == resource.id).count()
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=50, 50, params)?;
    let service = own(world, &place, params)?;
    let view = |resource: &Resource| {
        let view = json!({
            "ResourceId": resource.id,
            "ResourceType": service.resource_type.word(),
            "RegionId": place.region,
            "ZoneId": resource.zone,
            "VpcId": resource.vpc_id,
            "VSwitchId": resource.vswitch_id,
            "Ip": resource.address,
            "AutoAllocatedEnabled": resource.auto_allocated,
            "RelatedEndpointCount": users_of(world, &place, service, resource),
            "RelatedDeprecatedEndpointCount": 0,
            "ResourceSupportIPv6": false,
        });
        (format!("{}/{}", resource.id, resource.zone), view)
    };
    let mut found: Vec<(String, Value)> = service.resources.iter().map(view).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (page, token) = cursor.cut(found);
    Ok(json!({ "Resources": page, "NextToken": token, "MaxResults": cursor.most() }))
}
