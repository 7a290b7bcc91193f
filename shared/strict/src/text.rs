//! JSON text becomes a value.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::problem::{At, Problem, Problems, twice};

/// The largest document that is read, in bytes.
pub const LARGEST: usize = 4 << 20;

/// Reads JSON. Of two equal keys neither counts: programs differ in which one they take.
///
/// # Errors
/// What is wrong with the text, or every key that is there twice.
pub fn json(bytes: &[u8]) -> Result<Value, Vec<Problem>> {
    let text = utf8(bytes)?;
    let problems = RefCell::default();
    let mut from = serde_json::Deserializer::from_str(text);
    let read = Node { at: At::Root, problems: &problems }.deserialize(&mut from);
    let read = read.and_then(|value| from.end().map(|()| value));
    match read {
        Err(error) => Err(whole(format!("it is not JSON: {error}"))),
        Ok(value) => done(value, problems.into_inner()),
    }
}

/// The value, unless something is wrong with its text.
pub(crate) fn done(value: Value, problems: Problems) -> Result<Value, Vec<Problem>> {
    if problems.count() == 0 { Ok(value) } else { Err(problems.finish()) }
}

/// A problem of the document as a whole.
pub(crate) fn whole(detail: impl Into<String>) -> Vec<Problem> {
    vec![Problem::at("", detail)]
}

/// The text of a document.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Vec<Problem>> {
    if bytes.len() > LARGEST {
        return Err(whole(format!("it has {} bytes; a document has at most {LARGEST}", bytes.len())));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(whole("it is UTF-16; save it as UTF-8"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (good, _) = bytes.split_at(error.valid_up_to());
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        whole(format!("it is not UTF-8: byte {} in line {line} begins no character", good.len() + 1))
    })?;
    if text.starts_with('\u{feff}') {
        return Err(whole("it begins with a byte order mark; save it as UTF-8 without one"));
    }
    if text.trim().is_empty() {
        return Err(whole("it is empty"));
    }
    Ok(text)
}

/// A value at a place.
#[derive(Clone, Copy)]
struct Node<'a> {
    at: At<'a>,
    problems: &'a RefCell<Problems>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is too large"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = At::Index(&self.at, list.len());
            match items.next_element_seed(Node { at, problems: self.problems })? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let at = At::Key(&self.at, &key);
            let value = entries.next_value_seed(Node { at, problems: self.problems })?;
            if object.contains_key(&key) {
                let mut problems = self.problems.try_borrow_mut().map_err(A::Error::custom)?;
                problems.push(twice(at));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Vec<String> {
        json(text.as_bytes()).unwrap_err().into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn a_key_that_is_there_twice_is_named_by_its_pointer_at_any_depth_and_in_any_spelling() {
        for (text, pointers) in [
            (r#"{"a": 1, "a": 1}"#, vec!["/a"]),
            (r#"{"a": {"b": [{"c": 1, "d": 2, "c": 3}]}}"#, vec!["/a/b/0/c"]),
            (r#"{"ab": 1, "\u0061b": 2}"#, vec!["/ab"]),
            (r#"{"a/b~": 1, "a\/b~": 2}"#, vec!["/a~1b~0"]),
            (r#"{"a": 1, "a": 2, "a": 3, "b": null, "b": null}"#, vec!["/a", "/a", "/b"]),
            (r#"{"": 1, "": 2}"#, vec!["/"]),
        ] {
            assert_eq!(refused(text), pointers, "{text}");
        }
        assert!(json(br#"{"a": {"a": 1}, "b": {"a": 1}, "A": 2}"#).is_ok(), "equal names of different objects");
    }

    #[test]
    fn what_is_not_json_is_told_in_words() {
        let words = |bytes: &[u8]| json(bytes).unwrap_err()[0].detail.clone();
        for (bytes, told) in [
            (&b""[..], "empty"),
            (b" \n", "empty"),
            (b"{", "line 1 column 1"),
            (b"{} {}", "trailing"),
            (b"{\"a\": NaN}", "line 1 column 7"),
            (b"{\"a\": Infinity}", "line 1 column 7"),
            (b"{\"a\": 1e999}", "number out of range"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (b"\xff\xfe{\0}\0", "UTF-16"),
            (b"{\n\"a\": \"\xff\"}", "line 2"),
            (b"{\"a\": \"\n\"}", "control character"),
            (b"{'a': 1}", "line 1"),
        ] {
            assert!(words(bytes).contains(told), "{told}: {}", words(bytes));
        }
        assert!(words(&vec![b'['; 100_000]).contains("recursion"));
        assert!(words(&vec![b' '; LARGEST + 1]).contains("bytes"));
    }

    #[test]
    fn an_answer_is_no_larger_than_it_must_be_whatever_was_sent() {
        let many: String = (0..5000).map(|_| "\"a\":0,").collect();
        let deep = format!("{{\"{}\":{{{many}\"a\":0}}}}", "k".repeat(30_000));
        let problems = json(deep.as_bytes()).unwrap_err();
        assert_eq!(problems.len(), crate::MOST + 1);
        assert!(problems.last().unwrap().detail.contains("4950 more"), "{problems:?}");
        assert!(serde_json::to_string(&problems).unwrap().len() < 16_000);
    }
}
