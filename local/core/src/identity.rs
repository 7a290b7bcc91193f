//! Who holds which access key: the accounts of the seed, and the temporary credentials issued to roles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Clock;
use crate::directory::{Attachment, Directory, LinkedService, PolicyType, role_key};
use crate::ids::Ids;
use crate::ram::{Role, Trust};
use crate::table::{Storage, StorageError, Table};

/// The holder of an access key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The key.
    pub access_key_id: String,
    /// The account that owns the key.
    pub account_id: String,
    /// What signatures are made with.
    pub secret: SecretString,
    /// Who in the account.
    pub principal: Principal,
    /// The security token that must come along, for temporary credentials.
    pub token: Option<SecretString>,
    /// When temporary credentials end, in wall time: clients compare it with their own clocks.
    pub expires: Option<Timestamp>,
    /// What the session was narrowed to, on top of what its role may do.
    pub session_policy: Option<Value>,
    /// Whether it acts from the cloud's own network: a function does, and whoever a function becomes.
    pub is_inside: bool,
}

impl Identity {
    /// Whether these are temporary credentials whose time is over.
    #[must_use]
    pub fn has_expired(&self, clock: &Clock) -> bool {
        self.expires.is_some_and(|end| end <= clock.wall())
    }
}

/// Who in an account acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// The account itself.
    Account,
    /// A session of a role.
    Role {
        /// The role's name.
        name: String,
        /// The session's name.
        session: String,
    },
}

/// Temporary credentials of a role.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Begins with `STS.`.
    pub access_key_id: String,
    /// What requests are signed with.
    pub access_key_secret: SecretString,
    /// Goes along with every request.
    pub security_token: SecretString,
    /// When they end, in wall time.
    pub expires: Timestamp,
    /// The role's ARN with the session appended.
    pub assumed_role_arn: String,
    /// The role's id and the session.
    pub assumed_role_id: String,
}

/// Why a role could not be assumed or stored.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum IdentityError {
    #[error("the role {0} does not exist")]
    NoSuchRole(String),
    /// The state could not be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A row of the issued credentials.
#[derive(Serialize, Deserialize)]
struct Session {
    account_id: String,
    role: String,
    session: String,
    secret: String,
    token: String,
    expires: Timestamp,
    #[serde(default)]
    policy: Option<Value>,
    #[serde(default)]
    is_inside: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("role", &self.role).field("session", &self.session).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone)]
struct Account {
    account_id: String,
    secret: SecretString,
}

impl Account {
    /// Whoever holds the long-lived key.
    fn identity(&self, access_key_id: &str) -> Identity {
        Identity {
            access_key_id: access_key_id.to_owned(),
            account_id: self.account_id.clone(),
            secret: self.secret.clone(),
            principal: Principal::Account,
            token: None,
            expires: None,
            session_policy: None,
            is_inside: false,
        }
    }
}

#[derive(Debug)]
struct State {
    /// Long-lived keys, by access key id.
    accounts: HashMap<String, Account>,
    /// The same for JD Cloud: its keys open nothing of Alibaba Cloud, nor the other way round.
    jd_accounts: HashMap<String, Account>,
    sessions: Table<Session>,
    directory: Directory,
}

/// Everyone who may call.
#[derive(Debug)]
pub struct Identities {
    state: Mutex<State>,
    storage: Storage,
    clock: Clock,
    ids: Arc<Ids>,
}

