//! The tables of both products, and what happens by itself as time passes.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use local_core::shared::Shared;
use local_core::table::{Changes, StorageError};

use super::flavour::Flavour;
use super::listener::Listener;
use super::load_balancer::LoadBalancer;
use super::server_group::ServerGroup;
use super::settings::Settings;
use crate::vpc::Place;
use crate::vpc::world::Settling;

/// Everything the two products know.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(super) settings: Settings,
    pub(super) balancers: Settling<LoadBalancer>,
    pub(super) listeners: Settling<Listener>,
    pub(super) groups: Settling<ServerGroup>,
}

impl Tables {
    pub(crate) fn load(shared: &Shared) -> Result<Self, StorageError> {
        Ok(Self {
            settings: Settings::default(),
            balancers: Settling::load(shared, "balancer_balancers")?,
            listeners: Settling::load(shared, "balancer_listeners")?,
            groups: Settling::load(shared, "balancer_groups")?,
        })
    }

    pub(crate) fn settle(&mut self, shared: &Shared, now: Timestamp) {
        self.balancers.settle(shared, now);
        self.listeners.settle(shared, now);
        self.groups.settle(shared, now);
    }

    pub(crate) fn changes(&mut self) -> [&mut dyn Changes; 3] {
        [&mut self.balancers.rows, &mut self.listeners.rows, &mut self.groups.rows]
    }

    /// The load balancer of this product with this id.
    pub(crate) fn balancer(&self, place: &Place, flavour: Flavour, id: &str) -> Option<&LoadBalancer> {
        self.balancers.get(&place.key(id)).filter(|own| own.flavour == flavour)
    }

    /// Every load balancer of every account, with its place.
    pub(crate) fn everywhere(&self) -> impl Iterator<Item = (Place, &LoadBalancer)> {
        self.balancers.rows.iter().filter_map(|(key, balancer)| {
            let mut parts = key.split('/');
            Some((Place::new(parts.next()?, parts.next()?), balancer))
        })
    }

    /// The addresses that load balancers have in a vSwitch.
    pub(crate) fn addresses_in<'a>(
        &'a self,
        place: &Place,
        vswitch_id: &'a str,
    ) -> impl Iterator<Item = Ipv4Addr> + 'a {
        let mappings = self.balancers.at(place).flat_map(|(_, own)| &own.zones);
        mappings.filter(move |mapping| mapping.vswitch_id == vswitch_id).map(|mapping| mapping.address)
    }

    /// The listeners of a load balancer.
    pub(super) fn listeners_of<'a>(
        &'a self,
        place: &Place,
        balancer_id: &'a str,
    ) -> impl Iterator<Item = &'a Listener> + 'a {
        self.listeners.at(place).map(|(_, own)| own).filter(move |own| own.balancer_id == balancer_id)
    }

    /// The listeners that forward to a group.
    pub(super) fn listeners_to<'a>(
        &'a self,
        place: &Place,
        group_id: &'a str,
    ) -> impl Iterator<Item = &'a Listener> + 'a {
        self.listeners.at(place).map(|(_, own)| own).filter(move |own| own.group_id == group_id)
    }
}
