//! The operations that look at a stack.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use local_core::refuse_if;
use local_core::rpc::page::Page;
use local_core::rpc::{RpcError, RpcRequest};
use local_fc::ros::Template;
use serde_json::{Value, json};

use super::Ros;
use super::change_sets::find_set;
use super::request::{find, no_resource, refused, several};
use super::rows::{Action, Phase, ResourceRow, StackRow, Version};

/// To the second, in UTC, without a Z: as ROS writes it.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

impl Ros {
    pub(super) fn get_stack(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let row = self.0.change(|tables, _| find(tables, request).cloned())?;
        let template = Template::parse(&row.version.template).map_err(|error| refused(&error))?;
        let mut shown = summary(&row);
        let mut add = |name: &str, value: Value| shown[name] = value;
        add("Description", template.description().into());
        add("TemplateDescription", template.description().into());
        add("Parameters", self.parameters(&row, &row.version, &template).into());
        add("NotificationURLs", json!(row.notification_urls));
        add("RamRoleName", json!(row.ram_role));
        add("Tags", tags(&row.tags));
        if request.params.get("OutputOption") != Some("Disabled") {
            let outputs = template.outputs().filter_map(|(name, description)| {
                let value = row.outputs.get(name)?;
                Some(json!({ "OutputKey": name, "OutputValue": value, "Description": description }))
            });
            add("Outputs", outputs.collect());
        }
        if let Some(progress) = progress(&row, request.params.get("ShowResourceProgress")) {
            add("ResourceProgress", progress);
        }
        if let Some(failure) = &row.failure {
            add(
                "OperationInfo",
                json!({
                    "Action": failure.action,
                    "Code": failure.code,
                    "Message": failure.message,
                    "RequestId": failure.request_id,
                    "LogicalResourceId": failure.resource,
                    "ResourceType": failure.kind,
                }),
            );
        }
        if let Some(reason) = &row.rollback_failure {
            add("RollbackFailedRootReason", reason.as_str().into());
        }
        Ok(shown)
    }

    /// What was given or is the default, secrets hidden, and what templates can ask for by themselves.
    pub(super) fn parameters(&self, row: &StackRow, version: &Version, template: &Template) -> Vec<Value> {
        let pseudo = self.0.pseudo(&row.account_id, &row.region, &row.name, &row.id);
        let names = ["ALIYUN::StackId", "ALIYUN::StackName", "ALIYUN::Region", "ALIYUN::AccountId", "ALIYUN::TenantId"];
        let own = names.iter().filter_map(|name| Some(((*name).to_owned(), pseudo.get(name)?)));
        let declared = template.parameters().filter_map(|parameter| {
            let value = version.given.get(parameter.name).or(parameter.default)?.clone();
            let shown = if parameter.no_echo { Value::from("******") } else { value };
            Some((parameter.name.to_owned(), shown))
        });
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let all = own.chain(declared);
        all.map(|(name, value)| json!({ "ParameterKey": name, "ParameterValue": text(value) })).collect()
    }

    pub(super) fn list_stacks(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let page = Page::read(params)?;
        let mut ids = params.list("StackIds");
        ids.extend(params.get("StackId"));
        let (names, statuses) = (params.list("StackName"), params.list("Status"));
        let wanted_tags: Vec<(String, Option<String>)> = params
            .objects("Tag")
            .iter()
            .map(|tag| Ok((tag.required("Key")?.to_owned(), tag.get("Value").map(str::to_owned))))
            .collect::<Result<_, RpcError>>()?;
        self.0.change(|tables, _| {
            let status_fits = |row: &StackRow| statuses.contains(&row.status().as_str());
            let fits = |row: &&StackRow| {
                row.account_id == request.account()
                    && row.region == request.region
                    && (ids.is_empty() || ids.contains(&row.id.as_str()))
                    && (names.is_empty() || names.iter().any(|name| name_fits(name, &row.name)))
                    // A stack that is gone is listed only where somebody asks for it.
                    && (if statuses.is_empty() { !row.is_deleted() || !ids.is_empty() } else { status_fits(row) })
                    && wanted_tags.iter().all(|(key, value)| {
                        row.tags.get(key).is_some_and(|own| value.as_ref().is_none_or(|value| value == own))
                    })
            };
            let mut rows: Vec<&StackRow> = tables.stacks.iter().map(|(_, row)| row).filter(fits).collect();
            rows.sort_by(|one, other| other.created_at.cmp(&one.created_at).then(one.id.cmp(&other.id)));
            let items = rows.into_iter().map(|row| {
                let mut shown = summary(row);
                shown["Tags"] = tags(&row.tags);
                shown
            });
            Ok(flat(page.answer("Stacks", "", items.collect()), "Stacks"))
        })
    }

