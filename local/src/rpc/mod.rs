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

pub(crate) mod answer;
pub(crate) mod caller;
pub(crate) mod envelope;
pub(crate) mod error;
pub(crate) mod nonce;
pub(crate) mod once;
pub(crate) mod page;
pub(crate) mod params;
mod request;
pub(crate) mod service;
#[cfg(test)]
mod tests;

pub use error::RpcError;
pub(crate) use params::Params;
pub(crate) use request::{Product, RpcRequest};
