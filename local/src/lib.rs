//! A local Alibaba Cloud.

pub mod calls;
pub mod clock;
pub mod delays;
pub mod faults;
pub mod identity;
pub mod ids;
pub mod mns;
pub mod oss;
pub mod ram;
pub mod regions;
pub mod rpc;
pub mod shared;
mod sts;
pub mod table;
mod xml;
