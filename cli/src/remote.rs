//! A webhook that runs somewhere else.

use std::sync::Arc;

use signing::webhook::Secret;
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
    #[error("the webhook's secret cannot be parsed: it must be whsec_ and Base64")]
    BadSecret,
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
    let text = match &args.secret_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|source| RemoteError::File { path: path.display().to_string(), source })?,
        None => std::env::var(SECRET).map_err(|_| RemoteError::NoSecret)?,
    };
    let secret = Secret::parse(text.trim()).map_err(|_| RemoteError::BadSecret)?;
    Ok(Webhook::new(args.webhook.trim_end_matches('/').to_owned(), Arc::new(secret), Io::system()?))
}
