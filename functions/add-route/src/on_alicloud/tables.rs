//! What stands in the route tables of one side, and what is to be done about it. Pure.

use std::collections::BTreeMap;

use alicloud::vpc::{RouteEntry, RouteStatus};
use connection::mark::Mark;
use connection::next_hop::NextHop;
use connection::not_done::NotDone;
use connection::outputs::{Outputs, Route};
use connection::overlap::{Overlap, overlaps};
use engine::step::SideContext;
use ipnet::{IpNet, Ipv4Net};

/// The entries of each route table.
#[derive(Debug, Default)]
pub struct Tables(BTreeMap<String, Vec<RouteEntry>>);

/// One thing to do in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A route is missing.
    Create {
        /// The table.
        table: String,
        /// Where to.
        destination: Ipv4Net,
    },
    /// A route of this connection is not wanted any more.
    Delete {
        /// The table.
        table: String,
        /// The route.
        entry: RouteEntry,
    },
    /// A route of this connection is on its way in or out.
    Await {
        /// The table.
        table: String,
        /// The route.
        entry: RouteEntry,
    },
}

/// What a side wants of its tables.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DesiredRoutes {
    /// The connection's own routes that are known now.
    pub routes: Vec<Route>,
    /// What is to be done, in this order. Nothing is taken away before what replaces it stands.
    pub tasks: Vec<Task>,
}

impl Tables {
    /// Adds a table.
    pub fn insert(&mut self, table: String, entries: Vec<RouteEntry>) {
        self.0.insert(table, entries);
    }

    /// Leaves out the routes of this connection.
    pub fn clear_own(&mut self, mark: &Mark, outputs: &Outputs) {
        for entries in self.0.values_mut() {
            entries.retain(|entry| !is_ours(entry, mark, outputs));
        }
    }

    /// What is to be done so that every table that is named now has a route to every range of the peer, and none has a route
    /// of this connection beside them.
    ///
    /// # Errors
    /// When a route of somebody else is in the way, or one of this connection was turned elsewhere.
    pub fn wanted(&self, side: &SideContext<'_>, hop: &NextHop, outputs: &Outputs) -> Result<DesiredRoutes, NotDone> {
        let mark = side.mark();
        let mut wanted = DesiredRoutes::default();
        for (table, destination) in pairs(side) {
            let Some(entry) = self.entry(table, destination) else {
                self.refuse_overlap(side, &mark, table, destination)?;
                wanted.tasks.push(Task::Create { table: table.clone(), destination });
                continue;
            };
            let leads_elsewhere = hop.id.as_deref().is_some_and(|id| !entry.leads_to(id));
            if leads_elsewhere && side.record().is_repairing() && is_surely_ours(entry, &mark, outputs) {
                // It goes first; the next look finds it missing and makes it anew.
                if let Some(id) = &entry.route_entry_id {
                    let (route_table_id, route_entry_id) = (table.clone(), id.clone());
                    wanted.routes.push(Route { route_table_id, destination, route_entry_id });
                }
                wanted.tasks.push(going(table, entry));
                continue;
            }
            check(side, table, entry, hop, is_ours(entry, &mark, outputs))?;
            if let Some(id) = &entry.route_entry_id {
                let (route_table_id, route_entry_id) = (table.clone(), id.clone());
                wanted.routes.push(Route { route_table_id, destination, route_entry_id });
            }
            if entry.status != RouteStatus::Available {
                wanted.tasks.push(Task::Await { table: table.clone(), entry: entry.clone() });
            }
        }
        let is_wanted = |table: &String, entry: &RouteEntry| {
            pairs(side).any(|(wanted, range)| wanted == table && leads_to(entry, range))
        };
        for (table, entry) in self.own(&mark, outputs).filter(|(table, entry)| !is_wanted(table, entry)) {
            // What is to go stays in the record until it is gone.
            if let (Some(id), Some(IpNet::V4(destination))) =
                (&entry.route_entry_id, entry.destination_cidr_block.net())
            {
                let (route_table_id, route_entry_id) = (table.clone(), id.clone());
                wanted.routes.push(Route { route_table_id, destination, route_entry_id });
            }
            wanted.tasks.push(going(table, entry));
        }
        Ok(wanted)
    }

