//! Messages of an MNS queue ("Simple Message Queue"), which an `eventbridge` trigger with `eventSourceType: MNS` delivers.
//!
//! There is no receipt handle and no dequeue count: the stream deletes the messages once the handler has succeeded.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::batch::unwrap_text;
use crate::{Batch, CloudEvent, lenient};

/// The messages of one invocation.
///
/// ```
/// use fc_events::mns_queue::MnsQueueBatch;
///
/// #[derive(serde::Deserialize)]
/// struct Job { name: String }
///
/// let payload = br#"[{"id":"ev-1","source":"acs:mns","specversion":"1.0","type":"mns:Queue:SendMessage",
///     "data":{"requestId":"AA11","messageId":"BB22","messageBody":{"name":"resize"}}}]"#;
/// let batch = MnsQueueBatch::from_slice(payload)?;
/// for event in &batch {
///     let job: Job = event.body_as()?;
///     assert_eq!((event.message().message_id.as_str(), job.name.as_str()), ("BB22", "resize"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type MnsQueueBatch = Batch<MnsQueueEvent>;

/// One message, in the envelope or bare, as the trigger's `eventSchema` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MnsQueueEvent {
    /// `CloudEvents`, the default.
    CloudEvent(Box<CloudEvent<MnsQueueMessage>>),
    /// `RawData`: only what would be `data` in the envelope.
    RawData(MnsQueueMessage),
}

/// What the queue says about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MnsQueueMessage {
    /// The id of the stream's receive request.
    #[serde(default, deserialize_with = "lenient::optional_string")]
    pub request_id: Option<String>,
    /// The id the queue gave the message. The same message delivered again has the same id.
    #[serde(deserialize_with = "lenient::string")]
    pub message_id: String,
    /// The body. The stream decodes base64 (unless `IsBase64Decode` is off) and then embeds the body as JSON if it is
    /// JSON, else as a text. An empty body may be null. The bytes that were sent cannot be recovered: `1.0` and `1.00`
    /// look alike here.
    #[serde(default)]
    pub message_body: Value,
}

/// Why a message body is not what the handler expects. A message like this does not get better by delivering it again.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// A text that is neither JSON nor base64 of JSON.
    #[error("the message body is a text that contains no JSON")]
    NotJson(#[source] serde_json::Error),
    /// JSON of another shape.
    #[error("the message body has another shape: {0}")]
    Shape(#[source] serde_json::Error),
}

impl MnsQueueEvent {
    /// The message, in the envelope or not.
    #[must_use]
    pub fn message(&self) -> &MnsQueueMessage {
        match self {
            Self::CloudEvent(event) => &event.data,
            Self::RawData(message) => message,
        }
    }

    /// The message's body as `T`: see [`MnsQueueMessage::body_as`].
    ///
    /// # Errors
    /// [`BodyError`] when the body is no JSON, or JSON of another shape.
    pub fn body_as<T: DeserializeOwned>(&self) -> Result<T, BodyError> {
        self.message().body_as()
    }
}

impl MnsQueueMessage {
    /// The body as `T`, whether it is the JSON value itself, a text that contains it, or base64 of that text (when the
    /// sender encoded twice, or `IsBase64Decode` is off).
    ///
    /// # Errors
    /// [`BodyError`] when the body is no JSON, or JSON of another shape.
    pub fn body_as<T: DeserializeOwned>(&self) -> Result<T, BodyError> {
        let direct = T::deserialize(&self.message_body);
        let Value::String(text) = &self.message_body else { return direct.map_err(BodyError::Shape) };
        if let Ok(value) = direct {
            return Ok(value);
        }
        let not_json = match serde_json::from_str::<Value>(text) {
            Ok(value) => return T::deserialize(value).map_err(BodyError::Shape),
            Err(error) => error,
        };
        let decoded = STANDARD.decode(text.trim()).ok();
        match decoded.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
            Some(value) => T::deserialize(value).map_err(BodyError::Shape),
            None => Err(BodyError::NotJson(not_json)),
        }
    }

    /// The body as text: a JSON text as it is, null as nothing, any other JSON value written compactly.
    #[must_use]
    pub fn body_text(&self) -> Cow<'_, str> {
        match &self.message_body {
            Value::String(text) => Cow::Borrowed(text),
            Value::Null => Cow::Borrowed(""),
            value => Cow::Owned(value.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for MnsQueueEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        // Only the envelope has `data`. Deciding by it keeps the error about the shape that was meant.
        let read = match value.get_mut("data") {
            Some(data) => {
                *data = unwrap_text(data.take());
                serde_json::from_value(value).map(|event| Self::CloudEvent(Box::new(event)))
            }
            None => serde_json::from_value(value).map(Self::RawData),
        };
        read.map_err(serde::de::Error::custom)
    }
}
