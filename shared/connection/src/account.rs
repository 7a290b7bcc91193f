//! The operator's accounts: which cloud, which id, and which roles to assume or which key to use there.
//!
//! An account of Alibaba Cloud has three roles, one for each [`Need`], so that whoever looks cannot change anything and whoever
//! changes a network cannot run commands. An account that was connected earlier may have one role for all of them.
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
/// Who runs commands on an instance unless the account names somebody. Linux images have that user, and it owns nothing.
const COMMAND_USER: &str = "nobody";

/// One cloud account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "cloud", rename_all = "kebab-case")]
pub enum Account {
    /// Of Alibaba Cloud.
    Alicloud(AlicloudAccount),
    /// Of JD Cloud.
    Jdcloud(JdcloudAccount),
}

/// What a role in a connected account is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// To look: checks before a connection is made, plans, drift checks, sweeps.
    Read,
    /// To change the network: what the steps make and remove.
    Network,
    /// To run a command on an instance and read what it printed.
    Command,
}

impl Need {
    /// Every need there is.
    pub const ALL: [Self; 3] = [Self::Read, Self::Network, Self::Command];

    /// What the role's name ends with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Network => "network",
            Self::Command => "command",
        }
    }
}

/// An account of Alibaba Cloud: roles in it are assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlicloudAccount {
    /// The main account's id.
    pub id: String,
    /// What the names of its roles begin with: with `causeway` they are `causeway-read`, `causeway-network` and
    /// `causeway-command`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_prefix: Option<String>,
    /// Instead of `role_prefix`: one role for every need, such as `acs:ram::1111111111111111:role/causeway`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Who speaks for the account: a caller, or a group of callers. Nothing is made here for anybody else before it agrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<CallerName>,
    /// The external id that the trust policies of its roles ask for, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The regions in which its endpoint services are looked after: requests of endpoints are decided on there. None unless
    /// named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionId>,
    /// The user of its instances as whom commands run there; `nobody` unless named, and never root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_user: Option<String>,
    /// What a session in its roles is narrowed to.
    #[serde(default, skip_serializing_if = "NarrowTo::is_default")]
    pub narrow_to: NarrowTo,
}

/// What a session is narrowed to, on top of what its role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NarrowTo {
    /// The calls of the step, on the resources of the connection.
    #[default]
    Resources,
    /// The calls of the step, on any resource: for an account whose cloud names the resources of a call in another way than
    /// the documents say.
    Actions,
}

impl NarrowTo {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl AlicloudAccount {
    /// The role to assume for `need`.
    ///
    /// # Errors
    /// When the account names none, or not as the cloud does.
    pub fn role(&self, need: Need) -> Result<RoleArn, alicloud::BadName> {
        match (&self.role_prefix, &self.role_arn) {
            (Some(prefix), _) => RoleArn::new(&self.id.parse()?, &format!("{prefix}-{}", need.word())),
            (None, arn) => arn.as_deref().unwrap_or_default().parse(),
        }
    }

    /// Whether one role is for every need.
    #[must_use]
    pub const fn has_one_role(&self) -> bool {
        self.role_prefix.is_none()
    }

    /// The user of its instances as whom commands run there.
    #[must_use]
    pub fn command_user(&self) -> &str {
        self.command_user.as_deref().unwrap_or(COMMAND_USER)
    }
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
        let role_prefix: Option<Option<String>> = fields.optional("role_prefix", None);
        let role_arn: Option<Option<String>> = fields.optional("role_arn", None);
        let owner = fields.given("owner");
        let external_id: Option<Option<String>> = fields.optional("external_id", None);
        let regions = fields.list("regions", MOST_REGIONS);
        let command_user: Option<Option<String>> = fields.optional("command_user", None);
        let narrow_to = fields.optional("narrow_to", NarrowTo::default());
        if let Some(Err(bad)) = id.as_ref().map(|id| id.parse::<AccountId>()) {
            fields.problem("id", format!("{}: {bad}", strict::quoted(id.as_deref().unwrap_or_default())));
        }
        match (&role_prefix, &role_arn) {
            (Some(Some(_)), Some(Some(_))) => fields.problem(
                "role_arn",
                "role_prefix is given too; keep role_prefix if the account has the three roles, and role_arn if it has one",
            ),
            (Some(None), Some(None)) => fields.problem(
                "role_prefix",
                "this field is required; with \"causeway\" the account's roles are causeway-read, causeway-network and \
                 causeway-command. An account with one role for everything has role_arn instead",
            ),
            (Some(Some(prefix)), _) => check_prefix(prefix, fields),
            (_, Some(Some(arn))) => check_arn(arn, id.as_deref(), fields),
            (None, _) | (_, None) => {}
        }
        if external_id.as_ref().and_then(Option::as_ref).is_some_and(String::is_empty) {
            fields.problem("external_id", "it is empty; leave it out if the roles ask for none");
        }
        if let Some(Some(user)) = &command_user {
            check_user(user, fields);
        }
        Some(Self {
            id: id?,
            role_prefix: role_prefix?,
            role_arn: role_arn?,
            owner: owner?,
            external_id: external_id?,
            regions: regions?,
            command_user: command_user?,
            narrow_to: narrow_to?,
        })
    }
}

