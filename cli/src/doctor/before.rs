//! What has to be so before anything is deployed.

use std::collections::BTreeSet;

use alicloud::Kind;
use alicloud::mns::QueueName;
use futures::StreamExt as _;
use futures::future::{join3, try_join};
use jiff::SignedDuration;
use operate::oss::Versioning;
use operate::ros::ProvisionStatus;
use serde_json::Value;

use crate::deploy::prepare::provisions;
use crate::deployment::BASE;

use super::check::{Found, Outcome, Patient, Trouble, is_closed};

/// How far a clock may be off before a request is refused, and before somebody should know.
const SKEWED: SignedDuration = SignedDuration::from_mins(15);
const AHEAD: SignedDuration = SignedDuration::from_mins(1);
/// The service-linked roles that feed functions from queues.
const LINKED: [&str; 3] = [
    "AliyunServiceRoleForEventBridgeSendToFC",
    "AliyunServiceRoleForEventBridgeSourceMNS",
    "AliyunServiceRoleForEventBridgeSendToMNS",
];
/// All variables of a function together, in bytes.
const ENVIRONMENT: usize = 4096;
/// A policy, in characters: what RAM takes, and what ROS's page says of one within a role.
const POLICY: usize = 6144;
const POLICY_IN_ROLE: usize = 2048;
/// How many there may be (docs/reference/deploy-apis.md, sections 1.1, 4.2 and 7.1).
const STACKS: usize = 200;
const STREAMS: usize = 50;
const BUCKETS: usize = 100;
/// How many calls are made side by side.
const SIDE_BY_SIDE: usize = 8;

pub(super) async fn identity(patient: &Patient) -> Vec<Found> {
    Outcome::noted(format!("{} (keys: {})", patient.operator.identity, patient.operator.origin)).into()
}

pub(super) async fn clock(patient: &Patient) -> Vec<Found> {
    let outcome = match patient.operator.identity.clock_ahead {
        None => Outcome::unknown("the cloud's answer has no date"),
        Some(ahead) if ahead.abs() < AHEAD => Outcome::passed(),
        Some(ahead) => {
            let trouble = Trouble::new(format!("the clock of this machine is {} s off", ahead.as_secs()))
                .mended_by("timedatectl set-ntp true");
            if ahead.abs() < SKEWED { Outcome::Warning(trouble) } else { Outcome::Failed(trouble) }
        }
    };
    outcome.into()
}

pub(super) async fn region(patient: &Patient) -> Vec<Found> {
    let (client, region) = (&patient.operator.client, &patient.operator.region);
    let Ok(queue) = format!("{}-dead-letter", patient.names.stack).parse::<QueueName>() else {
        return Outcome::unknown("no queue can have the name of this deployment").into();
    };
    let (fc, bridge, mns) = (
        client.fc(region),
        client.event_bridge(region),
        client.networks().mns(&patient.operator.identity.account, region),
    );
    let (fc, bridge, mns) = join3(
        fc.list_functions("causeway-doctor-"),
        bridge.check_service_linked_role(LINKED[0]),
        mns.queue_attributes(&queue),
    )
    .await;
    // Whatever a host answers, it is there.
    let unreached = [
        ("Function Compute", fc.err().filter(|error| error.kind() == Kind::NotSent).map(|error| error.to_string())),
        ("EventBridge", bridge.err().filter(|error| error.kind() == Kind::NotSent).map(|error| error.to_string())),
        ("Message Service", mns.err().filter(|error| error.kind() == Kind::NotSent).map(|error| error.to_string())),
    ];
    let told = |(name, why): (&str, Option<String>)| {
        let trouble = Trouble::new(format!("{name} cannot be reached in {region}: {}", why?));
        Some(Found {
            about: None,
            outcome: Outcome::Failed(trouble.of_product(name).mended_by("causeway doctor --region REGION")),
        })
    };
    let missing: Vec<Found> = unreached.into_iter().filter_map(told).collect();
    if missing.is_empty() { Outcome::passed().into() } else { missing }
}

