//! What travels through the queues: thin, since what is true is in the record.

use serde::{Deserialize, Serialize};

use crate::words::{ConnectionName, StepName};

/// The version of the message's schema that this code writes and reads.
pub const VERSION: u32 = 1;

/// "Look at this connection and carry its current step on."
///
/// Unknown fields are refused: a message of a newer schema must carry a newer version, and waits in the queue until the
/// functions are up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepMessage {
    /// The schema's version: 1.
    pub version: u32,
    /// Which connection.
    pub connection: ConnectionName,
    /// The generation of the spec that the sender saw.
    pub generation: u32,
    /// The step to carry on; also the name of the queue.
    pub step: StepName,
    /// The record's sequence number when the message was sent. A message whose number has passed is stale.
    pub sequence: u64,
}

/// Why a message body was not understood.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// It is no message of ours.
    #[error("not a step message")]
    Shape(#[from] serde_json::Error),
    /// It was written by a newer version of the functions.
    #[error("message version {0} is newer than this function understands; deploy the newer functions")]
    Version(u32),
}

impl StepMessage {
    /// Reads a message from a queue's JSON body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn from_value(value: serde_json::Value) -> Result<Self, BadMessage> {
        if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64)
            && version != u64::from(VERSION)
        {
            return Err(BadMessage::Version(u32::try_from(version).unwrap_or(u32::MAX)));
        }
        Ok(serde_json::from_value(value)?)
    }

    /// The JSON body to send.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a message is plain data and always serialises")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> StepMessage {
        StepMessage {
            version: VERSION,
            connection: "a-b".parse().unwrap(),
            generation: 1,
            step: StepName::AddRoute,
            sequence: 7,
        }
    }

    #[test]
    fn what_is_sent_is_what_is_read() {
        let value = serde_json::from_str(&sample().to_json()).unwrap();
        assert_eq!(StepMessage::from_value(value).unwrap(), sample());
    }

    #[test]
    fn a_newer_version_and_an_unknown_field_are_refused() {
        let mut newer = serde_json::to_value(sample()).unwrap();
        newer["version"] = 2.into();
        assert!(matches!(StepMessage::from_value(newer), Err(BadMessage::Version(2))));
        let mut extra = serde_json::to_value(sample()).unwrap();
        extra["more"] = true.into();
        assert!(matches!(StepMessage::from_value(extra), Err(BadMessage::Shape(_))));
    }
}