    pub(super) fn list_events(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let page = Page::read(params)?;
        let (resources, statuses, kinds) =
            (params.list("LogicalResourceId"), params.list("Status"), params.list("ResourceType"));
        self.0.change(|tables, _| {
            let row = find(tables, request)?;
            let is_among = |wanted: &[&str], found: &str| wanted.is_empty() || wanted.contains(&found);
            let prefix = format!("{}/", row.id);
            let mut items: Vec<Value> = tables
                .events
                .prefixed(&prefix)
                .filter(|(_, event)| {
                    is_among(&resources, &event.logical)
                        && is_among(&statuses, &event.status)
                        && is_among(&kinds, &event.kind)
                })
                .map(|(key, event)| {
                    json!({
                        "EventId": key.replace('/', "-"),
                        "LogicalResourceId": event.logical,
                        "PhysicalResourceId": event.physical,
                        "ResourceType": event.kind,
                        "StackId": row.id,
                        "StackName": row.name,
                        "Status": event.status,
                        "StatusReason": event.reason,
                        "CreateTime": time(event.at),
                    })
                })
                .collect();
            // The newest first.
            items.reverse();
            Ok(flat(page.answer("Events", "", items), "Events"))
        })
    }

    pub(super) fn list_resources(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.0.change(|tables, _| {
            let row = find(tables, request)?;
            let resources: Vec<Value> = row.resources.iter().map(|(name, one)| resource(row, name, one)).collect();
            Ok(json!({ "Resources": resources }))
        })
    }

    pub(super) fn get_resource(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let name = request.params.required("LogicalResourceId")?;
        let shows_attributes = request.params.flag("ShowResourceAttributes")?;
        let row = self.0.change(|tables, _| find(tables, request).cloned())?;
        let one = row.resources.get(name).ok_or_else(|| no_resource(name, &row.name))?;
        let mut shown = resource(&row, name, one);
        let read = local_fc::ros::Resource::read(&one.kind, one.properties.clone());
        if let (true, Some(Ok(read))) = (shows_attributes, read) {
            let pseudo = self.0.pseudo(&row.account_id, &row.region, &row.name, &row.id);
            let attributes = read.attributes(&pseudo).values.into_iter();
            shown["ResourceAttributes"] = attributes
                .map(|(name, value)| json!({ "ResourceAttributeKey": name, "ResourceAttributeValue": value }))
                .collect();
        }
        Ok(shown)
    }

    pub(super) fn get_template(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        for unsupported in ["StackGroupName", "TemplateId"] {
            refuse_if!(params.get(unsupported).is_some(), bad "NotSupported", "{unsupported} is not supported here.");
        }
        let of_set = params.get("ChangeSetId").is_some();
        refuse_if!(of_set && params.get("StackId").is_some(), several("StackId and ChangeSetId"));
        self.0.change(|tables, _| {
            let version = if of_set { &find_set(tables, request)?.version } else { &find(tables, request)?.version };
            Ok(json!({ "TemplateBody": version.template }))
        })
    }

