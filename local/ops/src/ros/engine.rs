//! An operation on a stack, from its first resource to its end.
//!
//! A resource is begun when everything that it needs is done, takes its time ([`Wait::StackResource`]), and then its calls are made.
//! What happened is on disk before the next thing is done.
//!
//! | who dies | what is left behind |
//! | --- | --- |
//! | before the calls of a resource | A resource in progress: its time goes on, then its calls are made. |
//! | between a call and its note | A resource in progress whose calls were begun: they are made again, and what is there already is the resource's own. |
//! | between the last note and the stack's end | A stack in progress with nothing to do: it ends. |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::identity::Identity;
use local_core::rpc::RpcError;
use local_fc::ros::{Resource, Stack, Template};
use serde_json::{Map, Value};

use super::Inner;
use super::rows::{Action, Failure, Operation, Phase, ResourceRow, StackRow, Tables, Task, TaskState, Version, Work};
use super::steps::{self, Call, Refused};

/// How long the engine waits before it looks again at what is stuck or may be cancelled, in cloud time.
const LOOK: Duration = Duration::from_secs(1);

/// What there is to do next.
enum Next {
    /// The calls of a task.
    Work { key: String, task: Box<Task>, row: Option<Box<ResourceRow>>, adopts: bool },
    /// Nothing before this.
    Sleep(Timestamp),
    /// Nothing more.
    End,
}

/// What came of the calls of a task.
struct Outcome {
    /// How many of the calls that make the resource were made in all.
    made: usize,
    refused: Option<Refused>,
    /// Whether a change was made by half.
    is_torn: bool,
}

