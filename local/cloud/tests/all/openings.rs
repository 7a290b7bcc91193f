//! Opening products, and the roles that services have in an account.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::mns::{Attributes, QueueRef};
use causeway_local::seed::Seed;
use cloud_signing::oss::Addressing;
use cloud_signing::{acs3, oss_v4, sls};
use http::{Request, StatusCode};
use local_core::xml::Element;
use serde_json::{Value, json};

use crate::functions::{Echo, fc, package};
use crate::testing::{Client, Refusal, expect_named, refused};

const EVENT_BRIDGE: &str = "2020-04-01";

/// A cloud with accounts and nothing else, none of whose products is open.
fn closed() -> (Cloud, Client) {
    let seed = Seed::empty(&[("operator", "1000000000000000"), ("a", "1000000000000001")], "cn-hangzhou");
    let cloud = Cloud::open(Options::new(seed)).unwrap();
    let client = Client::new(&cloud, "operator");
    cloud.shared().opened.set(&client.account_id, &BTreeSet::new()).unwrap();
    (cloud, client)
}

/// A request signed for a product with paths; its answer in JSON or XML.
async fn send(client: &Client, request: Request<Bytes>) -> (StatusCode, Bytes) {
    let response = client.cloud.handle(request).await.unwrap();
    expect_named(&client.cloud, &response);
    (response.status(), response.into_body())
}

