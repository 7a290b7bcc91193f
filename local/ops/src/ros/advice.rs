//! What a template would need, and what an update would do.

use std::collections::{BTreeMap, BTreeSet};

use local_core::access::{self, Need};
use local_core::opened::Openable;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use local_fc::ros::{Resource, Stack, Template};
use serde_json::{Map, Value, json};

use super::engine::{Difference, changed, difference};
use super::looks::services;
use super::request::{self, find, refused, several};
use super::rows::{StackRow, Version};
use super::{Ros, steps};

impl Ros {
    pub(super) fn validate_template(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let text = self.template_text(request)?.ok_or_else(|| RpcError::missing_parameter("TemplateBody"))?;
        let template = Template::parse(&text).map_err(|error| refused(&error))?;
        let types: BTreeSet<&str> = template.resource_types().map(|(_, kind)| kind).collect();
        if let Some(unknown) = types.iter().find(|kind| !local_fc::ros::resource::TYPES.contains(kind)) {
            return Err(RpcError::bad(
                "StackValidationFailed",
                format!("The resource type {unknown} is not known here."),
            ));
        }
        // References and circles are found whatever the parameters are: a text for each without a default.
        let given: BTreeMap<String, Value> = template
            .parameters()
            .filter(|parameter| parameter.default.is_none())
            .map(|parameter| (parameter.name.to_owned(), some_value(&parameter.kind)))
            .collect();
        let resolved = template.resolve(&given, &self.pseudo(request, "validated", ""));
        if let Err(error) = resolved
            && !matches!(refused(&error).code.as_str(), "StackValidationFailed")
        {
            return Err(refused(&error));
        }
        let parameters = template.parameters().map(|parameter| {
            let default =
                parameter.default.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            json!({
                "ParameterKey": parameter.name,
                "Type": parameter.kind,
                "NoEcho": if parameter.no_echo { "true" } else { "false" },
                "Default": default,
            })
        });
        let resources = template.resource_types().map(
            |(name, kind)| json!({ "LogicalResourceIdPattern": name, "ResourceType": kind, "ResourcePath": name }),
        );
        let outputs = template.outputs().map(|(name, text)| json!({ "OutputKey": name, "Description": text }));
        Ok(json!({
            "Description": template.description(),
            "Parameters": parameters.collect::<Vec<_>>(),
            "Resources": resources.collect::<Vec<_>>(),
            "Outputs": outputs.collect::<Vec<_>>(),
            "ResourceTypes": { "Resources": types, "DataSources": [], "Modules": [] },
        }))
    }

    pub(super) fn preview_stack(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let row = match (params.get("StackName"), params.get("StackId")) {
            (Some(_), Some(_)) => return Err(several("StackName and StackId")),
            (None, None) => return Err(RpcError::missing_parameter("StackName")),
            (Some(_), None) => None,
            (None, Some(_)) => Some(self.0.change(|tables, _| find(tables, request).cloned())?),
        };
        let (name, id) = match &row {
            Some(row) => (row.name.clone(), row.id.clone()),
            None => (request::name(params)?.to_owned(), String::new()),
        };
        let version = match &row {
            Some(row) => self.next_version(request, row)?,
            None => {
                let template =
                    self.template_text(request)?.ok_or_else(|| RpcError::missing_parameter("TemplateBody"))?;
                Version { template, given: request::parameters(params)? }
            }
        };
        let (template, stack) = self.resolve(&version, &self.pseudo(request, &name, &id))?;
        let resources = changes(row.as_ref(), &stack).into_iter().map(|change| {
            let mut shown = json!({
                "LogicalResourceId": change.logical,
                "ResourceType": change.kind,
                "Action": change.action,
                "Replacement": change.replacement(),
                "PhysicalResourceId": change.physical,
            });
            if let Some(properties) = change.properties {
                shown["Properties"] = hide(&template, &version, properties.into());
            }
            shown
        });
        Ok(json!({ "Stack": {
            "StackName": name,
            "RegionId": request.region,
            "Description": template.description(),
            "Resources": resources.collect::<Vec<_>>(),
        } }))
    }

