//! The roles in many accounts of a resource directory, by a stack group of its management account. New members of a folder get the
//! roles by themselves; the same command again enters them into the accounts document.

use std::time::Duration;

use alicloud::{AccountId, Kind as Failure};
use api::accounts::AccountChecks;
use connection::account::{Account, Accounts};
use connection::words::AccountAlias;
use futures::future::try_join_all;
use operate::ros::{
    CreateStackGroup, CreateStackInstances, OperationStatus, PermissionModel, Refusal, Ros, StackInstance, Targets,
    UpdateStackGroup,
};
use tokio::time::{sleep, timeout};

use super::add::{Wanted, deployment, stack_name};
use super::parameters::{EXTERNAL_ID, ROLES, RoleParameters};
use super::stack::token;
use super::{AccountsError, check, document, progress, users};
use crate::operator::Operator;
use crate::webhook::Webhook;

/// How often an operation is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long one may take: some stacks after the other.
const PATIENCE_MINUTES: u64 = 60;
/// A hyphen and the 16 digits of an id follow the alias, which has 32 characters at most.
const LONGEST_ALIAS: usize = 15;
/// What an instance is whose last change came through.
const CURRENT: &str = "CURRENT";

/// Which accounts of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// All of this folder.
    Folder(String),
    /// These.
    Accounts(Vec<AccountId>),
}

impl Members {
    /// What the command line names; none where it names no members.
    #[must_use]
    pub fn of(folder: &Option<String>, accounts: &[AccountId]) -> Option<Self> {
        match folder {
            Some(folder) => Some(Self::Folder(folder.clone())),
            None => (!accounts.is_empty()).then(|| Self::Accounts(accounts.to_vec())),
        }
    }

    fn targets(&self) -> Targets {
        match self {
            Self::Folder(folder) => Targets::Folders(vec![folder.clone()]),
            Self::Accounts(accounts) => Targets::Members(accounts.clone()),
        }
    }

    fn holds(&self, account: &AccountId) -> bool {
        match self {
            // The group has no other members: whoever left the folder keeps the roles.
            Self::Folder(_) => true,
            Self::Accounts(accounts) => accounts.contains(account),
        }
    }
}

/// The alias of a member.
fn alias_of(alias: &AccountAlias, account: &AccountId) -> Result<AccountAlias, AccountsError> {
    format!("{alias}-{account}").parse().map_err(|_| AccountsError::LongAlias(alias.clone()))
}

/// Connects members of the resource directory that `manager` manages, each under the alias with its id behind it.
///
/// # Errors
/// When the webhook or the cloud refuses, or a member did not get its roles; those that did are connected by then.
pub async fn with_keys(
    webhook: &Webhook,
    manager: &Operator,
    wanted: &Wanted,
    members: &Members,
) -> Result<Vec<AccountChecks>, AccountsError> {
    if wanted.alias.as_str().len() > LONGEST_ALIAS {
        return Err(AccountsError::LongAlias(wanted.alias.clone()));
    }
    let deployment = deployment(webhook).await?;
    let (accounts, _) = document::read(webhook).await?;
    let group = Group { ros: manager.client.ros(&manager.region), name: stack_name(&deployment.stack), manager };
    group.ros.enable_service_access().await.map_err(AccountsError::cloud("letting ROS act in the directory"))?;
    let mut parameters = wanted.parameters(&deployment, None);
    group.bring_about(wanted, &accounts, &mut parameters).await?;
    let failed = group.come_to(members).await?;
    let instances = group.instances().await?;
    let (current, outdated): (Vec<_>, Vec<_>) = instances
        .into_iter()
        .filter(|instance| members.holds(&instance.account_id))
        .partition(|instance| instance.status.as_deref().is_none_or(|status| status == CURRENT));
    let entries: Vec<(Wanted, String)> = current
        .iter()
        .map(|instance| {
            let alias = alias_of(&wanted.alias, &instance.account_id)?;
            Ok((Wanted { alias, ..wanted.clone() }, instance.account_id.to_string()))
        })
        .collect::<Result<_, AccountsError>>()?;
    let word = parameters.external_id.as_deref();
    document::change(webhook, |accounts| entries.iter().try_for_each(|(wanted, id)| wanted.put(accounts, id, word)))
        .await?;
    progress!("{} accounts are in the accounts document", entries.len());
    let checks = entries.iter().map(|(wanted, _)| check::until_it_passes(webhook, &wanted.alias));
    let checks = try_join_all(checks).await?;
    match failed {
        Some((operation, status)) => {
            let why =
                |instance: StackInstance| (instance.account_id.to_string(), instance.status_reason.unwrap_or_default());
            let failed = outdated.into_iter().map(why).collect();
            Err(AccountsError::Group { group: group.name, operation, status: status.to_string(), failed })
        }
        None => Ok(checks),
    }
}

