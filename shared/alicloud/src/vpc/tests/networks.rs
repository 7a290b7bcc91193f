use super::*;
use crate::Kind;
use crate::scripted::refusal;
use crate::vpc::*;

#[tokio::test]
async fn a_vpc_is_read_with_all_its_ranges_and_tables() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","TotalCount":1,"PageNumber":1,"PageSize":50,"Vpcs":{"Vpc":[{
            "VpcId":"vpc-1","Status":"Available","VpcName":"a","CidrBlock":"192.168.0.0/16","IsDefault":false,
            "SecondaryCidrBlocks":{"SecondaryCidrBlock":["10.1.0.0/16"]},"UserCidrs":{"UserCidr":["30.0.0.0/8"]},
            "VRouterId":"vrt-1","RouterTableIds":{"RouterTableIds":["vtb-1","vtb-2"]},
            "VSwitchIds":{"VSwitchId":["vsw-1"]},"NatGatewayIds":{"NatGatewayIds":[]},"CenStatus":"",
            "OwnerId":1000000000000001,"Tags":{"Tag":[]}}]}}"#,
    );
    let network = vpc(&cloud).network("vpc-1").await.unwrap().unwrap();
    assert_asked(&cloud.only(), "DescribeVpcs", &[("VpcId", "vpc-1"), ("PageNumber", "1"), ("PageSize", "50")]);
    assert_eq!(network.status, NetworkStatus::Available);
    assert_eq!(network.vrouter_id.as_deref(), Some("vrt-1"));
    assert_eq!(network.cidrs().map(ToString::to_string).collect::<Vec<_>>(), ["192.168.0.0/16", "10.1.0.0/16"]);
    assert_eq!(network.user_cidrs[0].net(), Some("30.0.0.0/8".parse().unwrap()));
    assert_eq!(network.route_table_ids, ["vtb-1", "vtb-2"]);
    assert_eq!(network.vswitch_ids, ["vsw-1"]);
    assert_eq!((network.cen_status.as_deref(), network.owner_id.as_deref()), (None, Some("1000000000000001")));
}

#[tokio::test]
async fn one_vpc_is_read_from_the_top_level() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"R","VpcId":"vpc-1","Status":"Pending","CidrBlock":"172.16.0.0/16","VRouterId":"vrt-1",
            "VSwitchIds":{"VSwitchId":[]},"CloudResources":{"CloudResourceSetType":[{"ResourceType":"VRouter","ResourceCount":1}]}}"#,
    );
    let network = vpc(&cloud).describe_vpc_attribute("vpc-1").await.unwrap();
    assert_asked(&cloud.only(), "DescribeVpcAttribute", &[("VpcId", "vpc-1")]);
    assert_eq!(network.status, NetworkStatus::Pending);
    assert!(network.route_table_ids.is_empty());
}

#[tokio::test]
async fn at_most_twenty_vpcs_are_asked_for_at_once() {
    let cloud = Cloud::new().says(200, r#"{"TotalCount":0,"Vpcs":{"Vpc":[]}}"#);
    let ids = |count: usize| DescribeVpcs { vpc_ids: (0..count).map(|n| format!("vpc-{n}")).collect() };
    assert_eq!(vpc(&cloud).describe_vpcs(&ids(21)).await.unwrap_err().kind(), Kind::Refused);
    vpc(&cloud).describe_vpcs(&ids(2)).await.unwrap();
    assert_eq!(cloud.only().parameter("VpcId").as_deref(), Some("vpc-0,vpc-1"));
}

#[tokio::test]
async fn vswitches_tell_which_table_they_use() {
    let cloud = Cloud::new().says(
        200,
        r#"{"TotalCount":2,"PageSize":50,"VSwitches":{"VSwitch":[
            {"VSwitchId":"vsw-1","VpcId":"vpc-1","ZoneId":"cn-qingdao-b","CidrBlock":"192.168.0.0/24","Status":"Available",
             "RouteTable":{"RouteTableId":"vtb-1","RouteTableType":"System"},"NetworkAclId":"nacl-1",
             "AvailableIpAddressCount":250},
            {"VSwitchId":"vsw-2","CidrBlock":"192.168.1.0/24","Status":"Pending"}]}}"#,
    );
    let request = DescribeVSwitches { vpc_id: Some("vpc-1".to_owned()), vswitch_id: None };
    let vswitches = vpc(&cloud).describe_vswitches(&request).await.unwrap();
    assert_asked(&cloud.only(), "DescribeVSwitches", &[("VpcId", "vpc-1"), ("PageNumber", "1"), ("PageSize", "50")]);
    assert_eq!(vswitches[0].route_table_id(), Some("vtb-1"));
    assert_eq!(vswitches[0].cidr_block.as_ref().and_then(Cidr::net), Some("192.168.0.0/24".parse().unwrap()));
    assert_eq!(vswitches[0].network_acl_id.as_deref(), Some("nacl-1"));
    assert_eq!(vswitches[0].available_ip_address_count, Some(250));
    assert_eq!(vswitches[1].route_table_id(), None);
}

