//! What other products ask of the network: where its routes lead, and what stands on it.

use crate::ecs::reach::{Leads, Route as Way};
use crate::rpc::RpcError;

use super::interface::Status;
use super::network;
use super::place::Place;
use super::route::{NextHop, Target};
use super::world::World;

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
    pub(crate) fn routes_in_force(&self, table_id: &str) -> Vec<Way> {
        let Some((key, _)) = self.tables.rows.iter().find(|(_, table)| table.id == table_id) else {
            return Vec::new();
        };
        let mut parts = key.split('/').map(str::to_owned);
        let (Some(account), Some(region)) = (parts.next(), parts.next()) else { return Vec::new() };
        let place = Place { account, region };
        let routes = self.routes_in(&place, table_id).map(|(_, route)| route).filter(|route| route.is_in_force());
        routes.map(|route| Way { destination: route.destination, leads: self.leads(&place, &route.target) }).collect()
    }

    fn leads(&self, place: &Place, target: &Target) -> Leads {
        let hop = match target {
            Target::Local => return Leads::Home,
            Target::Hop(hop) => hop,
        };
        let end = match hop {
            NextHop::RouterInterface(id) => self.end_of_pair(place, id),
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
        if own.status != Status::Active {
            return Err(format!("the router interface is {}", own.status.word()));
        }
        let peer = self.opposite_of(own).filter(|peer| own.points_to(peer) && peer.points_to(own));
        let peer = peer.ok_or("the other router interface is gone")?;
        if peer.status != Status::Active {
            return Err(format!("the other router interface is {}", peer.status.word()));
        }
        Ok(peer.vpc_id.clone())
    }
}
