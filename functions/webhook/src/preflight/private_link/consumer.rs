//! The side that uses the service.

use alicloud::ecs::DescribeSecurityGroups;
use alicloud::private_link::ServiceRef;
use connection::record::Record;
use connection::spec::{EndpointZone, PrivateLinkSpec, ServiceId};
use connection::words::Side;
use futures::future::{join, join_all};
use ipnet::{IpNet, Ipv4Net};

use super::{FoundSide, PreflightError, flatten};

/// What stands in the way here.
pub(super) async fn obstacles(
    end: &FoundSide<'_>,
    link: &PrivateLinkSpec,
    record: Option<&Record>,
) -> Vec<PreflightError> {
    let consumer = &link.consumer;
    let mut errors: Vec<PreflightError> = Vec::new();
    for (index, zone) in consumer.zones.iter().enumerate() {
        errors.extend(zone_troubles(end, index, zone, record));
    }
    let groups = consumer.security_groups.iter().enumerate();
    let groups = join_all(groups.map(|(index, id)| async move { group(end, index, id.as_str()).await }));
    let (groups, service) = join(groups, async {
        match &consumer.service {
            Some(service) => flatten(visible(end, link, service).await),
            None => Vec::new(),
        }
    })
    .await;
    errors.extend(groups.into_iter().flatten());
    errors.extend(service);
    if let Some(id) = &consumer.instance_id {
        errors.extend(end.instance("/consumer/instance_id", id.as_str()).await.err());
    }
    errors
}

fn zone_troubles(
    end: &FoundSide<'_>,
    index: usize,
    zone: &EndpointZone,
    record: Option<&Record>,
) -> Vec<PreflightError> {
    let at = format!("/consumer/zones/{index}");
    let mut errors: Vec<PreflightError> =
        end.zone(format!("{at}/zone_id"), zone.zone_id.as_str()).into_iter().collect();
    if let Some(id) = &zone.vswitch_id {
        let pointer = format!("{at}/vswitch_id");
        match end.vswitch(&pointer, id.as_str()) {
            Err(failed) => errors.push(failed),
            Ok(found) => {
                if let Some(lies) = found.zone_id.as_deref().filter(|lies| *lies != zone.zone_id.as_str()) {
                    errors.push(PreflightError::at(
                        pointer,
                        format!("vSwitch {id} is in {lies}, not in {}; name one of this zone", zone.zone_id),
                    ));
                }
            }
        }
    }
    if let Some(block) = zone.cidr_block {
        errors.extend(room(end, &format!("{at}/cidr_block"), block, zone.zone_id.as_str(), record));
    }
    errors
}

/// Whether a vSwitch of that range can be made. The one that the connection made itself is in nobody's way.
fn room(
    end: &FoundSide<'_>,
    pointer: &str,
    block: Ipv4Net,
    zone: &str,
    record: Option<&Record>,
) -> Option<PreflightError> {
    let own = record.and_then(|record| record.sides.get(&Side::Consumer));
    let own = own.and_then(|known| known.outputs.private_link.vswitches.get(zone));
    if !end.cidr_blocks.iter().any(|range| range.contains(&block)) {
        let ranges: Vec<_> = end.cidr_blocks.iter().map(ToString::to_string).collect();
        let detail = format!("{block} lies outside of the VPC's ranges; name a range within {}", ranges.join(", "));
        return Some(PreflightError::at(pointer, detail));
    }
    let taken = end.vswitches.iter().find(|known| {
        let range = known.cidr_block.as_ref().and_then(alicloud::vpc::Cidr::net);
        let overlaps = matches!(range, Some(IpNet::V4(range))
            if range.contains(&block.network()) || block.contains(&range.network()));
        overlaps && Some(&known.vswitch_id) != own
    });
    taken.map(|taken| {
        let detail =
            format!("{block} overlaps the vSwitch {}; name that one (vswitch_id), or a free range", taken.vswitch_id);
        PreflightError::at(pointer, detail)
    })
}

async fn group(end: &FoundSide<'_>, index: usize, id: &str) -> Option<PreflightError> {
    let (pointer, place) = (format!("/consumer/security_groups/{index}"), end.place);
    let wanted = DescribeSecurityGroups { security_group_ids: vec![id.to_owned()], vpc_id: None };
    let listed = match end.client.ecs(&end.region).describe_security_groups(&wanted).await {
        Ok(listed) => listed,
        Err(error) => return Some(PreflightError::of(pointer, error)),
    };
    let detail = match listed.into_iter().find(|group| group.security_group_id == id) {
        None => format!(
            "account {} has no security group {id} in {}; name one of {}",
            place.account, place.region_id, place.vpc_id
        ),
        Some(group) if group.vpc_id.as_deref() != Some(place.vpc_id.as_str()) => {
            format!("security group {id} is not of {}; name one of that VPC", place.vpc_id)
        }
        Some(group) if group.service_managed == Some(true) => {
            format!(
                "security group {id} is kept by another product of the cloud; nobody else may change it; name another"
            )
        }
        Some(_) => return None,
    };
    Some(PreflightError::at(pointer, detail))
}

/// Whether the existing service shows itself to the consumer, and in its zones.
async fn visible(
    end: &FoundSide<'_>,
    link: &PrivateLinkSpec,
    service: &ServiceId,
) -> Result<Vec<PreflightError>, PreflightError> {
    let pointer = "/consumer/service";
    let wanted = ServiceRef::Id(service.id().to_owned());
    let listed = end.links().list_vpc_endpoint_services_by_end_user(Some(&wanted), None).await;
    let listed = listed.map_err(|error| PreflightError::of(pointer.to_owned(), error))?;
    let Some(found) = listed.into_iter().find(|known| known.service_id == service.id()) else {
        let detail = format!(
            "service {service} does not show itself to account {}: it is not there, or the account ({}) is not on its \
             whitelist; correct the id, or ask the service's owner to add the account",
            end.place.account, end.account_id
        );
        return Ok(vec![PreflightError::at(pointer, detail)]);
    };
    let served =
        |zone: &EndpointZone| found.zones.is_empty() || found.zones.iter().any(|own| zone.zone_id.as_str() == own);
    let others = link.consumer.zones.iter().enumerate().filter(|(_, zone)| !served(zone));
    let failed = |(index, zone): (usize, &EndpointZone)| {
        let detail = format!("service {service} is not in {}; name zones of {}", zone.zone_id, found.zones.join(", "));
        PreflightError::at(format!("/consumer/zones/{index}/zone_id"), detail)
    };
    Ok(others.map(failed).collect())
}