#[tokio::test(start_paused = true)]
async fn a_cloud_with_accounts_and_nothing_else_has_nothing_else() {
    let (cloud, operator) = closed();
    assert!(
        operator.call("2015-05-01", "ListRoles", &[]).await.unwrap()["Roles"]["Role"].as_array().unwrap().is_empty()
    );
    assert!(cloud.oss().buckets().is_empty() && cloud.mns().queues().is_empty() && cloud.fc().functions().is_empty());
    let who = operator.call("2015-04-01", "GetCallerIdentity", &[]).await.unwrap();
    assert_eq!(
        (&who["AccountId"], &cloud.shared().home.region),
        (&"1000000000000000".into(), &"cn-hangzhou".to_owned())
    );
    assert!(cloud.console().accounts.iter().all(|account| account.vpcs.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn event_bridge_is_opened_by_an_order_and_makes_its_roles() {
    let (cloud, operator) = closed();
    let bridge = async |action: &str, product: &str| -> Result<Value, Refusal> {
        operator.call(EVENT_BRIDGE, action, &[("ProductName", product)]).await
    };
    let source = "AliyunServiceRoleForEventBridgeSourceMNS";
    assert_eq!(bridge("CheckServiceLinkedRoleForProduct", source).await, refused(403, "ServiceNotEnable"));
    let order = |kind| [("ProductCode", "eventbridge"), ("ProductType", kind), ("SubscriptionType", "PayAsYouGo")];
    let buy = async |kind| operator.call("2017-12-14", "CreateInstance", &order(kind)).await;
    assert_eq!(buy("eventbridge_post_public_intl").await, refused(400, "NotApplicable"));
    assert_eq!(buy("eventbridge_post_public_cn").await.unwrap()["Code"], "Success");
    assert_eq!(buy("eventbridge_post_public_cn").await, refused(400, "ORDER.OPEND"));
    assert_eq!(bridge("GetEventBridgeStatus", "").await.unwrap()["Data"]["Components"][0]["Status"], "UP");

    assert_eq!(bridge("CheckServiceLinkedRoleForProduct", source).await.unwrap()["Data"]["CheckPass"], false);
    assert_eq!(bridge("CreateServiceLinkedRoleForProduct", source).await.unwrap()["Code"], "Success");
    let again = bridge("CreateServiceLinkedRoleForProduct", source).await.unwrap();
    assert_ne!(again["Code"], "Success", "HTTP 200 alone is no success");
    assert_eq!(bridge("CheckServiceLinkedRoleForProduct", source).await.unwrap()["Data"]["CheckPass"], true);
    let dead_letters = "AliyunServiceRoleForEventBridgeSendToMNS";
    let refused_product = bridge("CreateServiceLinkedRoleForProduct", dead_letters).await;
    assert_eq!(refused_product, refused(400, "InvalidArgument"), "it is made by its service's name");
    let service = [("ServiceName", "sendevent-mns.eventbridge.aliyuncs.com")];
    let manager = "2020-03-31";
    assert_eq!(operator.call(manager, "CheckServiceLinkedRoleExistence", &service).await.unwrap()["Exists"], false);
    let made = operator.call(manager, "CreateServiceLinkedRole", &service).await.unwrap();
    assert_eq!(made["Role"]["RoleName"], dead_letters);
    assert_eq!(
        operator.call(manager, "CreateServiceLinkedRole", &service).await,
        refused(409, "EntityAlreadyExists.Role")
    );
    let unknown = [("ServiceName", "source-mns.eventbridge.aliyuncs.com")];
    assert_eq!(
        operator.call(manager, "CreateServiceLinkedRole", &unknown).await,
        refused(404, "EntityNotExist.Service")
    );
    let role = operator.call("2015-05-01", "GetRole", &[("RoleName", dead_letters)]).await.unwrap();
    assert_eq!(role["Role"]["IsServiceLinkedRole"], true);
    drop(cloud);
}

#[tokio::test(start_paused = true)]
async fn each_product_refuses_until_it_is_opened() {
    let (cloud, operator) = closed();
    let shared = cloud.shared();

    assert_eq!(fc(&operator, "GET", "functions", &Value::Null).await, refused(403, "AccessDenied"));
    let open_fc = async || {
        let (mut parts, ()) =
            Request::post("http://fc-open.cn-hangzhou.aliyuncs.com/service/open").body(()).unwrap().into_parts();
        let (now, nonce) = (shared.clock.wall(), shared.ids.uuid());
        acs3::sign(&mut parts, b"", "OpenFcService", "2020-03-10", &operator.credentials, now, &nonce).unwrap();
        let (status, body) = send(&operator, Request::from_parts(parts, Bytes::new())).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status.as_u16(), body["Code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(open_fc().await, (200, String::new()));
    assert_eq!(open_fc().await, (400, "ORDER.OPEND".into()));
    assert!(fc(&operator, "GET", "functions", &Value::Null).await.is_ok());

    let oss = async || {
        let request = Request::get("/").header("host", "oss-cn-hangzhou.aliyuncs.com").body(Bytes::new()).unwrap();
        let (mut parts, body) = request.into_parts();
        oss_v4::sign(&mut parts, &body, Addressing::Path, "cn-hangzhou", &operator.credentials, shared.clock.wall())
            .unwrap();
        let (status, body) = send(&operator, Request::from_parts(parts, body)).await;
        let document = Element::parse(&body).unwrap();
        (status.as_u16(), document.child_text("Code").map(str::to_owned), document.child_text("EC").map(str::to_owned))
    };
    assert_eq!(oss().await, (403, Some("UserDisable".into()), Some("0003-00000801".into())));
    assert!(operator.call("2019-04-22", "OpenOssService", &[]).await.is_ok());
    assert_eq!(operator.call("2019-04-22", "OpenOssService", &[]).await, refused(400, "ORDER.OPEND"));
    assert_eq!(oss().await.0, 200);

    let mns = async |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1")
            .header("x-mns-version", "2015-06-06");
        let (mut parts, body) = request.body(Bytes::new()).unwrap().into_parts();
        cloud_signing::mns::sign(&mut parts, &body, &operator.credentials, shared.clock.wall()).unwrap();
        let (status, body) = send(&operator, Request::from_parts(parts, body)).await;
        let code = Element::parse(&body).ok().and_then(|body| body.child_text("Code").map(str::to_owned));
        (status.as_u16(), code)
    };
    assert_eq!(mns("GET", "/queues").await, (403, Some("AccessDenied".into())));
    assert_eq!(operator.call("2022-01-19", "ListQueue", &[]).await, refused(403, "AccessDenied"));
    assert_eq!(mns("POST", "/commonbuy/openservice").await.0, 200);
    assert_eq!(mns("POST", "/commonbuy/openservice").await, (403, Some("Forbidden.Opened".into())));
    assert!(operator.call("2022-01-19", "ListQueue", &[]).await.is_ok());

    let logs = async |method: &str, path: &str| {
        let host = "cn-hangzhou.log.aliyuncs.com";
        let (mut parts, body) =
            Request::builder().method(method).uri(path).header("host", host).body(Bytes::new()).unwrap().into_parts();
        sls::sign(&mut parts, &body, &operator.credentials, shared.clock.wall()).unwrap();
        let (status, body) = send(&operator, Request::from_parts(parts, body)).await;
        (status.as_u16(), serde_json::from_slice::<Value>(&body).unwrap_or_default())
    };
    assert_eq!(logs("GET", "/slsservice").await.1["status"], "NotOpened");
    assert_eq!(logs("POST", "/slsservice").await.0, 200);
    assert_eq!(logs("GET", "/slsservice").await.1["status"], "Opened");

    let link = [("RegionId", "cn-hangzhou")];
    assert_eq!(operator.call("2020-04-15", "ListVpcEndpoints", &link).await, refused(400, "NeedOpenProduct"));
    assert!(operator.call("2020-04-15", "OpenPrivateLinkService", &link).await.is_ok());
    assert!(operator.call("2020-04-15", "ListVpcEndpoints", &link).await.is_ok());
    let role = [("RoleName", "AliyunServiceRoleForPrivatelink")];
    assert!(operator.call("2015-05-01", "GetRole", &role).await.is_ok(), "opening makes the role");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_listed_paused_and_started_over_event_bridge() {
    let (cloud, operator) = closed();
    cloud.fc().set_launcher(Arc::new(Echo));
    let all = causeway_local::opened::Openable::ALL.iter().copied().collect();
    cloud.shared().opened.set(&operator.account_id, &all).unwrap();
    cloud.fc().open_event_bridge(&operator.account_id).unwrap();
    let queue = QueueRef::new(&operator.account_id, "cn-hangzhou", "jobs");
    cloud.mns().create_queue(&queue, Attributes::default()).unwrap();
    let zip = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, package("x"));
    let worker = json!({"functionName": "worker", "runtime": "custom", "handler": "h", "code": {"zipFile": zip}});
    fc(&operator, "POST", "functions", &worker).await.unwrap();
    let config = json!({"eventSourceConfig": {"eventSourceType": "MNS", "eventSourceParameters": {"sourceMNSParameters": {"QueueName": "jobs"}}}});
    let trigger = json!({"triggerName": "feed", "triggerType": "eventbridge", "triggerConfig": config.to_string()});
    fc(&operator, "POST", "functions/worker/triggers", &trigger).await.unwrap();
    let listed = async || {
        operator.call(EVENT_BRIDGE, "ListEventStreamings", &[]).await.unwrap()["Data"]["EventStreamings"].clone()
    };
    let streams = listed().await;
    assert_eq!((&streams[0]["Status"], streams.as_array().unwrap().len()), (&"RUNNING".into(), 1));
    let name = [("EventStreamingName", streams[0]["EventStreamingName"].as_str().unwrap())];
    operator.call(EVENT_BRIDGE, "PauseEventStreaming", &name).await.unwrap();
    assert_eq!(listed().await[0]["Status"], "PAUSED");
    operator.call(EVENT_BRIDGE, "StartEventStreaming", &name).await.unwrap();
    assert_eq!(listed().await[0]["Status"], "RUNNING");
    let none = [("EventStreamingName", "none")];
    assert_eq!(operator.call(EVENT_BRIDGE, "PauseEventStreaming", &none).await, refused(404, "EventStreamingNotExist"));
}