/// Takes accounts that the stack group connected out of the document, and their roles away: the one that `alias` names, or all whose
/// alias begins with it. The group goes with its last account. Answers who is out now.
///
/// # Errors
/// When one of them is in use, or the webhook or the cloud refuses. The same command goes on.
pub async fn remove(
    webhook: &Webhook,
    manager: &Operator,
    alias: &AccountAlias,
) -> Result<Vec<AccountAlias>, AccountsError> {
    let deployment = deployment(webhook).await?;
    let (accounts, _) = document::read(webhook).await?;
    let group = Group { ros: manager.client.ros(&manager.region), name: stack_name(&deployment.stack), manager };
    let one = alias.as_str().rsplit_once('-').and_then(|(_, id)| id.parse::<AccountId>().ok());
    let instances = group.instances().await?;
    if instances.is_empty() {
        // What a run leaves that died before its end.
        group.delete().await?;
        return Ok(Vec::new());
    }
    let mut members = Vec::new();
    for StackInstance { account_id, .. } in instances {
        let own = if one.is_some() { alias.clone() } else { alias_of(alias, &account_id)? };
        let known = accounts.accounts.iter().find(|(_, account)| account.id() == account_id.as_str());
        // A run that died has taken it out of the document already.
        let is_meant =
            one.as_ref().is_none_or(|one| *one == account_id) && known.is_none_or(|(known, _)| *known == own);
        members.extend(is_meant.then_some((account_id, own)));
    }
    if members.is_empty() {
        return Err(AccountsError::Unknown(alias.clone()));
    }
    let mut users = users(webhook).await?;
    for (_, alias) in &members {
        if let Some(by) = users.remove(alias) {
            return Err(AccountsError::InUse { alias: alias.clone(), by });
        }
    }
    document::change(webhook, |accounts| {
        members.iter().for_each(|(_, alias)| drop(accounts.accounts.remove(alias)));
        Ok(())
    })
    .await?;
    let (ids, aliases): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    group.leave(Targets::Members(ids)).await?;
    Ok(aliases)
}

/// The stack group with the roles.
struct Group<'a> {
    ros: Ros,
    name: String,
    manager: &'a Operator,
}

/// An operation that did not succeed, and what it came to.
type NotDone = Option<(String, OperationStatus)>;

