//! What is to be done about the routes of a VPC, in order. Pure.
//!
//! Nothing is taken away before what replaces it stands, but for what the cloud does not let stand beside it; and no subnet
//! is bound to a table that lacks a rule it needs. Which table a subnet used is written into the record before it is bound to
//! another: that is a task of its own.

use std::collections::{BTreeMap, BTreeSet};

use connection::not_done::NotDone;
use connection::outputs::Route;
use ipnet::IpNet;
use jdcloud::vpc::{NextHopType, RouteRule, RouteRuleSpec, RouteTable};

use super::vpc_tables::{EVERYTHING, NEW, Routes, cidr, inventory};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A table is missing.
    MakeTable,
    /// Rules are missing in a table.
    Add {
        /// The table.
        table: String,
        /// The rules.
        rules: Vec<RouteRuleSpec>,
    },
    /// Subnets are to be bound, and which tables they use now is not recorded.
    Note {
        /// The table of each subnet.
        bindings: BTreeMap<String, String>,
    },
    /// Subnets are to be bound to a table.
    Bind {
        /// The table.
        table: String,
        /// The subnets.
        subnets: Vec<String>,
    },
    /// A subnet shall use another table again, or the default one.
    Restore {
        /// The subnet.
        subnet: String,
        /// The table it uses now.
        from: String,
        /// The table it used before, if that still stands.
        to: Option<String>,
    },
    /// Rules of a table are not wanted.
    Remove {
        /// The table.
        table: String,
        /// The rules.
        rules: Vec<RouteRule>,
    },
    /// A table of the connection is not wanted.
    Drop {
        /// The table.
        table: String,
    },
}

impl<'a> Routes<'a> {
    /// What is to be done so that the VPC shows what is wanted, with rules to the other side by the half `hop`. With
    /// `everywhere`, rules of this connection go from tables too that it knows nothing of: those of somebody else's copies.
    ///
    /// # Errors
    /// When something is in the way.
    pub fn tasks(&self, hop: &str, everywhere: bool) -> Result<Vec<Task>, NotDone> {
        if let Some(obstacle) = self.obstacles().into_iter().next() {
            return Err(obstacle.into());
        }
        self.refuse_overlap()?;
        let mut tasks = Vec::new();
        if self.desired.makes_table && self.made_table().is_none() {
            tasks.push(Task::MakeTable);
        }
        let mut kept = BTreeSet::new();
        for target in self.targets() {
            self.fill(target, hop, &mut kept, &mut tasks);
        }
        self.bind(&mut tasks);
        self.restore(&mut tasks);
        self.empty(&kept, everywhere, &mut tasks);
        self.drop_tables(&mut tasks)?;
        Ok(tasks)
    }

    /// The rules that the connection wants in each of its tables.
    #[must_use]
    pub fn wanted_rules(&self, hop: &str) -> Vec<RouteRuleSpec> {
        let description = self.mark.as_ref().map(|mark| mark.description().to_owned());
        let own = |rule: RouteRuleSpec| RouteRuleSpec { description: description.clone(), ..rule };
        let to_peer = self.desired.ranges.iter().map(|range| own(RouteRuleSpec::by_peering(cidr(*range), hop)));
        let to_internet = self.desired.internet.then(|| own(RouteRuleSpec::by_internet(EVERYTHING)));
        to_peer.chain(to_internet).collect()
    }

    /// The connection's own rules, for the record.
    #[must_use]
    pub fn own_rules(&self, everywhere: bool) -> Vec<Route> {
        let tables = self.view.tables.iter().filter(|table| everywhere || self.knows(table));
        let all = tables.flat_map(|table| table.rules.iter().map(move |rule| (table, rule)));
        let own = all.filter(|(_, rule)| self.owns(rule)).filter_map(|(table, rule)| {
            let Some(IpNet::V4(destination)) = rule.address_prefix.net() else { return None };
            let (route_table_id, route_entry_id) = (table.route_table_id.clone(), rule.rule_id.clone());
            Some(Route { route_table_id, destination, route_entry_id })
        });
        own.collect()
    }

    /// Which of the recorded bindings still matter: those of subnets that are, or shall be, bound by this connection.
    #[must_use]
    pub fn bindings(&self) -> BTreeMap<String, String> {
        let recorded = self.outputs.jd.as_ref().map(|jd| jd.bindings.clone()).unwrap_or_default();
        let matters = |(subnet, _): &(String, String)| {
            if self.left.contains(subnet) {
                return false;
            }
            let is_wanted = self.desired.subnets.contains(subnet);
            self.view.subnet(subnet).is_some() && (is_wanted || self.is_away(subnet))
        };
        recorded.into_iter().filter(matters).collect()
    }

    /// Whether a subnet uses a table to which this connection bound it.
    fn is_away(&self, subnet: &str) -> bool {
        let now = self.view.subnet(subnet).and_then(|found| self.view.table_of(found));
        now.is_some_and(|now| {
            self.may_have_bound_to(now) && self.table_before(subnet) != Some(now.route_table_id.as_str())
        })
    }

