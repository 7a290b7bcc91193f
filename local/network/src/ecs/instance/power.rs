//! StartInstance(s) and StopInstance(s).

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::assistant;
use super::{Instance, Status, no_such_instance};
use crate::vpc::{Place, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    On,
    Off,
}

pub(in crate::ecs) fn start(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    turn_one(world, request, Turn::On)
}

pub(in crate::ecs) fn stop(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    turn_one(world, request, Turn::Off)
}

pub(in crate::ecs) fn start_many(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    turn_many(world, request, Turn::On)
}

pub(in crate::ecs) fn stop_many(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    turn_many(world, request, Turn::Off)
}

fn turn_one(world: &mut World, request: &RpcRequest, turn: Turn) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let id = request.params.required("InstanceId")?;
    // The id alone tells the region: these calls have no RegionId.
    let key = world.instance_key(&place, id).ok_or_else(|| no_such_instance(id))?;
    if let Some(instance) = world.ecs.instances.get(&key) {
        check(instance, turn)?;
    }
    refuse_if!(request.params.flag("DryRun")?, RpcError::dry_run_passed());
    apply(world, &key, turn);
    Ok(json!({}))
}

fn turn_many(world: &mut World, request: &RpcRequest, turn: Turn) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let ids = request.params.list("InstanceId");
    refuse_if!(ids.is_empty(), RpcError::missing_parameter("InstanceId"));
    for id in &ids {
        let instance = world.ecs.instances.get(&place.key(id)).ok_or_else(|| no_such_instance(id))?;
        check(instance, turn)?;
    }
    refuse_if!(request.params.flag("DryRun")?, RpcError::dry_run_passed());
    let mut responses = Vec::new();
    for id in ids {
        let key = place.key(id);
        let status = |world: &World| world.ecs.instances.get(&key).map(|instance| instance.status.word());
        let before = status(world);
        apply(world, &key, turn);
        responses.push(json!({
            "InstanceId": id,
            "PreviousStatus": before,
            "CurrentStatus": status(world),
            "Code": "200",
            "Message": "success",
        }));
    }
    Ok(json!({ "InstanceResponses": { "InstanceResponse": responses } }))
}

/// Stopping what is stopped is no error on the real cloud either; what is on its way cannot be turned.
fn check(instance: &Instance, turn: Turn) -> Result<(), RpcError> {
    let fits = match (instance.status, turn) {
        (Status::Running, _) | (Status::Stopped, _) => true,
        (Status::Stopping, Turn::Off) | (Status::Starting, Turn::On) => true,
        (Status::Stopping, Turn::On) | (Status::Starting, Turn::Off) => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "The current status of the instance {} does not support this operation: it is {}.",
        instance.id,
        instance.status.word()
    );
    Err(RpcError::forbidden("IncorrectInstanceStatus", message))
}

fn apply(world: &mut World, key: &str, turn: Turn) {
    let Some(instance) = world.ecs.instances.get(key) else { return };
    let (next, wait) = match (instance.status, turn) {
        (Status::Stopped, Turn::On) => (Status::Starting, Wait::InstanceStart),
        (Status::Running, Turn::Off) => (Status::Stopping, Wait::InstanceStop),
        _ => return,
    };
    let id = instance.id.clone();
    let (waiting, now) = (world.begin(wait), world.now);
    world.ecs.instances.change(key, |instance| {
        (instance.status, instance.waiting) = (next, waiting);
        if turn == Turn::Off {
            instance.agent_seen = now;
        }
    });
    if turn == Turn::Off {
        assistant::interrupt(world, &id);
    }
}
