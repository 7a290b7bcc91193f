//! VPC peering in all its states.

use causeway_tests::process::{Api, Options, Up};
use connection::words::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::end_to_end::common::{both_answer, details, list, moment, pointers, routes_of, text};

fn id(record: &Value) -> String {
    text(&record["sides"]["initiator"]["outputs"]["peering_id"]).to_owned()
}

async fn count(api: &Api, action: &str) -> usize {
    let calls = api.calls().await;
    calls.iter().filter(|call| call["action"] == action && call["outcome"] == "done").count()
}

#[tokio::test]
async fn between_accounts_and_regions_one_peering_two_routes_and_two_rules_come_and_go() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let mut spec = api.tutorial_by(Kind::VpcPeering, "one");
    spec["bandwidth_mbps"] = json!(200);
    spec["link_type"] = json!("Platinum");
    let record = api.built(&spec).await;
    let id = id(&record);
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    assert_eq!(inventory.peerings, [format!("a {id} Activated"), format!("b {id} Activated")]);
    assert_eq!(routes_of(&api, ("b", "cn-beijing")).await, [format!("192.168.0.0/16 -> {id} Available")]);
    let shown = api.peering_call("a", "GetVpcPeerConnectionAttribute", &[("InstanceId", &id)]).await;
    assert_eq!((&shown["Bandwidth"], &shown["LinkType"]), (&json!(200), &json!("Platinum")), "{shown:#}");
    assert_eq!(count(&api, "AcceptVpcPeerConnection").await, 1);
    both_answer(&api).await;
    let steps: Vec<_> = list(&record["history"]).iter().filter(|entry| entry["event"] == "step-done").collect();
    let named: Vec<_> = steps.iter().map(|entry| text(&entry["step"])).collect();
    let chain = ["create-peering", "accept-peering", "add-route", "authorize-security-group", "verify-reachability"];
    assert_eq!(named, chain);
    api.remove("one").await.accepted();
    let record = api.settled("one", "removed").await;
    api.inventory().await.is_empty().unwrap();
    assert_eq!(record["sides"]["initiator"]["outputs"], json!({}));
}

#[tokio::test]
async fn within_one_account_the_cloud_accepts_by_itself() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let spec = api.spec_by(Kind::VpcPeering, "one", ("a", "cn-qingdao"), ("a", "cn-beijing"));
    api.built(&spec).await;
    assert_eq!(count(&api, "AcceptVpcPeerConnection").await, 0);
    assert_eq!(api.lost_ping(("a", "cn-qingdao"), ("a", "cn-beijing")).await, None);
}

#[tokio::test]
async fn within_one_region_there_is_no_bandwidth_to_set() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let mut spec = api.spec_by(Kind::VpcPeering, "one", ("a", "cn-qingdao"), ("b", "cn-qingdao"));
    api.built(&spec).await;
    spec["bandwidth_mbps"] = json!(100);
    spec["link_type"] = json!("Gold");
    let problem = api.put(&spec).await.problem(400, "malformed");
    assert_eq!(pointers(&problem), ["/bandwidth_mbps", "/link_type"], "{problem:#}");
}

#[tokio::test]
async fn cdt_that_is_not_open_is_told_before_anything_is_made_and_names_whose() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let spec = api.tutorial_by(Kind::VpcPeering, "one").to_string();
    for (account, words) in
        [("a", "which this account has not opened"), ("b", "which the accepting account has not opened")]
    {
        api.set_cdt(account, "closed").await;
        let problem = api.send(Method::POST, "/v1/connections", &[], &spec).await.problem(422, "impossible");
        assert!(details(&problem).contains(words), "{problem:#}");
        api.set_cdt(account, "open").await;
    }
    api.inventory().await.is_empty().unwrap();
    let listed = api.send(Method::GET, "/v1/connections", &[], "").await;
    assert_eq!(listed.body, json!({"items": []}));
}

/// A peering that waits to be accepted, and the accepting account's calls fail for now.
async fn waiting_to_be_accepted(api: &Api) -> String {
    let rule = json!({"action": "AcceptVpcPeerConnection", "fault": {"kind": "throttle"}});
    api.set_faults(&json!({"requests": [rule]})).await;
    api.create(&api.tutorial_by(Kind::VpcPeering, "one")).await;
    for _ in 0..100 {
        let record = api.show("one").await;
        if record["step"] == "accept-peering" && record["waiting"].is_object() {
            return id(&record);
        }
        moment().await;
    }
    panic!("it never came to be accepted: {:#}", api.show("one").await);
}

