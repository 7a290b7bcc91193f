//! Why a command about accounts failed.

use alicloud::BadName;
use connection::words::{AccountAlias, ConnectionName};
use strict::Unreadable;

use crate::deploy::DeployError;
use crate::operator::OperatorError;
use crate::remote::RemoteError;
use crate::webhook::WebhookError;

/// Why a command about accounts failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum AccountsError {
    /// It is not known which webhook to ask.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The account's own keys are not there, or refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Operator(#[from] OperatorError),
    #[error("the accounts document cannot be parsed")]
    #[diagnostic(help(
        "see it with `causeway config get accounts`, and put a corrected one with `causeway config put accounts FILE`"
    ))]
    Unreadable(#[source] Unreadable),
    #[error("the accounts document is changed all the time by somebody else; nothing of this command is in it")]
    #[diagnostic(help("run the command again"))]
    Contended,
    #[error("{alias} is account {known} of {cloud} already")]
    #[diagnostic(help("choose another alias; or take that account out first: `causeway accounts remove {alias}`"))]
    Different { alias: AccountAlias, known: String, cloud: &'static str },
    #[error("account {id} is connected already, as {alias}")]
    #[diagnostic(help("use that alias; `causeway accounts list` shows all of them"))]
    Taken { id: String, alias: AccountAlias },
    #[error("there is no account {0}")]
    #[diagnostic(help("`causeway accounts list` shows those that there are"))]
    Unknown(AccountAlias),
    #[error("account {alias} is used by {}", names(.by))]
    #[diagnostic(help("remove these connections first, each by DELETE /v1/connections/NAME; nothing was changed"))]
    InUse { alias: AccountAlias, by: Vec<ConnectionName> },
    #[error("the keys belong to account {keys}, and {alias} is {account}")]
    #[diagnostic(help("name a profile with that account's own keys: --profile"))]
    OthersKeys { alias: AccountAlias, account: String, keys: String },
    #[error("it is not known which account is meant")]
    #[diagnostic(help(
        "name its own keys (--profile NAME), or its id (--id ID; with --print for what its owner has to do)"
    ))]
    NoAccount,
    /// A cloud did not do what a command needs.
    #[error("{what} is not done")]
    #[diagnostic(help("{}", .source.advice()))]
    Cloud { what: String, source: Box<operate::Error> },
    /// The same of a product that functions call too.
    #[error("{what} is not done")]
    #[diagnostic(help("{}", .source.advice()))]
    Product { what: String, source: Box<alicloud::Error> },
    /// The stack with the roles did not come about.
    #[error("the roles are not made as a stack")]
    #[diagnostic(help("{}", of_stack(.0)))]
    Stack(#[from] DeployError),
    #[error("{what} has not ended after {minutes} minutes")]
    #[diagnostic(help("look at it in the console of ROS; the command goes on where it is when you run it again"))]
    TooLong { what: String, minutes: u64 },
    #[error("stack group {group}: operation {operation} came to {status}{}", instances(.failed))]
    #[diagnostic(help("correct what the cloud names, and run the command again"))]
    Group { group: String, operation: String, status: String, failed: Vec<(String, String)> },
    #[error("{0:?} cannot be used")]
    Name(String, #[source] BadName),
    #[error("the template of the roles cannot be evaluated")]
    Template(#[source] causeway_local::ros::RosError),
    #[error("alias {0} is too long for the accounts of a folder, whose ids follow it")]
    #[diagnostic(help("choose one of at most 15 characters"))]
    LongAlias(AccountAlias),
}

impl AccountsError {
    /// A call that was refused, in words for what it was to do.
    pub(super) fn cloud(what: impl Into<String>) -> impl FnOnce(operate::Error) -> Self {
        let what = what.into();
        move |source| Self::Cloud { what, source: Box::new(source) }
    }
}

fn names(names: &[ConnectionName]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What to do about a stack that was refused.
fn of_stack(error: &DeployError) -> String {
    let said = miette::Diagnostic::help(error).map(|help| format!("{help}. ")).unwrap_or_default();
    format!("{said}Where the account may make roles but no stacks: --role-api ram")
}

fn instances(failed: &[(String, String)]) -> String {
    failed.iter().map(|(account, why)| format!("\n  account {account}: {why}")).collect()
}
