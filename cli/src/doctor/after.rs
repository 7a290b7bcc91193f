//! What has to be so of a deployment that stands.

use std::collections::BTreeSet;
use std::time::Duration;

use alicloud::mns::{Mns, QueueName};
use futures::StreamExt as _;
use jiff::SignedDuration;
use operate::event_bridge::ListEventStreamings;
use operate::fc::Function;
use operate::ros::{DriftDetection, DriftStatus, Resource, Settled, Stack};
use operate::sls::GetLogs;
use transport::Chain;

use api::Page;
use api::accounts::{Deployment, LookOutcome};
use api::connections::Summary;

use super::check::{Found, Outcome, Patient, Trouble, unanswered};
use crate::accounts::{check as account_check, document};

/// A message that waits longer than this is one that nobody takes. Delayed ones do not count before their time.
const OLD: SignedDuration = SignedDuration::from_mins(15);
/// How often a look at drift is asked how far it is.
const EVERY: Duration = Duration::from_secs(3);
/// How many calls are made side by side.
const SIDE_BY_SIDE: usize = 8;
/// The log store of the functions.
const LOG_STORE: &str = "functions";
/// How far back a log is looked for.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

pub(super) async fn stacks(patient: &Patient) -> Vec<Found> {
    let both = [(&patient.names.base, &patient.base), (&patient.names.stack, &patient.main)];
    both.map(|(name, stack)| Found { about: Some(name.clone()), outcome: state(name, stack) }).into()
}

fn state(name: &str, stack: &Result<Option<Stack>, String>) -> Outcome {
    let stack = match stack {
        Ok(Some(stack)) => stack,
        Ok(None) => return Outcome::Skipped { why: "not deployed yet".to_owned() },
        Err(why) => return Outcome::unknown(why),
    };
    let trouble =
        Trouble::new(format!("stack {name} is {}{}", stack.status, failure(stack))).mended_by("causeway deploy");
    match stack.status.settled() {
        Some(Settled::Done) => Outcome::noted(stack.status.to_string()),
        // All is as it was before the last change.
        Some(Settled::RolledBack) if stack.status.can_be_updated() => Outcome::Warning(trouble),
        None => Outcome::Warning(Trouble { command: None, ..trouble }),
        Some(_) => Outcome::Failed(Trouble {
            request_id: stack.operation_info.as_ref().and_then(|info| info.request_id.clone()),
            ..trouble
        }),
    }
}

/// The product's call that failed, or what ROS says.
fn failure(stack: &Stack) -> String {
    let Some(info) = &stack.operation_info else {
        return stack.status_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    };
    let part = |value: &Option<String>| value.clone().unwrap_or_default();
    format!(
        ": {} {} {}: {}",
        part(&info.logical_resource_id),
        part(&info.action),
        part(&info.code),
        part(&info.message)
    )
}

pub(super) async fn drift(patient: &Patient) -> Vec<Found> {
    let Ok(Some(stack)) = &patient.main else { return Outcome::unknown("there is no stack").into() };
    let ros = patient.operator.client.ros(&patient.operator.region);
    let id = match ros.detect_stack_drift(&stack.stack_id).await {
        Ok(id) => id,
        Err(error) => return Outcome::refused(&error).into(),
    };
    loop {
        match ros.drift_detection(&id).await {
            Ok(DriftDetection::InProgress) => tokio::time::sleep(EVERY).await,
            Ok(_) => break,
            Err(error) => return Outcome::refused(&error).into(),
        }
    }
    let drifts = match ros.list_stack_resource_drifts(&stack.stack_id).await {
        Ok(drifts) => drifts,
        Err(error) => return Outcome::refused(&error).into(),
    };
    let changed = drifts.into_iter().filter(|one| {
        matches!(one.resource_drift_status, DriftStatus::Drifted | DriftStatus::Modified | DriftStatus::Deleted)
    });
    let wrong: Vec<String> = changed
        .map(|one| {
            let paths: Vec<String> = one.property_differences.into_iter().map(|what| what.property_path).collect();
            format!("{} is {} {}", one.logical_resource_id, one.resource_drift_status, paths.join(" "))
                .trim_end()
                .to_owned()
        })
        .collect();
    if wrong.is_empty() {
        return Outcome::passed().into();
    }
    let what = format!("somebody changed what the stack made: {}", wrong.join("; "));
    Outcome::Warning(
        Trouble::new(what).mended_by("set it back by hand; causeway deploy leaves what the template does not change"),
    )
    .into()
}

