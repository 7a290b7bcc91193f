//! How a profile becomes credentials.

use std::path::Path;

use alicloud::sts::{AssumeRole, RoleArn, SessionName, SessionPolicy};
use alicloud::{BadName, Credentials, Endpoints};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use transport::Chain;

use super::config::{Config, Profile};
use super::source::METADATA_OFF;
use super::why::Why;
use super::{Lease, handed, metadata};
use crate::surroundings::Surroundings;

/// Switches off programs and addresses that profiles name.
const EXTERNAL_OFF: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
const SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";
/// How sessions are named in the cloud's audit log where nobody names them.
const USUAL_SESSION: &str = "causeway";
/// The shortest session that STS makes, in seconds.
const SHORTEST: u32 = 900;

/// How to get credentials.
pub(super) enum Recipe {
    /// They are known.
    Key(Credentials, Option<Timestamp>),
    /// A role is taken on with other credentials.
    Role { base: Box<Recipe>, role: Box<AssumeRole>, sts: Endpoints },
    /// A role is taken on with a token of an identity provider.
    Oidc(Oidc),
    /// The server's role, by name where it is given.
    Ecs(Option<String>),
    /// An address hands them out.
    Uri(String),
    /// A program prints them.
    Program { profile: String, command: SecretString },
}

/// A role that is taken on with a token of an identity provider.
pub(super) struct Oidc {
    pub token_file: String,
    pub role: RoleArn,
    pub provider: String,
    pub session: SessionName,
    pub policy: Option<SessionPolicy>,
    pub duration_seconds: Option<u32>,
    pub sts: Endpoints,
}

impl Oidc {
    /// The one that variables name.
    pub(super) fn of_environment(
        here: &Surroundings,
        token_file: &str,
        role: &str,
        provider: &str,
    ) -> Result<Self, Why> {
        let bad = |variable, error: BadName| Why::BadVariable { variable, rule: rule(&error) };
        Ok(Self {
            token_file: token_file.to_owned(),
            role: role.parse().map_err(|error| bad("ALIBABA_CLOUD_ROLE_ARN", error))?,
            provider: provider.to_owned(),
            session: session(here, None).map_err(|error| bad(SESSION_NAME, error))?,
            policy: None,
            duration_seconds: None,
            sts: here.sts_endpoints(None, None).map_err(|error| bad("ALIBABA_CLOUD_STS_REGION", error))?,
        })
    }

    /// Reads the token, which its provider renews, and takes on the role.
    pub(super) async fn lease(&self, here: &Surroundings) -> Result<Lease, Why> {
        let token = std::fs::read_to_string(Path::new(&self.token_file))
            .map_err(|error| Why::Unreadable { path: self.token_file.clone(), reason: error.kind().to_string() })?;
        let token = SecretString::from(token.trim());
        let refused = |reason: String, advice: String| {
            // The cloud may quote what it was sent.
            Why::Sts { reason: reason.replace(token.expose_secret(), "[hidden]"), advice }
        };
        handed::by_oidc(here, self, &token).await.map_err(|error| refused(Chain(&error).to_string(), error.advice()))
    }
}

impl Recipe {
    /// The recipe of a profile. `file` is where the profiles stand that it may name as its source.
    pub(super) fn of_profile(
        here: &Surroundings,
        profile: &Profile,
        file: Option<(&Config, &str)>,
    ) -> Result<Self, Why> {
        of_profile(here, profile, file, &mut Vec::new())
    }

    /// What comes of it now.
    pub(super) async fn lease(&self, here: &Surroundings) -> Result<Lease, Why> {
        match self {
            Self::Key(credentials, expires) => Ok(Lease { expires: *expires, ..Lease::lasting(credentials.clone()) }),
            Self::Role { base, role, sts } => {
                let base = Box::pin(base.lease(here)).await?;
                let session = here.sts(sts.clone(), base.credentials).assume_role(role).await;
                let session =
                    session.map_err(|error| Why::Sts { reason: Chain(&error).to_string(), advice: error.advice() })?;
                Ok(Lease { expires: Some(session.expiration), ..Lease::lasting(session.credentials) })
            }
            Self::Oidc(oidc) => oidc.lease(here).await,
            Self::Ecs(role) => metadata::lease(here, role.as_deref()).await,
            Self::Uri(uri) => handed::by_uri(here, uri).await,
            Self::Program { profile, command } => {
                let printed = handed::by_program(here, profile, command).await?;
                Box::pin(printed.lease(here)).await
            }
        }
    }
}

