//! What is kept of stacks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use local_core::pipeline::Rows;
use local_core::table::{Changes, Storage, StorageError, Table};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

words! {
    /// What is done with a stack.
    pub(super) enum Action {
        /// Nothing yet: it waits for a change set to be executed.
        Review = "REVIEW",
        Create = "CREATE",
        Update = "UPDATE",
        Delete = "DELETE",
        CreateRollback = "CREATE_ROLLBACK",
        UpdateRollback = "ROLLBACK",
    }
}

words! {
    /// What is done with a resource.
    pub(super) enum Work {
        Create = "CREATE",
        Update = "UPDATE",
        Delete = "DELETE",
    }
}

words! {
    /// How far it is.
    pub(super) enum Phase {
        InProgress = "IN_PROGRESS",
        Complete = "COMPLETE",
        Failed = "FAILED",
    }
}

words! {
    /// What a change set does with its stack.
    pub(super) enum ChangeSetType {
        Create = "CREATE",
        Update = "UPDATE",
    }
}

words! {
    /// How far a change set itself is.
    pub(super) enum ChangeSetStatus {
        InProgress = "CREATE_IN_PROGRESS",
        Complete = "CREATE_COMPLETE",
        Failed = "CREATE_FAILED",
    }
}

words! {
    /// Whether a change set can be executed, and what came of it.
    pub(super) enum Execution {
        Unavailable = "UNAVAILABLE",
        Available = "AVAILABLE",
        InProgress = "EXECUTE_IN_PROGRESS",
        Complete = "EXECUTE_COMPLETE",
        Failed = "EXECUTE_FAILED",
        Obsolete = "OBSOLETE",
    }
}

/// What a stack is made of: a template, and the parameters that were given for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Version {
    pub template: String,
    pub given: BTreeMap<String, Value>,
}

/// What an update says of a stack beside what it is made of. What is absent stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Settings {
    pub timeout_minutes: u32,
    pub ram_role: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub policy: Option<String>,
}

/// A stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StackRow {
    pub id: String,
    pub account_id: String,
    pub region: String,
    pub name: String,
    pub version: Version,
    /// What it was made of before the update that is under way, or that failed.
    pub previous: Option<Version>,
    pub action: Action,
    pub phase: Phase,
    pub reason: String,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub disable_rollback: bool,
    pub timeout_minutes: u32,
    pub deletion_protection: bool,
    pub ram_role: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub policy: Option<String>,
    pub notification_urls: Vec<String>,
    /// By their names in the template.
    pub resources: BTreeMap<String, ResourceRow>,
    /// By name.
    pub outputs: BTreeMap<String, Value>,
    pub failure: Option<Failure>,
    /// What failed while a rollback was under way.
    pub rollback_failure: Option<String>,
    pub operation: Option<Operation>,
}

/// A resource of a stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ResourceRow {
    pub kind: String,
    pub physical: Option<String>,
    pub work: Work,
    pub phase: Phase,
    pub reason: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// As it was last made or changed.
    pub properties: Map<String, Value>,
    /// How many of the calls that make it were made.
    pub made: usize,
    /// What a change that failed half-way would have made of it.
    pub torn: Option<Map<String, Value>>,
    /// Which of the stack's resources must be there before it.
    pub needs: BTreeSet<String>,
    /// Whether it stays when the stack goes.
    pub is_retained: bool,
}

/// What a person must be shown of a failure: the call that was refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Failure {
    pub action: String,
    pub code: String,
    pub message: String,
    pub request_id: String,
    pub resource: String,
    pub kind: String,
}

/// What is being done with a stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Operation {
    /// The key of whoever acts.
    pub access_key_id: String,
    pub began_at: Timestamp,
    pub tasks: BTreeMap<String, Task>,
    /// Whether somebody asked for its end.
    pub is_cancelled: bool,
}

/// What is to be done with one resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Task {
    pub resource: String,
    pub kind: String,
    pub work: Work,
    /// Where it is made or changed: as it will be.
    pub properties: Map<String, Value>,
    /// The resource's own needs, once it is made.
    pub needs: BTreeSet<String>,
    pub is_retained: bool,
    /// The tasks that must be done before.
    pub after: BTreeSet<String>,
    pub state: TaskState,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TaskState {
    Waiting,
    Running {
        since: Timestamp,
        /// Whether a process began with its calls: one that finds this after a restart may find their effects too.
        is_tried: bool,
    },
    Done,
    Failed,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EventRow {
    pub stack_id: String,
    pub logical: String,
    pub physical: String,
    pub kind: String,
    pub status: String,
    pub reason: String,
    pub at: Timestamp,
}

/// A call that came with a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TokenRow {
    pub params: Vec<(String, String)>,
    pub stack_id: String,
    /// The change set that the call made.
    #[serde(default)]
    pub change_set_id: Option<String>,
}

/// A change set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ChangeSetRow {
    pub id: String,
    pub account_id: String,
    pub region: String,
    pub stack_id: String,
    pub name: String,
    pub kind: ChangeSetType,
    pub description: String,
    pub created_at: Timestamp,
    pub status: ChangeSetStatus,
    pub reason: Option<String>,
    pub execution: Execution,
    /// What the stack will be made of.
    pub version: Version,
    pub settings: Settings,
    /// Whether a resource that cannot be changed in place is made anew.
    pub replaces: bool,
    /// As clients read them.
    pub changes: Vec<Value>,
}