/// The functions of the stack. The courier is none of them: it is made by itself.
async fn functions(patient: &Patient) -> Result<Vec<Function>, Outcome> {
    let fc = patient.operator.client.fc(&patient.operator.region);
    let all =
        fc.list_functions(&format!("{}-", patient.names.stack)).await.map_err(|error| Outcome::refused(&error))?;
    let resources = resources(patient, "ALIYUN::FC3::Function").await?;
    let names: BTreeSet<String> = resources.iter().filter_map(own_name).collect();
    Ok(all.into_iter().filter(|function| names.contains(&function.function_name)).collect())
}

async fn resources(patient: &Patient, kind: &str) -> Result<Vec<Resource>, Outcome> {
    let Ok(Some(stack)) = &patient.main else { return Err(Outcome::unknown("there is no stack")) };
    let ros = patient.operator.client.ros(&patient.operator.region);
    let all = ros.list_stack_resources(&stack.stack_id).await.map_err(|error| Outcome::refused(&error))?;
    Ok(all.into_iter().filter(|resource| resource.resource_type == kind).collect())
}

/// The name of a resource. Its id may carry more than that.
fn own_name(resource: &Resource) -> Option<String> {
    let id = resource.physical_resource_id.as_deref()?;
    id.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
}

pub(super) async fn code(patient: &Patient) -> Vec<Found> {
    let (all, expected) = match (functions(patient).await, resources(patient, "ALIYUN::FC3::Function").await) {
        (Ok(all), Ok(expected)) => (all, expected),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome.into(),
    };
    let there: BTreeSet<&str> = all.iter().map(|function| function.function_name.as_str()).collect();
    let mut wrong: Vec<String> = expected
        .iter()
        .filter_map(own_name)
        .filter(|name| !there.contains(name.as_str()))
        .map(|name| format!("function {name} is not there"))
        .collect();
    let sums: BTreeSet<&str> = all.iter().filter_map(|function| function.code_checksum.as_deref()).collect();
    if sums.len() > 1 {
        wrong.push("not all functions have the same code".to_owned());
    }
    if let Some(package) = &patient.package {
        let others = all.iter().filter(|one| one.code_checksum.as_ref().is_some_and(|sum| sum != package));
        wrong.extend(others.map(|one| format!("function {} has other code than the package", one.function_name)));
    }
    if wrong.is_empty() && sums.is_empty() {
        return Outcome::unknown("Function Compute tells no checksum").into();
    }
    Outcome::unless(&wrong, |wrong| Trouble::new(wrong).mended_by("causeway deploy")).into()
}

