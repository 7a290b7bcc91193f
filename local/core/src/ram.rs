//! Roles: who may become them, and what was attached to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::directory::Attachment;
use crate::identity::Principal;
use crate::ids::derived;

/// A role of one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// The account that owns it.
    pub account_id: String,
    /// Its name, unique in the account without regard to case.
    pub name: String,
    /// The id behind its name, as in `AssumedRoleId`.
    pub role_id: String,
    /// Who may assume it.
    pub trust: Trust,
    /// The longest session in seconds, 3600 to 43200.
    pub max_session_seconds: u32,
    /// The documents of the policies that are attached to it, as far as they have effect. Not kept: what is attached is in
    /// [`Role::attached`].
    #[serde(skip)]
    pub policies: Vec<Value>,
    /// Which policies are attached to it, oldest first.
    #[serde(default)]
    pub attached: Vec<Attachment>,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// When it was made, in cloud time.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// The service that it is linked to: nobody else changes it.
    #[serde(default)]
    pub linked_to: Option<String>,
}

impl Role {
    /// A role with nothing attached, whose sessions may last an hour.
    #[must_use]
    pub fn new(account_id: &str, name: &str, trust: Trust) -> Self {
        Self {
            account_id: account_id.to_owned(),
            name: name.to_owned(),
            role_id: role_id(account_id, name),
            trust,
            max_session_seconds: 3600,
            policies: Vec::new(),
            attached: Vec::new(),
            description: String::new(),
            created_at: None,
            linked_to: None,
        }
    }

    /// `acs:ram::{account}:role/{name}`, in small letters as RAM writes it.
    #[must_use]
    pub fn arn(&self) -> String {
        role_arn(&self.account_id, &self.name)
    }
}

/// The ARN of role `name` in `account_id`.
#[must_use]
pub fn role_arn(account_id: &str, name: &str) -> String {
    format!("acs:ram::{account_id}:role/{}", name.to_lowercase())
}

/// The id of role `name` in `account_id`: digits, the same as long as the name lives.
pub fn role_id(account_id: &str, name: &str) -> String {
    let letters = derived(17, &["role", account_id, &name.to_lowercase()]);
    let digits: String = letters.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
    format!("3{digits}")
}

/// Account and name in a role's ARN. The region part may be empty or `*`.
#[must_use]
pub fn parse_role_arn(arn: &str) -> Option<(&str, &str)> {
    let rest = arn.strip_prefix("acs:ram:")?;
    let (_region, rest) = rest.split_once(':')?;
    let (account, resource) = rest.split_once(':')?;
    let name = resource.strip_prefix("role/")?;
    let named =
        !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    (named && !account.is_empty() && account.bytes().all(|b| b.is_ascii_digit())).then_some((account, name))
}

/// The user who holds the key of an account: the root of an account may not assume roles.
pub const ADMINISTRATOR: &str = "administrator";

/// A trust policy (`AssumeRolePolicyDocument`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Trust {
    /// The policy language's version, `1`.
    #[serde(default)]
    pub version: Value,
    /// What is allowed and denied.
    #[serde(default)]
    pub statement: Vec<TrustStatement>,
}

/// One statement of a trust policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrustStatement {
    /// Allow or Deny.
    pub effect: Effect,
    /// The action, `sts:AssumeRole`.
    #[serde(default)]
    pub action: OneOrMany,
    /// Who it is about.
    pub principal: Principals,
    /// Conditions; only `StringEquals` on `sts:ExternalId` is understood, anything else fails the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Permits, unless another statement denies.
    Allow,
    /// Forbids, whatever another statement permits.
    Deny,
}

/// The principals of a statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Principals {
    /// Accounts (`acs:ram::{id}:root`) and roles (`acs:ram::{id}:role/{name}`).
    #[serde(rename = "RAM", default)]
    pub ram: OneOrMany,
    /// Services, such as `fc.aliyuncs.com`.
    #[serde(rename = "Service", default)]
    pub service: OneOrMany,
}

