//! `causeway create`, `change`, `pause`, `resume`, `retry`, `abandon` and `remove`: what a person asks of a connection.
//!
//! What cuts something is shown first and asked about. A file is read as strictly as the webhook reads it: what can be read in two ways is
//! refused with its place.

use std::path::Path;
use std::time::Duration;

use api::connections::{Plan, Summary};
use api::problem::ProblemKind;
use connection::record::Phase;
use connection::spec::Spec;
use connection::words::ConnectionName;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::args::{ConnectionArgs, CreateArgs, VerbArgs};
use crate::ask::{AskError, confirm};
use crate::demo::follow::{FollowError, follow};
use crate::demo::progress;
use crate::files::plan::is_free;
use crate::remote::{RemoteError, connect, document};
use crate::render::{add_row, counted, fitted_table, json, say};
use crate::webhook::{Webhook, WebhookError};

/// How often a connection is looked at that is followed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why a connection could not be asked for, or not followed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum VerbError {
    /// The webhook could not be asked, or a file cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The connection could not be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// Nobody answered.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ask(#[from] AskError),
    #[error("{0} names no connection: it needs a field `name`")]
    Nameless(String),
}

/// What is asked of a connection that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Let no traffic pass, and keep everything.
    Pause,
    /// Let traffic pass again.
    Resume,
    /// Try again what failed or is stuck.
    Retry,
    /// Give it up, and leave in the clouds what is there.
    Abandon,
    /// Undo it.
    Remove,
}

impl Verb {
    fn request(self, name: &ConnectionName) -> (Method, String) {
        let path = format!("/v1/connections/{name}");
        match self {
            Self::Pause => (Method::POST, format!("{path}/pause")),
            Self::Resume => (Method::POST, format!("{path}/resume")),
            Self::Retry => (Method::POST, format!("{path}/retry")),
            Self::Abandon => (Method::POST, format!("{path}/abandon")),
            Self::Remove => (Method::DELETE, path),
        }
    }

    /// What is asked before it is done; nothing where nothing is cut.
    fn question(self, name: &ConnectionName) -> Option<String> {
        match self {
            Self::Pause => Some(format!("Pause {name}? Its traffic stops until it is resumed.")),
            Self::Abandon => {
                Some(format!("Give {name} up? What stands in the clouds stays, and nobody looks after it."))
            }
            Self::Remove => Some(format!("Remove {name}? Its traffic stops for good.")),
            Self::Resume | Self::Retry => None,
        }
    }

    /// The phase in which what was asked for is reached.
    fn aim(self) -> Phase {
        match self {
            Self::Pause => Phase::Paused,
            Self::Resume | Self::Retry => Phase::Active,
            Self::Abandon => Phase::Abandoned,
            Self::Remove => Phase::Removed,
        }
    }
}

/// `causeway create`. Ends with 1 where it was followed and did not become active.
///
/// # Errors
/// When the file does not read, or the webhook refuses.
pub async fn create(args: &CreateArgs) -> Result<bool, VerbError> {
    let Some(spec) = read(&args.file)? else { return Ok(false) };
    let webhook = connect(&args.common.webhook)?;
    if args.common.dry_run {
        let plan = ask(&webhook, (Method::POST, "/v1/connections?dry_run=true".to_owned()), &spec).await?;
        return Ok(show_plan(&plan, &args.common));
    }
    let summary = match same(&webhook, &spec).await? {
        Some(summary) => summary,
        None => ask(&webhook, (Method::POST, "/v1/connections".to_owned()), &spec).await?,
    };
    end(&webhook, summary, &args.common, Phase::Active).await
}