impl Identities {
    /// Reads sessions and roles from `storage`; no account yet.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn load(storage: &Storage, clock: Clock, ids: Arc<Ids>) -> Result<Self, StorageError> {
        let sessions = Table::load(storage, "sts_sessions")?;
        let directory = Directory::load(storage)?;
        Ok(Self {
            state: Mutex::new(State { accounts: HashMap::new(), jd_accounts: HashMap::new(), sessions, directory }),
            storage: storage.clone(),
            clock,
            ids,
        })
    }

    /// Gives an account its long-lived key.
    pub fn add_account(&self, account_id: &str, access_key_id: &str, secret: SecretString) {
        let account = Account { account_id: account_id.to_owned(), secret };
        self.state().accounts.insert(access_key_id.to_owned(), account);
    }

    /// Gives an account of JD Cloud its key.
    pub fn add_jd_account(&self, account_id: &str, access_key_id: &str, secret: SecretString) {
        let account = Account { account_id: account_id.to_owned(), secret };
        self.state().jd_accounts.insert(access_key_id.to_owned(), account);
    }

    /// Who holds a key of JD Cloud.
    #[must_use]
    pub fn find_jd(&self, access_key_id: &str) -> Option<Identity> {
        self.state().jd_accounts.get(access_key_id).map(|account| account.identity(access_key_id))
    }

    /// Who holds `access_key_id`. Expired credentials are found too: the caller tells why it refuses.
    #[must_use]
    pub fn find(&self, access_key_id: &str) -> Option<Identity> {
        let state = self.state();
        if let Some(account) = state.accounts.get(access_key_id) {
            return Some(account.identity(access_key_id));
        }
        state.sessions.get(access_key_id).map(|session| Identity {
            access_key_id: access_key_id.to_owned(),
            account_id: session.account_id.clone(),
            secret: session.secret.clone().into(),
            principal: Principal::Role { name: session.role.clone(), session: session.session.clone() },
            token: Some(session.token.clone().into()),
            expires: Some(session.expires),
            session_policy: session.policy.clone(),
            is_inside: session.is_inside,
        })
    }

    /// Stores a role, in place of one with the same name. Each document of [`Role::policies`] becomes a policy of the account that is
    /// attached to it, named after the role; what else was attached is detached.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn put_role(&self, role: Role) -> Result<(), StorageError> {
        let named =
            |(number, document): (usize, &Value)| (format!("{}-policy-{}", role.name, number + 1), document.clone());
        let policies = role.policies.iter().enumerate().map(named).collect();
        self.put_role_with(role, policies)
    }

    /// The same with these policies, each by its name.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn put_role_with(&self, role: Role, policies: Vec<(String, Value)>) -> Result<(), StorageError> {
        let now = self.clock.now();
        self.directory(|directory| {
            directory.put_role(role, policies, now);
            Ok(())
        })
    }

    /// Links a service to an account by its role. Returns whether it was not linked before.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn link(&self, account_id: &str, service: &LinkedService) -> Result<bool, StorageError> {
        let now = self.clock.now();
        self.directory(|directory| {
            let key = role_key(account_id, service.role);
            if directory.roles.get(&key).is_some() {
                return Ok(false);
            }
            let attached = vec![Attachment { policy: service.policy.to_owned(), kind: PolicyType::System, at: now }];
            let linked_to = Some(service.service.to_owned());
            let role = Role::new(account_id, service.role, Trust::service(service.service));
            directory.roles.insert(key, Role { attached, linked_to, created_at: Some(now), ..role });
            Ok(true)
        })
    }

    /// Takes a role away. Sessions already issued live on until they end.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn remove_role(&self, account_id: &str, name: &str) -> Result<Option<Role>, StorageError> {
        let now = self.clock.now();
        self.directory(|directory| {
            let role = directory.role(account_id, name, now);
            directory.roles.remove(&role_key(account_id, name));
            Ok(role)
        })
    }

    /// The role behind an account and a name, as every product but RAM sees it: see [`Directory::role`].
    #[must_use]
    pub fn role(&self, account_id: &str, name: &str) -> Option<Role> {
        self.state().directory.role(account_id, name, self.clock.now())
    }

    /// Does one thing with what RAM keeps, and keeps what changed before anyone hears of it.
    ///
    /// # Errors
    /// What `act` fails with, or that the state cannot be written.
    pub fn directory<T, E: From<StorageError>>(
        &self,
        act: impl FnOnce(&mut Directory) -> Result<T, E>,
    ) -> Result<T, E> {
        let directory = &mut self.state().directory;
        let outcome = act(directory);
        self.storage.commit(&mut directory.tables())?;
        outcome
    }

    /// Issues credentials for a session of a role, without asking its trust: STS does that before, and the function
    /// service when it starts a function.
    ///
    /// # Errors
    /// When there is no such role, or the state cannot be written.
    pub fn assume(&self, role_arn: &str, session: &str, duration: Duration) -> Result<Issued, IdentityError> {
        self.issue(role_arn, session, duration, None, false)
    }

    /// As [`Identities::assume`], for an instance of a function: it acts from the cloud's own network.
    ///
    /// # Errors
    /// As [`Identities::assume`].
    pub fn assume_inside(&self, role_arn: &str, session: &str, duration: Duration) -> Result<Issued, IdentityError> {
        self.issue(role_arn, session, duration, None, true)
    }

    /// As [`Identities::assume`], for a session that may do no more than `policy` allows either, and acts from where `by` does.
    ///
    /// # Errors
    /// As [`Identities::assume`].
    pub fn assume_within(
        &self,
        by: &Identity,
        role_arn: &str,
        session: &str,
        duration: Duration,
        policy: Option<Value>,
    ) -> Result<Issued, IdentityError> {
        self.issue(role_arn, session, duration, policy, by.is_inside)
    }

    fn issue(
        &self,
        role_arn: &str,
        session: &str,
        duration: Duration,
        policy: Option<Value>,
        is_inside: bool,
    ) -> Result<Issued, IdentityError> {
        let missing = || IdentityError::NoSuchRole(role_arn.to_owned());
        let (account_id, name) = crate::ram::parse_role_arn(role_arn).ok_or_else(missing)?;
        let state = &mut *self.state();
        let role = state.directory.role(account_id, name, self.clock.now()).ok_or_else(missing)?;
        let issued = Issued {
            access_key_id: format!("STS.{}", self.ids.alphanumeric(24)),
            access_key_secret: self.ids.alphanumeric(44).into(),
            security_token: format!("CAIS{}", self.ids.alphanumeric(92)).into(),
            expires: self.clock.wall() + duration,
            assumed_role_arn: format!("{}/{session}", role.arn()),
            assumed_role_id: format!("{}:{session}", role.role_id),
        };
        let row = Session {
            account_id: role.account_id.clone(),
            role: role.name.clone(),
            session: session.to_owned(),
            secret: issued.access_key_secret.expose_secret().to_owned(),
            token: issued.security_token.expose_secret().to_owned(),
            expires: issued.expires,
            policy,
            is_inside,
        };
        // A day after their end nobody can mistake them for anything but unknown keys.
        let forgotten = self.clock.wall() - Duration::from_secs(24 * 3600);
        let old: Vec<String> = state
            .sessions
            .iter()
            .filter(|(_, session)| session.expires < forgotten)
            .map(|(key, _)| key.to_owned())
            .collect();
        for key in old {
            state.sessions.remove(&key);
        }
        state.sessions.insert(issued.access_key_id.clone(), row);
        self.storage.commit(&mut [&mut state.sessions])?;
        Ok(issued)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn issued_credentials_are_found_with_their_role_and_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        let open = || {
            let storage = Storage::in_folder(folder.path()).unwrap();
            Identities::load(&storage, clock.clone(), Arc::new(Ids::new(1, 0))).unwrap()
        };
        let issued = {
            let identities = open();
            identities.put_role(Role::new("111", "Exec", Trust::service("fc.aliyuncs.com"))).unwrap();
            identities.assume("acs:ram::111:role/exec", "s1", Duration::from_secs(900)).unwrap()
        };
        let found = open().find(&issued.access_key_id).unwrap();
        assert_eq!(found.account_id, "111");
        assert_eq!(found.principal, Principal::Role { name: "Exec".into(), session: "s1".into() });
        assert_eq!(found.secret.expose_secret(), issued.access_key_secret.expose_secret());
        assert_eq!(found.expires, Some(issued.expires));
        assert!(matches!(
            open().assume("acs:ram::111:role/other", "s1", Duration::from_secs(900)),
            Err(IdentityError::NoSuchRole(_))
        ));
    }
}
