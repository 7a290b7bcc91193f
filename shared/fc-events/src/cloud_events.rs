//! CloudEvents as EventBridge delivers them: from an event bus, and around the messages of every queue source.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

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
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant")]
    pub time: Option<Timestamp>,
    /// The account the event belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional_string")]
    pub aliyunaccountid: Option<String>,
    /// When EventBridge received the event.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant")]
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

fn version() -> String {
    "1.0".to_owned()
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().and_then(|text| text.parse().ok()))
}
