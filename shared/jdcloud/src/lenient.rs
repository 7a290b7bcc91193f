//! Reading what the cloud really sends: fields that are missing, null or empty, scalars of another JSON type, lists that
//! are null or that hold one bare item.
//!
//! The samples in the documentation and the models of the SDKs differ in this, so a value is read by meaning.

use std::str::FromStr;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

/// A scalar as text; null and empty are absent.
fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(truth) => Ok(Some(truth.to_string())),
        Value::Array(_) | Value::Object(_) => Err(D::Error::custom("a text or a number was expected")),
    }
}

/// Text of any scalar; empty counts as absent.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    scalar(deserializer)
}

/// Text that must be there: an id without which the row means nothing.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    scalar(deserializer)?.ok_or_else(|| D::Error::custom("a required text is empty"))
}

/// A value with a [`FromStr`], sent bare or as text. An empty one is absent.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    let kind = std::any::type_name::<T>();
    let parse = |text: String| text.parse().map_err(|_| D::Error::custom(format_args!("not a value of type {kind}")));
    scalar(deserializer)?.map(parse).transpose()
}

/// A wire word that may be missing, null or empty.
pub(crate) fn word<'de, D, W>(deserializer: D) -> Result<Option<W>, D::Error>
where
    D: Deserializer<'de>,
    W: for<'a> From<&'a str>,
{
    Ok(scalar(deserializer)?.map(|text| W::from(&text)))
}

/// A list. Null, an empty object and an empty text are empty lists, and a bare item is a list of one: an address range
/// comes both ways.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items = match Value::deserialize(deserializer)? {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::Object(fields) if fields.is_empty() => Vec::new(),
        item => vec![item],
    };
    items.into_iter().map(|item| T::deserialize(item).map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(default)]
    struct Row {
        #[serde(deserialize_with = "text")]
        text: Option<String>,
        #[serde(deserialize_with = "parsed")]
        number: Option<u32>,
        #[serde(deserialize_with = "list")]
        list: Vec<String>,
    }

    fn row(json: &str) -> Row {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn missing_null_and_empty_are_all_absent() {
        let absent = Row::default();
        for json in ["{}", r#"{"text":null,"number":null,"list":null}"#, r#"{"text":" ","number":"","list":""}"#] {
            assert_eq!(row(json), absent, "{json}");
        }
        assert_eq!(row(r#"{"list":{}}"#), absent);
    }

    #[test]
    fn a_number_is_read_bare_and_as_text() {
        assert_eq!(row(r#"{"number":7}"#).number, Some(7));
        assert_eq!(row(r#"{"number":"7"}"#).number, Some(7));
        assert_eq!(row(r#"{"text":7}"#).text.as_deref(), Some("7"));
        assert!(serde_json::from_str::<Row>(r#"{"number":"seven"}"#).is_err());
        assert!(serde_json::from_str::<Row>(r#"{"text":["a"]}"#).is_err());
    }

    #[test]
    fn a_bare_item_is_a_list_of_one() {
        assert_eq!(row(r#"{"list":"10.0.0.0/16"}"#).list, ["10.0.0.0/16"]);
        assert_eq!(row(r#"{"list":["a","b"]}"#).list, ["a", "b"]);
        assert!(serde_json::from_str::<Row>(r#"{"list":[null]}"#).is_err());
    }
}
