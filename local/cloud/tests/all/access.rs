//! A role that lacks a right, at each product's door.

use std::time::Duration;

use bytes::Bytes;
use causeway_local::calls::Outcome;
use causeway_local::cloud::Cloud;
use causeway_local::identity::Principal;
use causeway_local::ram::{Role, Trust};
use cloud_signing::oss::Addressing;
use cloud_signing::{Credentials, acs3, oss_v4};
use http::Request;
use local_core::xml::Element;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::testing::{Client, cloud, read, refused};

const ACCOUNT: &str = "1000000000000001";
const VPC: &str = "2016-04-28";
const STS: &str = "2015-04-01";

fn allow(actions: &[&str], resources: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// A session of a role of account a that may do what `statements` say.
fn worker(cloud: &Cloud, statements: Value) -> Client {
    let identities = &cloud.shared().identities;
    let role = Role::new(ACCOUNT, "worker", Trust::account(ACCOUNT));
    let policy = json!({"Version": "1", "Statement": statements});
    identities.put_role(Role { policies: vec![policy], ..role }).unwrap();
    let arn = format!("acs:ram::{ACCOUNT}:role/worker");
    let issued = identities.assume(&arn, "s-1", Duration::from_secs(900)).unwrap();
    let credentials = Credentials::new(&issued.access_key_id, issued.access_key_secret.expose_secret())
        .with_security_token(issued.security_token.expose_secret());
    Client { cloud: cloud.clone(), credentials, account_id: ACCOUNT.into() }
}

#[tokio::test(start_paused = true)]
async fn a_role_without_the_action_is_refused_with_what_it_lacks_and_nothing_happens() {
    let cloud = cloud();
    let worker = worker(&cloud, json!([allow(&["vpc:Describe*"], &["*"])]));
    assert!(worker.vpc_call("cn-qingdao", "DescribeVpcs", &[]).await.is_ok());
    let create = [("RegionId", "cn-qingdao"), ("CidrBlock", "10.0.0.0/8")];
    let response = cloud.handle(worker.acs3(VPC, "CreateVpc", &create)).await.unwrap();
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["AccessDeniedDetail"]["AuthAction"], "vpc:CreateVpc");
    assert_eq!(body["AccessDeniedDetail"]["AuthPrincipalDisplayName"], "worker:s-1");
    assert_eq!(body["AccessDeniedDetail"]["AuthPrincipalOwnerId"], ACCOUNT);
    assert_eq!(body["AccessDeniedDetail"]["NoPermissionType"], "ImplicitDeny");
    assert_eq!(read(response), refused(403, "Forbidden.RAM"));
    let xml =
        cloud.handle(worker.v1(VPC, "CreateVpc", &[create[0], create[1], ("Format", "XML")], false)).await.unwrap();
    let document = Element::parse(xml.body()).unwrap();
    assert_eq!(document.child_text("Code"), Some("Forbidden.RAM"));
    assert_eq!(document.child("AccessDeniedDetail").unwrap().child_text("AuthAction"), Some("vpc:CreateVpc"));

    let listed = worker.vpc_call("cn-qingdao", "DescribeVpcs", &[]).await.unwrap();
    assert_eq!(listed["TotalCount"], 1, "only the one of the seed");
    let refusal = cloud.calls().into_iter().find(|call| call.info.action == "CreateVpc").unwrap();
    assert_eq!(refusal.outcome, Outcome::Refused { code: "Forbidden.RAM".into() });
    assert_eq!(refusal.caller, Some(Principal::Role { name: "worker".into(), session: "s-1".into() }));
    assert_eq!(refusal.needs[0].resource, format!("acs:vpc:cn-qingdao:{ACCOUNT}:vpc/*"));
}

