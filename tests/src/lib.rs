//! The whole system: in one process on a virtual clock, with faults wherever a test wants them; and as its users meet it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`system`] | local cloud, functions and webhook, joined without sockets |
//! | [`fragile`] | functions that lose answers and die at a chosen request, or by chance |
//! | [`manual_edits`] | somebody who changes things by hand |
//! | [`chaos`] | throttling, server errors, slowness, duplicates and lateness by seed |
//! | [`contract`] | every answer of the webhook, held to its OpenAPI document |
//! | [`often`] | what is tried many times over: by seed, and with a mishap at each request |
//! | [`process`] | `causeway up` as a process of its own, for tests over real HTTP |
//! | [`hub`] | many connections into one VPC |
//! | [`scale`] | many connections between many accounts, and a drift check of them |
//! | [`links`] | endpoint services and endpoints that nobody told Causeway of |
//! | [`receiver`] | those who are told of events: a webhook, and robots |
//! | [`shown`] | what tests ask of the answers of the webhook |
//! | [`kinds`] | which kinds a test is about |
//! | [`inventory`], [`jd`] | what really stands in the clouds, and what must be true of it |
//!
//! Nothing but [`process`] sleeps for real: tokio's clock is paused and jumps to the next thing that happens. A run is
//! repeated exactly by its seed.

use serde::de::DeserializeOwned;
use serde_json::Value;

pub mod chaos;
pub mod contract;
pub mod fragile;
pub mod hub;
pub mod inventory;
pub mod jd;
pub mod kinds;
pub mod links;
pub mod manual_edits;
pub mod mortal;
pub mod often;
pub mod process;
pub mod receiver;
pub mod scale;
pub mod shown;
pub mod system;

/// Runs a test on a fresh virtual clock.
///
/// # Panics
/// When tokio cannot start.
pub fn on_virtual_time<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("tokio starts").block_on(test)
}

/// The name in a spec.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn name_of(spec: &Value) -> &str {
    spec["name"].as_str().expect("a spec has a name")
}

/// A body as the type that it is documented to be.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn read<T: DeserializeOwned>(body: Value) -> T {
    T::deserialize(&body).unwrap_or_else(|error| panic!("{error}: {body:#}"))
}
