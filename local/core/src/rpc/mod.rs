//! The RPC style that most products of the cloud share: one path, an action, flat parameters, JSON or XML back.
//!
//! | file | what |
//! | --- | --- |
//! | [`envelope`] | reads action, version, parameters and signature from either of the two envelopes |
//! | [`caller`] | proves who calls: key, token, time, signature, nonce |
//! | [`nonce`] | remembers the nonces that were used |
//! | [`params`] | the parameters, typed, with errors that name them |
//! | [`page`] | both kinds of paging |
//! | [`once`] | ClientToken: the same request again gives the same answer |
//! | [`answer`] | writes bodies |
//! | [`error`] | refusals |
//! | [`service`] | one request from beginning to end |

pub mod answer;
pub mod caller;
pub mod envelope;
pub mod error;
pub mod nonce;
pub mod once;
pub mod page;
pub mod params;
mod request;
pub mod service;

/// The codes that every product of this style can refuse any call with.
pub(crate) const CODES: &str = include_str!("codes.txt");

pub use error::RpcError;
pub use params::Params;
pub use request::{Product, RpcRequest};
