//! Endpoints that ask to be connected to a service of the operator's accounts, announced or not.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `view` | what the cloud shows of a service and its endpoints, as requests and facts to decide on |
//! | `keep` | the same for endpoints that are connected and may have to go |
//! | `consumer` | the ranges of the VPCs that they lie in |
//!
//! What is decided of them, and how that is kept, stands in the crate `approval`; the store keeps it.

mod consumer;
mod keep;
mod view;

pub use consumer::Consumers;
pub use keep::{EndpointStates, states};
pub use view::{Provider, ServiceView};
