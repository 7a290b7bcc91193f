//! Store, queues and clouds for one call.
//!
//! The platform gives a function temporary credentials and replaces them while the instance lives, so everything that
//! signs is built from the credentials of the call. What is expensive is kept between calls: assumed roles, the check of
//! the bucket, and for a minute the accounts document.

use std::sync::{Arc, Mutex, PoisonError};

use alicloud::{Client, Credentials, Replaceable};
use connection::account::Accounts;
use engine::clouds::Clouds;
use engine::dispatch::Queues;
use engine::jdcloud_keys::Jdcloud;
use engine::services::{Home, Services};
use engine::slow::SlowPlaces;
use fc_runtime::{Context, Environment};
use jiff::{SignedDuration, Timestamp};
use store::{BadLocation, Location, OssAccess, Store, StoreError, Unversioned};
use tokio::sync::OnceCell;
use transport::Io;

use crate::expiry::Watched;
use crate::settings::{BadEnvironment, Settings};

/// How long the accounts document is taken as read.
const ACCOUNTS_FRESH: SignedDuration = SignedDuration::from_secs(60);

/// What the function is called in the audit trails of connected accounts where the platform does not say its name.
const UNNAMED: &str = "causeway";

/// How old an instance gets. Its credentials are as old, and last 36 hours.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// Prepares the [`Services`] for each call.
pub struct ServicesFactory {
    settings: Settings,
    io: Io,
    credentials: Arc<Replaceable>,
    watched: Arc<Watched>,
    started: Timestamp,
    alicloud: Client,
    bucket_checked: OnceCell<()>,
    accounts: Mutex<Option<(Timestamp, Arc<Accounts>)>>,
    slow: SlowPlaces,
}

/// A call could not be given its services.
#[derive(Debug, thiserror::Error)]
pub enum NoServices {
    /// The platform gave no credentials.
    #[error("the call came without credentials; give the function a role")]
    NoCredentials,
    /// The store cannot be opened.
    #[error(transparent)]
    Location(#[from] BadLocation),
    /// The bucket is not fit to be a store.
    #[error(transparent)]
    Versioned(#[from] store::NotUnversioned),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ServicesFactory {
    /// Prepares them by the function's environment.
    ///
    /// # Errors
    /// When the environment is incomplete.
    pub fn new(environment: &Environment, io: Io) -> Result<Self, BadEnvironment> {
        let settings = Settings::read(environment)?;
        let watched = Arc::new(Watched::new(io.transport));
        let io = Io { transport: watched.clone(), ..io };
        let credentials = Arc::new(Replaceable::new(Credentials::new("", "")));
        let alicloud = Client::new(io.clone(), settings.endpoints.clone(), credentials.clone());
        let (started, bucket_checked, accounts) = (io.clock.now(), OnceCell::new(), Mutex::default());
        let slow = SlowPlaces::default();
        Ok(Self { settings, io, credentials, watched, started, alicloud, bucket_checked, accounts, slow })
    }

    /// The outside world.
    #[must_use]
    pub fn io(&self) -> &Io {
        &self.io
    }

    /// The services of one call.
    ///
    /// # Errors
    /// See [`NoServices`].
    pub async fn services(&self, context: &Context) -> Result<Services, NoServices> {
        let given = context.credentials().ok_or(NoServices::NoCredentials)?;
        let credentials = Credentials {
            access_key_id: given.access_key_id,
            access_key_secret: given.access_key_secret,
            security_token: given.security_token,
        };
        self.watched.signs_with(&credentials, context.retirement());
        if self.io.clock.now().duration_since(self.started) > OLDEST {
            context.retirement().begin("it is a day old, and its credentials too; the platform starts another");
        }
        self.credentials.replace(credentials.clone());
        let store = self.store(credentials.clone()).await?;
        let copies = self.copies(credentials)?;
        let accounts = self.accounts(&store).await?;
        let mns = self.alicloud.mns(&self.settings.account_id, &self.settings.region);
        let queues = Queues::new(mns, &self.settings.queue_prefix);
        let Settings { jdcloud_endpoints, jdcloud_keys, .. } = &self.settings;
        let jdcloud = Jdcloud::new(self.io.clone(), jdcloud_endpoints.clone(), jdcloud_keys.clone());
        let function = context.function_name().unwrap_or(UNNAMED);
        let clouds =
            Clouds::new(self.alicloud.clone(), accounts, function).with_jdcloud(jdcloud).remembering(self.slow.clone());
        let (kinds, audit) = (self.settings.kinds.clone(), self.settings.audit.clone());
        let home = Home {
            account: self.settings.account_id.clone(),
            region: self.settings.region.clone(),
            stack: self.settings.queue_prefix.trim_end_matches('-').to_owned(),
        };
        Ok(Services { store, copies, queues, clouds, kinds, home, audit, io: self.io.clone() })
    }

    async fn store(&self, credentials: Credentials) -> Result<Store, NoServices> {
        match &self.settings.store {
            Location::Folder { path } => Ok(Store::in_folder(path, self.io.clock.clone())?),
            Location::Oss { bucket } => {
                let access = self.access(credentials);
                let check = || async { Unversioned::check(bucket, &access).await };
                self.bucket_checked.get_or_try_init(check).await?;
                Ok(Store::in_oss(bucket, access)?)
            }
        }
    }

    /// Where checkpoints are copied to. It is not asked for anything yet: whoever copies says what is wrong with it.
    fn copies(&self, credentials: Credentials) -> Result<Option<Store>, BadLocation> {
        match &self.settings.copies {
            None => Ok(None),
            Some(Location::Folder { path }) => Store::in_folder(path, self.io.clock.clone()).map(Some),
            Some(Location::Oss { bucket }) => Store::in_oss(bucket, self.access(credentials)).map(Some),
        }
    }

    fn access(&self, credentials: Credentials) -> OssAccess {
        OssAccess {
            region: self.settings.region.to_string(),
            endpoint: self.oss_endpoint(),
            path_style: self.settings.endpoint.is_some(),
            credentials,
            transport: self.io.transport.clone(),
            clock: self.io.clock.clone(),
        }
    }

    fn oss_endpoint(&self) -> String {
        let region = &self.settings.region;
        self.settings.endpoint.clone().unwrap_or_else(|| format!("https://oss-{region}-internal.aliyuncs.com"))
    }

    async fn accounts(&self, store: &Store) -> Result<Arc<Accounts>, StoreError> {
        let now = self.io.clock.now();
        let kept = self.accounts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read_at, accounts)) = kept
            && now.duration_since(read_at) < ACCOUNTS_FRESH
        {
            return Ok(accounts);
        }
        // A new deployment has none. They are looked for with each call until they are there.
        let Some(accounts) = store.accounts().await? else { return Ok(Arc::new(Accounts::none())) };
        let accounts = Arc::new(accounts);
        *self.accounts.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, accounts.clone()));
        Ok(accounts)
    }
}
