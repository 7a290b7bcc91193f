//! A stack becomes reality: buckets, queues, roles, functions, triggers.
//!
//! Everything is checked before anything is made, so a stack that is refused leaves nothing behind. Deploying the same stack
//! again, in this process or on kept state, changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use local_core::opened::Openable;
use local_core::ram::{Caller, Role, parse_role_arn};
use local_core::rpc::RpcError;
use local_core::table::StorageError;
use local_mns::{Attributes, Created, DeadLetterPolicy, MnsError, QueueRef};
use local_oss::{OssError, Versioning};
use local_sls::Operation;
use serde_json::Value;

use super::asynchronous::{Destination, queue_arn};
use super::contract::Place;
use super::launcher::Launcher;
use super::pool::Pool;
use super::rows::TriggerRow;
use super::schedule::{Schedule, ScheduleError};
use super::{BackgroundTrigger, Deployed, FunctionConfig, Inner, Source};
use crate::ros::resource::{BucketWorm, EventBridgeTrigger, PolicyType, Project, Queue, Resource, TriggerConfig};
use crate::ros::{Pseudo, Stack};

/// How long calls of replaced functions have to end.
const DRAIN: Duration = Duration::from_secs(30);

/// The roles of EventBridge: to call functions, to read queues, to write to a dead-letter queue
/// (docs/reference/deploy-apis.md, section 2.3).
pub(super) const EVENT_BRIDGE_ROLES: [&str; 3] = [
    "AliyunServiceRoleForEventBridgeSendToFC",
    "AliyunServiceRoleForEventBridgeSourceMNS",
    "AliyunServiceRoleForEventBridgeSendToMNS",
];

/// What a deployment made or found.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// Queues, and whether they were there.
    pub queues: Vec<(QueueRef, Created)>,
    /// Buckets.
    pub buckets: Vec<String>,
    /// ARNs of roles.
    pub roles: Vec<String>,
    /// Functions.
    pub functions: Vec<String>,
    /// Function and name of each trigger.
    pub triggers: Vec<(String, String)>,
    /// The functions with an HTTP trigger.
    pub http_functions: Vec<String>,
    /// What the template gives out.
    pub outputs: BTreeMap<String, Value>,
}

