//! Reading what a cloud really sends: scalars of any JSON type, fields that are missing, null or empty, and lists wrapped
//! twice, null or bare.
//!
//! The documents and the SDK models disagree with the samples (a boolean typed as string, sent bare), so an answer is read
//! by meaning and not by JSON type: [`from_slice`] and [`from_value`] read every value in it so. A number may come as text,
//! a boolean as text or as 0 and 1, a text as a number; what is null or empty is absent. A text that must be there must say
//! something: an id without which the row means nothing.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Error, Value};

/// Reads an answer.
///
/// # Errors
/// When it is no JSON, or not what is wanted.
pub fn from_slice<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    from_value(serde_json::from_slice(body)?)
}

/// Reads a part of an answer.
///
/// # Errors
/// When it is not what is wanted.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Lenient(value))
}

/// A value within what is not read by this module as a whole.
///
/// # Errors
/// When it is not what is wanted.
pub fn value<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A list, bare or wrapped in an object under one inner name (`Vpcs.Vpc[]`). The inner name is not checked: a cloud uses
/// singulars and plurals as it likes. Null, an empty object and an empty text are empty lists.
///
/// # Errors
/// When it is no list, or an item is not what is wanted.
pub fn wrapped<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    items(match Value::deserialize(deserializer)? {
        Value::Object(fields) => {
            let lists = fields.into_iter().map(|(_, list)| rows(list));
            lists.collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
        }
        list => rows(list),
    })
}

/// A list. Null, an empty object and an empty text are empty lists, and a bare item is a list of one: an address range
/// comes both ways.
///
/// # Errors
/// When an item is not what is wanted.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    items(match Value::deserialize(deserializer)? {
        Value::Object(fields) if fields.is_empty() => Ok(Vec::new()),
        item => rows(item).or_else(|item| Ok::<_, Value>(vec![item])),
    })
}

/// What a list holds, but for empty texts; the value itself when it is none.
fn rows(list: Value) -> Result<Vec<Value>, Value> {
    match list {
        Value::Array(rows) => Ok(rows.into_iter().filter(|row| row.is_null() || !is_absent(row)).collect()),
        value if is_absent(&value) => Ok(Vec::new()),
        value => Err(value),
    }
}

fn items<E: serde::de::Error, T: DeserializeOwned>(rows: Result<Vec<Value>, Value>) -> Result<Vec<T>, E> {
    let rows = rows.map_err(|_| E::custom("a list was expected, or an object that holds one"))?;
    rows.into_iter().map(|row| from_value(row).map_err(E::custom)).collect()
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// A value that is read by meaning.
struct Lenient(Value);

impl Lenient {
    /// The text of a scalar.
    fn text(self) -> Result<String, Error> {
        match self.0 {
            Value::String(text) => Ok(text.trim().to_owned()),
            // A whole number may be written as 10.0.
            Value::Number(number) if number.is_f64() => Ok(number.as_f64().unwrap_or_default().to_string()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(Error::custom("a text or a number was expected")),
        }
    }

    fn number<T: std::str::FromStr>(self) -> Result<T, Error> {
        self.text()?.parse().map_err(|_| Error::custom("not a whole number, or out of range"))
    }
}

impl IntoDeserializer<'_, Error> for Lenient {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident => $number:ident $visit:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.number::<$number>()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(rows) => visitor.visit_seq(SeqDeserializer::new(rows.into_iter().map(Lenient))),
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Lenient(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if is_absent(&self.0) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.text()?;
        if text.is_empty() { Err(Error::custom("a required text is empty")) } else { visitor.visit_string(text) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "1" => visitor.visit_bool(true),
            "false" | "0" => visitor.visit_bool(false),
            _ => Err(Error::custom("not a boolean")),
        }
    }

    numbers! {
        deserialize_u8 => u8 visit_u8,
        deserialize_u16 => u16 visit_u16,
        deserialize_u32 => u32 visit_u32,
        deserialize_u64 => u64 visit_u64,
        deserialize_i64 => i64 visit_i64,
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Row {
        flag: Option<bool>,
        number: Option<i64>,
        text: Option<String>,
        time: Option<Timestamp>,
        #[serde(deserialize_with = "wrapped")]
        list: Vec<String>,
        #[serde(deserialize_with = "list")]
        bare: Vec<String>,
    }

    fn try_row(json: &str) -> Result<Row, Error> {
        from_slice(json.as_bytes())
    }

    fn row(json: &str) -> Row {
        try_row(json).unwrap()
    }

    #[test]
    fn a_boolean_is_read_bare_as_text_and_as_a_digit() {
        for json in [r#"{"flag":false}"#, r#"{"flag":"false"}"#, r#"{"flag":"False"}"#, r#"{"flag":0}"#] {
            assert_eq!(row(json).flag, Some(false), "{json}");
        }
        assert_eq!(row(r#"{"flag":"TRUE"}"#).flag, Some(true));
        assert!(try_row(r#"{"flag":"yes"}"#).is_err());
    }

    #[test]
    fn a_number_is_read_bare_and_as_text() {
        assert_eq!(row(r#"{"number":-1}"#).number, Some(-1));
        assert_eq!(row(r#"{"number":7}"#).number, Some(7));
        assert_eq!(row(r#"{"number":"10"}"#).number, Some(10));
        assert_eq!(row(r#"{"number":10.0}"#).number, Some(10));
        assert_eq!(row(r#"{"text":7}"#).text.as_deref(), Some("7"));
        assert!(try_row(r#"{"number":"ten"}"#).is_err());
        assert!(try_row(r#"{"text":["a"]}"#).is_err());
    }

    #[test]
    fn missing_null_and_empty_are_all_absent() {
        let absent = Row::default();
        assert_eq!(row("{}"), absent);
        assert_eq!(row(r#"{"flag":null,"number":null,"text":null,"time":null,"list":null,"bare":null}"#), absent);
        assert_eq!(row(r#"{"flag":"","number":"","text":" ","time":" ","list":"","bare":""}"#), absent);
        assert_eq!(row(r#"{"list":{},"bare":{}}"#), absent);
    }

    #[test]
    fn a_text_that_must_be_there_must_say_something() {
        #[derive(Debug, Deserialize)]
        struct Named {
            id: String,
        }
        assert_eq!(from_slice::<Named>(br#"{"id":" a "}"#).unwrap().id, "a");
        for json in [r#"{"id":""}"#, r#"{"id":null}"#, "{}"] {
            assert!(from_slice::<Named>(json.as_bytes()).is_err(), "{json}");
        }
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
        assert!(try_row(r#"{"list":"a"}"#).is_err());
    }

    #[test]
    fn a_bare_item_is_a_list_of_one() {
        assert_eq!(row(r#"{"bare":"10.0.0.0/16"}"#).bare, ["10.0.0.0/16"]);
        assert_eq!(row(r#"{"bare":["a","b"]}"#).bare, ["a", "b"]);
        assert!(try_row(r#"{"bare":[null]}"#).is_err());
    }
}
