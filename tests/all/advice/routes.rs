//! Routes and vSwitches.

use alicloud::vpc::{
    CreateRouteEntry, CreateVSwitch, DeleteRouteEntry, DescribeRouteEntryList, NextHopType, RouteType,
};
use alicloud::{Call, Error};
use causeway_local::vpc::Settings;
use causeway_tests::system::System;

use super::interfaces::Pair;
use super::{settle, stories, vpc, vpc_client};

stories! { Call;
    CreateRouteEntry "TaskConflict" Busy "Another change of this VPC's routes or vSwitches is under way" => two_at_once;
    CreateRouteEntry "QuotaExceeded" Quota "Delete routes, join several ranges into one" => a_full_table;
    CreateRouteEntry "InvalidNextHopId.NotFound" Refused "one's own router interface" => the_other_side_as_next_hop;
    CreateRouteEntry "InvalidRouteTableId.NotFound" Refused
        "This route table does not exist in this region of this account." => a_table_of_somebody_else;
    CreateRouteEntry "InvalidCidrBlock" Refused "must not equal or lie inside a range" => a_range_of_ones_own;
    CreateRouteEntry "InvalidCIDRBlock.Duplicate" AlreadyThere "if somebody else made it, delete it or adopt it" => a_route_that_is_there;
    DeleteRouteEntry "InvalidRouteEntry.NotFound" Gone "The route is not there any more" => a_route_that_is_gone;
    DeleteRouteEntry "InvalidNextHop" Refused "leads to another next hop" => a_route_that_leads_elsewhere;
    DeleteRouteEntry "OperationDenied" Refused "This is a route of the system" => a_route_of_the_system;
    DescribeRouteEntryList "InvalidRouteTableId.NotFound" Gone "somebody may have deleted it" => a_table_that_is_gone;
    CreateVSwitch "InvalidCidrBlock.Overlapped" Refused "Choose a free one" => a_range_that_is_taken;
    CreateVSwitch "InvalidCidrBlock.Malformed" Refused "inside a range of its VPC" => a_range_with_host_bits;
    CreateVSwitch "QuotaExceeded.VSwitch" Quota "as many vSwitches as it may" => a_full_vpc;
    DeleteVSwitch "InvalidVSwitchId.NotFound" Gone "The vSwitch is not there any more" => a_vswitch_that_is_gone;
    DeleteVSwitch "DependencyViolation" Busy "Something is still in the vSwitch" => a_vswitch_in_use;
}

fn request(system: &System, destination: &str, next_hop: &str) -> CreateRouteEntry {
    CreateRouteEntry {
        route_table_id: vpc(system, "a").route_table_id.clone(),
        destination: destination.parse().unwrap(),
        next_hop_type: if next_hop.starts_with("ri-") { NextHopType::RouterInterface } else { NextHopType::VpcPeer },
        next_hop_id: next_hop.to_owned(),
        name: None,
        description: None,
        client_token: system.token(),
    }
}

/// A route of `a` in its VPC's own table, by this next hop.
pub(super) async fn made(system: &System, destination: &str, next_hop: &str) -> Result<DeleteRouteEntry, Error> {
    let request = request(system, destination, next_hop);
    let id = vpc_client(system, "a").create_route_entry(&request).await?;
    settle().await;
    Ok(DeleteRouteEntry::ById(id.unwrap()))
}

/// Deletes a route of `a`.
pub(super) async fn deleted(system: &System, route: &DeleteRouteEntry) {
    vpc_client(system, "a").delete_route_entry(route).await.unwrap();
    settle().await;
}

async fn two_at_once(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let vpc = vpc_client(system, "a");
    vpc.create_route_entry(&request(system, "172.16.0.0/24", pair.initiator())).await.unwrap();
    let refused = made(system, "172.16.1.0/24", pair.initiator()).await.unwrap_err();
    settle().await;
    made(system, "172.16.1.0/24", pair.initiator()).await.unwrap();
    refused
}

async fn a_full_table(system: &System) -> Error {
    let vpcs = system.cloud.vpc();
    vpcs.set_settings(Settings { routes_per_table: 1, ..vpcs.settings() });
    let pair = Pair::active(system).await;
    let narrow = made(system, "172.16.0.0/24", pair.initiator()).await.unwrap();
    let refused = made(system, "172.16.1.0/24", pair.initiator()).await.unwrap_err();
    deleted(system, &narrow).await;
    made(system, "172.16.0.0/23", pair.initiator()).await.unwrap();
    refused
}

async fn the_other_side_as_next_hop(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let refused = made(system, "172.16.0.0/16", pair.acceptor()).await.unwrap_err();
    made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    refused
}

async fn a_table_of_somebody_else(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let route_table_id = vpc(system, "b").route_table_id.clone();
    let stray = CreateRouteEntry { route_table_id, ..request(system, "172.16.0.0/16", pair.initiator()) };
    let refused = vpc_client(system, "a").create_route_entry(&stray).await.unwrap_err();
    made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    refused
}

async fn a_range_of_ones_own(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let refused = made(system, "192.168.0.0/25", pair.initiator()).await.unwrap_err();
    made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    refused
}

async fn a_route_that_is_there(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let old = made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    let refused = made(system, "172.16.0.0/16", pair.initiator()).await.unwrap_err();
    let table = &vpc(system, "a").route_table_id;
    let routes = vpc_client(system, "a").all_route_entries(table).await.unwrap();
    assert!(routes.iter().any(|route| route.leads_to(pair.initiator())));
    deleted(system, &old).await;
    made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    refused
}

