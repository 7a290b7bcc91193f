//! What only whoever operates Causeway needs, and no function: the operator's credentials, and the APIs that a deployment calls.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`credentials`] | finding credentials as the official tools do |
//! | [`surroundings`] | what that looks at: variables, home folder, network, clock, programs |
//! | [`identity`] | who they belong to, to be shown before anything is done |
//! | [`ros`] | stacks, and what can be known before one is made |
//! | [`ram`] | roles, policies, service-linked roles |
//! | [`event_bridge`] | what feeds queues to functions |
//! | [`fc`] | functions |
//! | [`sls`] | logs |
//! | [`oss`] | buckets |
//! | [`opening`] | opening products |
//! | `client`, `endpoint` | signing and sending; where a product is reached |
//! | `call`, `error` | every call as an enum; what the cloud's codes mean |

mod call;
mod client;
pub mod credentials;
mod endpoint;
mod error;
pub mod event_bridge;
pub mod fc;
pub mod identity;
pub mod opening;
pub mod oss;
pub mod ram;
pub mod ros;
#[cfg(test)]
mod scripted;
pub mod sls;
pub mod surroundings;
mod utc;

pub use call::{Call, Product};
pub use client::Client;
pub use endpoint::Gateway;
pub use error::Error;
pub use surroundings::Surroundings;
