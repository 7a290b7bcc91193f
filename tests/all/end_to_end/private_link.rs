//! The guide to private links, within an account and between two.

use causeway_tests::process::{Options, Up};
use http::{Method, StatusCode};
use serde_json::json;

use crate::end_to_end::common::{list, pointers, text, writes};

#[tokio::test]
async fn within_an_account_and_between_two_an_endpoint_comes_is_asked_and_goes() {
    for provider in ["a", "b"] {
        let up = Up::start(&Options::default());
        let api = up.api();
        let record = api.built(&api.private_link("one", provider)).await;
        api.inventory().await.is_one_connection().unwrap();
        let made = &record["sides"]["consumer"]["outputs"];
        assert_eq!(
            (&made["proof"]["method"], &made["proof"]["verdict"]),
            (&json!("http"), &json!("reached")),
            "{record:#}"
        );
        let steps = list(&record["history"]).iter().filter(|entry| entry["event"] == "step-done");
        let named: Vec<_> = steps.map(|entry| text(&entry["step"])).collect();
        let chain = [
            "create-load-balancer",
            "create-endpoint-service",
            "create-endpoint",
            "approve-endpoint",
            "verify-reachability",
        ];
        assert_eq!(named, chain);
        let service = text(&record["sides"]["provider"]["outputs"]["private_link"]["service_id"]);
        let path = format!("/v1/approvals/{service}/{}", text(&made["private_link"]["endpoint_id"]));
        let log = api.send(Method::GET, &path, &[], "").await;
        assert_eq!(log.body["entries"][0]["actor"], json!({"connection": "one"}), "{log:#?}");
        api.remove("one").await.accepted();
        let record = api.settled("one", "removed").await;
        assert_eq!(
            (&record["sides"]["consumer"]["outputs"], &record["sides"]["provider"]["outputs"]),
            (&json!({}), &json!({}))
        );
        api.inventory().await.is_empty().unwrap();
    }
}

#[tokio::test]
async fn a_dry_run_tells_every_call_and_a_wrong_one_every_reason() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let mut spec = api.private_link("one", "b");
    spec["dry_run"] = true.into();
    let before = writes(&api).await;
    let plan = api.send(Method::POST, "/v1/connections", &[], &spec.to_string()).await;
    assert_eq!(plan.status, StatusCode::OK, "{plan:#?}");
    let calls: Vec<_> = list(&plan.body["plan"]).iter().filter_map(|line| line["call"].as_str()).collect();
    let expected = [
        "CreateLoadBalancer",
        "AddBackendServers",
        "CreateLoadBalancerHTTPListener",
        "StartLoadBalancerListener",
        "CreateVpcEndpointService",
        "AddUserToVpcEndpointService",
        "CreateVSwitch",
        "AuthorizeSecurityGroup",
        "CreateVpcEndpoint",
        "EnableVpcEndpointConnection",
        "RunCommand",
    ];
    assert_eq!(calls, expected, "{:#}", plan.body);
    assert_eq!(writes(&api).await, before, "nothing was changed");
    spec["consumer"]["zones"][0]["zone_id"] = "eu-central-1a".into();
    spec["consumer"]["vpc_id"] = "vpc-none".into();
    let refused = api.send(Method::POST, "/v1/connections", &[], &spec.to_string()).await;
    assert_eq!(pointers(&refused.body), ["/consumer/zones/0/zone_id"], "{refused:#?}");
    spec["consumer"]["zones"][0]["zone_id"] = "eu-central-1b".into();
    let refused = api.send(Method::POST, "/v1/connections", &[], &spec.to_string()).await;
    assert_eq!(pointers(&refused.body), ["/consumer/vpc_id"], "{refused:#?}");
    api.inventory().await.is_empty().unwrap();
}
