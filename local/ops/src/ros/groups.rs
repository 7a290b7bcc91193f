//! Stack groups: the same stack in many accounts (docs/reference/deploy-apis.md, section 1.8).
//!
//! A group's stacks are stacks like others, made by the engine in the accounts that they are in. In the self-managed model the service
//! acts in a role of each account that trusts the administrator's; in the service-managed one in a service-linked role, which it makes
//! itself in the members of the resource directory. How far an operation is follows from its stacks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use local_core::access::{self, Need};
use local_core::directory::LinkedService;
use local_core::identity::Principal;
use local_core::ram::{Caller, role_arn};
use local_core::refuse_if;
use local_core::rpc::page::Page;
use local_core::rpc::{RpcError, RpcRequest};
use local_core::table::StorageError;
use serde_json::{Value, json};

use super::looks::flat;
use super::request;
use super::rows::{
    Action, Directory, GroupOperationRow, GroupRow, InstanceRow, Model, Phase, StackRow, Tables, Version,
};
use super::{Ros, calls, engine};

/// The role in which the service acts for whoever administers groups, and the one in each target.
const ADMINISTRATION: &str = "AliyunROSStackGroupAdministrationRole";
const EXECUTION: &str = "AliyunROSStackGroupExecutionRole";
/// The service-linked role in members of a resource directory.
const MEMBER: &str = "AliyunServiceRoleForROSStackGroupsRDMember";
/// The key of the one directory.
const DIRECTORY: &str = "directory";
const SESSION: Duration = Duration::from_secs(36 * 3600);
/// Groups of an account, targets of a call.
const GROUPS: usize = 100;
const REGIONS: usize = 20;
const ACCOUNTS: usize = 50;
const MEMBERS: usize = 30;
const FOLDERS: usize = 20;

/// What an operation does with each stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Create,
    Update,
    Delete { retains: bool },
}

impl Work {
    const fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete { .. } => "DELETE",
        }
    }
}

/// A parameter that holds JSON.
fn document(request: &RpcRequest, name: &str) -> Result<Option<Value>, RpcError> {
    let Some(text) = request.params.get(name) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|_| RpcError::invalid_parameter(name, "it must be JSON"))
}

fn texts(value: &Value, name: &str, most: usize) -> Result<BTreeSet<String>, RpcError> {
    let invalid = |why: &str| RpcError::invalid_parameter(name, why);
    let list = value.as_array().ok_or_else(|| invalid("it must be a list"))?;
    refuse_if!(list.len() > most, invalid("there are too many"));
    list.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(|| invalid("it must hold texts"))).collect()
}

fn key(request: &RpcRequest) -> Result<String, RpcError> {
    let name = request.params.required("StackGroupName")?;
    Ok(format!("{}/{}/{name}", request.account(), request.region))
}

fn find(tables: &Tables, request: &RpcRequest) -> Result<GroupRow, RpcError> {
    let name = request.params.required("StackGroupName")?;
    tables.groups.get(&key(request)?).cloned().ok_or_else(|| request::no_group(name))
}

/// How far a stack is: nothing while something is done with it, else what went wrong, if something did.
fn outcome(stack: Option<&StackRow>) -> Option<Result<(), String>> {
    let Some(stack) = stack else { return Some(Ok(())) };
    if stack.operation.is_some() {
        return None;
    }
    let is_well =
        stack.phase == Phase::Complete && matches!(stack.action, Action::Create | Action::Update | Action::Delete);
    Some(if is_well { Ok(()) } else { Err(stack.reason.clone()) })
}

fn status(tables: &Tables, operation: &GroupOperationRow) -> &'static str {
    let outcomes: Vec<_> = operation.stacks.iter().map(|id| outcome(tables.stacks.get(id))).collect();
    match () {
        () if outcomes.iter().any(Option::is_none) => "RUNNING",
        () if operation.refused.is_empty() && outcomes.iter().flatten().all(Result::is_ok) => "SUCCEEDED",
        () => "FAILED",
    }
}

