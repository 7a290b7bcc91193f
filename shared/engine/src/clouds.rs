//! Clients for the accounts of both sides.

use std::sync::Arc;

use alicloud::Region;
use alicloud::sts::AssumeRole;

use crate::jdcloud_keys::{Jdcloud, VARIABLE};
use crate::session::{self, Session};
use crate::slow::SlowPlaces;
use connection::account::{Account, Accounts, AlicloudAccount};
use connection::not_done::NotDone;
use connection::spec::Place;
use connection::words::{AccountAlias, CallerName};

/// How long assumed credentials live, in seconds. A role assumed by a role gets no more than an hour.
const SESSION_SECONDS: u32 = 3600;

/// Reaches every account of the operator's list: by assuming a role named there, or by the key whose name stands there.
#[derive(Clone)]
pub struct Clouds {
    alicloud: alicloud::Client,
    jdcloud: Option<Jdcloud>,
    accounts: Arc<Accounts>,
    function: Arc<str>,
    /// Whose request is being answered.
    caller: Option<Arc<str>>,
    slow: SlowPlaces,
}

impl Clouds {
    /// Clouds reached from the credentials of `alicloud`, which are those of the function with this name.
    #[must_use]
    pub fn new(alicloud: alicloud::Client, accounts: Arc<Accounts>, function: &str) -> Self {
        Self { alicloud, jdcloud: None, accounts, function: function.into(), caller: None, slow: SlowPlaces::default() }
    }

    /// The same clouds with a way to accounts of JD Cloud.
    #[must_use]
    pub fn with_jdcloud(self, jdcloud: Jdcloud) -> Self {
        Self { jdcloud: Some(jdcloud), ..self }
    }

    /// The same clouds, with the memory of an instance for places that did not answer in time.
    #[must_use]
    pub fn remembering(self, slow: SlowPlaces) -> Self {
        Self { slow, ..self }
    }

    /// The places that did not answer in time.
    pub(crate) const fn slow(&self) -> &SlowPlaces {
        &self.slow
    }

    /// The same clouds, looked at because this caller asks now: its name stands in every session's.
    #[must_use]
    pub fn for_caller(self, name: &CallerName) -> Self {
        Self { caller: Some(name.as_str().into()), ..self }
    }

    /// The same clouds by another list of accounts: as it is stored at this moment, where this matters.
    #[must_use]
    pub fn of_accounts(self, accounts: Arc<Accounts>) -> Self {
        Self { accounts, ..self }
    }

    /// The account behind an alias.
    #[must_use]
    pub fn account(&self, alias: &AccountAlias) -> Option<&Account> {
        self.accounts.get(alias)
    }

    /// The operator's accounts.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The aliases there are.
    pub fn aliases(&self) -> impl Iterator<Item = &AccountAlias> {
        self.accounts.accounts.keys()
    }

    /// Whether a call of this account may be tried dry, to hear what the cloud would say. RAM takes that for the call itself, so a
    /// role that only reads must not.
    #[must_use]
    pub fn may_try(&self, alias: &AccountAlias) -> bool {
        matches!(self.account(alias), Some(Account::Alicloud(account)) if account.has_one_role())
    }

    /// A client in the account where a side lies, and the side's region.
    ///
    /// # Errors
    /// A failure that says so when the account is not in the operator's list or its entry does not read.
    pub fn client(&self, session: &Session<'_>, place: Place<'_>) -> Result<(alicloud::Client, Region), NotDone> {
        let (_, client, region) = self.client_at(session, place.account.as_str(), place.region_id.as_str())?;
        Ok((client, region))
    }

    /// An account by its alias, a client in it, and a region.
    ///
    /// # Errors
    /// A failure that says so when the account is not in the operator's list, is of another cloud, or its entry does not read.
    pub fn client_at(
        &self,
        session: &Session<'_>,
        alias: &str,
        region: &str,
    ) -> Result<(&AlicloudAccount, alicloud::Client, Region), NotDone> {
        let (account, role, region) = self.role_at(session, alias, region)?;
        Ok((account, self.alicloud.assume(&role), region))
    }

