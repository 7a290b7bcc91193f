//! Stack groups: the same stack in many accounts, such as a role in each account of a resource directory.
//!
//! Lists travel as JSON in one parameter here. Source: docs/reference/deploy-apis.md, sections 1.2 and 1.8.

use alicloud::wire::{Params, Position};
use alicloud::{AccountId, ClientToken, Region};
use cloud_wire::{lenient, words};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Parameter, Parameters, Ros, hiding, with_parameters};
use crate::call::Call;
use crate::error::Error;

words! {
    /// Who lets a group into its accounts.
    PermissionModel {
        /// Roles that were made beforehand in each of them.
        SelfManaged = "SELF_MANAGED",
        /// The resource directory: ROS makes the roles. New members of a folder get the stack by themselves.
        ServiceManaged = "SERVICE_MANAGED",
    }
}

/// A new group.
#[derive(Debug)]
pub struct CreateStackGroup {
    /// Its name.
    pub name: String,
    /// The template, as JSON or YAML.
    pub template: String,
    /// Its parameters.
    pub parameters: Parameters,
    /// Who lets it in.
    pub permission_model: PermissionModel,
    /// One token for all tries.
    pub client_token: ClientToken,
}

/// A group's next template and parameters, which go to all its accounts.
#[derive(Debug)]
pub struct UpdateStackGroup {
    /// Its name.
    pub name: String,
    /// The template, as JSON or YAML.
    pub template: String,
    /// Its parameters.
    pub parameters: Parameters,
    /// One token for all tries.
    pub client_token: ClientToken,
}

/// Which accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// These, at most 50, of a group that is self-managed.
    Accounts(Vec<AccountId>),
    /// These folders of the resource directory, at most 20, of one that is service-managed.
    Folders(Vec<String>),
    /// These members of the resource directory, at most 30, of one that is service-managed.
    Members(Vec<AccountId>),
}

/// Accounts that a group comes to.
#[derive(Debug)]
pub struct CreateStackInstances {
    /// The group.
    pub group: String,
    /// The accounts.
    pub targets: Targets,
    /// Regions, at most 20. For roles one: they belong to an account, so that a second region's stack would collide.
    pub regions: Vec<Region>,
    /// One token for all tries.
    pub client_token: ClientToken,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StackGroup {
    /// Its name.
    pub stack_group_name: String,
    /// Its id.
    pub stack_group_id: Option<String>,
    /// `ACTIVE` or `DELETED`.
    pub status: Option<String>,
    /// Who lets it in.
    pub permission_model: Option<PermissionModel>,
    /// Its parameters. Whether the cloud shows them is in no source.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub parameters: Vec<Parameter>,
}

impl StackGroup {
    /// A parameter of the template.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.key == name)?.value.as_deref()
    }
}

/// The stack of a group in one account and region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StackInstance {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region_id: Region,
    /// The stack there.
    pub stack_id: Option<String>,
    /// `CURRENT`, or `OUTDATED` where the last change did not come through.
    pub status: Option<String>,
    /// Why not.
    pub status_reason: Option<String>,
}

words! {
    /// How far an operation on a group is.
    OperationStatus {
        /// Under way.
        Running = "RUNNING",
        /// Waits for another.
        Queued = "QUEUED",
        /// Done in every account.
        Succeeded = "SUCCEEDED",
        /// Not done in some.
        Failed = "FAILED",
        /// Being stopped.
        Stopping = "STOPPING",
        /// Stopped.
        Stopped = "STOPPED",
    }
}