/// Why a stack cannot be deployed. The author of the template has to change it, except for the last three.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum DeployError {
    #[error("{what}: function {function:?} does not exist")]
    NoSuchFunction { what: String, function: String },
    #[error("{what}: queue {queue} does not exist")]
    NoSuchQueue { what: String, queue: String },
    #[error("trigger {trigger}: its queue is in {region}, but the function is in {home}")]
    OtherRegion { trigger: String, region: String, home: String },
    #[error("{what}: {arn:?} is neither a queue nor a function")]
    BadArn { what: String, arn: String },
    #[error("function {function}: role {role:?} does not exist")]
    NoSuchRole { function: String, role: String },
    #[error("function {function}: role {role:?} does not trust the service fc.aliyuncs.com")]
    RoleNotTrusting { function: String, role: String },
    #[error("policy {policy:?} for role {role:?}: one of them does not exist")]
    BadAttachment { policy: String, role: String },
    #[error(
        "{what}: the account has no role {role}. Open EventBridge in its console, or make the role by \
         CreateServiceLinkedRoleForProduct, and then the stack"
    )]
    NoServiceLinkedRole { what: String, role: &'static str },
    #[error("{what}: the account has not opened EventBridge")]
    EventBridgeClosed { what: String },
    /// As ROS says it.
    #[error("NotSupported: Update the completely same stack {0} is not supported.")]
    SameStack(String),
    #[error("function {0} has two http triggers")]
    TwoHttpTriggers(String),
    #[error("function {function} belongs to stack {stack:?} already")]
    Taken { function: String, stack: String },
    /// A timer's expression means nothing.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error("queue {queue} cannot be made")]
    Queue { queue: String, source: MnsError },
    #[error("bucket {bucket} cannot be made")]
    Bucket { bucket: String, source: OssError },
    #[error("the log stores cannot be made: {}", .0.message)]
    Logs(RpcError),
    #[error("bucket {bucket} cannot be given a retention policy")]
    Worm { bucket: String, source: OssError },
    /// The state could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Inner {
    pub(super) async fn deploy(
        self: &Arc<Self>,
        stack: &Stack,
        launcher: Arc<dyn Launcher>,
    ) -> Result<Deployment, DeployError> {
        let name = &stack.pseudo.stack_name;
        if self.stacks.lock().unwrap_or_else(PoisonError::into_inner).get(name) == Some(&stack.resources) {
            return Err(DeployError::SameStack(name.clone()));
        }
        let roles = roles(stack)?;
        self.check_functions(stack, &roles)?;
        let background_triggers = self.trigger(stack)?;
        let asynchronous = self.check_asynchronous(stack)?;
        let queues = self.check_queues(stack)?;

        let buckets = self.make_buckets(stack)?;
        self.make_worms(stack)?;
        self.make_logs(stack)?;
        let queues = self.make_queues(queues)?;
        let mut arns = Vec::new();
        for (role, policies) in roles.into_values() {
            arns.push(role.arn());
            self.shared.identities.put_role_with(role, policies)?;
        }

        let was_running = self.tasks().is_some();
        if was_running {
            // Queues and timers must not call functions that are being replaced.
            self.stop(DRAIN).await;
        }
        let place = place(stack);
        let mut old = Vec::new();
        {
            let mut functions = self.functions();
            let mine: Vec<String> = functions
                .iter()
                .filter(|(_, one)| one.stack.as_ref() == Some(name))
                .map(|(key, _)| key.clone())
                .collect();
            old.extend(mine.iter().filter_map(|key| functions.remove(key)));
            for function in stack.functions() {
                let pool = Pool::new(function.clone(), place.clone(), self.shared.clone(), Arc::clone(&launcher));
                let deployed = Deployed {
                    pool,
                    http: http_trigger(stack, function),
                    asynchronous: asynchronous.get(&function.function_name).cloned(),
                    triggers: triggers_of(stack, function, self.shared.clock.now()),
                    stack: Some(name.clone()),
                };
                functions.insert(place.key(&function.function_name), Arc::new(deployed));
            }
        }
        futures::future::join_all(old.iter().map(|one| one.pool.close(DRAIN))).await;
        {
            let mut all = self.background_triggers();
            all.retain(|trigger| trigger.stack != *name);
            all.extend(background_triggers);
        }
        if was_running {
            self.start();
        }
        self.stacks.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), stack.resources.clone());
        Ok(Deployment {
            queues,
            buckets,
            roles: arns,
            functions: stack.functions().map(|function| function.function_name.clone()).collect(),
            triggers: stack.triggers().map(|one| (one.function_name.clone(), one.trigger_name.clone())).collect(),
            http_functions: stack
                .functions()
                .filter(|function| http_trigger(stack, function).is_some())
                .map(|function| function.function_name.clone())
                .collect(),
            outputs: stack.outputs.clone(),
        })
    }

    fn check_functions(&self, stack: &Stack, roles: &Roles) -> Result<(), DeployError> {
        for function in stack.functions() {
            let name = &function.function_name;
            let taken = self.functions().get(&place(stack).key(name)).cloned();
            if let Some(other) = taken.filter(|other| other.stack.as_ref() != Some(&stack.pseudo.stack_name)) {
                let stack = other.stack.clone().unwrap_or_default();
                return Err(DeployError::Taken { function: name.clone(), stack });
            }
            let own = |account: &str, role: &str| {
                let own = roles.get(&role.to_lowercase()).filter(|_| account == stack.pseudo.account_id);
                own.map(|(role, _)| role.clone())
            };
            self.check_role(function, own)?;
        }
        Ok(())
    }

    /// Whether the service may act in a function's role. `own` are roles that are about to be made.
    pub(super) fn check_role(
        &self,
        function: &FunctionConfig,
        own: impl Fn(&str, &str) -> Option<Role>,
    ) -> Result<(), DeployError> {
        let Some(arn) = &function.role else { return Ok(()) };
        let name = &function.function_name;
        let missing = || DeployError::NoSuchRole { function: name.clone(), role: arn.clone() };
        let (account, role) = parse_role_arn(arn).ok_or_else(missing)?;
        let role = own(account, role).or_else(|| self.shared.identities.role(account, role)).ok_or_else(missing)?;
        if !role.trust.permits(Caller::Service("fc.aliyuncs.com"), None) {
            return Err(DeployError::RoleNotTrusting { function: name.clone(), role: arn.clone() });
        }
        Ok(())
    }

    /// The triggers that run in the background.
    fn trigger(&self, stack: &Stack) -> Result<Vec<BackgroundTrigger>, DeployError> {
        let mut background_triggers = Vec::new();
        let mut with_http = BTreeSet::new();
        for trigger in stack.triggers() {
            let what = format!("trigger {}/{}", trigger.function_name, trigger.trigger_name);
            self.check_function(stack, &what, &trigger.function_name)?;
            let source = match &trigger.config {
                TriggerConfig::Http(_) => {
                    if !with_http.insert(&trigger.function_name) {
                        return Err(DeployError::TwoHttpTriggers(trigger.function_name.clone()));
                    }
                    continue;
                }
                TriggerConfig::Timer(timer) if timer.enabled => {
                    Source::Timer { trigger: timer.clone(), schedule: Schedule::parse(&timer.cron_expression)? }
                }
                TriggerConfig::EventBridge(queue) if queue.enabled => {
                    self.queue_source(&place(stack), &what, queue, |queue| self.has_queue(stack, queue))?
                }
                TriggerConfig::Timer(_) | TriggerConfig::EventBridge(_) => continue,
            };
            let function = place(stack).key(&trigger.function_name);
            let (stack, name) = (stack.pseudo.stack_name.clone(), trigger.trigger_name.clone());
            background_triggers.push(BackgroundTrigger { stack, function, name, source });
        }
        Ok(background_triggers)
    }

    /// What a stream takes from, if it can. `exists` says which queues there are, or will be.
    pub(super) fn queue_source(
        &self,
        place: &Place,
        what: &str,
        trigger: &EventBridgeTrigger,
        exists: impl Fn(&QueueRef) -> bool,
    ) -> Result<Source, DeployError> {
        let home = &place.region;
        if let Some(region) = trigger.region.as_ref().filter(|region| *region != home) {
            let (trigger, region, home) = (what.to_owned(), region.clone(), home.clone());
            return Err(DeployError::OtherRegion { trigger, region, home });
        }
        let missing = |queue: &QueueRef| DeployError::NoSuchQueue { what: what.to_owned(), queue: queue.arn() };
        let account = &place.account_id;
        let queue = QueueRef::new(account.clone(), home.clone(), trigger.queue.clone());
        if !exists(&queue) {
            return Err(missing(&queue));
        }
        if !self.shared.opened.has(account, Openable::EventBridge) {
            return Err(DeployError::EventBridgeClosed { what: what.to_owned() });
        }
        let needed = if trigger.run.dead_letter.is_some() { 3 } else { 2 };
        let not_linked = |role: &&&str| self.shared.identities.role(account, role).is_none();
        if let Some(role) = EVENT_BRIDGE_ROLES[..needed].iter().find(not_linked) {
            return Err(DeployError::NoServiceLinkedRole { what: what.to_owned(), role });
        }
        let dead_letter = match &trigger.run.dead_letter {
            None => None,
            Some(arn) => {
                let bad = || DeployError::BadArn { what: what.to_owned(), arn: arn.clone() };
                let target = queue_arn(arn).ok_or_else(bad)?;
                if !exists(&target) {
                    return Err(missing(&target));
                }
                Some(target)
            }
        };
        Ok(Source::Queue { trigger: trigger.clone(), queue, dead_letter })
    }

    fn check_asynchronous(
        &self,
        stack: &Stack,
    ) -> Result<BTreeMap<String, crate::ros::resource::AsyncInvokeConfig>, DeployError> {
        let mut configs = BTreeMap::new();
        for config in stack.async_invoke_configs() {
            let what = format!("asynchronous calls of {}", config.function_name);
            self.check_function(stack, &what, &config.function_name)?;
            let both = &config.destination_config;
            for arn in [&both.on_success, &both.on_failure].into_iter().flatten().map(|one| &one.destination) {
                match Destination::parse(arn) {
                    Some(Destination::Queue(queue)) => self.check_queue(stack, &what, &queue)?,
                    Some(Destination::Function(key)) => {
                        self.check_function(stack, &what, key.rsplit('/').next().unwrap_or(&key))?;
                    }
                    None => return Err(DeployError::BadArn { what, arn: arn.clone() }),
                }
            }
            configs.insert(config.function_name.clone(), config.clone());
        }
        Ok(configs)
    }

    fn check_function(&self, stack: &Stack, what: &str, name: &str) -> Result<(), DeployError> {
        let is_own = stack.functions().any(|function| function.function_name == name);
        if is_own || self.deployed(&place(stack).key(name)).is_ok() {
            return Ok(());
        }
        Err(DeployError::NoSuchFunction { what: what.to_owned(), function: name.to_owned() })
    }

    fn has_queue(&self, stack: &Stack, queue: &QueueRef) -> bool {
        let own = queue.account_id == stack.pseudo.account_id && queue.region == stack.pseudo.region;
        (own && stack.queues().any(|one| one.queue_name == queue.name)) || self.mns.queue(queue).is_ok()
    }

    fn check_queue(&self, stack: &Stack, what: &str, queue: &QueueRef) -> Result<(), DeployError> {
        if self.has_queue(stack, queue) {
            return Ok(());
        }
        Err(DeployError::NoSuchQueue { what: what.to_owned(), queue: queue.arn() })
    }

    fn check_queues(&self, stack: &Stack) -> Result<Vec<(QueueRef, Attributes)>, DeployError> {
        let reference =
            |name: &str| QueueRef::new(stack.pseudo.account_id.clone(), stack.pseudo.region.clone(), name.to_owned());
        let mut queues = Vec::new();
        for queue in stack.queues() {
            if let Some(policy) = queue.dlq_policy.as_ref().filter(|policy| policy.enabled) {
                let what = format!("queue {}", queue.queue_name);
                self.check_queue(stack, &what, &reference(&policy.dead_letter_target_queue))?;
            }
            queues.push((reference(&queue.queue_name), attributes(queue)));
        }
        Ok(queues)
    }

    fn make_buckets(&self, stack: &Stack) -> Result<Vec<String>, DeployError> {
        let mut made = Vec::new();
        for bucket in stack.buckets() {
            let name = &bucket.bucket_name;
            let refused = |source| DeployError::Bucket { bucket: name.clone(), source };
            self.oss.create_bucket(&stack.pseudo.account_id, &stack.pseudo.region, name).map_err(refused)?;
            match bucket.versioning() {
                Some("Enabled") => self.oss.set_versioning(name, Versioning::Enabled).map_err(refused)?,
                Some("Suspended") => self.oss.set_versioning(name, Versioning::Suspended).map_err(refused)?,
                _ => {}
            }
            made.push(name.clone());
        }
        Ok(made)
    }

    /// Makes the retention policies. One of the stack before stays as it is, locked or not.
    fn make_worms(&self, stack: &Stack) -> Result<(), DeployError> {
        for worm in stack.worms() {
            let BucketWorm { bucket, retention_period_in_days: days } = worm;
            let refused = |source| DeployError::Worm { bucket: bucket.clone(), source };
            let is_there = self.oss.worm(bucket).map_err(refused)?.is_some_and(|there| there.days == *days);
            if !is_there {
                self.oss.initiate_worm(bucket, *days).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// Makes the log stores, and brings their indexes up to date.
    fn make_logs(&self, stack: &Stack) -> Result<(), DeployError> {
        let (mut projects, mut stores, mut indexes) = (Vec::new(), Vec::new(), Vec::new());
        for (_, resource) in &stack.resources {
            match resource {
                Resource::Project(Project { name, description, .. }) => projects.push(Operation::CreateProject {
                    project: name.clone(),
                    description: description.clone().unwrap_or_default(),
                }),
                Resource::Logstore(one) => stores.push(Operation::CreateLogStore {
                    project: one.project_name.clone(),
                    store: one.logstore_name.clone(),
                    ttl: one.ttl.unwrap_or(30),
                    shards: one.shard_count.unwrap_or(2),
                }),
                Resource::Index(one) => {
                    let (project, store, index) = (one.project_name.clone(), one.logstore_name.clone(), one.document());
                    let (of, to) = (project.clone(), store.clone());
                    indexes.push(Operation::CreateIndex { project: of, store: to, index: index.clone() });
                    indexes.push(Operation::UpdateIndex { project, store, index });
                }
                _ => {}
            }
        }
        let Pseudo { account_id, region, .. } = &stack.pseudo;
        let made: Vec<Operation> = projects.into_iter().chain(stores).chain(indexes).collect();
        self.sls.provide(account_id, region, &made).map_err(DeployError::Logs)
    }

    /// Makes the queues, those without a dead-letter policy first: a policy names a queue that must be there.
    fn make_queues(&self, mut queues: Vec<(QueueRef, Attributes)>) -> Result<Vec<(QueueRef, Created)>, DeployError> {
        queues.sort_by_key(|(_, attributes)| attributes.dead_letter.is_some());
        let mut made = Vec::new();
        for (queue, attributes) in queues {
            let created = match self.mns.queue(&queue) {
                Ok(there) if there.attributes == attributes => Ok(Created::Existed),
                Ok(_) => self.mns.set_attributes(&queue, attributes).map(|()| Created::Existed),
                Err(_) => self.mns.create_queue(&queue, attributes),
            };
            match created {
                Ok(created) => made.push((queue, created)),
                Err(source) => return Err(DeployError::Queue { queue: queue.name, source }),
            }
        }
        Ok(made)
    }
}

fn attributes(queue: &Queue) -> Attributes {
    Attributes {
        delay_seconds: queue.delay_seconds,
        maximum_message_size: queue.maximum_message_size,
        message_retention_period: queue.message_retention_period,
        visibility_timeout: queue.visibility_timeout,
        polling_wait_seconds: queue.polling_wait_seconds,
        logging_enabled: queue.logging_enabled,
        dead_letter: queue.dlq_policy.as_ref().filter(|policy| policy.enabled).map(|policy| DeadLetterPolicy {
            queue: policy.dead_letter_target_queue.clone(),
            max_receive_count: policy.max_receive_count,
        }),
    }
}

fn http_trigger(stack: &Stack, function: &FunctionConfig) -> Option<crate::ros::resource::HttpTrigger> {
    stack.triggers().filter(|trigger| trigger.function_name == function.function_name).find_map(
        |trigger| match &trigger.config {
            TriggerConfig::Http(http) => Some(http.clone()),
            _ => None,
        },
    )
}

fn triggers_of(stack: &Stack, function: &FunctionConfig, now: Timestamp) -> Vec<TriggerRow> {
    let mine = stack.resources.iter().filter(|(_, one)| match one {
        Resource::Trigger(trigger) => trigger.function_name == function.function_name,
        _ => false,
    });
    mine.map(|(name, _)| TriggerRow::new(stack.properties.get(name).cloned().unwrap_or_default(), now)).collect()
}

fn place(stack: &Stack) -> Place {
    Place { account_id: stack.pseudo.account_id.clone(), region: stack.pseudo.region.clone() }
}

/// Roles with the policies that are attached to them, each by its name; by the role's name in small letters.
type Roles = BTreeMap<String, (Role, Vec<(String, Value)>)>;

/// The roles of the stack with every policy that is written with them or attached to them.
fn roles(stack: &Stack) -> Result<Roles, DeployError> {
    let mut roles = Roles::new();
    let mut managed: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut attachments: Vec<(&str, &str)> = Vec::new();
    for (_, resource) in &stack.resources {
        match resource {
            Resource::Role(role) => {
                let trust = role.assume_role_policy_document.clone();
                let mut made = Role::new(&stack.pseudo.account_id, &role.role_name, trust);
                made.max_session_seconds = role.max_session_duration;
                let own =
                    role.policies.iter().map(|policy| (policy.policy_name.clone(), policy.policy_document.clone()));
                attachments
                    .extend(role.policy_attachments.custom.iter().map(|policy| (policy.as_str(), &*role.role_name)));
                roles.insert(role.role_name.to_lowercase(), (made, own.collect()));
            }
            Resource::ManagedPolicy(policy) => {
                managed.insert(&policy.policy_name, &policy.policy_document);
                attachments.extend(policy.roles.iter().map(|role| (&*policy.policy_name, role.as_str())));
            }
            // What the cloud's own policies say is not known here, so a role gains nothing by them.
            Resource::AttachPolicyToRole(tie) if tie.policy_type == PolicyType::Custom => {
                attachments.push((&tie.policy_name, &tie.role_name));
            }
            _ => {}
        }
    }
    for (policy, role) in attachments {
        match (managed.get(policy), roles.get_mut(&role.to_lowercase())) {
            (Some(document), Some((_, policies))) => policies.push((policy.to_owned(), (*document).clone())),
            _ => return Err(DeployError::BadAttachment { policy: policy.to_owned(), role: role.to_owned() }),
        }
    }
    Ok(roles)
}
