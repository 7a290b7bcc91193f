//! Security groups and instances that the spec names.

use alicloud::ecs::{DescribeSecurityGroups, GroupType, SecurityGroup};
use connection::spec::Source;
use futures::future::join;

use super::{Meant, PreflightError, flatten};

/// What stands in the way on both sides.
pub(crate) async fn obstacles(one: &Meant<'_>, other: &Meant<'_>) -> Vec<PreflightError> {
    let (first, second) = join(on_side(one, other), on_side(other, one)).await;
    flatten(first).into_iter().chain(flatten(second)).collect()
}

async fn on_side(own: &Meant<'_>, peer: &Meant<'_>) -> Result<Vec<PreflightError>, PreflightError> {
    let (groups, instance) = join(groups(own, peer), instance(own)).await;
    let mut errors = groups?;
    errors.extend(instance?);
    Ok(errors)
}

async fn groups(own: &Meant<'_>, peer: &Meant<'_>) -> Result<Vec<PreflightError>, PreflightError> {
    let (side, place) = (own.found.side, own.found.place);
    let mut errors = Vec::new();
    for (index, rule) in place.security_groups.iter().enumerate() {
        let pointer = format!("/{side}/security_groups/{index}");
        let id = rule.security_group_id.as_str();
        let found = match in_vpc(own, id, &pointer).await? {
            Ok(found) => found,
            Err(failed) => {
                errors.push(failed);
                continue;
            }
        };
        let Source::Group { security_group_id, .. } = &rule.source else { continue };
        let pointer = format!("{pointer}/source");
        if found.group_type == Some(GroupType::Enterprise) {
            let detail = format!("{id} is an advanced security group; its rules name no other groups: use source cidr");
            errors.push(PreflightError::at(pointer.clone(), detail));
        }
        if place.region_id != peer.found.place.region_id {
            let detail = "a rule can name a group of the same region only: use source cidr";
            errors.push(PreflightError::at(pointer.clone(), detail));
        } else if let Err(failed) = in_vpc(peer, security_group_id.as_str(), &pointer).await? {
            errors.push(failed);
        }
    }
    Ok(errors)
}

/// A group of the side's VPC. The inner error is a problem of the document.
async fn in_vpc(
    side: &Meant<'_>,
    id: &str,
    pointer: &str,
) -> Result<Result<SecurityGroup, PreflightError>, PreflightError> {
    let place = side.found.place;
    let ecs = side.found.client.ecs(&side.found.region);
    let wanted =
        DescribeSecurityGroups { security_group_ids: vec![id.to_owned()], ..DescribeSecurityGroups::default() };
    let listed = ecs.describe_security_groups(&wanted).await;
    let listed = listed.map_err(|error| PreflightError::of(pointer.to_owned(), error))?;
    let problem = |detail: String| Ok(Err(PreflightError::at(pointer, detail)));
    match listed.into_iter().find(|group| group.security_group_id == id) {
        None => problem(format!(
            "account {} has no security group {id} in {}; name one of {}",
            place.account, place.region_id, place.vpc_id
        )),
        Some(group) if group.vpc_id.as_deref() != Some(place.vpc_id.as_str()) => {
            problem(format!("security group {id} is not of {}; name one of that VPC", place.vpc_id))
        }
        Some(group) if group.service_managed == Some(true) => problem(format!(
            "security group {id} is kept by another product of the cloud; nobody else may change it; name another"
        )),
        Some(group) => Ok(Ok(group)),
    }
}

async fn instance(own: &Meant<'_>) -> Result<Vec<PreflightError>, PreflightError> {
    let Some(id) = &own.found.place.instance_id else { return Ok(Vec::new()) };
    let (pointer, place) = (format!("/{}/instance_id", own.found.side), own.found.place);
    let ecs = own.found.client.ecs(&own.found.region);
    let found = ecs.instance(id.as_str()).await.map_err(|error| PreflightError::of(pointer.clone(), error))?;
    // Whether it runs shows when it is asked to ping; here only what can never work.
    let detail = match found {
        None => format!(
            "account {} has no instance {id} in {}; name one of {}, or leave instance_id out",
            place.account, place.region_id, place.vpc_id
        ),
        Some(instance) if instance.vpc_id() == Some(place.vpc_id.as_str()) => return Ok(Vec::new()),
        Some(_) => format!("instance {id} is not in {}; name one that is, or leave instance_id out", place.vpc_id),
    };
    Ok(vec![PreflightError::at(pointer, detail)])
}