    /// What the caller's policies do not allow of what a template takes.
    pub(super) fn list_risks(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let needs: Vec<Need> = match params.required("OperationType")? {
            "CreateStack" => {
                let template =
                    self.template_text(request)?.ok_or_else(|| RpcError::missing_parameter("TemplateBody"))?;
                let mut given = request::parameters(params)?;
                // What has no value yet has some.
                let parsed = Template::parse(&template).map_err(|error| refused(&error))?;
                for parameter in parsed.parameters().filter(|parameter| parameter.default.is_none()) {
                    given.entry(parameter.name.to_owned()).or_insert_with(|| some_value(&parameter.kind));
                }
                let version = Version { template, given };
                let (_, stack) = self.resolve(&version, &self.pseudo(request, "risks", ""))?;
                let none = serde_json::Map::new();
                let calls = stack
                    .resources
                    .iter()
                    .flat_map(|(name, resource)| steps::make(resource, stack.properties.get(name).unwrap_or(&none)));
                let own = super::stacks(request).into_iter().map(|stacks| Need::new("ros:CreateStack", stacks));
                own.chain(calls.flat_map(|step| self.0.needs(&step.call, &request.caller, &request.region))).collect()
            }
            "DeleteStack" => {
                let row = self.0.change(|tables, _| find(tables, request).cloned())?;
                let undone = row.resources.values().flat_map(|one| {
                    let read = Resource::read(&one.kind, one.properties.clone());
                    let steps = read.and_then(Result::ok).map(|resource| steps::make(&resource, &one.properties));
                    steps.unwrap_or_default().into_iter().filter_map(|step| step.undo).collect::<Vec<_>>()
                });
                undone.flat_map(|call| self.0.needs(&call, &request.caller, &request.region)).collect()
            }
            _ => return Err(RpcError::invalid_parameter("OperationType", "it must be CreateStack or DeleteStack")),
        };
        let lacks =
            |need: &&Need| access::check(&self.0.shared, &request.caller, std::slice::from_ref(*need), &[]).is_err();
        let missing: BTreeSet<&str> = needs.iter().filter(lacks).map(|need| need.action.as_str()).collect();
        Ok(json!({ "RiskResources": [], "MissingPolicyActions": missing }))
    }

    /// Which products a template takes, and whether the account has opened them.
    pub(super) fn service_provisions(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let named: Vec<String> = params
            .objects("Services")
            .iter()
            .map(|one| one.required("ServiceName").map(str::to_owned))
            .collect::<Result<_, _>>()?;
        let names = match self.template_text(request)? {
            Some(_) if !named.is_empty() => return Err(several("Services and TemplateBody")),
            Some(text) => {
                let template = Template::parse(&text).map_err(|error| refused(&error))?;
                let families = services(template.resource_types().map(|(_, kind)| kind.to_owned()));
                let known = [("FC3", "FC"), ("FC", "FC"), ("MNS", "MNS"), ("OSS", "OSS"), ("SLS", "SLS")];
                known
                    .iter()
                    .filter(|(family, _)| families.contains(*family))
                    .map(|(_, name)| (*name).to_owned())
                    .collect()
            }
            None if named.is_empty() => return Err(RpcError::missing_parameter("TemplateBody")),
            None => named,
        };
        let names: BTreeSet<String> = names.into_iter().collect();
        let provisions = names.iter().map(|name| {
            let status = match openable(name) {
                Some(product) if self.0.shared.opened.has(request.account(), product) => "Enabled",
                Some(_) => "Disabled",
                None => "Unknown",
            };
            json!({
                "ServiceName": name,
                "Status": status,
                "AutoEnableService": openable(name).is_some(),
                "EnableURL": format!("https://common-buy.aliyun.com/?commodityCode={}", name.to_lowercase()),
                "DependentServiceNames": [],
            })
        });
        Ok(json!({ "ServiceProvisions": provisions.collect::<Vec<_>>() }))
    }

