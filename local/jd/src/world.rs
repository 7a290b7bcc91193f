//! The tables of the product, and what happens by itself as time passes.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::pipeline::Rows;
use local_core::shared::Shared;
use local_core::table::{Changes, StorageError, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::JdError;
use super::network::Network;
use super::peering::{Peering, State};
use super::place::Place;
use super::route_table::RouteTable;
use super::security_group::SecurityGroup;
use super::settings::Settings;
use super::subnet::Subnet;

/// Everything the product knows. Rows are keyed by account, region and id.
#[derive(Debug)]
pub(super) struct World {
    pub shared: Shared,
    pub settings: Settings,
    /// Cloud time of the call being handled.
    pub now: Timestamp,
    pub networks: Table<Network>,
    pub subnets: Table<Subnet>,
    pub tables: Table<RouteTable>,
    pub peerings: Table<Peering>,
    pub groups: Table<SecurityGroup>,
}

impl World {
    pub(super) fn load(shared: Shared) -> Result<Self, StorageError> {
        let storage = &shared.storage;
        Ok(Self {
            settings: Settings::default(),
            now: shared.clock.now(),
            networks: Table::load(storage, "jd_networks")?,
            subnets: Table::load(storage, "jd_subnets")?,
            tables: Table::load(storage, "jd_route_tables")?,
            peerings: Table::load(storage, "jd_peerings")?,
            groups: Table::load(storage, "jd_security_groups")?,
            shared,
        })
    }

    /// A new name, such as `vpc-` and ten letters and digits.
    pub(super) fn new_id(&self, prefix: &str) -> String {
        self.shared.ids.short(prefix)
    }

    /// The VPC of this id at a place.
    pub(super) fn network(&self, place: &Place, id: &str) -> Result<&Network, JdError> {
        self.networks.get(&place.key(id)).ok_or_else(|| JdError::not_found("Vpc", id))
    }

    /// The subnet of this id at a place.
    pub(super) fn subnet(&self, place: &Place, id: &str) -> Result<&Subnet, JdError> {
        self.subnets.get(&place.key(id)).ok_or_else(|| JdError::not_found("Subnet", id))
    }

    /// The route table of this id at a place.
    pub(super) fn table(&self, place: &Place, id: &str) -> Result<&RouteTable, JdError> {
        self.tables.get(&place.key(id)).ok_or_else(|| JdError::not_found("RouteTable", id))
    }

    /// The peering of this id at a place.
    pub(super) fn peering(&self, place: &Place, id: &str) -> Result<&Peering, JdError> {
        self.peerings.get(&place.key(id)).ok_or_else(|| JdError::not_found("VpcPeering", id))
    }

    /// The security group of this id at a place.
    pub(super) fn group(&self, place: &Place, id: &str) -> Result<&SecurityGroup, JdError> {
        self.groups.get(&place.key(id)).ok_or_else(|| JdError::not_found("NetworkSecurityGroup", id))
    }

    /// The subnets of a VPC.
    pub(super) fn subnets_of(&self, place: &Place, vpc_id: &str) -> impl Iterator<Item = &Subnet> {
        at(&self.subnets, place).filter(move |subnet| subnet.vpc_id == vpc_id)
    }

    /// The route tables of a VPC.
    pub(super) fn tables_of(&self, place: &Place, vpc_id: &str) -> impl Iterator<Item = &RouteTable> {
        at(&self.tables, place).filter(move |table| table.vpc_id == vpc_id)
    }

    /// The security groups of a VPC.
    pub(super) fn groups_of(&self, place: &Place, vpc_id: &str) -> impl Iterator<Item = &SecurityGroup> {
        at(&self.groups, place).filter(move |group| group.vpc_id == vpc_id)
    }

    /// The peerings of a VPC.
    pub(super) fn peerings_of(&self, place: &Place, vpc_id: &str) -> impl Iterator<Item = &Peering> {
        at(&self.peerings, place).filter(move |peering| peering.vpc_id == vpc_id)
    }

    /// The ranges that a VPC takes up: its own, or its subnets' if it has none.
    pub(super) fn ranges(&self, place: &Place, network: &Network) -> Vec<Ipv4Net> {
        match network.cidr {
            Some(cidr) => vec![cidr],
            None => self.subnets_of(place, &network.id).map(|subnet| subnet.cidr).collect(),
        }
    }

    /// A VPC of any account in a region: the other side of a peering is named by its VPC alone.
    pub(super) fn network_in(&self, region: &str, id: &str) -> Option<(Place, &Network)> {
        let found = self.networks.iter().map(|(key, network)| (Place::of_key(key), network));
        let here = found.filter_map(|(place, network)| Some((place?, network)));
        here.into_iter().find(|(place, network)| place.region == region && network.id == id)
    }

    /// The key of the other half of a peering, if there is one.
    pub(super) fn other_half(&self, region: &str, vpc_id: &str, remote_vpc_id: &str) -> Option<String> {
        let is_it = |key: &str, peering: &Peering| {
            peering.vpc_id == remote_vpc_id
                && peering.remote_vpc_id == vpc_id
                && Place::of_key(key).is_some_and(|place| place.region == region)
        };
        self.peerings.iter().find(|(key, peering)| is_it(key, peering)).map(|(key, _)| key.to_owned())
    }
}

impl Rows for World {
    fn settle(&mut self, now: Timestamp) {
        self.now = now;
        let is_due = |peering: &Peering| {
            let takes = self.shared.delays.of(Wait::JdPeeringConnect, &peering.id);
            peering.connecting_since.zip(takes).is_some_and(|(since, takes)| since + takes <= self.now)
        };
        let due = self.peerings.iter().filter(|(_, peering)| is_due(peering)).map(|(key, _)| key.to_owned());
        for key in due.collect::<Vec<_>>() {
            if let Some(peering) = self.peerings.get_mut(&key) {
                peering.connecting_since = None;
                peering.state = State::Connected;
            }
        }
    }

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        vec![&mut self.networks, &mut self.subnets, &mut self.tables, &mut self.peerings, &mut self.groups]
    }
}

/// The rows at a place.
pub(super) fn at<'a, T: Serialize + DeserializeOwned>(
    table: &'a Table<T>,
    place: &Place,
) -> impl Iterator<Item = &'a T> + use<'a, T> {
    let prefix = place.prefix();
    table.range(prefix.clone()..).take_while(move |(key, _)| key.starts_with(&prefix)).map(|(_, row)| row)
}
