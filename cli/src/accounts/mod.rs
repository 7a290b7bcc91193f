//! `causeway accounts`: connects accounts, looks whether they let Causeway in, and takes them out.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `add` | connecting: with an account's own keys, by its id alone, or an account of JD Cloud |
//! | `parameters` | what the roles of an account are made by |
//! | `stack` | the roles as a stack of the account |
//! | `roles` | the roles by calls of RAM, where stacks are refused |
//! | `group` | the roles in many accounts of a resource directory |
//! | `products` | what the account has not opened, and opening it |
//! | `document` | the accounts document, changed only as it was read |
//! | `check` | whether an account lets Causeway in |
//! | `print` | what the owner of an account does whose keys are not here |
//! | `remove` | taking an account out |
//!
//! # Guarantees
//! Every command can be killed at any call and run again: it looks at what is there first. The accounts document names an account after
//! its roles are there, and no longer before they go.

pub mod add;
pub mod check;
pub mod document;
mod error;
pub mod group;
mod parameters;
mod print;
mod products;
pub mod remove;
mod roles;
mod stack;

use std::collections::BTreeMap;

use api::connections::Summary;
use connection::account::Account;
use connection::record::Phase;
use connection::words::{AccountAlias, ConnectionName};
use serde::Serialize;

use crate::args::{AccountsCommand, WebhookArgs};
use crate::remote::connect;
use crate::render::{add_row, counted, fitted_table, json, say};
use crate::webhook::Webhook;

pub use error::AccountsError;
pub use parameters::ROLES;

/// Tells on stderr how far a command is.
macro_rules! progress {
    ($($text:tt)*) => { eprintln!("{}", strict::escaped(&format!($($text)*))) };
}
use progress;

/// `causeway accounts`. Ends with 1 where an account does not let Causeway in.
///
/// # Errors
/// When the webhook or a cloud refuses or does not answer.
pub async fn accounts(command: &AccountsCommand) -> Result<bool, AccountsError> {
    match command {
        AccountsCommand::List { webhook } => list(webhook).await,
        AccountsCommand::Check(args) => check::run(args).await,
        AccountsCommand::Add(args) => add::run(args).await,
        AccountsCommand::Remove(args) => remove::run(args).await,
    }
}

/// What `causeway accounts list --json` prints.
#[derive(Serialize)]
struct ListDocument {
    version: u32,
    accounts: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    alias: AccountAlias,
    #[serde(flatten)]
    account: Account,
    connections: Vec<ConnectionName>,
}

async fn list(args: &WebhookArgs) -> Result<bool, AccountsError> {
    let webhook = connect(args)?;
    let (accounts, _) = document::read(&webhook).await?;
    let mut users = users(&webhook).await?;
    let listed = accounts.accounts.into_iter().map(|(alias, account)| {
        let connections = users.remove(&alias).unwrap_or_default();
        Listed { alias, account, connections }
    });
    let listed: Vec<Listed> = listed.collect();
    if args.json {
        println!("{}", json(&ListDocument { version: 1, accounts: listed }));
        return Ok(true);
    }
    let mut table = fitted_table(&["alias", "cloud", "id", "owner", "connections"]);
    for Listed { alias, account, connections } in &listed {
        let owner = account.owner().map(ToString::to_string).unwrap_or_default();
        let cells = [alias.to_string(), account.cloud().to_owned(), account.id().to_owned(), owner];
        add_row(&mut table, cells.into_iter().chain([connections.len().to_string()]));
    }
    println!("{table}");
    say!("{}", counted(listed.len(), "account"));
    Ok(true)
}

/// The connections that use each account. One that is removed uses none.
async fn users(webhook: &Webhook) -> Result<BTreeMap<AccountAlias, Vec<ConnectionName>>, AccountsError> {
    let mut users: BTreeMap<AccountAlias, Vec<ConnectionName>> = BTreeMap::new();
    for Summary { name, phase, places, .. } in webhook.connections().await? {
        if phase == Phase::Removed {
            continue;
        }
        for place in places.into_values() {
            let names = users.entry(place.account).or_default();
            if !names.contains(&name) {
                names.push(name.clone());
            }
        }
    }
    Ok(users)
}
