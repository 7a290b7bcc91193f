//! Finding a connection's own things in the cloud, where more than one step needs to.

pub mod group_rules;
pub mod next_hop;
pub mod peering;
pub mod private_link;
pub mod router_interface;