fn is_busy(tables: &Tables, group: &str) -> bool {
    tables
        .group_operations
        .iter()
        .any(|(_, operation)| operation.group == group && status(tables, operation) == "RUNNING")
}

/// What was to go and is gone is no instance any more.
fn is_gone(tables: &Tables, row: &InstanceRow) -> bool {
    row.leaves && tables.stacks.get(&row.stack_id).is_none_or(StackRow::is_deleted)
}

impl Ros {
    /// Says which folders a resource directory has, with the accounts in each, and who manages it. New members of folders that a group
    /// was brought to get its stack.
    ///
    /// # Errors
    /// When the state cannot be written, or a stack cannot be begun.
    pub fn set_directory(&self, manager: &str, folders: &BTreeMap<String, BTreeSet<String>>) -> Result<(), RpcError> {
        let groups: Vec<(String, GroupRow)> = self.0.change(|tables, _| {
            let is_trusted =
                tables.directory.get(DIRECTORY).is_some_and(|known| known.manager == manager && known.is_trusted);
            let directory = Directory { manager: manager.to_owned(), folders: folders.clone(), is_trusted };
            tables.directory.insert(DIRECTORY, directory);
            let follows = |group: &GroupRow| group.model == Model::ServiceManaged && group.account_id == manager;
            let groups = tables.groups.iter().filter(|(_, group)| follows(group));
            Ok(groups.map(|(key, group)| (key.to_owned(), group.clone())).collect())
        })?;
        for (key, group) in groups {
            let members: BTreeSet<String> =
                group.folders.keys().filter_map(|folder| folders.get(folder)).flatten().cloned().collect();
            let regions: BTreeSet<String> = group.folders.values().flatten().cloned().collect();
            let targets = self.missing(&key, &members, &regions)?;
            if !targets.is_empty() {
                self.begin(&key, &group, targets, Work::Create)?;
            }
        }
        Ok(())
    }

    pub(super) fn enable_service_access(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.0.change(|tables, _| {
            let managed = tables.directory.get(DIRECTORY).filter(|known| known.manager == request.account());
            let known = managed.cloned().ok_or_else(|| request::no_directory(request.account()))?;
            tables.directory.insert(DIRECTORY, Directory { is_trusted: true, ..known });
            Ok(json!({}))
        })
    }

    pub(super) fn create_stack_group(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let (key, name) = (key(request)?, params.required("StackGroupName")?.to_owned());
        let model = match params.get("PermissionModel") {
            None | Some("SELF_MANAGED") => Model::SelfManaged,
            Some("SERVICE_MANAGED") => Model::ServiceManaged,
            Some(_) => {
                return Err(RpcError::invalid_parameter(
                    "PermissionModel",
                    "it must be SELF_MANAGED or SERVICE_MANAGED",
                ));
            }
        };
        let follows = document(request, "AutoDeployment")?;
        let is_given = follows.as_ref().is_some_and(|follows| follows["Enabled"].is_boolean());
        refuse_if!(model == Model::ServiceManaged && !is_given, RpcError::missing_parameter("AutoDeployment"));
        refuse_if!(
            model == Model::SelfManaged && follows.is_some(),
            RpcError::invalid_parameter("AutoDeployment", "only a group of the model SERVICE_MANAGED has it")
        );
        let template = self.template_text(request)?.ok_or_else(|| RpcError::missing_parameter("TemplateBody"))?;
        let version = Version { template, given: request::parameters(params)? };
        self.resolve(&version, &self.pseudo(request, &name, ""))?;
        let id = self.0.shared.ids.uuid();
        let row = GroupRow {
            id: id.clone(),
            account_id: request.account().to_owned(),
            region: request.region.clone(),
            name: name.clone(),
            version,
            model,
            folders: BTreeMap::new(),
        };
        self.0.change(|tables, _| {
            if model == Model::ServiceManaged {
                let managed = tables.directory.get(DIRECTORY).filter(|known| known.manager == row.account_id);
                refuse_if!(!managed.is_some_and(|known| known.is_trusted), request::no_directory(&row.account_id));
            }
            refuse_if!(tables.groups.get(&key).is_some(), request::group_exists(&name));
            let own = tables.groups.iter().filter(|(_, other)| other.account_id == row.account_id).count();
            refuse_if!(own >= GROUPS, request::too_many("stack groups"));
            tables.groups.insert(key, row);
            Ok(())
        })?;
        Ok(json!({ "StackGroupId": id }))
    }