/// An operation on a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupOperation {
    /// Its id.
    pub operation_id: String,
    /// How far it is.
    pub status: OperationStatus,
    /// What it does.
    pub action: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Began {
    operation_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    stack_group: StackGroup,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Operation {
    stack_group_operation: GroupOperation,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instances {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    stack_instances: Vec<StackInstance>,
    total_count: Option<u64>,
    page_size: Option<u64>,
}

fn with_targets(params: Params, targets: &Targets) -> Params {
    match targets {
        Targets::Accounts(accounts) => {
            let ids: Vec<_> = accounts.iter().map(AccountId::as_str).collect();
            params.with("AccountIds", Value::from(ids))
        }
        Targets::Folders(folders) => params.with("DeploymentTargets", json!({ "RdFolderIds": folders })),
        Targets::Members(accounts) => {
            let ids: Vec<_> = accounts.iter().map(AccountId::as_str).collect();
            params.with("DeploymentTargets", json!({ "AccountIds": ids }))
        }
    }
}

fn regions_json(regions: &[Region]) -> Value {
    Value::from(regions.iter().map(Region::as_str).collect::<Vec<_>>())
}

impl Ros {
    /// Lets ROS act in the accounts of the resource directory, which service-managed groups need. Switched on already is no error.
    ///
    /// # Errors
    /// `Denied` where the account does not manage a resource directory.
    pub async fn enable_service_access(&self) -> Result<(), Error> {
        self.done(Call::EnableServiceAccess, Params::new()).await
    }

    /// Makes a group, which is in no account yet.
    ///
    /// # Errors
    /// `AlreadyThere` where the name is taken.
    pub async fn create_stack_group(&self, group: &CreateStackGroup) -> Result<(), Error> {
        // It is required of a service-managed group, and refused of the other.
        let follows = json!({ "Enabled": true, "RetainStacksOnAccountRemoval": true });
        let follows = (group.permission_model == PermissionModel::ServiceManaged).then_some(follows);
        let params = Params::new()
            .maybe("AutoDeployment", follows)
            .with("ClientToken", &group.client_token)
            .with("PermissionModel", &group.permission_model)
            .with("StackGroupName", &group.name);
        let params = with_parameters(params, "Parameters", &group.parameters).with("TemplateBody", &group.template);
        self.done(Call::CreateStackGroup, params).await.map_err(hiding(&group.parameters))
    }

    /// Begins to update a group in all its accounts, and answers the operation's id.
    ///
    /// # Errors
    /// `Busy` where another operation on it is under way.
    pub async fn update_stack_group(&self, group: &UpdateStackGroup) -> Result<String, Error> {
        let params = Params::new().with("ClientToken", &group.client_token).with("StackGroupName", &group.name);
        let params = with_parameters(params, "Parameters", &group.parameters).with("TemplateBody", &group.template);
        let began: Began = self.call(Call::UpdateStackGroup, params).await.map_err(hiding(&group.parameters))?;
        Ok(began.operation_id)
    }

    /// Begins to make a group's stack in more accounts, and answers the operation's id.
    ///
    /// # Errors
    /// `Busy` where another operation on it is under way.
    pub async fn create_stack_instances(&self, instances: &CreateStackInstances) -> Result<String, Error> {
        let params = with_targets(Params::new(), &instances.targets)
            .with("ClientToken", &instances.client_token)
            .with("RegionIds", regions_json(&instances.regions))
            .with("StackGroupName", &instances.group);
        Ok(self.call::<Began>(Call::CreateStackInstances, params).await?.operation_id)
    }

    /// Begins to take a group out of accounts, and answers the operation's id. With `retain` the stacks stay there.
    ///
    /// # Errors
    /// `Busy` where another operation on it is under way.
    pub async fn delete_stack_instances(
        &self,
        group: &str,
        targets: &Targets,
        regions: &[Region],
        retain: bool,
    ) -> Result<String, Error> {
        let params = with_targets(Params::new(), targets)
            .with("RegionIds", regions_json(regions))
            .with("RetainStacks", retain)
            .with("StackGroupName", group);
        Ok(self.call::<Began>(Call::DeleteStackInstances, params).await?.operation_id)
    }

    /// Deletes a group that is in no account any more. One that is gone already is no error.
    ///
    /// # Errors
    /// `Refused` where it still is in some.
    pub async fn delete_stack_group(&self, name: &str) -> Result<(), Error> {
        match self.done(Call::DeleteStackGroup, Params::new().with("StackGroupName", name)).await {
            Err(error) if error.kind() == alicloud::Kind::Gone => Ok(()),
            answer => answer,
        }
    }

    /// A group by its name, if there is one.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn stack_group(&self, name: &str) -> Result<Option<StackGroup>, Error> {
        match self.call::<Group>(Call::GetStackGroup, Params::new().with("StackGroupName", name)).await {
            Ok(answer) => Ok(Some(answer.stack_group)),
            Err(error) if error.kind() == alicloud::Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where a group is.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn list_stack_instances(&self, group: &str) -> Result<Vec<StackInstance>, Error> {
        let page = |page: Instances| {
            (page.stack_instances, Position { total_count: page.total_count, page_size: page.page_size })
        };
        let params = || Params::new().with("StackGroupName", group);
        let rows = self.all(
            Call::ListStackInstances,
            params,
            |answer: Instances| {
                let (rows, position) = page(answer);
                let keyed = rows.into_iter().map(|row| (format!("{}/{}", row.account_id, row.region_id), row));
                (keyed.collect(), position)
            },
            |(key, _): &(String, StackInstance)| key.as_str(),
        );
        Ok(rows.await?.into_iter().map(|(_, row)| row).collect())
    }

    /// How far an operation on a group is.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn stack_group_operation(&self, operation_id: &str) -> Result<GroupOperation, Error> {
        let params = Params::new().with("OperationId", operation_id);
        Ok(self.call::<Operation>(Call::GetStackGroupOperation, params).await?.stack_group_operation)
    }
}