pub(super) async fn rights(patient: &Patient) -> Vec<Found> {
    let ros = patient.operator.client.ros(&patient.operator.region);
    let risks = try_join(ros.list_creation_risks(BASE, None), ros.list_creation_risks(&patient.template, None)).await;
    let missing = risks.map(|(base, main)| {
        let all = base.missing_policy_actions.into_iter().chain(main.missing_policy_actions);
        all.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    });
    let outcome = match missing {
        Ok(missing) if missing.is_empty() => Outcome::passed(),
        Ok(permissions) => Outcome::Failed(Trouble {
            permissions,
            command: Some("aliyun ros GenerateTemplatePolicy, and grant what it prints to whoever deploys".to_owned()),
            ..Trouble::new(format!("{} may not make everything that the template has", patient.operator.identity.arn))
        }),
        Err(error) => Outcome::refused(&error),
    };
    outcome.into()
}

pub(super) async fn products(patient: &Patient) -> Vec<Found> {
    let provisions = match provisions(&patient.operator, &patient.template, &patient.parameters).await {
        Ok(provisions) => provisions,
        Err(error) => return Outcome::refused(&error).into(),
    };
    let each = provisions.into_iter().map(|one| {
        let outcome = match one.status {
            ProvisionStatus::Enabled => Outcome::passed(),
            ProvisionStatus::Disabled => {
                let place = one.enable_url.map(|url| format!(", or open it at {url}")).unwrap_or_default();
                let what = format!("the account has not opened {}{place}", one.service_name);
                Outcome::Failed(Trouble::new(what).of_product(&one.service_name).mended_by("causeway deploy --open"))
            }
            ProvisionStatus::Unknown(_) => {
                Outcome::unknown(one.status_reason.unwrap_or_else(|| "ROS does not tell".to_owned()))
            }
        };
        Found { about: Some(one.service_name), outcome }
    });
    each.collect()
}

pub(super) async fn event_bridge(patient: &Patient) -> Vec<Found> {
    let bridge = patient.operator.client.event_bridge(&patient.operator.region);
    let outcome = match bridge.check_service_linked_role(LINKED[0]).await {
        Ok(_) => Outcome::passed(),
        Err(error) if is_closed(&error) => Outcome::Failed(
            Trouble::new("the account has not opened EventBridge")
                .of_product("EventBridge")
                .mended_by("causeway deploy --open"),
        ),
        Err(error) => Outcome::refused(&error),
    };
    outcome.into()
}

pub(super) async fn linked_roles(patient: &Patient) -> Vec<Found> {
    let ram = patient.operator.client.ram();
    let mut found = Vec::new();
    for role in LINKED {
        let outcome = match ram.role(role).await {
            Ok(Some(_)) => Outcome::passed(),
            Ok(None) => {
                let trouble = Trouble::new("the role is not there").mended_by("causeway deploy");
                // A deployment makes them first.
                if matches!(patient.main, Ok(Some(_))) {
                    Outcome::Failed(trouble)
                } else {
                    Outcome::noted("causeway deploy makes it")
                }
            }
            Err(error) => Outcome::refused(&error),
        };
        found.push(Found { about: Some(role.to_owned()), outcome });
    }
    found
}

pub(super) async fn object_storage(patient: &Patient) -> Vec<Found> {
    let outcome = match patient.operator.client.oss(&patient.operator.region).list_buckets().await {
        Ok(buckets) if buckets.len() + 3 > BUCKETS => Outcome::Warning(Trouble::new(format!(
            "the account has {} buckets of {BUCKETS} that a region takes",
            buckets.len()
        ))),
        Ok(_) => Outcome::passed(),
        Err(error) if is_closed(&error) => {
            Outcome::Failed(Trouble::new(error.to_string()).of_product("OSS").mended_by("causeway deploy --open"))
        }
        Err(error) => Outcome::refused(&error),
    };
    outcome.into()
}

/// Looks for an object that is not there: reading is refused from outside exactly as writing is.
pub(super) async fn public_hosts(patient: &Patient) -> Vec<Found> {
    let oss = patient.operator.client.oss(&patient.operator.region);
    let outcome = match oss.has_object(&patient.names.code, "causeway-doctor").await {
        Ok(_) => Outcome::noted("objects can be reached from outside"),
        Err(error) if error.kind() == Kind::RuledOut => {
            Outcome::noted("objects cannot be reached from outside, so the courier carries them: nothing to do")
        }
        Err(error) if error.kind() == Kind::Gone => Outcome::noted("not known before the bucket for code is there"),
        Err(error) => Outcome::refused(&error),
    };
    outcome.into()
}

