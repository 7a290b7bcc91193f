use super::*;
use crate::Kind;
use crate::scripted::Cloud;
use serde_json::json;

mod groups;
mod peerings;
mod routes;

#[tokio::test]
async fn a_vpc_and_its_subnets_are_read_with_what_the_samples_add_and_leave_out() {
    let cloud = Cloud::new()
        .gives(
            r#"{"vpc":{"vpcId":"vpc-1","vpcName":"a","addressPrefix":"10.0.0.0/16","description":"","aclIds":null,
                "routeTableIds":["rtb-1"],"subnets":[],"createdTime":"2026-01-02T03:04:05Z","undocumented":1}}"#,
        )
        .gives(r#"{"vpcs":[{"vpcId":"vpc-2","addressPrefix":"","routeTableIds":null}],"totalCount":1}"#)
        .gives(
            r#"{"subnets":[{"subnetId":"subnet-1","vpcId":"vpc-1","addressPrefix":"10.0.1.0/24","routeTableId":"rtb-1",
                "aclId":"","availableIpCount":252,"publicSubnet":true}],"totalCount":1}"#,
        );
    let vpc = cloud.vpc();
    let network = vpc.describe_vpc("vpc-1").await.unwrap();
    assert_eq!((network.address_prefix, network.route_table_ids), (Some("10.0.0.0/16".into()), vec!["rtb-1".into()]));
    let unlimited = vpc.all_vpcs(&DescribeVpcs { vpc_ids: vec!["vpc-2".into()], ..Default::default() }).await.unwrap();
    assert_eq!((unlimited.len(), &unlimited[0].address_prefix), (1, &None));
    let subnets =
        vpc.all_subnets(&DescribeSubnets { vpc_id: Some("vpc-1".into()), ..Default::default() }).await.unwrap();
    assert_eq!((subnets[0].route_table_id.as_deref(), &subnets[0].acl_id), (Some("rtb-1"), &None));
    assert_eq!(
        cloud.seen().iter().map(|seen| format!("{}?{}", seen.line(), seen.query())).collect::<Vec<_>>(),
        [
            "GET /vpcs/vpc-1?",
            "GET /vpcs/?filters.1.name=vpcIds&filters.1.values.1=vpc-2&pageNumber=1&pageSize=100",
            "GET /subnets/?filters.1.name=vpcId&filters.1.values.1=vpc-1&pageNumber=1&pageSize=100",
        ]
    );
}

#[tokio::test]
async fn a_listing_is_read_page_by_page_and_may_be_null() {
    let row = |number: u32| json!({ "vpcId": format!("vpc-{number}") });
    let page = |range: std::ops::Range<u32>| json!({"vpcs": range.map(row).collect::<Vec<_>>(), "totalCount": 120});
    let cloud = Cloud::new()
        .gives(&page(0..100).to_string())
        .gives(&page(100..120).to_string())
        .gives("null")
        .gives(r#"{"vpcs":null,"totalCount":0}"#);
    let vpc = cloud.vpc();
    assert_eq!(vpc.all_vpcs(&DescribeVpcs::default()).await.unwrap().len(), 120);
    let asked: Vec<_> = cloud.seen().iter().map(|seen| seen.query().to_owned()).collect();
    assert_eq!(asked, ["pageNumber=1&pageSize=100", "pageNumber=2&pageSize=100"]);
    assert!(vpc.all_vpcs(&DescribeVpcs::default()).await.unwrap().is_empty());
    assert!(vpc.all_vpcs(&DescribeVpcs::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_listing_that_repeats_itself_is_a_fault() {
    let rows: Vec<_> = (0..100).map(|number| json!({ "vpcId": format!("vpc-{number}") })).collect();
    let page = json!({"vpcs": rows, "totalCount": 1000}).to_string();
    let cloud = Cloud::new().gives(&page).gives(&page);
    let error = cloud.vpc().all_vpcs(&DescribeVpcs::default()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}

#[tokio::test]
async fn a_quota_says_whether_more_fits() {
    let cloud =
        Cloud::new().gives(r#"{"quota":{"type":"vpcpeering","parentResourceId":"vpc-1","maxLimit":10,"count":9}}"#);
    let quota = cloud.vpc().describe_quota(&QuotaType::VpcPeering, Some("vpc-1")).await.unwrap();
    assert!(quota.has_room_for(1) && !quota.has_room_for(2));
    let seen = cloud.only();
    assert_eq!((seen.line().as_str(), seen.query()), ("GET /quotas/", "type=vpcpeering&parentResourceId=vpc-1"));
    assert!(Quota { max_limit: None, count: Some(9) }.has_room_for(1), "what is not told does not hinder");
}