/// Takes one profile apart; `above` are the names of those that led to it.
fn of_profile(
    here: &Surroundings,
    profile: &Profile,
    file: Option<(&Config, &str)>,
    above: &mut Vec<String>,
) -> Result<Recipe, Why> {
    let mode = profile.mode(here);
    let name = profile.shown_name();
    above.push(name.clone());
    if above[..above.len() - 1].contains(&name) {
        return Err(Why::Cycle(above.clone()));
    }
    let none = |field| Why::NoField { profile: name.clone(), mode: mode.clone(), field };
    let text = |field, value: &Option<String>| value.clone().ok_or_else(|| none(field));
    let bad = |field| {
        let profile = name.clone();
        move |error: BadName| Why::BadField { profile, field, rule: rule(&error) }
    };
    let key = |with_token: bool| {
        let id = profile.key_id(here).ok_or_else(|| none("access_key_id"))?;
        let secret = profile.key_secret(here).ok_or_else(|| none("access_key_secret"))?;
        let mut credentials = Credentials::new(id, secret);
        credentials.security_token = if with_token { profile.token(here).map(Into::into) } else { None };
        Ok::<_, Why>(credentials)
    };
    let role_arn = || {
        let arn = profile.ram_role_arn.clone();
        let arn = arn.or_else(|| here.first(&["ALIBABACLOUD_ROLE_ARN", "ALIBABA_CLOUD_ROLE_ARN"]).map(str::to_owned));
        arn.ok_or_else(|| none("ram_role_arn"))?.parse().map_err(bad("ram_role_arn"))
    };
    let policy = || profile.policy.as_deref().map(SessionPolicy::given).transpose().map_err(bad("policy"));
    let duration = || match profile.expired_seconds {
        Some(seconds @ 1..SHORTEST) => {
            let rule = format!("is {seconds}; the shortest session is {SHORTEST} s");
            Err(Why::BadField { profile: name.clone(), field: "expired_seconds", rule })
        }
        seconds => Ok(seconds.filter(|seconds| *seconds > 0)),
    };
    let sts = || {
        let endpoints = here.sts_endpoints(profile.sts_endpoint.as_deref(), profile.sts_region.as_deref());
        endpoints.map_err(bad(if profile.sts_endpoint.is_some() { "sts_endpoint" } else { "sts_region" }))
    };
    let session = || session(here, profile.ram_session_name.as_deref()).map_err(bad("ram_session_name"));
    let role_of = |base: Recipe| {
        let external_id = profile.external_id.clone();
        let external_id = external_id
            .or_else(|| here.first(&["ALIBABACLOUD_EXTERNAL_ID", "ALIBABA_CLOUD_EXTERNAL_ID"]).map(str::to_owned));
        let role = AssumeRole {
            role: role_arn()?,
            session: session()?,
            policy: policy()?,
            external_id,
            duration_seconds: duration()?,
        };
        Ok::<_, Why>(Recipe::Role { base: Box::new(base), role: Box::new(role), sts: sts()? })
    };
    let forbidden = |variable| Why::Forbidden { profile: name.clone(), variable };
    let allowed = || if here.is_on(EXTERNAL_OFF) { Err(forbidden(EXTERNAL_OFF)) } else { Ok(()) };
    let server = || {
        if here.is_on(METADATA_OFF) {
            return Err(forbidden(METADATA_OFF));
        }
        Ok(Recipe::Ecs(profile.ram_role_name.clone()))
    };
    let expires = || {
        let seconds = profile.sts_expiration.filter(|seconds| *seconds > 0);
        let stated = profile.expiration.as_deref().map(str::parse::<Timestamp>).transpose();
        let stated = stated.map_err(|_| Why::BadField {
            profile: name.clone(),
            field: "expiration",
            rule: "must be a time such as 2026-01-02T03:04:05Z".to_owned(),
        })?;
        Ok::<_, Why>(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).or(stated))
    };
    match mode.to_ascii_lowercase().as_str() {
        // A key without a token lasts, whatever time stands beside it.
        "ak" => Ok(Recipe::Key(key(false)?, None)),
        "ststoken" => {
            let credentials = key(true)?;
            if credentials.security_token.is_none() {
                return Err(none("sts_token"));
            }
            Ok(Recipe::Key(credentials, expires()?))
        }
        "ramrolearn" => role_of(Recipe::Key(key(true)?, None)),
        "chainableramrolearn" | "ramrolearnwithrolename" => {
            let base = match (&profile.source_profile, file) {
                (Some(source), Some((config, document))) => {
                    of_profile(here, config.profile(source, document)?, file, above)?
                }
                // The older of the two modes takes on the server's role first.
                (None, _) if mode.eq_ignore_ascii_case("RamRoleArnWithRoleName") => server()?,
                _ => return Err(none("source_profile")),
            };
            role_of(base)
        }
        "ecsramrole" => server(),
        "oidc" => {
            let variable = |names: &[&str]| here.first(names).map(str::to_owned);
            let token_file = profile
                .oidc_token_file
                .clone()
                .or_else(|| variable(&["ALIBABACLOUD_OIDC_TOKEN_FILE", "ALIBABA_CLOUD_OIDC_TOKEN_FILE"]));
            let provider = profile
                .oidc_provider_arn
                .clone()
                .or_else(|| variable(&["ALIBABACLOUD_OIDC_PROVIDER_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"]));
            Ok(Recipe::Oidc(Oidc {
                token_file: text("oidc_token_file", &token_file)?,
                role: role_arn()?,
                provider: text("oidc_provider_arn", &provider)?,
                session: session()?,
                policy: policy()?,
                duration_seconds: duration()?,
                sts: sts()?,
            }))
        }
        "external" => {
            allowed()?;
            let command = text("process_command", &profile.process_command)?.into();
            Ok(Recipe::Program { profile: name, command })
        }
        "credentialsuri" => {
            allowed()?;
            let uri = profile.credentials_uri.clone();
            let uri = uri.or_else(|| here.first(&["ALIBABA_CLOUD_CREDENTIALS_URI"]).map(str::to_owned));
            Ok(Recipe::Uri(text("credentials_uri", &uri)?))
        }
        "cloudsso" => signed_in(here, profile, "CloudSSO", expires()?),
        "oauth" => signed_in(here, profile, "OAuth", expires()?),
        _ => Err(Why::Mode { profile: name, mode }),
    }
}

