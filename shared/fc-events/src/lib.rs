//! Events that Alibaba Cloud Function Compute hands to functions, as serde types.
//!
//! Every family of events is a module and a cargo feature of its own. The types are tolerant where the service is known to
//! vary or its documents disagree: unknown fields are ignored, or kept where they carry meaning; ids are strings,
//! counters `i64`.
//!
//! | module | trigger | type to handle |
//! | --- | --- | --- |
//! | [`mns_queue`] | `eventbridge` with source `MNS` | [`mns_queue::MnsQueueBatch`] |
//! | [`timer`] | `timer` | [`timer::TimerEvent`] |
//! | [`cloud_events`] | `eventbridge` with any source | [`CloudEvent`] |
//! | [`batch`] | whatever comes one by one or in arrays | [`Batch`] |
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

#![warn(missing_docs)]

pub mod batch;
#[cfg(feature = "cloud-events")]
pub mod cloud_events;
mod lenient;
#[cfg(feature = "mns-queue")]
pub mod mns_queue;
#[cfg(feature = "timer")]
pub mod timer;

pub use batch::{Batch, Delivery, ParseError};
#[cfg(feature = "cloud-events")]
pub use cloud_events::CloudEvent;
