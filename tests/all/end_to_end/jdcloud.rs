//! A peering on JD Cloud, as its users meet it.

use causeway_tests::process::{Api, Options, Up};
use connection::words::Kind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::end_to_end::common::{details, events, list, pointers, text};

async fn both_answer(api: &Api) {
    let lost = (api.lost_jd_ping("jd-a", "jd-b").await, api.lost_jd_ping("jd-b", "jd-a").await);
    assert_eq!(lost, (None, None));
}

fn calls(plan: &Value) -> Vec<String> {
    let lines = list(&plan["plan"]).iter().filter(|line| line["call"].is_string());
    lines.map(|line| format!("{} {} {}", text(&line["step"]), text(&line["side"]), text(&line["call"]))).collect()
}

#[tokio::test]
async fn it_is_built_shown_changed_and_removed_with_its_history() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let mut spec = api.tutorial_by(Kind::JdcloudPeering, "one");
    assert!(api.lost_jd_ping("jd-a", "jd-b").await.is_some());
    let record = api.built(&spec).await;
    assert_eq!(events(&record), ["accepted", "step-done", "step-done", "step-done", "arrived"], "{record:#}");
    api.inventory().await.is_one_connection().unwrap();
    both_answer(&api).await;
    for side in ["initiator", "acceptor"] {
        let made = &record["sides"][side]["outputs"];
        assert!(text(&made["peering_id"]).starts_with("vpcpr-"), "{made:#}");
        assert!(text(&made["jd"]["route_table_id"]).starts_with("rtb-"), "{made:#}");
        assert_eq!(made["jd"]["bindings"].as_object().map(serde_json::Map::len), Some(1), "{made:#}");
    }
    let shown = format!("{record:#}");
    assert!(!shown.contains("local-cloud-only-secret"), "no key is in a record: {shown}");

    let second = api.vpc("jd-a", "cn-north-1")["vswitches"][1]["vswitch_id"].clone();
    spec["initiator"]["subnet_ids"] = json!([second]);
    spec["acceptor"]["security_groups"][0]["protocol"] = json!("icmp");
    let record = api.changed(&spec).await;
    assert_eq!(record["generation"], 2);
    api.inventory().await.is_one_connection().unwrap();
    assert!(api.lost_jd_ping("jd-a", "jd-b").await.is_some(), "the first subnet has its old table again");
    spec["initiator"]["vpc_id"] = json!("vpc-elsewhere");
    assert_eq!(pointers(&api.put(&spec).await.problem(422, "impossible")), ["/initiator"]);
    let paused = api.wish("one", "pause").await;
    assert_eq!(paused.status, StatusCode::CONFLICT, "{paused:#?}");

    api.remove("one").await.accepted();
    api.settled("one", "removed").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn a_dry_run_tells_every_call_and_makes_none() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let mut spec = api.tutorial_by(Kind::JdcloudPeering, "one");
    let plan = async |method: Method, path: &str, body: &Value| {
        let answer = api.send(method, path, &[], &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:#?}");
        assert_eq!(answer.body["obstacles"], json!([]));
        answer.body
    };
    let told = plan(Method::POST, "/v1/connections?dry_run=true", &spec).await;
    let expected = [
        "create-peering initiator createVpcPeering",
        "create-peering acceptor createVpcPeering",
        "add-route initiator createRouteTable",
        "add-route initiator addRouteTableRules",
        "add-route initiator associateRouteTable",
        "add-route acceptor createRouteTable",
        "add-route acceptor addRouteTableRules",
        "add-route acceptor associateRouteTable",
        "authorize-security-group initiator addNetworkSecurityGroupRules",
        "authorize-security-group acceptor addNetworkSecurityGroupRules",
    ];
    assert_eq!(calls(&told), expected, "{told:#}");
    api.inventory().await.is_empty().unwrap();
    api.built(&spec).await;
    let same = plan(Method::PUT, "/v1/connections/one?dry_run=true", &spec).await;
    assert_eq!(calls(&same), Vec::<String>::new(), "{same:#}");
    spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
    let told = plan(Method::PUT, "/v1/connections/one?dry_run=true", &spec).await;
    let expected = ["add-route initiator addRouteTableRules", "add-route initiator removeRouteTableRules"];
    assert_eq!(calls(&told)[..2], expected, "{told:#}");
    let told = plan(Method::DELETE, "/v1/connections/one", &json!({"dry_run": true})).await;
    let expected = [
        "authorize-security-group initiator removeNetworkSecurityGroupRules",
        "authorize-security-group acceptor removeNetworkSecurityGroupRules",
        "add-route initiator associateRouteTable",
        "add-route initiator removeRouteTableRules",
        "add-route initiator deleteRouteTable",
        "add-route acceptor associateRouteTable",
        "add-route acceptor removeRouteTableRules",
        "add-route acceptor deleteRouteTable",
        "create-peering initiator deleteVpcPeering",
        "create-peering acceptor deleteVpcPeering",
    ];
    assert_eq!(calls(&told), expected, "{told:#}");
    both_answer(&api).await;
}

