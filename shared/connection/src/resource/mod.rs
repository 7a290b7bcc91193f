//! Finding one's own things in the cloud: what several steps need of the same resource.

pub mod router_interface;
