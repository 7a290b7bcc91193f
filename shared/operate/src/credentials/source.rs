//! The sources, each asked for what it has now.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use alicloud::Credentials;

use super::config::Config;
use super::recipe::{Oidc, Recipe};
use super::why::Why;
use super::{Lease, handed, ini, metadata};
use crate::surroundings::Surroundings;

const KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
const OIDC_TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
const OIDC_PROVIDER: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
const CREDENTIALS_FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
const CREDENTIALS_URI: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";
pub(super) const METADATA_OFF: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
/// Each switches `config.json` off.
const PROFILES_OFF: [&str; 2] = ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"];
/// Each names a profile; the first counts.
const PROFILE_NAMES: [&str; 3] = ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"];
/// The largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// Where credentials may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Variables that hold a key.
    Environment,
    /// Variables that name a token file and a role.
    Oidc,
    /// A profile of `~/.aliyun/config.json`: the one named on the command line, or the current one.
    Profile(Option<String>),
    /// A section of `~/.alibabacloud/credentials.ini`, likewise.
    Ini(Option<String>),
    /// The role of the server that this runs on.
    Ecs,
    /// An address that hands credentials out.
    Uri,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "environment",
            Self::Oidc => "OIDC token",
            Self::Profile(_) => "profiles of the aliyun CLI",
            Self::Ini(_) => "credentials.ini",
            Self::Ecs => "role of this ECS server",
            Self::Uri => "credentials URI",
        })
    }
}

impl Source {
    /// All of them, in the official order.
    pub(super) fn chain() -> Vec<Self> {
        vec![Self::Environment, Self::Oidc, Self::Profile(None), Self::Ini(None), Self::Ecs, Self::Uri]
    }

    /// What the source has now.
    pub(super) async fn lease(&self, here: &Surroundings) -> Result<Lease, Why> {
        let lease = match self {
            Self::Environment => environment(here)?,
            Self::Oidc => oidc(here)?.lease(here).await?.from("the environment's OIDC token"),
            Self::Profile(named) => profile(here, named.as_deref()).await?,
            Self::Ini(named) => section(here, named.as_deref()).await?,
            Self::Ecs => {
                if here.is_on(METADATA_OFF) {
                    return Err(Why::SwitchedOff(METADATA_OFF));
                }
                metadata::lease(here, here.first(&["ALIBABA_CLOUD_ECS_METADATA"])).await?
            }
            Self::Uri => {
                let uri = here.first(&[CREDENTIALS_URI]).ok_or(Why::NotSet(CREDENTIALS_URI))?;
                handed::by_uri(here, uri).await?.from(CREDENTIALS_URI)
            }
        };
        match (lease.expires, here.io.clock.now()) {
            (Some(at), now) if at <= now => Err(Why::Over { at, now }),
            _ => Ok(lease),
        }
    }
}

impl Lease {
    /// Credentials that nobody told the end of.
    pub(super) fn lasting(credentials: Credentials) -> Self {
        Self { credentials, expires: None, origin: String::new(), region: None, warnings: Vec::new() }
    }

    /// The same, from `origin`.
    pub(super) fn from(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }
}

fn environment(here: &Surroundings) -> Result<Lease, Why> {
    let (id, secret) = match (here.first(&[KEY_ID]), here.first(&[KEY_SECRET])) {
        (Some(id), Some(secret)) => (id, secret),
        (Some(_), None) => return Err(Why::Half { set: KEY_ID, missing: KEY_SECRET }),
        (None, Some(_)) => return Err(Why::Half { set: KEY_SECRET, missing: KEY_ID }),
        (None, None) => return Err(Why::NotSet(KEY_ID)),
    };
    let mut credentials = Credentials::new(id, secret);
    credentials.security_token = here.first(&[TOKEN]).map(Into::into);
    Ok(Lease::lasting(credentials).from("environment variables"))
}

