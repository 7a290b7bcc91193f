//! The service of the provider, and the resource it stands on.

use alicloud::private_link::{EndpointService, ListVpcEndpointServices, NewResource, PrivateLink, ResourceType};
use alicloud::slb::{DescribeLoadBalancers, LoadBalancer, Slb};

use super::spec;
use crate::share;
use crate::step::SideContext;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::spec::{BalancerType, LoadBalancerSpec, PrivateLinkSpec};

/// Whether a side of a private link uses the load balancer with this id: it made it, names it, or uses the service in front of it.
#[must_use]
pub fn uses_balancer(side: &SideContext<'_>, id: &str) -> bool {
    let Ok(link) = spec(side) else { return false };
    match &link.provider.load_balancer {
        Some(LoadBalancerSpec::Create(_)) => side.outputs().private_link.load_balancer_id.as_deref() == Some(id),
        Some(LoadBalancerSpec::Existing(existing)) => existing.id.as_str() == id,
        // Whoever uses a service said so of what stands behind it.
        None => true,
    }
}

/// Whether a side of a private link uses the service with this id: it made it, or names it.
#[must_use]
pub fn uses_service(side: &SideContext<'_>, id: &str) -> bool {
    let Ok(link) = spec(side) else { return false };
    match &link.consumer.service {
        Some(named) => named.id() == id,
        None => side.outputs().private_link.service_id.as_deref() == Some(id),
    }
}

/// Every load balancer of this side's account that was made for the connection, or handed over to it.
///
/// # Errors
/// When the cloud does not answer.
pub async fn own_balancers(side: &SideContext<'_>, slb: &Slb, outputs: &Outputs) -> Result<Vec<LoadBalancer>, NotDone> {
    let tagged = DescribeLoadBalancers { tag: Some(side.mark().tag()), ..DescribeLoadBalancers::default() };
    let mut ids: Vec<String> = outputs.private_link.load_balancer_id.iter().cloned().collect();
    ids.extend(slb.describe_load_balancers(&tagged).await?.into_iter().map(|found| found.load_balancer_id));
    let mut own: Vec<LoadBalancer> = Vec::new();
    for id in ids {
        if own.iter().any(|known| known.load_balancer_id == id) {
            continue;
        }
        // Alone it is shown with its listeners and servers.
        if let Some(found) = slb.load_balancer(&id).await? {
            let other = side.mark().other_among(&found.tags);
            if !share::is_handed_over(side, other.as_ref(), &|other| uses_balancer(other, &id)).await? {
                own.push(found);
            }
        }
    }
    Ok(own)
}

/// Every service of this side's account that was made for the connection, or handed over to it.
///
/// # Errors
/// When the cloud does not answer.
pub async fn own_services(
    side: &SideContext<'_>,
    api: &PrivateLink,
    outputs: &Outputs,
) -> Result<Vec<EndpointService>, NotDone> {
    let mut own: Vec<EndpointService> = Vec::new();
    // One that the spec names is recorded too.
    if let Some(id) =
        outputs.private_link.service_id.as_ref().filter(|_| spec(side).is_ok_and(PrivateLinkSpec::has_service_made))
        && let Some(found) = api.service(id).await?
    {
        let other = side.mark().other_among(&found.tags);
        if !share::is_handed_over(side, other.as_ref(), &|other| uses_service(other, id)).await? {
            own.push(found);
        }
    }
    let tagged = ListVpcEndpointServices { tag: Some(side.mark().tag()), ..ListVpcEndpointServices::default() };
    for found in api.list_vpc_endpoint_services(&tagged).await? {
        if own.iter().all(|known| known.service_id != found.service_id) {
            own.push(found);
        }
    }
    Ok(own)
}

/// The service that the endpoint leads to: the existing one, or the one that was made and recorded.
///
/// # Errors
/// When none is recorded.
pub fn service_id(side: &SideContext<'_>, provider: &Outputs) -> Result<String, NotDone> {
    let existing = spec(side)?.consumer.service.as_ref().map(|service| service.id().to_owned());
    existing.or_else(|| provider.private_link.service_id.clone()).ok_or_else(|| {
        NotDone::failed("the endpoint service is not recorded", "remove the connection and post it again")
    })
}

/// The load balancers that shall stand behind the service, each in a zone.
///
/// # Errors
/// When the one to be made is not recorded.
pub fn resources(side: &SideContext<'_>, outputs: &Outputs) -> Result<Vec<NewResource>, NotDone> {
    let link = spec(side)?;
    let resource = |kind: &BalancerType, id: &str, zone: Option<&str>| NewResource {
        resource_type: resource_type(*kind),
        resource_id: id.to_owned(),
        zone_id: zone.map(str::to_owned),
    };
    Ok(match &link.provider.load_balancer {
        None => Vec::new(),
        Some(LoadBalancerSpec::Create(balancer)) => {
            let id = outputs.private_link.load_balancer_id.as_deref().ok_or_else(|| {
                NotDone::failed("the load balancer is not recorded", "remove the connection and post it again")
            })?;
            vec![resource(&BalancerType::Clb, id, Some(balancer.primary_zone.as_str()))]
        }
        // A classic one has one zone that serves, and the cloud knows which.
        Some(LoadBalancerSpec::Existing(existing)) if existing.r#type == BalancerType::Clb => {
            vec![resource(&existing.r#type, existing.id.as_str(), None)]
        }
        Some(LoadBalancerSpec::Existing(existing)) => {
            let zones = link.consumer.zones.iter().map(|zone| zone.zone_id.as_str());
            zones.map(|zone| resource(&existing.r#type, existing.id.as_str(), Some(zone))).collect()
        }
    })
}

/// The cloud's word for a type of load balancer.
#[must_use]
pub fn resource_type(kind: BalancerType) -> ResourceType {
    match kind {
        BalancerType::Clb => ResourceType::Clb,
        BalancerType::Nlb => ResourceType::Nlb,
        BalancerType::Alb => ResourceType::Alb,
    }
}