/// The session that the official command line stored after a sign-in in a browser. It alone makes the next one.
fn signed_in(
    here: &Surroundings,
    profile: &Profile,
    mode: &'static str,
    expires: Option<Timestamp>,
) -> Result<Recipe, Why> {
    let now = here.io.clock.now();
    let (id, secret, token) = (&profile.access_key_id, &profile.access_key_secret, &profile.sts_token);
    if let (Some(id), Some(secret), Some(token), Some(end)) = (id, secret, token, expires)
        && end > now
    {
        return Ok(Recipe::Key(Credentials::new(id, secret).with_security_token(token), Some(end)));
    }
    let name = profile.shown_name();
    // Any call makes it fetch a new session, until the sign-in itself is over.
    let word = shlex::try_quote(&name).map_or_else(|_| "NAME".into(), |word| strict::escaped(&word));
    let command = format!("aliyun sts GetCallerIdentity --profile {word}` or `aliyun configure --profile {word}");
    Err(Why::SignIn { profile: name, mode, at: expires, command })
}

/// The name of a session: the profile's, the environment's, or the usual one.
fn session(here: &Surroundings, named: Option<&str>) -> Result<SessionName, BadName> {
    named.or_else(|| here.first(&[SESSION_NAME])).unwrap_or(USUAL_SESSION).parse()
}

/// `must be …`: what a name is and how it must look, without the name.
fn rule(error: &BadName) -> String {
    format!("is not what it must be: {error}")
}