    /// What is to be done so that no route of this connection is left, but those that were taken over where they stay.
    #[must_use]
    pub fn unwanted(&self, side: &SideContext<'_>, outputs: &Outputs) -> Vec<Task> {
        let mark = side.mark();
        let made = |entry: &RouteEntry| entry.description.as_deref().is_some_and(|text| mark.is_on(text));
        let own = self.own(&mark, outputs).filter(|(_, entry)| !side.leaves_adopted() || made(entry));
        own.map(|(table, entry)| going(table, entry)).collect()
    }

    /// Another connection may have come first since this one was accepted.
    fn refuse_overlap(
        &self,
        side: &SideContext<'_>,
        mark: &Mark,
        table: &str,
        destination: Ipv4Net,
    ) -> Result<(), NotDone> {
        let entries = self.0.get(table).map(Vec::as_slice).unwrap_or_default();
        let standing = entries.iter().filter_map(|entry| match entry.destination_cidr_block.net() {
            Some(IpNet::V4(net)) => Some((entry.description.as_deref().unwrap_or_default(), net)),
            _ => None,
        });
        let allowed = &side.vpc_sides()?.0.overlaps_with;
        match overlaps(standing, Some(mark), &[destination], allowed).next() {
            None => Ok(()),
            Some(overlap) => Err(other_connection(side, table, &overlap)),
        }
    }

    fn entry(&self, table: &str, destination: Ipv4Net) -> Option<&RouteEntry> {
        self.0.get(table)?.iter().find(|entry| leads_to(entry, destination))
    }

    fn own<'a>(&'a self, mark: &'a Mark, outputs: &'a Outputs) -> impl Iterator<Item = (&'a String, &'a RouteEntry)> {
        let all = self.0.iter().flat_map(|(table, entries)| entries.iter().map(move |entry| (table, entry)));
        all.filter(move |(_, entry)| is_ours(entry, mark, outputs))
    }
}

impl Task {
    /// The call that does it.
    #[must_use]
    pub fn call(&self) -> Option<&'static str> {
        match self {
            Self::Create { .. } => Some("CreateRouteEntry"),
            Self::Delete { .. } => Some("DeleteRouteEntry"),
            Self::Await { .. } => None,
        }
    }

    /// What it is about.
    #[must_use]
    pub fn resource(&self) -> String {
        match self {
            Self::Create { table, destination } => format!("{destination} in {table}"),
            Self::Delete { table, entry } | Self::Await { table, entry } => {
                format!("{} in {table}", entry.destination_cidr_block)
            }
        }
    }

    /// What it does, in words.
    #[must_use]
    pub fn what(&self, hop: &NextHop) -> String {
        match self {
            Self::Create { .. } => {
                let id = hop.id.as_deref().unwrap_or("that the connection makes");
                format!("a route to the {} {id} is made", hop.hop_type)
            }
            Self::Delete { entry, .. } => format!("the route to {} goes", next_hops(entry)),
            Self::Await { entry, .. } => format!("the route is {}", entry.status),
        }
    }

    /// What is waited for once it is done.
    #[must_use]
    pub fn awaited(&self) -> String {
        match self {
            Self::Create { destination, table } => format!("the route to {destination} in {table} to become Available"),
            Self::Delete { entry, table } => {
                format!("the route to {} in {table} to be gone", entry.destination_cidr_block)
            }
            Self::Await { entry, table } => {
                format!("the route to {} in {table} to settle (was {})", entry.destination_cidr_block, entry.status)
            }
        }
    }
}