#[tokio::test(start_paused = true)]
async fn a_right_holds_for_the_resources_it_names() {
    let cloud = cloud();
    let own = Client::new(&cloud, "a").vpc("cn-qingdao");
    let arn = format!("acs:vpc:cn-qingdao:{ACCOUNT}:vpc/{}", own.vpc_id);
    let table = format!("acs:vpc:*:*:routetable/{}", own.route_table_id);
    let worker = worker(&cloud, json!([allow(&["vpc:DescribeVpcs"], &[&arn]), allow(&["vpc:*"], &[&table])]));
    let vpcs = async |region, params: &[(&str, &str)]| worker.vpc_call(region, "DescribeVpcs", params).await;
    assert!(vpcs("cn-qingdao", &[("VpcId", &own.vpc_id)]).await.is_ok());
    assert_eq!(vpcs("cn-qingdao", &[]).await, refused(403, "Forbidden.RAM"), "all of them is more than one");
    let two = format!("{},vpc-other", own.vpc_id);
    assert_eq!(vpcs("cn-qingdao", &[("VpcId", &two)]).await, refused(403, "Forbidden.RAM"));
    assert_eq!(vpcs("cn-beijing", &[("VpcId", &own.vpc_id)]).await, refused(403, "Forbidden.RAM"));
    let routes = [("RouteTableId", own.route_table_id.as_str())];
    let listed = worker.vpc_call("cn-qingdao", "DescribeRouteEntryList", &routes).await;
    assert_eq!(listed, refused(403, "Forbidden.RAM"), "the router may be asked for too, so a policy must name it");
}

#[tokio::test(start_paused = true)]
async fn a_role_becomes_another_only_if_both_policy_and_trust_allow_it() {
    let cloud = cloud();
    let role = |name: &str| format!("acs:ram::{ACCOUNT}:role/{name}");
    for name in ["trusting", "other"] {
        cloud.shared().identities.put_role(Role::new(ACCOUNT, name, Trust::account(ACCOUNT))).unwrap();
    }
    let mut statement = allow(&["sts:AssumeRole"], &[&format!("acs:ram:*:{ACCOUNT}:role/Trusting")]);
    let assume = async |client: &Client, name: &str, id: &str| {
        let params = [("RoleArn", &*role(name)), ("RoleSessionName", "s-2"), ("ExternalId", id)];
        client.call(STS, "AssumeRole", &params).await
    };
    let client = worker(&cloud, json!([statement]));
    assert!(assume(&client, "trusting", "id-1").await.is_ok());
    assert_eq!(assume(&client, "other", "id-1").await, refused(403, "NoPermission"));
    assert!(client.call(STS, "GetCallerIdentity", &[]).await.is_ok(), "who one is may be asked by anyone");

    statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": "id-1"}});
    let client = worker(&cloud, json!([statement]));
    assert!(assume(&client, "trusting", "id-1").await.is_ok());
    assert_eq!(assume(&client, "trusting", "id-2").await, refused(403, "NoPermission"));
}

#[tokio::test(start_paused = true)]
async fn a_session_with_a_policy_may_do_what_both_policies_allow() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    worker(&cloud, json!([allow(&["vpc:DescribeVpcs", "vpc:DescribeVRouters"], &["*"])]));
    let narrow =
        json!({"Version": "1", "Statement": [allow(&["vpc:DescribeVpcs", "vpc:CreateVpc"], &["*"])]}).to_string();
    let arn = format!("acs:ram::{ACCOUNT}:role/worker");
    let params = [("RoleArn", arn.as_str()), ("RoleSessionName", "s-1"), ("Policy", &narrow)];
    let answer = a.call(STS, "AssumeRole", &params).await.unwrap();
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    let credentials =
        Credentials::new(text("AccessKeyId"), text("AccessKeySecret")).with_security_token(text("SecurityToken"));
    let session = Client { credentials, ..a };
    let call = async |action, params: &[(&str, &str)]| session.vpc_call("cn-qingdao", action, params).await;
    assert!(call("DescribeVpcs", &[]).await.is_ok());
    assert_eq!(call("DescribeVRouters", &[]).await, refused(403, "Forbidden.RAM"), "the session was not given it");
    assert_eq!(call("CreateVpc", &[]).await, refused(403, "Forbidden.RAM"), "the role does not have it");
}