async fn a_route_that_is_gone(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let route = made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    deleted(system, &route).await;
    let refused = vpc_client(system, "a").delete_route_entry(&route).await.unwrap_err();
    let routes = vpc_client(system, "a").all_route_entries(&vpc(system, "a").route_table_id).await.unwrap();
    assert!(!routes.iter().any(|route| route.leads_to(pair.initiator())));
    refused
}

async fn a_route_that_leads_elsewhere(system: &System) -> Error {
    let pair = Pair::active(system).await;
    made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    let by = |next_hop_id: &str| DeleteRouteEntry::ByWay {
        route_table_id: vpc(system, "a").route_table_id.clone(),
        destination: "172.16.0.0/16".parse().unwrap(),
        next_hop_id: next_hop_id.to_owned(),
    };
    let refused = vpc_client(system, "a").delete_route_entry(&by(pair.acceptor())).await.unwrap_err();
    let routes = vpc_client(system, "a").all_route_entries(&vpc(system, "a").route_table_id).await.unwrap();
    let route = routes.iter().find(|route| route.route_type == Some(RouteType::Custom)).unwrap();
    deleted(system, &by(route.next_hops[0].next_hop_id.as_ref().unwrap())).await;
    refused
}

async fn a_route_of_the_system(system: &System) -> Error {
    let (vpc, table) = (vpc_client(system, "a"), &vpc(system, "a").route_table_id);
    let routes = vpc.all_route_entries(table).await.unwrap();
    let of_system = routes.iter().find(|route| route.route_type == Some(RouteType::System)).unwrap();
    let id = of_system.route_entry_id.clone().unwrap();
    let refused = vpc.delete_route_entry(&DeleteRouteEntry::ById(id)).await.unwrap_err();
    assert_eq!(vpc.all_route_entries(table).await.unwrap().len(), routes.len());
    refused
}

async fn a_table_that_is_gone(system: &System) -> Error {
    let (own, region) = (vpc(system, "a"), ("RegionId", vpc(system, "a").region_id.as_str()));
    let by_hand = async |action: &str, it: (&str, &str)| {
        system.raw(system.account("a"), "2016-04-28", action, &[region, it]).await
    };
    let made = by_hand("CreateRouteTable", ("VpcId", &own.vpc_id)).await;
    let table = made["RouteTableId"].as_str().unwrap();
    settle().await;
    by_hand("DeleteRouteTable", ("RouteTableId", table)).await;
    settle().await;
    let page = DescribeRouteEntryList { route_table_id: table.to_owned(), max_result: 100, next_token: None };
    let vpc = vpc_client(system, "a");
    let refused = vpc.describe_route_entry_list(&page).await.unwrap_err();
    let left = vpc.network(&own.vpc_id).await.unwrap().unwrap().route_table_ids;
    assert_eq!(left, std::slice::from_ref(&own.route_table_id));
    refused
}

async fn vswitch(system: &System, range: &str) -> Result<String, Error> {
    let own = vpc(system, "a");
    let request = CreateVSwitch {
        vpc_id: own.vpc_id.clone(),
        zone_id: own.vswitches[0].zone_id.clone(),
        cidr_block: range.parse().unwrap(),
        name: None,
        description: None,
        client_token: system.token(),
    };
    let id = vpc_client(system, "a").create_vswitch(&request).await?;
    settle().await;
    Ok(id)
}

async fn a_range_that_is_taken(system: &System) -> Error {
    let refused = vswitch(system, "192.168.0.0/25").await.unwrap_err();
    vswitch(system, "192.168.9.0/24").await.unwrap();
    refused
}

async fn a_range_with_host_bits(system: &System) -> Error {
    let refused = vswitch(system, "192.168.9.1/24").await.unwrap_err();
    vswitch(system, "192.168.9.0/24").await.unwrap();
    refused
}

async fn a_full_vpc(system: &System) -> Error {
    let spare = vswitch(system, "192.168.9.0/24").await.unwrap();
    let vpcs = system.cloud.vpc();
    vpcs.set_settings(Settings { vswitches_per_vpc: 3, ..vpcs.settings() });
    let refused = vswitch(system, "192.168.10.0/24").await.unwrap_err();
    vpc_client(system, "a").delete_vswitch(&spare).await.unwrap();
    settle().await;
    vswitch(system, "192.168.10.0/24").await.unwrap();
    refused
}

async fn a_vswitch_that_is_gone(system: &System) -> Error {
    let id = vswitch(system, "192.168.9.0/24").await.unwrap();
    let vpc = vpc_client(system, "a");
    vpc.delete_vswitch(&id).await.unwrap();
    settle().await;
    let refused = vpc.delete_vswitch(&id).await.unwrap_err();
    let request = alicloud::vpc::DescribeVSwitches { vpc_id: None, vswitch_id: Some(id) };
    assert_eq!(vpc.describe_vswitches(&request).await.unwrap(), []);
    refused
}

async fn a_vswitch_in_use(system: &System) -> Error {
    let id = vswitch(system, "192.168.9.0/24").await.unwrap();
    let own = vpc(system, "a");
    let balancers = system.client("a").slb(&own.region_id.parse().unwrap());
    let request = alicloud::slb::CreateLoadBalancer {
        name: None,
        vpc_id: own.vpc_id.clone(),
        vswitch_id: id.clone(),
        master_zone_id: None,
        slave_zone_id: None,
        instance_charge: Some(alicloud::slb::InstanceCharge::ByUse),
        spec: None,
        tags: Vec::new(),
        client_token: system.token(),
    };
    let balancer = balancers.create_load_balancer(&request).await.unwrap().load_balancer_id;
    settle().await;
    let vpc = vpc_client(system, "a");
    let refused = vpc.delete_vswitch(&id).await.unwrap_err();
    balancers.delete_load_balancer(&balancer).await.unwrap();
    settle().await;
    vpc.delete_vswitch(&id).await.unwrap();
    refused
}
