//! RunCommand.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::instance;
use super::run::{End, Run, Stage, State};
use super::{Invocation, user};
use crate::vpc::{Place, World};

/// How long an encoded script may be (docs/reference/vpc-connection-apis.md, section 5.1).
const LONGEST: usize = 24 * 1024;

/// How many instances a command may go to.
const MOST: usize = 100;

pub(in crate::ecs) fn run_command(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    if params.required("Type")? != "RunShellScript" {
        return Err(RpcError::invalid_parameter("Type", "the instances of this cloud run RunShellScript only"));
    }
    let script = read_script(params)?;
    user::check(params)?;
    let timeout = params.integer("Timeout", 10..=86_400)?.unwrap_or(60);
    let is_check = match params.get("RepeatMode") {
        None | Some("Once") => false,
        Some("DryRun") => true,
        Some(_) => return Err(RpcError::invalid_parameter("RepeatMode", "this cloud knows Once and DryRun")),
    };
    let instances: Vec<String> = params.list("InstanceId").into_iter().map(str::to_owned).collect();
    refuse_if!(instances.is_empty(), RpcError::missing_parameter("InstanceId"));
    refuse_if!(instances.len() > MOST, forbidden "NumberExceed.InstanceIds", "At most {MOST} instances at once.");
    for id in &instances {
        refuse_if!(world.ecs.instances.get(&place.key(id)).is_none(), instance::no_such_instance(id));
    }
    refuse_if!(is_check, RpcError::dry_run_passed());
    let ids = &world.shared.ids;
    let (id, command_id) = (ids.resource("t"), ids.resource("c"));
    for instance_id in &instances {
        let run = new_run(world, &place, &id, instance_id);
        world.ecs.runs.put(run);
    }
    let invocation = Invocation {
        id: id.clone(),
        command_id: command_id.clone(),
        name: params.get("Name").unwrap_or_default().to_owned(),
        script,
        timeout,
        user: run_as(params).to_owned(),
        folder: params.get("WorkingDir").unwrap_or_default().to_owned(),
        created: world.now,
        instances,
    };
    world.ecs.invocations.insert(place.key(&id), invocation);
    Ok(json!({ "InvokeId": id, "CommandId": command_id }))
}

/// The user that a request is for.
pub(in crate::ecs) fn run_as(params: &Params) -> &str {
    params.get("Username").filter(|user| !user.is_empty()).unwrap_or(user::ROOT)
}

/// Whether an instance can take a command is seen at once, and told as a result: no source has a refusal for it.
fn new_run(world: &World, place: &Place, invoke_id: &str, instance_id: &str) -> Run {
    let instance = world.ecs.instances.get(&place.key(instance_id));
    let obstacle = match instance {
        Some(instance) if instance.has_agent() => None,
        Some(instance) if instance.is_running() => Some(State::AgentNotRunning),
        _ => Some(State::InstanceNotRunning),
    };
    Run {
        invoke_id: invoke_id.to_owned(),
        invocation: place.key(invoke_id),
        instance_id: instance_id.to_owned(),
        stage: obstacle.map_or(Stage::Pending, |state| Stage::Over(End::bare(state))),
        created: world.now,
        started: None,
        finished: obstacle.map(|_| world.now),
    }
}

fn read_script(params: &Params) -> Result<String, RpcError> {
    let content = params.required("CommandContent")?;
    let encoded = match params.get("ContentEncoding") {
        None | Some("PlainText") => content.len().div_ceil(3) * 4,
        Some("Base64") => content.len(),
        Some(_) => return Err(RpcError::invalid_parameter("ContentEncoding", "it must be PlainText or Base64")),
    };
    refuse_if!(encoded > LONGEST, forbidden "CmdContent.ExceedLimit",
        "The command's content is longer than {LONGEST} bytes in Base64.");
    if params.get("ContentEncoding") != Some("Base64") {
        return Ok(content.to_owned());
    }
    let bytes = BASE64_STANDARD.decode(content).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| RpcError::forbidden("CmdContent.DecodeError", "The CommandContent is not text in Base64."))
}
