//! Messages of MQTT, through an `eventbridge` trigger with source `MQTT`. They come without an envelope.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud_events::StreamEvent;
use crate::{Batch, lenient};

/// The messages of one invocation.
pub type MqttBatch = Batch<StreamEvent<MqttMessage>>;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MqttMessage {
    /// Where it was published, and by whom.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub props: MqttProperties,
    /// The body. Embedded as JSON if it is JSON, else as a text.
    #[serde(default)]
    pub body: Value,
}

/// Where a message was published, and by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MqttProperties {
    /// The first level of the topic.
    #[serde(default)]
    pub first_topic: String,
    /// The levels after the first.
    #[serde(default)]
    pub second_topic: String,
    /// The client that published.
    #[serde(default, deserialize_with = "lenient::string")]
    pub client_id: String,
}
