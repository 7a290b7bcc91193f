//! Change sets: what a call would make of a stack, shown before it is done (docs/reference/deploy-apis.md, sections 1.1 and 1.4).
//!
//! A change set for a new stack makes the stack at once, without resources and in review. Any operation on a stack outdates the change
//! sets that were made for it as it was; executing one removes the others.

use std::collections::BTreeMap;

use jiff::Timestamp;
use local_core::delays::{Delays, Wait};
use local_core::refuse_if;
use local_core::rpc::page::Page;
use local_core::rpc::{RpcError, RpcRequest};
use local_fc::ros::Template;
use serde_json::{Value, json};

use super::advice::{Change, changes};
use super::looks::{flat, name_fits, tags, time};
use super::request::{self, CHANGE_SETS, find};
use super::rows::{Action, ChangeSetRow, ChangeSetStatus, ChangeSetType, Execution, Phase, Settings, StackRow, Tables};
use super::{Ros, calls, engine};

/// The longest description, in bytes.
const DESCRIPTION: usize = 1024;

/// The change set that a request names by its id.
pub(super) fn find_set<'t>(tables: &'t Tables, request: &RpcRequest) -> Result<&'t ChangeSetRow, RpcError> {
    let id = request.params.required("ChangeSetId")?;
    let own = |row: &&ChangeSetRow| row.account_id == request.account() && row.region == request.region;
    tables.change_sets.get(id).filter(own).ok_or_else(|| request::no_change_set(id))
}

/// The same with its stack.
fn with_stack(tables: &Tables, request: &RpcRequest) -> Result<(ChangeSetRow, StackRow), RpcError> {
    let set = find_set(tables, request)?;
    let row = tables.stacks.get(&set.stack_id).ok_or_else(|| request::no_stack(&set.stack_id))?;
    Ok((set.clone(), row.clone()))
}

/// Whether a change set can be executed now.
fn executable(set: &ChangeSetRow, row: &StackRow) -> Result<(), RpcError> {
    refuse_if!(row.operation.is_some(), request::in_progress(&row.name, row.action.word()));
    let can = set.execution == Execution::Available;
    refuse_if!(!can, request::wrong_state("Execute the change set", set.execution.word()));
    Ok(())
}

impl Tables {
    fn change_sets_of(&self, stack_id: &str) -> impl Iterator<Item = &ChangeSetRow> {
        self.change_sets.iter().map(|(_, set)| set).filter(move |set| set.stack_id == stack_id)
    }

    /// Changes those change sets that `which` says yes to.
    fn put_change_sets(&mut self, which: impl Fn(&ChangeSetRow) -> bool, change: impl Fn(&mut ChangeSetRow)) {
        let ids: Vec<String> =
            self.change_sets.iter().filter(|(_, set)| which(set)).map(|(id, _)| id.to_owned()).collect();
        ids.iter().filter_map(|id| self.change_sets.get_mut(id).map(&change)).for_each(drop);
    }

    /// Removes those change sets of a stack that `which` says yes to.
    fn remove_change_sets(&mut self, stack_id: &str, which: impl Fn(&ChangeSetRow) -> bool) {
        let ids: Vec<String> =
            self.change_sets_of(stack_id).filter(|set| which(set)).map(|set| set.id.clone()).collect();
        ids.iter().for_each(|id| drop(self.change_sets.remove(id)));
    }

    /// Completes the change sets that have taken their time. How long that is is in no source: here as long as a resource takes.
    pub(super) fn make_change_sets(&mut self, delays: &Delays, now: Timestamp) {
        let is_due = |set: &ChangeSetRow| {
            set.status == ChangeSetStatus::InProgress
                && delays.of(Wait::StackResource, &set.name).is_some_and(|wait| set.created_at + wait <= now)
        };
        self.put_change_sets(is_due, |set| {
            (set.status, set.execution) = (ChangeSetStatus::Complete, Execution::Available);
        });
    }

    /// What was made for a stack as it was does not fit what it becomes. That one that is still being made fails is in no source.
    pub(super) fn outdate_change_sets(&mut self, stack_id: &str) {
        let of_stack = |set: &ChangeSetRow| set.stack_id == stack_id;
        self.put_change_sets(
            |set| of_stack(set) && set.status == ChangeSetStatus::InProgress,
            |set| {
                set.status = ChangeSetStatus::Failed;
                set.reason = Some("The stack changed while the change set was being created.".to_owned());
            },
        );
        self.put_change_sets(
            |set| of_stack(set) && set.execution == Execution::Available,
            |set| set.execution = Execution::Obsolete,
        );
    }

    /// Notes what came of the change set that a stack was changed with. The change sets of a stack that is gone are gone.
    pub(super) fn end_change_sets(&mut self, stack_id: &str) {
        let Some(row) = self.stacks.get(stack_id).filter(|row| row.operation.is_none()) else { return };
        if row.is_deleted() {
            return self.remove_change_sets(stack_id, |_| true);
        }
        let is_well = row.phase == Phase::Complete && matches!(row.action, Action::Create | Action::Update);
        let execution = if is_well { Execution::Complete } else { Execution::Failed };
        self.put_change_sets(
            |set| set.stack_id == stack_id && set.execution == Execution::InProgress,
            |set| set.execution = execution,
        );
    }
}

