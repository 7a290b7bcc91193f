//! [`Event`]: what an event function takes, and what may stand in for its payload and its result.

use std::ops::Deref;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::finite::Finite;
use crate::{Context, Diagnostic, Error};

/// An event and the context it came in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event<T> {
    /// The event, decoded from JSON; or as it came, with [`Raw`].
    pub payload: T,
    /// What FC says about the call.
    pub context: Context,
}

impl<T> Event<T> {
    /// An event as a test of a handler needs it.
    pub const fn new(payload: T, context: Context) -> Self {
        Self { payload, context }
    }

    /// Both parts.
    pub fn into_parts(self) -> (T, Context) {
        (self.payload, self.context)
    }
}

/// Bytes as they are: the payload of a handler that decodes by itself, or a result that is not JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raw(pub Bytes);

impl Deref for Raw {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl From<Bytes> for Raw {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Raw {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<String> for Raw {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&'static str> for Raw {
    fn from(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }
}

impl From<Raw> for Bytes {
    fn from(raw: Raw) -> Self {
        raw.0
    }
}

/// What a handler can take as an event: every type that serde reads, from JSON, and [`Raw`].
///
/// The content type plays no part: FC sends every event as `application/octet-stream`. Implement it for a type of your own,
/// one that serde does not know, to read another format.
pub trait FromPayload: Sized {
    /// Reads the event.
    ///
    /// # Errors
    /// When the bytes are no such event. The handler is then not called, and the invocation fails with this error.
    fn from_payload(payload: Bytes) -> Result<Self, Error>;
}

impl<T: DeserializeOwned> FromPayload for T {
    fn from_payload(payload: Bytes) -> Result<Self, Error> {
        serde_json::from_slice(&payload)
            .map_err(|reason| Diagnostic::of(PayloadError { reason, length: payload.len() }).into())
    }
}

impl FromPayload for Raw {
    fn from_payload(payload: Bytes) -> Result<Self, Error> {
        Ok(Self(payload))
    }
}

/// What a handler can return for an event: every type that serde writes, as JSON, and [`Raw`].
pub trait IntoPayload {
    /// Writes the result.
    ///
    /// # Errors
    /// When the result cannot be written: JSON has no keys that are lists, and no numbers that are infinite or none (NaN).
    fn into_payload(self) -> Result<Bytes, Error>;
}

impl<T: Serialize> IntoPayload for T {
    fn into_payload(self) -> Result<Bytes, Error> {
        serde_json::to_vec(&Finite(&self)).map(Into::into).map_err(|reason| Diagnostic::of(reason).into())
    }
}

impl IntoPayload for Raw {
    fn into_payload(self) -> Result<Bytes, Error> {
        Ok(self.0)
    }
}

/// The event is not what the handler's type asks for. The message says where, and quotes nothing of the event.
#[derive(Debug, thiserror::Error)]
#[error("the event ({length} bytes) is not the JSON that this function takes: {reason}")]
pub struct PayloadError {
    length: usize,
    reason: serde_json::Error,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn raw_bytes_pass_untouched_both_ways() {
        let bytes = Bytes::from_static(&[0, 255, b'{']);
        assert_eq!(Raw::from_payload(bytes.clone()).unwrap().into_payload().unwrap(), bytes);
    }

    #[test]
    fn typed_values_pass_as_json() {
        let map = BTreeMap::<String, u8>::from_payload(Bytes::from_static(b"{\"a\":1}")).unwrap();
        assert_eq!(map.into_payload().unwrap(), "{\"a\":1}");
        assert_eq!(().into_payload().unwrap(), "null");
    }

    #[test]
    fn a_number_that_json_lacks_is_an_error_that_names_its_field() {
        #[derive(Serialize)]
        struct Rate {
            rate: f64,
        }
        let result = BTreeMap::from([("tea", vec![Some(Rate { rate: 1.5 }), None, Some(Rate { rate: f64::NAN })])]);
        let error = result.into_payload().unwrap_err().to_string();
        assert_eq!(error, "serde_json::error::Error: rate: JSON has no number NaN");
        assert_eq!(vec![Some(1.5), None].into_payload().unwrap(), "[1.5,null]");
    }

    #[test]
    fn what_is_no_json_is_refused_with_place_and_size() {
        let error = BTreeMap::<String, u8>::from_payload(Bytes::from_static(b"hello")).unwrap_err().to_string();
        assert!(error.contains("5 bytes") && error.contains("line 1 column 1"), "{error}");
    }
}