    pub(super) fn get_stack_policy(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.0.change(|tables, _| {
            let policy = find(tables, request)?.policy.as_ref();
            let body = policy.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())));
            Ok(body.map_or_else(|| json!({}), |body| json!({ "StackPolicyBody": body })))
        })
    }

    pub(super) fn list_tag_resources(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let kind = params.required("ResourceType")?;
        refuse_if!(kind != "stack", RpcError::invalid_parameter("ResourceType", "only stack is known here"));
        let ids = params.list("ResourceId");
        self.0.change(|tables, _| {
            let own = tables.stacks.iter().map(|(_, row)| row).filter(|row| {
                row.account_id == request.account()
                    && row.region == request.region
                    && (ids.is_empty() || ids.contains(&row.id.as_str()))
            });
            let tags = own.flat_map(|row| {
                row.tags.iter().map(|(key, value)| {
                    json!({ "ResourceId": row.id, "ResourceType": "stack", "TagKey": key, "TagValue": value })
                })
            });
            Ok(json!({ "TagResources": tags.collect::<Vec<_>>() }))
        })
    }
}

fn summary(row: &StackRow) -> Value {
    json!({
        "StackId": row.id,
        "StackName": row.name,
        "RegionId": row.region,
        "Status": row.status(),
        "StatusReason": row.reason,
        "CreateTime": time(row.created_at),
        "UpdateTime": row.updated_at.map(time),
        "DisableRollback": row.disable_rollback,
        "DeletionProtection": if row.deletion_protection { "Enabled" } else { "Disabled" },
        "TimeoutInMinutes": row.timeout_minutes,
        "StackType": "ROS",
        "StackDriftStatus": "NOT_CHECKED",
    })
}

pub(super) fn tags(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn resource(row: &StackRow, name: &str, one: &ResourceRow) -> Value {
    json!({
        "StackId": row.id,
        "StackName": row.name,
        "LogicalResourceId": name,
        "PhysicalResourceId": one.physical.clone().unwrap_or_default(),
        "ResourceType": one.kind,
        "Status": one.status(),
        "StatusReason": one.reason,
        "CreateTime": time(one.created_at),
        "UpdateTime": time(one.updated_at),
        "ResourceDriftStatus": "NOT_CHECKED",
    })
}

/// How far a stack is, in per cent, and its resources by number.
fn progress(row: &StackRow, option: Option<&str>) -> Option<Value> {
    let asked = match option {
        Some("PercentageOnly") => true,
        Some("EnabledIfCreateStack") => row.action == Action::Create,
        _ => false,
    };
    if !asked {
        return None;
    }
    let (done, all) = match &row.operation {
        Some(operation) => {
            let done = operation.tasks.values().filter(|task| task.state == super::rows::TaskState::Done).count();
            (done, operation.tasks.len().max(1))
        }
        None => (1, 1),
    };
    let percent = (100 * done / all) as f64;
    let count = |phase: Phase| row.resources.values().filter(|one| one.phase == phase).count();
    Some(json!({
        "StackOperationProgress": percent,
        "StackActionProgress": percent,
        "TotalResourceCount": row.operation.as_ref().map_or(row.resources.len(), |operation| operation.tasks.len()),
        "SuccessResourceCount": count(Phase::Complete),
        "FailedResourceCount": count(Phase::Failed),
        "InProgressResourceCount": count(Phase::InProgress),
    }))
}

/// A listing whose items are not wrapped twice.
pub(super) fn flat(mut page: Value, outer: &str) -> Value {
    page[outer] = page[outer][""].take();
    page
}

/// Whether a name fits one in which `*` stands for any text.
pub(super) fn name_fits(pattern: &str, name: &str) -> bool {
    let parts: Vec<&str> = pattern.split('*').collect();
    let [first, rest @ ..] = parts.as_slice() else { return false };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let [middle @ .., last] = rest else { return left.is_empty() };
    for part in middle {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last)
}

/// The names of the services that resource types belong to.
pub(super) fn services(types: impl Iterator<Item = String>) -> BTreeSet<String> {
    types.filter_map(|kind| kind.split("::").nth(1).map(str::to_owned)).collect()
}
