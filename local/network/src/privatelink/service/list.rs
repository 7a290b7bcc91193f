//! Telling of endpoint services.

use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Service, name, own};
use crate::vpc::{Place, World};

pub(in crate::privatelink) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    Ok(own(world, &place, &request.params)?.view(&place))
}

pub(in crate::privatelink) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=1000, 50, params)?;
    let flags = [
        ("AutoAcceptEnabled", flag(params, "AutoAcceptEnabled")?),
        ("ZoneAffinityEnabled", flag(params, "ZoneAffinityEnabled")?),
    ];
    let fits = |service: &Service| {
        let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
        fits_all(service, &place.region, params)
            && is("ServiceStatus", service.status())
            && is("ServiceBusinessStatus", service.business.word())
            && is("ServiceResourceType", service.resource_type.word())
            && is("AddressIpVersion", service.ip_version.word())
            && flags.iter().all(|(name, wanted)| {
                let own = if *name == "AutoAcceptEnabled" { service.auto_accept } else { service.zone_affinity };
                wanted.is_none_or(|wanted| wanted == own)
            })
            && params.get("ResourceId").is_none_or(|id| service.resources.iter().any(|resource| resource.id == id))
    };
    let found: Vec<(String, Value)> = world
        .links
        .services
        .at(&place)
        .filter(|(_, service)| fits(service))
        .map(|(_, service)| (service.id.clone(), service.view(&place)))
        .collect();
    let total = found.len();
    let (page, token) = cursor.cut(found);
    Ok(json!({ "Services": page, "NextToken": token, "MaxResults": cursor.most(), "TotalCount": total }))
}

/// The services of the region whose whitelists hold the caller.
pub(in crate::privatelink) fn list_visible(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=1000, 50, params)?;
    let region = params.get("ServiceRegionId").unwrap_or(&place.region);
    let everyone = world.links.settings.wildcard_means_everyone;
    let mut found = Vec::new();
    for (key, service) in world.links.services.rows.iter() {
        let mut parts = key.split('/');
        let (Some(owner), Some(at)) = (parts.next(), parts.next()) else { continue };
        let is_served = region == place.region || service.regions.contains(&place.region);
        let kind = service.resource_type.service_type();
        let is_wanted = fits_all(service, region, params)
            && params.get("ServiceType").is_none_or(|wanted| wanted == kind)
            && service.users.let_in(place.owner(), everyone);
        if at == region && is_served && is_wanted {
            found.push((service.id.clone(), service.public_view(&Place::new(owner, at))));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    // A string in this listing, in its own model.
    let total = found.len().to_string();
    let (page, token) = cursor.cut(found);
    Ok(json!({ "Services": page, "NextToken": token, "MaxResults": cursor.most(), "TotalCount": total }))
}

fn fits_all(service: &Service, region: &str, params: &Params) -> bool {
    let is = |parameter: &str, value: &str| params.get(parameter).is_none_or(|wanted| wanted == value);
    is("ServiceId", &service.id)
        && is("ServiceName", &name(region, &service.id))
        && is("ResourceGroupId", &service.resource_group)
        && crate::tags::fit(&service.tags, params)
}

fn flag(params: &Params, name: &str) -> Result<Option<bool>, RpcError> {
    crate::privatelink::text::flag(params, name)
}