#[tokio::test]
async fn a_request_that_somebody_rejects_fails_and_is_asked_anew_when_told_to_go_on() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let rejected = waiting_to_be_accepted(&api).await;
    api.peering_call("b", "RejectVpcPeerConnection", &[("InstanceId", &rejected)]).await;
    let record = api.settled("one", "failed").await;
    let stop = &record["failure"];
    assert!(text(&stop["what"]).contains("rejected"), "{stop:#}");
    assert!(text(&stop["advice"]).contains("retry"), "{stop:#}");
    api.clear_faults().await;
    api.retry("one").await.accepted();
    let record = api.settled("one", "active").await;
    assert_ne!(id(&record), rejected);
    api.inventory().await.is_one_connection().unwrap();
    both_answer(&api).await;
}

#[tokio::test]
async fn a_request_that_nobody_answers_in_time_expires_fails_and_is_asked_anew() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let expired = waiting_to_be_accepted(&api).await;
    api.set_delays(&json!([{"wait": "peering_expire", "milliseconds": 1000}])).await;
    let record = api.settled("one", "failed").await;
    let stop = &record["failure"];
    assert!(text(&stop["what"]).contains("seven days"), "{stop:#}");
    assert!(text(&stop["advice"]).contains("retry"), "{stop:#}");
    api.set_delays(&json!([])).await;
    api.clear_faults().await;
    api.retry("one").await.accepted();
    let record = api.settled("one", "active").await;
    assert_ne!(id(&record), expired);
    api.inventory().await.is_one_connection().unwrap();
}

#[tokio::test]
async fn a_peering_that_fails_is_rolled_back_and_leaves_nothing() {
    let up = Up::start(&Options::default());
    let api = up.api();
    for (step, action) in [
        ("create-peering", "CreateVpcPeerConnection"),
        ("accept-peering", "AcceptVpcPeerConnection"),
        ("add-route", "CreateRouteEntry"),
        ("authorize-security-group", "AuthorizeSecurityGroup"),
    ] {
        let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
        let skip = u8::from(action == "CreateVpcPeerConnection");
        api.set_faults(&json!({"requests": [{"action": action, "skip": skip, "fault": fault}]})).await;
        let mut spec = api.tutorial_by(Kind::VpcPeering, step);
        spec["on_failure"] = json!("rollback");
        api.create(&spec).await;
        let record = api.settled(step, "rolled-back").await;
        assert_eq!((text(&record["cause"]["step"]), text(&record["cause"]["call"]["action"])), (step, action));
        api.inventory().await.is_empty().unwrap();
        api.clear_faults().await;
        api.retry(step).await.accepted();
        api.settled(step, "active").await;
        api.inventory().await.is_one_connection().unwrap();
        api.remove(step).await.accepted();
        api.settled(step, "removed").await;
    }
}

#[tokio::test]
async fn what_joins_the_two_vpcs_already_is_refused_with_the_way_to_migrate() {
    let up = Up::start(&Options::default());
    let api = up.api();
    api.built(&api.tutorial("pair")).await;
    let mut peering = api.tutorial_by(Kind::VpcPeering, "peering");
    for migrate in [false, true] {
        peering["migrate"] = json!(migrate);
        let answer = api.send(Method::POST, "/v1/connections", &[], &peering.to_string()).await;
        let problem = answer.problem(422, "impossible");
        assert!(details(&problem).contains("migrate: true"), "{problem:#}");
        assert!(
            details(&problem).contains("PUT"),
            "it is the connection that stands which must be changed: {problem:#}"
        );
    }
    api.inventory().await.is_one_connection().unwrap();

    api.remove("pair").await.accepted();
    api.settled("pair", "removed").await;
    api.built(&api.tutorial_by(Kind::VpcPeering, "peering")).await;
    let second = api.tutorial_by(Kind::VpcPeering, "second").to_string();
    let problem = api.send(Method::POST, "/v1/connections", &[], &second).await.problem(422, "impossible");
    assert!(details(&problem).contains("joins the two VPCs already"), "{problem:#}");
}
