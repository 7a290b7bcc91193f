//! VPC peering in all its states.

use api::problem::ProblemKind;
use causeway_tests::process::Api;
use causeway_tests::shown::{Shown as _, details, pointers};
use connection::record::Phase;
use connection::words::{Kind, StepName};
use serde_json::json;

use crate::end_to_end::common::{A, B, both_answer, moment, rolls_back, routes_of, start};

#[tokio::test]
async fn between_accounts_and_regions_one_peering_two_routes_and_two_rules_come_and_go() {
    let (_up, api) = start();
    let mut spec = api.tutorial_by(Kind::VpcPeering, "one");
    spec["bandwidth_mbps"] = json!(200);
    spec["link_type"] = json!("Platinum");
    let record = api.built(&spec).await;
    let id = record.peering();
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    assert_eq!(inventory.peerings, [format!("a {id} Activated"), format!("b {id} Activated")]);
    assert_eq!(routes_of(&api, B).await, [format!("192.168.0.0/16 -> {id} Available")]);
    let shown = api.peering_call("a", "GetVpcPeerConnectionAttribute", &[("InstanceId", id)]).await;
    assert_eq!((&shown["Bandwidth"], &shown["LinkType"]), (&json!(200), &json!("Platinum")), "{shown:#?}");
    assert_eq!(api.done("AcceptVpcPeerConnection").await, 1);
    both_answer(&api).await;
    let chain = [
        StepName::CreatePeering,
        StepName::AcceptPeering,
        StepName::AddRoute,
        StepName::AuthorizeSecurityGroup,
        StepName::VerifyReachability,
    ];
    assert_eq!(record.steps_done(), chain);
    let record = api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
    assert!(record.owns_nothing(), "{record:#?}");
}

#[tokio::test]
async fn within_one_account_the_cloud_accepts_by_itself() {
    let (_up, api) = start();
    let spec = api.spec_by(Kind::VpcPeering, "one", A, ("a", "cn-beijing"));
    api.built(&spec).await;
    assert_eq!(api.done("AcceptVpcPeerConnection").await, 0);
    assert_eq!(api.lost_ping(A, ("a", "cn-beijing")).await, None);
}

#[tokio::test]
async fn within_one_region_there_is_no_bandwidth_to_set() {
    let (_up, api) = start();
    let mut spec = api.spec_by(Kind::VpcPeering, "one", A, ("b", "cn-qingdao"));
    api.built(&spec).await;
    spec["bandwidth_mbps"] = json!(100);
    spec["link_type"] = json!("Gold");
    let problem = api.put(&spec).await.problem(ProblemKind::Malformed);
    assert_eq!(pointers(&problem), ["/bandwidth_mbps", "/link_type"], "{problem:#?}");
}

#[tokio::test]
async fn cdt_that_is_not_open_is_told_before_anything_is_made_and_names_whose() {
    let (_up, api) = start();
    let spec = api.tutorial_by(Kind::VpcPeering, "one");
    for (account, side) in [("a", "initiator"), ("b", "acceptor")] {
        api.set_cdt(account, "closed").await;
        let problem = api.post(&spec).await.problem(ProblemKind::Impossible);
        assert_eq!(pointers(&problem), [format!("/{side}/account")], "{problem:#?}");
        assert!(details(&problem).contains(&format!("account {account} ")), "{problem:#?}");
        api.set_cdt(account, "open").await;
    }
    api.inventory().await.is_empty().unwrap();
    assert_eq!(api.listed().await, []);
}

/// A peering that waits to be accepted, and the accepting account's calls fail for now.
async fn waiting_to_be_accepted(api: &Api) -> String {
    let rule = json!({"action": "AcceptVpcPeerConnection", "fault": {"kind": "throttle"}});
    api.set_faults(&json!({"requests": [rule]})).await;
    api.create(&api.tutorial_by(Kind::VpcPeering, "one")).await;
    for _ in 0..100 {
        let record = api.show("one").await;
        if record.summary.step == StepName::AcceptPeering && record.summary.waiting.is_some() {
            return record.peering().to_owned();
        }
        moment().await;
    }
    panic!("it never came to be accepted: {:#?}", api.show("one").await);
}

#[tokio::test]
async fn a_request_that_somebody_rejects_fails_and_is_asked_anew_when_told_to_go_on() {
    let (_up, api) = start();
    let rejected = waiting_to_be_accepted(&api).await;
    api.peering_call("b", "RejectVpcPeerConnection", &[("InstanceId", &rejected)]).await;
    let record = api.settled("one", Phase::Failed).await;
    let stop = record.stop();
    assert!(stop.what.contains("rejected"), "{stop:#?}");
    assert!(stop.advice.contains("retry"), "{stop:#?}");
    api.clear_faults().await;
    let record = api.retried("one").await;
    assert_ne!(record.peering(), rejected);
    api.inventory().await.is_one_connection().unwrap();
    both_answer(&api).await;
}

#[tokio::test]
async fn a_request_that_nobody_answers_in_time_expires_fails_and_is_asked_anew() {
    let (_up, api) = start();
    let expired = waiting_to_be_accepted(&api).await;
    api.set_delays(&json!([{"wait": "peering_expire", "milliseconds": 1000}])).await;
    let record = api.settled("one", Phase::Failed).await;
    let stop = record.stop();
    assert!(stop.what.contains("seven days"), "{stop:#?}");
    assert!(stop.advice.contains("retry"), "{stop:#?}");
    api.set_delays(&json!([])).await;
    api.clear_faults().await;
    let record = api.retried("one").await;
    assert_ne!(record.peering(), expired);
    api.inventory().await.is_one_connection().unwrap();
}

#[tokio::test]
async fn a_peering_that_fails_is_rolled_back_and_leaves_nothing() {
    let (_up, api) = start();
    for (step, action) in [
        (StepName::CreatePeering, "CreateVpcPeerConnection"),
        (StepName::AcceptPeering, "AcceptVpcPeerConnection"),
        (StepName::AddRoute, "CreateRouteEntry"),
        (StepName::AuthorizeSecurityGroup, "AuthorizeSecurityGroup"),
    ] {
        let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
        let refusal = json!({"action": action, "fault": fault});
        rolls_back(&api, Kind::VpcPeering, step, &refusal).await;
    }
}

#[tokio::test]
async fn what_joins_the_two_vpcs_already_is_refused_with_the_way_to_migrate() {
    let (_up, api) = start();
    api.built(&api.tutorial("pair")).await;
    let mut peering = api.tutorial_by(Kind::VpcPeering, "peering");
    for migrate in [false, true] {
        peering["migrate"] = json!(migrate);
        let answer = api.post(&peering).await;
        let problem = answer.problem(ProblemKind::Impossible);
        assert!(details(&problem).contains("migrate: true"), "{problem:#?}");
        assert!(
            details(&problem).contains("PUT"),
            "it is the connection that stands which must be changed: {problem:#?}"
        );
    }
    api.inventory().await.is_one_connection().unwrap();

    api.removed("pair").await;
    api.built(&api.tutorial_by(Kind::VpcPeering, "peering")).await;
    let second = api.tutorial_by(Kind::VpcPeering, "second");
    let problem = api.post(&second).await.problem(ProblemKind::Impossible);
    assert!(details(&problem).contains("joins the two VPCs already"), "{problem:#?}");
}
