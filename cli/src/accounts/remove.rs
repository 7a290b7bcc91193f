//! `causeway accounts remove`: an account goes out of the document, and its roles with it where its keys are here.

use connection::account::Account;
use connection::words::AccountAlias;
use serde::Serialize;

use super::add::{deployment, role_stack, stack_name};
use super::parameters::RoleParameters;
use super::{AccountsError, document, group, progress, users};
use crate::args::{OperatorArgs, RemoveAccount, RoleApi};
use crate::operator::{self, Operator};
use crate::remote::connect;
use crate::render::{counted, json, say};
use crate::webhook::Webhook;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    alias: &'a AccountAlias,
    was_there: bool,
}

/// What `--json` prints of a stack group.
#[derive(Serialize)]
struct GroupDocument<'a> {
    version: u32,
    removed: &'a [AccountAlias],
}

/// `causeway accounts remove`.
///
/// # Errors
/// When the account is in use, or the webhook or the cloud refuses.
pub async fn run(args: &RemoveAccount) -> Result<bool, AccountsError> {
    let webhook = connect(&args.webhook)?;
    let deployment = deployment(&webhook).await?;
    let region = args.region.clone().unwrap_or_else(|| deployment.region_id.to_string());
    let owner = match &args.profile {
        Some(profile) => Some(
            operator::connect(&OperatorArgs {
                stack: deployment.stack.clone(),
                region: Some(region.clone()),
                profile: Some(profile.clone()),
                endpoint: args.endpoint.clone(),
            })
            .await?,
        ),
        None => None,
    };
    if let Some(manager) = owner.as_ref().filter(|_| args.stack_group) {
        let removed = group::remove(&webhook, manager, &args.alias).await?;
        if args.webhook.json {
            println!("{}", json(&GroupDocument { version: 1, removed: &removed }));
        } else {
            removed.iter().for_each(|alias| say!("{alias} is taken out"));
            say!("{} taken out, with their roles", counted(removed.len(), "account"));
        }
        return Ok(true);
    }
    let removed = remove(&webhook, owner.as_ref(), &args.alias, (args.role_api, args.role_prefix.as_deref())).await?;
    if args.webhook.json {
        println!("{}", json(&Document { version: 1, alias: &args.alias, was_there: removed.is_some() }));
        return Ok(true);
    }
    match &removed {
        Some(_) => say!("{} is taken out", args.alias),
        None => say!("{} is not in the accounts document", args.alias),
    }
    if let (None, Some(Account::Alicloud(account))) = (&owner, &removed) {
        let stack = stack_name(&deployment.stack);
        say!("Its roles are still there. With keys of account {}:", account.id);
        say!("  aliyun ros ListStacks --RegionId {region} --StackName.1 {stack}");
        say!("  aliyun ros DeleteStack --RegionId {region} --StackId ID");
    }
    Ok(true)
}

/// Takes an account out, then deletes its roles if its `owner`'s keys are here. Answers what the document said of it.
///
/// # Errors
/// When the account is in use, or the webhook or the cloud refuses.
pub async fn remove(
    webhook: &Webhook,
    owner: Option<&Operator>,
    alias: &AccountAlias,
    roles: (RoleApi, Option<&str>),
) -> Result<Option<Account>, AccountsError> {
    let (accounts, _) = document::read(webhook).await?;
    let known = accounts.get(alias).cloned();
    if known.is_none() && owner.is_none() {
        return Err(AccountsError::Unknown(alias.clone()));
    }
    if let Some(owner) = owner {
        let keys = owner.identity.account.as_str();
        if let Some(known) = known.as_ref().filter(|known| known.id() != keys) {
            let (alias, account) = (alias.clone(), known.id().to_owned());
            return Err(AccountsError::OthersKeys { alias, account, keys: keys.to_owned() });
        }
        // The roles are those of another alias.
        if let Some((other, _)) = accounts.accounts.iter().find(|(other, one)| *other != alias && one.id() == keys) {
            return Err(AccountsError::Taken { id: keys.to_owned(), alias: other.clone() });
        }
    }
    if let Some(by) = users(webhook).await?.remove(alias) {
        return Err(AccountsError::InUse { alias: alias.clone(), by });
    }
    let is_it = known.clone();
    document::change(webhook, |accounts| {
        // Another account that somebody entered under the alias meanwhile stays.
        if accounts.get(alias).map(Account::id) == is_it.as_ref().map(Account::id) {
            accounts.accounts.remove(alias);
        }
        Ok(())
    })
    .await?;
    if let Some(owner) = owner {
        delete_roles(webhook, owner, known.as_ref(), roles).await?;
    }
    Ok(known)
}

async fn delete_roles(
    webhook: &Webhook,
    owner: &Operator,
    known: Option<&Account>,
    roles: (RoleApi, Option<&str>),
) -> Result<(), AccountsError> {
    let deployment = deployment(webhook).await?;
    let (role_api, role_prefix) = roles;
    match role_api {
        RoleApi::Ros => {
            let stack = role_stack(owner, &deployment.stack);
            match stack.delete().await? {
                true => progress!("stack {} is deleted", stack.name),
                false => progress!("there is no stack {}", stack.name),
            }
        }
        RoleApi::Ram => {
            let documented = match known {
                Some(Account::Alicloud(account)) => account.role_prefix.as_deref(),
                _ => None,
            };
            let prefix = role_prefix.or(documented).unwrap_or(super::add::ROLE_PREFIX);
            let parameters = RoleParameters::of(&deployment, prefix);
            let id = owner.identity.account.as_str();
            super::roles::delete(&owner.client.ram(), &parameters.roles(id, owner.region.as_str())?).await?;
        }
    }
    Ok(())
}
