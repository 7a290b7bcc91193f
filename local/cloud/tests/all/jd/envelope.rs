//! Who may call, and what goes wrong on demand.

use std::time::Duration;

use causeway_local::calls::{Outcome, Product};
use causeway_local::faults::{Fault, FaultRule};

use super::*;
use crate::testing::{cloud, refused};

#[tokio::test(start_paused = true)]
async fn both_signatures_open_and_either_form_of_the_colon() {
    let cloud = cloud();
    for variant in [Variant::Jdcloud2, Variant::Jdcloud3] {
        let client = Client { variant, ..Client::new(&cloud, "jd-a") };
        let table = client.vpc().route_table_id;
        for colon in [":", "%3A"] {
            let path = format!("/routeTables/{table}{colon}addRouteTableRules");
            let answer = client.post(&path, json!({"routeTableRuleSpecs": []})).await;
            assert_eq!(answer, refused(400, "INVALID_ARGUMENT"), "it got as far as the empty list");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_one_cloud_opens_nothing_of_the_other() {
    let cloud = cloud();
    let mut client = Client::new(&cloud, "a");
    assert_eq!(client.get("/vpcs/").await, refused(401, "ACCESS_ERROR"));
    client = Client::new(&cloud, "jd-a");
    assert!(client.get("/vpcs/").await.is_ok());
    let elsewhere = crate::testing::Client::new(&cloud, "jd-a").vpc_call("cn-qingdao", "DescribeVpcs", &[]).await;
    assert_eq!(elsewhere, refused(404, "InvalidAccessKeyId.NotFound"));
}

#[tokio::test(start_paused = true)]
async fn what_is_unsigned_or_signed_wrongly_is_refused_by_the_gateway() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    for missing in ["authorization", "x-jdcloud-date", "x-jdcloud-nonce"] {
        let mut request = client.signed(Method::GET, "/vpcs/", None);
        request.headers_mut().remove(missing);
        assert_eq!(client.send(request).await, refused(401, "ACCESS_ERROR"), "{missing}");
    }
    let mut wrong = Client::new(&cloud, "jd-a");
    wrong.account.access_key_secret = "wrong".to_owned();
    let response = cloud.handle(wrong.signed(Method::GET, "/vpcs/", None)).await.unwrap();
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["error"]["message"], "sign result is not same [gw]");

    let mut elsewhere = client.signed(Method::GET, "/vpcs/", None);
    *elsewhere.uri_mut() = "http://127.0.0.1:8000/v1/regions/cn-east-2/vpcs/".parse().unwrap();
    assert_eq!(client.send(elsewhere).await, refused(401, "ACCESS_ERROR"), "a signature is bound to its region");
}

#[tokio::test(start_paused = true)]
async fn date_and_nonce_count_only_when_told_so() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let old = cloud.shared().clock.wall() - Duration::from_secs(3600);
    let late = || client.signed_at(Method::GET, "/vpcs/", None, old, "n-1");
    assert!(client.send(late()).await.is_ok());
    assert!(client.send(late()).await.is_ok(), "the same nonce again");
    set(&cloud, |settings| settings.nonces_once = true);
    assert!(client.send(late()).await.is_ok());
    assert_eq!(client.send(late()).await, refused(401, "ACCESS_ERROR"));
    set(&cloud, |settings| settings.clock_skew_seconds = Some(900));
    let expired = client.signed_at(Method::GET, "/vpcs/", None, old, "n-2");
    assert_eq!(client.send(expired).await, refused(401, "ACCESS_ERROR"));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_refused() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    assert_eq!(client.get("/coffee").await, refused(404, "NOT_FOUND"));
    assert_eq!(client.get("/vpcs/vpc-0123456789").await, refused(404, "NOT_FOUND"));
    assert_eq!(client.post("/vpcPeerings/", json!([])).await, refused(400, "INVALID_ARGUMENT"));
    assert_eq!(client.post("/vpcPeerings/", json!({"vpcId": 7})).await, refused(400, "INVALID_ARGUMENT"));
    let foreign = Client::new(&cloud, "jd-b").vpc().vpc_id;
    assert_eq!(client.get(&format!("/vpcs/{foreign}")).await, refused(404, "NOT_FOUND"), "another account's");
    let tagged = json!({"vpcName": "x", "userTags": [{"key": "a", "value": "b"}]});
    assert_eq!(client.post("/vpcs/", tagged).await, refused(501, "NOT_IMPLEMENTED"));
}

#[tokio::test(start_paused = true)]
async fn faults_strike_by_operation_and_the_log_has_them() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let faults = &cloud.shared().faults;
    for (fault, expected) in [
        (Fault::Throttle, refused(429, "HTTP_RATE_LIMIT_EXCEEDED")),
        (Fault::ServerError, refused(500, "INTERNAL")),
        (Fault::Unavailable, refused(503, "UNAVAILABLE")),
        (Fault::Refuse { status: 409, code: "ABORTED".into() }, refused(409, "ABORTED")),
    ] {
        faults.add(FaultRule { product: Some(Product::Jdcloud), ..FaultRule::once("describeVpcs", fault) });
        assert_eq!(client.get("/vpcs/").await, expected);
    }
    assert!(client.get("/vpcs/").await.is_ok());

    let other = Client::new(&cloud, "jd-b");
    faults.add(FaultRule::once("createVpcPeering", Fault::LoseAnswer));
    faults.add(FaultRule::once("createVpcPeering", Fault::DropBefore));
    let body = json!({"vpcPeeringName": "p", "vpcId": client.vpc().vpc_id, "remoteVpcId": other.vpc().vpc_id});
    let request = || client.signed(Method::POST, "/vpcPeerings/", Some(&body));
    cloud.handle(request()).await.unwrap_err();
    assert_eq!(client.get("/vpcPeerings/").await.unwrap()["totalCount"], 1, "its effect happened");
    cloud.handle(request()).await.unwrap_err();
    assert_eq!(client.post("/vpcPeerings/", body.clone()).await, refused(409, "ALREADY_EXISTS"));

    let calls = cloud.calls();
    let made: Vec<_> = calls.iter().filter(|call| call.info.action == "createVpcPeering").collect();
    assert!(made.iter().all(|call| call.is_write && call.info.region == REGION));
    assert_eq!(made[0].outcome, Outcome::AnswerLost);
    assert!(made[0].resource.as_deref().is_some_and(|id| id.starts_with("vpcpr-")), "{:?}", made[0]);
    assert_eq!(made[1].outcome, Outcome::DroppedBefore);
}
