//! This cloud as [`super::reach`] sees it: names, interfaces, and what stands behind them.

use std::net::Ipv4Addr;

use crate::clb::Balancer;
use crate::ecs::reach::{Group, Host};
use crate::nlb_alb::{Flavour, LoadBalancer};
use crate::vpc::{Place, World};

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::group::State;
use super::reach::{Directory, Forwarding, Receiver};
use super::resource::ResourceType;
use super::zone::Zone;

impl World {
    /// The endpoint, connection and place of a zone.
    fn around(&self, zone: &Zone) -> Option<(Place, &Endpoint, &Connection)> {
        let place = Place::new(&zone.consumer, &zone.region);
        let key = place.key(&zone.endpoint_id);
        Some((place, self.links.endpoints.get(&key)?, self.links.connections.get(&key)?))
    }

    /// Whether the service wants clients led to the endpoint's zone next to them.
    fn service_prefers_near(&self, connection: &Connection) -> bool {
        let provider = Place::new(&connection.provider, &connection.service_region);
        self.links.services.get(&provider.key(&connection.service_id)).is_some_and(|service| service.zone_affinity)
    }

    /// The zone whose interface this is.
    fn zone_of_interface(&self, id: &str) -> Option<&Zone> {
        self.links.zones.rows.iter().map(|(_, zone)| zone).find(|zone| zone.eni_id == id)
    }

    /// The classic balancer whose interface this is.
    fn clb_of_interface(&self, id: &str) -> Option<(Place, &Balancer)> {
        self.clb.everywhere().find(|(_, balancer)| balancer.id == id)
    }

    /// The network or application load balancer whose interface this is.
    fn nlb_alb_of_interface(&self, id: &str) -> Option<(Place, &LoadBalancer)> {
        self.nlb_alb.everywhere().find(|(_, balancer)| balancer.zones.iter().any(|mapping| mapping.eni_id == id))
    }

    fn interface_host(
        &self,
        id: &str,
        place: Place,
        vpc_id: &str,
        vswitch_id: &str,
        address: Ipv4Addr,
    ) -> Option<Host> {
        Some(Host {
            id: id.to_owned(),
            vpc_id: vpc_id.to_owned(),
            zone: self.vswitch_site(&place, vswitch_id)?.zone,
            address,
            table_id: self.table_of_vswitch(&place, vswitch_id)?.to_owned(),
            is_running: true,
            groups: Vec::new(),
            region: place.region,
        })
    }

    /// Where a connection to this port of a zone's resource goes.
    fn behind(&self, zone: &Zone, connection: &Connection, port: u16) -> Forwarding {
        let provider = Place::new(&connection.provider, &connection.service_region);
        let Some(service) = self.links.services.get(&provider.key(&connection.service_id)) else {
            return Forwarding::NoListener;
        };
        let newer = |flavour| {
            let balancer = self.nlb_alb.balancer(&provider, flavour, &zone.resource_id);
            balancer.map(|balancer| self.balanced(&provider, balancer, port, true))
        };
        let forwarding = match service.resource_type {
            ResourceType::Clb => {
                let balancer = self.clb.balancer(&provider, &zone.resource_id);
                balancer.map(|balancer| self.forwarding(&provider, balancer, port))
            }
            ResourceType::Nlb => newer(Flavour::Nlb),
            ResourceType::Alb => newer(Flavour::Alb),
            ResourceType::Gwlb => None,
        };
        forwarding.unwrap_or(Forwarding::NoListener)
    }

    /// The address that a load balancer's own domain means to a host: in the host's zone, if it has one there.
    fn address_of_balancer(&self, from: &Host, name: &str) -> Option<Ipv4Addr> {
        let (_, balancer) = self.nlb_alb.everywhere().find(|(place, own)| own.domain(place) == name)?;
        let near = balancer.zones.iter().find(|mapping| mapping.zone == from.zone);
        near.or(balancer.zones.first()).map(|mapping| mapping.address)
    }
}

