//! Finding a connection's own things in the cloud, and what is peculiar to them: a room each kind.
//!
//! What a kind's spec, chain and rules are, its room in [`connection::kind`] says. What several kinds share stands beside the
//! rooms: [`group_rules`](crate::group_rules).

pub mod private_link;
pub mod router_interface;
pub mod vpc_peering;
