//! The operator's accounts: which cloud, which id, and which role to assume there.
//!
//! The list is one JSON document, kept in the store beside the records since an operator may have more accounts than fit
//! into a function's environment.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::{AccountAlias, RegionId};

/// The version of the document's schema that this code reads.
pub const VERSION: u32 = 1;

/// Whose cloud an account lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CloudName {
    /// Alibaba Cloud.
    Alicloud,
}

/// One cloud account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The cloud.
    pub cloud: CloudName,
    /// The main account's id.
    pub id: String,
    /// The role to assume, such as `acs:ram::1111111111111111:role/causeway`.
    pub role_arn: String,
    /// The external id that the role's trust policy asks for, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The regions in which its endpoint services are looked after: requests of endpoints are decided on there. None unless
    /// named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionId>,
}

/// All accounts by alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// The schema's version: 1.
    pub version: u32,
    /// The accounts.
    pub accounts: BTreeMap<AccountAlias, Account>,
}

/// Why the accounts document was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum BadAccounts {
    /// It does not parse.
    #[error("the accounts document does not read: {0}")]
    Shape(#[from] serde_json::Error),
    /// It was written for a newer version.
    #[error("the accounts document has version {0}, this version of Causeway reads version {VERSION}")]
    Version(u32),
}

impl Accounts {
    /// Reads the document.
    ///
    /// # Errors
    /// See [`BadAccounts`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, BadAccounts> {
        let accounts: Self = serde_json::from_slice(bytes)?;
        if accounts.version == VERSION { Ok(accounts) } else { Err(BadAccounts::Version(accounts.version)) }
    }

    /// The account of `alias`.
    #[must_use]
    pub fn get(&self, alias: &AccountAlias) -> Option<&Account> {
        self.accounts.get(alias)
    }
}
