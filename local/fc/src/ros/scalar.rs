//! Scalars as ROS takes them: a number may come as text, since `Ref` of a parameter often yields text.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A number or a flag, written as such or as text.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + FromStr,
{
    match Value::deserialize(deserializer)? {
        Value::String(text) => text
            .trim()
            .to_ascii_lowercase()
            .parse()
            .map_err(|_| Error::custom(format!("{text:?} is not a valid {}", plain_name::<T>()))),
        other => serde_json::from_value(other).map_err(Error::custom),
    }
}

/// Likewise, for a property that may be absent or null.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + FromStr,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        other => lenient(other).map(Some).map_err(Error::custom),
    }
}

/// A map of texts: environment variables. Function Compute takes nothing else, not even a number from a parameter of that type;
/// whether it takes an empty text is in no source (docs/reference/deploy-apis.md, section 8).
pub(crate) fn texts<'de, D>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let raw: Option<BTreeMap<String, Value>> = Deserialize::deserialize(deserializer)?;
    raw.unwrap_or_default()
        .into_iter()
        .map(|(key, value)| match value {
            Value::String(text) if text.is_empty() => {
                Err(Error::custom(format!("{key} is empty: leave it out with Fn::If and ALIYUN::NoValue")))
            }
            Value::String(text) => Ok((key, text)),
            Value::Number(_) | Value::Bool(_) => Err(Error::custom(format!(
                "{key} must be a text: write {{'Fn::Sub': '${{Parameter}}'}} in place of Ref"
            ))),
            _ => Err(Error::custom(format!("{key} must be a text"))),
        })
        .collect()
}

fn plain_name<T>() -> &'static str {
    match std::any::type_name::<T>() {
        "bool" => "flag (true or false)",
        name if name.starts_with('f') => "number",
        _ => "whole number",
    }
}
