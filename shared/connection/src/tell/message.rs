//! The message about one event: thin, since what is true is in the store.

use notice::EventId;
use serde::{Deserialize, Serialize};

/// The version of the message's schema that this code writes and reads.
pub const MESSAGE_VERSION: u32 = 1;

/// "Look at this event, and tell whoever is still to be told."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeMessage {
    /// The schema's version: 1.
    pub version: u32,
    /// The event.
    pub event_id: EventId,
}

/// Why a message body was not understood.
#[derive(Debug, thiserror::Error)]
pub enum BadNoticeMessage {
    /// It is no message of ours.
    #[error("not a message about an event")]
    Shape(#[from] serde_json::Error),
    /// It was written by a newer version of the functions.
    #[error("message version {0} is newer than this function understands; deploy the newer functions")]
    Version(u64),
}

impl NoticeMessage {
    /// A message about an event.
    #[must_use]
    pub fn new(event: &EventId) -> Self {
        Self { version: MESSAGE_VERSION, event_id: event.clone() }
    }

    /// Reads a message from a queue's JSON body.
    ///
    /// # Errors
    /// See [`BadNoticeMessage`].
    pub fn from_value(value: serde_json::Value) -> Result<Self, BadNoticeMessage> {
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(MESSAGE_VERSION) => Err(BadNoticeMessage::Version(version)),
            _ => Ok(serde_json::from_value(value)?),
        }
    }

    /// The JSON body to send.
    ///
    /// # Panics
    /// Never: a message is plain data.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a message is plain data and always serialises")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read_and_what_is_newer_or_unknown_is_refused() {
        let message = NoticeMessage::new(&"connection-active-0-1".parse().unwrap());
        let mut value: serde_json::Value = serde_json::from_str(&message.to_json()).unwrap();
        assert_eq!(NoticeMessage::from_value(value.clone()).unwrap(), message);
        value["more"] = true.into();
        assert!(matches!(NoticeMessage::from_value(value.clone()), Err(BadNoticeMessage::Shape(_))));
        value["version"] = 2.into();
        assert!(matches!(NoticeMessage::from_value(value), Err(BadNoticeMessage::Version(2))));
    }
}