#[tokio::test(start_paused = true)]
async fn sessions_of_a_role_that_was_taken_away_may_do_nothing() {
    let cloud = cloud();
    let worker = worker(&cloud, json!([allow(&["*"], &["*"])]));
    assert!(worker.vpc_call("cn-qingdao", "DescribeVpcs", &[]).await.is_ok());
    cloud.shared().identities.remove_role(ACCOUNT, "worker").unwrap();
    assert_eq!(worker.vpc_call("cn-qingdao", "DescribeVpcs", &[]).await, refused(403, "Forbidden.RAM"));
}

async fn mns(client: &Client, method: &str, path: &str, body: &str) -> (u16, Option<String>) {
    let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1");
    let request = request.header("x-mns-version", "2015-06-06").body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    let (mut parts, body) = request.into_parts();
    cloud_signing::mns::sign(&mut parts, &body, &client.credentials, client.cloud.shared().clock.wall()).unwrap();
    let response = client.cloud.handle(Request::from_parts(parts, body)).await.unwrap();
    let code = Element::parse(response.body()).ok().and_then(|body| body.child_text("Code").map(str::to_owned));
    (response.status().as_u16(), code)
}

#[tokio::test(start_paused = true)]
async fn a_queue_takes_messages_of_who_may_send_to_it() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    for queue in ["one", "two"] {
        assert_eq!(mns(&a, "PUT", &format!("/queues/{queue}"), "").await.0, 201);
    }
    let queue = format!("acs:mns:cn-hangzhou:{ACCOUNT}:/queues/one/messages");
    let worker = worker(&cloud, json!([allow(&["mns:SendMessage"], &[&queue])]));
    let denied = (403, Some("AccessDenied".to_owned()));
    let message = "<Message><MessageBody>x</MessageBody></Message>";
    let send = async |queue: &str, body: &str| mns(&worker, "POST", &format!("/queues/{queue}/messages"), body).await;
    assert_eq!(send("one", message).await.0, 201);
    assert_eq!(send("two", message).await, denied);
    assert_eq!(send("one", &format!("<Messages>{message}</Messages>")).await, denied, "many are another action");
    assert_eq!(mns(&worker, "GET", "/queues/one/messages", "").await, denied);
    assert_eq!(mns(&worker, "DELETE", "/queues/one", "").await, denied);
}

async fn oss(client: &Client, method: &str, path: &str, source: Option<&str>) -> (u16, Option<String>) {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1");
    if let Some(source) = source {
        request = request.header("x-oss-copy-source", source);
    }
    let (mut parts, body) = request.body(Bytes::new()).unwrap().into_parts();
    let now = client.cloud.shared().clock.wall();
    oss_v4::sign(&mut parts, &body, Addressing::Path, "cn-hangzhou", &client.credentials, now).unwrap();
    let response = client.cloud.handle(Request::from_parts(parts, body)).await.unwrap();
    let code = Element::parse(response.body()).ok().and_then(|body| body.child_text("Code").map(str::to_owned));
    (response.status().as_u16(), code)
}

#[tokio::test(start_paused = true)]
async fn a_bucket_gives_and_takes_objects_as_policies_say() {
    let cloud = cloud();
    cloud.oss().create_bucket(ACCOUNT, "cn-hangzhou", "box").unwrap();
    let place = format!("acs:oss:*:{ACCOUNT}:box");
    let (mine, bucket) = (format!("{place}/mine/*"), place.as_str());
    let worker = worker(
        &cloud,
        json!([allow(&["oss:GetObject", "oss:PutObject"], &[&mine]), allow(&["oss:ListObjects"], &[bucket])]),
    );
    let denied = (403, Some("AccessDenied".to_owned()));
    let call = async |method, path| oss(&worker, method, path, None).await;
    assert_eq!(call("PUT", "/box/mine/x").await.0, 200);
    assert_eq!(call("GET", "/box/mine/x").await.0, 200);
    assert_eq!(call("HEAD", "/box/mine/x").await.0, 200);
    assert_eq!(call("GET", "/box/?list-type=2").await.0, 200);
    assert_eq!(call("PUT", "/box/others/x").await, denied);
    assert_eq!(call("DELETE", "/box/mine/x").await, denied);
    assert_eq!(call("GET", "/box/?versioning").await, denied);
    assert_eq!(oss(&worker, "PUT", "/box/mine/y", Some("/box/mine/x")).await.0, 200);
    assert_eq!(oss(&worker, "PUT", "/box/mine/y", Some("/box/others/x")).await, denied, "copying reads the source");
    assert_eq!(oss(&worker, "PUT", "/box/others/y", Some("/box/mine/x")).await, denied);
}