    /// Whether the connection has rules in a table, shall have them, or may have had them.
    fn knows(&self, table: &RouteTable) -> bool {
        let id = table.route_table_id.as_str();
        self.targets().contains(&id)
            || self.outputs.former.route_tables.contains(id)
            || self.outputs.routes.iter().any(|route| route.route_table_id == id)
            || self.owns_table(table)
    }

    fn fill(&self, target: &str, hop: &str, kept: &mut BTreeSet<String>, tasks: &mut Vec<Task>) {
        let there = self.rules(target);
        let copies = self.copies();
        let mut missing = Vec::new();
        for wanted in copies.iter().cloned().chain(self.wanted_rules(hop)) {
            let standing = there.iter().find(|rule| wanted.is_done_by(rule));
            kept.extend(standing.map(|rule| rule.rule_id.clone()));
            let is_asked = missing.iter().any(|asked: &RouteRuleSpec| leads_alike(asked, &wanted));
            // By which priority others lead to the internet is their business.
            let by_others = wanted.address_prefix == EVERYTHING
                && there.iter().any(|rule| !self.owns(rule) && leads(&wanted, rule));
            if standing.is_none() && !is_asked && !by_others {
                missing.push(wanted);
            }
        }
        let stays = |rule: &&RouteRule| kept.contains(&rule.rule_id) || !self.owns(rule);
        let clashing: Vec<_> = there
            .iter()
            .filter(|rule| !stays(rule) && missing.iter().any(|missing| clash(missing, rule)))
            .cloned()
            .collect();
        if !clashing.is_empty() {
            kept.extend(clashing.iter().map(|rule| rule.rule_id.clone()));
            tasks.push(Task::Remove { table: target.to_owned(), rules: clashing });
        }
        if !missing.is_empty() {
            tasks.push(Task::Add { table: target.to_owned(), rules: missing });
        }
        // Copies from a table that no subnet which is wanted now uses.
        if let Some(outputs) = self.made_table()
            && self.view.bound_to(&outputs.route_table_id).next().is_none()
        {
            let extra = self.needed(outputs).filter(|rule| !copies.iter().any(|copy| leads(copy, rule)));
            let rules: Vec<_> = extra.cloned().collect();
            if !rules.is_empty() {
                tasks.push(Task::Remove { table: outputs.route_table_id.clone(), rules });
            }
        }
    }

    fn bind(&self, tasks: &mut Vec<Task>) {
        let movers = self.movers();
        let Some(target) = self.targets().first().map(|target| (*target).to_owned()) else { return };
        if movers.is_empty() {
            return;
        }
        let unknown = movers.iter().filter(|(subnet, now)| match self.table_before(subnet) {
            None => true,
            Some(before) => before != now.route_table_id && !self.may_have_bound_to(now),
        });
        let bindings: BTreeMap<_, _> =
            unknown.map(|(subnet, now)| ((*subnet).to_owned(), now.route_table_id.clone())).collect();
        if !bindings.is_empty() {
            tasks.push(Task::Note { bindings });
        }
        tasks.push(Task::Bind { table: target, subnets: movers.iter().map(|(id, _)| (*id).to_owned()).collect() });
    }

    fn restore(&self, tasks: &mut Vec<Task>) {
        for (subnet, from) in self.no_longer_bound() {
            let before = self.table_before(&subnet).and_then(|before| self.view.table(before));
            tasks.push(Task::Restore { subnet, from, to: before.map(|table| table.route_table_id.clone()) });
        }
    }

    /// The subnets that this connection bound and no longer wants bound, each with the table that it uses now.
    #[must_use]
    pub fn no_longer_bound(&self) -> Vec<(String, String)> {
        let bound = self.bindings().into_keys().filter_map(|subnet| {
            let now = self.view.table_of(self.view.subnet(&subnet)?)?.route_table_id.clone();
            let stays = self.desired.subnets.contains(&subnet) || self.desired.needs_bound(&subnet, &now);
            (!stays && self.is_away(&subnet)).then_some((subnet, now))
        });
        bound.collect()
    }

    fn empty(&self, kept: &BTreeSet<String>, everywhere: bool, tasks: &mut Vec<Task>) {
        for table in self.view.tables.iter().filter(|table| everywhere || self.knows(table)) {
            let rules = table.rules.iter().filter(|rule| self.owns(rule) && !kept.contains(&rule.rule_id));
            let rules: Vec<_> = rules.cloned().collect();
            if !rules.is_empty() {
                tasks.push(Task::Remove { table: table.route_table_id.clone(), rules });
            }
        }
    }

    /// Whether somebody bound a subnet to a table, which nothing that is wanted binds elsewhere.
    pub(super) fn is_held(&self, table: &str) -> bool {
        let movers = self.movers();
        let leaves = |subnet: &str| {
            movers.iter().any(|(moved, _)| *moved == subnet)
                || (self.bindings().contains_key(subnet) && self.is_away(subnet))
        };
        self.view.bound_to(table).any(|subnet| !leaves(subnet))
    }