/// The connection that has this very spec already: the same file again asks for the same one.
async fn same(webhook: &Webhook, spec: &Value) -> Result<Option<Summary>, WebhookError> {
    let Ok(spec) = Spec::from_value(spec.clone()) else { return Ok(None) };
    match webhook.connection(&spec.name).await {
        Ok(found) if found.spec == spec && !is_free(found.summary.phase) => Ok(Some(found.summary)),
        Ok(_) => Ok(None),
        Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// `causeway change`. Ends with 1 where the person did not want it, or it was followed and did not become active.
///
/// # Errors
/// When the file does not read, or the webhook refuses.
pub async fn change(args: &CreateArgs) -> Result<bool, VerbError> {
    let Some(spec) = read(&args.file)? else { return Ok(false) };
    let name =
        spec.get("name").and_then(Value::as_str).ok_or_else(|| VerbError::Nameless(args.file.display().to_string()))?;
    let path = format!("/v1/connections/{name}");
    let webhook = connect(&args.common.webhook)?;
    if args.common.dry_run || !args.common.yes {
        let plan: Plan = ask(&webhook, (Method::PUT, format!("{path}?dry_run=true")), &spec).await?;
        if args.common.dry_run {
            return Ok(show_plan(&plan, &args.common));
        }
        table(&plan);
        if !confirm(&format!("Change {name} like this?"))? {
            say!("nothing was changed");
            return Ok(false);
        }
    }
    let summary: Summary = ask(&webhook, (Method::PUT, path), &spec).await?;
    end(&webhook, summary, &args.common, Phase::Active).await
}

/// One of the other verbs. Ends with 1 where the person did not want it, or it was followed and did not come to its aim.
///
/// # Errors
/// When the webhook refuses.
pub async fn act(verb: Verb, args: &VerbArgs) -> Result<bool, VerbError> {
    let webhook = connect(&args.common.webhook)?;
    let (method, path) = verb.request(&args.name);
    let none = Value::Null;
    let question = verb.question(&args.name).filter(|_| !args.common.yes);
    if args.common.dry_run || question.is_some() {
        let plan: Plan = ask(&webhook, (method.clone(), format!("{path}?dry_run=true")), &none).await?;
        if args.common.dry_run {
            return Ok(show_plan(&plan, &args.common));
        }
        table(&plan);
    }
    if let Some(question) = question
        && !confirm(&question)?
    {
        say!("nothing was done");
        return Ok(false);
    }
    let summary: Summary = ask(&webhook, (method, path), &none).await?;
    end(&webhook, summary, &args.common, verb.aim()).await
}

/// The spec of a file. What is wrong with it is printed, each with its place.
fn read(file: &Path) -> Result<Option<Value>, RemoteError> {
    match document(file)? {
        Ok(spec) => Ok(Some(spec)),
        Err(problems) => {
            problems.iter().for_each(|problem| say!("{problem}"));
            Ok(None)
        }
    }
}

async fn ask<T: DeserializeOwned>(
    webhook: &Webhook,
    (method, path): (Method, String),
    body: &Value,
) -> Result<T, WebhookError> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    webhook.ask(method, &path, &[], &body).await
}

/// Tells what was asked for, and follows it where that is wanted.
async fn end(webhook: &Webhook, summary: Summary, args: &ConnectionArgs, aim: Phase) -> Result<bool, VerbError> {
    if !args.wait {
        if args.webhook.json {
            println!("{}", json(&summary));
        } else {
            say!("{} is {}; to follow it: causeway status {0} --watch", summary.name, summary.phase);
        }
        return Ok(true);
    }
    let mut listener = progress::listener(args.webhook.json);
    let connection = follow(webhook, &summary.name, LOOK_EVERY, listener.as_mut()).await?;
    let phase = connection.summary.phase;
    if args.webhook.json {
        println!("{}", json(&connection));
    } else {
        say!("{} is {phase}", connection.summary.name);
    }
    Ok(phase == aim)
}

/// Prints a plan. Whether nothing would stop it.
fn show_plan(plan: &Plan, args: &ConnectionArgs) -> bool {
    if args.webhook.json {
        println!("{}", json(plan));
    } else {
        table(plan);
    }
    plan.obstacles.is_empty()
}

fn table(plan: &Plan) {
    let mut table = fitted_table(&["step", "side", "call", "about", "what"]);
    for planned in &plan.plan {
        let call = planned.call.as_deref().unwrap_or("–");
        let what = match &planned.verdict {
            Some(verdict) => format!("{}; the cloud's dry run: {verdict}", planned.what),
            None => planned.what.clone(),
        };
        let cells = [planned.step.word(), &planned.side.to_string(), call, &planned.resource, &what].map(str::to_owned);
        add_row(&mut table, cells);
    }
    println!("{table}");
    let calls = plan.plan.iter().filter(|planned| planned.call.is_some()).count();
    say!("{} of kind {}: {}", plan.name, plan.kind, counted(calls, "call"));
    for obstacle in &plan.obstacles {
        say!("✗ {} ({}): {}", obstacle.step.word(), obstacle.side, obstacle.what);
        say!("  {}", obstacle.advice);
    }
    for (account, owner) in &plan.needs_consent {
        say!("{owner} has to agree first, for account {account}");
    }
}
