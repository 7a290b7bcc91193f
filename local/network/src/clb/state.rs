//! The tables of the product, and what happens by itself as time passes.

use jiff::Timestamp;
use local_core::shared::Shared;
use local_core::table::{Changes, StorageError};

use super::balancer::Balancer;
use super::listener::Listener;
use super::settings::Settings;
use crate::vpc::Place;
use crate::vpc::world::Settling;

/// Everything the product knows.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(super) settings: Settings,
    pub(super) balancers: Settling<Balancer>,
    /// Keyed by place, balancer and port.
    pub(super) listeners: Settling<Listener>,
}

impl Tables {
    pub(crate) fn load(shared: &Shared) -> Result<Self, StorageError> {
        Ok(Self {
            settings: Settings::default(),
            balancers: Settling::load(shared, "slb_balancers")?,
            listeners: Settling::load(shared, "slb_listeners")?,
        })
    }

    pub(crate) fn settle(&mut self, shared: &Shared, now: Timestamp) {
        self.balancers.settle(shared, now);
        self.listeners.settle(shared, now);
    }

    pub(crate) fn changes(&mut self) -> [&mut dyn Changes; 2] {
        [&mut self.balancers.rows, &mut self.listeners.rows]
    }

    /// The balancer with this id.
    pub(crate) fn balancer(&self, place: &Place, id: &str) -> Option<&Balancer> {
        self.balancers.get(&place.key(id))
    }

    /// The balancers at a place.
    pub(crate) fn at<'a>(&'a self, place: &Place) -> impl Iterator<Item = &'a Balancer> + use<'a> {
        self.balancers.at(place).map(|(_, balancer)| balancer)
    }

    /// Every balancer of every account, with its place.
    pub(crate) fn everywhere(&self) -> impl Iterator<Item = (Place, &Balancer)> {
        self.balancers.rows.iter().filter_map(|(key, balancer)| {
            let mut parts = key.split('/');
            Some((Place::new(parts.next()?, parts.next()?), balancer))
        })
    }

    /// The listeners of a balancer, in the order of their ports.
    pub(super) fn listeners_of<'a>(&'a self, place: &Place, id: &str) -> impl Iterator<Item = &'a Listener> + use<'a> {
        let prefix = place.key(&format!("{id}/"));
        self.listeners
            .rows
            .range(prefix.clone()..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(_, listener)| listener)
    }
}
