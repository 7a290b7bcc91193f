//! JoinSecurityGroup and LeaveSecurityGroup: in which groups an instance is. It is in one at the least, and in five at the most.

use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Instance, Status, no_such_instance};
use crate::vpc::{Place, World};

/// How many groups an instance may be in.
const MOST: usize = 5;

local_core::refusals! {
    no_such_group(id: &str) = missing "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist: {id}.";
    of_another_vpc() = bad "InvalidInstanceId.Mismatch", "Specified instance and security group are not in the same VPC.";
    is_in_it() = forbidden "InvalidInstanceId.AlreadyExists", "The specified instance is in the specified security group already.";
    too_many() = bad "InstanceSecurityGroupLimitExceeded", "An instance can be in at most {MOST} security groups.";
    is_not_in_it() = missing "InvalidSecurityGroupAssociation.NotFound", "The instance is not in the specified security group.";
    last_group() = forbidden "InstanceLastSecurityGroup", "The specified security group is the last one of the instance.";
    on_its_way() = forbidden "IncorrectInstanceStatus", "The instance must be Running or Stopped.";
}

pub(in crate::ecs) fn join(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (key, instance, group) = named(world, request)?;
    refuse_if!(instance.groups.contains(&group), is_in_it());
    refuse_if!(instance.groups.len() >= MOST, too_many());
    world.ecs.instances.change(&key, |instance| instance.groups.push(group.clone()));
    Ok(json!({}))
}

pub(in crate::ecs) fn leave(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (key, instance, group) = named(world, request)?;
    refuse_if!(!instance.groups.contains(&group), is_not_in_it());
    refuse_if!(instance.groups.len() == 1, last_group());
    world.ecs.instances.change(&key, |instance| instance.groups.retain(|own| *own != group));
    Ok(json!({}))
}

/// The instance and the group that a call names.
fn named(world: &World, request: &RpcRequest) -> Result<(String, Instance, String), RpcError> {
    let place = Place::of(request);
    let (id, group) = (request.params.required("InstanceId")?, request.params.required("SecurityGroupId")?);
    let key = world.instance_key(&place, id).ok_or_else(|| no_such_instance(id))?;
    let instance = world.ecs.instances.get(&key).ok_or_else(|| no_such_instance(id))?.clone();
    let found = world.ecs.groups.get(&place.key(group)).ok_or_else(|| no_such_group(group))?;
    refuse_if!(found.vpc_id != instance.vpc_id, of_another_vpc());
    refuse_if!(!matches!(instance.status, Status::Running | Status::Stopped), on_its_way());
    Ok((key, instance, group.to_owned()))
}
