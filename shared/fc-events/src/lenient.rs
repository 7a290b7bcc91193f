//! Scalars as the services really write them: numbers as text, text as numbers, null for nothing.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A string; a number or a flag becomes its text, null becomes empty. Ids are strings, whatever the service sends.
pub(crate) fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_string(deserializer).map(Option::unwrap_or_default)
}

/// Like [`string`], with null kept apart.
pub(crate) fn optional_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(flag) => Ok(Some(flag.to_string())),
        Value::Array(_) | Value::Object(_) => Err(D::Error::custom("expected a text or a number")),
    }
}
