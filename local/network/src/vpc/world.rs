//! Everything on the network, and what happens by itself as time passes.
//!
//! One world for all products that share the network: whether a packet arrives, or a route may lead somewhere, depends on
//! what several of them hold, and must be answered at one moment.

use std::collections::BTreeSet;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::pipeline::Rows;
use local_core::rpc::once::{self, Answered};
use local_core::shared::Shared;
use local_core::table::{Changes, StorageError, Table};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::interface::Interface;
use super::network::Network;
use super::place::Place;
use super::route::Route;
use super::route_table::RouteTable;
use super::settings::Settings;
use super::vswitch::VSwitch;
use crate::ecs::assistant;
use crate::ecs::world::Ecs;
use crate::privatelink::{self, Links};
use crate::vpcpeer::Peerings;
use crate::{cdt, clb, nlb_alb};

/// A change that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// Which change.
    pub wait: Wait,
    /// When it began, in cloud time.
    pub since: Timestamp,
}

/// A row that changes by itself.
pub(crate) trait Settles: Serialize + DeserializeOwned {
    /// The change under way, and the resource whose delay counts.
    fn waiting(&self) -> Option<(Waiting, &str)>;
    /// Ends the change, which was due at `at`. Returns whether the row stays.
    fn settle(&mut self, at: Timestamp) -> bool;
}

/// A table, and the keys of the rows in it that wait.
#[derive(Debug)]
pub(crate) struct Settling<T> {
    pub rows: Table<T>,
    waiting: BTreeSet<String>,
}

impl<T: Settles> Settling<T> {
    pub(crate) fn load(shared: &Shared, name: &'static str) -> Result<Self, StorageError> {
        let rows: Table<T> = Table::load(&shared.storage, name)?;
        let waiting = rows.iter().filter(|(_, row)| row.waiting().is_some()).map(|(key, _)| key.to_owned()).collect();
        Ok(Self { rows, waiting })
    }

    /// Puts a row.
    pub(crate) fn insert(&mut self, key: String, row: T) {
        if row.waiting().is_some() {
            self.waiting.insert(key.clone());
        }
        self.rows.insert(key, row);
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    /// Takes a row out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        self.waiting.remove(key);
        self.rows.remove(key)
    }

    /// Changes a row, which may begin or cease to wait.
    pub(crate) fn change(&mut self, key: &str, change: impl FnOnce(&mut T)) {
        let Some(row) = self.rows.get_mut(key) else { return };
        change(row);
        if row.waiting().is_some() {
            self.waiting.insert(key.to_owned());
        } else {
            self.waiting.remove(key);
        }
    }

    /// The rows at a place.
    pub(crate) fn at<'a>(&'a self, place: &Place) -> impl Iterator<Item = (&'a str, &'a T)> + use<'a, T> {
        let prefix = place.prefix();
        self.rows.range(prefix.clone()..).take_while(move |(key, _)| key.starts_with(&prefix))
    }

    /// The rows that wait.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.iter().filter_map(|key| self.rows.get(key))
    }

    /// Ends every change that is due, those too that begin with the end of another. Returns the rows that went.
    pub(crate) fn settle(&mut self, shared: &Shared, now: Timestamp) -> Vec<T> {
        let mut gone = Vec::new();
        loop {
            let due = self.due(shared, now);
            if due.is_empty() {
                return gone;
            }
            for (key, due) in due {
                self.waiting.remove(&key);
                let Some(row) = self.rows.get_mut(&key) else { continue };
                if !row.settle(due) {
                    gone.extend(self.rows.remove(&key));
                } else if row.waiting().is_some() {
                    self.waiting.insert(key);
                }
            }
        }
    }

    /// What is due, and since when.
    fn due(&self, shared: &Shared, now: Timestamp) -> Vec<(String, Timestamp)> {
        let rows = self.waiting.iter().filter_map(|key| {
            let (waiting, resource) = self.rows.get(key)?.waiting()?;
            let due = waiting.since + shared.delays.of(waiting.wait, resource)?;
            (due <= now).then(|| (key.clone(), due))
        });
        rows.collect()
    }
}