impl Inner {
    /// Carries a stack's operation to its end in the background, unless that is being done.
    pub(super) fn drive(self: &Arc<Self>, id: &str) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.driven.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned()) {
            return;
        }
        // Nobody waits for a cloud that is gone.
        let (cloud, clock, id) = (Arc::downgrade(self), self.shared.clock.clone(), id.to_owned());
        runtime.spawn(async move {
            while let Some(inner) = cloud.upgrade() {
                let until = match inner.go_on(&id).await {
                    Ok(Some(until)) => until,
                    Ok(None) => return inner.leave(&id),
                    Err(error) => {
                        tracing::error!(stack = id, %error, "the stack stands still; its operation goes on with the next call");
                        return inner.leave(&id);
                    }
                };
                drop(inner);
                clock.sleep_until(until).await;
            }
        });
    }

    fn leave(&self, id: &str) {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Does what there is to do now. Returns when to look again; nothing, when the operation has ended.
    async fn go_on(&self, id: &str) -> Result<Option<Timestamp>, RpcError> {
        loop {
            let Some((caller, region)) = self.actor(id) else { return Ok(None) };
            match self.change(|tables, now| Ok(self.next(tables, id, now)))? {
                Next::Sleep(until) => return Ok(Some(until.min(self.shared.clock.now() + LOOK))),
                Next::Work { key, task, row, adopts } => {
                    let lenient = adopts || self.is_rollback(id);
                    let outcome = match &caller {
                        Some(caller) => self.work(&task, row.as_deref(), caller, &region, lenient).await,
                        None => Outcome {
                            made: row.map_or(0, |row| row.made),
                            refused: Some(no_caller(&self.shared.ids.request_id())),
                            is_torn: false,
                        },
                    };
                    self.change(|tables, now| {
                        self.settle_task(tables, id, &key, outcome, now);
                        Ok(())
                    })?;
                }
                Next::End => self.change(|tables, now| {
                    self.end(tables, id, now);
                    Ok(())
                })?,
            }
        }
    }

    /// Whoever acts for a stack's operation, while there is one. A key that is gone is nobody's.
    fn actor(&self, id: &str) -> Option<(Option<Identity>, String)> {
        let tables = self.tables();
        let row = tables.stacks.get(id)?;
        let key = &row.operation.as_ref()?.access_key_id;
        Some((self.shared.identities.find(key), row.region.clone()))
    }

    fn is_rollback(&self, id: &str) -> bool {
        let tables = self.tables();
        tables.stacks.get(id).is_some_and(|row| matches!(row.action, Action::CreateRollback | Action::UpdateRollback))
    }

    /// Begins what can begin, and says what is next.
    fn next(&self, tables: &mut Tables, id: &str, now: Timestamp) -> Next {
        let Some(mut row) = tables.stacks.get(id).cloned() else { return Next::End };
        let Some(mut operation) = row.operation.take() else { return Next::End };
        let limit = operation.began_at + Duration::from_secs(u64::from(row.timeout_minutes) * 60);
        let has_failed = operation.tasks.values().any(|task| task.state == TaskState::Failed);
        let can_stop = matches!(row.action, Action::Create | Action::Update);
        let is_over = can_stop && (now >= limit || operation.is_cancelled);
        let mut begun = Vec::new();
        if !has_failed && !is_over {
            let done: BTreeSet<String> = operation
                .tasks
                .iter()
                .filter(|(_, task)| task.state == TaskState::Done)
                .map(|(key, _)| key.clone())
                .collect();
            for task in operation.tasks.values_mut() {
                if task.state == TaskState::Waiting && task.after.is_subset(&done) {
                    task.state = TaskState::Running { since: now, is_tried: false };
                    begin(&mut row, task, now);
                    begun.push(task.resource.clone());
                }
            }
        }
        let due = |task: &Task| match task.state {
            TaskState::Running { since, .. } => {
                self.shared.delays.of(Wait::StackResource, &task.resource).map(|wait| since + wait)
            }
            _ => None,
        };
        let running = operation.tasks.iter().filter(|(_, task)| matches!(task.state, TaskState::Running { .. }));
        let first = running.clone().filter_map(|(key, task)| Some((due(task)?, key.clone()))).min();
        let next = match first {
            _ if is_over => Next::End,
            Some((at, key)) if at <= now => match operation.tasks.get_mut(&key) {
                Some(task) => {
                    let adopts = matches!(task.state, TaskState::Running { is_tried: true, .. });
                    if let TaskState::Running { is_tried, .. } = &mut task.state {
                        *is_tried = true;
                    }
                    let row = row.resources.get(&task.resource).cloned().map(Box::new);
                    Next::Work { key, task: Box::new(task.clone()), row, adopts }
                }
                None => Next::End,
            },
            Some((at, _)) => Next::Sleep(at),
            None if running.count() > 0 => Next::Sleep(now + LOOK),
            None => Next::End,
        };
        if is_over && row.failure.is_none() {
            row.reason = match operation.is_cancelled {
                true => format!("Stack {} cancelled", row.action.word()),
                false => format!("Stack {} timed out", row.action.word()),
            };
        }
        row.operation = Some(operation);
        tables.stacks.insert(id, row);
        for resource in begun {
            tables.note(id, Some(&resource), now);
        }
        next
    }

    /// Makes the calls of a task.
    async fn work(
        &self,
        task: &Task,
        row: Option<&ResourceRow>,
        caller: &Identity,
        region: &str,
        lenient: bool,
    ) -> Outcome {
        let made = row.map_or(0, |row| row.made);
        let Some(Ok(new)) = Resource::read(&task.kind, task.properties.clone()) else {
            return Outcome { made, refused: None, is_torn: false };
        };
        match task.work {
            Work::Create => {
                let steps = steps::make(&new, &task.properties);
                let skip = if lenient { 0 } else { made };
                for (number, step) in steps.iter().enumerate().skip(skip) {
                    if let Err(refused) = self.make_leniently(&step.call, caller, region, lenient).await {
                        return Outcome { made: number, refused: Some(refused), is_torn: false };
                    }
                }
                Outcome { made: steps.len(), refused: None, is_torn: false }
            }
            Work::Delete => {
                let mut steps = steps::make(&new, &task.properties);
                steps.truncate(made);
                for (number, step) in steps.iter().enumerate().rev() {
                    let Some(undo) = &step.undo else { continue };
                    if let Err(refused) = self.make_leniently(undo, caller, region, true).await {
                        return Outcome { made: number + 1, refused: Some(refused), is_torn: false };
                    }
                }
                Outcome { made: 0, refused: None, is_torn: false }
            }
            Work::Update => {
                let Some(row) = row else { return Outcome { made, refused: None, is_torn: false } };
                let before = row.torn.as_ref().unwrap_or(&row.properties);
                let Some(Ok(old)) = Resource::read(&row.kind, before.clone()) else {
                    return Outcome { made, refused: None, is_torn: false };
                };
                if let Some(property) = changed(before, &task.properties).find(|name| steps::fixed(&new, name)) {
                    return Outcome {
                        made,
                        refused: Some(self.not_replaced(&task.resource, property)),
                        is_torn: false,
                    };
                }
                let lenient = lenient || row.torn.is_some();
                let calls = steps::change((&old, before), (&new, &task.properties));
                for (number, call) in calls.iter().enumerate() {
                    if let Err(refused) = self.make_leniently(call, caller, region, lenient).await {
                        return Outcome { made, refused: Some(refused), is_torn: number > 0 || row.torn.is_some() };
                    }
                }
                Outcome { made, refused: None, is_torn: false }
            }
        }
    }

    /// The code of this refusal is in no source (docs/reference/deploy-apis.md, section 1.6).
    fn not_replaced(&self, resource: &str, property: &str) -> Refused {
        let message = format!(
            "Replacing the resource {resource} is not supported: {property} cannot be changed in place, and ReplacementOption is Disabled."
        );
        Refused {
            action: String::new(),
            request_id: self.shared.ids.request_id(),
            error: RpcError::bad("NotSupported", message),
        }
    }

    /// Makes a call. Leniently: what is there already was made before, and what is gone need not go.
    async fn make_leniently(&self, call: &Call, caller: &Identity, region: &str, lenient: bool) -> Result<(), Refused> {
        match self.make(call, caller, region).await {
            Err(refused) if lenient && is_done(&refused.error) => Ok(()),
            outcome => outcome,
        }
    }

    /// Notes what came of a task.
    fn settle_task(&self, tables: &mut Tables, id: &str, key: &str, outcome: Outcome, now: Timestamp) {
        let Some(mut row) = tables.stacks.get(id).cloned() else { return };
        let Some(task) = row.operation.as_mut().and_then(|operation| operation.tasks.get_mut(key)) else { return };
        task.state = if outcome.refused.is_none() { TaskState::Done } else { TaskState::Failed };
        let task = task.clone();
        let name = &task.resource;
        if let Some(resource) = row.resources.get_mut(name) {
            resource.updated_at = now;
            resource.made = outcome.made;
            resource.physical = (outcome.made > 0).then(|| physical(&task)).flatten();
            match &outcome.refused {
                None => {
                    (resource.phase, resource.reason) = (Phase::Complete, "state changed".to_owned());
                    resource.properties.clone_from(&task.properties);
                    resource.torn = None;
                }
                Some(refused) => {
                    resource.phase = Phase::Failed;
                    resource.reason = format!("{}: {}", refused.error.code, refused.error.message);
                    if outcome.is_torn {
                        resource.torn = Some(task.properties.clone());
                    }
                }
            }
        }
        if let Some(Refused { action, request_id, error }) = outcome.refused {
            let reason = format!("Resource {} failed: {name} {}: {}", row.action.word(), error.code, error.message);
            if matches!(row.action, Action::CreateRollback | Action::UpdateRollback) {
                row.rollback_failure.get_or_insert(reason);
            } else if row.failure.is_none() {
                row.reason = reason;
                let (resource, kind) = (name.clone(), task.kind.clone());
                let (code, message) = (error.code, error.message);
                row.failure = Some(Failure { action, code, message, request_id, resource, kind });
            }
        }
        let is_gone = task.work == Work::Delete && task_is(&row, key, TaskState::Done);
        tables.stacks.insert(id, row);
        tables.note(id, Some(&task.resource), now);
        // A resource that went while its stack stays is none of the stack's any more.
        if let Some(row) = tables.stacks.get_mut(id)
            && is_gone
            && row.action != Action::Delete
        {
            row.resources.remove(&task.resource);
        }
    }

    /// Ends a stack's operation, or turns it back.
    fn end(&self, tables: &mut Tables, id: &str, now: Timestamp) {
        let Some(mut row) = tables.stacks.get(id).cloned() else { return };
        let Some(operation) = row.operation.take() else { return };
        let failed = operation.tasks.values().any(|task| task.state != TaskState::Done);
        // Nothing is in progress in a stack that is not.
        for task in operation.tasks.values().filter(|task| matches!(task.state, TaskState::Running { .. })) {
            let Some(resource) = row.resources.get_mut(&task.resource) else { continue };
            (resource.phase, resource.reason) = (Phase::Failed, row.reason.clone());
        }
        match (row.action, failed) {
            (Action::Create, true) if !row.disable_rollback => {
                (row.action, row.phase) = (Action::CreateRollback, Phase::InProgress);
                row.operation = Some(Operation { tasks: removal(&row, |_, _| true), ..again(&operation, now) });
            }
            (Action::Update, true) if row.previous.is_some() => {
                (row.action, row.phase) = (Action::UpdateRollback, Phase::InProgress);
                let tasks = self.way_back(&row);
                row.operation = Some(Operation { tasks, ..again(&operation, now) });
            }
            (_, true) => {
                row.phase = Phase::Failed;
                if let Some(reason) = row.rollback_failure.clone() {
                    row.reason = reason;
                }
            }
            (action, false) => {
                row.phase = Phase::Complete;
                if matches!(action, Action::Create | Action::Update | Action::Delete) {
                    row.reason = format!("Stack {} completed successfully", action.word());
                }
                match action {
                    Action::Create | Action::Update => {
                        row.previous = None;
                        // What is retained and no longer described is none of the stack's any more.
                        if let Some((_, stack)) = self.described(&row, &row.version) {
                            row.resources.retain(|name, _| stack.properties.contains_key(name));
                        }
                        row.outputs = self.outputs(&row);
                    }
                    Action::UpdateRollback => {
                        if let Some(previous) = row.previous.take() {
                            row.version = previous;
                        }
                        // A refused change that changed nothing left nothing to go back on.
                        for resource in row.resources.values_mut().filter(|one| one.phase == Phase::Failed) {
                            resource.phase = Phase::Complete;
                        }
                        row.outputs = self.outputs(&row);
                    }
                    Action::Review | Action::CreateRollback | Action::Delete => {}
                }
            }
        }
        row.updated_at = Some(now);
        tables.stacks.insert(id, row);
        tables.note(id, None, now);
        tables.end_change_sets(id);
    }

    fn outputs(&self, row: &StackRow) -> BTreeMap<String, Value> {
        self.described(row, &row.version).map(|(_, stack)| stack.outputs).unwrap_or_default()
    }

    /// What a version of a stack describes. It was read before.
    pub(super) fn described(&self, row: &StackRow, version: &Version) -> Option<(Template, Stack)> {
        let pseudo = self.pseudo(&row.account_id, &row.region, &row.name, &row.id);
        let template = Template::parse(&version.template).ok()?;
        let stack = template.resolve(&version.given, &pseudo).ok()?;
        Some((template, stack))
    }

    /// What undoes an update that failed.
    fn way_back(&self, row: &StackRow) -> BTreeMap<String, Task> {
        let described = row.previous.as_ref().and_then(|previous| self.described(row, previous));
        described.map(|(template, stack)| update(row, &template, &stack, true)).unwrap_or_default()
    }
}