impl Group<'_> {
    /// Makes the group, or updates it with all its members.
    async fn bring_about(
        &self,
        wanted: &Wanted,
        accounts: &Accounts,
        parameters: &mut RoleParameters,
    ) -> Result<(), AccountsError> {
        let name = &self.name;
        let found = self.ros.stack_group(name).await;
        let found = found.map_err(AccountsError::cloud(format!("looking for stack group {name}")))?;
        let in_group = found.as_ref().and_then(|group| group.parameter(EXTERNAL_ID)).map(str::to_owned);
        let agreed = wanted.external_id.clone().or_else(|| documented(&wanted.alias, accounts)).or(in_group);
        // All members get the new word together with the document, if nobody remembers the old one.
        parameters.external_id = Some(agreed.unwrap_or_else(|| self.manager.io.entropy.nonce()));
        if found.is_none() {
            let group = CreateStackGroup {
                name: name.clone(),
                template: ROLES.to_owned(),
                parameters: parameters.of_stack(),
                permission_model: PermissionModel::ServiceManaged,
                client_token: token(&self.manager.io)?,
            };
            match self.ros.create_stack_group(&group).await {
                Ok(()) => {
                    progress!("stack group {name} is made");
                    return Ok(());
                }
                Err(error) if error.kind() == Failure::AlreadyThere => {}
                Err(error) => return Err(AccountsError::cloud(format!("making stack group {name}"))(error)),
            }
        }
        let begin = async || {
            let update = UpdateStackGroup {
                name: name.clone(),
                template: ROLES.to_owned(),
                parameters: parameters.of_stack(),
                client_token: token(&self.manager.io)?,
            };
            Ok::<_, AccountsError>(self.ros.update_stack_group(&update).await)
        };
        match self.operation("updating", begin).await? {
            None => Ok(()),
            Some((operation, status)) => {
                let failed = self.instances().await?.into_iter().filter(|one| one.status.as_deref() != Some(CURRENT));
                let why = |one: StackInstance| (one.account_id.to_string(), one.status_reason.unwrap_or_default());
                let failed = failed.map(why).collect();
                Err(AccountsError::Group { group: name.clone(), operation, status: status.to_string(), failed })
            }
        }
    }

    /// Makes the group's stack in the accounts of the members.
    async fn come_to(&self, members: &Members) -> Result<NotDone, AccountsError> {
        let begin = async || {
            let instances = CreateStackInstances {
                group: self.name.clone(),
                targets: members.targets(),
                // Roles belong to an account: a second region's stack would collide.
                regions: vec![self.manager.region.clone()],
                client_token: token(&self.manager.io)?,
            };
            Ok::<_, AccountsError>(self.ros.create_stack_instances(&instances).await)
        };
        self.operation("making stacks of", begin).await
    }

    /// Deletes the group's stack in these accounts, and the group where it is in no other.
    async fn leave(&self, members: Targets) -> Result<(), AccountsError> {
        let (name, regions) = (&self.name, [self.manager.region.clone()]);
        let begin =
            async || Ok::<_, AccountsError>(self.ros.delete_stack_instances(name, &members, &regions, false).await);
        if let Some((operation, status)) = self.operation("deleting stacks of", begin).await? {
            let group = name.clone();
            return Err(AccountsError::Group { group, operation, status: status.to_string(), failed: Vec::new() });
        }
        if self.instances().await?.is_empty() { self.delete().await } else { Ok(()) }
    }

    async fn delete(&self) -> Result<(), AccountsError> {
        let deleted = self.ros.delete_stack_group(&self.name).await;
        deleted.map_err(AccountsError::cloud(format!("deleting stack group {}", self.name)))?;
        progress!("stack group {} is deleted", self.name);
        Ok(())
    }

    async fn instances(&self) -> Result<Vec<StackInstance>, AccountsError> {
        let listed = self.ros.list_stack_instances(&self.name).await;
        listed.map_err(AccountsError::cloud(format!("listing the accounts of stack group {}", self.name)))
    }

    /// Begins an operation as soon as no other is under way, and waits for its end. One that is done already is done.
    async fn operation(
        &self,
        what: &str,
        begin: impl AsyncFn() -> Result<Result<String, operate::Error>, AccountsError>,
    ) -> Result<NotDone, AccountsError> {
        let described = format!("{what} stack group {}", self.name);
        let work = async {
            let id = loop {
                match begin().await? {
                    Ok(id) => break id,
                    Err(error) if matches!(error.kind(), Failure::AlreadyThere | Failure::Gone) => return Ok(None),
                    Err(error) => match Refusal::of(&error) {
                        Refusal::CompletelySame => return Ok(None),
                        Refusal::InProgress | Refusal::LastTokenProcessing | Refusal::Later => sleep(LOOK_EVERY).await,
                        _ => return Err(AccountsError::cloud(described.clone())(error)),
                    },
                }
            };
            progress!("{described}: operation {id}");
            loop {
                sleep(LOOK_EVERY).await;
                match self.ros.stack_group_operation(&id).await {
                    Ok(operation) => match operation.status {
                        OperationStatus::Succeeded => return Ok(None),
                        status @ (OperationStatus::Failed | OperationStatus::Stopped) => return Ok(Some((id, status))),
                        _ => {}
                    },
                    Err(error) if error.may_repeat() => {}
                    Err(error) => return Err(AccountsError::cloud(described.clone())(error)),
                }
            }
        };
        let too_long = |_| AccountsError::TooLong { what: described.clone(), minutes: PATIENCE_MINUTES };
        timeout(Duration::from_secs(PATIENCE_MINUTES * 60), work).await.map_err(too_long)?
    }
}

/// The word that members which are connected already ask for.
fn documented(alias: &AccountAlias, accounts: &Accounts) -> Option<String> {
    let prefix = format!("{alias}-");
    let members = accounts.accounts.iter().filter_map(|(own, account)| match account {
        Account::Alicloud(account) if *own.as_str() == format!("{prefix}{}", account.id) => Some(account),
        _ => None,
    });
    members.filter_map(|account| account.external_id.clone()).next()
}
