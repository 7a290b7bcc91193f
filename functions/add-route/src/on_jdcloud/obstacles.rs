//! What stands in the way of the wanted routes. Pure; asked before a connection is accepted, and again before anything is
//! changed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use connection::mark::{Maker, Mark};
use connection::not_done::NotDone;
use connection::overlap::{Overlap, overlaps};
use ipnet::{IpNet, Ipv4Net};
use jdcloud::vpc::{AssociateType, Cidr, NextHopType, RouteRule, RouteRuleSpec, RouteTable};

use super::vpc_tables::{EVERYTHING, Routes, cidr, inventory};

/// One thing in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The field of the side that it concerns.
    pub field: &'static str,
    /// What it is.
    pub what: String,
    /// What to do.
    pub advice: Cow<'static, str>,
}

impl From<Obstacle> for NotDone {
    fn from(obstacle: Obstacle) -> Self {
        Self::failed(obstacle.what, obstacle.advice)
    }
}

const REMOVE_RULE: &str = "remove that rule if nobody needs it";
const LEAVE_OUT: &str = "remove that rule if nobody needs it, or name cidr_blocks of the other side that leave it out";
const ONE_TABLE: &str =
    "name subnets that use one table, or name a route_table that has what they need; or change the tables";

impl<'a> Routes<'a> {
    /// Everything in the way of what is wanted.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let mut found = self.missing_things();
        if !found.is_empty() {
            return found;
        }
        found.extend(self.of_other_connections());
        for target in self.targets() {
            let foreign = self.foreign(target);
            for range in &self.desired.ranges {
                let same = foreign.iter().filter(|rule| rule.address_prefix == cidr(*range));
                found.extend(same.map(|rule| match self.maker(rule) {
                    Some(maker) => {
                        let overlap = Overlap { connection: maker.connection, theirs: *range, wanted: *range };
                        overlapping(target, &overlap)
                    }
                    None => Obstacle {
                        field: "vpc_id",
                        what: format!(
                            "the rule {} stands in {target} already; it is not this connection's",
                            inventory(rule)
                        ),
                        advice: REMOVE_RULE.into(),
                    },
                }));
            }
            let other_way =
                |rule: &&&RouteRule| rule.address_prefix == EVERYTHING && rule.next_hop_type != NextHopType::Internet;
            if let Some(rule) = foreign.iter().find(other_way).filter(|_| self.desired.internet) {
                found.push(Obstacle {
                    field: "internet_route",
                    what: format!(
                        "the rule {} stands in {target}, and the cloud allows none by the internet beside it",
                        inventory(rule)
                    ),
                    advice: "leave internet_route out, or remove that rule".into(),
                });
            }
        }
        found.extend(if self.desired.makes_table { self.not_to_be_copied() } else { self.lost() });
        found
    }

    /// Tables that other connections made: they go with those, so this one cannot build on them.
    fn of_other_connections(&self) -> Vec<Obstacle> {
        let movers = self.movers().into_iter().map(|(_, table)| table);
        let targets = self.targets().into_iter().filter_map(|id| self.view.table(id));
        let mut seen = BTreeSet::new();
        let others =
            movers.chain(targets).filter(|table| self.is_of_another(table) && seen.insert(&table.route_table_id));
        let field = if self.desired.subnets.is_empty() { "vpc_id" } else { "subnet_ids" };
        let obstacle = |table: &RouteTable| Obstacle {
            field,
            what: format!(
                "subnets use {}, which another connection made and deletes when it goes",
                table.route_table_id
            ),
            advice: "make a route table of your own, and name it as route_table in both connections".into(),
        };
        others.map(obstacle).collect()
    }

    /// Rules that would take a part of the traffic to the other side, and those of other connections from which a wanted one would.
    /// Whoever adds one later may mean it.
    #[must_use]
    pub fn crossing(&self) -> Vec<Obstacle> {
        let mut found = Vec::new();
        for target in self.targets() {
            for rule in self.foreign(target).into_iter().filter(|rule| self.maker(rule).is_none()) {
                let Some(IpNet::V4(to)) = rule.address_prefix.net() else { continue };
                let takes = |range: &&Ipv4Net| range.contains(&to) && to.prefix_len() > range.prefix_len();
                if let Some(range) = self.desired.ranges.iter().find(takes) {
                    found.push(Obstacle {
                        field: "vpc_id",
                        what: format!("the rule {} in {target} would take traffic meant for {range}", inventory(rule)),
                        advice: LEAVE_OUT.into(),
                    });
                }
            }
            found.extend(self.overlapping(target, &self.desired.ranges));
        }
        found
    }

    /// Another connection may have come first since this one was accepted. What stands already is not held against it.
    ///
    /// # Errors
    /// When a rule that is to be added meets one of another connection.
    pub(super) fn refuse_overlap(&self) -> Result<(), NotDone> {
        for target in self.targets() {
            let stands = |range: &&Ipv4Net| {
                self.rules(target).iter().any(|rule| self.owns(rule) && rule.address_prefix == cidr(**range))
            };
            let missing: Vec<Ipv4Net> = self.desired.ranges.iter().filter(|range| !stands(range)).copied().collect();
            if let Some(obstacle) = self.overlapping(target, &missing).into_iter().next() {
                return Err(obstacle.into());
            }
        }
        Ok(())
    }

    /// Rules of other connections in a table, or to be copied into it, that meet these ranges and are not allowed to. One to the
    /// very range is told by [`obstacles`](Self::obstacles).
    fn overlapping(&self, target: &'a str, ranges: &[Ipv4Net]) -> Vec<Obstacle> {
        let foreign = self.foreign(target).into_iter();
        let others: Vec<_> = foreign
            .filter_map(|rule| match rule.address_prefix.net() {
                Some(IpNet::V4(to)) => Some((rule.description.as_deref().unwrap_or_default(), to)),
                _ => None,
            })
            .collect();
        let overlaps = overlaps(others.iter().copied(), self.mark.as_ref(), ranges, &self.desired.overlaps_with);
        overlaps.filter(|one| one.theirs != one.wanted).map(|one| overlapping(target, &one)).collect()
    }

    /// The other connection that made a rule.
    pub(super) fn maker(&self, rule: &RouteRule) -> Option<Maker> {
        let text = rule.description.as_deref()?;
        self.mark.as_ref().map_or_else(|| Mark::maker(text), |mark| mark.other_on(text))
    }

    /// Tables and subnets that are named and are not there.
    fn missing_things(&self) -> Vec<Obstacle> {
        let mut found = Vec::new();
        for id in &self.desired.tables {
            let what = match self.view.table(id) {
                None => format!("the VPC has no route table {id}"),
                Some(table) if table.associate_type == Some(AssociateType::Gateway) => {
                    format!("route table {id} is for gateways, not for subnets")
                }
                Some(_) => continue,
            };
            found.push(Obstacle { field: "route_table", what, advice: "name another route table".into() });
        }
        let unknown = self.desired.subnets.iter().filter(|id| self.view.subnet(id).is_none());
        found.extend(unknown.map(|id| Obstacle {
            field: "subnet_ids",
            what: format!("the VPC has no subnet {id}"),
            advice: "name other subnets".into(),
        }));
        found
    }

    /// The rules of others that stand in a table, or would be copied into it.
    fn foreign(&self, target: &'a str) -> Vec<&'a RouteRule> {
        let standing = self.view.table(target).map(|table| self.needed(table)).into_iter().flatten();
        let movers = if self.desired.makes_table { self.movers() } else { Vec::new() };
        let mut seen = BTreeSet::new();
        let tables = movers.into_iter().map(|(_, table)| table).filter(|table| seen.insert(&table.route_table_id));
        let mut foreign: Vec<&RouteRule> = standing.collect();
        for rule in tables.flat_map(|table| self.needed(table)) {
            // A copy that stands is not told of twice.
            if !foreign.iter().any(|known| does(known, rule)) {
                foreign.push(rule);
            }
        }
        foreign
    }

    /// Why a table with copies cannot take the place of those that the subnets use.
    fn not_to_be_copied(&self) -> Vec<Obstacle> {
        let movers = self.movers();
        let mut found = Vec::new();
        let mut tables: Vec<&RouteTable> = Vec::new();
        for (subnet, table) in movers {
            if tables.iter().any(|known| known.route_table_id == table.route_table_id) {
                continue;
            }
            let cannot = |rule: &&RouteRule| {
                RouteRuleSpec::copy_of(rule).is_none()
                    || matches!(rule.address_prefix, Cidr::Unknown(_))
                    || self.view.is_dead(rule)
            };
            found.extend(self.needed(table).filter(cannot).map(|rule| {
                Obstacle {
                    field: "subnet_ids",
                    what: format!(
                        "the rule {} of {}, which {subnet} uses, cannot be copied{}",
                        inventory(rule),
                        table.route_table_id,
                        if self.view.is_dead(rule) { ": that peering is gone" } else { "" }
                    ),
                    advice: if self.view.is_dead(rule) {
                        "remove that rule if nobody needs it, or leave subnet_ids out"
                    } else {
                        "name a route_table that has such a rule, or leave subnet_ids out"
                    }
                    .into(),
                }
            }));
            if let Some(other) = tables.first().filter(|other| !self.is_alike(other, table)) {
                found.push(Obstacle {
                    field: "subnet_ids",
                    what: format!(
                        "the subnets use route tables with different rules ({} and {}), so one table cannot do for all",
                        other.route_table_id, table.route_table_id
                    ),
                    advice: ONE_TABLE.into(),
                });
            }
            tables.push(table);
        }
        // A table with subnets has what those need. Others would gain, or lose, what they have not.
        if let (Some(outputs), Some(table)) = (self.made_table(), tables.first())
            && self.view.bound_to(&outputs.route_table_id).next().is_some()
            && !self.is_alike(outputs, table)
        {
            found.push(Obstacle {
                field: "subnet_ids",
                what: format!(
                    "{}, which this connection made, no longer has the same rules as {}",
                    outputs.route_table_id, table.route_table_id
                ),
                advice: ONE_TABLE.into(),
            });
        }
        found
    }

    fn is_alike(&self, one: &'a RouteTable, other: &'a RouteTable) -> bool {
        let all_in = |these: &'a RouteTable, those: &'a RouteTable| {
            self.needed(these).all(|rule| self.needed(those).any(|known| does(rule, known)))
        };
        all_in(one, other) && all_in(other, one)
    }

    /// What subnets would lose in a table that is named.
    fn lost(&self) -> Vec<Obstacle> {
        let targets = self.targets();
        let Some(target) = targets.first() else { return Vec::new() };
        let there = self.rules(target);
        let mut found = Vec::new();
        for (subnet, table) in self.movers() {
            for rule in self.needed(table) {
                let is_for_all = rule.address_prefix == EVERYTHING
                    && rule.next_hop_type == NextHopType::Internet
                    && self.desired.internet;
                if !is_for_all && !there.iter().any(|known| does(known, rule)) {
                    found.push(Obstacle {
                        field: "route_table",
                        what: format!("bound to {target}, {subnet} would lose the rule {}", inventory(rule)),
                        advice:
                            "add that rule to the route table, or leave route_table out to have one made with copies"
                                .into(),
                    });
                }
            }
        }
        found
    }
}

fn overlapping(target: &str, overlap: &Overlap) -> Obstacle {
    Obstacle { field: "vpc_id", what: format!("in {target} {overlap}"), advice: overlap.advice("other side").into() }
}

/// Whether two rules lead the same range the same way.
fn does(one: &RouteRule, other: &RouteRule) -> bool {
    let key = |rule: &RouteRule| (rule.next_hop_type.clone(), rule.next_hop_id.clone(), rule.address_prefix.clone());
    key(one) == key(other)
}
