//! Tags and resource groups of services and endpoints.

use local_core::refuse_if;
use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{refusal, text};
use crate::tags::{self, Tags};
use crate::vpc::{Place, World};

/// How many tags a thing may have.
const MOST: usize = 20;

/// The tags of what is made or tagged.
pub(super) fn read(params: &Params) -> Result<Tags, RpcError> {
    let tags = tags::read(params, RpcError::missing_parameter)?;
    if tags.len() > MOST { Err(refusal::over_quota("tags")) } else { Ok(tags) }
}

pub(super) fn view(tags: &Tags) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// What a call may name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Service,
    Endpoint,
}

/// Calls about tags write it small, calls about groups do not.
fn kind(params: &Params) -> Result<Kind, RpcError> {
    match params.required("ResourceType")?.to_ascii_lowercase().as_str() {
        "vpcendpointservice" => Ok(Kind::Service),
        "vpcendpoint" => Ok(Kind::Endpoint),
        _ => Err(RpcError::invalid_parameter("ResourceType", "it must be vpcendpoint or vpcendpointservice")),
    }
}

/// The tags of a thing of the caller.
fn tags_of<'a>(world: &'a World, place: &Place, kind: Kind, id: &str) -> Result<&'a Tags, RpcError> {
    let key = place.key(id);
    match kind {
        Kind::Service => world.links.services.get(&key).map(|own| &own.tags).ok_or_else(|| refusal::no_service(id)),
        Kind::Endpoint => world.links.endpoints.get(&key).map(|own| &own.tags).ok_or_else(|| refusal::no_endpoint(id)),
    }
}

/// Changes the tags of everything that a call names, or of nothing.
fn change(world: &mut World, request: &RpcRequest, change: impl Fn(&mut Tags)) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (kind, ids) = (kind(params)?, params.list("ResourceId"));
    refuse_if!(ids.is_empty(), RpcError::missing_parameter("ResourceId.1"));
    for id in &ids {
        let mut tags = tags_of(world, &place, kind, id)?.clone();
        change(&mut tags);
        refuse_if!(tags.len() > MOST, refusal::over_quota("tags"));
    }
    text::unless_dry(params)?;
    for id in ids {
        let key = place.key(id);
        world.links.services.change(&key, |own| change(&mut own.tags));
        world.links.endpoints.change(&key, |own| change(&mut own.tags));
    }
    Ok(json!({}))
}

pub(super) fn tag(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let more = read(&request.params)?;
    change(world, request, |tags| tags.extend(more.clone()))
}

pub(super) fn untag(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let (keys, all) = (params.list("TagKey"), params.flag("All")?);
    change(world, request, |tags| tags.retain(|key, _| !(keys.contains(&key.as_str()) || all && keys.is_empty())))
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (kind, cursor) = (kind(params)?, Cursor::named("MaxResults", 1..=50, 50, params)?);
    let ids = params.list("ResourceId");
    let word = if kind == Kind::Service { "vpcendpointservice" } else { "vpcendpoint" };
    let all: Vec<(&str, &Tags)> = match kind {
        Kind::Service => world.links.services.at(&place).map(|(_, own)| (own.id.as_str(), &own.tags)).collect(),
        Kind::Endpoint => world.links.endpoints.at(&place).map(|(_, own)| (own.id.as_str(), &own.tags)).collect(),
    };
    let wanted = all.into_iter().filter(|(id, tags)| (ids.is_empty() || ids.contains(id)) && tags::fit(tags, params));
    let each = wanted.flat_map(|(id, tags)| tags.iter().map(move |(key, value)| (id, key, value)));
    let found = each.map(|(id, key, value)| {
        let view = json!({ "ResourceId": id, "ResourceType": word, "TagKey": key, "TagValue": value });
        (format!("{id}/{key}"), view)
    });
    let (page, token) = cursor.cut(found.collect());
    Ok(json!({ "TagResources": page, "NextToken": token }))
}

pub(super) fn change_group(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let (kind, id) = (kind(params)?, params.required("ResourceId")?);
    let group = params.required("ResourceGroupId")?.to_owned();
    tags_of(world, &place, kind, id)?;
    let key = place.key(id);
    match kind {
        Kind::Service => world.links.services.change(&key, |own| own.resource_group = group),
        Kind::Endpoint => world.links.endpoints.change(&key, |own| own.resource_group = group),
    }
    Ok(json!({}))
}
