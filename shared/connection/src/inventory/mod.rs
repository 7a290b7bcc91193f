//! What the cloud shows of an account and region, fetched once and compared with many records.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`listing`](mod@listing) | which listing, and what it lists |
//! | [`link`] | the listings that private links are compared with |
//! | [`reading`] | a listing that is read page by page |
//! | here | everything that was fetched, and finding one's own in it |
//!
//! A step says which listings it compares with; somebody fetches each of them once, for all
//! connections; the step then compares, without a call.
//!
//! What could not be looked at is never taken for missing: [`RegionInventory`] gives `None` for it, and nothing is found.

pub mod link;
pub mod listing;
pub mod reading;

use std::collections::{BTreeMap, HashMap};

use alicloud::ecs::SecurityGroupRules;
use alicloud::vpc::{Network, RouteEntry, RouterInterface, VSwitch};
use alicloud::vpc_peer::PeerConnection;

pub use link::{LinkListing, LinkListingId};
pub use listing::{AccountRegion, Listing, ListingId};

/// Everything that was fetched, by place and listing.
#[derive(Debug, Default)]
pub struct Inventory(BTreeMap<AccountRegion, BTreeMap<ListingId, ListingState>>);

/// What came of fetching one listing.
#[derive(Debug)]
enum ListingState {
    Listed(Indexed),
    Unavailable(String),
}

/// A listing, with the places of its rows by what they are looked up by.
#[derive(Debug)]
struct Indexed {
    listing: Listing,
    rows: HashMap<String, Vec<usize>>,
}

/// What is shown of one account and region.
#[derive(Debug, Clone, Copy)]
pub struct RegionInventory<'a>(Option<&'a BTreeMap<ListingId, ListingState>>);

impl Inventory {
    /// Adds a listing that was fetched to its end.
    pub fn insert(&mut self, account_region: AccountRegion, listing_id: ListingId, listing: Listing) {
        self.0.entry(account_region).or_default().insert(listing_id, ListingState::Listed(Indexed::of(listing)));
    }

    /// Notes that a listing could not be fetched, and why.
    pub fn insert_unavailable(&mut self, account_region: AccountRegion, listing_id: ListingId, why: impl Into<String>) {
        self.0.entry(account_region).or_default().insert(listing_id, ListingState::Unavailable(why.into()));
    }

    /// What is shown of `account_region`.
    #[must_use]
    pub fn at(&self, account_region: &AccountRegion) -> RegionInventory<'_> {
        RegionInventory(self.0.get(account_region))
    }

    /// Every listing that was fetched, with its place.
    pub fn seen(&self) -> impl Iterator<Item = (&AccountRegion, &ListingId, &Listing)> {
        self.0.iter().flat_map(|(account_region, listing_ids)| {
            listing_ids.iter().filter_map(move |(listing_id, sight)| match sight {
                ListingState::Listed(indexed) => Some((account_region, listing_id, &indexed.listing)),
                ListingState::Unavailable(_) => None,
            })
        })
    }
}

