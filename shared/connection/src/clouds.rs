//! Clients for the accounts of both sides.

use std::sync::Arc;

use alicloud::Region;
use alicloud::sts::{AssumeRole, RoleArn, SessionName};

use crate::account::{Account, Accounts};
use crate::halt::Halt;
use crate::spec::Place;
use crate::words::AccountAlias;

/// How long assumed credentials live, in seconds. A role assumed by a role gets no more than an hour.
const SESSION_SECONDS: u32 = 3600;

/// Reaches every account of the operator's list by assuming the role named there.
#[derive(Clone)]
pub struct Clouds {
    alicloud: alicloud::Client,
    accounts: Arc<Accounts>,
}

impl Clouds {
    /// Clouds reached from the credentials of `alicloud`.
    #[must_use]
    pub fn new(alicloud: alicloud::Client, accounts: Arc<Accounts>) -> Self {
        Self { alicloud, accounts }
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

    /// A client in the account where a side lies, and the side's region.
    ///
    /// # Errors
    /// A failure that says so when the account is not in the operator's list or its entry does not read.
    pub fn client(&self, place: Place<'_>) -> Result<(alicloud::Client, Region), Halt> {
        let (_, client, region) = self.client_at(place.account.as_str(), place.region_id.as_str())?;
        Ok((client, region))
    }

    /// An account by its alias, a client in it, and a region.
    ///
    /// # Errors
    /// A failure that says so when the account is not in the operator's list or its entry does not read.
    pub fn client_at(&self, alias: &str, region: &str) -> Result<(&Account, alicloud::Client, Region), Halt> {
        let account = alias.parse().ok().and_then(|alias| self.account(&alias)).ok_or_else(|| {
            Halt::fail(
                format!("account {alias:?} is not in the accounts document"),
                "put it back, with its role, into config/accounts.json of the store, then retry",
            )
        })?;
        let unusable = |error: alicloud::BadName| {
            Halt::fail(
                format!("the entry of account {alias} cannot be used: {error}"),
                "correct config/accounts.json of the store, then retry",
            )
        };
        let role: RoleArn = account.role_arn.parse().map_err(unusable)?;
        let session: SessionName = "causeway".parse().map_err(unusable)?;
        let region: Region = region.parse().map_err(unusable)?;
        let role = AssumeRole {
            role,
            session,
            external_id: account.external_id.clone(),
            duration_seconds: Some(SESSION_SECONDS),
        };
        Ok((account, self.alicloud.assume(&role), region))
    }
}
