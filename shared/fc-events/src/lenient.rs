//! Scalars as the services really write them: numbers as text, text as numbers, null for nothing.

#![allow(dead_code, reason = "which of these are used depends on the features")]

use jiff::Timestamp;
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

/// A whole number, or a text that contains one.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    optional_integer(deserializer)?.ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// Like [`integer`]; null is `None`.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.map(Some).ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// A flag, or a text that says `true` or `false`.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(D::Error::custom(format!("expected true or false, not {other}"))),
    }
}

/// An instant, or `None` when the text is no RFC 3339 time.
pub(crate) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().and_then(|text| text.parse().ok()))
}

/// Any value, or its default for null.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_read_in_either_spelling() {
        assert_eq!(string(json!(12)).unwrap(), "12");
        assert_eq!(string(Value::Null).unwrap(), "");
        assert_eq!(optional_string(Value::Null).unwrap(), None);
        assert_eq!(integer(json!("-3")).unwrap(), -3);
        assert_eq!(integer(json!(-3)).unwrap(), -3);
        assert!(flag(json!("True")).unwrap() && flag(json!(true)).unwrap() && !flag(json!("false")).unwrap());
    }

    #[test]
    fn other_kinds_are_refused() {
        assert!(string(json!({})).is_err());
        assert!(integer(json!(1.5)).is_err() && integer(json!("x")).is_err() && integer(Value::Null).is_err());
        assert!(flag(json!("yes")).is_err());
    }
}