#[tokio::test(start_paused = true)]
async fn a_function_is_invoked_by_who_may() {
    let cloud = cloud();
    let arn = format!("acs:fc:cn-hangzhou:{ACCOUNT}:functions/mine");
    let worker = worker(&cloud, json!([allow(&["fc:InvokeFunction"], &[&arn])]));
    let invoke = async |name: &str| {
        let uri = format!("http://127.0.0.1/2023-03-30/functions/{name}/invocations");
        let (mut parts, ()) = Request::post(uri).body(()).unwrap().into_parts();
        let shared = cloud.shared();
        let (now, nonce) = (shared.clock.wall(), shared.ids.uuid());
        acs3::sign(&mut parts, b"", "InvokeFunction", "2023-03-30", &worker.credentials, now, &nonce).unwrap();
        let response = cloud.handle(Request::from_parts(parts, Bytes::new())).await.unwrap();
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), body["Code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(invoke("mine").await, (404, "FunctionNotFound".into()), "allowed, but there is none");
    assert_eq!(invoke("other").await, (403, "AccessDenied".into()));
}

#[tokio::test(start_paused = true)]
async fn an_approver_may_decide_on_its_service_and_a_consumer_may_ask_for_the_one_named() {
    let cloud = cloud();
    let link = "2020-04-15";
    let own = format!("acs:privatelink:eu-central-1:{ACCOUNT}:vpcendpointservice/epsrv-own");
    let mut asking = allow(&["privatelink:CreateVpcEndpoint"], &["*"]);
    asking["Condition"] = json!({"StringEquals": {"privatelink:VpcEndpointServiceId": "epsrv-good"}});
    let approving = allow(&["privatelink:EnableVpcEndpointConnection"], &[&own]);
    let worker = worker(&cloud, json!([approving, asking]));
    let enable = async |service: &str| {
        let params = [("RegionId", "eu-central-1"), ("ServiceId", service), ("EndpointId", "ep-1")];
        worker.call(link, "EnableVpcEndpointConnection", &params).await
    };
    assert_eq!(enable("epsrv-own").await, refused(400, "EndpointServiceNotFound"), "allowed, but not there");
    assert_eq!(enable("epsrv-other").await, refused(400, "NoPermission"));
    let ask = async |service: (&str, &str)| {
        let params = [("RegionId", "eu-central-1"), ("VpcId", "vpc-1"), service];
        worker.call(link, "CreateVpcEndpoint", &params).await
    };
    assert_eq!(ask(("ServiceId", "epsrv-good")).await, refused(400, "EndpointServiceNotFound"));
    assert_eq!(ask(("ServiceId", "epsrv-bad")).await, refused(400, "NoPermission"));
    let by_name = "com.aliyuncs.privatelink.eu-central-1.epsrv-good";
    assert_eq!(ask(("ServiceName", by_name)).await, refused(400, "EndpointServiceNotFound"));
    let listing = worker.call(link, "ListVpcEndpointConnections", &[("RegionId", "eu-central-1")]).await;
    assert_eq!(listing, refused(400, "NoPermission"));
    let balancers = worker.call("2014-05-15", "DescribeLoadBalancers", &[("RegionId", "eu-central-1")]).await;
    assert_eq!(balancers, refused(403, "Forbidden.RAM"));
}
