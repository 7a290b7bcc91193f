//! What every function of Causeway shares: its settings, its way to store, queues and clouds, and how a step becomes a
//! function.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`settings`] | the environment as one struct |
//! | [`services`] | store, queues and clouds for one call, from the call's credentials |
//! | [`mod@serve`] | a handler as a function: services for each call, messages of a batch one by one |
//! | [`step`] | a [`engine::step::Step`] as a function that is fed from a queue |
//! | [`mod@start`] | the `main` of a function |
//!
//! A function's crate has a `build` from an environment and the outside world to a [`fc_runtime::Runtime`]. Its binary
//! calls it with the real ones, the local cloud and the simulation with theirs.

mod expiry;
pub mod serve;
pub mod services;
pub mod settings;
pub mod start;
pub mod step;

pub use serve::{Feed, each_message, serve};
pub use services::ServicesFactory;
pub use settings::{BadEnvironment, Settings};
pub use start::start;