impl<'a> RegionInventory<'a> {
    /// Why a listing is not there to be compared with; `None` when it is.
    #[must_use]
    pub fn unavailable(self, listing_id: &ListingId) -> Option<&'a str> {
        match self.0.and_then(|listing_ids| listing_ids.get(listing_id)) {
            Some(ListingState::Listed(_)) => None,
            Some(ListingState::Unavailable(why)) => Some(why),
            None => Some("it was not fetched"),
        }
    }

    fn indexed(self, listing_id: &ListingId) -> Option<&'a Indexed> {
        match self.0?.get(listing_id)? {
            ListingState::Listed(indexed) => Some(indexed),
            ListingState::Unavailable(_) => None,
        }
    }

    /// A listing; `None` when it could not be looked at. For kinds of listing that have no lookup of their own here.
    #[must_use]
    pub fn listing(self, listing_id: &ListingId) -> Option<&'a Listing> {
        self.indexed(listing_id).map(|indexed| &indexed.listing)
    }

    /// The router interfaces on a router, or with this id; `None` when they could not be looked at.
    #[must_use]
    pub fn router_interfaces(self, router_or_id: &str) -> Option<Vec<&'a RouterInterface>> {
        let indexed = self.indexed(&ListingId::RouterInterfaces)?;
        let Listing::RouterInterfaces(all) = &indexed.listing else { return None };
        Some(indexed.at(router_or_id).map(|row| &all[row]).collect())
    }

    /// The peering connections that a VPC is part of, or with this id; `None` when they could not be looked at.
    #[must_use]
    pub fn peerings(self, vpc_or_id: &str) -> Option<Vec<&'a PeerConnection>> {
        let indexed = self.indexed(&ListingId::Peerings)?;
        let Listing::Peerings(all) = &indexed.listing else { return None };
        Some(indexed.at(vpc_or_id).map(|row| &all[row]).collect())
    }

    /// A VPC: `None` when it could not be looked at, `Some(None)` when there is no such VPC.
    #[must_use]
    pub fn vpc(self, id: &str) -> Option<Option<&'a Network>> {
        let indexed = self.indexed(&ListingId::Vpcs)?;
        let Listing::Vpcs(all) = &indexed.listing else { return None };
        Some(indexed.at(id).map(|row| &all[row]).next())
    }

    /// The vSwitches of a VPC; `None` when they could not be looked at.
    #[must_use]
    pub fn vswitches(self, vpc: &str) -> Option<Vec<&'a VSwitch>> {
        let indexed = self.indexed(&ListingId::VSwitches)?;
        let Listing::VSwitches(all) = &indexed.listing else { return None };
        Some(indexed.at(vpc).map(|row| &all[row]).collect())
    }

    /// The halves of peerings that a VPC of JD Cloud has; `None` when they could not be looked at.
    #[must_use]
    pub fn jd_peerings(self, vpc: &str) -> Option<Vec<&'a jdcloud::vpc::VpcPeering>> {
        let indexed = self.indexed(&ListingId::JdPeerings)?;
        let Listing::JdPeerings(all) = &indexed.listing else { return None };
        Some(indexed.at(vpc).map(|row| &all[row]).collect())
    }

    /// The route tables of a VPC of JD Cloud; `None` when they could not be looked at.
    #[must_use]
    pub fn jd_route_tables(self, vpc: &str) -> Option<Vec<&'a jdcloud::vpc::RouteTable>> {
        let indexed = self.indexed(&ListingId::JdRouteTables)?;
        let Listing::JdRouteTables(all) = &indexed.listing else { return None };
        Some(indexed.at(vpc).map(|row| &all[row]).collect())
    }

    /// The subnets of a VPC of JD Cloud; `None` when they could not be looked at.
    #[must_use]
    pub fn jd_subnets(self, vpc: &str) -> Option<Vec<&'a jdcloud::vpc::Subnet>> {
        let indexed = self.indexed(&ListingId::JdSubnets)?;
        let Listing::JdSubnets(all) = &indexed.listing else { return None };
        Some(indexed.at(vpc).map(|row| &all[row]).collect())
    }

    /// The security groups of a VPC of JD Cloud; `None` when they could not be looked at.
    #[must_use]
    pub fn jd_security_groups(self, vpc: &str) -> Option<Vec<&'a jdcloud::vpc::SecurityGroup>> {
        let indexed = self.indexed(&ListingId::JdSecurityGroups)?;
        let Listing::JdSecurityGroups(all) = &indexed.listing else { return None };
        Some(indexed.at(vpc).map(|row| &all[row]).collect())
    }

    /// The routes of a table: `None` when they could not be looked at, `Some(None)` when there is no such table.
    #[must_use]
    pub fn route_table(self, id: &str) -> Option<Option<&'a [RouteEntry]>> {
        match self.listing(&ListingId::RouteTable(id.to_owned()))? {
            Listing::RouteTable(routes) => Some(routes.as_deref()),
            _ => None,
        }
    }

    /// The inbound rules of a group: `None` when they could not be looked at, `Some(None)` when there is no such group.
    #[must_use]
    pub fn security_group(self, id: &str) -> Option<Option<&'a SecurityGroupRules>> {
        match self.listing(&ListingId::SecurityGroup(id.to_owned()))? {
            Listing::SecurityGroup(rules) => Some(rules.as_ref()),
            _ => None,
        }
    }
}

impl Indexed {
    fn of(listing: Listing) -> Self {
        let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
        for (row, keys) in listing.keys().into_iter().enumerate() {
            for key in keys {
                rows.entry(key).or_default().push(row);
            }
        }
        Self { listing, rows }
    }

    fn at(&self, key: &str) -> impl Iterator<Item = usize> + '_ {
        self.rows.get(key).into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests;