/// The role that variables name: all three of them, or none.
fn oidc(here: &Surroundings) -> Result<Oidc, Why> {
    let names = [OIDC_TOKEN_FILE, ROLE_ARN, OIDC_PROVIDER];
    match names.map(|name| here.first(&[name])) {
        [Some(token_file), Some(role), Some(provider)] => Oidc::of_environment(here, token_file, role, provider),
        values => {
            // A role alone means nothing: profiles take it too.
            let set = names.into_iter().zip(values).find(|(name, value)| value.is_some() && *name != ROLE_ARN);
            let missing = names.into_iter().zip(values).find(|(_, value)| value.is_none()).map_or(ROLE_ARN, |it| it.0);
            Err(set.map_or(Why::NotSet(OIDC_TOKEN_FILE), |(set, _)| Why::Half { set, missing }))
        }
    }
}

async fn profile(here: &Surroundings, named: Option<&str>) -> Result<Lease, Why> {
    if named.is_none()
        && let Some(switch) = PROFILES_OFF.into_iter().find(|switch| here.is_on(switch))
    {
        return Err(Why::SwitchedOff(switch));
    }
    let document = "~/.aliyun/config.json";
    let path = here.home.as_ref().ok_or(Why::NoHome)?.join(".aliyun").join("config.json");
    let file = read(&path, document)?;
    let config = Config::parse(&file.text, document)?;
    let name = match named.or_else(|| here.first(&PROFILE_NAMES)).or(config.current()) {
        Some(name) => name.to_owned(),
        None => return Err(Why::NoCurrent(document.to_owned())),
    };
    let profile = config.profile(&name, document)?;
    let recipe = Recipe::of_profile(here, profile, Some((&config, document)))?;
    let mode = profile.mode(here);
    let mut lease =
        recipe.lease(here).await?.from(format!("profile {} (mode {mode}) of {document}", strict::quoted(&name)));
    lease.region = profile.region_id.clone().filter(|region| !region.is_empty());
    lease.warnings.extend(file.warning);
    Ok(lease)
}

async fn section(here: &Surroundings, named: Option<&str>) -> Result<Lease, Why> {
    let (document, path) = match here.first(&[CREDENTIALS_FILE]) {
        Some(path) => (path.to_owned(), PathBuf::from(path)),
        None => {
            let home = here.home.as_ref().ok_or(Why::NoHome)?;
            let path = home.join(".alibabacloud").join("credentials.ini");
            ("~/.alibabacloud/credentials.ini".to_owned(), path)
        }
    };
    let file = read(&path, &document)?;
    let name = named.or_else(|| here.first(&PROFILE_NAMES)).unwrap_or("default");
    let (profile, kind) = ini::section(&file.text, &document, name)?;
    let recipe = Recipe::of_profile(here, &profile, None)?;
    let origin = format!("section {} (type {kind}) of {}", strict::quoted(name), strict::escaped(&document));
    let mut lease = recipe.lease(here).await?.from(origin);
    lease.warnings.extend(file.warning);
    Ok(lease)
}

/// A file that was read.
struct File {
    text: String,
    /// That others can read it too.
    warning: Option<String>,
}

/// Reads a file with keys.
fn read(path: &Path, document: &str) -> Result<File, Why> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Why::NoFile(document.to_owned()),
        kind => Why::Unreadable { path: document.to_owned(), reason: kind.to_string() },
    };
    let unreadable = |reason: &str| Why::Unreadable { path: document.to_owned(), reason: reason.to_owned() };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(unreadable("it is no file"));
    }
    if metadata.len() > LARGEST {
        return Err(unreadable("it is larger than 1 MiB"));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8"))?;
    let mode = metadata.permissions().mode() & 0o777;
    let warning = (mode & 0o077 != 0).then(|| {
        let document = strict::escaped(document);
        format!("{document} holds keys and others can read or write it (mode {mode:04o}); run `chmod 600 {document}`")
    });
    Ok(File { text, warning })
}
