//! Messages of RabbitMQ, through an `eventbridge` trigger with source `RabbitMQ`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cloud_events::StreamEvent;
use crate::{Batch, lenient};

/// The messages of one invocation. Their type is `amqp:Queue:SendMessage`.
pub type RabbitMqBatch = Batch<StreamEvent<RabbitMqMessage>>;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RabbitMqMessage {
    /// How it was routed.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub envelope: RabbitMqEnvelope,
    /// The body: any JSON.
    #[serde(default)]
    pub body: Value,
    /// What the sender says of it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub props: RabbitMqProperties,
}

/// How a message was routed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RabbitMqEnvelope {
    /// The number of this delivery on its channel.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub delivery_tag: i64,
    /// The exchange.
    #[serde(default)]
    pub exchange: String,
    /// Whether it was delivered before.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub redeliver: bool,
    /// The routing key.
    #[serde(default)]
    pub routing_key: String,
}

/// What the sender says of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RabbitMqProperties {
    /// The encoding of the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// The id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional_string")]
    pub message_id: Option<String>,
    /// Everything else, as it came.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}
