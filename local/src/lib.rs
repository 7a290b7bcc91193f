//! A local Alibaba Cloud.

pub mod calls;
pub mod clock;
pub mod delays;
pub mod faults;
pub mod identity;
pub mod ids;
pub mod mns;
pub mod ram;
pub mod shared;
pub mod table;
mod xml;
