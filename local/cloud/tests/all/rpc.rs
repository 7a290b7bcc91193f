//! Envelopes, signatures, tokens and faults, through the gateway.

use std::time::Duration;

use bytes::Bytes;
use causeway_local::calls::Outcome;
use causeway_local::delays::Wait;
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::ram::{Role, Trust};
use cloud_signing::Credentials;
use http::Method;
use local_core::xml::Element;
use serde_json::{Value, json};

use crate::testing::{Client, cloud, pass, read, refused};

const VPC: &str = "2016-04-28";
const STS: &str = "2015-04-01";
const REGION: [(&str, &str); 1] = [("RegionId", "cn-qingdao")];

fn vpc_ids(answer: &Value) -> Vec<&str> {
    answer["Vpcs"]["Vpc"].as_array().unwrap().iter().map(|vpc| vpc["VpcId"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn both_envelopes_are_understood_in_query_and_form() {
    let a = Client::new(&cloud(), "a");
    let own = a.vpc("cn-qingdao").vpc_id;
    let acs3 = a.call(VPC, "DescribeVpcs", &REGION).await.unwrap();
    assert_eq!(vpc_ids(&acs3), [&own]);
    for in_form in [false, true] {
        let answer = a.send(a.v1(VPC, "DescribeVpcs", &REGION, in_form)).await.unwrap().unwrap();
        assert_eq!(vpc_ids(&answer), [&own], "in a form: {in_form}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_method_than_get_and_post_is_refused() {
    let a = Client::new(&cloud(), "a");
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS] {
        for mut request in [a.acs3(VPC, "DescribeVpcs", &REGION), a.v1(VPC, "DescribeVpcs", &REGION, false)] {
            *request.method_mut() = method.clone();
            assert_eq!(a.send(request).await.unwrap(), refused(403, "UnsupportedHTTPMethod"), "{method}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_space_sent_as_plus_fits_the_signature_made_over_percent_20() {
    let a = Client::new(&cloud(), "a");
    let params = [("RegionId", "cn-qingdao"), ("VpcName", "a b*c~/+中")];
    let mut request = a.acs3(VPC, "DescribeVpcs", &params);
    let uri = request.uri().to_string();
    assert!(uri.contains("%20"));
    *request.uri_mut() = uri.replace("%20", "+").parse().unwrap();
    assert!(a.send(request).await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn xml_is_answered_to_whoever_asks_for_it_in_version_1() {
    let a = Client::new(&cloud(), "a");
    let asked = [("Format", "XML"), ("RegionId", "cn-qingdao")];
    let response = a.cloud.handle(a.v1(VPC, "DescribeVpcs", &asked, false)).await.unwrap();
    let root = Element::parse(response.body()).unwrap();
    assert_eq!(root.name(), "DescribeVpcsResponse");
    assert_eq!(root.child_text("TotalCount"), Some("1"));
    let unknown = [("Format", "XML"), ("RegionId", "cn-atlantis")];
    let response = a.cloud.handle(a.v1(VPC, "DescribeVpcs", &unknown, false)).await.unwrap();
    let root = Element::parse(response.body()).unwrap();
    assert_eq!((root.name(), root.child_text("Code")), ("Error", Some("InvalidRegionId.NotFound")));
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_sign_is_refused_and_shown_what_should_have_been_signed() {
    let mut a = Client::new(&cloud(), "a");
    a.credentials.access_key_secret = "wrong".into();
    for (request, shown) in [
        (a.acs3(VPC, "DescribeVpcs", &REGION), "server StringToSign is [ACS3-HMAC-SHA256\n"),
        (a.v1(VPC, "DescribeVpcs", &REGION, false), "server string to sign is:POST&%2F&"),
    ] {
        let response = a.cloud.handle(request).await.unwrap();
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert!(body["Message"].as_str().unwrap().contains(shown), "{body}");
        assert_eq!(read(response), refused(400, "SignatureDoesNotMatch"));
    }
    a.credentials = Credentials::new("nobody", "wrong");
    assert_eq!(a.call(VPC, "DescribeVpcs", &REGION).await, refused(404, "InvalidAccessKeyId.NotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_was_not_signed_is_refused() {
    let a = Client::new(&cloud(), "a");
    let mut request = a.acs3(VPC, "DescribeVpcs", &REGION);
    *request.body_mut() = Bytes::from_static(b"RegionId=cn-beijing");
    assert_eq!(a.send(request).await.unwrap(), refused(400, "SignatureDoesNotMatch"));
}

#[tokio::test(start_paused = true)]
async fn a_request_counts_for_a_quarter_of_an_hour_and_once() {
    let a = Client::new(&cloud(), "a");
    let old =
        |seconds| a.acs3_at(VPC, "DescribeVpcs", &REGION, Duration::from_secs(seconds), &format!("old-{seconds}"));
    assert!(a.send(old(899)).await.unwrap().is_ok());
    assert_eq!(a.send(old(901)).await.unwrap(), refused(400, "InvalidTimeStamp.Expired"));
    let request = a.acs3(VPC, "DescribeVpcs", &REGION);
    assert!(a.send(request.clone()).await.unwrap().is_ok());
    assert_eq!(a.send(request).await.unwrap(), refused(400, "SignatureNonceUsed"));
}

#[tokio::test(start_paused = true)]
async fn a_forged_request_does_not_use_up_a_nonce() {
    let a = Client::new(&cloud(), "a");
    let mut forger = a.clone();
    forger.credentials.access_key_secret = "wrong".into();
    let forged = forger.acs3_at(VPC, "DescribeVpcs", &REGION, Duration::ZERO, "n-1");
    assert_eq!(a.send(forged).await.unwrap(), refused(400, "SignatureDoesNotMatch"));
    let real = a.acs3_at(VPC, "DescribeVpcs", &REGION, Duration::ZERO, "n-1");
    assert!(a.send(real).await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_understood_has_a_code_each() {
    let a = Client::new(&cloud(), "a");
    for (version, action, params, status, code) in [
        (VPC, "DescribeNothing", REGION.as_slice(), 404, "InvalidAction.NotFound"),
        ("1999-01-01", "DescribeVpcs", &REGION, 404, "InvalidAction.NotFound"),
        (VPC, "DescribeVpcs", &[], 400, "MissingParameter"),
        (VPC, "DescribeVpcs", &[("RegionId", "cn-atlantis")], 404, "InvalidRegionId.NotFound"),
        (VPC, "DescribeVpcs", &[("RegionId", "cn-qingdao"), ("PageSize", "51")], 400, "InvalidParameter"),
    ] {
        assert_eq!(a.call(version, action, params).await, refused(status, code), "{action} {params:?}");
    }
    let mut request = a.v1(VPC, "DescribeVpcs", &REGION, false);
    let uri = request.uri().to_string();
    *request.uri_mut() = uri.split("&Signature=").next().unwrap().parse().unwrap();
    assert_eq!(a.send(request).await.unwrap(), refused(400, "MissingParameter"));
    let mut request = a.acs3(VPC, "DescribeVpcs", &REGION);
    request.headers_mut().insert("x-acs-date", "yesterday".parse().unwrap());
    assert_eq!(a.send(request).await.unwrap(), refused(400, "InvalidTimeStamp.Format"));
    let mut request = a.acs3(VPC, "DescribeVpcs", &REGION);
    request.headers_mut().insert("authorization", "ACS3-HMAC-SHA256 nonsense".parse().unwrap());
    assert_eq!(a.send(request).await.unwrap(), refused(400, "IncompleteSignature"));
}

/// The operator's session of a role of account a that trusts it and may look at VPCs.
async fn session(operator: &Client) -> Client {
    let arn = "acs:ram::1000000000000001:role/visited";
    let policies = vec![json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": "vpc:DescribeVpcs", "Resource": "*"}]})];
    let role = Role::new("1000000000000001", "visited", Trust::account(&operator.account_id));
    operator.cloud.shared().identities.put_role(Role { policies, ..role }).unwrap();
    let params = [("RoleArn", arn), ("RoleSessionName", "test"), ("DurationSeconds", "900")];
    let answer = operator.call(STS, "AssumeRole", &params).await.unwrap();
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    let credentials =
        Credentials::new(text("AccessKeyId"), text("AccessKeySecret")).with_security_token(text("SecurityToken"));
    Client { cloud: operator.cloud.clone(), credentials, account_id: "1000000000000001".into() }
}

#[tokio::test(start_paused = true)]
async fn an_assumed_role_acts_in_its_account_in_both_envelopes_until_it_ends() {
    let cloud = cloud();
    let (operator, a) = (Client::new(&cloud, "operator"), Client::new(&cloud, "a"));
    let role = session(&operator).await;
    let own = a.vpc("cn-qingdao").vpc_id;
    assert_eq!(vpc_ids(&role.call(VPC, "DescribeVpcs", &REGION).await.unwrap()), [&own]);
    let answer = role.send(role.v1(VPC, "DescribeVpcs", &REGION, true)).await.unwrap().unwrap();
    assert_eq!(vpc_ids(&answer), [&own]);
    let identity = role.call(STS, "GetCallerIdentity", &[]).await.unwrap();
    assert_eq!(identity["IdentityType"], "AssumedRoleUser");
    assert_eq!(identity["AccountId"], "1000000000000001");
    pass(Duration::from_secs(901)).await;
    assert_eq!(role.call(VPC, "DescribeVpcs", &REGION).await, refused(400, "InvalidSecurityToken.Expired"));
}

#[tokio::test(start_paused = true)]
async fn temporary_credentials_need_their_own_token() {
    let cloud = cloud();
    let operator = Client::new(&cloud, "operator");
    let role = session(&operator).await;
    let other = session(&operator).await;
    let with = |token: Option<&str>| {
        let mut client = role.clone();
        client.credentials.security_token = token.map(|token| token.to_owned().into());
        client
    };
    let others = secrecy::ExposeSecret::expose_secret(other.credentials.security_token.as_ref().unwrap()).to_owned();
    for (token, code) in [
        (None, "MissingSecurityToken"),
        (Some("nonsense"), "InvalidSecurityToken.Malformed"),
        (Some(others.as_str()), "InvalidSecurityToken.MismatchWithAccessKey"),
    ] {
        assert_eq!(with(token).call(VPC, "DescribeVpcs", &REGION).await, refused(400, code));
    }
}

#[tokio::test(start_paused = true)]
async fn only_functions_that_need_it_may_become_a_role_of_a_connected_account() {
    let cloud = cloud();
    let operator = Client::new(&cloud, "operator");
    let assume = async |client: &Client, need: &str| {
        let arn = format!("acs:ram::1000000000000001:role/causeway-{need}");
        client.call(STS, "AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "test")]).await.map(drop)
    };
    for (function, may) in [
        ("causeway-webhook", &["read"][..]),
        ("causeway-check-drift", &["read"]),
        ("causeway-sweep-endpoints", &["read"]),
        ("causeway-connect", &["network"]),
        ("causeway-approve-endpoint", &["read", "network"]),
        ("causeway-verify-reachability", &["read", "command"]),
        ("causeway-sweep", &[]),
        ("causeway-notify", &[]),
        ("other", &[]),
    ] {
        let policies = vec![json!({"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]})];
        let role = Role::new(&operator.account_id, function, Trust::service("fc.aliyuncs.com"));
        cloud.shared().identities.put_role(Role { policies, ..role }).unwrap();
        for need in ["read", "network", "command"] {
            let expected = if may.contains(&need) { Ok(()) } else { refused(403, "NoPermission") };
            assert_eq!(assume(&operator.in_role(function), need).await, expected, "{function} as {need}");
        }
    }
    for stranger in [operator, Client::new(&cloud, "b"), Client::new(&cloud, "a")] {
        assert_eq!(assume(&stranger, "read").await, refused(403, "NoPermission"), "{}", stranger.account_id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_token_makes_one_thing_of_two_calls() {
    let a = Client::new(&cloud(), "a");
    let create = |name: &'static str| {
        let params =
            [("RegionId", "cn-qingdao"), ("CidrBlock", "10.0.0.0/8"), ("VpcName", name), ("ClientToken", "t-1")];
        let a = a.clone();
        async move { a.call(VPC, "CreateVpc", &params).await }
    };
    let first = create("one").await.unwrap();
    let again = create("one").await.unwrap();
    assert_eq!(first["VpcId"], again["VpcId"]);
    assert_ne!(first["RequestId"], again["RequestId"], "it is another request all the same");
    assert_eq!(create("two").await, refused(400, "IdempotentParameterMismatch"));
    assert_eq!(a.call(VPC, "DescribeVpcs", &REGION).await.unwrap()["TotalCount"], 2);
    // Another region knows nothing of the token.
    let elsewhere =
        [("RegionId", "cn-beijing"), ("CidrBlock", "10.0.0.0/8"), ("VpcName", "two"), ("ClientToken", "t-1")];
    assert!(a.call(VPC, "CreateVpc", &elsewhere).await.is_ok());
    let long = "t".repeat(65);
    let params = [("RegionId", "cn-qingdao"), ("ClientToken", long.as_str())];
    assert_eq!(a.call(VPC, "CreateVpc", &params).await, refused(400, "InvalidParameter"));
}

#[tokio::test(start_paused = true)]
async fn faults_refuse_drop_delay_or_lose_the_answer() {
    let a = Client::new(&cloud(), "a");
    let faults = &a.cloud.shared().faults;
    let create = [("RegionId", "cn-qingdao"), ("CidrBlock", "10.0.0.0/8")];
    for (fault, status, code) in [
        (Fault::Throttle, 400, "Throttling.User"),
        (Fault::ServerError, 500, "InternalError"),
        (Fault::Unavailable, 503, "ServiceUnavailable"),
        (Fault::Refuse { status: 409, code: "OperationConflict".into() }, 409, "OperationConflict"),
    ] {
        faults.add(FaultRule::once("CreateVpc", fault));
        assert_eq!(a.call(VPC, "CreateVpc", &create).await, refused(status, code));
    }
    let count = async || a.call(VPC, "DescribeVpcs", &REGION).await.unwrap()["TotalCount"].as_u64().unwrap();
    assert_eq!(count().await, 1, "a refused call has no effect");
    faults.add(FaultRule::once("CreateVpc", Fault::DropBefore));
    assert!(a.send(a.acs3(VPC, "CreateVpc", &create)).await.is_err());
    assert_eq!(count().await, 1, "nor has one that was dropped before");
    faults.add(FaultRule::once("CreateVpc", Fault::LoseAnswer));
    assert!(a.send(a.acs3(VPC, "CreateVpc", &create)).await.is_err());
    assert_eq!(count().await, 2, "but one whose answer was lost has");
    faults.add(FaultRule::once("DescribeVpcs", Fault::Slow { milliseconds: 3_000 }));
    let before = a.cloud.shared().clock.now();
    count().await;
    assert!(a.cloud.shared().clock.now().duration_since(before).as_millis() >= 3_000);

    let outcomes: Vec<_> = a
        .cloud
        .calls()
        .into_iter()
        .filter(|call| call.is_write)
        .map(|call| (call.info.action, call.info.account, call.outcome))
        .collect();
    assert_eq!(outcomes.len(), 6);
    assert!(outcomes.iter().all(|(action, account, _)| action == "CreateVpc" && *account == a.account_id));
    assert_eq!(outcomes[0].2, Outcome::Refused { code: "Throttling.User".into() });
    assert_eq!(outcomes[4].2, Outcome::DroppedBefore);
    assert_eq!(outcomes[5].2, Outcome::AnswerLost);
}

#[tokio::test(start_paused = true)]
async fn the_clouds_own_api_sets_faults_and_stuck_states() {
    let a = Client::new(&cloud(), "a");
    let admin = async |method: &str, path: &str, body: &'static str| {
        let request = http::Request::builder().method(method).uri(path).header("host", "127.0.0.1:1");
        let request = request.header("content-type", "application/json").body(Bytes::from_static(body.as_bytes()));
        let response = a.cloud.handle(request.unwrap()).await.unwrap();
        (response.status().as_u16(), serde_json::from_slice::<Value>(response.body()).unwrap())
    };
    let rules = r#"{"requests":[{"product":"vpc","action":"Describe*","times":1,"fault":{"kind":"throttle"}}]}"#;
    assert_eq!(admin("PUT", "/_local/faults", rules).await.0, 200);
    assert_eq!(a.call(VPC, "DescribeVpcs", &REGION).await, refused(400, "Throttling.User"));
    assert!(a.call(VPC, "DescribeVpcs", &REGION).await.is_ok());
    assert_eq!(admin("GET", "/_local/faults", "").await.1["requests"][0]["fault"]["kind"], "throttle");
    assert_eq!(admin("DELETE", "/_local/faults", "").await.1["requests"], serde_json::json!([]));
    assert_eq!(admin("PUT", "/_local/faults", r#"{"request":1}"#).await.0, 400);

    let stuck = r#"[{"wait":"interface_connect","milliseconds":null}]"#;
    assert_eq!(admin("PUT", "/_local/delays", stuck).await.0, 200);
    assert_eq!(a.cloud.shared().delays.of(Wait::InterfaceConnect, "ri-1"), None);
    assert_eq!(admin("GET", "/_local/console", "").await.1["accounts"][0]["alias"], "a");
    let calls = admin("GET", "/_local/calls", "").await.1;
    assert_eq!(calls[0]["action"], "DescribeVpcs");
    assert_eq!(calls[0]["outcome"], "refused");
    assert_eq!(admin("GET", "/_local/nothing", "").await.0, 404);

    for (host, status) in [("localhost:1", 200), ("[::1]:1", 200), ("evil.example", 403), ("10.0.0.1", 403)] {
        let request = http::Request::get("/_local/console").header("host", host).body(Bytes::new()).unwrap();
        assert_eq!(a.cloud.handle(request).await.unwrap().status().as_u16(), status, "{host}");
    }
}
