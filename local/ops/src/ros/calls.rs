//! The operations that change a stack.

use std::collections::BTreeMap;
use std::time::Duration;

use local_core::access::{self, Need};
use local_core::ram::{Caller, role_arn};
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use local_fc::ros::{Stack, Template};
use serde_json::{Value, json};

use super::request::{self, STACKS, find};
use super::rows::{Action, Operation, Phase, StackRow, Tables, Task, Version};
use super::{Ros, engine};

/// How long the service acts in a role that a call names.
const SESSION: Duration = Duration::from_secs(36 * 3600);

/// What an update comes to.
pub(super) struct Plan {
    pub version: Version,
    pub stack: Stack,
    pub tasks: BTreeMap<String, Task>,
    /// Whether everything is as it was.
    pub is_same: bool,
}

impl Ros {
    pub(super) fn create_stack(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        if let Some(token) = self.repeated(request)? {
            return Ok(json!({ "StackId": token.stack_id }));
        }
        let abandons = params.list("CreateOptions").into_iter().chain(params.get("CreateOption")).collect::<Vec<_>>();
        refuse_if!(!abandons.is_empty(), bad "NotSupported", "CreateOptions is not supported here.");
        let (row, template, stack) = self.new_stack(request)?;
        let access_key_id = self.actor(request, row.ram_role.as_deref())?;
        let id = row.id.clone();
        let tasks = engine::creation(&template, &stack);
        self.0.change(|tables, now| {
            vacant(tables, &row)?;
            request::remember(tables, request, &id, None)?;
            start(tables, row, access_key_id, tasks, now);
            Ok(())
        })?;
        self.0.drive(&id);
        Ok(json!({ "StackId": id }))
    }

