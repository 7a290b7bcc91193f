//! What the tests of several modules have in common.

use causeway_tests::process::Api;
use serde_json::Value;

/// The tutorial's two VPCs.
pub const A: (&str, &str) = ("a", "cn-qingdao");
pub const B: (&str, &str) = ("b", "cn-beijing");

/// A text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value:#}"))
}

/// A list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value:#}"))
}

/// The fields that a problem document blames.
pub fn pointers(problem: &Value) -> Vec<&str> {
    list(&problem["errors"]).iter().map(|error| text(&error["pointer"])).collect()
}

/// What a problem document says of its fields.
pub fn details(problem: &Value) -> String {
    list(&problem["errors"]).iter().map(|error| text(&error["detail"])).collect::<Vec<_>>().join("\n")
}

/// What a record's history tells.
pub fn events(record: &Value) -> Vec<&str> {
    list(&record["history"]).iter().map(|entry| text(&entry["event"])).collect()
}

/// Both instances of the tutorial answer each other.
pub async fn both_answer(api: &Api) {
    assert_eq!((api.lost_ping(A, B).await, api.lost_ping(B, A).await), (None, None));
}

/// Neither of them answers the other.
pub async fn neither_answers(api: &Api) {
    let lost = (api.lost_ping(A, B).await, api.lost_ping(B, A).await);
    assert!(lost.0.is_some() && lost.1.is_some(), "{lost:?}");
}

/// The routes of a VPC's system table that are not the system's, as `destination -> next hop`.
pub async fn routes_of(api: &Api, place: (&str, &str)) -> Vec<String> {
    routes_in(api, place, text(&api.vpc(place.0, place.1)["route_table_id"])).await
}

/// The same of any table.
pub async fn routes_in(api: &Api, (account, region): (&str, &str), table: &str) -> Vec<String> {
    let vpc = api.client(account).vpc(&region.parse().unwrap());
    let entries = vpc.all_route_entries(table).await.unwrap();
    let own = entries.iter().filter(|entry| entry.route_type != Some(alicloud::vpc::RouteType::System));
    let mut routes: Vec<_> = own
        .map(|entry| {
            let hops: Vec<_> = entry.next_hops.iter().filter_map(|hop| hop.next_hop_id.clone()).collect();
            format!("{} -> {} {}", entry.destination_cidr_block, hops.join(","), entry.status)
        })
        .collect();
    routes.sort_unstable();
    routes
}

/// How many calls that change something the clouds of both sides have carried out.
pub async fn writes(api: &Api) -> usize {
    let of_clouds = |call: &&Value| matches!(call["product"].as_str(), Some("vpc" | "vpc_peer" | "vpc-peer" | "ecs"));
    let calls = api.calls().await;
    calls.iter().filter(of_clouds).filter(|call| call["is_write"] == true && call["outcome"] == "done").count()
}

/// Waits until the cloud shows an effect of what was called by hand.
pub async fn moment() {
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
}
