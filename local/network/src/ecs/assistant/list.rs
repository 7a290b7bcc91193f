//! DescribeInvocations and DescribeInvocationResults.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use local_core::rpc::page::{Cursor, Page};
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::Invocation;
use super::run::{Run, Stage, State};
use crate::vpc::text::{optional_time, time};
use crate::vpc::{Place, World};

/// How texts are written in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    Base64,
}

impl Encoding {
    /// Base64 unless the request says otherwise.
    fn read(params: &Params) -> Result<Self, RpcError> {
        match params.get("ContentEncoding") {
            None | Some("Base64") => Ok(Self::Base64),
            Some("PlainText") => Ok(Self::Plain),
            Some(_) => Err(RpcError::invalid_parameter("ContentEncoding", "it must be PlainText or Base64")),
        }
    }

    fn write(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Base64 => BASE64_STANDARD.encode(text),
        }
    }
}

pub(in crate::ecs) fn results(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let encoding = Encoding::read(&request.params)?;
    let wanted = wanted(world, request);
    let runs = wanted.iter().flat_map(|(key, invocation)| {
        runs_of(world, request, invocation).map(move |run| (format!("{key}/{}", run.instance_id), invocation, run))
    });
    let items = runs.map(|(key, invocation, run)| {
        let mut view = run_view(run, encoding);
        view["InvokeId"] = invocation.id.as_str().into();
        view["CommandId"] = invocation.command_id.as_str().into();
        view["Username"] = invocation.user.as_str().into();
        view["InvokeRecordStatus"] = record_status(world, invocation).into();
        view["FinishedTime"] = optional_time(run.finished).into();
        (key, view)
    });
    let answer = paged(&request.params, "InvocationResults", "InvocationResult", items.collect())?;
    Ok(json!({ "Invocation": answer }))
}

pub(in crate::ecs) fn invocations(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let encoding = Encoding::read(params)?;
    let with_output = params.flag("IncludeOutput")?;
    if with_output && params.get("InvokeId").is_none() && params.get("InstanceId").is_none() {
        return Err(RpcError::invalid_parameter("IncludeOutput", "it needs InvokeId or InstanceId"));
    }
    let view = |invocation: &Invocation| {
        let runs = runs_of(world, request, invocation).map(|run| {
            let mut view = run_view(run, encoding);
            view["InstanceInvokeStatus"] = legacy_status(run).into();
            view["CreationTime"] = time(run.created).into();
            view["UpdateTime"] = time(run.finished.or(run.started).unwrap_or(run.created)).into();
            view["FinishTime"] = optional_time(run.finished).into();
            if !with_output {
                view["Output"] = "".into();
            }
            view
        });
        let runs: Vec<Value> = runs.collect();
        json!({
            "InvokeId": invocation.id,
            "CommandId": invocation.command_id,
            "CommandName": invocation.name,
            "CommandType": "RunShellScript",
            "CommandContent": encoding.write(&invocation.script),
            "Timeout": invocation.timeout,
            "Username": invocation.user,
            "WorkingDir": invocation.folder,
            "RepeatMode": "Once",
            "Timed": false,
            "Frequency": "",
            "Parameters": "{}",
            "CreationTime": time(invocation.created),
            "InvokeStatus": record_status(world, invocation),
            "InvocationStatus": overall_status(world, invocation),
            "InvokeInstances": { "InvokeInstance": runs },
        })
    };
    let items = wanted(world, request).into_iter().map(|(key, invocation)| (key.to_owned(), view(invocation)));
    paged(params, "Invocations", "Invocation", items.collect())
}

/// The invocations that a request asks for: by id, by instance, by command, or all.
fn wanted<'a>(world: &'a World, request: &RpcRequest) -> Vec<(&'a str, &'a Invocation)> {
    let params = &request.params;
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    let prefix = Place::of(request).prefix();
    let all = world.ecs.invocations.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    let fitting = all.filter(|(_, invocation)| {
        is("InvokeId", &invocation.id)
            && is("CommandId", &invocation.command_id)
            && params.get("InstanceId").is_none_or(|id| invocation.instances.iter().any(|own| own == id))
    });
    fitting.collect()
}