fn task_is(row: &StackRow, key: &str, state: TaskState) -> bool {
    row.operation.as_ref().and_then(|operation| operation.tasks.get(key)).is_some_and(|task| task.state == state)
}

fn again(operation: &Operation, now: Timestamp) -> Operation {
    let access_key_id = operation.access_key_id.clone();
    Operation { access_key_id, began_at: now, tasks: BTreeMap::new(), is_cancelled: false }
}

fn begin(row: &mut StackRow, task: &Task, now: Timestamp) {
    let resource = row.resources.entry(task.resource.clone()).or_insert_with(|| ResourceRow {
        kind: task.kind.clone(),
        physical: None,
        work: task.work,
        phase: Phase::InProgress,
        reason: String::new(),
        created_at: now,
        updated_at: now,
        properties: task.properties.clone(),
        made: 0,
        torn: None,
        needs: task.needs.clone(),
        is_retained: task.is_retained,
    });
    (resource.work, resource.phase, resource.updated_at) = (task.work, Phase::InProgress, now);
    "state changed".clone_into(&mut resource.reason);
    if task.work != Work::Delete {
        resource.needs.clone_from(&task.needs);
        resource.is_retained = task.is_retained;
        resource.kind.clone_from(&task.kind);
    }
}

/// The id of a resource in the cloud: what `Ref` yields.
fn physical(task: &Task) -> Option<String> {
    let Some(Ok(resource)) = Resource::read(&task.kind, task.properties.clone()) else { return None };
    let nowhere = local_fc::ros::Pseudo::new("", "", "");
    resource.attributes(&nowhere).id.as_str().map(str::to_owned)
}

