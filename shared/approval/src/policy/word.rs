//! Rule ids, account ids, and what ids of the cloud's look like.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

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
            Err(format!(
                "rule id {} must be 1 to 40 lower-case letters, digits and inner hyphens",
                strict::quoted(&given)
            ))
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

/// The id of a main account: digits. Written as text, or as a number that reads back as the same digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{4,20}$", "type" = ["string", "integer"]))]
pub struct AccountId(String);

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl Visitor<'_> for Digits {
            type Value = AccountId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an account id: 4 to 20 digits in quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<AccountId, E> {
                if (4..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
                    Ok(AccountId(text.to_owned()))
                } else {
                    Err(E::custom(format_args!("account id {} must be 4 to 20 digits", strict::quoted(text))))
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<AccountId, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<AccountId, E> {
                Err(E::custom(format_args!("{number} is a number that lost its digits; put the account id in quotes")))
            }
        }

        deserializer.deserialize_any(Digits)
    }
}

impl AccountId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

/// Says why something cannot be an id of its kind.
pub(super) type Id = fn(&str) -> Result<(), String>;

/// The id of an endpoint service.
pub(super) fn service(text: &str) -> Result<(), String> {
    resource(text, "an endpoint service", "epsrv-")
}

/// The id of a VPC.
pub(super) fn vpc(text: &str) -> Result<(), String> {
    resource(text, "a VPC", "vpc-")
}

fn resource(text: &str, what: &str, prefix: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_id =
        text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()) && text.len() <= 64 && text.bytes().all(fits);
    held(is_id, text, || format!("the id of {what} such as {prefix}2ze0demo1"))
}

/// A region.
pub(super) fn region(text: &str) -> Result<(), String> {
    if is_zone(text) {
        let quoted = strict::quoted(text);
        return Err(format!(
            "{quoted} fits nothing: it is a zone; write a region such as cn-qingdao, or move it to zones"
        ));
    }
    held(is_place(text), text, || "a region such as cn-qingdao".to_owned())
}

/// A zone.
pub(super) fn zone(text: &str) -> Result<(), String> {
    if is_place(text) && !is_zone(text) {
        let quoted = strict::quoted(text);
        return Err(format!(
            "{quoted} fits nothing: it is no zone; write one such as cn-qingdao-b, or move it to regions"
        ));
    }
    held(is_place(text), text, || "a zone such as cn-qingdao-b".to_owned())
}

/// Whether it is the id of a zone rather than of a region: `cn-qingdao-b`, `eu-central-1a`.
fn is_zone(text: &str) -> bool {
    let end = text.as_bytes().last_chunk::<2>();
    is_place(text) && end.is_some_and(|[before, last]| last.is_ascii_lowercase() && !before.is_ascii_lowercase())
}

fn is_place(text: &str) -> bool {
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 32 && text.contains('-') && text.split('-').all(is_word)
}

fn held(fits: bool, text: &str, what: impl Fn() -> String) -> Result<(), String> {
    let (quoted, trimmed) = (strict::quoted(text), text.trim());
    match () {
        () if fits => Ok(()),
        () if text.contains('*') => {
            Err(format!("{quoted} fits nothing: there are no wildcards here; leave the field out to fit everything"))
        }
        () if trimmed != text && !trimmed.is_empty() => {
            Err(format!("{quoted} fits nothing: it has spaces around it; write {}", strict::quoted(trimmed)))
        }
        () => Err(format!("{quoted} fits nothing; write {}", what())),
    }
}
