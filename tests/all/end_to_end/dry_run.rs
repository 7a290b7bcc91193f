//! What would happen, without it happening.

use causeway_tests::process::{Answer, Api, Options, Up};
use connection::words::Kind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::end_to_end::common::{both_answer, details, list, pointers, text, writes};

/// What a dry run answers; and that nothing at all was changed by it.
async fn plan(api: &Api, method: Method, path: &str, body: &Value) -> Value {
    let (inventory, records, written) = (api.inventory().await, listed(api).await, writes(api).await);
    let answer = send(api, method, path, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:#?}");
    assert_eq!(answer.body["dry_run"], true);
    assert_eq!(api.inventory().await, inventory);
    assert_eq!((listed(api).await, writes(api).await), (records, written), "nothing was changed");
    answer.body
}

async fn send(api: &Api, method: Method, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    api.send(method, path, &[], &body).await
}

async fn listed(api: &Api) -> Value {
    api.send(Method::GET, "/v1/connections", &[], "").await.body
}

/// The calls that a plan would make, as `step side call`.
fn calls(plan: &Value) -> Vec<String> {
    let lines = list(&plan["plan"]).iter().filter(|line| line["call"].is_string());
    lines.map(|line| format!("{} {} {}", text(&line["step"]), text(&line["side"]), text(&line["call"]))).collect()
}

fn verdicts<'a>(plan: &'a Value, call: &str) -> Vec<&'a str> {
    let lines = list(&plan["plan"]).iter().filter(|line| line["call"] == call);
    lines.filter_map(|line| line["verdict"].as_str()).collect()
}

fn dry(spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["dry_run"] = json!(true);
    spec
}

#[tokio::test]
async fn a_post_tells_every_call_of_the_chain_and_keeps_no_record() {
    let up = Up::start(&Options::default());
    let api = up.api();
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
    assert_eq!(calls(&plan_of), expected, "{plan_of:#}");
    assert_eq!(plan_of["obstacles"], json!([]));
    assert!(list(&plan_of["plan"]).iter().all(|line| !text(&line["what"]).is_empty()), "{plan_of:#}");
    let by_query = plan(&api, Method::POST, "/v1/connections?dry_run=true", &api.tutorial("one")).await;
    assert_eq!(by_query["plan"], plan_of["plan"], "the query says the same as the field");

    let mut impossible = api.tutorial("one");
    impossible["acceptor"]["vpc_id"] = json!("vpc-nowhere");
    let problem = send(&api, Method::POST, "/v1/connections", &dry(&impossible)).await.problem(422, "impossible");
    assert_eq!(pointers(&problem), ["/acceptor/vpc_id"], "a dry run checks what a wet one does: {problem:#}");
    let mut unclear = api.tutorial("one");
    unclear["dry_run"] = json!("yes");
    let problem = send(&api, Method::POST, "/v1/connections", &unclear).await.problem(400, "malformed");
    assert_eq!(pointers(&problem), ["/dry_run"]);
}

#[tokio::test]
async fn a_peering_is_judged_by_the_clouds_own_dry_run() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let spec = api.tutorial_by(Kind::VpcPeering, "one");
    let plan_of = plan(&api, Method::POST, "/v1/connections", &dry(&spec)).await;
    assert_eq!(verdicts(&plan_of, "CreateVpcPeerConnection"), ["the cloud would do it"], "{plan_of:#}");
    api.set_cdt("b", "closed").await;
    let problem = send(&api, Method::POST, "/v1/connections", &dry(&spec)).await.problem(422, "impossible");
    assert!(details(&problem).contains("AcceptUserCdtNotOpened"), "{problem:#}");
    assert!(details(&problem).contains("Its owner has to open it in the console"), "{problem:#}");
    api.set_cdt("b", "open").await;
    api.built(&spec).await;
    let plan_of = plan(&api, Method::DELETE, "/v1/connections/one?dry_run=true", &Value::Null).await;
    // The routes would be gone by then; now they stand, and the cloud says so.
    let verdict = verdicts(&plan_of, "DeleteVpcPeerConnection");
    assert!(matches!(verdict.as_slice(), [verdict] if verdict.contains("RouteEntry")), "{plan_of:#}");
    assert_eq!(verdicts(&plan_of, "DeleteRouteEntry"), ["the cloud would do it"; 2], "{plan_of:#}");
}

#[tokio::test]
async fn a_put_tells_what_stands_what_comes_and_what_goes() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let mut spec = api.tutorial("one");
    api.built(&spec).await;
    let same = plan(&api, Method::PUT, "/v1/connections/one", &dry(&spec)).await;
    assert_eq!(calls(&same), Vec::<String>::new(), "the same spec needs nothing: {same:#}");

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
    assert_eq!(calls(&plan_of), expected, "{plan_of:#}");
    assert_eq!(verdicts(&plan_of, "CreateRouteEntry"), ["the cloud would do it"], "{plan_of:#}");
    assert_eq!(verdicts(&plan_of, "DeleteRouteEntry"), ["the cloud would do it"], "{plan_of:#}");
    assert_eq!(api.show("one").await["generation"], 1);
    both_answer(&api).await;

    spec["acceptor"]["vpc_id"] = json!("vpc-elsewhere");
    let problem = send(&api, Method::PUT, "/v1/connections/one", &dry(&spec)).await.problem(422, "impossible");
    assert_eq!(pointers(&problem), ["/acceptor"]);
}

#[tokio::test]
async fn pausing_resuming_and_removing_tell_their_calls() {
    let up = Up::start(&Options::default());
    let api = up.api();
    api.built(&api.tutorial("one")).await;
    let pause = plan(&api, Method::POST, "/v1/connections/one/pause", &json!({"dry_run": true})).await;
    let both = |call: &str| ["initiator", "acceptor"].map(|side| format!("connect {side} {call}"));
    assert_eq!(calls(&pause), both("DeactivateRouterInterface"), "{pause:#}");
    let resume = plan(&api, Method::POST, "/v1/connections/one/resume?dry_run=true", &Value::Null).await;
    assert!(calls(&resume).is_empty(), "an active connection need not be resumed: {resume:#}");

    api.wish("one", "pause").await.accepted();
    api.settled("one", "paused").await;
    let resume = plan(&api, Method::POST, "/v1/connections/one/resume?dry_run=true", &Value::Null).await;
    assert_eq!(calls(&resume)[..2], both("ActivateRouterInterface"), "{resume:#}");
    assert!(calls(&resume)[2..].iter().all(|call| call.contains("RunCommand")), "the rest stands: {resume:#}");

    let removal = plan(&api, Method::DELETE, "/v1/connections/one", &json!({"dry_run": true})).await;
    let expected = [
        "authorize-security-group initiator RevokeSecurityGroup",
        "authorize-security-group acceptor RevokeSecurityGroup",
        "add-route initiator DeleteRouteEntry",
        "add-route acceptor DeleteRouteEntry",
        "create-interface initiator DeleteRouterInterface",
        "create-interface acceptor DeleteRouterInterface",
    ];
    assert_eq!(calls(&removal), expected, "{removal:#}");
    assert_eq!(api.show("one").await["phase"], "paused");
}

#[tokio::test]
async fn a_migration_tells_what_goes_and_what_comes() {
    let up = Up::start(&Options::default());
    let api = up.api();
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