impl Ros {
    pub(super) fn create_change_set(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        if let Some(token) = self.repeated(request)? {
            return Ok(json!({ "ChangeSetId": token.change_set_id, "StackId": token.stack_id }));
        }
        let name = request::change_set_name(params)?;
        let description = params.get("Description").unwrap_or_default();
        refuse_if!(
            description.len() > DESCRIPTION,
            RpcError::invalid_parameter("Description", "it has more than 1024 bytes")
        );
        let kind = match params.get("ChangeSetType") {
            None => ChangeSetType::Update,
            Some("IMPORT") => {
                return Err(RpcError::bad("NotSupported", "ChangeSetType IMPORT is not supported here.".to_owned()));
            }
            Some(word) => word
                .parse()
                .map_err(|()| RpcError::invalid_parameter("ChangeSetType", "it must be CREATE, UPDATE or IMPORT"))?,
        };
        let replaces = request::replaces(params)?;
        let (row, version, settings, changes) = match kind {
            ChangeSetType::Create => {
                let (row, _, stack) = self.new_stack(request)?;
                let settings = Settings {
                    timeout_minutes: row.timeout_minutes,
                    ram_role: row.ram_role.clone(),
                    tags: Some(row.tags.clone()),
                    policy: row.policy.clone(),
                };
                let reason = "Stack REVIEW started".to_owned();
                let row = StackRow { action: Action::Review, reason, ..row };
                let version = row.version.clone();
                (row, version, settings, changes(None, &stack))
            }
            ChangeSetType::Update => {
                let row = self.updatable(request)?;
                let plan = self.plan(request, &row, replaces)?;
                // That nothing to change is refused as in an update is in no source.
                refuse_if!(plan.is_same, request::same_stack(&row.name));
                let settings = request::settings(params, &row)?;
                let changes = changes(Some(&row), &plan.stack);
                (row, plan.version, settings, changes)
            }
        };
        let set = ChangeSetRow {
            id: self.0.shared.ids.uuid(),
            account_id: request.account().to_owned(),
            region: request.region.clone(),
            stack_id: row.id.clone(),
            name: name.to_owned(),
            kind,
            description: description.to_owned(),
            created_at: self.0.shared.clock.now(),
            status: ChangeSetStatus::InProgress,
            reason: None,
            execution: Execution::Unavailable,
            version,
            settings,
            replaces,
            changes: changes.iter().filter(|change| change.action != "None").map(shown).collect(),
        };
        let answer = json!({ "ChangeSetId": set.id, "StackId": set.stack_id });
        self.0.change(|tables, now| {
            if kind == ChangeSetType::Create {
                calls::vacant(tables, &row)?;
            } else {
                let there = tables.stacks.get(&row.id).ok_or_else(|| request::no_stack(&row.id))?;
                refuse_if!(there.operation.is_some(), request::in_progress(&there.name, there.action.word()));
            }
            let is_taken = tables.change_sets_of(&row.id).any(|other| other.name == set.name);
            refuse_if!(is_taken, request::change_set_exists(&set.name, &row.name));
            let is_full = tables.change_sets_of(&row.id).count() >= CHANGE_SETS;
            refuse_if!(is_full, request::too_many("change sets of a stack"));
            request::remember(tables, request, &row.id, Some(&set.id))?;
            tables.change_sets.insert(set.id.clone(), set);
            if kind == ChangeSetType::Create {
                let id = row.id.clone();
                tables.stacks.insert(id.clone(), row);
                tables.note(&id, None, now);
            }
            Ok(answer)
        })
    }

    pub(super) fn get_change_set(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let shows_template = request.params.flag("ShowTemplate")?;
        let (set, row) = self.0.change(|tables, _| with_stack(tables, request))?;
        let template = Template::parse(&set.version.template).map_err(|error| request::refused(&error))?;
        let mut parameters = self.parameters(&row, &set.version, &template);
        parameters.push(json!({ "ParameterKey": "ALIYUN::NoValue", "ParameterValue": "None" }));
        let mut shown = summary(&set, &row);
        shown["TimeoutInMinutes"] = set.settings.timeout_minutes.into();
        shown["DisableRollback"] = row.disable_rollback.into();
        shown["Parameters"] = parameters.into();
        let is_made = set.status == ChangeSetStatus::Complete;
        shown["Changes"] = if is_made { set.changes.into() } else { json!([]) };
        if shows_template {
            shown["TemplateBody"] = set.version.template.into();
        }
        Ok(shown)
    }