    pub(super) fn update_stack_group(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let group = self.0.change(|tables, _| find(tables, request))?;
        let template = self.template_text(request)?.unwrap_or_else(|| group.version.template.clone());
        let version = Version { template, given: request::parameters(&request.params)? };
        self.resolve(&version, &self.pseudo(request, &group.name, ""))?;
        let (key, updated) = (key(request)?, GroupRow { version, ..group });
        self.idle(&key, &updated.name)?;
        self.0.change(|tables, _| {
            tables.groups.insert(key.clone(), updated.clone());
            Ok(())
        })?;
        let targets = self.instances(&key);
        self.begin(&key, &updated, targets, Work::Update)
    }

    pub(super) fn create_stack_instances(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let mut group = self.0.change(|tables, _| find(tables, request))?;
        let key = key(request)?;
        let (accounts, folders) = self.targets(request, &group)?;
        let regions = regions(request)?;
        self.idle(&key, &group.name)?;
        for folder in folders {
            group.folders.entry(folder).or_default().extend(regions.clone());
        }
        let targets = self.missing(&key, &accounts, &regions)?;
        refuse_if!(targets.is_empty(), request::instance_exists(&group.name));
        self.0.change(|tables, _| {
            tables.groups.insert(key.clone(), group.clone());
            Ok(())
        })?;
        self.begin(&key, &group, targets, Work::Create)
    }

    pub(super) fn delete_stack_instances(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let mut group = self.0.change(|tables, _| find(tables, request))?;
        let key = key(request)?;
        request.params.required("RetainStacks")?;
        let retains = request.params.flag("RetainStacks")?;
        let (accounts, folders) = self.targets(request, &group)?;
        let regions = regions(request)?;
        self.idle(&key, &group.name)?;
        let named = |(account, region): &(String, String)| accounts.contains(account) && regions.contains(region);
        let targets: Vec<_> = self.instances(&key).into_iter().filter(named).collect();
        refuse_if!(targets.is_empty(), request::no_instance(&group.name));
        group.folders.retain(|folder, _| !folders.contains(folder));
        self.0.change(|tables, _| {
            tables.groups.insert(key.clone(), group.clone());
            Ok(())
        })?;
        self.begin(&key, &group, targets, Work::Delete { retains })
    }

    pub(super) fn delete_stack_group(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let key = key(request)?;
        let group = self.0.change(|tables, _| find(tables, request))?;
        self.idle(&key, &group.name)?;
        refuse_if!(!self.instances(&key).is_empty(), request::group_not_empty(&group.name));
        self.0.change(|tables, _| {
            tables.groups.remove(&key);
            Ok(json!({}))
        })
    }

    pub(super) fn get_stack_group(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let group = self.0.change(|tables, _| find(tables, request))?;
        let model = if group.model == Model::SelfManaged { "SELF_MANAGED" } else { "SERVICE_MANAGED" };
        let parameter = |(name, value): (&String, &Value)| json!({ "ParameterKey": name, "ParameterValue": value });
        Ok(json!({ "StackGroup": {
            "StackGroupId": group.id,
            "StackGroupName": group.name,
            "Status": "ACTIVE",
            "PermissionModel": model,
            "Parameters": group.version.given.iter().map(parameter).collect::<Vec<_>>(),
            "RdFolderIds": group.folders.keys().collect::<Vec<_>>(),
        } }))
    }