/// Every table with every range that it shall have a route to.
pub(crate) fn pairs<'a>(side: &SideContext<'a>) -> impl Iterator<Item = (&'a String, Ipv4Net)> + use<'a> {
    let ranges = &side.peer().network.cidr_blocks;
    side.network().route_tables.iter().flat_map(move |table| ranges.iter().map(move |range| (table, *range)))
}

pub(crate) fn leads_to(entry: &RouteEntry, destination: Ipv4Net) -> bool {
    entry.destination_cidr_block.net() == Some(IpNet::V4(destination))
}

fn other_connection(side: &SideContext<'_>, table: &str, overlap: &Overlap) -> NotDone {
    let advice = format!("{}; then put the spec again", overlap.advice(side.side().peer()));
    NotDone::failed(format!("in route table {table} {overlap}"), advice)
}

/// Checks a route that stands where one of this connection belongs.
fn check(side: &SideContext<'_>, table: &str, entry: &RouteEntry, hop: &NextHop, is_ours: bool) -> Result<(), NotDone> {
    let destination = &entry.destination_cidr_block;
    let leads_there = hop.id.as_deref().is_some_and(|id| entry.leads_to(id));
    if let (false, Some(maker), Some(IpNet::V4(theirs))) =
        (is_ours, entry.description.as_deref().and_then(Mark::maker), destination.net())
    {
        let overlap = Overlap { connection: maker.connection, theirs, wanted: theirs };
        return Err(other_connection(side, table, &overlap));
    }
    match (is_ours, leads_there) {
        (true, true) => Ok(()),
        (false, true) if side.vpc_sides()?.0.adopt_routes => Ok(()),
        (false, true) => Err(NotDone::failed(
            format!("a route to {destination} by the same way stands in {table} already; somebody else made it"),
            "delete that route and retry, or let the connection take it over: put the spec again with adopt_routes on this side",
        )),
        (false, false) => Err(NotDone::failed(
            format!(
                "a route to {destination} by {} stands in {table} already; it is not this connection's",
                next_hops(entry)
            ),
            "delete that route if nobody needs it, then retry",
        )),
        (true, false) => Err(NotDone::failed(
            format!(
                "the route to {destination} in {table} leads to {} instead of {}; somebody changed it",
                next_hops(entry),
                hop.id.as_deref().unwrap_or("what joins the two sides")
            ),
            "delete that route, then retry",
        )),
    }
}

/// A route on its way out: to be deleted, or to be waited for until it can be.
fn going(table: &str, entry: &RouteEntry) -> Task {
    let (table, entry) = (table.to_owned(), entry.clone());
    if entry.status == RouteStatus::Available { Task::Delete { table, entry } } else { Task::Await { table, entry } }
}

/// By its recorded id and by the mark in its description: nobody else can have made it.
pub(crate) fn is_surely_ours(entry: &RouteEntry, mark: &Mark, outputs: &Outputs) -> bool {
    let recorded = |id: &String| outputs.routes.iter().any(|route| route.route_entry_id == *id);
    entry.route_entry_id.as_ref().is_some_and(recorded)
        && entry.description.as_deref().is_some_and(|text| mark.is_on(text))
}

/// By its recorded id, or by the mark in its description.
fn is_ours(entry: &RouteEntry, mark: &Mark, outputs: &Outputs) -> bool {
    let recorded = |id: &String| outputs.routes.iter().any(|route| route.route_entry_id == *id);
    entry.route_entry_id.as_ref().is_some_and(recorded)
        || entry.description.as_deref().is_some_and(|text| mark.is_on(text))
}

pub(crate) fn next_hops(entry: &RouteEntry) -> String {
    let ids: Vec<_> = entry.next_hops.iter().filter_map(|hop| hop.next_hop_id.as_deref()).collect();
    if ids.is_empty() { "the VPC itself".to_owned() } else { ids.join(", ") }
}
