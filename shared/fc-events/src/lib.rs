//! Events that Alibaba Cloud Function Compute hands to functions, as serde types.
//!
//! Every family of events is a module, and a cargo feature of the same name; all are on by default. The types are tolerant
//! where the service is known to vary or its documents disagree: unknown fields are ignored, or kept where they carry
//! meaning; ids are strings, counters `i64`, whichever way they are written.
//!
//! | module | trigger | what the handler takes |
//! | --- | --- | --- |
//! | [`api_gateway`] | API Gateway | [`ApiGatewayRequest`](api_gateway::ApiGatewayRequest) |
//! | [`cdn`] | `cdn_events` | [`CdnEvent`](cdn::CdnEvent) |
//! | [`cloud_events`] | `eventbridge`, source `Default` (an event bus) | [`CloudEvent`] |
//! | [`dts`] | `eventbridge`, source `DTS` | [`DtsBatch`](dts::DtsBatch) |
//! | [`http`] | `http`, in built-in runtimes | [`HttpRequestEvent`](http::HttpRequestEvent) |
//! | [`kafka`] | `eventbridge`, source `Kafka` | [`KafkaBatch`](kafka::KafkaBatch) |
//! | [`log`] | `log` | [`LogEvent`](log::LogEvent) |
//! | [`mns_queue`] | `eventbridge`, source `MNS` | [`MnsQueueBatch`](mns_queue::MnsQueueBatch) |
//! | [`mns_topic`] | `mns_topic` | [`MnsTopicEvent`](mns_topic::MnsTopicEvent) |
//! | [`mqtt`] | `eventbridge`, source `MQTT` | [`MqttBatch`](mqtt::MqttBatch) |
//! | [`oss`] | `oss` | [`OssEvent`](oss::OssEvent) |
//! | [`rabbitmq`] | `eventbridge`, source `RabbitMQ` | [`RabbitMqBatch`](rabbitmq::RabbitMqBatch) |
//! | [`rocketmq`] | `eventbridge`, source `RocketMQ` | [`RocketMqBatch`](rocketmq::RocketMqBatch) |
//! | [`tablestore`] | `tablestore` | [`TablestoreEvent`](tablestore::TablestoreEvent) |
//! | [`timer`] | `timer` | [`TimerEvent`](timer::TimerEvent) |
//!
//! What an `eventbridge` trigger delivers comes one by one or in arrays, in the envelope of CloudEvents or without, as its
//! configuration says. [`Batch`] reads all of these:
//!
//! ```
//! use fc_events::mns_queue::MnsQueueBatch;
//!
//! #[derive(Debug, PartialEq, serde::Deserialize)]
//! struct Job { name: String }
//!
//! fn handle(payload: &[u8]) -> Result<Vec<Job>, Box<dyn std::error::Error>> {
//!     MnsQueueBatch::from_slice(payload)?.into_iter().map(|event| Ok(event.body_as()?)).collect()
//! }
//!
//! // The trigger delivers an array or a bare event, and the body as a value or as a text: all the same to the handler.
//! let bare = br#"{"requestId":"AA11","messageId":"BB22","messageBody":"{\"name\":\"resize\"}"}"#;
//! assert_eq!(handle(bare)?, [Job { name: "resize".into() }]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate compiles with Rust 1.85 and later; a new minimum comes with a new minor version.

#[cfg(feature = "api-gateway")]
pub mod api_gateway;
pub mod batch;
#[cfg(any(feature = "mns-queue", feature = "mns-topic"))]
mod body;
#[cfg(feature = "tablestore")]
mod cbor;
#[cfg(feature = "cdn")]
pub mod cdn;
#[cfg(feature = "cloud-events")]
pub mod cloud_events;
#[cfg(feature = "dts")]
pub mod dts;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
mod lenient;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "mns-queue")]
pub mod mns_queue;
#[cfg(feature = "mns-topic")]
pub mod mns_topic;
#[cfg(feature = "mqtt")]
pub mod mqtt;
#[cfg(feature = "oss")]
pub mod oss;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(feature = "rocketmq")]
pub mod rocketmq;
#[cfg(feature = "tablestore")]
pub mod tablestore;
#[cfg(feature = "timer")]
pub mod timer;
#[cfg(feature = "tablestore")]
mod wire_enum;

pub use batch::{Batch, Delivery, ParseError};
#[cfg(any(feature = "mns-queue", feature = "mns-topic"))]
pub use body::BodyError;
#[cfg(feature = "cloud-events")]
pub use cloud_events::{CloudEvent, StreamEvent};
