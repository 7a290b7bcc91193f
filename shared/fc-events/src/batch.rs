//! One event or many.
//!
//! The same trigger delivers an array of events in the mode `event-streaming` and a bare event in `event-driven`. The
//! elements of the array are objects, or, from some sources, texts that contain the object as JSON. [`Batch`] reads all of
//! these.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The events of one invocation, in the order of delivery.
///
/// A batch succeeds or fails as a whole: when the handler returns an error, all its events come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<E> {
    /// The events. Empty only if the service sent an empty array.
    pub events: Vec<E>,
    /// How they were wrapped.
    pub delivery: Delivery,
}

/// How a trigger delivers its events: the value of `runOptions.mode` in its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// `event-streaming`: an array.
    Streaming,
    /// `event-driven`: one event without an array around it.
    Single,
}

/// Why bytes are no batch of the expected event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The payload is no JSON at all.
    #[error("the event is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// An element is not of the expected shape: most often the trigger belongs to another source.
    #[error("element {index} of the batch has another shape: {source}")]
    Element {
        /// Position in the batch, from 0.
        index: usize,
        /// What is missing or wrong.
        source: serde_json::Error,
    },
}

impl<E: DeserializeOwned> Batch<E> {
    /// Reads the payload of an invocation.
    ///
    /// # Errors
    /// [`ParseError`] when it is no JSON, or an element is not of the expected shape.
    pub fn from_slice(payload: &[u8]) -> Result<Self, ParseError> {
        serde_json::from_slice(payload).map_err(ParseError::NotJson).and_then(Self::from_value)
    }

    fn from_value(value: Value) -> Result<Self, ParseError> {
        match unwrap_text(value) {
            Value::Array(elements) => {
                let events = elements.into_iter().enumerate().map(|(index, element)| parse(index, element));
                Ok(Self { events: events.collect::<Result<_, _>>()?, delivery: Delivery::Streaming })
            }
            single => Ok(Self { events: vec![parse(0, single)?], delivery: Delivery::Single }),
        }
    }
}

fn parse<E: DeserializeOwned>(index: usize, element: Value) -> Result<E, ParseError> {
    serde_json::from_value(unwrap_text(element)).map_err(|source| ParseError::Element { index, source })
}

/// A text that contains an object or array as JSON becomes that; everything else stays.
pub(crate) fn unwrap_text(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    match serde_json::from_str(text) {
        Ok(inner @ (Value::Object(_) | Value::Array(_))) => inner,
        _ => value,
    }
}

impl<'de, E: DeserializeOwned> Deserialize<'de> for Batch<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<E: Serialize> Serialize for Batch<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.delivery, self.events.as_slice()) {
            (Delivery::Single, [event]) => event.serialize(serializer),
            (Delivery::Single | Delivery::Streaming, events) => events.serialize(serializer),
        }
    }
}

impl<E> IntoIterator for Batch<E> {
    type Item = E;
    type IntoIter = std::vec::IntoIter<E>;

    fn into_iter(self) -> Self::IntoIter {
        self.events.into_iter()
    }
}

impl<'a, E> IntoIterator for &'a Batch<E> {
    type Item = &'a E;
    type IntoIter = std::slice::Iter<'a, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.events.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        n: i64,
    }

    fn read(text: &str) -> Result<Batch<Thing>, ParseError> {
        Batch::from_slice(text.as_bytes())
    }

    #[test]
    fn objects_texts_and_a_mixture_are_read_alike() {
        let many = [Thing { n: 1 }, Thing { n: 2 }];
        for text in [
            r#"[{"n":1},{"n":2}]"#,
            r#"["{\"n\":1}","{\"n\":2}"]"#,
            r#"[{"n":1},"{\"n\":2}"]"#,
            r#""[{\"n\":1},{\"n\":2}]""#,
        ] {
            let batch = read(text).unwrap();
            assert_eq!(batch.events, many, "{text}");
            assert_eq!(serde_json::to_string(&batch).unwrap(), r#"[{"n":1},{"n":2}]"#);
        }
    }

    #[test]
    fn a_bare_event_is_a_batch_of_one_and_is_written_bare() {
        let batch = read(r#"{"n":1}"#).unwrap();
        assert_eq!((batch.delivery, batch.events.len()), (Delivery::Single, 1));
        assert_eq!(serde_json::to_string(&batch).unwrap(), r#"{"n":1}"#);
    }

    #[test]
    fn an_error_names_the_element() {
        assert!(matches!(read(r#"[{"n":1},{"m":2}]"#), Err(ParseError::Element { index: 1, .. })));
        assert!(matches!(read("hello"), Err(ParseError::NotJson(_))));
    }

    #[test]
    fn a_batch_is_read_through_serde_too() {
        let batch: Batch<Thing> = serde_json::from_str(r#"["{\"n\":7}"]"#).unwrap();
        assert_eq!(batch.into_iter().map(|thing| thing.n).sum::<i64>(), 7);
    }
}
