//! What other products ask of the network: where its routes lead, and what stands on it.

use ipnet::Ipv4Net;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::RpcError;

use super::interface::{Interface, Status};
use super::network::{self, Network};
use super::place::Place;
use super::route::{NextHop, Target};
use super::world::World;
use crate::ecs::reach::{Leads, Route as ReachRoute};

impl World {
    /// Refuses unless there is such a VPC here.
    pub(crate) fn expect_network(&self, place: &Place, vpc_id: &str) -> Result<(), RpcError> {
        self.networks.get(&place.key(vpc_id)).map(|_| ()).ok_or_else(|| network::not_found(vpc_id))
    }

    /// The route table that a vSwitch uses.
    pub(crate) fn table_of_vswitch(&self, place: &Place, vswitch_id: &str) -> Option<&str> {
        self.vswitches.get(&place.key(vswitch_id)).map(|vswitch| vswitch.table_id.as_str())
    }

    /// The routes of a table that carry packets now, and where each leads.
    pub(crate) fn routes_in_force(&self, table_id: &str) -> Vec<ReachRoute> {
        let Some((key, _)) = self.tables.rows.iter().find(|(_, table)| table.id == table_id) else {
            return Vec::new();
        };
        let mut parts = key.split('/').map(str::to_owned);
        let (Some(account), Some(region)) = (parts.next(), parts.next()) else { return Vec::new() };
        let place = Place { account, region };
        let routes = self.routes_in(&place, table_id).map(|(_, route)| route).filter(|route| route.is_in_force());
        routes
            .map(|route| ReachRoute {
                destination: route.destination,
                leads: self.leads(&place, &route.vpc_id, &route.target),
            })
            .collect()
    }

    fn leads(&self, place: &Place, vpc_id: &str, target: &Target) -> Leads {
        let hop = match target {
            Target::Local => return Leads::Home,
            Target::Hop(hop) => hop,
        };
        let end = match hop {
            NextHop::RouterInterface(id) => self.end_of_pair(place, id),
            NextHop::VpcPeer(id) => self.end_of_peering(vpc_id, id),
        };
        let hop = hop.id().to_owned();
        match end {
            Ok(vpc_id) => Leads::Across { hop, vpc_id },
            Err(why) => Leads::Nowhere { hop, why },
        }
    }

    /// The VPC at the other end of a pair of router interfaces, if both sides are Active and point at each other.
    fn end_of_pair(&self, place: &Place, interface_id: &str) -> Result<String, String> {
        let own = self.interfaces.get(&place.key(interface_id)).ok_or("the router interface is gone")?;
        refuse_if!(own.status != Status::Active, format!("the router interface is {}", own.status.word()));
        let peer = self.opposite_of(own).filter(|peer| own.points_to(peer) && peer.points_to(own));
        let peer = peer.ok_or("the other router interface is gone")?;
        refuse_if!(peer.status != Status::Active, format!("the other router interface is {}", peer.status.word()));
        Ok(peer.vpc_id.clone())
    }

    /// The VPC at the other end of a peering connection, if it carries packets.
    fn end_of_peering(&self, vpc_id: &str, peering_id: &str) -> Result<String, String> {
        let peering = self.peerings.all.get(peering_id).ok_or("the VPC peering connection is gone")?;
        refuse_if!(!peering.carries(), format!("the VPC peering connection is {}", peering.status_word()));
        Ok(peering.other_end(vpc_id).vpc_id.clone())
    }

    /// Whether a VPC is Available; `None` where there is no such VPC.
    pub(crate) fn is_network_available(&self, place: &Place, vpc_id: &str) -> Option<bool> {
        self.networks.get(&place.key(vpc_id)).map(Network::is_available)
    }

    /// All ranges of a VPC.
    pub(crate) fn ranges_of_network(&self, place: &Place, vpc_id: &str) -> Vec<Ipv4Net> {
        self.networks.get(&place.key(vpc_id)).map(Network::ranges).unwrap_or_default()
    }

    /// Whether a pair of router interfaces joins two VPCs, or is about to.
    pub(crate) fn has_pair_between(&self, vpc_id: &str, other_id: &str) -> bool {
        let leads_there =
            |peer: &Interface, interface: &Interface| peer.vpc_id == other_id && peer.points_to(interface);
        let of = |interface: &Interface| {
            interface.vpc_id == vpc_id
                && interface.status.is_paired()
                && self.opposite_of(interface).is_some_and(|peer| leads_there(peer, interface))
        };
        self.interfaces.rows.iter().any(|(_, interface)| of(interface))
    }

    /// Whether some route, on either side, leads to a peering connection.
    pub(crate) fn has_routes_to_peering(&self, peering_id: &str) -> bool {
        self.routes.rows.iter().any(|(_, route)| route.leads_to_peering(peering_id))
    }

    /// Begins to delete every route that leads to a peering connection.
    pub(crate) fn delete_routes_to_peering(&mut self, peering_id: &str) {
        let rows = self.routes.rows.iter().filter(|(_, route)| route.leads_to_peering(peering_id));
        let keys: Vec<String> = rows.map(|(key, _)| key.to_owned()).collect();
        let waiting = self.begin(Wait::RouteDelete);
        for key in keys {
            self.routes.change(&key, |route| route.waiting = waiting);
        }
    }
}
