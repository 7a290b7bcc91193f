//! A custom runtime for Alibaba Cloud Function Compute (FC 3.0): write a handler, and this crate does the rest of what FC asks
//! of a custom runtime.
//!
//! ```no_run
//! use fc_runtime::{Error, Event, service_fn};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Order {
//!     item: String,
//!     count: u32,
//! }
//!
//! #[derive(Serialize)]
//! struct Receipt {
//!     text: String,
//! }
//!
//! async fn handler(event: Event<Order>) -> Result<Receipt, Error> {
//!     let (order, context) = event.into_parts();
//!     tracing::info!(retry = context.retry_count(), "ordered");
//!     Ok(Receipt { text: format!("{} x {}", order.count, order.item) })
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     fc_runtime::logging::init();
//!     fc_runtime::run(service_fn(handler)).await
//! }
//! ```
//!
//! HTTP functions are services from [`http::Request`] to [`http::Response`]: [`run_http`] takes an `axum::Router` as it is.
//! [`Runtime`] puts events, HTTP, an initializer, a pre-stop hook and tower layers into one binary. [`start`] is a `main` in
//! one line. [`Runtime::into_service`] calls the same code without a socket.
//!
//! # Try it
//! Run the binary with `FC_SERVER_HOST=127.0.0.1` and send it an event:
//! `curl -d '{"item":"tea","count":2}' http://127.0.0.1:9000/invoke`. In FC, name the binary `bootstrap` and choose the
//! runtime `custom.debian10` or later.
//!
//! # Guarantees
//! - Every call is answered, with `x-fc-status: 200` or `404`, which FC reads; HTTP status 404 goes with the latter, 413 when
//!   the body exceeds 32 MB. To the client of an HTTP trigger, whom no status is translated for, a failed handler is a 500
//!   that gives nothing away.
//! - Errors and panics of a handler end the call and not the instance. They are logged, and reported to the caller as
//!   `{"errorMessage", "errorType", "stackTrace"}`; see [`Diagnostic`].
//! - `FC Invoke Start RequestId: …` and `FC Invoke End RequestId: …` are on stdout before the end of the answer is sent.
//! - Calls run at the same time, up to the function's instance concurrency (FC sees to the limit, 1–200).
//! - Connections stay open: there is no timeout on the server's side. SIGTERM and SIGINT let calls in flight finish.
//! - No handler and no client spoils a connection for the calls of others: see [`wire`].
//! - Credentials are in no log, no error and no `Debug`, and not among the headers that an HTTP handler sees.
//!
//! # Assumptions
//! - FC may deliver an event more than once, and drops the connection of a call that it gives up, which drops the handler's
//!   future at its next await point, two seconds later: handlers are idempotent.
//! - An instance is frozen between calls: what a handler spawns stands still then.
//!
//! # Map
//! | module | what it holds |
//! | --- | --- |
//! | `start` | [`run`], [`run_http`], [`start`] |
//! | `runtime` | [`Runtime`], the builder |
//! | `event`, `finite` | [`Event`], [`Raw`], [`FromPayload`], [`IntoPayload`]; results with numbers that JSON lacks |
//! | `context`, `credentials`, `environment` | [`Context`], [`Credentials`], [`Environment`] |
//! | `body` | [`Body`], whole or streamed |
//! | `diagnostic` | [`Diagnostic`], a failure as FC reports it |
//! | `call` | [`Call`], [`CallKind`], [`Answer`]: what layers see; and which request is which |
//! | `handler` | [`CallService`], all handlers behind one face; [`http_fn`] |
//! | `service` | [`FunctionService`]: a request in, an answer out |
//! | `answer`, `stream` | what a handler may answer, and a streamed answer on its way |
//! | `server`, `socket` | connections and the stop; [`ServeError`] |
//! | `lines` | [`LogLines`], the marker lines |
//! | [`layers`] | [`layers::TracingLayer`] |
//! | [`logging`] | JSON lines with the request id |
//! | [`wire`] | what clients see and what the log says when a handler or a client breaks the rules |
//! | `batch` | [`Batch`]: which messages of a batch are done |
//!
//! The crate compiles with Rust 1.85 and later; a new minimum comes with a new minor version.

mod answer;
mod batch;
mod body;
mod call;
mod context;
mod credentials;
mod diagnostic;
mod environment;
mod event;
mod finite;
mod handler;
pub mod layers;
mod lines;
pub mod logging;
mod retirement;
mod runtime;
mod server;
mod service;
mod socket;
mod start;
mod stream;
pub mod wire;

pub use crate::batch::{Batch, BatchError, Outcome, Outcomes};
pub use crate::body::{Body, BodyError, MAX_REQUEST_BODY};
pub use crate::call::{Answer, Call, CallKind};
pub use crate::context::Context;
pub use crate::credentials::Credentials;
pub use crate::diagnostic::Diagnostic;
pub use crate::environment::{BadVariable, DEFAULT_PORT, Environment};
pub use crate::event::{Event, FromPayload, IntoPayload, PayloadError, Raw};
pub use crate::handler::{CallService, http_fn};
pub use crate::lines::LogLines;
pub use crate::retirement::Retirement;
pub use crate::runtime::Runtime;
pub use crate::server::ServeError;
pub use crate::service::FunctionService;
pub use crate::start::{run, run_http, start};
pub use tower::service_fn;

/// Any error, as handlers return it: everything that implements [`std::error::Error`], strings, boxed errors.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
