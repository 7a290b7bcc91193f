//! A peering on JD Cloud, as its users meet it.

use api::connections::Plan;
use api::problem::ProblemKind;
use causeway_tests::process::{Api, Options, Up};
use causeway_tests::shown::{Shown as _, calls, details, pointers};
use connection::record::EntryEvent;
use connection::words::{Kind, Side, StepName};
use http::Method;
use serde_json::{Value, json};

use crate::end_to_end::common::{rolls_back, start};

async fn both_answer(api: &Api) {
    let lost = (api.lost_jd_ping("jd-a", "jd-b").await, api.lost_jd_ping("jd-b", "jd-a").await);
    assert_eq!(lost, (None, None));
}

#[tokio::test]
async fn it_is_built_shown_changed_and_removed_with_its_history() {
    let (_up, api) = start();
    let mut spec = api.tutorial_by(Kind::JdcloudPeering, "one");
    assert!(api.lost_jd_ping("jd-a", "jd-b").await.is_some());
    let record = api.built(&spec).await;
    use EntryEvent::{Accepted, Arrived, StepDone};
    assert_eq!(record.events(), [Accepted, StepDone, StepDone, StepDone, Arrived], "{record:#?}");
    api.inventory().await.is_one_connection().unwrap();
    both_answer(&api).await;
    for side in [Side::Initiator, Side::Acceptor] {
        let made = record.outputs(side);
        assert!(made.peering_id.as_ref().unwrap().starts_with("vpcpr-"), "{made:#?}");
        let tables = made.jd.as_ref().unwrap();
        assert!(tables.route_table_id.as_ref().unwrap().starts_with("rtb-"), "{made:#?}");
        assert_eq!(tables.bindings.len(), 1, "{made:#?}");
    }
    let shown = api.get("/v1/connections/one").await.body.to_string();
    assert!(!shown.contains("local-cloud-only-secret"), "no key is in a record: {shown}");

    let second = api.vpc("jd-a", "cn-north-1").vswitches[1].vswitch_id.clone();
    spec["initiator"]["subnet_ids"] = json!([second]);
    spec["acceptor"]["security_groups"][0]["protocol"] = json!("icmp");
    let record = api.changed(&spec).await;
    assert_eq!(record.summary.generation, 2);
    api.inventory().await.is_one_connection().unwrap();
    assert!(api.lost_jd_ping("jd-a", "jd-b").await.is_some(), "the first subnet has its old table again");
    spec["initiator"]["vpc_id"] = json!("vpc-elsewhere");
    assert_eq!(pointers(&api.put(&spec).await.problem(ProblemKind::Impossible)), ["/initiator"]);
    api.command("one", "pause").await.problem(ProblemKind::Conflict);

    api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn a_dry_run_tells_every_call_and_makes_none() {
    let (_up, api) = start();
    let mut spec = api.tutorial_by(Kind::JdcloudPeering, "one");
    let plan = async |method: Method, path: &str, body: &Value| {
        let plan: Plan = api.send(method, path, &[], &body.to_string()).await.ok();
        assert_eq!(plan.obstacles, []);
        plan
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
    assert_eq!(calls(&told), expected, "{told:#?}");
    api.inventory().await.is_empty().unwrap();
    api.built(&spec).await;
    let same = plan(Method::PUT, "/v1/connections/one?dry_run=true", &spec).await;
    assert_eq!(calls(&same), Vec::<String>::new(), "{same:#?}");
    spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
    let told = plan(Method::PUT, "/v1/connections/one?dry_run=true", &spec).await;
    let expected = ["add-route initiator addRouteTableRules", "add-route initiator removeRouteTableRules"];
    assert_eq!(calls(&told)[..2], expected, "{told:#?}");
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
    assert_eq!(calls(&told), expected, "{told:#?}");
    both_answer(&api).await;
}

#[tokio::test]
async fn whatever_step_fails_it_is_rolled_back_and_goes_on_when_told_to() {
    let (_up, api) = start();
    for (step, action) in [
        (StepName::CreatePeering, "createVpcPeering"),
        (StepName::AddRoute, "associateRouteTable"),
        (StepName::AuthorizeSecurityGroup, "addNetworkSecurityGroupRules"),
    ] {
        let fault = json!({"kind": "refuse", "status": 403, "code": "HTTP_FORBIDDEN"});
        let refusal = json!({"action": action, "times": 1, "fault": fault});
        rolls_back(&api, Kind::JdcloudPeering, step, &refusal).await;
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_when_it_is_read_or_before_anything_is_made() {
    let (_up, api) = start();
    let good = api.tutorial_by(Kind::JdcloudPeering, "one");
    let mut spec = good.clone();
    spec["acceptor"]["region_id"] = json!("cn-east-2");
    spec["initiator"]["vswitch_ids"] = json!([]);
    let problem = api.post(&spec).await.problem(ProblemKind::Malformed);
    assert_eq!(pointers(&problem), ["/initiator/vswitch_ids", "/acceptor/region_id"], "{problem:#?}");
    let mut spec = good.clone();
    spec["acceptor"]["account"] = json!("b");
    let problem = api.post(&spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/acceptor/account"]);
    assert!(details(&problem).contains("of Alibaba Cloud"), "{problem:#?}");
    let mut spec = api.tutorial("two");
    spec["initiator"]["account"] = json!("jd-a");
    let problem = api.post(&spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/account"]);
    assert!(details(&problem).contains("of JD Cloud"), "{problem:#?}");
    api.set_jd(&json!({"peerings_per_vpc": 0})).await;
    let problem = api.post(&good).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/vpc_id", "/acceptor/vpc_id"], "{problem:#?}");
    assert!(details(&problem).contains("has 0 of 0"), "{problem:#?}");
}

#[tokio::test]
async fn a_key_that_is_missing_is_named_with_the_variable_and_never_shown() {
    let up = Up::start(&Options { parameters: vec!["JdcloudKeys={}".to_owned()], ..Options::default() });
    let api = up.api();
    let spec = api.tutorial_by(Kind::JdcloudPeering, "one").to_string();
    let problem = api.send(Method::POST, "/v1/connections", &[], &spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/account", "/acceptor/account"]);
    assert!(
        details(&problem).contains("CAUSEWAY_JDCLOUD_KEYS") && details(&problem).contains("\"jd-a\""),
        "{problem:#?}"
    );
    let wrong = r#"{"jd-a": {"access_key_id": "AKID", "access_key_secret": "sesame"}}"#;
    drop(up);
    let up = Up::start(&Options { parameters: vec![format!("JdcloudKeys={wrong}")], ..Options::default() });
    let problem = up.api().send(Method::POST, "/v1/connections", &[], &spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/account", "/acceptor/account"], "{problem:#?}");
    assert!(!format!("{problem:#?}").contains("sesame"), "{problem:#?}");
}
