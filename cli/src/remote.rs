//! A webhook that runs somewhere else.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use cloud_signing::webhook::{InvalidSecret, Secret};
use serde_json::Value;
use transport::Io;

use crate::args::WebhookArgs;
use crate::context::{ContextError, ContextFile};
use crate::webhook::{Webhook, WebhookError};

/// The environment variable with the webhook's secret.
const SECRET: &str = "CAUSEWAY_WEBHOOK_SECRET";

/// Why a webhook could not be asked, or what it said instead of an answer.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RemoteError {
    #[error("it is not known which webhook to ask")]
    #[diagnostic(help(
        "name it with --webhook, or deploy one: `causeway deploy` and `causeway login` write a context, which commands then use"
    ))]
    NoWebhook,
    #[error("context {0} has no webhook yet: its deployment did not come to its end")]
    #[diagnostic(help("run `causeway deploy` again; it goes on"))]
    Unfinished(String),
    #[error("the webhook's secret is not given")]
    #[diagnostic(help(
        "set {SECRET}, or name a file with --secret-file; `causeway up` prints the secret of a local one"
    ))]
    NoSecret,
    /// The contexts cannot be read, or there is none of the name.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Context(#[from] ContextError),
    #[error("the webhook's secret, from {0}, cannot be used")]
    BadSecret(String, #[source] InvalidSecret),
    #[error("{path} cannot be read")]
    File { path: String, source: std::io::Error },
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] transport::https::BuildError),
}

/// A client of the webhook that the arguments name, or the context does.
///
/// # Errors
/// When there is no address or no secret, or it cannot be parsed.
pub fn connect(args: &WebhookArgs) -> Result<Webhook, RemoteError> {
    let (url, kept) = match &args.webhook {
        Some(url) => (url.clone(), None),
        None => {
            let contexts = ContextFile::own()?.load()?;
            let (name, context) = contexts.named(args.context.as_deref())?.ok_or(RemoteError::NoWebhook)?;
            let url = context.webhook.clone().ok_or_else(|| RemoteError::Unfinished(name.to_owned()))?;
            (url, Some((format!("context {name}"), context.secret.clone())))
        }
    };
    let (origin, text) = match (&args.secret_file, kept) {
        (None, Some(kept)) => kept,
        (file, _) => given_secret(file.as_deref())?,
    };
    client(url.trim_end_matches('/'), &text, &origin)
}

/// A secret that a file holds or the environment does, and which of them.
///
/// # Errors
/// When there is none.
pub fn given_secret(file: Option<&Path>) -> Result<(String, String), RemoteError> {
    match file {
        Some(path) => Ok((path.display().to_string(), String::from_utf8_lossy(&text(path)?).trim().to_owned())),
        None => {
            let text = std::env::var(SECRET).ok().filter(|text| !text.is_empty());
            Ok((SECRET.to_owned(), text.ok_or(RemoteError::NoSecret)?))
        }
    }
}

/// A client of the webhook at `url` with the secret that `origin` gave.
///
/// # Errors
/// When the secret is none.
pub fn client(url: &str, secret: &str, origin: &str) -> Result<Webhook, RemoteError> {
    let secret = Secret::parse(secret.trim()).map_err(|fault| RemoteError::BadSecret(origin.to_owned(), fault))?;
    Ok(Webhook::new(url.to_owned(), Arc::new(secret), Io::system()?))
}

/// What is in a file; `-` is standard input.
fn text(file: &Path) -> Result<Vec<u8>, RemoteError> {
    let mut text = Vec::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().read_to_end(&mut text),
        false => std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut text)),
    };
    let path = || if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
    read.map(|_| text).map_err(|source| RemoteError::File { path: path(), source })
}

/// The document of a file: JSON where its name ends in `.json`, otherwise YAML. What is in it the webhook checks.
///
/// # Errors
/// When the file cannot be read.
pub fn document(file: &Path) -> Result<Result<Value, Vec<strict::Problem>>, RemoteError> {
    let text = text(file)?;
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    Ok(if is_json { strict::json(&text) } else { strict::yaml(&text) })
}
