//! VPCs, vSwitches and route tables.

use serde_json::{Value, json};

use super::{HERE, Site, settle};
use crate::testing::{Client, cloud, refused};

async fn new_vpc(a: &Client) -> (String, String) {
    let made = a.vpc_call(HERE, "CreateVpc", &[("CidrBlock", "10.0.0.0/16"), ("VpcName", "mine")]).await.unwrap();
    settle().await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("VpcId"), text("RouteTableId"))
}

async fn new_vswitch(a: &Client, vpc: &str, cidr: &str) -> Result<Value, crate::testing::Refusal> {
    let params = [("VpcId", vpc), ("ZoneId", "cn-qingdao-b"), ("CidrBlock", cidr)];
    a.vpc_call(HERE, "CreateVSwitch", &params).await
}

#[tokio::test(start_paused = true)]
async fn a_new_vpc_becomes_available_with_router_and_table_and_goes_when_empty() {
    let a = Client::new(&cloud(), "a");
    let made = a.vpc_call(HERE, "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await.unwrap();
    let id = made["VpcId"].as_str().unwrap();
    let see = async || a.vpc_call(HERE, "DescribeVpcAttribute", &[("VpcId", id)]).await;
    assert_eq!(see().await.unwrap()["Status"], "Pending");
    assert_eq!(new_vswitch(&a, id, "10.0.0.0/24").await, refused(400, "IncorrectVpcStatus"));
    settle().await;
    let seen = see().await.unwrap();
    assert_eq!((&seen["Status"], &seen["VRouterId"]), (&"Available".into(), &made["VRouterId"]));
    assert!(seen.get("RouterTableIds").is_none(), "this call leaves them out");
    let listed = a.vpc_call(HERE, "DescribeVpcs", &[("VpcId", id)]).await.unwrap();
    assert_eq!(listed["Vpcs"]["Vpc"][0]["RouterTableIds"]["RouterTableIds"], json!([made["RouteTableId"]]));
    let router = [("VRouterId", made["VRouterId"].as_str().unwrap())];
    let routers = a.vpc_call(HERE, "DescribeVRouters", &router).await.unwrap();
    assert_eq!(routers["VRouters"]["VRouter"][0]["VpcId"], id);

    new_vswitch(&a, id, "10.0.0.0/24").await.unwrap();
    settle().await;
    assert_eq!(a.vpc_call(HERE, "DeleteVpc", &[("VpcId", id)]).await, refused(400, "DependencyViolation.VSwitch"));
    let vswitches = a.vpc_call(HERE, "DescribeVSwitches", &[("VpcId", id)]).await.unwrap();
    let vswitch = vswitches["VSwitches"]["VSwitch"][0]["VSwitchId"].as_str().unwrap();
    a.vpc_call(HERE, "DeleteVSwitch", &[("VSwitchId", vswitch)]).await.unwrap();
    settle().await;
    a.vpc_call(HERE, "DeleteVpc", &[("VpcId", id)]).await.unwrap();
    assert_eq!(see().await, refused(404, "InvalidVpcId.NotFound"));
    let table = [("RouteTableId", made["RouteTableId"].as_str().unwrap())];
    let answer = a.vpc_call(HERE, "DescribeRouteEntryList", &table).await;
    assert_eq!(answer, refused(404, "InvalidRouteTableId.NotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_vpc_with_a_router_interface_stays() {
    let a = Client::new(&cloud(), "a");
    let vpc = a.vpc_call(HERE, "CreateVpc", &[("CidrBlock", "10.0.0.0/8")]).await.unwrap();
    settle().await;
    let params = [
        ("Role", "InitiatingSide"),
        ("OppositeRegionId", HERE),
        ("Spec", "Mini.2"),
        ("RouterType", "VRouter"),
        ("RouterId", vpc["VRouterId"].as_str().unwrap()),
    ];
    a.vpc_call(HERE, "CreateRouterInterface", &params).await.unwrap();
    let answer = a.vpc_call(HERE, "DeleteVpc", &[("VpcId", vpc["VpcId"].as_str().unwrap())]).await;
    assert_eq!(answer, refused(400, "DependencyViolation.RouterInterface"));
}

#[tokio::test(start_paused = true)]
async fn each_bad_vswitch_has_its_code() {
    let site = Site::new().await;
    site.add("192.168.8.0/24").await.unwrap();
    settle().await;
    let vpc = site.a.vpc(HERE).vpc_id;
    for (vpc, zone, cidr, status, code) in [
        (vpc.as_str(), "cn-qingdao-b", "192.168.0.128/25", 400, "InvalidCidrBlock.Overlapped"),
        (&vpc, "cn-qingdao-b", "192.168.8.0/24", 400, "InvalidCidrBlock.Overlapped"),
        (&vpc, "cn-qingdao-b", "10.0.0.0/24", 400, "InvalidParameter"),
        (&vpc, "cn-qingdao-b", "192.168.9.0/30", 400, "InvalidCirdrBlock.MaskLength"),
        (&vpc, "cn-qingdao-b", "nonsense", 400, "InvalidCidrBlock.Malformed"),
        (&vpc, "cn-beijing-a", "192.168.9.0/24", 404, "InvalidZoneId.NotFound"),
        ("vpc-none", "cn-qingdao-b", "192.168.9.0/24", 404, "InvalidVpcId.NotFound"),
        (&vpc, "", "192.168.9.0/24", 400, "MissingParameter"),
        (&vpc, "cn-qingdao-b", "", 400, "MissingParameter"),
    ] {
        let params = [("VpcId", vpc), ("ZoneId", zone), ("CidrBlock", cidr)];
        let answer = site.a.vpc_call(HERE, "CreateVSwitch", &params).await;
        assert_eq!(answer, refused(status, code), "{zone} {cidr}");
    }
    // It may lie inside a route's destination, and find its range by itself.
    let by_mask = [("VpcId", vpc.as_str()), ("ZoneId", "cn-qingdao-b"), ("CidrMask", "24")];
    site.a.vpc_call(HERE, "CreateVSwitch", &by_mask).await.unwrap();
    assert_eq!(new_vswitch(&site.a, &vpc, "192.168.20.0/24").await, refused(400, "IncorrectVSwitchStatus"));
    settle().await;
    let cidrs: Vec<String> = site.a.vpc(HERE).vswitches.iter().map(|v| v.cidr_block.to_string()).collect();
    assert!(cidrs.contains(&"192.168.2.0/24".to_owned()), "{cidrs:?}");
}

#[tokio::test(start_paused = true)]
async fn secondary_ranges_come_and_go() {
    let a = Client::new(&cloud(), "a");
    let (vpc, _) = new_vpc(&a).await;
    let change = async |action: &str, cidr: &str| {
        a.vpc_call(HERE, action, &[("VpcId", &vpc), ("SecondaryCidrBlock", cidr)]).await
    };
    let (add, remove) = ("AssociateVpcCidrBlock", "UnassociateVpcCidrBlock");
    assert_eq!(change(add, "10.0.128.0/17").await, refused(400, "InvalidCidrBlock.Overlapped"));
    change(add, "172.30.0.0/16").await.unwrap();
    new_vswitch(&a, &vpc, "172.30.1.0/24").await.unwrap();
    settle().await;
    assert_eq!(change(remove, "172.30.0.0/16").await, refused(400, "DependencyViolation.VSwitch"));
    for number in 1..5 {
        change(add, &format!("172.{}.0.0/16", 16 + number)).await.unwrap();
    }
    assert_eq!(change(add, "172.29.0.0/16").await, refused(400, "QuotaExceeded.SecondaryCidrBlock"));
    change(remove, "172.17.0.0/16").await.unwrap();
    assert_eq!(change(remove, "172.17.0.0/16").await, refused(404, "InvalidSecondaryCidrBlock.NotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_custom_table_serves_the_vswitches_associated_with_it() {
    let a = Client::new(&cloud(), "a");
    let vpc = a.vpc(HERE);
    let made = a.vpc_call(HERE, "CreateRouteTable", &[("VpcId", &vpc.vpc_id)]).await.unwrap();
    let table = made["RouteTableId"].as_str().unwrap();
    let vswitch = vpc.vswitches[0].vswitch_id.as_str();
    let both = [("RouteTableId", table), ("VSwitchId", vswitch)];
    let pending = a.vpc_call(HERE, "AssociateRouteTable", &both).await;
    assert_eq!(pending, refused(400, "IncorrectStatus.RouteTableStatus"));
    settle().await;
    a.vpc_call(HERE, "AssociateRouteTable", &both).await.unwrap();
    let seen = a.vpc_call(HERE, "DescribeVSwitches", &[("VSwitchId", vswitch)]).await.unwrap();
    let used = &seen["VSwitches"]["VSwitch"][0]["RouteTable"];
    assert_eq!(*used, json!({"RouteTableId": table, "RouteTableType": "Custom"}));
    let tables = [("VpcId", vpc.vpc_id.as_str()), ("RouteTableType", "Custom")];
    let listed = a.vpc_call(HERE, "DescribeRouteTableList", &tables).await.unwrap();
    let listed = &listed["RouterTableList"]["RouterTableListType"];
    assert_eq!(listed[0]["VSwitchIds"]["VSwitchId"], json!([vswitch]));
    let old = a.vpc_call(HERE, "DescribeRouteTables", &[("RouteTableId", table)]).await.unwrap();
    let entries = old["RouteTables"]["RouteTable"][0]["RouteEntrys"]["RouteEntry"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "a new table has the system routes of its VPC");

    let gone = [("RouteTableId", table)];
    let in_use = a.vpc_call(HERE, "DeleteRouteTable", &gone).await;
    assert_eq!(in_use, refused(400, "DependencyViolation.VSwitch"));
    a.vpc_call(HERE, "UnassociateRouteTable", &both).await.unwrap();
    a.vpc_call(HERE, "DeleteRouteTable", &gone).await.unwrap();
    settle().await;
    assert_eq!(a.vpc_call(HERE, "DeleteRouteTable", &gone).await, refused(404, "InvalidRouteTableId.NotFound"));
    let system = [("RouteTableId", vpc.route_table_id.as_str())];
    assert_eq!(a.vpc_call(HERE, "DeleteRouteTable", &system).await, refused(400, "OperationDenied"));
}

#[tokio::test(start_paused = true)]
async fn regions_and_zones_are_told() {
    let a = Client::new(&cloud(), "a");
    let regions = a.call("2016-04-28", "DescribeRegions", &[]).await.unwrap();
    let regions = regions["Regions"]["Region"].as_array().unwrap().clone();
    assert!(regions.iter().any(|r| r["RegionId"] == HERE && r["RegionEndpoint"] == "vpc.cn-qingdao.aliyuncs.com"));
    let zones = a.vpc_call(HERE, "DescribeZones", &[]).await.unwrap();
    assert_eq!(zones["Zones"]["Zone"][0]["ZoneId"], "cn-qingdao-b");
}
