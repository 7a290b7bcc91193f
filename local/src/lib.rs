//! A local Alibaba Cloud.

pub mod calls;
pub mod clock;
pub mod cloud;
pub mod console;
pub mod delays;
pub mod faults;
pub mod fc;
mod gateway;
pub mod identity;
pub mod ids;
mod memory;
pub mod mns;
pub mod oss;
pub mod ram;
pub mod regions;
pub mod ros;
mod rpc;
pub mod seed;
pub mod server;
pub mod shared;
mod sts;
pub mod table;
#[cfg(test)]
mod testing;
pub mod vpc;
mod xml;

pub use cloud::{Cloud, Options};
pub use gateway::Dropped;
