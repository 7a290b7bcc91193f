//! A local Alibaba Cloud.

pub mod clock;
pub mod table;
