//! Two halves, and what becomes of one without the other.

use std::time::Duration;

use causeway_local::delays::Wait;

use super::*;
use crate::testing::{cloud, pass, refused};

#[tokio::test(start_paused = true)]
async fn both_halves_connect_after_a_while() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let half = a.peer(&b).await.unwrap();
    pass(Duration::from_secs(60)).await;
    assert_eq!(a.state(&half).await, "Initiated", "the other side has not consented");
    let other = b.peer(&a).await.unwrap();
    assert_eq!((a.state(&half).await, b.state(&other).await), ("Initiated".into(), "Initiated".into()));
    pass(Wait::JdPeeringConnect.default_duration()).await;
    assert_eq!((a.state(&half).await, b.state(&other).await), ("Connected".into(), "Connected".into()));
    assert_ne!(half, other);
    assert_eq!(a.get(&format!("/vpcPeerings/{other}")).await, refused(404, "NOT_FOUND"), "each sees its own half");

    let shown = a.get(&format!("/vpcPeerings/{half}")).await.unwrap()["vpcPeering"].clone();
    assert_eq!(shown["vpcInfo"]["addressPrefix"], json!(["10.0.0.0/16"]));
    assert_eq!(shown["remoteVpcInfo"]["addressPrefix"], json!(["172.16.0.0/16"]));
}

#[tokio::test(start_paused = true)]
async fn where_it_takes_no_time_the_second_answer_says_connected() {
    let cloud = cloud();
    cloud.shared().delays.set(Wait::JdPeeringConnect, Duration::ZERO);
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    a.peer(&b).await.unwrap();
    let body = json!({"vpcPeeringName": "p", "vpcId": b.vpc().vpc_id, "remoteVpcId": a.vpc().vpc_id});
    let made = b.post("/vpcPeerings/", body).await.unwrap();
    assert_eq!(made["vpcPeering"]["vpcPeeringState"], "Connected");
}

#[tokio::test(start_paused = true)]
async fn a_half_whose_other_goes_is_disconnected_until_that_is_made_anew() {
    let cloud = cloud();
    cloud.shared().delays.set(Wait::JdPeeringConnect, Duration::ZERO);
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let (half, other) = (a.peer(&b).await.unwrap(), b.peer(&a).await.unwrap());
    b.delete(&format!("/vpcPeerings/{other}")).await.unwrap();
    assert_eq!(a.state(&half).await, "Disconnected");
    assert_eq!(b.delete(&format!("/vpcPeerings/{other}")).await, refused(404, "NOT_FOUND"));

    set(&cloud, |settings| settings.reconnects = false);
    let other = b.peer(&a).await.unwrap();
    assert_eq!((a.state(&half).await, b.state(&other).await), ("Disconnected".into(), "Initiated".into()));
    b.delete(&format!("/vpcPeerings/{other}")).await.unwrap();
    set(&cloud, |settings| settings.reconnects = true);
    let other = b.peer(&a).await.unwrap();
    assert_eq!((a.state(&half).await, b.state(&other).await), ("Connected".into(), "Connected".into()));
}

#[tokio::test(start_paused = true)]
async fn a_half_that_goes_while_connecting_leaves_the_other_as_it_was() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let (half, other) = (a.peer(&b).await.unwrap(), b.peer(&a).await.unwrap());
    b.delete(&format!("/vpcPeerings/{other}")).await.unwrap();
    pass(Duration::from_secs(60)).await;
    assert_eq!(a.state(&half).await, "Initiated");
}

#[tokio::test(start_paused = true)]
async fn a_state_can_be_stuck() {
    let cloud = cloud();
    cloud.shared().delays.stick(Wait::JdPeeringConnect);
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let half = a.peer(&b).await.unwrap();
    b.peer(&a).await.unwrap();
    pass(Duration::from_secs(3600)).await;
    assert_eq!(a.state(&half).await, "Initiated");
    cloud.shared().delays.clear();
    assert_eq!(a.state(&half).await, "Connected");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_joined_is_refused() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let (own, remote) = (a.vpc().vpc_id, b.vpc().vpc_id);
    let overlapping = b.post("/vpcs/", json!({"vpcName": "o", "addressPrefix": "10.0.0.0/20"})).await.unwrap();
    let overlapping = text(&overlapping["vpcId"]);
    let body =
        |name: &str, own: &str, remote: &str| json!({"vpcPeeringName": name, "vpcId": own, "remoteVpcId": remote});
    for (body, expected) in [
        (body("p", &own, &overlapping), refused(400, "INVALID_ARGUMENT")),
        (body("p", &own, &own), refused(400, "INVALID_ARGUMENT")),
        (body("p p", &own, &remote), refused(400, "INVALID_ARGUMENT")),
        (body("p", &own, "vpc-nowhere"), refused(404, "NOT_FOUND")),
        (body("p", &remote, &own), refused(404, "NOT_FOUND")),
    ] {
        assert_eq!(a.post("/vpcPeerings/", body.clone()).await, expected, "{body}");
    }
    a.post("/vpcPeerings/", body("p", &own, &remote)).await.unwrap();
    let again = a.post("/vpcPeerings/", body("q", &own, &remote)).await;
    assert_eq!(again, refused(409, "ALREADY_EXISTS"), "one for each pair and side");
    let free = b.post("/vpcs/", json!({"vpcName": "f", "addressPrefix": "10.7.0.0/16"})).await.unwrap();
    let free = text(&free["vpcId"]);
    let same_name = a.post("/vpcPeerings/", body("p", &own, &free)).await;
    assert_eq!(same_name, refused(409, "ALREADY_EXISTS"));
    set(&cloud, |settings| settings.peerings_per_vpc = 1);
    assert_eq!(a.post("/vpcPeerings/", body("q", &own, &free)).await, refused(429, "QUOTA_EXCEEDED"));
}

#[tokio::test(start_paused = true)]
async fn a_vpc_without_a_range_overlaps_by_its_subnets() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let free = text(&b.post("/vpcs/", json!({"vpcName": "free", "addressPrefix": ""})).await.unwrap()["vpcId"]);
    let subnet = json!({"vpcId": free, "subnetName": "s", "addressPrefix": "10.0.5.0/24"});
    b.post("/subnets/", subnet).await.unwrap();
    let body = json!({"vpcPeeringName": "p", "vpcId": a.vpc().vpc_id, "remoteVpcId": free});
    assert_eq!(a.post("/vpcPeerings/", body).await, refused(400, "INVALID_ARGUMENT"));
}

#[tokio::test(start_paused = true)]
async fn a_peering_is_renamed_but_not_to_a_name_that_is_taken() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let half = a.peer(&b).await.unwrap();
    let path = format!("/vpcPeerings/{half}");
    let change = json!({"vpcPeeringName": "to_jd_b", "description": null});
    assert_eq!(a.send(a.signed(Method::PUT, &path, Some(&change))).await, Ok(Value::Null));
    assert_eq!(a.get(&path).await.unwrap()["vpcPeering"]["vpcPeeringName"], "to_jd_b");
    let own = "/vpcPeerings/?filters.1.name=vpcPeeringNames&filters.1.values.1=to_jd_b";
    assert_eq!(ids(&a.get(own).await.unwrap()["vpcPeerings"], "vpcPeeringId"), [half]);
}
