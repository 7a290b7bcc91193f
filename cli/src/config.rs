//! `causeway config`: shows and puts the documents of the configuration, through the webhook.

use std::path::Path;

use api::config::ConfigPut;
use api::problem::ProblemKind;
use connection::config::ConfigDocument;

use crate::args::{ConfigCommand, WebhookArgs};
use crate::remote::{RemoteError, connect, document as read};
use crate::render::{json, say};
use crate::webhook::WebhookError;

/// `causeway config`. Ends with 1 where a file has errors.
///
/// # Errors
/// When a file cannot be read, or the webhook refuses or does not answer.
pub async fn config(command: &ConfigCommand) -> Result<bool, RemoteError> {
    match command {
        ConfigCommand::Get { document, webhook } => {
            let (text, _) = connect(webhook)?.text(&path(*document)).await?;
            println!("{}", text.trim_end());
            Ok(true)
        }
        ConfigCommand::Put { document, file, if_match, dry_run, webhook } => {
            put(webhook, *document, file, if_match.as_deref(), *dry_run).await
        }
    }
}

fn path(document: ConfigDocument) -> String {
    format!("/v1/config/{document}")
}

async fn put(
    args: &WebhookArgs,
    document: ConfigDocument,
    file: &Path,
    if_match: Option<&str>,
    dry_run: bool,
) -> Result<bool, RemoteError> {
    let text = match read(file)? {
        Ok(value) => json(&value),
        Err(problems) => {
            problems.iter().for_each(|problem| say!("{problem}"));
            return Ok(false);
        }
    };
    let (webhook, path) = (connect(args)?, path(document));
    let stored = match if_match {
        Some(hash) => Some(format!("\"{hash}\"")),
        None => match webhook.text(&path).await {
            Ok((_, tag)) => tag,
            Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::NotFound => None,
            // Before there are callers nobody may look, and the first ones may be put.
            Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::Forbidden => None,
            Err(error) => return Err(error.into()),
        },
    };
    let condition = match &stored {
        Some(tag) => ("if-match", tag.as_str()),
        None => ("if-none-match", "*"),
    };
    let query = if dry_run { "?dry_run=true" } else { "" };
    let put: ConfigPut = webhook.replace_text(&format!("{path}{query}"), condition, &text).await?;
    if args.json {
        println!("{}", json(&put));
        return Ok(true);
    }
    match (put.changes, put.dry_run) {
        (false, _) => say!("{document} is stored like this already; hash {}", put.sha256),
        (true, true) => say!("{document} would be replaced; nothing was changed"),
        (true, false) => say!("{document} is stored; it counts within a minute; hash {}", put.sha256),
    }
    Ok(true)
}
