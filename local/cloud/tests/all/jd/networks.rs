//! VPCs, subnets, quotas and listings.

use super::*;
use crate::testing::{cloud, refused};

#[tokio::test(start_paused = true)]
async fn a_vpc_comes_with_a_table_and_a_group_and_goes_when_it_is_empty() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let made = client.post("/vpcs", json!({"vpcName": "x", "addressPrefix": "10.9.0.0/16", "description": null})).await;
    let id = text(&made.unwrap()["vpcId"]);
    let vpc = client.get(&format!("/vpcs/{id}")).await.unwrap()["vpc"].clone();
    assert_eq!((&vpc["addressPrefix"], &vpc["subnets"]), (&json!("10.9.0.0/16"), &json!([])));
    let tables = ids(&client.get("/routeTables/").await.unwrap()["routeTables"], "routeTableId");
    assert!(tables.contains(&text(&vpc["routeTableIds"][0])), "{tables:?}");

    let subnet = json!({"vpcId": id, "subnetName": "s", "addressPrefix": "10.9.1.0/24"});
    let subnet = text(&client.post("/subnets/", subnet).await.unwrap()["subnetId"]);
    let found = client.get(&format!("/subnets/{subnet}")).await.unwrap()["subnet"].clone();
    assert_eq!(found["routeTableId"], vpc["routeTableIds"][0]);
    assert_eq!((&found["startIp"], &found["availableIpCount"]), (&json!("10.9.1.1"), &json!(252)));
    assert_eq!(found["publicSubnet"], true);

    assert_eq!(client.delete(&format!("/vpcs/{id}")).await, refused(400, "FAILED_PRECONDITION"));
    assert_eq!(client.delete(&format!("/subnets/{subnet}")).await, Ok(Value::Null));
    assert_eq!(client.delete(&format!("/vpcs/{id}")).await, Ok(Value::Null));
    assert_eq!(client.delete(&format!("/vpcs/{id}")).await, refused(404, "NOT_FOUND"));
    assert_eq!(client.get("/routeTables/").await.unwrap()["totalCount"], 1, "its table went along");
    assert_eq!(client.get("/networkSecurityGroups/").await.unwrap()["totalCount"], 1, "and its group");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_lies_in_its_vpc_and_overlaps_with_no_other() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let subnet = |prefix: &str| json!({"vpcId": client.vpc().vpc_id, "subnetName": "s", "addressPrefix": prefix});
    for (prefix, expected) in [
        ("10.1.0.0/24", refused(400, "INVALID_ARGUMENT")),
        ("10.0.2.0/29", refused(400, "INVALID_ARGUMENT")),
        ("10.0.0.128/25", refused(409, "ALREADY_EXISTS")),
        ("not", refused(400, "INVALID_ARGUMENT")),
    ] {
        assert_eq!(client.post("/subnets/", subnet(prefix)).await, expected, "{prefix}");
    }
    let mut dry = subnet("10.0.2.0/24");
    dry["dryRun"] = json!(true);
    assert_eq!(client.post("/subnets/", dry).await, Ok(Value::Null));
    assert_eq!(client.get("/subnets/").await.unwrap()["totalCount"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_leaves_alone_what_it_does_not_name() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let path = format!("/vpcs/{}", client.vpc().vpc_id);
    let change = json!({"vpcName": null, "description": "words"});
    client.send(client.signed(Method::PATCH, &path, Some(&change))).await.unwrap();
    let vpc = client.get(&path).await.unwrap()["vpc"].clone();
    assert_eq!((&vpc["vpcName"], &vpc["description"]), (&json!("tutorial"), &json!("words")));
}

#[tokio::test(start_paused = true)]
async fn quotas_are_told_and_kept() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let id = client.vpc().vpc_id;
    let quota = client.get(&format!("/quotas/?type=subnet&parentResourceId={id}")).await.unwrap()["quota"].clone();
    assert_eq!(quota, json!({"type": "subnet", "parentResourceId": id, "maxLimit": 10, "count": 2}));
    for (query, expected) in [
        ("type=vpc", Ok(1)),
        ("type=coffee", refused(400, "INVALID_ARGUMENT")),
        ("type=subnet", refused(400, "INVALID_ARGUMENT")),
        ("type=staticRoute&parentResourceId=rtb-x", refused(404, "NOT_FOUND")),
    ] {
        let found = client.get(&format!("/quotas/?{query}")).await;
        assert_eq!(found.map(|found| found["quota"]["count"].as_u64().unwrap()), expected, "{query}");
    }
    set(&cloud, |settings| settings.subnets_per_vpc = 2);
    let subnet = json!({"vpcId": id, "subnetName": "s", "addressPrefix": "10.0.2.0/24"});
    assert_eq!(client.post("/subnets/", subnet).await, refused(429, "QUOTA_EXCEEDED"));
    set(&cloud, |settings| settings.vpcs_per_region = 1);
    assert_eq!(client.post("/vpcs/", json!({"vpcName": "x"})).await, refused(429, "QUOTA_EXCEEDED"));
}

#[tokio::test(start_paused = true)]
async fn listings_are_filtered_and_paged() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let table = client.vpc().route_table_id;
    let bound = format!("/subnets/?filters.1.name=routeTableId&filters.1.values.1={table}&pageSize=10&pageNumber=7");
    let found = client.get(&bound).await.unwrap();
    assert_eq!((ids(&found["subnets"], "subnetId").len(), &found["totalCount"]), (2, &json!(2)));
    let none = client.get("/subnets/?filters.1.name=vpcId&filters.1.values.1=vpc-x").await.unwrap();
    assert_eq!(none, json!({"subnets": [], "totalCount": 0}));
    assert_eq!(client.get("/subnets/?pageSize=5").await, refused(400, "INVALID_ARGUMENT"));
}
