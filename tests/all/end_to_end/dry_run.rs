//! What would happen, without it happening.

use api::connections::Plan;
use api::problem::ProblemKind;
use causeway_tests::process::{Answer, Api};
use causeway_tests::shown::{Shown as _, calls, details, pointers};
use connection::record::Phase;
use connection::words::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::end_to_end::common::{both_answer, start, start_with_one_role, writes};

/// What a dry run answers; and that nothing at all was changed by it.
async fn plan(api: &Api, method: Method, path: &str, body: &Value) -> Plan {
    let (inventory, records, written) = (api.inventory().await, api.listed().await, writes(api).await);
    let plan: Plan = send(api, method, path, body).await.ok();
    assert!(plan.dry_run);
    assert_eq!(api.inventory().await, inventory);
    assert_eq!((api.listed().await, writes(api).await), (records, written), "nothing was changed");
    plan
}

async fn send(api: &Api, method: Method, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    api.send(method, path, &[], &body).await
}

fn verdicts<'a>(plan: &'a Plan, call: &str) -> Vec<&'a str> {
    let lines = plan.plan.iter().filter(|line| line.call.as_deref() == Some(call));
    lines.filter_map(|line| line.verdict.as_deref()).collect()
}

fn dry(spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["dry_run"] = json!(true);
    spec
}

