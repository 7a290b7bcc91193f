//! Which VPCs there are, and who is joined with whom. Pure.
//!
//! Forty hubs, two in each account; and spokes, each joined with ten hubs of other accounts. So a hub has a fortieth of all
//! connections: at ten thousand its route table takes three pages, and a spoke's one.

use causeway_local::seed::{Provider, Seed, SeedAccount, SeedGroup, SeedVSwitch, SeedVpc};
use connection::words::Kind;
use ipnet::Ipv4Net;

/// How many accounts there are, the operator's aside.
pub const ACCOUNTS: usize = 20;
/// How many hubs there are.
pub const HUBS: usize = 2 * ACCOUNTS;
/// With how many hubs a spoke is joined.
const HUBS_OF_A_SPOKE: usize = 10;
/// The most connections for which there are addresses.
pub const MOST: usize = 20_000;
/// Each region with a zone of it.
const REGIONS: [(&str, &str); 2] = [("cn-qingdao", "cn-qingdao-b"), ("cn-beijing", "cn-beijing-h")];

/// A VPC that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpc {
    /// What people call it.
    pub name: String,
    /// The number of its account, from 0.
    pub account: usize,
    /// The region and a zone of it.
    pub place: (&'static str, &'static str),
    /// Its range, which no other has.
    pub range: Ipv4Net,
}

/// A connection that is to be: the spoke asks, the hub answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Its kind.
    pub kind: Kind,
    /// The number of the spoke.
    pub spoke: usize,
    /// The number of the hub.
    pub hub: usize,
}

/// The hub of this number.
///
/// # Panics
/// Never, for a number below [`HUBS`].
#[must_use]
pub fn hub(number: usize) -> Vpc {
    let range = format!("10.{number}.0.0/16").parse().expect("it is a range");
    Vpc { name: format!("hub-{number:02}"), account: number / 2, place: REGIONS[number % 2], range }
}

/// The spoke of this number. Its account owns none of its hubs.
///
/// # Panics
/// Never, for the spoke of one of [`MOST`] connections.
#[must_use]
pub fn spoke(number: usize) -> Vpc {
    let (second, third) = (16 + number / 256, number % 256);
    let range = format!("172.{second}.{third}.0/24").parse().expect("it is a range");
    // The hubs of a spoke are those of a quarter of all accounts; it lies in one of the others.
    let (quarter, round) = (number % 4, number / 4);
    let account = (quarter * 5 + 5 + round % 15) % ACCOUNTS;
    Vpc { name: format!("spoke-{number:04}"), account, place: REGIONS[round % 2], range }
}

/// The connection of this number.
#[must_use]
pub fn join(number: usize) -> Join {
    let kind = if (number + number / HUBS).is_multiple_of(2) { Kind::RouterInterface } else { Kind::VpcPeering };
    Join { kind, spoke: number / HUBS_OF_A_SPOKE, hub: number % HUBS }
}

/// What people call the account of this number.
#[must_use]
pub fn alias(account: usize) -> String {
    format!("team-{:02}", account + 1)
}

/// The accounts with their VPCs, in which nothing is joined yet.
#[must_use]
pub fn seed(connections: usize) -> Seed {
    let spokes = connections.div_ceil(HUBS_OF_A_SPOKE);
    let vpcs: Vec<Vpc> = (0..HUBS).map(hub).chain((0..spokes).map(spoke)).collect();
    let account = |number: usize| {
        let own = vpcs.iter().filter(|vpc| vpc.account == number).map(seeded).collect();
        SeedAccount::managed(&alias(number), &format!("{}", 3_000_000_000_000_001 + number), own)
    };
    let mut seed = Seed::tutorial();
    seed.accounts.retain(|account| account.cloud == Provider::Alicloud && account.vpcs.is_empty());
    seed.accounts.extend((0..ACCOUNTS).map(account));
    seed
}

fn seeded(vpc: &Vpc) -> SeedVpc {
    let (region, zone) = vpc.place;
    let block = Ipv4Net::new(vpc.range.network(), 24).expect("24 is a length");
    SeedVpc {
        region_id: region.to_owned(),
        name: vpc.name.clone(),
        cidr_block: vpc.range,
        vswitches: vec![SeedVSwitch { zone_id: zone.to_owned(), cidr_block: block, instances: Vec::new() }],
        security_groups: vec![SeedGroup { name: vpc.name.clone(), open_to: Vec::new() }],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_vpcs_are_joined_twice_and_none_with_one_of_its_own_account() {
        let joins: Vec<Join> = (0..MOST).map(join).collect();
        let pairs: BTreeSet<(usize, usize)> = joins.iter().map(|join| (join.spoke, join.hub)).collect();
        assert_eq!(pairs.len(), MOST);
        assert!(joins.iter().all(|join| spoke(join.spoke).account != hub(join.hub).account));
    }

    #[test]
    fn ranges_do_not_overlap_and_every_account_has_hubs_and_spokes() {
        let vpcs: Vec<Vpc> = (0..HUBS).map(hub).chain((0..MOST / HUBS_OF_A_SPOKE).map(spoke)).collect();
        let ranges: BTreeSet<Ipv4Net> = vpcs.iter().map(|vpc| vpc.range).collect();
        assert_eq!(ranges.len(), vpcs.len());
        let own = |number: usize| vpcs.iter().filter(|vpc| vpc.account == number).count();
        assert!((0..ACCOUNTS).all(|number| own(number) > 90), "{:?}", (0..ACCOUNTS).map(own).collect::<Vec<_>>());
    }
}
