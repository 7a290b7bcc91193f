//! Messages of an MNS topic, which the native `mns_topic` trigger delivers one by one.
//!
//! What arrives depends on the trigger's `notifyContentFormat` and on whether the message has attributes:
//!
//! | format | attributes | payload |
//! | --- | --- | --- |
//! | `STREAM` (default) | no | the message body itself: [`MnsTopicEvent::Body`] |
//! | `STREAM` | yes | [`MnsTopicEvent::Stream`] |
//! | `JSON` | no or yes | [`MnsTopicEvent::Notification`], attributes among its own fields |

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{self, BodyError};
use crate::lenient;

/// A message, in whichever format the trigger sends.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MnsTopicEvent {
    /// `JSON`.
    Notification(Box<MnsTopicNotification>),
    /// `STREAM` with attributes.
    Stream(MnsTopicStream),
    /// `STREAM` without attributes: the bytes as they came. The documents call this a JSON string and show bare text;
    /// [`text`](Self::text) and [`body_as`](Self::body_as) take both.
    Body(Vec<u8>),
}

/// The format `JSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MnsTopicNotification {
    /// The account that owns the topic.
    #[serde(default, deserialize_with = "lenient::string")]
    pub topic_owner: String,
    /// The topic.
    pub topic_name: String,
    /// The account that subscribed.
    #[serde(default, deserialize_with = "lenient::string")]
    pub subscriber: String,
    /// The subscription.
    #[serde(default)]
    pub subscription_name: String,
    /// The id the topic gave the message.
    #[serde(deserialize_with = "lenient::string")]
    pub message_id: String,
    /// The MD5 of the message, in hexadecimal.
    #[serde(rename = "MessageMD5", default)]
    pub message_md5: String,
    /// The message.
    #[serde(default, deserialize_with = "lenient::string")]
    pub message: String,
    /// When it was published, in milliseconds since 1970.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub publish_time: i64,
    /// The message's attributes, which stand beside the fields above.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// The format `STREAM` with attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MnsTopicStream {
    /// The message.
    pub body: String,
    /// The message's attributes.
    pub attrs: Map<String, Value>,
}

impl MnsTopicEvent {
    /// Reads the payload of an invocation. It cannot fail: what is neither of the two JSON forms is a message body.
    #[must_use]
    pub fn from_slice(payload: &[u8]) -> Self {
        // A body may be JSON of its own, so only the exact forms count.
        if let Ok(notification) = serde_json::from_slice(payload) {
            return Self::Notification(Box::new(notification));
        }
        match serde_json::from_slice(payload) {
            Ok(stream) => Self::Stream(stream),
            Err(_) => Self::Body(payload.to_vec()),
        }
    }

    /// The message as text. A bare body in quotes is taken for the JSON string the documents speak of.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Notification(notification) => Cow::Borrowed(&notification.message),
            Self::Stream(stream) => Cow::Borrowed(&stream.body),
            Self::Body(bytes) => match serde_json::from_slice::<String>(bytes) {
                Ok(quoted) => Cow::Owned(quoted),
                Err(_) => String::from_utf8_lossy(bytes),
            },
        }
    }

    /// The message read as JSON, or as base64 of JSON.
    ///
    /// # Errors
    /// [`BodyError`] when it is neither, or JSON of another shape.
    pub fn body_as<T: DeserializeOwned>(&self) -> Result<T, BodyError> {
        body::read(&Value::String(self.text().into_owned()))
    }

    /// The message's attributes, if it has any.
    #[must_use]
    pub fn attributes(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Notification(notification) => Some(&notification.attributes),
            Self::Stream(stream) => Some(&stream.attrs),
            Self::Body(_) => None,
        }
        .filter(|attributes| !attributes.is_empty())
    }
}
