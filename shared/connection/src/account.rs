//! The operator's accounts: which cloud, which id, and which role to assume or which key to use there.
//!
//! The list is one JSON document, kept in the store beside the records since an operator may have more accounts than fit
//! into a function's environment.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::{AccountAlias, RegionId};

/// The version of the document's schema that this code reads.
pub const VERSION: u32 = 1;

/// One cloud account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "cloud", rename_all = "kebab-case")]
pub enum Account {
    /// Of Alibaba Cloud.
    Alicloud(AlicloudAccount),
    /// Of JD Cloud.
    Jdcloud(JdcloudAccount),
}

/// An account of Alibaba Cloud: a role in it is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlicloudAccount {
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

/// An account of JD Cloud: it is reached by a key, for there are no roles to assume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JdcloudAccount {
    /// The account's id.
    pub id: String,
    /// The name of its key among the configured ones. The key itself never stands here.
    pub key: String,
}

impl Account {
    /// The account's id in its cloud.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Alicloud(account) => &account.id,
            Self::Jdcloud(account) => &account.id,
        }
    }

    /// The regions in which its endpoint services are looked after.
    #[must_use]
    pub fn regions(&self) -> &[RegionId] {
        match self {
            Self::Alicloud(account) => &account.regions,
            Self::Jdcloud(_) => &[],
        }
    }

    /// The name of its cloud, for people.
    #[must_use]
    pub fn cloud(&self) -> &'static str {
        match self {
            Self::Alicloud(_) => "Alibaba Cloud",
            Self::Jdcloud(_) => "JD Cloud",
        }
    }
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
    #[error("the accounts document does not read")]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(account: &str) -> Result<Account, serde_json::Error> {
        serde_json::from_str(account)
    }

    #[test]
    fn an_account_is_of_one_cloud_and_has_what_that_cloud_needs() {
        let of_ali = r#"{"cloud":"alicloud","id":"1","role_arn":"acs:ram::1:role/causeway"}"#;
        assert_eq!(serde_json::to_string(&read(of_ali).unwrap()).unwrap(), of_ali, "as it always was written");
        let of_jd = r#"{"cloud":"jdcloud","id":"2","key":"team-a"}"#;
        assert_eq!((read(of_jd).unwrap().id(), read(of_jd).unwrap().cloud()), ("2", "JD Cloud"));
        for bad in [
            r#"{"cloud":"jdcloud","id":"2","role_arn":"acs:ram::1:role/causeway"}"#,
            r#"{"cloud":"jdcloud","id":"2","key":"a","access_key_secret":"x"}"#,
            r#"{"cloud":"alicloud","id":"1","key":"a"}"#,
            r#"{"cloud":"other","id":"1"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
