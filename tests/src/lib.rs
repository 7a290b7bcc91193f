//! The whole system: in one process on a virtual clock, with faults wherever a test wants them; and as its users meet it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`system`] | local cloud, functions and webhook, joined without sockets |
//! | [`fragile`] | functions that lose answers and die at a chosen request, or by chance |
//! | [`manual_edits`] | somebody who changes things by hand |
//! | [`chaos`] | throttling, server errors, slowness, duplicates and lateness by seed |
//! | [`process`] | `causeway up` as a process of its own, for tests over real HTTP |
//! | [`hub`] | many connections into one VPC |
//! | [`scale`] | many connections between many accounts, and a drift check of them |
//! | [`links`] | endpoint services and endpoints that nobody told Causeway of |
//! | [`receiver`] | those who are told of events: a webhook, and robots |
//! | [`kinds`] | which kinds a test is about |
//! | [`inventory`], [`jd`] | what really stands in the clouds, and what must be true of it |
//!
//! Nothing but [`process`] sleeps for real: tokio's clock is paused and jumps to the next thing that happens. A run is
//! repeated exactly by its seed.

#![warn(missing_docs)]

pub mod chaos;
pub mod fragile;
pub mod hub;
pub mod inventory;
pub mod jd;
pub mod kinds;
pub mod links;
pub mod manual_edits;
pub mod process;
pub mod receiver;
pub mod scale;
pub mod system;

/// Runs a test on a fresh virtual clock.
///
/// # Panics
/// When tokio cannot start.
pub fn on_virtual_time<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("tokio starts").block_on(test)
}
