//! What each type of resource comes to: the calls that make it, what undoes each of them, the calls that change it, and which
//! properties cannot be changed (docs/reference/deploy-apis.md, section 1.6).

use local_core::access::Need;
use local_core::calls::Product as Name;
use local_core::identity::Identity;
use local_core::rpc::service;
use local_core::rpc::{Params, Product, RpcError, RpcRequest};
use local_fc::Operation as FcCall;
use local_fc::ros::Resource;
use local_fc::ros::resource::{Bucket, Queue, Role};
use local_oss::{OssError, Versioning};
use local_sls::Operation as SlsCall;
use serde_json::{Map, Value, json};

use super::Inner;

/// A call to a product of this process.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Ram(&'static str, Vec<(&'static str, String)>),
    Mns(&'static str, Vec<(&'static str, String)>),
    Fc(FcCall),
    Sls(SlsCall),
    Oss(OssCall),
    /// A product that is not here: the right to it is asked for, and that is all.
    Elsewhere {
        action: &'static str,
        need: &'static str,
    },
}

#[derive(Debug, Clone)]
pub(super) enum OssCall {
    Put { bucket: String },
    SetVersioning { bucket: String, versioning: Versioning },
    Delete { bucket: String, force: bool },
}

/// A call that makes a part of a resource, and the one that takes it away again.
pub(super) struct Step {
    pub call: Call,
    pub undo: Option<Call>,
}

fn step(call: Call, undo: Call) -> Step {
    Step { call, undo: Some(undo) }
}

/// The calls that make a resource. `properties` are those that it was read from.
pub(super) fn make(resource: &Resource, properties: &Map<String, Value>) -> Vec<Step> {
    match resource {
        Resource::Role(role) => make_role(role),
        Resource::ManagedPolicy(policy) => {
            let name = &policy.policy_name;
            let mut params = vec![("PolicyName", name.clone()), ("PolicyDocument", policy.policy_document.to_string())];
            params.extend(policy.description.clone().map(|text| ("Description", text)));
            let mut steps = vec![step(Call::Ram("CreatePolicy", params), delete_policy(name))];
            steps.extend(policy.roles.iter().map(|role| attach(role, name, "Custom")));
            steps
        }
        Resource::AttachPolicyToRole(tie) => {
            let kind = if properties.get("PolicyType").and_then(Value::as_str) == Some("System") {
                "System"
            } else {
                "Custom"
            };
            vec![attach(&tie.role_name, &tie.policy_name, kind)]
        }
        Resource::Queue(queue) => {
            let undo = Call::Mns("DeleteQueue", vec![("QueueName", queue.queue_name.clone())]);
            vec![step(Call::Mns("CreateQueue", queue_params(queue)), undo)]
        }
        Resource::Bucket(bucket) => make_bucket(bucket),
        Resource::Project(project) => {
            let description = project.description.clone().unwrap_or_default();
            let name = project.name.clone();
            vec![step(
                Call::Sls(SlsCall::CreateProject { project: name.clone(), description }),
                Call::Sls(SlsCall::DeleteProject { project: name }),
            )]
        }
        Resource::Logstore(one) => {
            let (project, store) = (one.project_name.clone(), one.logstore_name.clone());
            let (ttl, shards) = (one.ttl.unwrap_or(30), one.shard_count.unwrap_or(2));
            vec![step(
                Call::Sls(SlsCall::CreateLogStore { project: project.clone(), store: store.clone(), ttl, shards }),
                Call::Sls(SlsCall::DeleteLogStore { project, store }),
            )]
        }
        Resource::Index(index) => {
            let (project, store) = (index.project_name.clone(), index.logstore_name.clone());
            let document = index.document();
            vec![step(
                Call::Sls(SlsCall::CreateIndex { project: project.clone(), store: store.clone(), index: document }),
                Call::Sls(SlsCall::DeleteIndex { project, store }),
            )]
        }
        Resource::Function(function) => {
            let body = local_fc::camel(Value::Object(properties.clone()));
            let undo = FcCall::DeleteFunction { function: function.function_name.clone() };
            vec![step(Call::Fc(FcCall::CreateFunction { body }), Call::Fc(undo))]
        }
        Resource::Trigger(trigger) => {
            let (function, trigger) = (trigger.function_name.clone(), trigger.trigger_name.clone());
            let body = local_fc::camel(Value::Object(properties.clone()));
            let call = FcCall::CreateTrigger { function: function.clone(), body };
            vec![step(Call::Fc(call), Call::Fc(FcCall::DeleteTrigger { function, trigger }))]
        }
        Resource::AsyncInvokeConfig(config) => {
            let function = config.function_name.clone();
            let body = local_fc::camel(Value::Object(properties.clone()));
            let call = FcCall::PutAsyncInvokeConfig { function: function.clone(), body };
            vec![step(Call::Fc(call), Call::Fc(FcCall::DeleteAsyncInvokeConfig { function }))]
        }
        Resource::LogAlert(_) => vec![step(
            Call::Elsewhere { action: "CreateAlert", need: "log:CreateAlert" },
            Call::Elsewhere { action: "DeleteAlert", need: "log:DeleteAlert" },
        )],
        Resource::Alarm(_) => vec![step(
            Call::Elsewhere { action: "PutResourceMetricRule", need: "cms:PutResourceMetricRule" },
            Call::Elsewhere { action: "DeleteMetricRules", need: "cms:DeleteMetricRules" },
        )],
        _ => Vec::new(),
    }
}