/// An invocation's runs, on the instance that the request asks for or on all.
fn runs_of<'a>(world: &'a World, request: &RpcRequest, invocation: &'a Invocation) -> impl Iterator<Item = &'a Run> {
    let wanted = request.params.get("InstanceId").map(str::to_owned);
    let ids = invocation.instances.iter().filter(move |id| wanted.as_ref().is_none_or(|wanted| wanted == *id));
    ids.filter_map(|id| world.ecs.runs.rows.get(&format!("{}/{id}", invocation.id)))
}

fn all_runs<'a>(world: &'a World, invocation: &'a Invocation) -> impl Iterator<Item = &'a Run> {
    invocation.instances.iter().filter_map(|id| world.ecs.runs.rows.get(&format!("{}/{id}", invocation.id)))
}

fn run_view(run: &Run, encoding: Encoding) -> Value {
    let mut view = json!({
        "InstanceId": run.instance_id,
        "InvocationStatus": run.word(),
        "StartTime": optional_time(run.started),
        "StopTime": "",
        "Repeats": u8::from(run.started.is_some()),
        "Output": "",
        "Dropped": 0,
        "ErrorCode": "",
        "ErrorInfo": "",
    });
    if let Stage::Over(end) = &run.stage {
        let (code, info) = end.state.error();
        view["Output"] = encoding.write(&end.output).into();
        view["Dropped"] = end.dropped.into();
        view["ErrorCode"] = code.into();
        view["ErrorInfo"] = info.into();
        if let Some(exit) = end.exit {
            view["ExitCode"] = exit.into();
        }
    }
    view
}

/// `InvokeRecordStatus`, and the older `InvokeStatus`, of all instances together.
fn record_status(world: &World, invocation: &Invocation) -> &'static str {
    let (mut failed, mut all) = (0, 0);
    for run in all_runs(world, invocation) {
        all += 1;
        match &run.stage {
            Stage::Pending | Stage::Running { .. } => return "Running",
            // A program that ended is finished, whatever its exit code.
            Stage::Over(end) => failed += usize::from(!matches!(end.state, State::Success | State::ExitCode)),
        }
    }
    match failed {
        0 => "Finished",
        failed if failed == all => "Failed",
        _ => "PartialFailed",
    }
}

/// `InvocationStatus` of all instances together.
fn overall_status(world: &World, invocation: &Invocation) -> &'static str {
    let words: Vec<&str> = all_runs(world, invocation).map(Run::word).collect();
    let has = |word: &str| words.contains(&word);
    if has("Running") {
        return "Running";
    }
    if has("Pending") {
        return "Pending";
    }
    match words.iter().filter(|word| **word == "Success").count() {
        good if good == words.len() => "Success",
        0 => "Failed",
        _ => "PartialFailed",
    }
}

/// `InstanceInvokeStatus`.
fn legacy_status(run: &Run) -> &'static str {
    match &run.stage {
        Stage::Pending | Stage::Running { .. } => "Running",
        Stage::Over(end) if matches!(end.state, State::Success | State::ExitCode) => "Finished",
        Stage::Over(_) => "Failed",
    }
}

fn paged(params: &Params, outer: &str, inner: &str, items: Vec<(String, Value)>) -> Result<Value, RpcError> {
    if params.get("MaxResults").is_none() && params.get("NextToken").is_none() {
        return Ok(Page::read(params)?.answer(outer, inner, items.into_iter().map(|(_, item)| item).collect()));
    }
    let total = items.len();
    let (page, next) = Cursor::named("MaxResults", 1..=50, 10, params)?.cut(items);
    Ok(json!({ outer: { inner: page }, "NextToken": next, "TotalCount": total }))
}
