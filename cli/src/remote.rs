//! A webhook that runs somewhere else.

use std::sync::Arc;

use http::Method;
use serde_json::Value;
use signing::webhook::Secret;
use transport::Io;

use crate::args::WebhookArgs;
use crate::webhook::{Webhook, WebhookError};

/// The environment variable with the webhook's secret.
const SECRET: &str = "CAUSEWAY_WEBHOOK_SECRET";
/// How much of a list is asked for at once; the API gives no more.
const PAGE: usize = 100;

/// Why a webhook could not be asked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RemoteError {
    /// There is no secret.
    #[error("the webhook's secret is not given")]
    #[diagnostic(help(
        "set {SECRET}, or name a file with --secret-file; `causeway up` prints the secret of a local one"
    ))]
    NoSecret,
    /// The secret does not read.
    #[error("the webhook's secret does not read: it must be whsec_ and Base64")]
    BadSecret,
    /// The file with the secret cannot be read.
    #[error("{path} cannot be read")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] transport::https::BuildError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
}

/// A client of the webhook that the arguments name.
///
/// # Errors
/// When there is no secret, or it does not read.
pub fn connect(args: &WebhookArgs) -> Result<Webhook, RemoteError> {
    let text = match &args.secret_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|source| RemoteError::File { path: path.display().to_string(), source })?,
        None => std::env::var(SECRET).map_err(|_| RemoteError::NoSecret)?,
    };
    let secret = Secret::parse(text.trim()).map_err(|_| RemoteError::BadSecret)?;
    Ok(Webhook::new(args.webhook.trim_end_matches('/').to_owned(), Arc::new(secret), Io::system()?))
}

/// Everything that a listing holds, page by page; `query` narrows it, and begins with `&` unless it is empty.
///
/// # Errors
/// When the webhook refuses or does not answer.
pub async fn all(webhook: &Webhook, path: &str, query: &str) -> Result<Vec<Value>, RemoteError> {
    some(webhook, path, query, usize::MAX).await
}

/// The first `most` of what a listing holds.
///
/// # Errors
/// When the webhook refuses or does not answer.
pub async fn some(webhook: &Webhook, path: &str, query: &str, most: usize) -> Result<Vec<Value>, RemoteError> {
    let mut found = Vec::new();
    let mut after = String::new();
    while found.len() < most {
        let limit = PAGE.min(most - found.len());
        let page = webhook.ask(Method::GET, &format!("{path}?limit={limit}{query}{after}"), &[], "").await?;
        found.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    Ok(found)
}
