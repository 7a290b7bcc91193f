//! Route entries.

use super::{HERE, Site, THERE, add, join, settle};
use crate::testing::{Client, cloud, refused};

#[tokio::test(start_paused = true)]
async fn a_route_is_pending_then_available_then_deleting_then_gone() {
    let site = Site::new().await;
    let added = site.add("172.16.0.0/16").await.unwrap();
    assert_eq!(site.routes().await, [("172.16.0.0/16".into(), "Pending".into())]);
    settle().await;
    assert_eq!(site.routes().await, [("172.16.0.0/16".into(), "Available".into())]);
    let id = added["RouteEntryId"].as_str().unwrap();
    site.a.vpc_call(HERE, "DeleteRouteEntry", &[("RouteEntryId", id)]).await.unwrap();
    assert_eq!(site.routes().await, [("172.16.0.0/16".into(), "Deleting".into())]);
    settle().await;
    assert!(site.routes().await.is_empty());
    let again = site.a.vpc_call(HERE, "DeleteRouteEntry", &[("RouteEntryId", id)]).await;
    assert_eq!(again, refused(400, "InvalidRouteEntry.NotFound"));
}

#[tokio::test(start_paused = true)]
async fn one_change_at_a_time_in_each_vpc() {
    let site = Site::new().await;
    let vpc = site.a.vpc(HERE).vpc_id;
    let other = site.a.vpc_call(HERE, "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await.unwrap();
    settle().await;
    site.add("172.16.0.0/16").await.unwrap();
    let other = other["VpcId"].as_str().unwrap();
    let in_other = [("VpcId", other), ("ZoneId", "cn-qingdao-b"), ("CidrBlock", "10.0.0.0/24")];
    assert!(site.a.vpc_call(HERE, "CreateVSwitch", &in_other).await.is_ok(), "another VPC is not disturbed");
    assert_eq!(site.add("172.17.0.0/16").await, refused(400, "TaskConflict"));
    let delete = [
        ("RouteTableId", site.table.as_str()),
        ("DestinationCidrBlock", "172.16.0.0/16"),
        ("NextHopId", &site.interface),
    ];
    let pending = site.a.vpc_call(HERE, "DeleteRouteEntry", &delete).await;
    assert_eq!(pending, refused(400, "IncorrectRouteEntryStatus"));
    let vswitch = [("VpcId", vpc.as_str()), ("ZoneId", "cn-qingdao-b"), ("CidrBlock", "192.168.9.0/24")];
    let meanwhile = site.a.vpc_call(HERE, "CreateVSwitch", &vswitch).await;
    assert_eq!(meanwhile, refused(400, "IncorrectRouteEntryStatus"));
    settle().await;

    site.a.vpc_call(HERE, "CreateVSwitch", &vswitch).await.unwrap();
    assert_eq!(site.add("172.17.0.0/16").await, refused(400, "TaskConflict"));
    assert_eq!(site.a.vpc_call(HERE, "DeleteRouteEntry", &delete).await, refused(400, "TaskConflict"));
    settle().await;
    assert!(site.a.vpc_call(HERE, "DeleteRouteEntry", &delete).await.is_ok());
    assert_eq!(site.add("172.17.0.0/16").await, refused(400, "TaskConflict"));
    settle().await;
    assert!(site.add("172.17.0.0/16").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn each_bad_route_has_its_code() {
    let site = Site::new().await;
    site.add("172.16.0.0/16").await.unwrap();
    settle().await;
    let (hop, table) = (site.interface.as_str(), site.table.as_str());
    let interface = "RouterInterface";
    for (table, destination, kind, hop, status, code) in [
        (table, "172.16.0.0/16", interface, hop, 400, "InvalidCIDRBlock.Duplicate"),
        (table, "192.168.0.0/24", interface, hop, 400, "InvalidCIDRBlock.Duplicate"),
        (table, "192.168.0.0/25", interface, hop, 400, "InvalidCidrBlock"),
        (table, "100.64.7.0/24", interface, hop, 400, "InvalidDestinationCidrBlock"),
        (table, "172.16.0.1/16", interface, hop, 400, "InvalidCidrBlock.Malformed"),
        (table, "172.17.0.0/16", interface, "ri-none", 404, "InvalidNextHopId.NotFound"),
        (table, "172.17.0.0/16", "Instance", "i-none", 404, "InvalidNextHopId.NotFound"),
        (table, "172.17.0.0/16", "VpcPeer", "pcc-none", 400, "ResourceNotFound.VpcPeer"),
        (table, "172.17.0.0/16", "Pigeon", hop, 400, "InvalidNextHopType"),
        (table, "172.17.0.0/16", interface, "", 400, "InvalidNexthopTypeAndList.BothNull"),
        ("vtb-none", "172.17.0.0/16", interface, hop, 404, "InvalidRouteTableId.NotFound"),
        (table, "", interface, hop, 400, "MissingParameter"),
    ] {
        let answer = add(&site.a, table, destination, kind, hop).await;
        assert_eq!(answer, refused(status, code), "{destination} {kind} {hop}");
    }
    // A route may contain a vSwitch.
    assert!(site.add("192.168.0.0/16").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_route_leads_to_an_active_interface_of_its_own_vpc_only() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
    let interface = join(&a, &b).await;
    let table = a.vpc(HERE).route_table_id;
    let early = add(&a, &table, "172.16.0.0/16", "RouterInterface", &interface).await;
    assert_eq!(early, refused(400, "IncorrectStatus.RouterInterface"));
    settle().await;
    settle().await;
    let made = a.vpc_call(HERE, "CreateVpc", &[("CidrBlock", "10.0.0.0/8")]).await.unwrap();
    settle().await;
    let other = made["RouteTableId"].as_str().unwrap();
    let elsewhere = add(&a, other, "172.16.0.0/16", "RouterInterface", &interface).await;
    assert_eq!(elsewhere, refused(400, "OperationDenied.RouterInterfaceToDifferentVpc"));
    assert!(add(&a, &table, "172.16.0.0/16", "RouterInterface", &interface).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_interface_with_routes_stays_and_a_route_shows_whether_its_interface_works() {
    let site = Site::new().await;
    site.add("172.16.0.0/16").await.unwrap();
    settle().await;
    let enabled = async || {
        let params = [("RouteTableId", site.table.as_str()), ("RouteEntryType", "Custom")];
        let answer = site.a.vpc_call(HERE, "DescribeRouteEntryList", &params).await.unwrap();
        answer["RouteEntrys"]["RouteEntry"][0]["NextHops"]["NextHop"][0]["Enabled"].as_u64().unwrap()
    };
    assert_eq!(enabled().await, 1);
    let interface = [("RouterInterfaceId", site.interface.as_str())];
    site.a.vpc_call(HERE, "DeactivateRouterInterface", &interface).await.unwrap();
    settle().await;
    assert_eq!(enabled().await, 0);
    let answer = site.a.vpc_call(HERE, "DeleteRouterInterface", &interface).await;
    assert_eq!(answer, refused(400, "RouterInterfaceReferredByRouteEntry"));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_is_never_a_success_and_makes_nothing() {
    let site = Site::new().await;
    let dry = [
        ("RouteTableId", site.table.as_str()),
        ("DestinationCidrBlock", "172.16.0.0/16"),
        ("NextHopType", "RouterInterface"),
        ("NextHopId", &site.interface),
        ("DryRun", "true"),
    ];
    assert_eq!(site.a.vpc_call(HERE, "CreateRouteEntry", &dry).await, refused(400, "DryRunOperation"));
    assert!(site.routes().await.is_empty());
    site.add("172.16.0.0/16").await.unwrap();
    settle().await;
    assert_eq!(site.a.vpc_call(HERE, "CreateRouteEntry", &dry).await, refused(400, "InvalidCIDRBlock.Duplicate"));
    assert_eq!(site.a.vpc_call(HERE, "DeleteRouteEntry", &dry).await, refused(400, "DryRunOperation"));
    assert_eq!(site.routes().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_can_fail_in_part() {
    let site = Site::new().await;
    let (table, hop) = (site.table.as_str(), site.interface.as_str());
    let params: Vec<(String, &str)> = ["172.16.0.0/16", "192.168.0.0/24", "172.16.0.0/16"]
        .iter()
        .enumerate()
        .flat_map(|(index, destination)| {
            let field = move |name: &str| format!("RouteEntries.{}.{name}", index + 1);
            [
                (field("RouteTableId"), table),
                (field("DstCidrBlock"), *destination),
                (field("NextHop"), hop),
                (field("NextHopType"), "RouterInterface"),
            ]
        })
        .collect();
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let answer = site.a.vpc_call(HERE, "CreateRouteEntries", &params).await.unwrap();
    assert_eq!((&answer["SuccessCount"], &answer["FailedCount"]), (&1.into(), &2.into()));
    assert_eq!(answer["RouteEntryIds"].as_array().unwrap().len(), 1);
    assert_eq!(answer["FailedRouteEntries"][0]["DstCidrBlock"], "192.168.0.0/24");
    assert_eq!(answer["FailedRouteEntries"][1]["FailedCode"], "InvalidCIDRBlock.Duplicate");
    assert_eq!(site.routes().await, [("172.16.0.0/16".into(), "Pending".into())]);
    let again = site.a.vpc_call(HERE, "CreateRouteEntries", &params).await;
    assert_eq!(again, refused(400, "TaskConflict"));
    let incomplete = site.a.vpc_call(HERE, "CreateRouteEntries", &params[..3]).await;
    assert_eq!(incomplete, refused(400, "MissingParameter"));
}

#[tokio::test(start_paused = true)]
async fn what_delete_is_told_must_fit_the_route() {
    let site = Site::new().await;
    site.add("172.16.0.0/16").await.unwrap();
    settle().await;
    for (destination, hop, status, code) in [
        ("172.16.0.0/16", "ri-other", 400, "InvalidNextHop"),
        ("172.17.0.0/16", site.interface.as_str(), 400, "InvalidRouteEntry.NotFound"),
        ("192.168.0.0/24", "", 400, "MissingParameter"),
        ("192.168.0.0/24", "local", 400, "OperationDenied"),
    ] {
        let params = [("RouteTableId", site.table.as_str()), ("DestinationCidrBlock", destination), ("NextHopId", hop)];
        let answer = site.a.vpc_call(HERE, "DeleteRouteEntry", &params).await;
        assert_eq!(answer, refused(status, code), "{destination} {hop}");
    }
}

#[tokio::test(start_paused = true)]
async fn entries_are_read_page_by_page_and_by_filter() {
    let site = Site::new().await;
    for number in 0..4 {
        site.add(&format!("172.{}.0.0/16", 16 + number)).await.unwrap();
        settle().await;
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let params = [("RouteTableId", site.table.as_str()), ("MaxResult", "2"), ("NextToken", &token)];
        let answer = site.a.vpc_call(HERE, "DescribeRouteEntryList", &params).await.unwrap();
        let page = answer["RouteEntrys"]["RouteEntry"].as_array().unwrap().clone();
        assert!(page.len() <= 2);
        seen.extend(page.into_iter().map(|entry| entry["DestinationCidrBlock"].as_str().unwrap().to_owned()));
        token = answer["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    seen.sort();
    let expected =
        ["172.16.0.0/16", "172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16", "192.168.0.0/24", "192.168.1.0/24"];
    assert_eq!(seen, expected);
    let one = [("RouteTableId", site.table.as_str()), ("DestinationCidrBlock", "172.18.0.0/16")];
    let answer = site.a.vpc_call(HERE, "DescribeRouteEntryList", &one).await.unwrap();
    assert_eq!(answer["RouteEntrys"]["RouteEntry"].as_array().unwrap().len(), 1);
    for (name, value) in [("MaxResult", "101"), ("NextToken", "&&")] {
        let params = [("RouteTableId", site.table.as_str()), (name, value)];
        let answer = site.a.vpc_call(HERE, "DescribeRouteEntryList", &params).await;
        assert_eq!(answer, refused(400, "InvalidParameter"), "{name}");
    }
    // Nobody else sees the table.
    let b = Client::new(&site.a.cloud, "b");
    for (client, region) in [(&b, HERE), (&site.a, THERE)] {
        let answer = client.vpc_call(region, "DescribeRouteEntryList", &one).await;
        assert_eq!(answer, refused(404, "InvalidRouteTableId.NotFound"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_takes_as_many_custom_routes_as_its_quota() {
    let site = Site::new().await;
    let vpc = site.a.cloud.vpc();
    vpc.set_settings(causeway_local::vpc::Settings { routes_per_table: 1, ..vpc.settings() });
    site.add("172.16.0.0/16").await.unwrap();
    settle().await;
    assert_eq!(site.add("172.17.0.0/16").await, refused(400, "QuotaExceeded"));
}

#[tokio::test(start_paused = true)]
async fn the_same_token_adds_a_route_once_even_while_it_is_pending() {
    let site = Site::new().await;
    let params = [
        ("RouteTableId", site.table.as_str()),
        ("DestinationCidrBlock", "172.16.0.0/16"),
        ("NextHopType", "RouterInterface"),
        ("NextHopId", &site.interface),
        ("ClientToken", "t-1"),
    ];
    let first = site.a.vpc_call(HERE, "CreateRouteEntry", &params).await.unwrap();
    let again = site.a.vpc_call(HERE, "CreateRouteEntry", &params).await.unwrap();
    assert_eq!(first["RouteEntryId"], again["RouteEntryId"]);
    assert_eq!(site.routes().await.len(), 1);
}
