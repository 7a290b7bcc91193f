//! Messages of an MNS queue ("Simple Message Queue"), which an `eventbridge` trigger with `eventSourceType: MNS` delivers.
//!
//! There is no receipt handle and no dequeue count: the stream deletes the messages once the handler has succeeded.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::body::{self, BodyError};
use crate::cloud_events::StreamEvent;
use crate::{Batch, lenient};

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

/// One message, in the envelope or bare.
pub type MnsQueueEvent = StreamEvent<MnsQueueMessage>;

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

impl MnsQueueEvent {
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
        body::read(&self.message_body)
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
