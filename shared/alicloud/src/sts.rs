//! STS: temporary credentials of a role, and their cache.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use async_trait::async_trait;
use cloud_signing::Credentials;
use futures::lock::Mutex;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use transport::Chain;

use crate::call::Call;
use crate::client::Client;
use crate::credentials::CredentialsProvider;
use crate::error::{Error, NoCredentials};
use crate::names::{AccountId, BadName, checked_text};
use crate::params::Params;

/// A token with less life than this is renewed before it is used.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);
/// While STS does not answer, a token may be used up to this long before its end.
const USABLE_BEFORE: SignedDuration = SignedDuration::from_mins(1);
/// How many sessions are kept. Whoever was used longest ago makes room.
const MOST_SESSIONS: usize = 512;

/// A role's name across accounts: `acs:ram::{account}:role/{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn(String);

impl RoleArn {
    fn check(text: &str) -> Result<(), BadName> {
        let parts = text.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
        let name_fits = |name: &str| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        match parts {
            Some((account, name)) if account.parse::<AccountId>().is_ok() && name_fits(name) => Ok(()),
            _ => Err(BadName::new("a role", "of the form acs:ram::{account id}:role/{name}")),
        }
    }

    /// The role `name` of `account`.
    ///
    /// # Errors
    /// When `name` is not 1 to 64 letters, digits, `-`, `_` or `.`.
    pub fn new(account: &AccountId, name: &str) -> Result<Self, BadName> {
        format!("acs:ram::{account}:role/{name}").parse()
    }
}
checked_text!(RoleArn);

/// How a session is named in the audit log: 2 to 64 letters, digits, `.`, `@`, `-`, `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionName(String);

impl SessionName {
    fn check(text: &str) -> Result<(), BadName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'@' | b'-' | b'_');
        if (2..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(BadName::new("a session name", "2 to 64 letters, digits, dots, hyphens, underscores or @"))
        }
    }
}
checked_text!(SessionName);

/// What a session may do at most: it gets what its role and this policy both allow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionPolicy(String);

/// One line of a [`SessionPolicy`]: what it allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase", tag = "Effect", rename = "Allow")]
pub struct Allow {
    /// Permissions, such as `vpc:CreateRouteEntry`; `*` stands for any text.
    pub action: Vec<String>,
    /// Names of resources, such as `acs:vpc:cn-qingdao:1111111111111111:routetable/vtb-1`; `*` stands for any text.
    pub resource: Vec<String>,
    /// Condition keys, each with the values of which the request must have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<StringEquals>,
}

/// A condition of an [`Allow`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StringEquals {
    /// By condition key, such as `ecs:CommandRunAs`.
    #[serde(rename = "StringEquals")]
    pub keys: BTreeMap<String, Vec<String>>,
}

impl SessionPolicy {
    /// The most bytes of a policy: the cloud's message says that there must be fewer than 2048.
    pub const LONGEST: usize = 2047;

