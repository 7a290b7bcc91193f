//! Which listing, and what it lists.
//!
//! A new listing is a variant of [`ListingId`] and of [`Listing`], an arm in [`Listing::absorb`] and one in
//! `engine::fetch::page`.

use std::fmt;

use alicloud::ecs::SecurityGroupRules;
use alicloud::vpc::{Network, RouteEntry, RouterInterface, VSwitch};
use alicloud::vpc_peer::PeerConnection;
use jdcloud::vpc::{RouteTable, SecurityGroup, Subnet, VpcPeering};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::link::{LinkListing, LinkListingId};
use crate::words::{AccountAlias, RegionId};

/// Where a listing is taken: an account and a region of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRegion {
    /// The account, by its alias.
    pub account: AccountAlias,
    /// The region.
    pub region: RegionId,
}

/// One listing of an account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "of", content = "id", rename_all = "kebab-case")]
pub enum ListingId {
    /// All router interfaces.
    RouterInterfaces,
    /// All peering connections, asked for or answered.
    Peerings,
    /// All VPCs.
    Vpcs,
    /// All vSwitches.
    #[serde(rename = "vswitches")]
    VSwitches,
    /// The routes of one table.
    RouteTable(String),
    /// The inbound rules of one security group.
    SecurityGroup(String),
    /// All halves of peerings, on JD Cloud.
    JdPeerings,
    /// All route tables with their rules, on JD Cloud.
    JdRouteTables,
    /// All subnets, on JD Cloud.
    JdSubnets,
    /// All security groups with their rules, on JD Cloud.
    JdSecurityGroups,
    /// What private links are compared with.
    Link(LinkListingId),
}

/// What a listing lists, whole or as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "rows", rename_all = "kebab-case")]
pub enum Listing {
    /// Router interfaces.
    RouterInterfaces(Vec<RouterInterface>),
    /// Peering connections.
    Peerings(Vec<PeerConnection>),
    /// VPCs.
    Vpcs(Vec<Network>),
    /// vSwitches.
    #[serde(rename = "vswitches")]
    VSwitches(Vec<VSwitch>),
    /// The routes of a table; `None` when there is no such table.
    RouteTable(Option<Vec<RouteEntry>>),
    /// The inbound rules of a group; `None` when there is no such group.
    SecurityGroup(Option<SecurityGroupRules>),
    /// Halves of peerings.
    JdPeerings(Vec<VpcPeering>),
    /// Route tables with their rules.
    JdRouteTables(Vec<RouteTable>),
    /// Subnets.
    JdSubnets(Vec<Subnet>),
    /// Security groups with their rules.
    JdSecurityGroups(Vec<SecurityGroup>),
    /// What private links are compared with.
    Link(LinkListing),
}