/// Whether a refusal says that there is nothing left to do.
fn is_done(error: &RpcError) -> bool {
    error.status.as_u16() == 404 || error.code.contains("AlreadyExist")
}

fn no_caller(request_id: &str) -> Refused {
    let error = RpcError::forbidden("Forbidden", "The key that the operation was begun with is gone.");
    Refused { action: String::new(), request_id: request_id.to_owned(), error }
}

/// What makes every resource of a stack.
pub(super) fn creation(template: &Template, stack: &Stack) -> BTreeMap<String, Task> {
    let retained = template.retained();
    let task = |(name, resource): &(String, Resource)| {
        let needs = stack.needs.get(name).cloned().unwrap_or_default();
        let task = Task {
            resource: name.clone(),
            kind: resource.kind().to_owned(),
            work: Work::Create,
            properties: stack.properties.get(name).cloned().unwrap_or_default(),
            after: needs.clone(),
            needs,
            is_retained: retained.contains(&name.as_str()),
            state: TaskState::Waiting,
        };
        (name.clone(), task)
    };
    stack.resources.iter().map(task).collect()
}

/// What removes the resources that `which` says yes to, each after those that need it.
pub(super) fn removal(row: &StackRow, which: impl Fn(&str, &ResourceRow) -> bool) -> BTreeMap<String, Task> {
    let going: Vec<(&String, &ResourceRow)> =
        row.resources.iter().filter(|(name, resource)| resource.made > 0 && which(name, resource)).collect();
    let task = |(name, resource): &(&String, &ResourceRow)| {
        let after = going.iter().filter(|(_, other)| other.needs.contains(*name)).map(|(other, _)| removal_key(other));
        let task = Task {
            resource: (*name).clone(),
            kind: resource.kind.clone(),
            work: Work::Delete,
            properties: resource.properties.clone(),
            needs: resource.needs.clone(),
            is_retained: resource.is_retained,
            after: after.collect(),
            state: TaskState::Waiting,
        };
        (removal_key(name), task)
    };
    going.iter().map(task).collect()
}

