//! The keys of whoever runs a command, found as the official tools find them.

use alicloud::NoCredentials;
use operate::credentials::{self, Found, NoneFound};
use operate::{Gateway, Surroundings};
use transport::Io;

/// Why a command has no keys to sign with.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum KeylessError {
    /// No source has any.
    #[error(transparent)]
    #[diagnostic(help(
        "docs/credentials.md says what each source takes. `causeway up` prints the operator's keys of a local cloud"
    ))]
    None(#[from] NoneFound),
    #[error("the credentials could not be renewed")]
    #[diagnostic(help("{}", .0.advice()))]
    Over(#[from] NoCredentials),
}

/// Finds them, and tells on stderr what the person should know of them.
///
/// # Errors
/// When no source has any.
pub async fn find(io: &Io, gateway: Option<Gateway>, profile: Option<&str>) -> Result<Found, KeylessError> {
    let found = credentials::find(&Surroundings::system(io.clone(), gateway), profile).await?;
    for warning in &found.warnings {
        eprintln!("warning: {}", strict::escaped(warning));
    }
    Ok(found)
}