    pub(super) fn list_change_sets(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let page = Page::read(params)?;
        let (names, statuses) = (params.list("ChangeSetName"), params.list("Status"));
        let (id, executions) = (params.get("ChangeSetId"), params.list("ExecutionStatus"));
        self.0.change(|tables, _| {
            let row = find(tables, request)?;
            let fits = |set: &&ChangeSetRow| {
                id.is_none_or(|id| id == set.id)
                    && (names.is_empty() || names.iter().any(|name| name_fits(name, &set.name)))
                    && (statuses.is_empty() || statuses.contains(&set.status.word()))
                    && (executions.is_empty() || executions.contains(&set.execution.word()))
            };
            let mut sets: Vec<&ChangeSetRow> = tables.change_sets_of(&row.id).filter(fits).collect();
            sets.sort_by(|one, other| other.created_at.cmp(&one.created_at).then(one.id.cmp(&other.id)));
            let items = sets.into_iter().map(|set| summary(set, row)).collect();
            Ok(flat(page.answer("ChangeSets", "", items), "ChangeSets"))
        })
    }

    /// Does what a change set says, with the rights of whoever executes it, or of the role that it was made with.
    pub(super) fn execute_change_set(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        if self.repeated(request)?.is_some() {
            return Ok(json!({}));
        }
        let (set, row) = self.0.change(|tables, _| with_stack(tables, request))?;
        executable(&set, &row)?;
        let (template, stack) = self.resolve(&set.version, &self.pseudo(request, &row.name, &row.id))?;
        let tasks = match set.kind {
            ChangeSetType::Create => engine::creation(&template, &stack),
            ChangeSetType::Update => engine::update(&row, &template, &stack, set.replaces),
        };
        let access_key_id = self.actor(request, set.settings.ram_role.as_deref())?;
        let stack_id = row.id;
        self.0.change(|tables, now| {
            let (set, row) = with_stack(tables, request)?;
            executable(&set, &row)?;
            request::remember(tables, request, &row.id, None)?;
            tables.remove_change_sets(&row.id, |other| other.id != set.id);
            tables.put_change_sets(|one| one.id == set.id, |one| one.execution = Execution::InProgress);
            let begun = match set.kind {
                ChangeSetType::Create => {
                    StackRow { action: Action::Create, reason: "Stack CREATE started".to_owned(), ..row }
                }
                ChangeSetType::Update => row.updated(set.version, set.settings),
            };
            calls::start(tables, begun, access_key_id, tasks, now);
            Ok::<_, RpcError>(())
        })?;
        self.0.drive(&stack_id);
        Ok(json!({}))
    }

    /// A stack in review stays when its change set goes. Whether a change set that is gone can still be read is in no source: here not.
    pub(super) fn delete_change_set(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.0.change(|tables, _| {
            let (set, row) = with_stack(tables, request)?;
            refuse_if!(row.operation.is_some(), request::in_progress(&row.name, row.action.word()));
            let is_made = set.status != ChangeSetStatus::InProgress;
            refuse_if!(!is_made, request::wrong_state("Delete the change set", set.status.word()));
            let can = matches!(set.execution, Execution::Unavailable | Execution::Available);
            refuse_if!(!can, request::wrong_state("Delete the change set", set.execution.word()));
            tables.change_sets.remove(&set.id);
            Ok(json!({}))
        })
    }
}

fn summary(set: &ChangeSetRow, row: &StackRow) -> Value {
    let none = BTreeMap::new();
    json!({
        "ChangeSetId": set.id,
        "ChangeSetName": set.name,
        "ChangeSetType": set.kind.word(),
        "Description": set.description,
        "Status": set.status.word(),
        "StatusReason": set.reason,
        "ExecutionStatus": set.execution.word(),
        "CreateTime": time(set.created_at),
        "StackId": row.id,
        "StackName": row.name,
        "RegionId": set.region,
        "Tags": tags(set.settings.tags.as_ref().unwrap_or(&none)),
    })
}

/// A change as clients read it. Everything is evaluated when the change set is made, so nothing is `Dynamic` or `Conditional`. Which
/// parameter or resource a difference comes from (`ChangeSource`, `CausingEntity`) is not told here.
fn shown(change: &Change) -> Value {
    let is_modified = change.action == "Modify";
    let detail = |(name, is_fixed): &(String, bool)| {
        let recreation = if *is_fixed { "Always" } else { "Never" };
        let target = json!({ "Attribute": "Properties", "Name": name, "RequiresRecreation": recreation });
        json!({ "Evaluation": "Static", "Target": target })
    };
    let scope: &[&str] = if is_modified { &["Properties"] } else { &[] };
    let mut shown = json!({
        "Action": change.action,
        "LogicalResourceId": change.logical,
        "ResourceType": change.kind,
        "Scope": scope,
        "Details": change.differing.iter().map(detail).collect::<Vec<_>>(),
    });
    if change.action != "Add" {
        shown["PhysicalResourceId"] = json!(change.physical);
    }
    if is_modified {
        shown["Replacement"] = change.replacement().into();
    }
    json!({ "Type": "Resource", "ResourceChange": shown })
}