impl Directory for World {
    /// The domains of an endpoint mean something in its own VPC only. That of the whole endpoint means a zone that is
    /// connected, if there is one, and of these the client's own if the endpoint or its service prefers it.
    fn address_of(&self, from: &Host, name: &str) -> Option<Ipv4Addr> {
        if let Ok(address) = name.parse() {
            return Some(address);
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let zones = self.links.zones.rows.iter().map(|(_, zone)| zone).filter(|zone| zone.region == from.region);
        let mut meant: Vec<(&Zone, bool)> = Vec::new();
        for zone in zones {
            let Some((place, endpoint, connection)) = self.around(zone) else { continue };
            if endpoint.vpc_id != from.vpc_id || zone.status() == "Creating" {
                continue;
            }
            if zone.domain() == name {
                return Some(zone.address);
            }
            if endpoint.domain(&place, connection) == name {
                let prefers_near = endpoint.zone_affinity || self.service_prefers_near(connection);
                meant.push((zone, prefers_near && zone.id == from.zone));
            }
        }
        if meant.is_empty() {
            return self.address_of_balancer(from, &name);
        }
        let best = meant.into_iter().max_by_key(|(zone, is_near)| (zone.carries(), *is_near));
        best.map(|(zone, _)| zone.address)
    }

    fn interface_at(&self, vpc_id: &str, address: Ipv4Addr) -> Option<Host> {
        let at_address = self.links.zones.rows.iter().map(|(_, zone)| zone).filter(|zone| zone.address == address);
        for zone in at_address {
            let Some((place, endpoint, _)) = self.around(zone) else { continue };
            if endpoint.vpc_id == vpc_id {
                let interface = self.interface_host(&zone.eni_id, place, vpc_id, &zone.vswitch_id, address)?;
                let in_force = endpoint.groups.iter().filter(|own| own.state != State::Attaching);
                return Some(Host { groups: in_force.map(|own| own.group_id.clone()).collect(), ..interface });
            }
        }
        let mut classic = self.clb.everywhere();
        if let Some((place, own)) = classic.find(|(_, own)| own.vpc_id == vpc_id && own.address == address) {
            return self.interface_host(&own.id, place, vpc_id, &own.vswitch_id, address);
        }
        let own = self.nlb_alb.everywhere().filter(|(_, own)| own.vpc_id == vpc_id);
        let mut mappings = own.flat_map(|(place, own)| own.zones.iter().map(move |mapping| (place.clone(), mapping)));
        let (place, mapping) = mappings.find(|(_, mapping)| mapping.address == address)?;
        self.interface_host(&mapping.eni_id, place, vpc_id, &mapping.vswitch_id, address)
    }

    /// A load balancer takes everything, and so does an endpoint that was made without a group.
    fn groups_of_interface(&self, interface: &Host) -> Option<Vec<Group>> {
        let is_open = match self.zone_of_interface(&interface.id) {
            Some(_) => interface.groups.is_empty(),
            None => {
                self.clb_of_interface(&interface.id).is_some() || self.nlb_alb_of_interface(&interface.id).is_some()
            }
        };
        is_open.then(|| vec![Group::open_to_all()])
    }

    fn receiver(&self, at: &Host, port: u16) -> Receiver {
        if let Some(zone) = self.zone_of_interface(&at.id)
            && let Some((_, _, connection)) = self.around(zone)
        {
            return Receiver::Endpoint {
                is_connected: connection.status() == "Connected" || connection.status() == "Pending",
                zone_is_connected: zone.carries(),
                behind: self.behind(zone, connection, port),
            };
        }
        if let Some((place, balancer)) = self.clb_of_interface(&at.id) {
            return Receiver::Balancer(self.forwarding(&place, balancer, port));
        }
        match self.nlb_alb_of_interface(&at.id) {
            Some((place, balancer)) => Receiver::Balancer(self.balanced(&place, balancer, port, false)),
            None => Receiver::Instance { listens: self.instance_answers(&at.id, port) },
        }
    }
}