pub(super) async fn buckets(patient: &Patient) -> Vec<Found> {
    let operator = &patient.operator;
    let oss = operator.client.oss(&operator.region);
    let mut found = Vec::new();
    for name in [&patient.names.code, &patient.names.records] {
        let outcome = match oss.bucket(name).await {
            Ok(None) => Outcome::noted("not there yet"),
            Ok(Some(bucket)) => {
                let account = operator.identity.account.as_str();
                let region = operator.region.as_str();
                let is_elsewhere = |place: &String| place.trim_start_matches("oss-") != region;
                if bucket.owner.as_deref().is_some_and(|owner| owner != account) {
                    Outcome::Failed(
                        Trouble::new("it belongs to another account").mended_by("causeway deploy --stack OTHER-NAME"),
                    )
                } else if let Some(place) = bucket.region.filter(is_elsewhere) {
                    Outcome::Failed(
                        Trouble::new(format!("it is in {place}")).mended_by("causeway deploy --stack OTHER-NAME"),
                    )
                } else {
                    Outcome::passed()
                }
            }
            Err(error) if error.kind() == Kind::Denied => Outcome::Failed(
                Trouble::new(format!("it is somebody else's, or may not be looked at: {error}"))
                    .mended_by("causeway deploy --stack OTHER-NAME"),
            ),
            Err(error) => Outcome::refused(&error),
        };
        found.push(Found { about: Some(name.clone()), outcome });
    }
    found
}

pub(super) async fn versioning(patient: &Patient) -> Vec<Found> {
    let oss = patient.operator.client.oss(&patient.operator.region);
    let outcome = match oss.bucket_versioning(&patient.names.records).await {
        Ok(Versioning::Never) => Outcome::passed(),
        Ok(Versioning::Enabled | Versioning::Suspended) => Outcome::Failed(
            Trouble::new(
                "the bucket for records has or had versioning, so that two writers of one record may both succeed",
            )
            .mended_by("causeway deploy --stack OTHER-NAME"),
        ),
        Ok(Versioning::Unknown(word)) => Outcome::unknown(format!("OSS says {word}")),
        Err(error) if error.kind() == Kind::Gone => Outcome::noted("not there yet"),
        Err(error) => Outcome::refused(&error),
    };
    outcome.into()
}

/// The names of what the template makes that an account has once.
enum Name {
    Role(String),
    Function(String),
    Queue(String),
}

fn claimed(patient: &Patient) -> Result<Vec<Name>, String> {
    let described = patient.described()?;
    let text = |resource: &str, name: &str| described.properties.get(resource)?.get(name)?.as_str().map(str::to_owned);
    let named = described.resources.iter().filter_map(|(name, resource)| match resource.kind() {
        "ALIYUN::RAM::Role" => text(name, "RoleName").map(Name::Role),
        "ALIYUN::FC3::Function" => text(name, "FunctionName").map(Name::Function),
        "ALIYUN::MNS::Queue" => text(name, "QueueName").map(Name::Queue),
        _ => None,
    });
    Ok(named.collect())
}