    /// A policy that somebody else wrote, as it stands.
    ///
    /// # Errors
    /// When it is longer than the cloud takes.
    pub fn given(text: &str) -> Result<Self, BadName> {
        if text.len() > Self::LONGEST {
            return Err(BadName::new("a session policy", "at most 2047 bytes long"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The policy that allows these and nothing else.
    ///
    /// # Errors
    /// When it would be longer than the cloud takes.
    pub fn new(statements: &[Allow]) -> Result<Self, BadName> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Document<'a> {
            version: &'static str,
            statement: &'a [Allow],
        }
        let document = Document { version: "1", statement: statements };
        let text = serde_json::to_string(&document).map_err(|_| BadName::new("a session policy", "JSON"))?;
        Self::given(&text)
    }
}

impl fmt::Display for SessionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which role to take on, as whom, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssumeRole {
    /// The role.
    pub role: RoleArn,
    /// The name of the session in the audit log.
    pub session: SessionName,
    /// What the session may do at most; all that the role may where there is none.
    pub policy: Option<SessionPolicy>,
    /// The shared word that the role's trust policy may ask for: 2 to 1224 letters, digits and `_+=,.@:/-`.
    pub external_id: Option<String>,
    /// How long the credentials live, in seconds: 900 up to the role's own maximum. The cloud's default is 3600.
    pub duration_seconds: Option<u32>,
}

impl AssumeRole {
    /// The role with the cloud's defaults.
    #[must_use]
    pub const fn new(role: RoleArn, session: SessionName) -> Self {
        Self { role, session, policy: None, external_id: None, duration_seconds: None }
    }
}

/// Temporary credentials and when they end.
#[derive(Debug, Clone)]
pub struct Session {
    /// What signs.
    pub credentials: Credentials,
    /// From this instant the cloud refuses them.
    pub expiration: Timestamp,
}

/// STS, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Sts {
    client: Client,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRoleAnswer {
    credentials: WireCredentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireCredentials {
    access_key_id: String,
    access_key_secret: String,
    security_token: String,
    expiration: Timestamp,
}

impl Sts {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Fetches credentials of a role. [`Client::assume`] does this by itself and caches them.
    ///
    /// # Errors
    /// `Denied` when the role does not exist or does not trust the caller.
    pub async fn assume_role(&self, role: &AssumeRole) -> Result<Session, Error> {
        let params = Params::new()
            .with("RoleArn", &role.role)
            .with("RoleSessionName", &role.session)
            .maybe("DurationSeconds", role.duration_seconds)
            .maybe("ExternalId", role.external_id.as_ref())
            .maybe("Policy", role.policy.as_ref());
        let answer: AssumeRoleAnswer = self.client.rpc(Call::AssumeRole, None, params).await?;
        let WireCredentials { access_key_id, access_key_secret, security_token, expiration } = answer.credentials;
        let credentials = Credentials {
            access_key_id,
            access_key_secret: SecretString::from(access_key_secret),
            security_token: Some(SecretString::from(security_token)),
        };
        Ok(Session { credentials, expiration })
    }
}

/// The sessions in use, each under the whole of what was asked for: two that differ in name or policy are two.
#[derive(Default)]
pub(crate) struct Roles(StdMutex<Kept>);

#[derive(Default)]
struct Kept {
    sessions: HashMap<AssumeRole, (Arc<AssumedRole>, u64)>,
    /// Counts up with each use.
    uses: u64,
}

impl Roles {
    /// The provider of `role`: the one there is, or a new one that calls STS through `base`.
    pub(crate) fn get(&self, role: &AssumeRole, base: impl FnOnce() -> Client) -> Arc<AssumedRole> {
        let Kept { sessions, uses } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *uses += 1;
        if let Some((session, used)) = sessions.get_mut(role) {
            *used = *uses;
            return Arc::clone(session);
        }
        if sessions.len() >= MOST_SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, (_, used))| *used).map(|(role, _)| role.clone());
            oldest.and_then(|oldest| sessions.remove(&oldest));
        }
        let session = Arc::new(AssumedRole::new(base().sts(), role.clone()));
        sessions.insert(role.clone(), (Arc::clone(&session), *uses));
        session
    }

    #[cfg(test)]
    fn kept(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sessions.len()
    }
}

/// Credentials of a role, renewed [five minutes](RENEW_BEFORE) before they end.
///
/// Callers that come while they are being fetched wait for that one fetch.
pub(crate) struct AssumedRole {
    sts: Sts,
    role: AssumeRole,
    session: Mutex<Option<Session>>,
}

impl AssumedRole {
    fn new(sts: Sts, role: AssumeRole) -> Self {
        Self { sts, role, session: Mutex::new(None) }
    }
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumedRole").field("role", &self.role).finish_non_exhaustive()
    }
}

#[async_trait]
impl CredentialsProvider for AssumedRole {
    async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        let mut session = self.session.lock().await;
        let now = self.sts.client.io().clock.now();
        let lives_past = |session: &Session, margin: SignedDuration| session.expiration.duration_since(now) > margin;
        match &*session {
            Some(cached) if lives_past(cached, RENEW_BEFORE) => return Ok(cached.credentials.clone()),
            Some(_) | None => {}
        }
        match self.sts.assume_role(&self.role).await {
            Ok(fresh) => Ok(session.insert(fresh).credentials.clone()),
            Err(error) => match &*session {
                Some(cached) if error.may_repeat() && lives_past(cached, USABLE_BEFORE) => {
                    tracing::warn!(role = %self.role.role, error = %Chain(&error), "credentials not renewed, using the old ones");
                    Ok(cached.credentials.clone())
                }
                Some(_) | None => Err(error.into()),
            },
        }
    }

    async fn refused(&self, access_key_id: &str) {
        let mut session = self.session.lock().await;
        // Another caller may have renewed them meanwhile: drop only what was refused.
        if session.as_ref().is_some_and(|cached| cached.credentials.access_key_id == access_key_id) {
            *session = None;
        }
    }
}

#[cfg(test)]
mod tests;