    pub(super) fn list_stack_instances(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let page = Page::read(&request.params)?;
        let key = key(request)?;
        let rows = self.0.change(|tables, _| {
            find(tables, request)?;
            let prefix = format!("{key}/");
            let own = tables.instances.prefixed(&prefix).filter(|(_, row)| !is_gone(tables, row));
            let shown = own.map(|(_, row)| {
                let failed = row.refused.clone().or_else(|| outcome(tables.stacks.get(&row.stack_id))?.err());
                json!({
                    "StackGroupName": request.params.get("StackGroupName"),
                    "AccountId": row.account_id,
                    "RegionId": row.region,
                    "StackId": (!row.stack_id.is_empty()).then_some(&row.stack_id),
                    "Status": if failed.is_some() { "OUTDATED" } else { "CURRENT" },
                    "StatusReason": failed,
                })
            });
            Ok(shown.collect())
        })?;
        Ok(flat(page.answer("StackInstances", "", rows), "StackInstances"))
    }

    pub(super) fn get_stack_group_operation(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let id = request.params.required("OperationId")?;
        self.0.change(|tables, _| {
            let prefix = format!("{}/{}/", request.account(), request.region);
            let known = tables.group_operations.get(id).filter(|row| row.group.starts_with(&prefix));
            let row = known.ok_or_else(|| request::no_operation(id))?;
            Ok(json!({ "StackGroupOperation": {
                "OperationId": id,
                "Action": row.action,
                "Status": status(tables, row),
            } }))
        })
    }

    fn idle(&self, key: &str, name: &str) -> Result<(), RpcError> {
        let is_busy = self.0.change(|tables, _| {
            let is_busy = is_busy(tables, key);
            if !is_busy {
                let prefix = format!("{key}/");
                let own = tables.instances.prefixed(&prefix);
                let gone: Vec<String> =
                    own.filter(|(_, row)| is_gone(tables, row)).map(|(key, _)| key.to_owned()).collect();
                gone.iter().for_each(|key| drop(tables.instances.remove(key)));
            }
            Ok::<_, RpcError>(is_busy)
        })?;
        refuse_if!(is_busy, request::group_busy(name));
        Ok(())
    }

    fn instances(&self, key: &str) -> Vec<(String, String)> {
        let tables = self.0.tables();
        let prefix = format!("{key}/");
        let own = tables.instances.prefixed(&prefix);
        own.map(|(_, row)| (row.account_id.clone(), row.region.clone())).collect()
    }

    /// The pairs of these that are no instances yet.
    fn missing(
        &self,
        key: &str,
        accounts: &BTreeSet<String>,
        regions: &BTreeSet<String>,
    ) -> Result<Vec<(String, String)>, RpcError> {
        let there: BTreeSet<(String, String)> = {
            let tables = self.0.tables();
            let prefix = format!("{key}/");
            let own = tables.instances.prefixed(&prefix).filter(|(_, row)| row.refused.is_none());
            own.map(|(_, row)| (row.account_id.clone(), row.region.clone())).collect()
        };
        let pairs =
            accounts.iter().flat_map(|account| regions.iter().map(move |region| (account.clone(), region.clone())));
        Ok(pairs.filter(|pair| !there.contains(pair)).collect())
    }

    /// The accounts that a call names, and the folders that it names them by.
    fn targets(
        &self,
        request: &RpcRequest,
        group: &GroupRow,
    ) -> Result<(BTreeSet<String>, BTreeSet<String>), RpcError> {
        let (plain, targets) = (document(request, "AccountIds")?, document(request, "DeploymentTargets")?);
        if group.model == Model::SelfManaged {
            let plain = plain.ok_or_else(|| RpcError::missing_parameter("AccountIds"))?;
            return Ok((texts(&plain, "AccountIds", ACCOUNTS)?, BTreeSet::new()));
        }
        let targets = targets.ok_or_else(|| RpcError::missing_parameter("DeploymentTargets"))?;
        let part = |name: &str, most| match targets.get(name) {
            Some(list) => texts(list, &format!("DeploymentTargets.{name}"), most),
            None => Ok(BTreeSet::new()),
        };
        let (mut accounts, folders) = (part("AccountIds", MEMBERS)?, part("RdFolderIds", FOLDERS)?);
        refuse_if!(accounts.is_empty() && folders.is_empty(), RpcError::missing_parameter("DeploymentTargets"));
        let tables = self.0.tables();
        let known =
            tables.directory.get(DIRECTORY).filter(|known| known.manager == request.account() && known.is_trusted);
        let known = known.ok_or_else(|| request::no_directory(request.account()))?;
        let is_member = |account: &String| known.folders.values().any(|members| members.contains(account));
        if let Some(stranger) = accounts.iter().find(|account| !is_member(account)) {
            return Err(RpcError::invalid_parameter(
                "DeploymentTargets",
                &format!("{stranger} is no member of the directory"),
            ));
        }
        for folder in &folders {
            let members = known.folders.get(folder);
            let members =
                members.ok_or_else(|| RpcError::invalid_parameter("DeploymentTargets", "there is no such folder"))?;
            accounts.extend(members.iter().cloned());
        }
        Ok((accounts, folders))
    }