/// Who lets a stack group into its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Model {
    /// Roles that were made beforehand.
    SelfManaged,
    /// The resource directory.
    ServiceManaged,
}

/// A stack group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct GroupRow {
    pub id: String,
    pub account_id: String,
    pub region: String,
    pub name: String,
    pub version: Version,
    pub model: Model,
    /// The folders whose members get the stack, each with the regions.
    pub folders: BTreeMap<String, BTreeSet<String>>,
}

/// The stack of a group in one account and region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct InstanceRow {
    pub account_id: String,
    pub region: String,
    /// Empty where none could be begun.
    pub stack_id: String,
    /// Why the last operation was refused here.
    pub refused: Option<String>,
    /// Whether it goes.
    pub leaves: bool,
}

/// An operation on a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct GroupOperationRow {
    /// The key of the group.
    pub group: String,
    pub action: String,
    pub stacks: Vec<String>,
    /// Accounts in which it could not be begun, and why.
    pub refused: Vec<(String, String)>,
}

/// A resource directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Directory {
    pub manager: String,
    /// The accounts in each folder.
    pub folders: BTreeMap<String, BTreeSet<String>>,
    /// Whether the service may act in it.
    pub is_trusted: bool,
}

/// The tables.
pub(super) struct Tables {
    /// By id.
    pub stacks: Table<StackRow>,
    /// By the stack's id and a number.
    pub events: Table<EventRow>,
    /// By account, region, action and token.
    pub tokens: Table<TokenRow>,
    /// By id.
    pub change_sets: Table<ChangeSetRow>,
    /// By account, region and name.
    pub groups: Table<GroupRow>,
    /// By the group's key, account and region.
    pub instances: Table<InstanceRow>,
    /// By id.
    pub group_operations: Table<GroupOperationRow>,
    /// The one that there is.
    pub directory: Table<Directory>,
}

impl Tables {
    pub(super) fn load(storage: &Storage) -> Result<Self, StorageError> {
        Ok(Self {
            stacks: Table::load(storage, "ros_stacks")?,
            events: Table::load(storage, "ros_events")?,
            tokens: Table::load(storage, "ros_tokens")?,
            change_sets: Table::load(storage, "ros_change_sets")?,
            groups: Table::load(storage, "ros_groups")?,
            instances: Table::load(storage, "ros_group_instances")?,
            group_operations: Table::load(storage, "ros_group_operations")?,
            directory: Table::load(storage, "ros_directory")?,
        })
    }

    /// Notes what happened to a resource, or to the stack itself where none is named.
    pub(super) fn note(&mut self, id: &str, resource: Option<&str>, at: Timestamp) {
        let Some(row) = self.stacks.get(id) else { return };
        let event = match resource.and_then(|name| Some((name, row.resources.get(name)?))) {
            Some((name, resource)) => EventRow {
                stack_id: id.to_owned(),
                logical: name.to_owned(),
                physical: resource.physical.clone().unwrap_or_default(),
                kind: resource.kind.clone(),
                status: resource.status(),
                reason: resource.reason.clone(),
                at,
            },
            None => EventRow {
                stack_id: id.to_owned(),
                logical: row.name.clone(),
                physical: id.to_owned(),
                kind: "ALIYUN::ROS::Stack".to_owned(),
                status: row.status(),
                reason: row.reason.clone(),
                at,
            },
        };
        let number = self.events.prefixed(&format!("{id}/")).count();
        self.events.insert(format!("{id}/{number:08}"), event);
    }
}

impl Rows for Tables {
    /// What takes time is done by the engine, and by [`Tables::make_change_sets`].
    fn settle(&mut self, _: Timestamp) {}

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        let Self { stacks, events, tokens, change_sets, groups, instances, group_operations, directory } = self;
        vec![stacks, events, tokens, change_sets, groups, instances, group_operations, directory]
    }
}

impl StackRow {
    /// Such as `CREATE_IN_PROGRESS`.
    pub(super) fn status(&self) -> String {
        format!("{}_{}", self.action.word(), self.phase.word())
    }

    pub(super) fn is_deleted(&self) -> bool {
        (self.action, self.phase) == (Action::Delete, Phase::Complete)
    }

    /// The stack as an update begins with it.
    pub(super) fn updated(self, version: Version, settings: Settings) -> Self {
        Self {
            previous: Some(self.version),
            version,
            action: Action::Update,
            reason: "Stack UPDATE started".to_owned(),
            timeout_minutes: settings.timeout_minutes,
            ram_role: settings.ram_role.or(self.ram_role),
            tags: settings.tags.unwrap_or(self.tags),
            policy: settings.policy.or(self.policy),
            failure: None,
            rollback_failure: None,
            ..self
        }
    }
}

impl ResourceRow {
    pub(super) fn status(&self) -> String {
        format!("{}_{}", self.work.word(), self.phase.word())
    }
}
