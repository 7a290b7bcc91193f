//! What only whoever operates Causeway needs, and no function: the operator's credentials, and the APIs that a deployment calls.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`credentials`] | finding credentials as the official tools do |
//! | [`surroundings`] | what that looks at: variables, home folder, network, clock, programs |
//! | [`identity`] | who they belong to, to be shown before anything is done |
//! | `client`, `endpoint` | signing and sending; where a product is reached |
//! | `call`, `error` | every call as an enum; what the cloud's codes mean |

mod call;
mod client;
pub mod credentials;
mod endpoint;
mod error;
pub mod identity;
#[cfg(test)]
mod scripted;
pub mod surroundings;

pub use call::{Call, Product};
pub use client::Client;
pub use endpoint::Gateway;
pub use error::Error;
pub use surroundings::Surroundings;
