//! Tags of load balancers. Listeners, certificates and the like have some too, but not here.

use local_core::refuse_if;
use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::Balancer;
use crate::clb::refusal;
use crate::tags::{self, Tags};
use crate::vpc::{Place, World};

/// How many tags a balancer has, and how many of them, or of balancers, a call names.
const MOST: usize = 20;
/// Of how many tags a page of a listing tells. No source says how many it is.
const PAGE: u32 = 50;
/// The type of the one resource that has tags here.
const INSTANCE: &str = "instance";

/// The tags of what is made or tagged.
pub(super) fn read(params: &Params) -> Result<Tags, RpcError> {
    let tags = tags::read(params, RpcError::missing_parameter)?;
    refuse_if!(tags.len() > MOST, too_many("Tag"));
    Ok(tags)
}

/// TagResources: a key that is there gets the new value.
pub(in crate::clb) fn tag(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let more = read(&request.params)?;
    refuse_if!(more.is_empty(), RpcError::missing_parameter("Tag.1.Key"));
    change(world, request, |tags| tags.extend(more.clone()))
}

/// UntagResources: by key, or all of them where no key is named.
pub(in crate::clb) fn untag(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let (keys, all) = (params.list("TagKey"), params.flag("All")?);
    refuse_if!(keys.len() > MOST, too_many("TagKey"));
    change(world, request, |tags| tags.retain(|key, _| !(keys.contains(&key.as_str()) || all && keys.is_empty())))
}

/// ListTagResources: of the balancers that are named, or that have all of some tags.
pub(in crate::clb) fn list_tags(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    expect_instances(params)?;
    let (ids, wanted) = (params.list("ResourceId"), params.objects("Tag"));
    refuse_if!(ids.is_empty() && wanted.is_empty(), RpcError::missing_parameter("ResourceId.1"));
    refuse_if!(ids.len() > MOST, too_many("ResourceId"));
    for tag in &wanted {
        tag.required("Key")?;
    }
    let fits = |balancer: &Balancer| {
        (ids.is_empty() || ids.contains(&balancer.id.as_str())) && tags::fit(&balancer.tags, params)
    };
    let found = world.clb.balancers.at(&place).map(|(_, balancer)| balancer).filter(|balancer| fits(balancer));
    let each = found.flat_map(|balancer| balancer.tags.iter().map(move |(key, value)| (&balancer.id, key, value)));
    let rows = each.map(|(id, key, value)| {
        let view = json!({ "ResourceId": id, "ResourceType": INSTANCE, "TagKey": key, "TagValue": value });
        (format!("{id}/{key}"), view)
    });
    let (page, token) = Cursor::named("MaxResults", 1..=PAGE, PAGE, params)?.cut(rows.collect());
    Ok(json!({ "TagResources": { "TagResource": page }, "NextToken": token }))
}

/// Changes the tags of every balancer that a call names, or of none.
fn change(world: &mut World, request: &RpcRequest, change: impl Fn(&mut Tags)) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    expect_instances(params)?;
    let ids = params.list("ResourceId");
    refuse_if!(ids.is_empty(), RpcError::missing_parameter("ResourceId.1"));
    refuse_if!(ids.len() > MOST, too_many("ResourceId"));
    for id in &ids {
        let mut tags = world.clb.balancer(&place, id).ok_or_else(|| refusal::no_balancer(id))?.tags.clone();
        change(&mut tags);
        refuse_if!(tags.len() > MOST, too_many("Tag"));
    }
    for id in ids {
        world.clb.balancers.change(&place.key(id), |balancer| change(&mut balancer.tags));
    }
    Ok(json!({}))
}

fn expect_instances(params: &Params) -> Result<(), RpcError> {
    let is_instance = params.required("ResourceType")? == INSTANCE;
    refuse_if!(!is_instance, RpcError::invalid_parameter("ResourceType", "only instance has tags here"));
    Ok(())
}

/// The code is not confirmed: the pages say that there may be 20, and that more is an error.
fn too_many(name: &str) -> RpcError {
    RpcError::invalid_parameter(name, &format!("there may be {MOST}"))
}
