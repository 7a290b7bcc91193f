//! How many page requests it takes at the least to see what a check has to see: counted from what stands, as its owners list
//! it, and knowing nothing of how a check goes about it.

use std::collections::BTreeSet;

use alicloud::Error;
use alicloud::ecs::Direction;
use alicloud::vpc::{DescribeVSwitches, DescribeVpcs};
use alicloud::vpc_peer::ListVpcPeerConnections;
use connection::record::Record;
use connection::words::Side;

use crate::system::System;

/// The most rows of a page, as documented: router interfaces, VPCs and vSwitches (`PageSize`), peerings and routes (`MaxResults`,
/// `MaxResult`), rules of a group (`MaxResults`).
const INTERFACES: usize = 50;
const VPCS: usize = 50;
const VSWITCHES: usize = 50;
const PEERINGS: usize = 100;
const ROUTES: usize = 100;
const RULES: usize = 1000;

/// A listing without a row is a page, too.
fn pages(rows: usize, of: usize) -> usize {
    rows.div_ceil(of).max(1)
}

/// The page requests without which these records cannot be compared with the cloud: in each account and region that has a side
/// of one all interfaces, peerings and vSwitches, for without them nobody knows what is nobody's, and all VPCs, whose ranges are
/// routed; and every table and every group that a record names.
///
/// # Errors
/// When the cloud refuses.
pub async fn unavoidable(system: &System, records: &[Record]) -> Result<usize, Error> {
    let (mut account_regions, mut tables, mut groups) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for record in records {
        for side in [Side::Initiator, Side::Acceptor] {
            let place = record.spec.place(side);
            let account_region = (place.account.to_string(), place.region_id.to_string());
            let own = record.spec.vpc_side(side);
            let named = own.iter().flat_map(|own| &own.security_groups).map(|rule| rule.security_group_id.to_string());
            groups.extend(named.map(|group| (account_region.clone(), group)));
            tables.extend(
                record.sides[&side].network.route_tables.iter().map(|table| (account_region.clone(), table.clone())),
            );
            account_regions.insert(account_region);
        }
    }
    let mut least = 0;
    for (alias, region) in &account_regions {
        let (client, region) = (system.client(alias), region.parse().expect("it is a region"));
        let vpc = client.vpc(&region);
        least += pages(vpc.all_router_interfaces(&[]).await?.len(), INTERFACES);
        least += pages(vpc.describe_vpcs(&DescribeVpcs::default()).await?.len(), VPCS);
        least += pages(vpc.describe_vswitches(&DescribeVSwitches::default()).await?.len(), VSWITCHES);
        let peerings = client.vpc_peer(&region).list_vpc_peer_connections(&ListVpcPeerConnections::default()).await?;
        least += pages(peerings.len(), PEERINGS);
    }
    for ((alias, region), table) in &tables {
        let region = region.parse().expect("it is a region");
        least += pages(system.client(alias).vpc(&region).all_route_entries(table).await?.len(), ROUTES);
    }
    for ((alias, region), group) in &groups {
        let ecs = system.client(alias).ecs(&region.parse().expect("it is a region"));
        let stand = ecs.describe_security_group_attribute(group, Some(&Direction::Ingress)).await?;
        least += pages(stand.permissions.len(), RULES);
    }
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::pages;

    #[test]
    fn a_listing_takes_as_many_pages_as_its_rows_fill_and_one_if_it_has_none() {
        assert_eq!([0, 1, 50, 51, 100, 101].map(|rows| pages(rows, 50)), [1, 1, 1, 2, 2, 3]);
    }
}