    /// Tables go when nothing is bound to them, or will be by then.
    fn drop_tables(&self, tasks: &mut Vec<Task>) -> Result<(), NotDone> {
        let wanted = self.made_table().map(|table| table.route_table_id.as_str());
        for table in self.own_tables() {
            let id = table.route_table_id.as_str();
            if Some(id) == wanted {
                continue;
            }
            let leaves = |subnet: &str| {
                tasks.iter().any(|task| match task {
                    Task::Bind { table, subnets } => table != id && subnets.iter().any(|moved| moved == subnet),
                    Task::Restore { subnet: moved, .. } => moved == subnet,
                    _ => false,
                })
            };
            let stays: Vec<_> = self.view.bound_to(id).filter(|subnet| !leaves(subnet)).collect();
            if stays.is_empty() {
                tasks.push(Task::Drop { table: id.to_owned() });
            } else if tasks.is_empty() {
                return Err(NotDone::failed(
                    format!(
                        "{id}, which this connection made, is to go, and somebody bound {} to it",
                        stays.join(", ")
                    ),
                    "bind them to another route table, then retry",
                ));
            }
        }
        Ok(())
    }
}

impl Task {
    /// The call that does it.
    #[must_use]
    pub fn call(&self) -> Option<&'static str> {
        match self {
            Self::MakeTable => Some("createRouteTable"),
            Self::Add { .. } => Some("addRouteTableRules"),
            Self::Note { .. } => None,
            Self::Bind { .. } | Self::Restore { to: Some(_), .. } => Some("associateRouteTable"),
            Self::Restore { to: None, .. } => Some("disassociateRouteTable"),
            Self::Remove { .. } => Some("removeRouteTableRules"),
            Self::Drop { .. } => Some("deleteRouteTable"),
        }
    }

    /// What it is about.
    #[must_use]
    pub fn resource(&self) -> String {
        match self {
            Self::MakeTable => NEW.to_owned(),
            Self::Add { table, .. } | Self::Remove { table, .. } | Self::Drop { table } => table.clone(),
            Self::Note { bindings } => bindings.keys().cloned().collect::<Vec<_>>().join(", "),
            Self::Bind { subnets, .. } => subnets.join(", "),
            Self::Restore { subnet, .. } => subnet.clone(),
        }
    }

    /// What is waited for once it is done.
    #[must_use]
    pub fn awaited(&self) -> String {
        match self {
            Self::MakeTable => "the route table that was made to be listed".to_owned(),
            Self::Add { table, .. } => format!("the rules added to {table} to be listed"),
            Self::Note { .. } => "the record to remember which route tables the subnets use".to_owned(),
            Self::Bind { table, subnets } => format!("{} to be bound to {table}", subnets.join(", ")),
            Self::Restore { subnet, from, .. } => format!("{subnet} to be no longer bound to {from}"),
            Self::Remove { table, .. } => format!("the rules removed from {table} to be gone"),
            Self::Drop { table } => format!("{table} to be gone"),
        }
    }

    /// What it does, in words.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::MakeTable => "it is made".to_owned(),
            Self::Add { rules, .. } => {
                let rules = rules.iter().map(|rule| format!("{} by {}", rule.address_prefix, rule.next_hop_id));
                format!("it gets the rules {}", rules.collect::<Vec<_>>().join(", "))
            }
            Self::Note { bindings } => {
                let bound = bindings.iter().map(|(subnet, table)| format!("{subnet} uses {table}"));
                format!("the record remembers that {}", bound.collect::<Vec<_>>().join(", "))
            }
            Self::Bind { table, .. } => format!("bound to {table}"),
            Self::Restore { from, to: Some(to), .. } => format!("bound to {to} again instead of {from}"),
            Self::Restore { from, to: None, .. } => format!("unbound from {from}: it falls back to the default table"),
            Self::Remove { rules, .. } => {
                format!("the rules {} go", rules.iter().map(inventory).collect::<Vec<_>>().join(", "))
            }
            Self::Drop { .. } => "it is deleted".to_owned(),
        }
    }
}

/// Whether the cloud lets no rule stand beside one that is wanted: the internet shares a range with nothing else.
fn clash(wanted: &RouteRuleSpec, rule: &RouteRule) -> bool {
    let is_internet = |kind: &NextHopType| *kind == NextHopType::Internet;
    wanted.address_prefix == rule.address_prefix
        && is_internet(&wanted.next_hop_type) != is_internet(&rule.next_hop_type)
}

/// Whether a rule leads where one that is wanted would.
fn leads(wanted: &RouteRuleSpec, rule: &RouteRule) -> bool {
    wanted.next_hop_type == rule.next_hop_type
        && rule.next_hop_id.as_ref() == Some(&wanted.next_hop_id)
        && wanted.address_prefix == rule.address_prefix
}

fn leads_alike(one: &RouteRuleSpec, other: &RouteRuleSpec) -> bool {
    one.next_hop_type == other.next_hop_type
        && one.next_hop_id == other.next_hop_id
        && one.address_prefix == other.address_prefix
}
