//! The two networks: do they exist, and can addresses of one be told from addresses of the other?

use alicloud::vpc::{Cidr, DescribeRouteTableList, NetworkStatus, RouteTableType, Vpc};
use connection::halt::Halt;
use connection::record::Network;
use connection::spec::VpcSide;
use connection::words::Side;
use ipnet::{IpNet, Ipv4Net};

use super::Trouble;
use connection::problem::Problem;

/// Carrier-grade NAT, which the cloud uses for itself (RFC 6598).
const CLOUD_OWN: &str = "100.64.0.0/10";

/// Looks a side's network up.
pub async fn look_up(side: Side, place: &VpcSide, vpc: &Vpc) -> Result<Network, Trouble> {
    let pointer = format!("/{side}/vpc_id");
    let trouble = |error: alicloud::Error| Trouble::of(pointer.clone(), Halt::from(error));
    let problem = |detail: String| Trouble::Problem(Problem::at(pointer.clone(), detail));
    let id = place.vpc_id.as_str();
    let found = vpc
        .network(id)
        .await
        .map_err(trouble)?
        .ok_or_else(|| problem(format!("account {} has no VPC {id} in {}", place.account, place.region_id)))?;
    if found.status != NetworkStatus::Available {
        return Err(problem(format!("the VPC is {}, not Available; try again when it is", found.status)));
    }
    let router_id =
        found.vrouter_id.clone().ok_or_else(|| problem("the cloud does not tell the VPC's router".to_owned()))?;
    let tables = DescribeRouteTableList {
        vpc_id: Some(id.to_owned()),
        router_id: Some(router_id.clone()),
        route_table_type: Some(RouteTableType::System),
        route_table_id: None,
    };
    let tables = vpc.describe_route_table_list(&tables).await.map_err(trouble)?;
    // A cloud that ignores the filter lists custom tables as well.
    let system = tables.into_iter().find(|table| table.route_table_type == Some(RouteTableType::System));
    let system = system.ok_or_else(|| problem("the VPC has no system route table".to_owned()))?;
    let mut cidr_blocks = Vec::new();
    for cidr in found.cidrs() {
        match cidr {
            Cidr::Net(IpNet::V4(net)) => cidr_blocks.push(net.trunc()),
            Cidr::Net(IpNet::V6(_)) => {}
            other => return Err(problem(format!("the VPC's range {other} does not read"))),
        }
    }
    Ok(Network { cidr_blocks, router_id, route_table_id: system.route_table_id })
}

/// What stands against routing the two networks to each other.
pub fn conflicts(initiator: &Network, acceptor: &Network) -> Vec<Problem> {
    let mut problems = Vec::new();
    if initiator.router_id == acceptor.router_id {
        problems.push(Problem::at("/acceptor/vpc_id", "both sides are the same VPC"));
        return problems;
    }
    let cloud_own: Ipv4Net = CLOUD_OWN.parse().expect("a constant range");
    for (side, network) in [("initiator", initiator), ("acceptor", acceptor)] {
        for block in network.cidr_blocks.iter().filter(|block| overlap(block, &cloud_own)) {
            let detail =
                format!("{block} lies in {CLOUD_OWN}, which the cloud uses for itself; it cannot be routed to");
            problems.push(Problem::at(format!("/{side}/vpc_id"), detail));
        }
    }
    for own in &initiator.cidr_blocks {
        for other in acceptor.cidr_blocks.iter().filter(|other| overlap(own, other)) {
            let detail =
                format!("its range {other} overlaps {own} of the initiator's VPC; addresses there would be ambiguous");
            problems.push(Problem::at("/acceptor/vpc_id", detail));
        }
    }
    problems
}

/// Whether two ranges have an address in common. Ranges nest or are apart; they never cross.
pub fn overlap(one: &Ipv4Net, other: &Ipv4Net) -> bool {
    one.contains(other) || other.contains(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(router: &str, blocks: &[&str]) -> Network {
        Network {
            cidr_blocks: blocks.iter().map(|block| block.parse().unwrap()).collect(),
            router_id: router.to_owned(),
            route_table_id: "vtb".to_owned(),
        }
    }

    #[test]
    fn secondary_ranges_count_when_looking_for_overlaps() {
        let one = network("vrt-1", &["192.168.0.0/16", "10.0.0.0/16"]);
        let two = network("vrt-2", &["172.16.0.0/16", "10.0.128.0/24"]);
        let problems = conflicts(&one, &two);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].detail.contains("10.0.128.0/24"), "{problems:?}");
        assert!(conflicts(&one, &network("vrt-2", &["172.16.0.0/16", "10.1.0.0/16"])).is_empty());
    }

    #[test]
    fn the_clouds_own_range_and_a_vpc_with_itself_are_refused() {
        let own = network("vrt-1", &["192.168.0.0/16"]);
        assert_eq!(conflicts(&own, &network("vrt-2", &["100.100.0.0/16"])).len(), 1);
        assert_eq!(conflicts(&own, &own.clone()).len(), 1);
    }
}