#[tokio::test]
async fn route_tables_tell_their_type_and_vswitches() {
    let cloud = Cloud::new().says(
        200,
        r#"{"TotalCount":1,"PageSize":50,"RouterTableList":{"RouterTableListType":[{"RouteTableId":"vtb-1",
            "RouteTableType":"System","RouterId":"vrt-1","RouterType":"VRouter","VpcId":"vpc-1","Status":"Available",
            "VSwitchIds":{"VSwitchId":["vsw-1","vsw-2"]}}]}}"#,
    );
    let request = DescribeRouteTableList {
        vpc_id: Some("vpc-1".to_owned()),
        route_table_type: Some(RouteTableType::System),
        ..DescribeRouteTableList::default()
    };
    let tables = vpc(&cloud).describe_route_table_list(&request).await.unwrap();
    assert_asked(
        &cloud.only(),
        "DescribeRouteTableList",
        &[("VpcId", "vpc-1"), ("RouteTableType", "System"), ("PageNumber", "1"), ("PageSize", "50")],
    );
    assert_eq!(tables[0].route_table_type, Some(RouteTableType::System));
    assert_eq!(tables[0].vswitch_ids, ["vsw-1", "vsw-2"]);
}

fn routes(token: Option<&str>) -> String {
    let token = token.map(|token| format!(r#","NextToken":"{token}""#)).unwrap_or_default();
    format!(
        r#"{{"RequestId":"R","RouteEntrys":{{"RouteEntry":[
            {{"RouteEntryId":"rte-1","RouteTableId":"vtb-1","DestinationCidrBlock":"172.16.0.0/16","Type":"Custom",
              "Status":"Available","Origin":"CustomCreate","NextHops":{{"NextHop":[{{"NextHopType":"RouterInterface",
              "NextHopId":"ri-1","Enabled":1,"Weight":0,"NextHopRegionId":"cn-beijing"}}]}}}},
            {{"RouteEntryId":"","DestinationCidrBlock":"pl-1","Type":"System","Status":"Created",
              "NextHops":{{"NextHop":[]}}}}]}}{token}}}"#
    )
}

#[tokio::test]
async fn routes_are_read_to_the_last_token() {
    let cloud = Cloud::new().says(200, &routes(Some("x+/="))).says(200, &routes(None));
    let entries = vpc(&cloud).all_route_entries("vtb-1").await.unwrap();
    assert_eq!(entries.len(), 4);
    let [first, second] = &cloud.seen()[..] else { panic!("two pages") };
    assert_asked(first, "DescribeRouteEntryList", &[("RouteTableId", "vtb-1"), ("MaxResult", "100")]);
    assert_eq!(second.parameter("NextToken").as_deref(), Some("x+/="));

    assert!(entries[0].leads_to("ri-1"));
    assert_eq!(entries[0].status, RouteStatus::Available);
    assert_eq!(entries[0].next_hops[0].enabled, Some(true));
    assert_eq!(entries[1].destination_cidr_block, Cidr::Unknown("pl-1".to_owned()));
    assert_eq!(entries[1].route_entry_id, None);
    assert!(!entries[1].leads_to("ri-1"));
}

#[tokio::test]
async fn a_repeated_token_does_not_hold_the_caller() {
    let cloud = Cloud::answering(|_| Ok((200, routes(Some("same")))));
    let error = vpc(&cloud).all_route_entries("vtb-1").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert_eq!(cloud.seen().len(), 2);
}

#[tokio::test]
async fn a_route_is_made_with_an_explicit_next_hop_and_a_token() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R","RouteEntryId":"rte-1"}"#);
    let request = CreateRouteEntry {
        route_table_id: "vtb-1".to_owned(),
        destination: "172.16.0.0/16".parse().unwrap(),
        next_hop_type: NextHopType::RouterInterface,
        next_hop_id: "ri-1".to_owned(),
        name: Some("to-beijing".to_owned()),
        description: None,
        client_token: "t-1".parse().unwrap(),
    };
    assert_eq!(vpc(&cloud).create_route_entry(&request).await.unwrap().as_deref(), Some("rte-1"));
    assert_asked(
        &cloud.only(),
        "CreateRouteEntry",
        &[
            ("RouteTableId", "vtb-1"),
            ("DestinationCidrBlock", "172.16.0.0/16"),
            ("NextHopType", "RouterInterface"),
            ("NextHopId", "ri-1"),
            ("RouteEntryName", "to-beijing"),
            ("ClientToken", "t-1"),
        ],
    );
}