    /// The stack that a call describes, which is not there yet.
    pub(super) fn new_stack(&self, request: &RpcRequest) -> Result<(StackRow, Template, Stack), RpcError> {
        let params = &request.params;
        let name = request::name(params)?;
        let template = self.template_text(request)?.ok_or_else(|| RpcError::missing_parameter("TemplateBody"))?;
        let version = Version { template, given: request::parameters(params)? };
        let id = self.0.shared.ids.uuid();
        let (template, stack) = self.resolve(&version, &self.pseudo(request, name, &id))?;
        let row = StackRow {
            id,
            account_id: request.account().to_owned(),
            region: request.region.clone(),
            name: name.to_owned(),
            version,
            previous: None,
            action: Action::Create,
            phase: Phase::InProgress,
            reason: "Stack CREATE started".to_owned(),
            created_at: self.0.shared.clock.now(),
            updated_at: None,
            disable_rollback: params.flag("DisableRollback")?,
            timeout_minutes: params.integer("TimeoutInMinutes", 10..=1440)?.unwrap_or(60),
            deletion_protection: protection(request)?.unwrap_or(false),
            ram_role: params.get("RamRoleName").map(str::to_owned),
            tags: request::tags(params)?.unwrap_or_default(),
            policy: params.get("StackPolicyBody").map(str::to_owned),
            notification_urls: params.list("NotificationURLs").into_iter().map(str::to_owned).collect(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            failure: None,
            rollback_failure: None,
            operation: None,
        };
        Ok((row, template, stack))
    }

    pub(super) fn update_stack(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        if let Some(token) = self.repeated(request)? {
            return Ok(json!({ "StackId": token.stack_id }));
        }
        let is_dry = params.flag("DryRun")?;
        let replaces = request::replaces(params)?;
        let row = self.updatable(request)?;
        let plan = self.plan(request, &row, replaces)?;
        if is_dry {
            let changed: Vec<&String> = plan.tasks.values().map(|task| &task.resource).collect();
            return Ok(json!({ "StackId": row.id, "DryRunResult": {
                "ParametersAllowedToBeModified": [], "ParametersConditionallyAllowedToBeModified": [],
                "ParametersNotAllowedToBeModified": [], "ChangedResources": changed,
            } }));
        }
        refuse_if!(plan.is_same, request::same_stack(&row.name));
        let settings = request::settings(params, &row)?;
        let access_key_id = self.actor(request, settings.ram_role.as_deref())?;
        let id = row.id.clone();
        self.0.change(|tables, now| {
            let Some(row) = tables.stacks.get(&id).cloned() else { return Err(request::no_stack(&id)) };
            refuse_if!(row.operation.is_some(), request::in_progress(&row.name, row.action.word()));
            request::remember(tables, request, &id, None)?;
            start(tables, row.updated(plan.version, settings), access_key_id, plan.tasks, now);
            Ok(())
        })?;
        self.0.drive(&id);
        Ok(json!({ "StackId": id }))
    }

    /// The stack that a request names, if it can be updated now.
    pub(super) fn updatable(&self, request: &RpcRequest) -> Result<StackRow, RpcError> {
        let row = self.at_rest(request)?;
        let can = matches!(
            (row.action, row.phase),
            (Action::Create | Action::Update | Action::UpdateRollback, Phase::Complete)
                | (Action::Update, Phase::Failed)
        );
        // Whether it is legal elsewhere is not confirmed (docs/reference/deploy-apis.md, section 1.4).
        refuse_if!(!can, request::wrong_state("Update", &row.status()));
        Ok(row)
    }

    /// What a call makes of a stack.
    pub(super) fn plan(&self, request: &RpcRequest, row: &StackRow, replaces: bool) -> Result<Plan, RpcError> {
        let version = self.next_version(request, row)?;
        let (template, stack) = self.resolve(&version, &self.pseudo(request, &row.name, &row.id))?;
        let tags = request::tags(&request.params)?;
        let tasks = engine::update(row, &template, &stack, replaces);
        let old = self.0.described(row, &row.version);
        let is_same = tasks.is_empty()
            && old.is_some_and(|(_, old)| old.parameters == stack.parameters && old.outputs == stack.outputs)
            && tags.is_none_or(|tags| tags == row.tags);
        Ok(Plan { version, stack, tasks, is_same })
    }

    pub(super) fn delete_stack(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let all = params.flag("RetainAllResources")?;
        let retained = params.list("RetainResources");
        let row = match self.0.change(|tables, _| find(tables, request).cloned())? {
            gone if gone.is_deleted() => return Ok(json!({})),
            row => row,
        };
        refuse_if!(row.deletion_protection, request::protected(&row.name));
        let access_key_id = self.actor(request, params.get("RamRoleName"))?;
        let is_over = |row: &StackRow| row.operation.is_some() && row.action == Action::Delete;
        let id = row.id.clone();
        self.0.change(|tables, now| {
            let Some(row) = tables.stacks.get(&id).cloned() else { return Err(request::no_stack(&id)) };
            if is_over(&row) {
                return Ok(());
            }
            // An operation under way ends here: what it made goes.
            let tasks =
                engine::removal(&row, |name, resource| !all && !resource.is_retained && !retained.contains(&name));
            let changed = StackRow {
                action: Action::Delete,
                reason: "Stack DELETE started".to_owned(),
                failure: None,
                rollback_failure: None,
                ..row
            };
            start(tables, changed, access_key_id, tasks, now);
            Ok(())
        })?;
        self.0.drive(&id);
        Ok(json!({}))
    }

    /// `Quick` and `Safe` end alike here: what has begun is not waited for.
    pub(super) fn cancel_update(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        if request.params.get("CancelType").is_some_and(|kind| !matches!(kind, "Quick" | "Safe")) {
            return Err(RpcError::invalid_parameter("CancelType", "it must be Quick or Safe"));
        }
        self.0.change(|tables, _| {
            let mut row = find(tables, request)?.clone();
            let status = row.status();
            match row.operation.as_mut().filter(|_| row.action == Action::Update) {
                Some(operation) => operation.is_cancelled = true,
                None => return Err(request::wrong_state("Cancel", &status)),
            }
            tables.stacks.insert(row.id.clone(), row);
            Ok(json!({}))
        })
    }

    /// Makes what is missing of a stack whose creation failed.
    pub(super) fn continue_create(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let refused = |why: &str| RpcError::bad("ContinueCreateStackValidationFailed", why.to_owned());
        refuse_if!(
            params.get("Mode").is_some_and(|mode| mode != "Recreate"),
            refused("Only the mode Recreate is known here.")
        );
        let row = self.at_rest(request)?;
        let can = row.action == Action::CreateRollback || (row.action, row.phase) == (Action::Create, Phase::Failed);
        refuse_if!(!can, refused(&format!("The stack is in the status {}.", row.status())));
        let given = request::parameters(params)?;
        let given = if given.is_empty() { row.version.given.clone() } else { given };
        let template = self.template_text(request)?.unwrap_or_else(|| row.version.template.clone());
        let version = Version { template, given };
        let (template, stack) = self.resolve(&version, &self.pseudo(request, &row.name, &row.id))?;
        let mut tasks = engine::update(&row, &template, &stack, true);
        // What was made by half is made to its end.
        let complete =
            |name: &str| row.resources.get(name).is_some_and(|one| one.phase == Phase::Complete && one.made > 0);
        for (name, task) in engine::creation(&template, &stack) {
            if !complete(&name) {
                tasks.insert(name, task);
            }
        }
        let open: Vec<String> = tasks.keys().cloned().collect();
        tasks.values_mut().for_each(|task| task.after.retain(|name| open.contains(name)));
        if params.flag("DryRun")? {
            return Ok(json!({ "StackId": row.id, "DryRunResult": { "Resources": open } }));
        }
        let access_key_id = self.actor(request, params.get("RamRoleName"))?;
        let id = row.id.clone();
        self.0.change(|tables, now| {
            let row = StackRow {
                version,
                action: Action::Create,
                reason: "Stack CREATE started".to_owned(),
                failure: None,
                rollback_failure: None,
                ..row
            };
            start(tables, row, access_key_id, tasks, now);
            Ok(())
        })?;
        self.0.drive(&id);
        Ok(json!({ "StackId": id }))
    }

    pub(super) fn set_deletion_protection(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let protection = protection(request)?.ok_or_else(|| RpcError::missing_parameter("DeletionProtection"))?;
        self.put(request, |row| row.deletion_protection = protection)
    }

    pub(super) fn set_stack_policy(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let policy = request.params.required("StackPolicyBody")?.to_owned();
        refuse_if!(
            policy.len() > 16_384,
            RpcError::invalid_parameter("StackPolicyBody", "it has more than 16384 bytes")
        );
        self.put(request, |row| row.policy = Some(policy))
    }

    fn put(&self, request: &RpcRequest, change: impl FnOnce(&mut StackRow)) -> Result<Value, RpcError> {
        self.0.change(|tables, _| {
            let mut row = find(tables, request)?.clone();
            refuse_if!(row.is_deleted(), request::no_stack(&row.id));
            change(&mut row);
            tables.stacks.insert(row.id.clone(), row);
            Ok(json!({}))
        })
    }

    /// The stack that a request names, if nothing is being done with it.
    fn at_rest(&self, request: &RpcRequest) -> Result<StackRow, RpcError> {
        let row = self.0.change(|tables, _| find(tables, request).cloned())?;
        refuse_if!(row.is_deleted(), request::no_stack(&row.id));
        refuse_if!(row.operation.is_some(), request::in_progress(&row.name, row.action.word()));
        Ok(row)
    }

    /// What an update makes of a stack. A parameter that is not sent has its default again, unless the call says that it keeps what it
    /// was given before.
    pub(super) fn next_version(&self, request: &RpcRequest, row: &StackRow) -> Result<Version, RpcError> {
        let template = self.template_text(request)?.unwrap_or_else(|| row.version.template.clone());
        let mut given = request::parameters(&request.params)?;
        if request.params.flag("UsePreviousParameters")? {
            let parsed = local_fc::ros::Template::parse(&template).map_err(|error| request::refused(&error))?;
            for declared in parsed.parameters() {
                if let Some(value) = row.version.given.get(declared.name) {
                    given.entry(declared.name.to_owned()).or_insert_with(|| value.clone());
                }
            }
        }
        Ok(Version { template, given })
    }

    /// The key of whoever acts: the caller's own, or that of a session of the role that is named.
    pub(super) fn actor(&self, request: &RpcRequest, role: Option<&str>) -> Result<String, RpcError> {
        let Some(name) = role else { return Ok(request.caller.access_key_id.clone()) };
        let identities = &self.0.shared.identities;
        let arn = role_arn(request.account(), name);
        let need = Need::new("ram:PassRole", arn.clone());
        access::check(&self.0.shared, &request.caller, &[need], &[])
            .map_err(|denied| RpcError::denied("Forbidden", &denied))?;
        let trusts = identities
            .role(request.account(), name)
            .is_some_and(|role| role.trust.permits(Caller::Service("ros.aliyuncs.com"), None));
        refuse_if!(!trusts, request::no_action(name));
        let issued = identities.assume(&arn, "ros", SESSION).map_err(|_| request::no_action(name))?;
        Ok(issued.access_key_id)
    }
}

fn protection(request: &RpcRequest) -> Result<Option<bool>, RpcError> {
    match request.params.get("DeletionProtection") {
        None => Ok(None),
        Some("Enabled") => Ok(Some(true)),
        Some("Disabled") => Ok(Some(false)),
        Some(_) => Err(RpcError::invalid_parameter("DeletionProtection", "it must be Enabled or Disabled")),
    }
}

/// Whether there is room for a new stack, and its name is free.
pub(super) fn vacant(tables: &Tables, row: &StackRow) -> Result<(), RpcError> {
    let mut own = 0;
    for (_, other) in tables.stacks.iter().filter(|(_, other)| !other.is_deleted()) {
        let is_here = other.account_id == row.account_id && other.region == row.region;
        own += usize::from(is_here);
        refuse_if!(is_here && other.name == row.name, request::stack_exists(&row.name));
    }
    refuse_if!(own >= STACKS, request::too_many("stacks"));
    Ok(())
}

/// Begins an operation on a stack. Change sets that were made for the stack as it was cannot be executed any more.
pub(super) fn start(
    tables: &mut Tables,
    mut row: StackRow,
    access_key_id: String,
    tasks: BTreeMap<String, Task>,
    now: jiff::Timestamp,
) {
    row.phase = Phase::InProgress;
    row.operation = Some(Operation { access_key_id, began_at: now, tasks, is_cancelled: false });
    let id = row.id.clone();
    tables.outdate_change_sets(&id);
    tables.stacks.insert(id.clone(), row);
    tables.note(&id, None, now);
}
