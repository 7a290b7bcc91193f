//! Layers around the handlers of a [`Runtime`](crate::Runtime).
//!
//! Every tower layer whose service takes a [`Call`](crate::Call) and returns an [`Answer`](crate::Answer) fits
//! [`Runtime::layer`](crate::Runtime::layer): those of the `tower` crate, or your own:
//!
//! ```
//! use fc_runtime::{Call, Error, Event, Runtime, service_fn};
//! use tower::util::MapRequestLayer;
//!
//! # async fn handler(event: Event<String>) -> Result<String, Error> { Ok(event.payload) }
//! let runtime = Runtime::new(service_fn(handler)).layer(MapRequestLayer::new(|call: Call| {
//!     tracing::info!(retry = call.context.retry_count(), "called");
//!     call
//! }));
//! # let _ = runtime;
//! ```

mod tracing;

pub use self::tracing::{Traced, TracedFuture, TracingLayer};