    /// Begins an operation with each of the targets, and answers its id. Where the service may not act, it is refused.
    fn begin(
        &self,
        key: &str,
        group: &GroupRow,
        targets: Vec<(String, String)>,
        work: Work,
    ) -> Result<Value, RpcError> {
        let operation = self.0.shared.ids.uuid();
        let mut row = GroupOperationRow {
            group: key.to_owned(),
            action: work.word().to_owned(),
            stacks: Vec::new(),
            refused: Vec::new(),
        };
        for (account, region) in targets {
            let instance = format!("{key}/{account}/{region}");
            let before = self.0.tables().instances.get(&instance).cloned();
            let stack = before.as_ref().map(|row| row.stack_id.clone()).filter(|id| !id.is_empty());
            if work == (Work::Delete { retains: true }) {
                self.0.change(|tables, _| {
                    tables.instances.remove(&instance);
                    Ok::<_, RpcError>(())
                })?;
                continue;
            }
            let begun = self.acts_in(group, &account).and_then(|actor| match (work, &stack) {
                (Work::Create, _) | (Work::Update, None) => self.make_in(group, &account, &region, actor),
                (Work::Update, Some(id)) => self.change_in(group, id, actor).map(|()| id.clone()),
                (Work::Delete { .. }, Some(id)) => self.delete_in(id, actor).map(|()| id.clone()),
                (Work::Delete { .. }, None) => Ok(String::new()),
            });
            let refused = begun.as_ref().err().map(|error| format!("{}: {}", error.code, error.message));
            let id = begun.ok().or(stack).unwrap_or_default();
            match &refused {
                Some(why) => row.refused.push((account.clone(), why.clone())),
                None if !id.is_empty() => row.stacks.push(id.clone()),
                None => {}
            }
            let leaves = matches!(work, Work::Delete { .. }) && refused.is_none();
            let placed = InstanceRow { account_id: account, region, stack_id: id, refused, leaves };
            self.0.change(|tables, _| {
                tables.instances.insert(instance, placed);
                Ok::<_, RpcError>(())
            })?;
        }
        let stacks = row.stacks.clone();
        self.0.change(|tables, _| {
            tables.group_operations.insert(operation.clone(), row);
            Ok::<_, RpcError>(())
        })?;
        stacks.iter().for_each(|id| self.0.drive(id));
        Ok(json!({ "OperationId": operation }))
    }

