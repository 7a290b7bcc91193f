//! Who is let in, and how everything else is refused: always by a problem document.

use std::time::Duration;

use api::Page;
use api::connections::Summary;
use api::delivery;
use api::problem::ProblemKind;
use causeway_tests::process::{Answer, Api, Options, Up};
use causeway_tests::shown::{Shown as _, pointers};
use cloud_signing::webhook::{self, Secret};
use connection::record::Phase;
use connection::words::{Kind, Side};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::end_to_end::common::start;

const PATH: &str = "/v1/connections";
const TOKEN: &str = "a-bearer-token-of-at-least-32-characters";

/// The three headers that a sender signs a body with.
struct Proof([(&'static str, String); 3]);

impl Proof {
    /// Of a request with this nonce to `PATH`.
    fn new(secret: &str, nonce: &str, at: Timestamp, method: &Method, body: &str) -> Self {
        let id = &delivery::id(nonce, method, PATH);
        let signature = webhook::sign(&Secret::parse(secret).unwrap(), id, at, body.as_bytes());
        Self([
            (webhook::ID, id.to_owned()),
            (webhook::TIMESTAMP, at.as_second().to_string()),
            (webhook::SIGNATURE, signature),
        ])
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

async fn post(api: &Api, body: &str) -> Answer {
    api.send(Method::POST, PATH, &[], body).await
}

#[tokio::test]
async fn nobody_comes_in_without_a_fresh_signature_of_this_very_body() {
    let (up, api) = start();
    let secret = &up.webhook().secret;
    let (now, body) = (Timestamp::now(), api.tutorial("x").to_string());
    let other_secret = Secret::from_bytes([7_u8; 32]).unwrap().to_text();
    let other_secret = secrecy::ExposeSecret::expose_secret(&other_secret);
    let minutes = |minutes| now + SignedDuration::from_mins(minutes);
    let mut twice = Proof::new(secret, "m-1", now, &Method::POST, &body);
    twice.0[2].1 = "v1,AAAA".to_owned();
    for (what, proof) in [
        ("a signature by another secret", Proof::new(other_secret, "m-2", now, &Method::POST, &body)),
        ("a signature of another body", Proof::new(secret, "m-3", now, &Method::POST, "{}")),
        ("a signature that is none", twice),
        ("an old timestamp", Proof::new(secret, "m-4", minutes(-6), &Method::POST, &body)),
        ("a signature of a request that reads", Proof::new(secret, "m-7", now, &Method::GET, &body)),
        ("a timestamp of the future", Proof::new(secret, "m-5", minutes(6), &Method::POST, &body)),
    ] {
        let answer = api.send_raw(Method::POST, PATH, &proof.headers(), body.clone()).await.unwrap();
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
        answer.problem(ProblemKind::Unauthorized);
    }
    for path in [PATH, "/v1/connections/x", "/v1/nothing"] {
        let answer = api.send_raw(Method::GET, path, &[], "").await.unwrap();
        assert!(answer.headers.contains_key("www-authenticate"));
        answer.problem(ProblemKind::Unauthorized);
    }

    let good = Proof::new(secret, "m-6", now, &Method::GET, "");
    let first = api.send_raw(Method::GET, PATH, &good.headers(), "").await.unwrap();
    assert_eq!(first.ok::<Page<Summary>>().items, [], "none of all that was let in");
    let deleted = api.send_raw(Method::DELETE, "/v1/connections/x", &good.headers(), "").await.unwrap();
    assert!(deleted.problem(ProblemKind::Unauthorized).detail.contains("made for another request"));
}

#[tokio::test]
async fn a_signed_request_that_comes_again_gets_the_first_answer_and_does_nothing_twice() {
    let (up, api) = start();
    let (now, body) = (Timestamp::now(), api.tutorial("once").to_string());
    let proof = Proof::new(&up.webhook().secret, "m-1", now, &Method::POST, &body);
    let rule = json!({"product": "vpc", "action": "DescribeVpcs", "fault": {"kind": "server_error"}});
    api.set_faults(&json!({"requests": [rule]})).await;
    let send = async || api.send_raw(Method::POST, PATH, &proof.headers(), body.clone()).await.unwrap();
    send().await.problem(ProblemKind::Unavailable);
    api.clear_faults().await;
    let first = send().await;
    assert_eq!(first.headers["location"], "/v1/connections/once");
    let phase = first.clone().accepted().phase;
    api.removed("once").await;
    let again = send().await;
    assert_eq!(again.headers["location"], "/v1/connections/once");
    assert_eq!(again.accepted().phase, phase);
    assert_eq!(api.show("once").await.phase(), Phase::Removed, "nothing was made again");
}

#[tokio::test]
async fn a_plain_sender_of_standard_webhooks_has_one_route() {
    let (up, api) = start();
    let (now, body) = (Timestamp::now(), api.tutorial("plain").to_string());
    let id = "msg_plain";
    let signature = webhook::sign(&Secret::parse(&up.webhook().secret).unwrap(), id, now, body.as_bytes());
    let seconds = now.as_second().to_string();
    let headers = [(webhook::ID, id), (webhook::TIMESTAMP, seconds.as_str()), (webhook::SIGNATURE, signature.as_str())];
    let elsewhere = api.send_raw(Method::POST, PATH, &headers, body.clone()).await.unwrap();
    assert!(elsewhere.problem(ProblemKind::Unauthorized).detail.contains("does not cover method and path"));
    api.send_raw(Method::POST, "/", &headers, body.clone()).await.unwrap().accepted();
    api.settled("plain", Phase::Active).await;
}

#[tokio::test]
async fn an_old_idempotency_key_revives_nothing() {
    let (_up, api) = start();
    let body = api.tutorial("again").to_string();
    let keyed = async |key: &str| api.send(Method::POST, PATH, &[("idempotency-key", key)], &body).await;
    for key in ["k-1", "k-2"] {
        keyed(key).await.accepted();
        api.settled("again", Phase::Active).await;
        api.removed("again").await;
        assert!(keyed(key).await.problem(ProblemKind::Conflict).detail.contains("use a new key"), "{key}");
    }
    let uid = api.show("again").await.uid;
    assert!(keyed("k-1").await.problem(ProblemKind::Conflict).detail.contains("use a new key"));
    assert_eq!(api.show("again").await.uid, uid);
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn a_bearer_token_lets_in_where_one_is_configured() {
    let mut options = Options::default();
    options.parameters.push(format!("BearerTokens=bob:another-token-that-is-long-enough-too ann:{TOKEN}"));
    let up = Up::start(&options);
    let api = up.api();
    let with = |token: &str| format!("Bearer {token}");
    for _ in 0..2 {
        let known = api.send_raw(Method::GET, PATH, &[("authorization", &with(TOKEN))], "").await.unwrap();
        assert_eq!(known.status, StatusCode::OK, "a token is no signature: it counts more than once");
    }
    for bad in ["", "x", &TOKEN[1..], &format!("ann:{TOKEN}")] {
        let unknown = api.send_raw(Method::GET, PATH, &[("authorization", &with(bad))], "").await.unwrap();
        unknown.problem(ProblemKind::Unauthorized);
    }
}

#[tokio::test]
async fn a_body_that_does_not_read_is_refused_with_a_pointer_to_every_fault() {
    let (_up, api) = start();
    post(&api, "{").await.problem(ProblemKind::Malformed);
    post(&api, "[1]").await.problem(ProblemKind::Malformed);
    let bad = json!({
        "version": 9, "name": "Not A Name", "kind": "router-interface", "spec": "Huge.9",
        "initiator": {}, "acceptor": {}, "on_failure": "pray",
    });
    let problem = api.post(&bad).await.problem(ProblemKind::Malformed);
    for pointer in ["/name", "/version", "/on_failure", "/spec", "/initiator/vpc_id", "/acceptor/account"] {
        assert!(pointers(&problem).contains(&pointer), "{pointer}: {problem:#?}");
    }
    let mut unknown = api.tutorial("x");
    unknown["initiator"]["vpcid"] = json!("vpc-1");
    let problem = api.post(&unknown).await.problem(ProblemKind::Malformed);
    assert_eq!(pointers(&problem), ["/initiator/vpcid"], "{problem:#?}");

    let long = "k".repeat(256);
    let body = api.tutorial("x").to_string();
    api.send(Method::POST, PATH, &[("idempotency-key", &long)], &body).await.problem(ProblemKind::BadParameter);
    for query in ["limit=0", "limit=many", "after=Not%20A%20Name", "page=2"] {
        api.get(&format!("{PATH}?{query}")).await.problem(ProblemKind::BadParameter);
    }

    let too_large = " ".repeat(64 * 1024 + 1);
    post(&api, &too_large).await.problem(ProblemKind::TooLarge);
    let just_right = format!("{body}{}", " ".repeat(64 * 1024 - body.len()));
    post(&api, &just_right).await.accepted();
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_every_reason_at_once_and_nothing_is_made() {
    let (_up, api) = start();
    let mut nobody_nowhere = api.tutorial("x");
    nobody_nowhere["initiator"]["account"] = json!("nobody");
    nobody_nowhere["acceptor"]["vpc_id"] = json!("vpc-nowhere");
    let problem = api.post(&nobody_nowhere).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/account", "/acceptor/vpc_id"], "{problem:#?}");
    assert!(problem.errors[0].detail.contains("no account has the alias nobody"), "{problem:#?}");

    let itself = api.spec("x", ("a", "cn-qingdao"), ("a", "cn-qingdao"));
    let problem = api.post(&itself).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/acceptor/vpc_id"], "{problem:#?}");

    let wrong_region = api.spec("x", ("a", "cn-qingdao"), ("b", "cn-beijing"));
    let moved = wrong_region.to_string().replace("cn-beijing", "cn-qingdao");
    assert_eq!(pointers(&post(&api, &moved).await.problem(ProblemKind::Impossible)), ["/acceptor/vpc_id"]);
    api.inventory().await.is_empty().unwrap();
    assert_eq!(api.listed().await, [], "what was refused has no record");
}

#[tokio::test]
async fn overlapping_ranges_and_what_joins_the_two_routers_already_are_refused_before_anything_is_made() {
    let (_up, api) = start();
    api.built(&api.tutorial("first")).await;
    let before = api.inventory().await;

    let problem = api.post(&api.tutorial("second")).await.problem(ProblemKind::Impossible);
    let details: Vec<_> = problem.errors.iter().map(|error| &error.detail).collect();
    for side in ["initiator", "acceptor"] {
        let pointer = format!("/{side}/vpc_id");
        assert_eq!(
            pointers(&problem).iter().filter(|found| **found == pointer).count(),
            2,
            "pair and route: {problem:#?}"
        );
    }
    assert_eq!(details.iter().filter(|detail| detail.contains("joins the two VPCs already")).count(), 2);
    assert_eq!(details.iter().filter(|detail| detail.contains("connection first routes")).count(), 2);

    let inside = [("RegionId", "cn-qingdao"), ("CidrBlock", "192.168.128.0/24")];
    let made = api.vpc_call("b", "CreateVpc", &inside).await;
    let mut spec = api.spec("third", ("a", "cn-qingdao"), ("b", "cn-qingdao"));
    spec["acceptor"]["vpc_id"] = made["VpcId"].clone();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let problem = api.post(&spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/acceptor/vpc_id"], "{problem:#?}");
    assert!(problem.errors[0].detail.contains("its ranges overlap those of"), "{problem:#?}");
    assert_eq!(api.inventory().await, before);
}

#[tokio::test]
async fn a_narrower_route_of_somebody_else_stands_in_the_way() {
    let (_up, api) = start();
    api.create(&api.spec("first", ("a", "cn-qingdao"), ("a", "cn-beijing"))).await;
    let record = api.settled("first", Phase::Active).await;
    let hop = record.interface(Side::Initiator);
    let table = &api.vpc("a", "cn-qingdao").route_table_id;
    let route = [
        ("RegionId", "cn-qingdao"),
        ("RouteTableId", table),
        ("DestinationCidrBlock", "172.16.5.0/24"),
        ("NextHopType", "RouterInterface"),
        ("NextHopId", hop),
    ];
    api.vpc_call("a", "CreateRouteEntry", &route).await;
    let problem = api.post(&api.tutorial("second")).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/vpc_id"], "{problem:#?}");
    let detail = &problem.errors[0].detail;
    assert!(detail.contains("172.16.5.0/24") && detail.contains(hop), "{detail}");
}

#[tokio::test]
async fn an_idempotency_key_stands_for_one_body() {
    let (_up, api) = start();
    let body = api.tutorial("once").to_string();
    let keyed = |body: String| {
        let api = api.clone();
        async move { api.send(Method::POST, PATH, &[("idempotency-key", "key-1")], &body).await }
    };
    let (one, other) = tokio::join!(keyed(body.clone()), keyed(body.clone()));
    for answer in [one, other] {
        assert_eq!(answer.headers["location"], "/v1/connections/once");
        answer.accepted();
    }
    let record = api.settled("once", Phase::Active).await;
    assert_eq!(keyed(body.clone()).await.accepted().phase, Phase::Active, "much later, too");
    assert_eq!(api.show("once").await.uid, record.uid);
    keyed(body.replace("Mini.2", "Mini.5")).await.problem(ProblemKind::KeyReused);
    keyed(api.tutorial("other").to_string()).await.problem(ProblemKind::KeyReused);
    api.inventory().await.is_one_connection().unwrap();
}

#[tokio::test]
async fn paths_and_methods_that_are_not_in_the_description_are_refused_and_the_description_reads() {
    let (_up, api) = start();
    for (method, path) in [
        (Method::DELETE, PATH),
        (Method::POST, "/v1/connections/x"),
        (Method::GET, "/v1/connections/x/retry"),
        (Method::POST, "/openapi.json"),
    ] {
        let answer = api.send(method, path, &[], "").await;
        assert!(answer.headers.contains_key("allow"), "{path}: {:?}", answer.headers);
        answer.problem(ProblemKind::MethodNotAllowed);
    }
    let put = api.send(Method::PUT, PATH, &[], "").await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED, "the trigger itself refuses what no path takes");
    for path in ["/v1/nothing", "/v1/connections/x/y/z", "/v1/connections/Not-A-Name"] {
        api.get(path).await.problem(ProblemKind::NotFound);
    }
    let described = api.send_raw(Method::GET, "/openapi.json", &[], "").await.unwrap();
    assert_eq!(described.status, StatusCode::OK, "the description is for everybody");
    assert_eq!(described.body["openapi"], "3.1.0");
    for (path, method) in [
        ("/v1/connections", "post"),
        ("/v1/connections", "get"),
        ("/v1/connections/{name}", "get"),
        ("/v1/connections/{name}", "put"),
        ("/v1/connections/{name}", "delete"),
        ("/v1/connections/{name}/retry", "post"),
        ("/v1/connections/{name}/pause", "post"),
        ("/v1/connections/{name}/resume", "post"),
        ("/v1/connections/{name}/abandon", "post"),
    ] {
        assert!(described.body["paths"][path][method].is_object(), "{method} {path}");
    }
}

#[tokio::test]
async fn strangers_are_told_when_to_come_back_and_keep_nobody_else_out() {
    let (_up, api) = start();
    let mut refused = None;
    for _ in 0..400 {
        let answer = api.send_raw(Method::GET, PATH, &[], "").await.unwrap();
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a rate limit");
    assert!(refused.headers.contains_key("retry-after"));
    refused.problem(ProblemKind::TooManyRequests);
    let forged = [("authorization", "Bearer a-token-that-nobody-knows-and-is-long-enough")];
    api.send_raw(Method::GET, PATH, &forged, "").await.unwrap().problem(ProblemKind::TooManyRequests);
    for _ in 0..20 {
        let _ = api.get(PATH).await.ok::<Page<Summary>>();
    }
}

#[tokio::test]
async fn while_a_cloud_does_not_answer_nothing_is_accepted_and_the_same_request_works_later() {
    let (_up, api) = start();
    let (key, body) = ([("idempotency-key", "patience")], api.tutorial("later").to_string());
    for fault in ["server_error", "throttle", "drop_before", "lose_answer"] {
        let rule = json!({"product": "vpc", "action": "DescribeVpcs", "fault": {"kind": fault}});
        api.set_faults(&json!({"requests": [rule]})).await;
        let answer = api.send(Method::POST, PATH, &key, &body).await;
        assert!(answer.headers.contains_key("retry-after"), "{answer:#?}");
        let problem = answer.problem(ProblemKind::Unavailable);
        assert!(problem.detail.contains("DescribeVpcs"), "{problem:#?}");
    }
    api.clear_faults().await;
    assert_eq!(api.listed().await, []);
    api.send(Method::POST, PATH, &key, &body).await.accepted();
    api.settled("later", Phase::Active).await;
}

#[tokio::test]
async fn a_region_that_does_not_exist_is_told_as_such_and_the_accounts_document_is_not_blamed() {
    let (_up, api) = start();
    for (kind, sides) in [
        (Kind::VpcPeering, &["initiator"][..]),
        (Kind::RouterInterface, &["acceptor"]),
        (Kind::PrivateLink, &["consumer", "provider"]),
        (Kind::JdcloudPeering, &["initiator", "acceptor"]),
    ] {
        let mut spec = match kind {
            Kind::PrivateLink => api.private_link("nowhere", "b"),
            Kind::VpcPeering | Kind::RouterInterface | Kind::JdcloudPeering => api.tutorial_by(kind, "nowhere"),
        };
        for side in sides {
            spec[side]["region_id"] = "cn-atlantis".into();
        }
        let answer = api.send(Method::POST, PATH, &[], &spec.to_string()).await;
        let told = answer.body.to_string();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{kind}: {told}");
        assert!(told.contains("cn-atlantis") && told.contains("egion"), "{kind}: {told}");
        assert!(!told.contains("accounts.json"), "{kind}: {told}");
    }
}
