//! What a load balancer knows of the instances behind it.

use std::net::Ipv4Addr;

use crate::vpc::{Place, World};

/// An instance.
pub(super) struct Server {
    pub address: Ipv4Addr,
    pub vpc_id: String,
    pub is_running: bool,
}

impl Server {
    /// The instance with this id, of the balancer's own account and region.
    pub(super) fn find(world: &World, place: &Place, id: &str) -> Option<Self> {
        let instance = world.instance(place, id)?;
        Some(Self { address: instance.address, vpc_id: instance.vpc_id.clone(), is_running: instance.is_running() })
    }

    /// Whether something on it answers on `port`. Security groups have no say: a balancer's own addresses pass them.
    pub(super) fn answers(world: &World, place: &Place, id: &str, port: u16) -> bool {
        Self::find(world, place, id).is_some_and(|server| server.is_running) && world.instance_answers(id, port)
    }
}