/// Everything the product knows.
#[derive(Debug)]
pub(crate) struct World {
    pub shared: Shared,
    pub(super) settings: Settings,
    /// Cloud time of the call being handled.
    pub now: Timestamp,
    pub(super) networks: Settling<Network>,
    pub(super) vswitches: Settling<VSwitch>,
    pub(super) tables: Settling<RouteTable>,
    /// Keyed by place, table and entry.
    pub(super) routes: Settling<Route>,
    pub(super) interfaces: Settling<Interface>,
    /// Connections between VPCs that are no router interfaces.
    pub peerings: Peerings,
    /// How far accounts have opened what traffic between regions is billed by.
    pub cdt: cdt::Accounts,
    /// Security groups, instances, and commands that run on them.
    pub ecs: Ecs,
    /// Classic load balancers.
    pub clb: clb::Tables,
    /// Network and application load balancers.
    pub nlb_alb: nlb_alb::Tables,
    /// Endpoint services, endpoints, and their connections.
    pub links: Links,
    pub tokens: Table<Answered>,
}

impl World {
    pub(crate) fn load(shared: Shared) -> Result<Self, StorageError> {
        let now = shared.clock.now();
        let mut tokens = Table::load(&shared.storage, "vpc_tokens")?;
        once::forget_old(&mut tokens, now);
        Ok(Self {
            settings: Settings::default(),
            now,
            networks: Settling::load(&shared, "vpc_networks")?,
            vswitches: Settling::load(&shared, "vpc_vswitches")?,
            tables: Settling::load(&shared, "vpc_route_tables")?,
            routes: Settling::load(&shared, "vpc_routes")?,
            interfaces: Settling::load(&shared, "vpc_interfaces")?,
            peerings: Peerings::load(&shared)?,
            cdt: cdt::Accounts::load(&shared)?,
            ecs: Ecs::load(&shared)?,
            clb: clb::Tables::load(&shared)?,
            nlb_alb: nlb_alb::Tables::load(&shared)?,
            links: Links::load(&shared)?,
            tokens,
            shared,
        })
    }

    fn settle_until(&mut self, now: Timestamp) {
        self.now = now;
        self.networks.settle(&self.shared, now);
        self.vswitches.settle(&self.shared, now);
        self.tables.settle(&self.shared, now);
        self.routes.settle(&self.shared, now);
        for gone in self.interfaces.settle(&self.shared, now) {
            self.tell_peer_of_loss(&gone);
        }
        self.peerings.all.settle(&self.shared, now);
        self.ecs.instances.settle(&self.shared, now);
        self.clb.settle(&self.shared, now);
        self.nlb_alb.settle(&self.shared, now);
        privatelink::settle(self);
    }

    /// The beginning of `wait`, now.
    pub(crate) fn begin(&self, wait: Wait) -> Option<Waiting> {
        Some(Waiting { wait, since: self.now })
    }

    /// Whether a route of this VPC is in change.
    pub(crate) fn has_route_in_change(&self, vpc_id: &str) -> bool {
        self.routes.waiting().any(|route| route.vpc_id == vpc_id)
    }

    /// Whether a vSwitch of this VPC is in change.
    pub(crate) fn has_vswitch_in_change(&self, vpc_id: &str) -> bool {
        self.vswitches.waiting().any(|vswitch| vswitch.vpc_id == vpc_id)
    }
}

impl Rows for World {
    /// A command that begins or ends in between finds the network as it was at that moment, and not as it is now.
    fn settle(&mut self, now: Timestamp) {
        while let Some(due) = self.ecs.next_run(&self.shared.delays).filter(|due| *due <= now) {
            self.settle_until(due);
            assistant::proceed(self);
        }
        self.settle_until(now);
    }

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        let mut tables: Vec<&mut dyn Changes> = vec![
            &mut self.networks.rows,
            &mut self.vswitches.rows,
            &mut self.tables.rows,
            &mut self.routes.rows,
            &mut self.interfaces.rows,
            &mut self.peerings.all.rows,
            &mut self.cdt.states,
            &mut self.tokens,
        ];
        tables.extend(self.ecs.changes());
        tables.extend(self.clb.changes());
        tables.extend(self.nlb_alb.changes());
        tables.extend(self.links.changes());
        tables
    }
}