    /// The key of the session in which the service acts in an account.
    fn acts_in(&self, group: &GroupRow, account: &str) -> Result<String, RpcError> {
        let identities = &self.0.shared.identities;
        let role = match group.model {
            Model::SelfManaged => {
                let administers = identities
                    .role(&group.account_id, ADMINISTRATION)
                    .is_some_and(|role| role.trust.permits(Caller::Service("ros.aliyuncs.com"), None));
                refuse_if!(!administers, request::no_action(ADMINISTRATION));
                let administrator = Principal::Role { name: ADMINISTRATION.to_owned(), session: "ros".to_owned() };
                let caller = Caller::Principal { account_id: &group.account_id, principal: &administrator };
                let lets_in = identities.role(account, EXECUTION).is_some_and(|role| role.trust.permits(caller, None));
                refuse_if!(!lets_in, request::no_action(EXECUTION));
                EXECUTION
            }
            Model::ServiceManaged => {
                let service = LinkedService::of_role(MEMBER).ok_or_else(|| request::no_action(MEMBER))?;
                identities.link(account, service).map_err(|error: StorageError| RpcError::from(error))?;
                MEMBER
            }
        };
        let arn = role_arn(account, role);
        let issued = identities.assume(&arn, "stack-group", SESSION).map_err(|_| request::no_action(role))?;
        let session = identities.find(&issued.access_key_id).ok_or_else(|| request::no_action(role))?;
        let need = Need::new("ros:CreateStack", format!("acs:ros:*:{account}:stack/*"));
        access::check(&self.0.shared, &session, &[need], &[])
            .map_err(|denied| RpcError::denied("Forbidden", &denied))?;
        Ok(issued.access_key_id)
    }

    fn make_in(&self, group: &GroupRow, account: &str, region: &str, actor: String) -> Result<String, RpcError> {
        let id = self.0.shared.ids.uuid();
        let name = format!("StackGroup-{}-{id}", group.name);
        let (template, stack) = self.resolve(&group.version, &self.0.pseudo(account, region, &name, &id))?;
        let row = StackRow {
            id: id.clone(),
            account_id: account.to_owned(),
            region: region.to_owned(),
            name,
            version: group.version.clone(),
            previous: None,
            action: Action::Create,
            phase: Phase::InProgress,
            reason: "Stack CREATE started".to_owned(),
            created_at: self.0.shared.clock.now(),
            updated_at: None,
            disable_rollback: false,
            timeout_minutes: 60,
            deletion_protection: false,
            ram_role: None,
            tags: BTreeMap::new(),
            policy: None,
            notification_urls: Vec::new(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            failure: None,
            rollback_failure: None,
            operation: None,
        };
        let tasks = engine::creation(&template, &stack);
        self.0.change(|tables, now| {
            calls::start(tables, row, actor, tasks, now);
            Ok::<_, RpcError>(())
        })?;
        Ok(id)
    }

    fn change_in(&self, group: &GroupRow, id: &str, actor: String) -> Result<(), RpcError> {
        let row = self.0.tables().stacks.get(id).cloned().ok_or_else(|| request::no_stack(id))?;
        let pseudo = self.0.pseudo(&row.account_id, &row.region, &row.name, id);
        let (template, stack) = self.resolve(&group.version, &pseudo)?;
        let tasks = engine::update(&row, &template, &stack, false);
        if tasks.is_empty() && row.phase == Phase::Complete {
            return Ok(());
        }
        let changed = StackRow {
            previous: Some(row.version.clone()),
            version: group.version.clone(),
            action: Action::Update,
            reason: "Stack UPDATE started".to_owned(),
            failure: None,
            rollback_failure: None,
            ..row
        };
        self.0.change(|tables, now| {
            calls::start(tables, changed, actor, tasks, now);
            Ok(())
        })
    }

    fn delete_in(&self, id: &str, actor: String) -> Result<(), RpcError> {
        let Some(row) = self.0.tables().stacks.get(id).cloned() else { return Ok(()) };
        let tasks = engine::removal(&row, |_, resource| !resource.is_retained);
        let changed = StackRow {
            action: Action::Delete,
            reason: "Stack DELETE started".to_owned(),
            failure: None,
            rollback_failure: None,
            ..row
        };
        self.0.change(|tables, now| {
            calls::start(tables, changed, actor, tasks, now);
            Ok(())
        })
    }
}

fn regions(request: &RpcRequest) -> Result<BTreeSet<String>, RpcError> {
    let regions = document(request, "RegionIds")?.ok_or_else(|| RpcError::missing_parameter("RegionIds"))?;
    let regions = texts(&regions, "RegionIds", REGIONS)?;
    refuse_if!(regions.is_empty(), RpcError::missing_parameter("RegionIds"));
    Ok(regions)
}