#[tokio::test]
async fn a_post_tells_every_call_of_the_chain_and_keeps_no_record() {
    let (_up, api) = start();
    let plan_of = plan(&api, Method::POST, "/v1/connections", &dry(&api.tutorial("one"))).await;
    let expected = [
        "create-interface initiator CreateRouterInterface",
        "create-interface acceptor CreateRouterInterface",
        "set-peer-info initiator ModifyRouterInterfaceAttribute",
        "set-peer-info acceptor ModifyRouterInterfaceAttribute",
        "connect initiator ConnectRouterInterface",
        "add-route initiator CreateRouteEntry",
        "add-route acceptor CreateRouteEntry",
        "authorize-security-group initiator AuthorizeSecurityGroup",
        "authorize-security-group acceptor AuthorizeSecurityGroup",
        "verify-reachability initiator RunCommand",
        "verify-reachability acceptor RunCommand",
    ];
    assert_eq!(calls(&plan_of), expected, "{plan_of:#?}");
    assert_eq!(plan_of.obstacles, []);
    assert!(plan_of.plan.iter().all(|line| !line.what.is_empty()), "{plan_of:#?}");
    assert!(plan_of.plan.iter().all(|line| line.verdict.is_none()), "a role that reads may try nothing: {plan_of:#?}");
    let by_query = plan(&api, Method::POST, "/v1/connections?dry_run=true", &api.tutorial("one")).await;
    assert_eq!(by_query.plan, plan_of.plan, "the query says the same as the field");

    let mut impossible = api.tutorial("one");
    impossible["acceptor"]["vpc_id"] = json!("vpc-nowhere");
    let problem = api.post(&dry(&impossible)).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/acceptor/vpc_id"], "a dry run checks what a wet one does: {problem:#?}");
    let mut unclear = api.tutorial("one");
    unclear["dry_run"] = json!("yes");
    let problem = api.post(&unclear).await.problem(ProblemKind::Malformed);
    assert_eq!(pointers(&problem), ["/dry_run"]);
}

#[tokio::test]
async fn a_peering_is_judged_by_the_clouds_own_dry_run() {
    let (_up, api) = start_with_one_role();
    let spec = api.tutorial_by(Kind::VpcPeering, "one");
    let plan_of = plan(&api, Method::POST, "/v1/connections", &dry(&spec)).await;
    assert_eq!(verdicts(&plan_of, "CreateVpcPeerConnection"), ["the cloud would do it"], "{plan_of:#?}");
    let code = "QuotaExceeded.VpcPeerCountPerUserPerRegion";
    let fault = json!({"kind": "refuse", "status": 400, "code": code});
    api.set_faults(&json!({"requests": [{"action": "CreateVpcPeerConnection", "times": 1, "fault": fault}]})).await;
    let problem = api.post(&dry(&spec)).await.problem(ProblemKind::Impossible);
    assert!(details(&problem).contains(code), "{problem:#?}");
    assert!(details(&problem).contains("or raise the quota in the console"), "{problem:#?}");
    api.built(&spec).await;
    let plan_of = plan(&api, Method::DELETE, "/v1/connections/one?dry_run=true", &Value::Null).await;
    // The routes would be gone by then; now they stand, and the cloud says so.
    let verdict = verdicts(&plan_of, "DeleteVpcPeerConnection");
    assert!(matches!(verdict.as_slice(), [verdict] if verdict.contains("RouteEntry")), "{plan_of:#?}");
    assert_eq!(verdicts(&plan_of, "DeleteRouteEntry"), ["the cloud would do it"; 2], "{plan_of:#?}");
}

#[tokio::test]
async fn a_put_tells_what_stands_what_comes_and_what_goes() {
    let (_up, api) = start_with_one_role();
    let mut spec = api.tutorial("one");
    api.built(&spec).await;
    let same = plan(&api, Method::PUT, "/v1/connections/one", &dry(&spec)).await;
    assert_eq!(calls(&same), Vec::<String>::new(), "the same spec needs nothing: {same:#?}");

    spec["spec"] = json!("Small.1");
    spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
    let plan_of = plan(&api, Method::PUT, "/v1/connections/one", &dry(&spec)).await;
    let expected = [
        "create-interface initiator ModifyRouterInterfaceSpec",
        "add-route initiator CreateRouteEntry",
        "add-route initiator DeleteRouteEntry",
        "authorize-security-group initiator AuthorizeSecurityGroup",
        "authorize-security-group initiator RevokeSecurityGroup",
        "verify-reachability initiator RunCommand",
        "verify-reachability acceptor RunCommand",
    ];
    assert_eq!(calls(&plan_of), expected, "{plan_of:#?}");
    assert_eq!(verdicts(&plan_of, "CreateRouteEntry"), ["the cloud would do it"], "{plan_of:#?}");
    assert_eq!(verdicts(&plan_of, "DeleteRouteEntry"), ["the cloud would do it"], "{plan_of:#?}");
    assert_eq!(api.show("one").await.summary.generation, 1);
    both_answer(&api).await;

    spec["acceptor"]["vpc_id"] = json!("vpc-elsewhere");
    let problem = api.put(&dry(&spec)).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/acceptor"]);
}

#[tokio::test]
async fn pausing_resuming_and_removing_tell_their_calls() {
    let (_up, api) = start();
    api.built(&api.tutorial("one")).await;
    let pause = plan(&api, Method::POST, "/v1/connections/one/pause", &json!({"dry_run": true})).await;
    let both = |call: &str| ["initiator", "acceptor"].map(|side| format!("connect {side} {call}"));
    assert_eq!(calls(&pause), both("DeactivateRouterInterface"), "{pause:#?}");
    let resume = plan(&api, Method::POST, "/v1/connections/one/resume?dry_run=true", &Value::Null).await;
    assert!(calls(&resume).is_empty(), "an active connection need not be resumed: {resume:#?}");

    api.paused("one").await;
    let resume = plan(&api, Method::POST, "/v1/connections/one/resume?dry_run=true", &Value::Null).await;
    assert_eq!(calls(&resume)[..2], both("ActivateRouterInterface"), "{resume:#?}");
    assert!(calls(&resume)[2..].iter().all(|call| call.contains("RunCommand")), "the rest stands: {resume:#?}");

    let removal = plan(&api, Method::DELETE, "/v1/connections/one", &json!({"dry_run": true})).await;
    let expected = [
        "authorize-security-group initiator RevokeSecurityGroup",
        "authorize-security-group acceptor RevokeSecurityGroup",
        "add-route initiator DeleteRouteEntry",
        "add-route acceptor DeleteRouteEntry",
        "create-interface initiator DeleteRouterInterface",
        "create-interface acceptor DeleteRouterInterface",
    ];
    assert_eq!(calls(&removal), expected, "{removal:#?}");
    assert_eq!(api.show("one").await.phase(), Phase::Paused);
}

#[tokio::test]
async fn a_migration_tells_what_goes_and_what_comes() {
    let (_up, api) = start();
    api.built(&api.tutorial("one")).await;
    let mut spec = api.tutorial_by(Kind::VpcPeering, "one");
    spec["migrate"] = json!(true);
    let plan_of = plan(&api, Method::PUT, "/v1/connections/one", &dry(&spec)).await;
    let told = calls(&plan_of);
    let place =
        |call: &str| told.iter().position(|told| told.ends_with(call)).unwrap_or_else(|| panic!("{call}: {told:#?}"));
    let order =
        ["DeleteRouteEntry", "DeleteRouterInterface", "CreateVpcPeerConnection", "AcceptVpcPeerConnection"].map(place);
    assert!(order.is_sorted(), "{told:#?}");
    let after = place("AcceptVpcPeerConnection");
    assert_eq!(told[after + 1..].iter().filter(|told| told.ends_with("CreateRouteEntry")).count(), 2, "{told:#?}");
    assert!(!told.iter().any(|told| told.contains("SecurityGroup")), "the rules are of both kinds: {told:#?}");
    both_answer(&api).await;
}
