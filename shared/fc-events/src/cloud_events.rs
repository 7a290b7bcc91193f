//! CloudEvents as EventBridge delivers them: from an event bus, and around the messages of every queue source.
//!
//! From a bus comes one [`CloudEvent`], whose data depends on the source. From a queue source comes a
//! [`Batch`](crate::Batch) of [`StreamEvent`]s.

use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::batch::unwrap_text;
use crate::lenient;

/// An event in the envelope of [CloudEvents](https://cloudevents.io) 1.0, with Alibaba Cloud's extension attributes.
///
/// Event streams may leave the `aliyun*` attributes out, except for the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent<D = Value> {
    /// Unique within [`source`](Self::source).
    #[serde(deserialize_with = "lenient::string")]
    pub id: String,
    /// Who produced the event: `acs:mns`, or the name of the event source, such as `MNS-worker-q`.
    pub source: String,
    /// The version of the envelope: `1.0`.
    #[serde(default = "version", deserialize_with = "lenient::string")]
    pub specversion: String,
    /// What happened: `mns:Queue:SendMessage`, `oss:ObjectCreated:PutObject`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The media type of [`data`](Self::data).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// Where the schema of [`data`](Self::data) is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataschema: Option<String>,
    /// What it happened to, as a resource name: `acs:mns:cn-hangzhou:1234567890123456:queues/jobs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened. `None` also when the text is no RFC 3339 time: an event is not lost for that.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::instant")]
    pub time: Option<Timestamp>,
    /// The account the event belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional_string")]
    pub aliyunaccountid: Option<String>,
    /// When EventBridge received the event.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::instant")]
    pub aliyunpublishtime: Option<Timestamp>,
    /// The account that sent the event, when it crossed accounts.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional_string")]
    pub aliyunoriginalaccountid: Option<String>,
    /// The bus or stream it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aliyuneventbusname: Option<String>,
    /// The region of the bus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aliyunregionid: Option<String>,
    /// The address the event was published from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aliyunpublishaddr: Option<String>,
    /// What the source has to say.
    pub data: D,
    /// Every other attribute, as it came.
    #[serde(flatten)]
    pub extensions: Map<String, Value>,
}

/// A message of a queue source, in the envelope or bare, as the trigger's `eventSchema` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StreamEvent<D> {
    /// `CloudEvents`, the default.
    CloudEvent(Box<CloudEvent<D>>),
    /// `RawData`: only what would be `data` in the envelope.
    RawData(D),
}

impl<D> StreamEvent<D> {
    /// The message, in the envelope or not.
    #[must_use]
    pub fn message(&self) -> &D {
        match self {
            Self::CloudEvent(event) => &event.data,
            Self::RawData(message) => message,
        }
    }

    /// The message without the envelope.
    #[must_use]
    pub fn into_message(self) -> D {
        match self {
            Self::CloudEvent(event) => event.data,
            Self::RawData(message) => message,
        }
    }
}

impl<'de, D: DeserializeOwned> Deserialize<'de> for StreamEvent<D> {
    fn deserialize<De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
        let mut value = Value::deserialize(deserializer)?;
        // Only the envelope has `data`. Deciding by it keeps the error about the shape that was meant.
        let read = match value.get_mut("data") {
            Some(data) => {
                *data = unwrap_text(data.take());
                serde_json::from_value(value).map(|event| Self::CloudEvent(Box::new(event)))
            }
            None => serde_json::from_value(value).map(Self::RawData),
        };
        read.map_err(De::Error::custom)
    }
}

fn version() -> String {
    "1.0".to_owned()
}
