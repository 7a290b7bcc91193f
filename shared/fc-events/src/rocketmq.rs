//! Messages of RocketMQ, through an `eventbridge` trigger with source `RocketMQ`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cloud_events::StreamEvent;
use crate::{Batch, lenient};

/// The messages of one invocation. Their type is `mq:Topic:SendMessage`.
pub type RocketMqBatch = Batch<StreamEvent<RocketMqMessage>>;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RocketMqMessage {
    /// The topic.
    pub topic: String,
    /// What the broker knows of it: `TAGS`, `KEYS`, `UNIQ_KEY`, `MIN_OFFSET`, `MAX_OFFSET` as texts, `CONSUME_START_TIME` as a
    /// number.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub system_properties: Map<String, Value>,
    /// What the sender says of it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub user_properties: Map<String, Value>,
    /// The body. Embedded as JSON if it is JSON, else as a text.
    #[serde(default)]
    pub body: Value,
}