#[tokio::test]
async fn whatever_step_fails_it_is_rolled_back_and_goes_on_when_told_to() {
    let up = Up::start(&Options::default());
    let api = up.api();
    for (step, action) in [
        ("create-peering", "createVpcPeering"),
        ("add-route", "associateRouteTable"),
        ("authorize-security-group", "addNetworkSecurityGroupRules"),
    ] {
        let fault = json!({"kind": "refuse", "status": 403, "code": "HTTP_FORBIDDEN"});
        api.set_faults(&json!({"requests": [{"action": action, "times": 1, "fault": fault}]})).await;
        let mut spec = api.tutorial_by(Kind::JdcloudPeering, step);
        spec["on_failure"] = json!("rollback");
        api.create(&spec).await;
        let record = api.settled(step, "rolled-back").await;
        let cause = &record["cause"];
        assert_eq!((text(&cause["step"]), text(&cause["call"]["action"])), (step, action), "{cause:#}");
        assert_eq!(text(&cause["call"]["code"]), "HTTP_FORBIDDEN", "{cause:#}");
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
async fn what_cannot_be_is_refused_when_it_is_read_or_before_anything_is_made() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let refused = async |spec: &Value, status: u16, slug: &str| {
        api.send(Method::POST, "/v1/connections", &[], &spec.to_string()).await.problem(status, slug)
    };
    let good = api.tutorial_by(Kind::JdcloudPeering, "one");
    let mut spec = good.clone();
    spec["acceptor"]["region_id"] = json!("cn-east-2");
    spec["initiator"]["vswitch_ids"] = json!([]);
    let problem = refused(&spec, 400, "malformed").await;
    assert_eq!(pointers(&problem), ["/initiator/vswitch_ids", "/acceptor/region_id"], "{problem:#}");
    let mut spec = good.clone();
    spec["acceptor"]["account"] = json!("b");
    let problem = refused(&spec, 422, "impossible").await;
    assert_eq!(pointers(&problem), ["/acceptor/account"]);
    assert!(details(&problem).contains("of Alibaba Cloud"), "{problem:#}");
    let mut spec = api.tutorial("two");
    spec["initiator"]["account"] = json!("jd-a");
    let problem = refused(&spec, 422, "impossible").await;
    assert_eq!(pointers(&problem), ["/initiator/account"]);
    assert!(details(&problem).contains("of JD Cloud"), "{problem:#}");
    api.set_jd(&json!({"peerings_per_vpc": 0})).await;
    let problem = refused(&good, 422, "impossible").await;
    assert_eq!(pointers(&problem), ["/initiator/vpc_id", "/acceptor/vpc_id"], "{problem:#}");
    assert!(details(&problem).contains("has 0 of 0"), "{problem:#}");
}

#[tokio::test]
async fn a_key_that_is_missing_is_named_with_the_variable_and_never_shown() {
    let up = Up::start(&Options { parameters: vec!["JdcloudKeys={}".to_owned()], ..Options::default() });
    let api = up.api();
    let spec = api.tutorial_by(Kind::JdcloudPeering, "one").to_string();
    let problem = api.send(Method::POST, "/v1/connections", &[], &spec).await.problem(422, "impossible");
    assert_eq!(pointers(&problem), ["/initiator/account", "/acceptor/account"]);
    assert!(
        details(&problem).contains("CAUSEWAY_JDCLOUD_KEYS") && details(&problem).contains("\"jd-a\""),
        "{problem:#}"
    );
    let wrong = r#"{"jd-a": {"access_key_id": "AKID", "access_key_secret": "sesame"}}"#;
    drop(up);
    let up = Up::start(&Options { parameters: vec![format!("JdcloudKeys={wrong}")], ..Options::default() });
    let problem = up.api().send(Method::POST, "/v1/connections", &[], &spec).await.problem(422, "impossible");
    assert_eq!(pointers(&problem), ["/initiator/account", "/acceptor/account"], "{problem:#}");
    assert!(!format!("{problem:#}").contains("sesame"), "{problem:#}");
}
