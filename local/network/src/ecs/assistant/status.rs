//! DescribeCloudAssistantStatus.

use local_core::rpc::page::{Cursor, Page};
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::instance::Instance;
use crate::vpc::text::time;
use crate::vpc::{Place, World};

pub(in crate::ecs) fn status(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let wanted = params.list("InstanceId");
    let instances = world.ecs.instances.at(&place).map(|(key, instance)| (key.to_owned(), instance));
    let items: Vec<(String, Value)> = instances
        .filter(|(_, instance)| wanted.is_empty() || wanted.contains(&instance.id.as_str()))
        .map(|(key, instance)| (key, view(world, instance)))
        .collect();
    let (outer, inner) = ("InstanceCloudAssistantStatusSet", "InstanceCloudAssistantStatus");
    if params.get("MaxResults").is_none() && params.get("NextToken").is_none() {
        return Ok(Page::read(params)?.answer(outer, inner, items.into_iter().map(|(_, item)| item).collect()));
    }
    let total = items.len();
    let (page, next) = Cursor::named("MaxResults", 1..=50, 10, params)?.cut(items);
    Ok(json!({ outer: { inner: page }, "NextToken": next, "TotalCount": total }))
}

fn view(world: &World, instance: &Instance) -> Value {
    let heard = if instance.has_agent() { world.now } else { instance.agent_seen };
    let runs = || world.ecs.runs.rows.iter().map(|(_, run)| run).filter(|run| run.instance_id == instance.id);
    json!({
        "InstanceId": instance.id,
        // A text, not a boolean.
        "CloudAssistantStatus": if instance.has_agent() { "true" } else { "false" },
        "CloudAssistantVersion": "2.2.4.1000",
        "OSType": "Linux",
        "SupportSessionManager": true,
        "LastHeartbeatTime": time(heard),
        "LastInvokedTime": runs().map(|run| run.created).max().map(time).unwrap_or_default(),
        "InvocationCount": runs().count(),
        "ActiveTaskCount": runs().filter(|run| !run.is_over()).count(),
    })
}
