//! Reading what the cloud really sends: scalars of any JSON type, fields that are missing, null or empty, lists wrapped
//! twice, and both forms of a time.
//!
//! The documents and the SDK models disagree with the samples (a boolean typed as string, sent bare), so every scalar is
//! read by meaning and not by JSON type.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

/// A scalar as text; `None` when null or empty.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, number, boolean or null")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }
    fn visit_none<E: de::Error>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(Self)
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Scalar, E> {
        let text = value.trim();
        Ok(Scalar((!text.is_empty()).then(|| text.to_owned())))
    }
}

/// Text of any scalar; empty counts as absent.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Scalar::deserialize(deserializer)?.0)
}

/// Text that must be there: an id without which the row means nothing.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Scalar::deserialize(deserializer)?.0.ok_or_else(|| de::Error::custom("a required text is empty"))
}

/// A value with a [`FromStr`]: a number sent bare or as text. An empty one is absent.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    let kind = std::any::type_name::<T>();
    Scalar::deserialize(deserializer)?
        .0
        .map(|text| text.parse().map_err(|_| de::Error::custom(format_args!("not a value of type {kind}"))))
        .transpose()
}

/// A boolean sent bare, as text of any case, or as 0 and 1.
pub(crate) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Scalar::deserialize(deserializer)?.0.as_deref() {
        None => Ok(None),
        Some("1") => Ok(Some(true)),
        Some("0") => Ok(Some(false)),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(de::Error::custom("not a boolean")),
    }
}

/// A UTC time, `YYYY-MM-DDThh:mm:ssZ` or `YYYY-MM-DDThh:mmZ`.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    parsed(deserializer)
}

/// A wire word that may be missing, null or empty.
pub(crate) fn word<'de, D, W>(deserializer: D) -> Result<Option<W>, D::Error>
where
    D: Deserializer<'de>,
    W: for<'a> From<&'a str>,
{
    Ok(Scalar::deserialize(deserializer)?.0.map(|text| W::from(&text)))
}

/// A list, bare or wrapped in an object under one inner name (`Vpcs.Vpc[]`). The inner name is not checked: the cloud
/// uses singulars and plurals as it likes. Null, an empty object and an empty text are empty lists.
pub(crate) fn wrapped<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(WrappedVisitor(PhantomData))
}

struct WrappedVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for WrappedVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or an object that holds one list")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Vec<T>, E> {
        if value.trim().is_empty() {
            Ok(Vec::new())
        } else {
            Err(de::Error::invalid_type(de::Unexpected::Other("text"), &self))
        }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while map.next_key::<de::IgnoredAny>()?.is_some() {
            items.extend(map.next_value::<Option<Vec<T>>>()?.unwrap_or_default());
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Row {
        #[serde(deserialize_with = "boolean")]
        flag: Option<bool>,
        #[serde(deserialize_with = "parsed")]
        number: Option<i64>,
        #[serde(deserialize_with = "text")]
        text: Option<String>,
        #[serde(deserialize_with = "time")]
        time: Option<Timestamp>,
        #[serde(deserialize_with = "wrapped")]
        list: Vec<String>,
    }

    fn row(json: &str) -> Row {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_boolean_is_read_bare_as_text_and_as_a_digit() {
        for json in [r#"{"flag":false}"#, r#"{"flag":"false"}"#, r#"{"flag":"False"}"#, r#"{"flag":0}"#] {
            assert_eq!(row(json).flag, Some(false), "{json}");
        }
        assert_eq!(row(r#"{"flag":"TRUE"}"#).flag, Some(true));
        assert!(serde_json::from_str::<Row>(r#"{"flag":"yes"}"#).is_err());
    }

    #[test]
    fn a_number_is_read_bare_and_as_text() {
        assert_eq!(row(r#"{"number":-1}"#).number, Some(-1));
        assert_eq!(row(r#"{"number":"10"}"#).number, Some(10));
        assert!(serde_json::from_str::<Row>(r#"{"number":"ten"}"#).is_err());
    }

    #[test]
    fn missing_null_and_empty_are_all_absent() {
        let absent = Row::default();
        assert_eq!(row("{}"), absent);
        assert_eq!(row(r#"{"flag":null,"number":null,"text":null,"time":null,"list":null}"#), absent);
        assert_eq!(row(r#"{"flag":"","number":"","text":"","time":" ","list":""}"#), absent);
    }

    #[test]
    fn an_owner_id_may_come_as_a_number() {
        assert_eq!(row(r#"{"text":1000000000000001}"#).text.as_deref(), Some("1000000000000001"));
    }

    #[test]
    fn both_forms_of_a_time_are_read() {
        let expected: Timestamp = "2026-01-02T03:04:00Z".parse().unwrap();
        assert_eq!(row(r#"{"time":"2026-01-02T03:04:00Z"}"#).time, Some(expected));
        assert_eq!(row(r#"{"time":"2026-01-02T03:04Z"}"#).time, Some(expected));
    }

    #[test]
    fn a_list_is_read_bare_and_under_any_inner_name() {
        let expected = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(row(r#"{"list":["a","b"]}"#).list, expected);
        assert_eq!(row(r#"{"list":{"Inner":["a","b"]}}"#).list, expected);
        assert_eq!(row(r#"{"list":{"Inner":null}}"#).list, Vec::<String>::new());
        assert_eq!(row(r#"{"list":{}}"#).list, Vec::<String>::new());
    }
}