fn check_prefix(prefix: &str, fields: &mut Fields<'_>) {
    let fits = |need: Need| format!("acs:ram::1:role/{prefix}-{}", need.word()).parse::<RoleArn>().is_ok();
    if prefix.is_empty() || !Need::ALL.into_iter().all(fits) {
        let detail = format!(
            "{}: what the names of roles begin with is 1 to 56 letters, digits, hyphens, underscores or dots",
            strict::quoted(prefix)
        );
        fields.problem("role_prefix", detail);
    }
}

fn check_arn(arn: &str, id: Option<&str>, fields: &mut Fields<'_>) {
    if let Err(bad) = arn.parse::<RoleArn>() {
        return fields.problem("role_arn", format!("{}: {bad}", strict::quoted(arn)));
    }
    let owner = arn.split(':').nth(3).unwrap_or_default();
    if let Some(id) = id.filter(|id| *id != owner) {
        let detail = format!("the role is one of account {owner}, and this account is {id}; name a role of it");
        fields.problem("role_arn", detail);
    }
}

/// A name that `useradd` takes, of somebody who is not the superuser.
fn check_user(user: &str, fields: &mut Fields<'_>) {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let begins = user.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !begins || user.len() > 32 || !user.bytes().all(inner) {
        let detail = format!(
            "{}: a user of Linux is 1 to 32 lower-case letters, digits, hyphens or underscores, a letter or underscore first",
            strict::quoted(user)
        );
        fields.problem("command_user", detail);
    } else if user == "root" {
        fields.problem(
            "command_user",
            "commands do not run as root; name another user of the instances, or leave it out",
        );
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
        for of_ali in [
            r#"{"cloud":"alicloud","id":"1","role_prefix":"causeway"}"#,
            r#"{"cloud":"alicloud","id":"1","role_arn":"acs:ram::1:role/causeway"}"#,
            r#"{"cloud":"alicloud","id":"1","role_prefix":"net.ops","command_user":"pinger","narrow_to":"actions"}"#,
        ] {
            assert_eq!(serde_json::to_string(&read(of_ali).unwrap()).unwrap(), of_ali, "as it was written");
        }
        let of_jd = r#"{"cloud":"jdcloud","id":"2","key":"team-a"}"#;
        assert_eq!((read(of_jd).unwrap().id(), read(of_jd).unwrap().cloud()), ("2", "JD Cloud"));
        for (bad, told) in [
            (
                r#"{"cloud":"jdcloud","id":"2","role_arn":"acs:ram::1:role/causeway"}"#,
                "/accounts/a/key: this field is required",
            ),
            (r#"{"cloud":"jdcloud","id":"2","key":"a","access_key_secret":"x"}"#, "unknown field `access_key_secret`"),
            (r#"{"cloud":"alicloud","id":"1","key":"a"}"#, "/accounts/a/role_prefix: this field is required"),
            (
                r#"{"cloud":"alicloud","id":"1","role_prefix":"causeway","role_arn":"acs:ram::1:role/causeway"}"#,
                "/accounts/a/role_arn: role_prefix is given too",
            ),
            (r#"{"cloud":"alicloud","id":"1","role_prefix":""}"#, "/accounts/a/role_prefix: \"\": "),
            (r#"{"cloud":"alicloud","id":"1","role_prefix":"a b"}"#, "/accounts/a/role_prefix: \"a b\": "),
            (
                r#"{"cloud":"alicloud","id":"1","role_prefix":"acs:ram::1:role/causeway"}"#,
                "/accounts/a/role_prefix: \"acs:ram::1:role/causeway\": ",
            ),
            (
                r#"{"cloud":"alicloud","id":"1","role_prefix":"causeway","command_user":"root"}"#,
                "/accounts/a/command_user: commands do not run as root",
            ),
            (
                r#"{"cloud":"alicloud","id":"1","role_prefix":"causeway","command_user":"-u root"}"#,
                "/accounts/a/command_user: \"-u root\": ",
            ),
            (
                r#"{"cloud":"alicloud","id":"1","role_prefix":"causeway","narrow_to":"nothing"}"#,
                "/accounts/a/narrow_to: ",
            ),
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
    fn each_need_has_its_role_and_one_role_is_for_all_of_them() {
        let role = |document: &str, need| match read(document).unwrap() {
            Account::Alicloud(account) => account.role(need).unwrap().to_string(),
            Account::Jdcloud(_) => panic!("it is of Alibaba Cloud"),
        };
        let three = r#"{"cloud":"alicloud","id":"1","role_prefix":"causeway"}"#;
        let of_three = Need::ALL.map(|need| role(three, need));
        assert_eq!(of_three, ["read", "network", "command"].map(|need| format!("acs:ram::1:role/causeway-{need}")));
        let one = r#"{"cloud":"alicloud","id":"1","role_arn":"acs:ram::1:role/all"}"#;
        assert_eq!(Need::ALL.map(|need| role(one, need)), ["acs:ram::1:role/all"; 3].map(str::to_owned));
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