#[tokio::test]
async fn a_route_is_deleted_by_id_or_by_way_and_is_gone_when_it_is_not_there() {
    let cloud = Cloud::new().says(200, "{}").says(404, &refusal("InvalidRouteEntry.NotFound"));
    let vpc = vpc(&cloud);
    vpc.delete_route_entry(&DeleteRouteEntry::ById("rte-1".to_owned())).await.unwrap();
    let by_way = DeleteRouteEntry::ByWay {
        route_table_id: "vtb-1".to_owned(),
        destination: "172.16.0.0/16".parse().unwrap(),
        next_hop_id: "ri-1".to_owned(),
    };
    assert_eq!(vpc.delete_route_entry(&by_way).await.unwrap_err().kind(), Kind::Gone);
    let [by_id, by_way] = &cloud.seen()[..] else { panic!("two requests") };
    assert_asked(by_id, "DeleteRouteEntry", &[("RouteEntryId", "rte-1")]);
    assert_asked(
        by_way,
        "DeleteRouteEntry",
        &[("RouteTableId", "vtb-1"), ("DestinationCidrBlock", "172.16.0.0/16"), ("NextHopId", "ri-1")],
    );
}

#[test]
fn a_bare_address_is_a_range_of_one() {
    assert_eq!(Cidr::from("10.0.0.1").net(), Some("10.0.0.1/32".parse().unwrap()));
    assert_eq!(Cidr::from("fd00::1").net(), Some("fd00::1/128".parse().unwrap()));
}

fn route() -> CreateRouteEntry {
    CreateRouteEntry {
        route_table_id: "vtb-1".to_owned(),
        destination: "172.16.0.0/16".parse().unwrap(),
        next_hop_type: NextHopType::VpcPeer,
        next_hop_id: "pcc-1".to_owned(),
        name: None,
        description: None,
        client_token: "t-1".parse().unwrap(),
    }
}

#[tokio::test]
async fn a_dry_run_that_passes_comes_as_an_error_and_is_told_as_success() {
    let cloud = Cloud::new().says(400, &refusal("DryRunOperation"));
    vpc(&cloud).dry_run_create_route_entry(&route()).await.unwrap();
    assert_asked(
        &cloud.only(),
        "CreateRouteEntry",
        &[
            ("RouteTableId", "vtb-1"),
            ("DestinationCidrBlock", "172.16.0.0/16"),
            ("NextHopType", "VpcPeer"),
            ("NextHopId", "pcc-1"),
            ("ClientToken", "t-1"),
            ("DryRun", "true"),
        ],
    );
}

#[tokio::test]
async fn a_dry_run_that_fails_says_why() {
    let cloud = Cloud::new().says(400, &refusal("InvalidCIDRBlock.Duplicate")).says(400, &refusal("QuotaExceeded"));
    let vpc = vpc(&cloud);
    let kind = |answer: Result<(), crate::Error>| answer.unwrap_err().kind();
    assert_eq!(kind(vpc.dry_run_create_route_entry(&route()).await), Kind::AlreadyThere);
    assert_eq!(kind(vpc.dry_run_create_route_entry(&route()).await), Kind::Quota);
}

#[tokio::test]
async fn a_cloud_that_carries_out_a_dry_run_is_not_trusted() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R"}"#);
    let error = vpc(&cloud).dry_run_delete_route_entry(&DeleteRouteEntry::ById("rte-1".to_owned())).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert!(!error.may_repeat());
}

#[tokio::test]
async fn a_vswitch_is_made_and_deleted() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R","VSwitchId":"vsw-9"}"#).says(200, r#"{"RequestId":"R"}"#);
    let vpc = vpc(&cloud);
    let request = CreateVSwitch {
        vpc_id: "vpc-1".to_owned(),
        zone_id: "cn-qingdao-b".to_owned(),
        cidr_block: "192.168.9.0/24".parse().unwrap(),
        name: Some("for-endpoints".to_owned()),
        description: None,
        client_token: "t-1".parse().unwrap(),
    };
    assert_eq!(vpc.create_vswitch(&request).await.unwrap(), "vsw-9");
    vpc.delete_vswitch("vsw-9").await.unwrap();
    let [create, delete] = &cloud.seen()[..] else { panic!("two requests") };
    assert_asked(
        create,
        "CreateVSwitch",
        &[
            ("VpcId", "vpc-1"),
            ("ZoneId", "cn-qingdao-b"),
            ("CidrBlock", "192.168.9.0/24"),
            ("VSwitchName", "for-endpoints"),
            ("ClientToken", "t-1"),
        ],
    );
    assert_asked(delete, "DeleteVSwitch", &[("VSwitchId", "vsw-9")]);
}
