//! `causeway login` and `causeway context`: where the webhook is, and the secret to call it with.

use api::Page;
use api::connections::Summary;
use serde::Serialize;

use crate::args::{ContextCommand, Login, WebhookArgs};
use crate::context::{Context, ContextError, ContextFile};
use crate::remote::{RemoteError, client, connect, given_secret};
use crate::render::{add_row, counted, fitted_table, json, say};
use crate::webhook::WebhookError;

/// What `causeway context --json` prints. Secrets are not among it.
#[derive(Serialize)]
struct Document {
    version: u32,
    current: Option<String>,
    contexts: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    webhook: Option<String>,
    account: Option<String>,
    region: Option<String>,
    stack: Option<String>,
}

/// `causeway login`: asks the webhook with the secret, then keeps both.
///
/// # Errors
/// When the webhook refuses the secret or does not answer: nothing is kept then.
pub async fn login(args: &Login) -> Result<bool, RemoteError> {
    let (origin, secret) = given_secret(args.secret_file.as_deref())?;
    let url = args.webhook.trim_end_matches('/').to_owned();
    let webhook = client(&url, &secret, &origin)?;
    match webhook.get::<Page<Summary>>("/v1/connections?limit=1").await {
        Ok(_) => {}
        // The secret is right, and its caller may not see connections.
        Err(WebhookError::Refused(problem)) if problem.kind == api::problem::ProblemKind::Forbidden => {}
        Err(error) => return Err(error.into()),
    }
    let context = Context::of_webhook(url, secret, args.verifier.as_ref().map(ToString::to_string));
    let is_current = keep(&ContextFile::own()?, &args.name, context)?;
    say!("context {} is kept{}", args.name, if is_current { ", and commands use it" } else { "" });
    if !is_current {
        say!("to use it: causeway context use {}", args.name);
    }
    Ok(true)
}

/// Keeps a context. Whether it is the current one, which the first is.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(file: &ContextFile, name: &str, context: Context) -> Result<bool, ContextError> {
    let mut is_current = false;
    file.change(|all| {
        // What a deployment wrote besides stays.
        match all.contexts.get_mut(name) {
            Some(kept) => {
                kept.webhook = context.webhook;
                kept.secret = context.secret;
                kept.verifier = context.verifier.or(kept.verifier.take());
            }
            None => drop(all.contexts.insert(name.to_owned(), context)),
        }
        is_current = all.current.get_or_insert_with(|| name.to_owned()) == name;
    })?;
    Ok(is_current)
}

/// `causeway context`.
///
/// # Errors
/// When the contexts cannot be read or written, or there is none of the name.
pub async fn context(command: &ContextCommand) -> Result<bool, RemoteError> {
    let file = ContextFile::own()?;
    match command {
        ContextCommand::List { json: as_json } => list(&file, *as_json)?,
        ContextCommand::Use { name } => {
            file.load()?.named(Some(name))?;
            file.change(|all| all.current = Some(name.clone()))?;
            say!("commands use context {name} now");
        }
        ContextCommand::Remove { name } => {
            file.load()?.named(Some(name))?;
            file.change(|all| {
                all.contexts.remove(name);
                all.current.take_if(|current| current == name);
            })?;
            say!("context {name} is removed; its secret is still that of a caller, until somebody takes it away");
        }
        ContextCommand::Check { context } => {
            let args = WebhookArgs { webhook: None, context: context.clone(), secret_file: None, json: false };
            let webhook = connect(&args)?;
            webhook.get::<Page<Summary>>("/v1/connections?limit=1").await?;
            say!("{} answers", webhook.url());
        }
    }
    Ok(true)
}

fn list(file: &ContextFile, as_json: bool) -> Result<(), ContextError> {
    let all = file.load()?;
    let listed = all.contexts.into_iter().map(|(name, context)| {
        let Context { webhook, account, region, stack, .. } = context;
        Listed { name, webhook, account, region, stack }
    });
    let document = Document { version: 1, current: all.current, contexts: listed.collect() };
    if as_json {
        println!("{}", json(&document));
        return Ok(());
    }
    let mut table = fitted_table(&["", "context", "webhook", "account", "region"]);
    for Listed { name, webhook, account, region, .. } in &document.contexts {
        let mark = if document.current.as_ref() == Some(name) { "*" } else { "" };
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        add_row(&mut table, [mark.to_owned(), name.clone(), text(webhook), text(account), text(region)]);
    }
    println!("{table}");
    say!("{}", counted(document.contexts.len(), "context"));
    Ok(())
}
