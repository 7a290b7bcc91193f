//! What an operator deploys with: roles, stacks, service-linked roles, and the opening of products.
//!
//! | module | product | version |
//! | --- | --- | --- |
//! | [`ram`] | roles and policies | 2015-05-01 |
//! | [`ros`] | stacks | 2019-09-10 |
//! | [`opening`] | products that open others | each its own |
//!
//! All but one of them speak RPC, in both envelopes: see `local_core::rpc`.

pub mod opening;
mod operation;
pub mod ram;
pub mod ros;
