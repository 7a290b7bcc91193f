//! The tables of the product.

use std::net::Ipv4Addr;

use local_core::shared::Shared;
use local_core::table::{Changes, StorageError, Table};
use local_core::words;

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::service::Service;
use super::settings::Settings;
use super::zone::Zone;
use crate::vpc::Place;
use crate::vpc::world::Settling;

words! {
    /// Whether a service or an endpoint is paid for.
    #[derive(Default)]
    pub enum BusinessStatus {
        /// It is.
        #[default]
        Normal = "Normal",
        /// It is not.
        FinancialLocked = "FinancialLocked",
    }
}

impl BusinessStatus {
    pub(super) fn is_locked(self) -> bool {
        self == Self::FinancialLocked
    }
}

/// Everything the product knows.
#[derive(Debug)]
pub(crate) struct Links {
    pub(super) settings: Settings,
    /// Keyed by the provider's place and the service.
    pub(super) services: Settling<Service>,
    /// Keyed by the consumer's place and the endpoint, as are its connection and, with the zone behind, its zones.
    pub(super) endpoints: Settling<Endpoint>,
    pub(super) connections: Settling<Connection>,
    pub(super) zones: Settling<Zone>,
    /// The accounts that opened the product, and the orders by which they did.
    pub(super) opened: Table<String>,
}

impl Links {
    pub(crate) fn load(shared: &Shared) -> Result<Self, StorageError> {
        Ok(Self {
            settings: Settings::default(),
            services: Settling::load(shared, "privatelink_services")?,
            endpoints: Settling::load(shared, "privatelink_endpoints")?,
            connections: Settling::load(shared, "privatelink_connections")?,
            zones: Settling::load(shared, "privatelink_zones")?,
            opened: Table::load(&shared.storage, "privatelink_opened")?,
        })
    }

    pub(crate) fn changes(&mut self) -> [&mut dyn Changes; 5] {
        [
            &mut self.services.rows,
            &mut self.endpoints.rows,
            &mut self.connections.rows,
            &mut self.zones.rows,
            &mut self.opened,
        ]
    }

    /// Whether a service of this place has the resource.
    pub(crate) fn holds(&self, place: &Place, resource_id: &str) -> bool {
        self.services.at(place).any(|(_, service)| service.resources.iter().any(|own| own.id == resource_id))
    }

    /// Whether an endpoint of this place is in the security group.
    pub(crate) fn has_in_group(&self, place: &Place, group_id: &str) -> bool {
        self.endpoints.at(place).any(|(_, endpoint)| endpoint.groups.iter().any(|own| own.group_id == group_id))
    }

    /// The addresses that endpoints have in a vSwitch.
    pub(crate) fn addresses_in<'a>(
        &'a self,
        place: &Place,
        vswitch_id: &'a str,
    ) -> impl Iterator<Item = Ipv4Addr> + 'a {
        let zones = self.zones.at(place).map(|(_, zone)| zone);
        zones.filter(move |zone| zone.vswitch_id == vswitch_id).map(|zone| zone.address)
    }

    /// The zones of an endpoint, in the order of their names.
    pub(super) fn zones_of<'a>(&'a self, place: &Place, endpoint_id: &str) -> impl Iterator<Item = &'a Zone> + use<'a> {
        let prefix = place.key(&format!("{endpoint_id}/"));
        self.zones
            .rows
            .range(prefix.clone()..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(_, zone)| zone)
    }

    /// The connections of a service of this account, with their endpoints' places.
    pub(super) fn connections_of<'a, 'b>(
        &'a self,
        provider: &'b str,
        service_id: &'b str,
    ) -> impl Iterator<Item = &'a Connection> + use<'a, 'b> {
        let own = move |connection: &&Connection| {
            connection.provider == provider && connection.service_id == service_id && !connection.service_is_gone
        };
        self.connections.rows.iter().map(|(_, connection)| connection).filter(own)
    }
}
