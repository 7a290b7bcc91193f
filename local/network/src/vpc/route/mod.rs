//! Route entries. One change at a time in each VPC: whoever comes second is told `TaskConflict`.

mod create;
mod delete;
mod list;
mod next_hop;
mod rules;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::rpc::RpcError;
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::world::{Settles, Waiting, World};

pub(super) use create::{create, create_many};
pub(super) use delete::{delete, modify};
pub(super) use list::list;
pub(in crate::vpc) use next_hop::NextHop;

/// A route entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vpc) struct Route {
    pub id: String,
    pub table_id: String,
    pub vpc_id: String,
    pub destination: Ipv4Net,
    pub target: Target,
    pub name: String,
    pub description: String,
    pub created: Timestamp,
    pub waiting: Option<Waiting>,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::vpc) enum Target {
    /// To the VPC's own addresses: a system route.
    Local,
    /// To a next hop of the user's choice: a custom route.
    Hop(NextHop),
}

impl Settles for Route {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        let ended = self.waiting.take();
        ended.is_none_or(|ended| ended.wait != Wait::RouteDelete)
    }
}

impl Route {
    pub(in crate::vpc) fn is_custom(&self) -> bool {
        matches!(self.target, Target::Hop(_))
    }

    /// Whether it carries packets: not before it is Available, and not once it is being deleted.
    pub(in crate::vpc) fn is_in_force(&self) -> bool {
        !matches!(self.waiting.map(|waiting| waiting.wait), Some(Wait::RouteCreate | Wait::RouteDelete))
    }

    fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            None => "Available",
            Some(Wait::RouteDelete) => "Deleting",
            Some(Wait::RouteModify) => "Modifying",
            Some(_) => "Pending",
        }
    }

    /// Whether it leads to the VPC peering connection with this id.
    pub(in crate::vpc) fn leads_to_peering(&self, peering_id: &str) -> bool {
        matches!(&self.target, Target::Hop(NextHop::VpcPeer(id)) if id == peering_id)
    }

    /// Whether it leads to the router interface with this id.
    pub(in crate::vpc) fn leads_to_interface(&self, interface_id: &str) -> bool {
        matches!(&self.target, Target::Hop(NextHop::RouterInterface(id)) if id == interface_id)
    }
}

impl World {
    /// The routes of a table, with their keys.
    pub(in crate::vpc) fn routes_in(&self, place: &Place, table_id: &str) -> impl Iterator<Item = (&str, &Route)> {
        let prefix = place.key(&format!("{table_id}/"));
        self.routes.rows.range(prefix.clone()..).take_while(move |(key, _)| key.starts_with(&prefix))
    }

    /// The routes of all tables of a VPC.
    pub(in crate::vpc) fn routes_of<'a>(&'a self, place: &Place, vpc_id: &'a str) -> impl Iterator<Item = &'a Route> {
        self.routes.at(place).map(|(_, route)| route).filter(move |route| route.vpc_id == vpc_id)
    }
}

fn key(place: &Place, table_id: &str, id: &str) -> String {
    place.key(&format!("{table_id}/{id}"))
}

/// Another change of the same VPC is under way.
fn task_conflict(vpc_id: &str) -> RpcError {
    let message = format!("There is a pending task on a route entry or a vSwitch of {vpc_id}. Try again later.");
    RpcError::bad("TaskConflict", message)
}

/// The system route to one range of the VPC itself. It is there at once.
pub(in crate::vpc) fn add_system_route(
    world: &mut World,
    place: &Place,
    vpc_id: &str,
    table_id: &str,
    destination: Ipv4Net,
) {
    // Derived, not rolled, so that the seed's routes have the same ids in every run.
    let id = format!("rte-{}", local_core::ids::derived(20, &[table_id, &destination.to_string()]));
    let route = Route {
        id: id.clone(),
        table_id: table_id.to_owned(),
        vpc_id: vpc_id.to_owned(),
        destination,
        target: Target::Local,
        name: String::new(),
        description: String::new(),
        created: world.now,
        waiting: None,
    };
    world.routes.insert(key(place, table_id, &id), route);
}

/// Takes the system routes to one range out of every table of the VPC.
pub(in crate::vpc) fn remove_system_routes(world: &mut World, place: &Place, vpc_id: &str, destination: &Ipv4Net) {
    remove(world, place, |route| route.vpc_id == vpc_id && route.destination == *destination && !route.is_custom());
}

/// Takes every route of a table away at once.
pub(in crate::vpc) fn remove_all(world: &mut World, place: &Place, table_id: &str) {
    remove(world, place, |route| route.table_id == table_id);
}

fn remove(world: &mut World, place: &Place, wanted: impl Fn(&Route) -> bool) {
    let gone: Vec<String> =
        world.routes.at(place).filter(|(_, route)| wanted(route)).map(|(key, _)| key.to_owned()).collect();
    for key in gone {
        world.routes.rows.remove(&key);
    }
}