/// Text, or a list of texts: RAM accepts both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "OneOrManyWire")]
pub struct OneOrMany(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrManyWire {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrManyWire> for OneOrMany {
    fn from(wire: OneOrManyWire) -> Self {
        match wire {
            OneOrManyWire::One(text) => Self(vec![text]),
            OneOrManyWire::Many(texts) => Self(texts),
        }
    }
}

/// Who asks to assume a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// A principal of an account.
    Principal {
        /// Its account.
        account_id: &'a str,
        /// Who in the account.
        principal: &'a Principal,
    },
    /// A service of the cloud, such as `fc.aliyuncs.com`.
    Service(&'a str),
}

impl Trust {
    /// Trusts every principal of `account_id`.
    #[must_use]
    pub fn account(account_id: &str) -> Self {
        Self::of(Principals { ram: OneOrMany(vec![format!("acs:ram::{account_id}:root")]), ..Principals::default() })
    }

    /// Trusts the service `name`.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::of(Principals { service: OneOrMany(vec![name.to_owned()]), ..Principals::default() })
    }

    fn of(principal: Principals) -> Self {
        let action = OneOrMany(vec!["sts:AssumeRole".to_owned()]);
        let statement = TrustStatement { effect: Effect::Allow, action, principal, condition: None };
        Self { version: Value::from("1"), statement: vec![statement] }
    }

    /// Whether `caller`, who presents `external_id`, may assume the role.
    #[must_use]
    pub fn permits(&self, caller: Caller<'_>, external_id: Option<&str>) -> bool {
        let about = |effect| {
            self.statement.iter().any(|statement| {
                statement.effect == effect
                    && statement.names_assume_role()
                    && statement.principal.include(caller)
                    && statement.condition_holds(external_id)
            })
        };
        about(Effect::Allow) && !about(Effect::Deny)
    }
}

impl TrustStatement {
    fn names_assume_role(&self) -> bool {
        self.action.0.iter().any(|action| matches!(action.as_str(), "sts:AssumeRole" | "sts:*" | "*"))
    }

    /// A condition that is not understood counts as not met in an Allow and as met in a Deny: unknown is not success.
    fn condition_holds(&self, external_id: Option<&str>) -> bool {
        let Some(condition) = &self.condition else { return true };
        let wanted = condition.as_object().filter(|operators| operators.len() == 1).and_then(|operators| {
            let keys = operators.get("StringEquals")?.as_object().filter(|keys| keys.len() == 1)?;
            serde_json::from_value::<OneOrMany>(keys.get("sts:ExternalId")?.clone()).ok()
        });
        match wanted {
            Some(OneOrMany(wanted)) => external_id.is_some_and(|id| wanted.iter().any(|wanted| wanted == id)),
            None => self.effect == Effect::Deny,
        }
    }
}

impl Principals {
    fn include(&self, caller: Caller<'_>) -> bool {
        match caller {
            Caller::Service(name) => self.service.0.iter().any(|service| service == name),
            Caller::Principal { account_id, principal } => {
                let root = format!("acs:ram::{account_id}:root");
                let own = match principal {
                    Principal::Account => format!("acs:ram::{account_id}:user/{ADMINISTRATOR}"),
                    Principal::Role { name, .. } => role_arn(account_id, name),
                };
                self.ram.0.iter().any(|arn| *arn == root || own.eq_ignore_ascii_case(arn))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Principal {
        Principal::Role { name: name.into(), session: "s".into() }
    }

    #[test]
    fn a_role_trusts_the_one_role_it_names_and_no_other() {
        let trust: Trust = serde_json::from_str(
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
                "Principal":{"RAM":["acs:ram::111:role/exec"]}}]}"#,
        )
        .unwrap();
        let permits =
            |account_id, principal: &Principal| trust.permits(Caller::Principal { account_id, principal }, None);
        assert!(permits("111", &role("Exec")));
        assert!(!permits("111", &role("other")));
        assert!(!permits("222", &role("exec")));
        assert!(!trust.permits(Caller::Service("fc.aliyuncs.com"), None));
    }

    #[test]
    fn an_external_id_is_demanded_where_the_trust_names_one() {
        let trust: Trust = serde_json::from_str(
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
                "Principal":{"RAM":"acs:ram::111:root"},
                "Condition":{"StringEquals":{"sts:ExternalId":"dr-7f3a"}}}]}"#,
        )
        .unwrap();
        let role = role("exec");
        let caller = Caller::Principal { account_id: "111", principal: &role };
        assert!(trust.permits(caller, Some("dr-7f3a")));
        assert!(!trust.permits(caller, Some("dr-0000")));
        assert!(!trust.permits(caller, None));
    }

    #[test]
    fn a_condition_that_is_not_understood_permits_nothing() {
        let mut trust = Trust::account("111");
        trust.statement[0].condition = Some(serde_json::json!({"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}));
        assert!(!trust.permits(Caller::Principal { account_id: "111", principal: &role("exec") }, None));
    }

    #[test]
    fn role_arns_are_read_with_either_region_form() {
        assert_eq!(parse_role_arn("acs:ram::111:role/x"), Some(("111", "x")));
        assert_eq!(parse_role_arn("acs:ram:*:111:role/x"), Some(("111", "x")));
        assert_eq!(parse_role_arn("acs:ram::111:user/x"), None);
        assert_eq!(parse_role_arn("acs:ram::abc:role/x"), None);
    }
}