fn removal_key(name: &str) -> String {
    format!("-{name}")
}

/// The names of the properties that differ.
pub(super) fn changed<'p>(
    before: &'p Map<String, Value>,
    after: &'p Map<String, Value>,
) -> impl Iterator<Item = &'p String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name))
}

/// What an update comes to for one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    None,
    New,
    Changed,
    Replaced,
}

/// How a resource differs from what is there.
pub(super) fn difference(
    row: &StackRow,
    name: &str,
    resource: &Resource,
    properties: &Map<String, Value>,
) -> Difference {
    let Some(there) = row.resources.get(name).filter(|there| there.made > 0) else { return Difference::New };
    if there.kind != resource.kind() {
        return Difference::Replaced;
    }
    if there.torn.is_none() && there.properties == *properties {
        return Difference::None;
    }
    match changed(&there.properties, properties).any(|name| steps::fixed(resource, name)) {
        true => Difference::Replaced,
        false => Difference::Changed,
    }
}

/// What brings a stack to another version: new and changed resources, then those that go. `replaces`: whether a resource that cannot be
/// changed in place is made anew; else it fails where its turn comes.
pub(super) fn update(row: &StackRow, template: &Template, stack: &Stack, replaces: bool) -> BTreeMap<String, Task> {
    let mut tasks = creation(template, stack);
    let mut first = BTreeMap::new();
    tasks.retain(|name, task| {
        let Some((_, resource)) = stack.resources.iter().find(|(known, _)| known == name) else { return false };
        match difference(row, name, resource, &task.properties) {
            Difference::None => return false,
            Difference::New => {}
            Difference::Changed => task.work = Work::Update,
            Difference::Replaced if replaces => {
                let old = removal(row, |known, _| known == name);
                task.after.extend(old.keys().cloned());
                first.extend(old);
            }
            Difference::Replaced => task.work = Work::Update,
        }
        true
    });
    let stays: BTreeSet<String> = tasks.keys().cloned().collect();
    for task in tasks.values_mut() {
        task.after.retain(|name| stays.contains(name) || first.contains_key(name));
    }
    let all: BTreeSet<String> = tasks.keys().cloned().collect();
    let is_left = |name: &str| !stack.properties.contains_key(name);
    for (key, mut task) in removal(row, |name, there| is_left(name) && !there.is_retained) {
        task.after.extend(all.iter().cloned());
        tasks.insert(key, task);
    }
    for (key, mut task) in first {
        task.after.clear();
        tasks.insert(key, task);
    }
    tasks
}
