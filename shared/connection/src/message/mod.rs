//! What travels through the queues: thin, since what is true is in the record, the cloud or the store.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | what every message has: a queue, a version, and a way to be read and written |
//! | `step` | "carry this connection on" |
//! | `endpoint` | "decide on this endpoint" |
//! | `notice` | "tell people of this event" |
//!
//! The message about a drift check stands with the check, in the crate `drift`.

mod endpoint;
mod notice;
mod step;

pub use endpoint::EndpointMessage;
pub use notice::NoticeMessage;
pub use step::StepMessage;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::queue::Queue;

/// The version of the messages' schemas that this code writes and reads.
pub const VERSION: u32 = 1;

/// A message of a queue.
///
/// Unknown fields are refused: a message of a newer schema must carry a newer version, and waits in the queue until the
/// functions are up to date.
pub trait Message: Serialize + DeserializeOwned {
    /// What it is about, for whoever cannot read one.
    const ABOUT: &'static str;

    /// The queue it travels through.
    fn queue(&self) -> Queue;

    /// Reads a message from a queue's JSON body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    fn from_value(value: Value) -> Result<Self, BadMessage> {
        match value.get("version").and_then(Value::as_u64) {
            Some(version) if version != u64::from(VERSION) => Err(BadMessage::Version(version)),
            // A derived reader takes the values of a list for fields.
            _ if !value.is_object() => {
                let source = serde_json::Error::custom(format_args!("{} is not an object", strict::shown(&value)));
                Err(BadMessage::Shape { about: Self::ABOUT, source })
            }
            _ => serde_json::from_value(value).map_err(|source| BadMessage::Shape { about: Self::ABOUT, source }),
        }
    }

    /// The JSON body to send.
    ///
    /// # Panics
    /// Never: a message is plain data.
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a message is plain data and always serialises")
    }
}

/// Why a message body was not understood.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// It is no message of ours.
    #[error("this is not a message about {about}")]
    Shape {
        /// What the queue's messages are about.
        about: &'static str,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// It was written by a newer version of the functions.
    #[error("message version {0} is newer than this function understands; deploy the newer functions")]
    Version(u64),
}

/// "Look for endpoints to decide on now instead of within a minute."
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WakeMessage {
    /// The schema's version: 1.
    pub version: u32,
}

impl Message for WakeMessage {
    const ABOUT: &'static str = "the sweep of endpoints";

    fn queue(&self) -> Queue {
        Queue::SweepEndpoints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::StepName;

    fn holds<M: Message + PartialEq + std::fmt::Debug>(message: &M) {
        let mut value: Value = serde_json::from_str(&message.to_json()).unwrap();
        assert_eq!(M::from_value(value.clone()).unwrap(), *message, "what is sent is what is read");
        let listed: Value = value.as_object().unwrap().values().cloned().collect();
        assert!(matches!(M::from_value(listed), Err(BadMessage::Shape { .. })), "a list of its values is none");
        value["more"] = true.into();
        assert!(matches!(M::from_value(value.clone()), Err(BadMessage::Shape { .. })), "an unknown field is refused");
        value["version"] = 2.into();
        assert!(matches!(M::from_value(value), Err(BadMessage::Version(2))), "so is a newer version");
    }

    #[test]
    fn what_is_sent_is_what_is_read_and_what_is_newer_or_unknown_is_refused() {
        let connection = "a-b".parse().unwrap();
        holds(&StepMessage { version: VERSION, connection, generation: 1, step: StepName::AddRoute, sequence: 7 });
        holds(&EndpointMessage { times: 3, ..EndpointMessage::new("b", "eu-central-1", "epsrv-1", "ep-1") });
        holds(&NoticeMessage::new(&"connection-active-0-1".parse().unwrap()));
        holds(&WakeMessage { version: VERSION });
    }

    #[test]
    fn how_often_an_endpoint_was_put_off_is_read_and_does_not_tell_messages_apart() {
        let message = EndpointMessage { times: 3, ..EndpointMessage::new("b", "eu-central-1", "epsrv-1", "ep-1") };
        let read = EndpointMessage::from_value(serde_json::to_value(&message).unwrap()).unwrap();
        assert_eq!((read.times, &read), (3, &EndpointMessage { times: 0, ..message }));
    }
}
