//! Credentials of whoever runs the command line, found where the official tools look for them.
//!
//! [`find`] asks the sources in the official order, and stays with the first that answers:
//!
//! | source | what it takes | switched off by |
//! | --- | --- | --- |
//! | [`Source::Profile`] | the profile that `--profile` names: nothing else is asked then | – |
//! | [`Source::Environment`] | `ALIBABA_CLOUD_ACCESS_KEY_ID`, `…_ACCESS_KEY_SECRET`, `…_SECURITY_TOKEN` | – |
//! | [`Source::Oidc`] | `ALIBABA_CLOUD_OIDC_TOKEN_FILE`, `…_ROLE_ARN`, `…_OIDC_PROVIDER_ARN` | – |
//! | [`Source::Profile`] | `~/.aliyun/config.json` | `ALIBABA_CLOUD_CLI_PROFILE_DISABLED`, `…_IGNORE_PROFILE` |
//! | [`Source::Ini`] | `~/.alibabacloud/credentials.ini`, or `ALIBABA_CLOUD_CREDENTIALS_FILE` | – |
//! | [`Source::Ecs`] | the role of the server that this runs on | `ALIBABA_CLOUD_ECS_METADATA_DISABLED` |
//! | [`Source::Uri`] | `ALIBABA_CLOUD_CREDENTIALS_URI` | – |
//!
//! Source: docs/reference/deploy-apis.md, section 5.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `source` | the sources, one after the other |
//! | `config`, `ini` | the two files |
//! | `recipe` | how a profile becomes credentials |
//! | `metadata`, `handed` | the metadata service; what services and programs hand out |
//! | `renewing` | the source that answered, asked again before a session ends |
//! | `why` | why a source has none |
//!
//! # Guarantees
//! No error, no `Debug` and no warning holds a secret or a character that moves the cursor.

mod config;
mod handed;
mod ini;
mod metadata;
mod recipe;
mod renewing;
mod source;
mod why;

use std::fmt;
use std::sync::Arc;

use alicloud::{Credentials, CredentialsProvider};
use jiff::Timestamp;

pub use source::Source;
pub use why::Why;

use crate::surroundings::Surroundings;
use renewing::Renewing;

/// What a source answered.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    credentials: Credentials,
    /// From when on the cloud refuses them, if that is known.
    expires: Option<Timestamp>,
    /// Who answered, in words: `profile "prod" (mode RamRoleArn) of ~/.aliyun/config.json`.
    origin: String,
    /// The region that the profile names.
    region: Option<String>,
    /// What the person should know, a line each.
    warnings: Vec<String>,
}

/// The credentials of whoever runs the command.
#[derive(Clone)]
pub struct Found {
    /// Hands them out, and renews them five minutes before they end.
    pub provider: Arc<dyn CredentialsProvider>,
    /// Where they come from, to be shown.
    pub origin: String,
    /// The region that the profile names, if it does.
    pub region: Option<String>,
    /// What the person should know, a line each: a file that others can read, a source that was passed over though it is set up.
    pub warnings: Vec<String>,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// No source has credentials: each that was asked, and why it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoneFound(pub Vec<(Source, Why)>);

impl fmt::Display for NoneFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are no credentials to sign with")?;
        self.0.iter().try_for_each(|(source, why)| write!(f, "\n  {source}: {why}"))
    }
}

impl std::error::Error for NoneFound {}

/// Finds the credentials to sign with: of the profile that is named, or of the first source that has any.
///
/// # Errors
/// When there are none: what each source says.
pub async fn find(here: &Surroundings, profile: Option<&str>) -> Result<Found, NoneFound> {
    let sources = match profile {
        Some(name) => vec![Source::Profile(Some(name.to_owned())), Source::Ini(Some(name.to_owned()))],
        None => Source::chain(),
    };
    let mut missed: Vec<(Source, Why)> = Vec::new();
    for source in sources {
        match source.lease(here).await {
            Ok(lease) => {
                let passed_over = missed.iter().filter(|(_, why)| !why.is_absent());
                let mut warnings: Vec<_> =
                    passed_over.map(|(source, why)| format!("{source} was passed over: {why}")).collect();
                warnings.extend_from_slice(&lease.warnings);
                let (origin, region) = (lease.origin.clone(), lease.region.clone());
                let provider = Arc::new(Renewing::new(here.clone(), source, lease));
                return Ok(Found { provider, origin, region, warnings });
            }
            Err(why) => {
                // A profile that is named and is there is the one that is meant.
                let goes_on = profile.is_none() || why.is_absent() || matches!(why, Why::NoProfile { .. });
                missed.push((source, why));
                if !goes_on {
                    break;
                }
            }
        }
    }
    Err(NoneFound(missed))
}

#[cfg(test)]
mod tests;