    pub(super) fn enable_services(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let text = request.params.required("ServiceNames")?;
        let names: Vec<String> = serde_json::from_str(text)
            .map_err(|_| RpcError::invalid_parameter("ServiceNames", "it must be a list of names in JSON"))?;
        refuse_if!(names.is_empty(), RpcError::invalid_parameter("ServiceNames", "it is empty"));
        let mut failed = Vec::new();
        for name in names {
            match openable(&name) {
                Some(product) => drop(self.0.shared.opened.open(request.account(), product)?),
                None => failed.push(json!({
                    "ServiceName": name,
                    "Code": "NotSupported",
                    "Message": format!("Enabling the service {name} is not supported."),
                })),
            }
        }
        Ok(json!({ "FailedServices": failed }))
    }
}

/// What becomes of one resource of a stack.
pub(super) struct Change {
    pub logical: String,
    pub kind: String,
    /// `None`, `Add`, `Modify` or `Remove`.
    pub action: &'static str,
    pub is_replaced: bool,
    /// The id of what is there.
    pub physical: Option<String>,
    /// As they will be, where it stays.
    pub properties: Option<Map<String, Value>>,
    /// The properties that differ, each with whether it cannot be changed in place.
    pub differing: Vec<(String, bool)>,
}

impl Change {
    pub(super) fn replacement(&self) -> &'static str {
        if self.is_replaced { "True" } else { "False" }
    }
}

/// What becomes of the resources of a stack, or of a new one.
pub(super) fn changes(row: Option<&StackRow>, stack: &Stack) -> Vec<Change> {
    let described = stack.resources.iter().map(|(logical, resource)| {
        let properties = stack.properties.get(logical).cloned().unwrap_or_default();
        let difference = row.map_or(Difference::New, |row| difference(row, logical, resource, &properties));
        let (action, is_replaced) = match difference {
            Difference::None => ("None", false),
            Difference::New => ("Add", false),
            Difference::Changed => ("Modify", false),
            Difference::Replaced => ("Modify", true),
        };
        let there = row.and_then(|row| row.resources.get(logical));
        let differing = there.filter(|_| action == "Modify").map(|there| {
            let is_fixed = |name: &str| there.kind != resource.kind() || steps::fixed(resource, name);
            changed(&there.properties, &properties).map(|name| (name.clone(), is_fixed(name))).collect()
        });
        Change {
            logical: logical.clone(),
            kind: resource.kind().to_owned(),
            action,
            is_replaced,
            physical: there.and_then(|there| there.physical.clone()),
            differing: differing.unwrap_or_default(),
            properties: Some(properties),
        }
    });
    let there = row.iter().flat_map(|row| &row.resources);
    let gone =
        there.filter(|(logical, _)| !stack.properties.contains_key(*logical)).map(|(logical, resource)| Change {
            logical: logical.clone(),
            kind: resource.kind.clone(),
            action: "Remove",
            is_replaced: false,
            physical: resource.physical.clone(),
            properties: None,
            differing: Vec::new(),
        });
    described.chain(gone).collect()
}

/// A value of this type, where any will do.
fn some_value(kind: &str) -> Value {
    match kind {
        "Number" => json!(1),
        "Boolean" => json!(true),
        "Json" => json!({}),
        _ => json!("a-value"),
    }
}

/// A product by the name that ROS has for it. EventBridge is none that ROS opens (docs/reference/deploy-apis.md, section 3).
fn openable(name: &str) -> Option<Openable> {
    let name = if name == "SMQ" { "MNS" } else { name };
    name.parse().ok().filter(|product| *product != Openable::EventBridge)
}

/// Properties without the secrets among them.
fn hide(template: &Template, version: &Version, properties: Value) -> Value {
    let secrets: Vec<&str> = template
        .parameters()
        .filter(|parameter| parameter.no_echo)
        .filter_map(|parameter| version.given.get(parameter.name)?.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    fn walk(value: Value, secrets: &[&str]) -> Value {
        match value {
            Value::String(text) => secrets.iter().fold(text, |text, secret| text.replace(secret, "******")).into(),
            Value::Array(items) => items.into_iter().map(|item| walk(item, secrets)).collect(),
            Value::Object(map) => map.into_iter().map(|(name, value)| (name, walk(value, secrets))).collect(),
            plain => plain,
        }
    }
    walk(properties, &secrets)
}
