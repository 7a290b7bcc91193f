//! The tutorial by hand: each step is needed before the ping gets through.

use std::time::Duration;

use http::header::CONTENT_TYPE;

use super::*;
use crate::testing::{cloud, pass};

async fn local(cloud: &Cloud, method: Method, thing: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(format!("http://127.0.0.1:8000/_local/jd/{thing}"));
    let request = request.header(CONTENT_TYPE, "application/json").body(Bytes::from(body.to_string())).unwrap();
    let response = cloud.handle(request).await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

/// At which end and why a ping from a to b is lost, if it is.
async fn ping(a: &Client, b: &Client) -> Option<(String, String)> {
    let end = |client: &Client| json!({"subnet_id": client.vpc().vswitches[0].vswitch_id});
    let (status, pong) = local(&a.cloud, Method::POST, "ping", &json!({"from": end(a), "to": end(b)})).await;
    assert_eq!(status, 200, "{pong}");
    (pong["reached"] != true).then(|| (text(&pong["at"]), text(&pong["why"])))
}

fn lost(at: &str, why: &str) -> Option<(String, String)> {
    Some((at.to_owned(), why.to_owned()))
}

/// A table with a rule to the other side by `half`, bound to the first subnet.
async fn route(client: &Client, half: &str, remote: &Client) {
    let body = json!({"vpcId": client.vpc().vpc_id, "routeTableName": "peered"});
    let table = text(&client.post("/routeTables/", body).await.unwrap()["routeTableId"]);
    let rule = json!({"nextHopType": "vpc_peering", "nextHopId": half, "addressPrefix": remote.vpc().cidr_block});
    let add = format!("/routeTables/{table}:addRouteTableRules");
    client.post(&add, json!({"routeTableRuleSpecs": [rule]})).await.unwrap();
    let subnets = json!({"subnetIds": [client.vpc().vswitches[0].vswitch_id]});
    client.post(&format!("/routeTables/{table}:associateRouteTable"), subnets).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_ping_needs_the_peering_a_route_on_each_side_and_a_rule() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    assert_eq!(ping(&a, &b).await, lost("from", "leads_elsewhere"), "to the internet");
    let half = a.peer(&b).await.unwrap();
    route(&a, &half, &b).await;
    assert_eq!(ping(&a, &b).await, lost("from", "peering_not_connected"));
    let other = b.peer(&a).await.unwrap();
    pass(Duration::from_secs(10)).await;
    assert_eq!(ping(&a, &b).await, lost("to", "inbound_denied"));

    let groups = b.get("/networkSecurityGroups/").await.unwrap();
    let group = text(&groups["networkSecurityGroups"][0]["networkSecurityGroupId"]);
    let allow = json!({"protocol": 300, "direction": 0, "addressPrefix": a.vpc().cidr_block});
    let add = format!("/networkSecurityGroups/{group}:addNetworkSecurityGroupRules");
    b.post(&add, json!({"networkSecurityGroupRuleSpecs": [allow]})).await.unwrap();
    assert_eq!(ping(&a, &b).await, lost("to", "leads_elsewhere"), "the answer goes to the internet");
    route(&b, &other, &a).await;
    assert_eq!(ping(&a, &b).await, None);
    assert_eq!(ping(&b, &a).await, lost("to", "inbound_denied"), "a's own group says nothing of b yet");

    b.delete(&format!("/vpcPeerings/{other}")).await.unwrap();
    assert_eq!(ping(&a, &b).await, lost("from", "peering_not_connected"));
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_names_what_is_not_there_is_refused() {
    let cloud = cloud();
    let subnet = Client::new(&cloud, "jd-a").vpc().vswitches[0].vswitch_id.clone();
    let good = json!({"subnet_id": subnet});
    for (wrong, status) in [
        (json!({"from": good, "to": {"subnet_id": "subnet-x"}}), 404),
        (json!({"from": good, "to": {"subnet_id": subnet, "address": "10.9.9.9"}}), 404),
        (json!({"from": good, "to": {"subnet_id": subnet, "security_group_ids": ["sg-x"]}}), 404),
        (json!({"from": good, "to": good, "protocol": "tcp"}), 404),
        (json!({"from": good}), 400),
        (json!({"from": good, "to": good, "speed": 1}), 400),
    ] {
        assert_eq!(local(&cloud, Method::POST, "ping", &wrong).await.0, status, "{wrong}");
    }
    assert_eq!(local(&cloud, Method::GET, "ping", &json!({})).await.0, 405);
    assert_eq!(local(&cloud, Method::GET, "coffee", &json!({})).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn settings_are_read_set_and_put_back() {
    let cloud = cloud();
    let (_, before) = local(&cloud, Method::GET, "settings", &json!({})).await;
    assert_eq!((&before["peerings_per_vpc"], &before["clock_skew_seconds"]), (&json!(10), &Value::Null));
    let (_, set) = local(&cloud, Method::PUT, "settings", &json!({"nonces_once": true})).await;
    assert_eq!((&set["nonces_once"], &set["peerings_per_vpc"]), (&json!(true), &json!(10)));
    assert!(cloud.jd().settings().nonces_once);
    assert_eq!(local(&cloud, Method::PUT, "settings", &json!({"coffee": true})).await.0, 400);
    assert_eq!(local(&cloud, Method::DELETE, "settings", &json!({})).await.1, before);
}
