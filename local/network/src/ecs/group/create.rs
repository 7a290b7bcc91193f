//! CreateSecurityGroup, ModifySecurityGroupAttribute and DeleteSecurityGroup.

use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::rule::{Source, read_description};
use super::{Group, Kind, find, members, refusal};
use crate::vpc::{Place, World};

pub(in crate::ecs) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let kind = params.get("SecurityGroupType").unwrap_or("normal");
    let kind = kind
        .parse::<Kind>()
        .map_err(|()| RpcError::invalid_parameter("SecurityGroupType", "it must be normal or enterprise"))?;
    let vpc_id = params.required("VpcId")?;
    world.expect_network(&place, vpc_id)?;
    let name = read_name(params)?;
    let group = Group {
        id: world.shared.ids.resource("sg"),
        account: place.account.clone(),
        region: place.region.clone(),
        vpc_id: vpc_id.to_owned(),
        kind,
        name,
        description: read_description(params)?,
        rules: Vec::new(),
        created: world.now,
        is_isolating: false,
    };
    let answer = json!({ "SecurityGroupId": group.id });
    world.ecs.groups.insert(place.key(&group.id), group);
    Ok(answer)
}

/// What is left out, or given empty, stays as it is.
pub(in crate::ecs) fn rename(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let key = place.key(&find(world, &place, params)?.id);
    let (name, description) = (read_name(params)?, read_description(params)?);
    if let Some(group) = world.ecs.groups.get_mut(&key) {
        if !name.is_empty() {
            group.name = name;
        }
        if !description.is_empty() {
            group.description = description;
        }
    }
    Ok(json!({}))
}

fn read_name(params: &Params) -> Result<String, RpcError> {
    let name = params.get("SecurityGroupName").unwrap_or_default();
    let fits = (2..=128).contains(&name.chars().count()) && name.starts_with(char::is_alphabetic);
    let is_address = name.starts_with("http://") || name.starts_with("https://");
    refuse_if!(!name.is_empty() && (!fits || is_address), refusal::bad_name());
    Ok(name.to_owned())
}

/// Whether members of a basic group reach each other without a rule.
pub(in crate::ecs) fn set_policy(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let group = find(world, &place, params)?;
    let word = params.required("InnerAccessPolicy")?;
    let is_isolating = match word.to_ascii_lowercase().as_str() {
        "accept" => false,
        "drop" => true,
        _ => return Err(refusal::bad_policy(word)),
    };
    refuse_if!(
        group.kind == Kind::Enterprise,
        RpcError::invalid_parameter("SecurityGroupId", "an advanced group has no such policy")
    );
    let key = place.key(&group.id);
    if let Some(group) = world.ecs.groups.get_mut(&key) {
        group.is_isolating = is_isolating;
    }
    Ok(json!({}))
}

pub(in crate::ecs) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let group = find(world, &place, &request.params)?;
    refuse_if!(members(world, &place, &group.id) > 0, refusal::in_use("there are instances in it"));
    refuse_if!(world.links.has_in_group(&place, &group.id), refusal::in_use("there are endpoints in it"));
    let names = |other: &Group| {
        other.rules.iter().any(|rule| matches!(&rule.term.source, Source::Group { id, .. } if *id == group.id))
    };
    if world.ecs.groups.iter().any(|(_, other)| names(other)) {
        return Err(refusal::in_use("a rule of another group names it"));
    }
    let key = place.key(&group.id);
    world.ecs.groups.remove(&key);
    Ok(json!({}))
}