/// The calls that change a resource in place.
pub(super) fn change(
    (old, before): (&Resource, &Map<String, Value>),
    (new, after): (&Resource, &Map<String, Value>),
) -> Vec<Call> {
    match (old, new) {
        (Resource::Role(old), Resource::Role(new)) => change_role(old, new),
        (Resource::ManagedPolicy(old), Resource::ManagedPolicy(new)) => {
            let name = &new.policy_name;
            let mut calls = Vec::new();
            if old.policy_document != new.policy_document {
                calls.push(new_version(name, &new.policy_document));
            }
            calls.extend(
                old.roles.iter().filter(|role| !new.roles.contains(role)).map(|role| detach(role, name, "Custom")),
            );
            calls.extend(
                new.roles.iter().filter(|role| !old.roles.contains(role)).map(|role| attach(role, name, "Custom").call),
            );
            calls
        }
        (Resource::Queue(_), Resource::Queue(new)) => vec![Call::Mns("SetQueueAttributes", queue_params(new))],
        (Resource::Logstore(_), Resource::Logstore(new)) => {
            let (project, store) = (new.project_name.clone(), new.logstore_name.clone());
            vec![Call::Sls(SlsCall::UpdateLogStore { project, store, ttl: new.ttl.unwrap_or(30) })]
        }
        (Resource::Index(_), Resource::Index(new)) => {
            let (project, store) = (new.project_name.clone(), new.logstore_name.clone());
            let index = new.document();
            vec![Call::Sls(SlsCall::UpdateIndex { project, store, index })]
        }
        (Resource::Function(_), Resource::Function(new)) => {
            let mut properties = after.clone();
            // The service looks at the names alone: without another name there is no other package.
            if before.get("Code") == after.get("Code") {
                properties.remove("Code");
            }
            if before.contains_key("EnvironmentVariables") {
                properties.entry("EnvironmentVariables").or_insert_with(|| json!({}));
            }
            let body = local_fc::camel(Value::Object(properties));
            vec![Call::Fc(FcCall::UpdateFunction { function: new.function_name.clone(), body })]
        }
        (Resource::Trigger(_), Resource::Trigger(new)) => {
            let body = local_fc::camel(Value::Object(after.clone()));
            let (function, trigger) = (new.function_name.clone(), new.trigger_name.clone());
            vec![Call::Fc(FcCall::UpdateTrigger { function, trigger, body })]
        }
        (Resource::LogAlert(_), Resource::LogAlert(_)) => {
            vec![Call::Elsewhere { action: "UpdateAlert", need: "log:UpdateAlert" }]
        }
        (Resource::AsyncInvokeConfig(_), Resource::AsyncInvokeConfig(_)) | (Resource::Alarm(_), Resource::Alarm(_)) => {
            make(new, after).into_iter().map(|step| step.call).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a property of a type cannot be changed in place.
pub(super) fn fixed(resource: &Resource, property: &str) -> bool {
    match resource {
        Resource::Function(_) | Resource::AsyncInvokeConfig(_) => property == "FunctionName",
        Resource::Trigger(_) => matches!(property, "FunctionName" | "TriggerName" | "TriggerType" | "SourceArn"),
        Resource::Queue(_) => property == "QueueName",
        Resource::Role(_) => matches!(property, "RoleName" | "Description"),
        Resource::ManagedPolicy(_) => matches!(property, "PolicyName" | "Description"),
        Resource::AttachPolicyToRole(_) => true,
        // By the page of 2021; newer versions allow more (docs/reference/deploy-apis.md, section 1.6).
        Resource::Bucket(_) => !matches!(property, "LifecycleConfiguration" | "DeletionForce"),
        Resource::Project(_) => matches!(property, "Name" | "Description" | "Tags"),
        Resource::Logstore(_) => matches!(property, "ProjectName" | "LogstoreName" | "Mode"),
        Resource::Index(_) => matches!(property, "ProjectName" | "LogstoreName"),
        Resource::LogAlert(_) => property == "Project",
        _ => false,
    }
}

fn make_role(role: &Role) -> Vec<Step> {
    let name = &role.role_name;
    let mut params = vec![
        ("RoleName", name.clone()),
        ("AssumeRolePolicyDocument", json!(role.assume_role_policy_document).to_string()),
        ("MaxSessionDuration", role.max_session_duration.to_string()),
    ];
    params.extend(role.description.clone().map(|text| ("Description", text)));
    let mut steps =
        vec![step(Call::Ram("CreateRole", params), Call::Ram("DeleteRole", vec![("RoleName", name.clone())]))];
    for policy in &role.policies {
        let params =
            vec![("PolicyName", policy.policy_name.clone()), ("PolicyDocument", policy.policy_document.to_string())];
        steps.push(step(Call::Ram("CreatePolicy", params), delete_policy(&policy.policy_name)));
        steps.push(attach(name, &policy.policy_name, "Custom"));
    }
    steps.extend(role.policy_attachments.system.iter().map(|policy| attach(name, policy, "System")));
    steps.extend(role.policy_attachments.custom.iter().map(|policy| attach(name, policy, "Custom")));
    steps
}

fn change_role(old: &Role, new: &Role) -> Vec<Call> {
    let name = &new.role_name;
    let mut calls = Vec::new();
    if old.assume_role_policy_document != new.assume_role_policy_document
        || old.max_session_duration != new.max_session_duration
    {
        calls.push(Call::Ram(
            "UpdateRole",
            vec![
                ("RoleName", name.clone()),
                ("NewAssumeRolePolicyDocument", json!(new.assume_role_policy_document).to_string()),
                ("NewMaxSessionDuration", new.max_session_duration.to_string()),
            ],
        ));
    }
    for policy in &old.policies {
        if !new.policies.iter().any(|other| other.policy_name == policy.policy_name) {
            calls.push(detach(name, &policy.policy_name, "Custom"));
            calls.push(delete_policy(&policy.policy_name));
        }
    }
    for policy in &new.policies {
        match old.policies.iter().find(|other| other.policy_name == policy.policy_name) {
            Some(same) if same.policy_document == policy.policy_document => {}
            Some(_) => calls.push(new_version(&policy.policy_name, &policy.policy_document)),
            None => {
                let document = policy.policy_document.to_string();
                let params = vec![("PolicyName", policy.policy_name.clone()), ("PolicyDocument", document)];
                calls.push(Call::Ram("CreatePolicy", params));
                calls.push(attach(name, &policy.policy_name, "Custom").call);
            }
        }
    }
    let both = [
        (&old.policy_attachments.system, &new.policy_attachments.system, "System"),
        (&old.policy_attachments.custom, &new.policy_attachments.custom, "Custom"),
    ];
    for (before, after, kind) in both {
        calls.extend(before.iter().filter(|policy| !after.contains(policy)).map(|policy| detach(name, policy, kind)));
        calls.extend(
            after.iter().filter(|policy| !before.contains(policy)).map(|policy| attach(name, policy, kind).call),
        );
    }
    calls
}

fn attach(role: &str, policy: &str, kind: &str) -> Step {
    step(Call::Ram("AttachPolicyToRole", tie(role, policy, kind)), detach(role, policy, kind))
}

fn detach(role: &str, policy: &str, kind: &str) -> Call {
    Call::Ram("DetachPolicyFromRole", tie(role, policy, kind))
}

fn tie(role: &str, policy: &str, kind: &str) -> Vec<(&'static str, String)> {
    vec![("RoleName", role.to_owned()), ("PolicyName", policy.to_owned()), ("PolicyType", kind.to_owned())]
}

fn delete_policy(name: &str) -> Call {
    Call::Ram("DeletePolicy", vec![("PolicyName", name.to_owned()), ("CascadingDelete", "true".to_owned())])
}

fn new_version(name: &str, document: &Value) -> Call {
    Call::Ram(
        "CreatePolicyVersion",
        vec![
            ("PolicyName", name.to_owned()),
            ("PolicyDocument", document.to_string()),
            ("SetAsDefault", "true".to_owned()),
            ("RotateStrategy", "DeleteOldestNonDefaultVersionWhenLimitExceeded".to_owned()),
        ],
    )
}

fn queue_params(queue: &Queue) -> Vec<(&'static str, String)> {
    let mut params = vec![
        ("QueueName", queue.queue_name.clone()),
        ("DelaySeconds", queue.delay_seconds.to_string()),
        ("MaximumMessageSize", queue.maximum_message_size.to_string()),
        ("MessageRetentionPeriod", queue.message_retention_period.to_string()),
        ("VisibilityTimeout", queue.visibility_timeout.to_string()),
        ("PollingWaitSeconds", queue.polling_wait_seconds.to_string()),
        ("EnableLogging", queue.logging_enabled.to_string()),
    ];
    let policy = queue.dlq_policy.as_ref().filter(|policy| policy.enabled).map(|policy| {
        json!({
            "Enabled": true,
            "DeadLetterTargetQueue": policy.dead_letter_target_queue,
            "MaxReceiveCount": policy.max_receive_count,
        })
    });
    params.push(("DlqPolicy", policy.unwrap_or_else(|| json!({ "Enabled": false })).to_string()));
    params
}

fn make_bucket(bucket: &Bucket) -> Vec<Step> {
    let name = bucket.bucket_name.clone();
    let force = bucket.deletion_force.unwrap_or_default();
    let undo = OssCall::Delete { bucket: name.clone(), force };
    let mut steps = vec![step(Call::Oss(OssCall::Put { bucket: name.clone() }), Call::Oss(undo))];
    let versioning = match bucket.versioning() {
        Some("Enabled") => Some(Versioning::Enabled),
        Some("Suspended") => Some(Versioning::Suspended),
        _ => None,
    };
    let set = versioning.map(|versioning| Call::Oss(OssCall::SetVersioning { bucket: name, versioning }));
    steps.extend(set.map(|call| Step { call, undo: None }));
    steps
}

/// A call that was refused.
pub(super) struct Refused {
    pub action: String,
    pub request_id: String,
    pub error: RpcError,
}

impl Inner {
    /// Makes a call in the caller's place.
    pub(super) async fn make(&self, call: &Call, caller: &Identity, region: &str) -> Result<(), Refused> {
        let (action, (request_id, result)) = match call {
            Call::Ram(action, params) => {
                ((*action).to_owned(), self.rpc(&self.ram, action, params, caller, region).await)
            }
            Call::Mns(action, params) => {
                let (request_id, result) = self.rpc(&self.mns, action, params, caller, region).await;
                // A queue that is there with the same attributes is a success there, but none of this stack.
                let exists =
                    || RpcError::conflict("QueueAlreadyExist", "The queue exists already, with the same attributes.");
                let result = match result {
                    Ok(answer) if *action == "CreateQueue" && answer["Data"]["Code"] == 204 => Err(exists()),
                    other => other,
                };
                ((*action).to_owned(), (request_id, result))
            }
            Call::Fc(operation) => (name(operation), self.fc.call(caller, region, operation).await),
            Call::Sls(operation) => (name(operation), self.sls.call(caller, region, operation).await),
            Call::Oss(call) => (call.action().to_owned(), self.oss_call(call, caller, region).await),
            Call::Elsewhere { action, need } => {
                let allowed = local_core::access::check(&self.shared, caller, &[Need::new(*need, "*")], &[]);
                let denied = allowed.map(|()| json!({})).map_err(|denied| RpcError::denied("NoPermission", &denied));
                ((*action).to_owned(), (self.shared.ids.request_id(), denied))
            }
        };
        result.map(drop).map_err(|error| Refused { action, request_id, error })
    }

    async fn rpc(
        &self,
        product: &dyn Product,
        action: &str,
        params: &[(&'static str, String)],
        caller: &Identity,
        region: &str,
    ) -> (String, Result<Value, RpcError>) {
        let request = rpc_request(product.name(), action, params, caller, region);
        service::perform(&self.shared, product, &request).await
    }

    async fn oss_call(&self, call: &OssCall, caller: &Identity, region: &str) -> (String, Result<Value, RpcError>) {
        let request_id = self.shared.ids.upper_hex(24);
        let account = caller.account_id.clone();
        let mut record = self.shared.begin(Name::Oss, region, &request_id);
        call.action().clone_into(&mut record.info.action);
        record.info.account.clone_from(&account);
        record.caller = Some(caller.principal.clone());
        record.needs = call.needs(&account);
        record.is_write = true;
        record.resource = Some(call.bucket().to_owned());
        let work = async {
            match call {
                OssCall::Put { bucket } => {
                    let is_there = self.oss.buckets().iter().any(|known| known.name == *bucket);
                    if is_there {
                        Err(OssError::BucketAlreadyExists)
                    } else {
                        self.oss.create_bucket(&account, region, bucket)
                    }
                }
                OssCall::SetVersioning { bucket, versioning } => self.oss.set_versioning(bucket, *versioning),
                OssCall::Delete { bucket, force } => self.oss.delete_bucket_of(&account, bucket, *force),
            }
        };
        let result = self.shared.carry_out(&self.oss, &mut record, caller, &[], work).await;
        let result =
            result.map(|()| json!({})).map_err(|error| RpcError::new(error.status(), error.code(), error.to_string()));
        self.shared.note(record, result.as_ref().err());
        (request_id, result)
    }

    /// What a call needs of the caller's policies.
    pub(super) fn needs(&self, call: &Call, caller: &Identity, region: &str) -> Vec<Need> {
        let account = &caller.account_id;
        match call {
            Call::Ram(action, params) => self.ram.needs(&rpc_request(Name::Ram, action, params, caller, region)),
            Call::Mns(action, params) => self.mns.needs(&rpc_request(Name::MnsOpen, action, params, caller, region)),
            Call::Fc(operation) => local_fc::Fc::needs(operation, account, region),
            Call::Sls(operation) => local_sls::Sls::needs(operation, account, region),
            Call::Oss(call) => call.needs(account),
            Call::Elsewhere { need, .. } => vec![Need::new(*need, "*")],
        }
    }
}

fn rpc_request(
    product: Name,
    action: &str,
    params: &[(&'static str, String)],
    caller: &Identity,
    region: &str,
) -> RpcRequest {
    RpcRequest {
        product,
        action: action.to_owned(),
        caller: caller.clone(),
        region: region.to_owned(),
        params: Params::new(params.iter().map(|(name, value)| ((*name).to_owned(), value.clone()))),
    }
}

impl OssCall {
    fn action(&self) -> &'static str {
        match self {
            Self::Put { .. } => "PutBucket",
            Self::SetVersioning { .. } => "PutBucketVersioning",
            Self::Delete { .. } => "DeleteBucket",
        }
    }

    fn bucket(&self) -> &str {
        match self {
            Self::Put { bucket } | Self::SetVersioning { bucket, .. } | Self::Delete { bucket, .. } => bucket,
        }
    }

    fn needs(&self, account: &str) -> Vec<Need> {
        vec![Need::new(format!("oss:{}", self.action()), format!("acs:oss:*:{account}:{}", self.bucket()))]
    }
}

/// The name of an operation: that of its variant.
fn name(operation: &impl std::fmt::Debug) -> String {
    let text = format!("{operation:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}
