//! A webhook that runs somewhere else.

use std::sync::Arc;

use cloud_signing::webhook::{InvalidSecret, Secret};
use transport::Io;

use crate::args::WebhookArgs;
use crate::webhook::Webhook;

/// The environment variable with the webhook's secret.
const SECRET: &str = "CAUSEWAY_WEBHOOK_SECRET";

/// Why a webhook could not be asked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RemoteError {
    #[error("the webhook's secret is not given")]
    #[diagnostic(help(
        "set {SECRET}, or name a file with --secret-file; `causeway up` prints the secret of a local one"
    ))]
    NoSecret,
    #[error("the webhook's secret, from {0}, cannot be used")]
    BadSecret(String, #[source] InvalidSecret),
    #[error("{path} cannot be read")]
    File { path: String, source: std::io::Error },
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] transport::https::BuildError),
}

/// A client of the webhook that the arguments name.
///
/// # Errors
/// When there is no secret, or it cannot be parsed.
pub fn connect(args: &WebhookArgs) -> Result<Webhook, RemoteError> {
    let (origin, text) = match &args.secret_file {
        Some(path) => {
            let path = path.display().to_string();
            let text = std::fs::read_to_string(&path);
            (path.clone(), text.map_err(|source| RemoteError::File { path, source })?)
        }
        None => {
            let text = std::env::var(SECRET).ok().filter(|text| !text.is_empty());
            (SECRET.to_owned(), text.ok_or(RemoteError::NoSecret)?)
        }
    };
    let secret = Secret::parse(&text).map_err(|fault| RemoteError::BadSecret(origin, fault))?;
    Ok(Webhook::new(args.webhook.trim_end_matches('/').to_owned(), Arc::new(secret), Io::system()?))
}