impl Listing {
    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::RouterInterfaces(rows) => rows.len(),
            Self::Peerings(rows) => rows.len(),
            Self::Vpcs(rows) => rows.len(),
            Self::VSwitches(rows) => rows.len(),
            Self::RouteTable(rows) => rows.as_ref().map_or(0, Vec::len),
            Self::SecurityGroup(rules) => rules.as_ref().map_or(0, |rules| rules.permissions.len()),
            Self::JdPeerings(rows) => rows.len(),
            Self::JdRouteTables(rows) => rows.len(),
            Self::JdSubnets(rows) => rows.len(),
            Self::JdSecurityGroups(rows) => rows.len(),
            Self::Link(listing) => listing.len(),
        }
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the rows of the next page. Rows that were listed already, as where the listing moved between two pages, are
    /// dropped. Pages of different listings do not mix: then nothing is added.
    pub fn absorb(&mut self, page: Self) {
        match (self, page) {
            (Self::RouterInterfaces(rows), Self::RouterInterfaces(more)) => {
                add(rows, more, |row| Some(&row.router_interface_id));
            }
            (Self::Peerings(rows), Self::Peerings(more)) => add(rows, more, |row| Some(&row.instance_id)),
            (Self::Vpcs(rows), Self::Vpcs(more)) => add(rows, more, |row| Some(&row.vpc_id)),
            (Self::VSwitches(rows), Self::VSwitches(more)) => add(rows, more, |row| Some(&row.vswitch_id)),
            (Self::RouteTable(Some(rows)), Self::RouteTable(Some(more))) => {
                add(rows, more, |row| row.route_entry_id.as_ref());
            }
            (Self::SecurityGroup(Some(rules)), Self::SecurityGroup(Some(more))) => {
                add(&mut rules.permissions, more.permissions, |row| row.security_group_rule_id.as_ref());
            }
            (Self::JdPeerings(rows), Self::JdPeerings(more)) => add(rows, more, |row| Some(&row.vpc_peering_id)),
            (Self::JdRouteTables(rows), Self::JdRouteTables(more)) => add(rows, more, |row| Some(&row.route_table_id)),
            (Self::JdSubnets(rows), Self::JdSubnets(more)) => add(rows, more, |row| Some(&row.subnet_id)),
            (Self::JdSecurityGroups(rows), Self::JdSecurityGroups(more)) => {
                add(rows, more, |row| Some(&row.network_security_group_id));
            }
            (Self::Link(listing), Self::Link(more)) => listing.absorb(more),
            _ => {}
        }
    }

    /// By what each row is looked up.
    pub(super) fn keys(&self) -> Vec<Vec<String>> {
        match self {
            Self::RouterInterfaces(rows) => rows
                .iter()
                .map(|row| row.router_id.iter().chain([&row.router_interface_id]).cloned().collect())
                .collect(),
            Self::Peerings(rows) => {
                let keys = |row: &PeerConnection| {
                    let vpcs = [&row.vpc, &row.accepting_vpc].into_iter().flatten();
                    let mut keys: Vec<String> = vpcs.filter_map(|vpc| vpc.vpc_id.clone()).collect();
                    keys.push(row.instance_id.clone());
                    keys.dedup();
                    keys
                };
                rows.iter().map(keys).collect()
            }
            Self::Vpcs(rows) => rows.iter().map(|row| vec![row.vpc_id.clone()]).collect(),
            Self::VSwitches(rows) => rows.iter().map(|row| row.vpc_id.iter().cloned().collect()).collect(),
            Self::JdPeerings(rows) => rows.iter().map(|row| vec![row.own.vpc_id.clone()]).collect(),
            Self::JdRouteTables(rows) => rows.iter().map(|row| row.vpc_id.iter().cloned().collect()).collect(),
            Self::JdSubnets(rows) => rows.iter().map(|row| row.vpc_id.iter().cloned().collect()).collect(),
            Self::JdSecurityGroups(rows) => rows.iter().map(|row| row.vpc_id.iter().cloned().collect()).collect(),
            Self::Link(listing) => listing.keys(),
            Self::RouteTable(_) | Self::SecurityGroup(_) => Vec::new(),
        }
    }
}

/// A row without an id cannot be told from another and is always added.
fn add<T>(rows: &mut Vec<T>, more: Vec<T>, id: impl Fn(&T) -> Option<&String>) {
    let known: std::collections::HashSet<String> = rows.iter().filter_map(&id).cloned().collect();
    rows.extend(more.into_iter().filter(|row| id(row).is_none_or(|id| !known.contains(id))));
}

impl fmt::Display for AccountRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of account {}", self.region, self.account)
    }
}

impl fmt::Display for ListingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RouterInterfaces => f.write_str("router interfaces"),
            Self::Peerings => f.write_str("peering connections"),
            Self::Vpcs => f.write_str("VPCs"),
            Self::VSwitches => f.write_str("vSwitches"),
            Self::RouteTable(id) => write!(f, "routes of {id}"),
            Self::SecurityGroup(id) => write!(f, "rules of {id}"),
            Self::JdPeerings => f.write_str("halves of peerings"),
            Self::JdRouteTables => f.write_str("route tables"),
            Self::JdSubnets => f.write_str("subnets"),
            Self::JdSecurityGroups => f.write_str("security groups"),
            Self::Link(listing_id) => listing_id.fmt(f),
        }
    }
}
