//! The operator's accounts: which cloud, which id, and which role to assume or which key to use there.
//!
//! The list is one JSON document, kept in the store beside the records since an operator may have more accounts than fit
//! into a function's environment.

use std::collections::BTreeMap;

use alicloud::AccountId;
use alicloud::sts::RoleArn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::{Fields, Unreadable};

use crate::words::{AccountAlias, CallerName, RegionId};

/// The version of the document's schema that this code reads.
pub const VERSION: u32 = 1;
/// The most regions of an account.
const MOST_REGIONS: usize = 100;

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
    /// Who speaks for the account: a caller, or a group of callers. Nothing is made here for anybody else before it agrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<CallerName>,
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
    /// Who speaks for the account: a caller, or a group of callers. Nothing is made here for anybody else before it agrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<CallerName>,
}

impl Account {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let id = fields.required::<String>("id");
        match fields.required("cloud") {
            Some(CloudWord::Alicloud) => AlicloudAccount::read(id, fields).map(Self::Alicloud),
            Some(CloudWord::Jdcloud) => {
                let key: Option<String> = fields.required("key");
                if key.as_ref().is_some_and(String::is_empty) {
                    fields.problem("key", "it is empty; write the name of a key");
                }
                if let Some(id) = id.as_ref().filter(|id| id.is_empty() || id.contains(char::is_whitespace)) {
                    fields.problem("id", format!("{}: an account's id is a text without spaces", strict::quoted(id)));
                }
                let owner = fields.given("owner");
                Some(Self::Jdcloud(JdcloudAccount { id: id?, key: key?, owner: owner? }))
            }
            None => {
                // What belongs to which cloud is not known then.
                fields.leave_the_rest();
                None
            }
        }
    }

    /// The account's id in its cloud.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Alicloud(account) => &account.id,
            Self::Jdcloud(account) => &account.id,
        }
    }

    /// Who speaks for it.
    #[must_use]
    pub fn owner(&self) -> Option<&CallerName> {
        match self {
            Self::Alicloud(account) => account.owner.as_ref(),
            Self::Jdcloud(account) => account.owner.as_ref(),
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

/// The word for a cloud in the document.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CloudWord {
    Alicloud,
    Jdcloud,
}

impl AlicloudAccount {
    fn read(id: Option<String>, fields: &mut Fields<'_>) -> Option<Self> {
        let role_arn: Option<String> = fields.required("role_arn");
        let owner = fields.given("owner");
        let external_id: Option<Option<String>> = fields.optional("external_id", None);
        let regions = fields.list("regions", MOST_REGIONS);
        if let Some(Err(bad)) = id.as_ref().map(|id| id.parse::<AccountId>()) {
            fields.problem("id", format!("{}: {bad}", strict::quoted(id.as_deref().unwrap_or_default())));
        }
        if let Some(arn) = &role_arn {
            match arn.parse::<RoleArn>() {
                Err(bad) => fields.problem("role_arn", format!("{}: {bad}", strict::quoted(arn))),
                Ok(_) => {
                    let owner = arn.split(':').nth(3).unwrap_or_default();
                    if let Some(id) = id.as_ref().filter(|id| *id != owner) {
                        let detail =
                            format!("the role is one of account {owner}, and this account is {id}; name a role of it");
                        fields.problem("role_arn", detail);
                    }
                }
            }
        }
        if external_id.as_ref().and_then(Option::as_ref).is_some_and(String::is_empty) {
            fields.problem("external_id", "it is empty; leave it out if the role asks for none");
        }
        Some(Self { id: id?, role_arn: role_arn?, owner: owner?, external_id: external_id?, regions: regions? })
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

impl Accounts {
    /// No account, as before anybody has written the document.
    #[must_use]
    pub fn none() -> Self {
        Self { version: VERSION, accounts: BTreeMap::new() }
    }

    /// Reads the document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        let document = strict::json(bytes).and_then(|document| strict::of_version(document, VERSION));
        document.and_then(|document| strict::object(document, Self::read)).map_err(Unreadable)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let version = fields.required("version");
        if !fields.has("accounts") {
            fields.problem("accounts", "this field is required");
        }
        let accounts = fields.entries("accounts", |alias, fields| {
            let alias = alias.parse::<AccountAlias>().map_err(|bad| fields.problem("", bad.to_string())).ok();
            let account = Account::read(fields);
            Some((alias?, account?))
        })?;
        Some(Self { version: version?, accounts: accounts.into_iter().flatten().collect() })
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

    fn read(account: &str) -> Result<Account, String> {
        let document = format!(r#"{{"version": 1, "accounts": {{"a": {account}}}}}"#);
        let accounts = Accounts::from_json(document.as_bytes()).map_err(|bad| bad.to_string())?;
        Ok(accounts.accounts.into_values().next().unwrap())
    }

    #[test]
    fn an_account_is_of_one_cloud_and_has_what_that_cloud_needs() {
        let of_ali = r#"{"cloud":"alicloud","id":"1","role_arn":"acs:ram::1:role/causeway"}"#;
        assert_eq!(serde_json::to_string(&read(of_ali).unwrap()).unwrap(), of_ali, "as it always was written");
        let of_jd = r#"{"cloud":"jdcloud","id":"2","key":"team-a"}"#;
        assert_eq!((read(of_jd).unwrap().id(), read(of_jd).unwrap().cloud()), ("2", "JD Cloud"));
        for (bad, told) in [
            (
                r#"{"cloud":"jdcloud","id":"2","role_arn":"acs:ram::1:role/causeway"}"#,
                "/accounts/a/key: this field is required",
            ),
            (r#"{"cloud":"jdcloud","id":"2","key":"a","access_key_secret":"x"}"#, "unknown field `access_key_secret`"),
            (r#"{"cloud":"alicloud","id":"1","key":"a"}"#, "/accounts/a/role_arn: this field is required"),
            (
                r#"{"cloud":"other","id":"1"}"#,
                "/accounts/a/cloud: \"other\" is not known here; known are `alicloud`, `jdcloud`",
            ),
            (r#"{"id":"1"}"#, "/accounts/a/cloud: this field is required"),
            (r#"["alicloud","1","acs:ram::1:role/causeway"]"#, "/accounts/a: "),
            (
                r#"{"cloud":"alicloud","id":1,"role_arn":"acs:ram::1:role/causeway"}"#,
                "/accounts/a/id: 1 is not a text; put it in quotes",
            ),
            (r#"{"cloud":"alicloud","id":"x","role_arn":"acs:ram::x:role/causeway"}"#, "/accounts/a/id: \"x\""),
            (r#"{"cloud":"alicloud","id":"1 ","role_arn":"acs:ram::1:role/causeway"}"#, "/accounts/a/id: \"1 \""),
            (r#"{"cloud":"alicloud","id":"1","role_arn":"causeway"}"#, "/accounts/a/role_arn: \"causeway\""),
            (r#"{"cloud":"alicloud","id":"1","role_arn":"acs:ram::2:role/causeway"}"#, "the role is one of account 2"),
            (
                r#"{"cloud":"alicloud","id":"1","role_arn":"acs:ram::1:role/causeway","regions":["x"]}"#,
                "/accounts/a/regions/0: region \"x\"",
            ),
            (
                r#"{"cloud":"alicloud","id":"1","id":"2","role_arn":"acs:ram::1:role/causeway"}"#,
                "/accounts/a/id: this key is there twice",
            ),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.contains(told), "{bad}: {error}");
        }
    }

    #[test]
    fn the_document_as_a_whole_is_read_strictly() {
        let told = |text: &str| Accounts::from_json(text.as_bytes()).unwrap_err().to_string();
        let account = r#"{"cloud":"jdcloud","id":"2","key":"team-a"}"#;
        for (text, expected) in [
            (r#"{"version": 2, "more": 1}"#.to_owned(), "/version: version 2 is not known"),
            (r#"{"version": 1}"#.to_owned(), "/accounts: this field is required"),
            (r#"[1, {}]"#.to_owned(), "the document: "),
            (
                format!(r#"{{"version": 1, "accounts": {{"a": {account}, "a": {account}}}}}"#),
                "/accounts/a: this key is there twice",
            ),
            (format!(r#"{{"version": 1, "accounts": {{"A b": {account}}}}}"#), "account alias \"A b\""),
            (format!(r#"{{"version": 1, "accounts": [{account}]}}"#), "/accounts: "),
        ] {
            assert!(told(&text).contains(expected), "{text}: {}", told(&text));
        }
    }
}
