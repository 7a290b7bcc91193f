//! Rule ids and account ids.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a rule: 1 to 40 lower-case letters, digits and inner hyphens. It becomes part of object keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"))]
pub struct RuleId(String);

impl RuleId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RuleId {
    type Error = String;
    fn try_from(given: String) -> Result<Self, String> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=40).contains(&given.len())
            && given.bytes().all(inner)
            && !given.starts_with('-')
            && !given.ends_with('-');
        if fits {
            Ok(Self(given))
        } else {
            Err(format!("rule id {given:?} must be 1 to 40 lower-case letters, digits and inner hyphens"))
        }
    }
}

impl From<RuleId> for String {
    fn from(id: RuleId) -> Self {
        id.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a main account: digits. Written as a number or as text; YAML makes numbers of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Spelled", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{4,20}$", "type" = ["string", "integer"]))]
pub struct AccountId(String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Spelled {
    Text(String),
    Number(u64),
    // Read only to be refused in words: what a wrong kind of value is called helps nobody.
    Other(serde::de::IgnoredAny),
}

impl AccountId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Spelled> for AccountId {
    type Error = String;
    fn try_from(given: Spelled) -> Result<Self, String> {
        let digits = match given {
            Spelled::Text(text) => text,
            Spelled::Number(number) => number.to_string(),
            Spelled::Other(_) => return Err("an account id must be 4 to 20 digits".to_owned()),
        };
        if (4..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(format!("account id {digits:?} must be 4 to 20 digits"))
        }
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}
