//! Messages of Kafka, through an `eventbridge` trigger with source `Kafka`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud_events::StreamEvent;
use crate::{Batch, lenient};

/// The messages of one invocation. Their type is `alikafka:Topic:Message`.
pub type KafkaBatch = Batch<StreamEvent<KafkaMessage>>;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KafkaMessage {
    /// The topic.
    pub topic: String,
    /// The partition of the topic.
    #[serde(deserialize_with = "lenient::integer")]
    pub partition: i64,
    /// Its place in the partition.
    #[serde(deserialize_with = "lenient::integer")]
    pub offset: i64,
    /// When it was produced, in milliseconds since 1970.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub timestamp: i64,
    /// Its headers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub headers: KafkaHeaders,
    /// The key. Embedded as JSON if it is JSON, else as a text.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub key: Value,
    /// The value. Embedded as JSON if it is JSON, else as a text.
    #[serde(default)]
    pub value: Value,
}

/// The headers of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KafkaHeaders {
    /// The headers, as the service writes them.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub headers: Vec<Value>,
    /// A detail of the client that read the message.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_read_only: bool,
}