pub(super) async fn triggers(patient: &Patient) -> Vec<Found> {
    let all = match functions(patient).await {
        Ok(all) => all,
        Err(outcome) => return outcome.into(),
    };
    let operator = &patient.operator;
    let (fc, bridge) = (operator.client.fc(&operator.region), operator.client.event_bridge(&operator.region));
    let (fc, bridge) = (&fc, &bridge);
    let looks = all.into_iter().map(|function| async move {
        let name = &function.function_name;
        let triggers = fc.list_triggers(name).await.map_err(|error| error.to_string())?;
        if triggers.is_empty() {
            return Ok(vec![format!("nothing calls function {name}: it has no trigger")]);
        }
        let is_off = |config: &serde_json::Value| {
            ["triggerEnable", "enable"]
                .iter()
                .any(|key| config.get(*key).and_then(serde_json::Value::as_bool) == Some(false))
        };
        let off = triggers.iter().filter(|trigger| is_off(&trigger.config()));
        let mut wrong: Vec<String> =
            off.map(|trigger| format!("trigger {} of function {name} is off", trigger.trigger_name)).collect();
        if triggers.iter().any(|trigger| trigger.trigger_type.as_deref() == Some("eventbridge")) {
            let which =
                ListEventStreamings { sink_arn: function.function_arn.clone(), ..ListEventStreamings::default() };
            let streams = bridge.list_event_streamings(&which).await.map_err(|error| error.to_string())?;
            let paused = streams.iter().filter(|stream| stream.status.as_deref() == Some("PAUSED"));
            wrong.extend(
                paused.map(|stream| format!("stream {} to function {name} is paused", stream.event_streaming_name)),
            );
        }
        Ok(wrong)
    });
    let answers: Vec<Result<Vec<String>, String>> = futures::stream::iter(looks).buffered(SIDE_BY_SIDE).collect().await;
    let (mut wrong, mut unknown) = (Vec::new(), None);
    for answer in answers {
        match answer {
            Ok(found) => wrong.extend(found),
            Err(why) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown.filter(|_| wrong.is_empty()) {
        Some(why) => Outcome::unknown(why).into(),
        None => Outcome::unless(&wrong, |wrong| Trouble::new(wrong).mended_by("causeway deploy")).into(),
    }
}

fn queues_of(patient: &Patient) -> Mns {
    let operator = &patient.operator;
    operator.client.networks().mns(&operator.identity.account, &operator.region)
}

fn dead_letters_of(patient: &Patient) -> String {
    format!("{}-dead-letter", patient.names.stack)
}

/// Peeks and takes nothing: what is looked at stays in the queue.
pub(super) async fn queues(patient: &Patient) -> Vec<Found> {
    let names: Vec<String> = match resources(patient, "ALIYUN::MNS::Queue").await {
        Ok(resources) => {
            resources.iter().filter_map(own_name).filter(|name| *name != dead_letters_of(patient)).collect()
        }
        Err(outcome) => return outcome.into(),
    };
    let (mns, now) = (&queues_of(patient), patient.operator.io.clock.now());
    let looks = names.into_iter().map(|name| async move {
        let queue: QueueName = name.parse().map_err(|error| Outcome::unknown(format!("{name}: {error}")))?;
        let attributes = match mns.queue_attributes(&queue).await {
            Ok(attributes) => attributes,
            Err(error) if error.kind() == alicloud::Kind::Gone => {
                return Ok(Some(format!("queue {name} is not there")));
            }
            Err(error) => return Err(Outcome::refused(&error)),
        };
        if attributes.active_messages == 0 {
            return Ok(None);
        }
        let oldest = mns.peek_message(&queue).await.map_err(|error| Outcome::refused(&error))?;
        let age = oldest.and_then(|message| message.enqueue_time).map(|time| now.duration_since(time));
        let old = age.filter(|age| *age > OLD);
        Ok(old.map(|age| format!("a message of queue {name} has been waiting for {} min", age.as_mins())))
    });
    let answers: Vec<Result<Option<String>, Outcome>> =
        futures::stream::iter(looks).buffered(SIDE_BY_SIDE).collect().await;
    let (mut wrong, mut unknown) = (Vec::new(), None);
    for answer in answers {
        match answer {
            Ok(found) => wrong.extend(found),
            Err(outcome) => unknown = unknown.or(Some(outcome)),
        }
    }
    match unknown.filter(|_| wrong.is_empty()) {
        Some(outcome) => outcome.into(),
        None => Outcome::unless(&wrong, |wrong| {
            Trouble::new(wrong).mended_by("causeway doctor --json, and look at triggers")
        })
        .into(),
    }
}

pub(super) async fn dead_letters(patient: &Patient) -> Vec<Found> {
    let name = dead_letters_of(patient);
    let outcome = match name.parse::<QueueName>() {
        Err(error) => Outcome::unknown(error.to_string()),
        Ok(queue) => match queues_of(patient).queue_attributes(&queue).await {
            Ok(attributes) if attributes.active_messages == 0 => Outcome::passed(),
            Ok(attributes) => Outcome::Warning(
                Trouble::new(format!("{} messages are in queue {name}", attributes.active_messages))
                    .mended_by("causeway dead-letters"),
            ),
            Err(error) => Outcome::refused(&error),
        },
    };
    outcome.into()
}

pub(super) async fn logs(patient: &Patient) -> Vec<Found> {
    let operator = &patient.operator;
    let now = operator.io.clock.now();
    let which = GetLogs {
        project: patient.names.logs.clone(),
        logstore: LOG_STORE.to_owned(),
        from: now - HOUR,
        until: now,
        query: "*".to_owned(),
        lines: 1,
        offset: 0,
        newest_first: true,
    };
    let outcome = match operator.client.sls(&operator.region).logs(&which).await {
        Ok(logs) if logs.lines.is_empty() => Outcome::Warning(Trouble::new(
            "no function has logged anything for an hour, although timers call some each minute",
        )),
        Ok(_) => Outcome::passed(),
        Err(error) => Outcome::refused(&error),
    };
    outcome.into()
}

/// A signed request through the webhook: its signature, its store and its callers document.
pub(super) async fn webhook(patient: &Patient) -> Vec<Found> {
    let Ok(webhook) = &patient.webhook else { return Outcome::unknown("there is no webhook").into() };
    let outcome = match webhook.get::<Deployment>("/v1/deployment").await {
        Err(error) => unanswered(&error),
        Ok(found) => {
            let operator = &patient.operator;
            let is_it = found.account_id == operator.identity.account.as_str()
                && found.region_id.as_str() == operator.region.as_str()
                && found.stack == patient.names.stack;
            if is_it {
                Outcome::passed()
            } else {
                Outcome::Failed(
                    Trouble::new(format!(
                        "it belongs to another deployment: {} in {} of account {}",
                        found.stack, found.region_id, found.account_id
                    ))
                    .mended_by("causeway doctor --context NAME"),
                )
            }
        }
    };
    outcome.into()
}

pub(super) async fn webhook_target(patient: &Patient) -> Vec<Found> {
    let Ok(webhook) = &patient.webhook else { return Outcome::unknown("there is no webhook").into() };
    match webhook.get::<Page<Summary>>("/v1/connections?limit=1").await {
        Ok(_) => Outcome::passed().into(),
        Err(error) => unanswered(&error).into(),
    }
}

pub(super) async fn accounts(patient: &Patient) -> Vec<Found> {
    let Ok(webhook) = &patient.webhook else { return Outcome::unknown("there is no webhook").into() };
    let aliases: Vec<_> = match document::read(webhook).await {
        Ok((accounts, _)) => accounts.accounts.into_keys().collect(),
        Err(error) => return Outcome::unknown(Chain(&error).to_string()).into(),
    };
    if aliases.is_empty() {
        return Outcome::noted("no account is connected yet: causeway accounts add ALIAS --profile NAME").into();
    }
    let looks = aliases.into_iter().map(|alias| async move {
        let found = match account_check::check(webhook, &alias, None).await {
            Ok(found) => found,
            Err(error) => return vec![Found { about: Some(alias.to_string()), outcome: unanswered(&error) }],
        };
        let each = found.checks.iter().filter(|check| check.outcome != LookOutcome::Passed).map(|check| {
            let trouble = Trouble {
                permissions: check.permission.iter().cloned().collect(),
                request_id: check.call.as_ref().and_then(|call| call.request_id.clone()),
                ..Trouble::new(format!("{} {}", account_check::line(check), check.what.as_deref().unwrap_or_default()))
            };
            let mended = format!("causeway accounts add {alias} --profile PROFILE");
            let outcome = match check.outcome {
                LookOutcome::Closed => Outcome::Warning(trouble.mended_by(format!("{mended} --open"))),
                LookOutcome::Unknown => Outcome::unknown(trouble.what),
                LookOutcome::Failed | LookOutcome::Passed => Outcome::Failed(trouble.mended_by(mended)),
            };
            Found { about: Some(alias.to_string()), outcome }
        });
        let troubles: Vec<Found> = each.collect();
        if troubles.is_empty() {
            vec![Found { about: Some(alias.to_string()), outcome: Outcome::passed() }]
        } else {
            troubles
        }
    });
    let found: Vec<Vec<Found>> = futures::stream::iter(looks).buffered(SIDE_BY_SIDE).collect().await;
    found.concat()
}