    /// An account by its alias, a client in it whose session begins now, and a region. What was let in before may be refused by
    /// now: this tells.
    ///
    /// # Errors
    /// As [`client_at`](Self::client_at); within, what STS says.
    pub async fn new_client_at(
        &self,
        session: &Session<'_>,
        alias: &str,
        region: &str,
    ) -> Result<Result<(alicloud::Client, Region), alicloud::Error>, NotDone> {
        let (_, role, region) = self.role_at(session, alias, region)?;
        let assumed = self.alicloud.sts().assume_role(&role).await;
        Ok(assumed.map(|assumed| (self.alicloud.signing_with(Arc::new(assumed.credentials)), region)))
    }

    fn role_at(
        &self,
        session: &Session<'_>,
        alias: &str,
        region: &str,
    ) -> Result<(&AlicloudAccount, AssumeRole, Region), NotDone> {
        let known = self.known(alias)?;
        let Account::Alicloud(account) = known else {
            return Err(of_another_cloud(alias, known, "Alibaba Cloud"));
        };
        let unusable = |error: alicloud::BadName| {
            NotDone::failed(
                format!("the entry of account {alias} cannot be used: {error}"),
                "correct config/accounts.json of the store, wait a minute, then retry",
            )
        };
        let region: Region = region.parse().map_err(|error: alicloud::BadName| {
            NotDone::failed(format!("region {region:?} cannot be used: {error}"), "name a region of the cloud")
        })?;
        let caller = self.caller.as_deref().or(session.caller);
        let session = &Session { caller, ..session.clone() };
        let role = AssumeRole {
            role: account.role(session.purpose.need()).map_err(unusable)?,
            session: session::name(&self.function, session).map_err(unusable)?,
            policy: Some(session::policy(session, account, region.as_str()).map_err(unusable)?),
            external_id: account.external_id.clone(),
            duration_seconds: Some(SESSION_SECONDS),
        };
        Ok((account, role, region))
    }

    /// JD Cloud's VPC product, in the account and region where a side lies.
    ///
    /// # Errors
    /// A failure that says so when the account is not in the operator's list, is of another cloud, or its key is not
    /// configured.
    pub fn jd_vpc(&self, place: Place<'_>) -> Result<jdcloud::vpc::Vpc, NotDone> {
        self.jd_vpc_at(place.account.as_str(), place.region_id.as_str())
    }

    /// The virtual private clouds of an account of JD Cloud, by its alias, in a region.
    ///
    /// # Errors
    /// As [`jd_vpc`](Self::jd_vpc).
    pub fn jd_vpc_at(&self, alias: &str, region: &str) -> Result<jdcloud::vpc::Vpc, NotDone> {
        let known = self.known(alias)?;
        let Account::Jdcloud(account) = known else {
            return Err(of_another_cloud(alias, known, "JD Cloud"));
        };
        let client = self.jdcloud.as_ref().and_then(|jdcloud| jdcloud.client(&account.key)).ok_or_else(|| {
            NotDone::failed(
                format!("account {alias} names the key {:?}, which this function was not given", account.key),
                format!(
                    "put that key into {VARIABLE}, or correct its name in config/accounts.json of the store; wait a minute, \
                     then retry"
                ),
            )
        })?;
        let region = region
            .parse()
            .map_err(|error| NotDone::failed(format!("region {region} cannot be used: {error}"), "correct the spec"))?;
        Ok(client.vpc(&region))
    }

    fn known(&self, alias: &str) -> Result<&Account, NotDone> {
        alias.parse().ok().and_then(|alias| self.account(&alias)).ok_or_else(|| {
            NotDone::failed(
                format!("account {alias:?} is not in the accounts document"),
                "put it back into config/accounts.json of the store, wait a minute, then retry",
            )
        })
    }
}

fn of_another_cloud(alias: &str, account: &Account, wanted: &str) -> NotDone {
    NotDone::failed(
        format!("account {alias} is of {}, and an account of {wanted} is needed", account.cloud()),
        "name another account, or correct config/accounts.json of the store",
    )
}