pub(super) async fn names_free(patient: &Patient) -> Vec<Found> {
    let names = match claimed(patient) {
        Ok(names) => names,
        Err(why) => return Outcome::unknown(why).into(),
    };
    let operator = &patient.operator;
    let (ram, fc) = (operator.client.ram(), operator.client.fc(&operator.region));
    let mns = operator.client.networks().mns(&operator.identity.account, &operator.region);
    let (ram, fc, mns) = (&ram, &fc, &mns);
    let looks = names.into_iter().map(|name| async move {
        match name {
            Name::Role(name) => match ram.role(&name).await {
                Ok(found) => Ok(found.map(|_| format!("role {name}"))),
                Err(error) => Err(error.to_string()),
            },
            Name::Function(name) => match fc.function(&name).await {
                Ok(found) => Ok(found.map(|_| format!("function {name}"))),
                Err(error) => Err(error.to_string()),
            },
            Name::Queue(name) => {
                let queue: QueueName = name.parse().map_err(|error| format!("{error}"))?;
                match mns.queue_attributes(&queue).await {
                    Ok(_) => Ok(Some(format!("queue {name}"))),
                    Err(error) if error.kind() == Kind::Gone => Ok(None),
                    Err(error) => Err(error.to_string()),
                }
            }
        }
    });
    let answers: Vec<Result<Option<String>, String>> =
        futures::stream::iter(looks).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let (mut taken, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for answer in answers {
        match answer {
            Ok(name) => taken.extend(name),
            Err(why) => drop(unknown.insert(why)),
        }
    }
    if taken.is_empty()
        && let Some(why) = unknown.into_iter().next()
    {
        return Outcome::unknown(why).into();
    }
    let wrong: Vec<String> = taken.into_iter().collect();
    Outcome::unless(&wrong, |wrong| {
        Trouble::new(format!("there is something of these names already: {wrong}"))
            .mended_by("causeway deploy --stack OTHER-NAME")
    })
    .into()
}

pub(super) async fn quotas(patient: &Patient) -> Vec<Found> {
    let operator = &patient.operator;
    let near = |what: &str, number: usize, most: usize, room: usize| {
        let outcome = if number + room > most {
            Outcome::Warning(
                Trouble::new(format!("{number} of {most} are used, and a deployment takes up to {room}"))
                    .mended_by("raise it in the quota centre"),
            )
        } else {
            Outcome::noted(format!("{number} of {most}"))
        };
        Found { about: Some(what.to_owned()), outcome }
    };
    let stacks = operator.client.ros(&operator.region).list_stacks(&[]).await;
    let stacks = match stacks {
        Ok(stacks) => {
            let live = stacks.iter().filter(|stack| stack.status != operate::ros::StackStatus::DeleteComplete).count();
            near("stacks", live, STACKS, if matches!(patient.main, Ok(Some(_))) { 0 } else { 2 })
        }
        Err(error) => Found { about: Some("stacks".to_owned()), outcome: Outcome::refused(&error) },
    };
    let bridge = operator.client.event_bridge(&operator.region);
    let needed = match (&patient.main, claimed(patient)) {
        (Ok(Some(_)), _) | (_, Err(_)) => 0,
        (_, Ok(names)) => names.iter().filter(|name| matches!(name, Name::Queue(_))).count(),
    };
    let streams = match bridge.list_event_streamings(&operate::event_bridge::ListEventStreamings::default()).await {
        Ok(streams) => near("event streams", streams.len(), STREAMS, needed),
        Err(error) => Found { about: Some("event streams".to_owned()), outcome: Outcome::refused(&error) },
    };
    vec![stacks, streams]
}

pub(super) async fn environment(patient: &Patient) -> Vec<Found> {
    let described = match patient.described() {
        Ok(described) => described,
        Err(why) => return Outcome::unknown(why).into(),
    };
    let mut wrong = Vec::new();
    for properties in described.properties.values() {
        let Some(variables) = properties.get("EnvironmentVariables").and_then(Value::as_object) else { continue };
        let size: usize = variables.iter().map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum();
        if size > ENVIRONMENT {
            let name = properties.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
            wrong.push(format!("function {name} has {size} bytes"));
        }
    }
    Outcome::unless(&wrong, |wrong| {
        Trouble::new(format!("the variables of a function hold at most {ENVIRONMENT} bytes: {wrong}")).mended_by(
            "causeway deploy with fewer secrets; or name files with them (docs/deploying.md, \"Parameters\")",
        )
    })
    .into()
}

pub(super) async fn policies(patient: &Patient) -> Vec<Found> {
    let described = match patient.described() {
        Ok(described) => described,
        Err(why) => return Outcome::unknown(why).into(),
    };
    let (mut refused, mut doubted) = (Vec::new(), Vec::new());
    for policy in
        described.properties.values().filter_map(|properties| properties.get("Policies")?.as_array()).flatten()
    {
        let size = policy["PolicyDocument"].to_string().chars().count();
        let told = || format!("{} has {size} characters", policy["PolicyName"].as_str().unwrap_or_default());
        if size > POLICY {
            refused.push(told());
        } else if size > POLICY_IN_ROLE {
            doubted.push(told());
        }
    }
    let outcome = match (refused.is_empty(), doubted.is_empty()) {
        (true, true) => Outcome::passed(),
        (true, false) => Outcome::noted(format!(
            "longer than the {POLICY_IN_ROLE} characters of ROS's older page, within RAM's {POLICY}: {}",
            doubted.join("; ")
        )),
        (false, _) => Outcome::Failed(Trouble::new(format!("RAM takes {POLICY} characters: {}", refused.join("; ")))),
    };
    outcome.into()
}
