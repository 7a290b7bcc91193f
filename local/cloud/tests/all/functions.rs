//! The management API of functions over the wire: packages, checksums, triggers, logs, and who may.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::fc::{Exited, FunctionConfig, Instance, LaunchError, Launcher};
use causeway_local::mns::{Attributes, QueueRef};
use causeway_local::opened::Openable;
use causeway_local::oss::crc64;
use causeway_local::ram::{Role, Trust};
use causeway_local::seed::Seed;
use causeway_local::table::Storage;
use cloud_signing::{acs3, oss::Addressing, oss_v4, sls};
use http::{Request, Response};
use serde_json::{Value, json};

use crate::testing::{Client, Refusal, cloud, pass, refused};

/// Functions that answer with the text in their package's only file, and what they were sent.
pub(crate) struct Echo;

struct Running(Vec<u8>);

#[async_trait]
impl Launcher for Echo {
    async fn launch(
        &self,
        function: &FunctionConfig,
        _: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        let package = function.package.clone().expect("it was copied");
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(package)).unwrap();
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_index(0).unwrap(), &mut text).unwrap();
        Ok(Arc::new(Running(text)))
    }
}

#[async_trait]
impl Instance for Running {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited> {
        let body = [&self.0[..], b" ", request.body()].concat();
        Ok(Response::builder().header("x-fc-status", "200").body(body.into()).unwrap())
    }

    async fn stop(&self) {}
}

/// A package with one program in it.
pub(crate) fn package(text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", options).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Puts an object through the internal network.
pub(crate) async fn put_object(client: &Client, bucket: &str, key: &str, body: Vec<u8>) {
    let request = Request::put(format!("/{bucket}/{key}")).header("host", "127.0.0.1").body(Bytes::from(body)).unwrap();
    let (mut parts, body) = request.into_parts();
    let now = client.cloud.shared().clock.wall();
    oss_v4::sign(&mut parts, &body, Addressing::Path, "cn-hangzhou", &client.credentials, now).unwrap();
    let response = client.cloud.handle(Request::from_parts(parts, body)).await.unwrap();
    assert_eq!(response.status(), 200, "{response:?}");
}

/// A request to the API, which answers with its body.
pub(crate) async fn fc(client: &Client, method: &str, path: &str, body: &Value) -> Result<Value, Refusal> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    raw(client, method, path, body.into()).await
}

async fn raw(client: &Client, method: &str, path: &str, body: Bytes) -> Result<Value, Refusal> {
    let uri = format!("http://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/{path}");
    let (mut parts, body) = Request::builder().method(method).uri(uri).body(body).unwrap().into_parts();
    parts.headers.insert("host", "fcv3.cn-hangzhou.aliyuncs.com".parse().unwrap());
    let shared = client.cloud.shared();
    let (now, nonce) = (shared.clock.wall(), shared.ids.uuid());
    acs3::sign(&mut parts, &body, "Any", "2023-03-30", &client.credentials, now, &nonce).unwrap();
    let response = client.cloud.handle(Request::from_parts(parts, body)).await.unwrap();
    crate::testing::expect_named(&client.cloud, &response);
    let text = response.body().clone();
    let read =
        serde_json::from_slice(&text).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&text).into_owned()));
    match response.status().is_success() {
        true => Ok(read),
        false => Err((response.status().as_u16(), read["Code"].as_str().unwrap_or_default().to_owned())),
    }
}

fn worker(zip: &[u8]) -> Value {
    json!({"functionName": "worker", "runtime": "custom.debian12", "handler": "h", "code": {"zipFile": STANDARD.encode(zip)}})
}

fn started() -> (Cloud, Client) {
    let cloud = cloud();
    cloud.fc().set_launcher(Arc::new(Echo));
    let a = Client::new(&cloud, "a");
    (cloud, a)
}

#[tokio::test(start_paused = true)]
async fn a_function_is_made_from_a_package_invoked_changed_and_removed() {
    let (_, a) = started();
    let (one, two) = (package("one"), package("two"));
    let made = fc(&a, "POST", "functions", &worker(&one)).await.unwrap();
    assert_eq!(made["codeChecksum"], crc64(&one).to_string());
    assert_eq!((&made["memorySize"], &made["state"]), (&512.into(), &"Active".into()));
    assert_eq!(fc(&a, "POST", "functions", &worker(&one)).await, refused(409, "FunctionAlreadyExists"));
    let invoke = async || raw(&a, "POST", "functions/worker/invocations", Bytes::from_static(b"hi")).await;
    assert_eq!(invoke().await.unwrap(), "one hi");
    let change =
        json!({"code": {"zipFile": STANDARD.encode(&two)}, "memorySize": 1024, "environmentVariables": {"A": "b"}});
    let changed = fc(&a, "PUT", "functions/worker", &change).await.unwrap();
    assert_eq!((&changed["memorySize"], &changed["codeSize"]), (&1024.into(), &two.len().into()));
    assert_eq!(invoke().await.unwrap(), "two hi");
    let code = fc(&a, "GET", "functions/worker/code", &Value::Null).await.unwrap();
    assert_eq!(code["checksum"], crc64(&two).to_string());
    let url = code["url"].as_str().unwrap();
    let fetched = a.cloud.handle(Request::get(url).body(Bytes::new()).unwrap()).await.unwrap();
    assert_eq!(fetched.body()[..], two[..]);
    let b = Client::new(&a.cloud, "b");
    assert_eq!(fc(&b, "GET", "functions/worker", &Value::Null).await, refused(404, "FunctionNotFound"));
    fc(&a, "DELETE", "functions/worker", &Value::Null).await.unwrap();
    assert_eq!(fc(&a, "GET", "functions/worker", &Value::Null).await, refused(404, "FunctionNotFound"));
}

#[tokio::test(start_paused = true)]
async fn functions_of_two_accounts_and_their_listing_are_kept_apart() {
    let (cloud, a) = started();
    let b = Client::new(&cloud, "b");
    for number in 10..35 {
        let mut function = worker(&package("x"));
        function["functionName"] = format!("f-{number}").into();
        fc(&a, "POST", "functions", &function).await.unwrap();
    }
    fc(&b, "POST", "functions", &worker(&package("theirs"))).await.unwrap();
    let first = fc(&a, "GET", "functions", &Value::Null).await.unwrap();
    assert_eq!(first["functions"].as_array().unwrap().len(), 20);
    let next = format!("functions?limit=100&nextToken={}", first["nextToken"].as_str().unwrap());
    let rest = fc(&a, "GET", &next, &Value::Null).await.unwrap();
    assert_eq!(rest["functions"][0]["functionName"], "f-30");
    assert!(rest["nextToken"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_package_in_oss_is_copied_when_it_is_named_and_only_for_who_may_read_it() {
    let (cloud, a) = started();
    cloud.oss().create_bucket(&a.account_id, "cn-hangzhou", "code").unwrap();
    cloud.oss().create_bucket(&a.account_id, "cn-beijing", "far").unwrap();
    put_object(&a, "code", "r/1.zip", package("first")).await;
    let from = |bucket: &str, key: &str| {
        json!({"functionName": "worker", "runtime": "custom", "handler": "h",
            "code": {"ossBucketName": bucket, "ossObjectName": key}})
    };
    for (bucket, key) in [("code", "r/2.zip"), ("none", "r/1.zip"), ("far", "r/1.zip")] {
        assert_eq!(
            fc(&a, "POST", "functions", &from(bucket, key)).await,
            refused(400, "InvalidArgument"),
            "{bucket} {key}"
        );
    }
    let statements = |more: &[Value]| {
        let create = json!({"Effect": "Allow", "Action": ["fc:*"], "Resource": "*"});
        let all = [&[create], more].concat();
        json!({"Version": "1", "Statement": all})
    };
    let role = |policy: Value| Role {
        policies: vec![policy],
        ..Role::new(&a.account_id, "deployer", Trust::account(&a.account_id))
    };
    cloud.shared().identities.put_role(role(statements(&[]))).unwrap();
    let deployer = a.in_role("deployer");
    assert_eq!(fc(&deployer, "POST", "functions", &from("code", "r/1.zip")).await, refused(400, "InvalidArgument"));
    let read = json!({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "acs:oss:*:*:code/*"});
    cloud.shared().identities.put_role(role(statements(&[read]))).unwrap();
    let mut with_role = from("code", "r/1.zip");
    with_role["role"] = "acs:ram::1000000000000001:role/deployer".into();
    assert_eq!(
        fc(&deployer, "POST", "functions", &with_role).await,
        refused(403, "AccessDenied"),
        "it may pass no role"
    );
    fc(&deployer, "POST", "functions", &from("code", "r/1.zip")).await.unwrap();
    put_object(&a, "code", "r/1.zip", package("second")).await;
    let answer = raw(&a, "POST", "functions/worker/invocations", Bytes::from_static(b"?")).await.unwrap();
    assert_eq!(answer, "first ?", "the object is not followed");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let (cloud, a) = started();
    let zip = package("x");
    let with = |name: &str, value: Value| {
        let mut function = worker(&zip);
        function[name] = value;
        function
    };
    let checksum = json!({"zipFile": STANDARD.encode(&zip), "checksum": "1"});
    for function in [
        with("code", checksum),
        with("code", json!({"zipFile": STANDARD.encode("no archive")})),
        with("code", json!({"zipFile": "%"})),
        with("code", json!({})),
        with("environmentVariables", json!({"N": 3})),
        with("environmentVariables", json!({"N": "x".repeat(4096)})),
        with("timeout", json!(0)),
        with("memoryMegabytes", json!(512)),
        with("role", json!("acs:ram::1000000000000001:role/none")),
        with("logConfig", json!({"project": "none", "logstore": "none"})),
    ] {
        assert_eq!(fc(&a, "POST", "functions", &function).await, refused(400, "InvalidArgument"), "{function}");
    }
    fc(&a, "POST", "functions", &worker(&zip)).await.unwrap();
    let timer = json!({"triggerName": "t", "triggerType": "timer", "triggerConfig": "{\"cronExpression\":\"@every 1m\",\"enable\":true}"});
    fc(&a, "POST", "functions/worker/triggers", &timer).await.unwrap();
    for (method, path, body, status, code) in [
        ("POST", "functions/worker/triggers", timer.clone(), 409, "TriggerAlreadyExists"),
        (
            "POST",
            "functions/worker/triggers",
            json!({"triggerName": "u", "triggerType": "oss", "triggerConfig": "{}"}),
            400,
            "InvalidArgument",
        ),
        ("GET", "functions/worker/triggers/u", Value::Null, 404, "TriggerNotFound"),
        ("PUT", "functions/worker/triggers/u", json!({}), 404, "TriggerNotFound"),
        ("PUT", "functions/worker/triggers/t", json!({"triggerConfig": "{"}), 400, "InvalidArgument"),
        ("DELETE", "functions/worker/triggers/u", Value::Null, 404, "TriggerNotFound"),
        ("GET", "functions/none/triggers", Value::Null, 404, "FunctionNotFound"),
        ("GET", "functions/worker/async-invoke-config", Value::Null, 404, "AsyncConfigNotExists"),
        ("GET", "functions/worker/concurrency", Value::Null, 404, "InvalidAction.NotFound"),
    ] {
        assert_eq!(fc(&a, method, path, &body).await, refused(status, code), "{method} {path}");
    }
    cloud.shared().opened.set(&a.account_id, &BTreeSet::new()).unwrap();
    assert_eq!(fc(&a, "GET", "functions", &Value::Null).await, refused(403, "AccessDenied"));
}

fn stream(enable: bool) -> Value {
    let config = json!({
        "triggerEnable": enable,
        "eventSourceConfig": {"eventSourceType": "MNS", "eventSourceParameters":
            {"sourceMNSParameters": {"QueueName": "jobs", "IsBase64Decode": false}}},
        "runOptions": {"mode": "event-streaming", "errorsTolerance": "ALL"},
    });
    json!({"triggerName": "feed", "triggerType": "eventbridge", "triggerConfig": config.to_string()})
}

#[tokio::test(start_paused = true)]
async fn a_stream_needs_event_bridge_and_its_roles_and_is_switched_off_and_on() {
    let (cloud, a) = started();
    cloud.fc().start().await;
    fc(&a, "POST", "functions", &worker(&package("x"))).await.unwrap();
    let create = async || fc(&a, "POST", "functions/worker/triggers", &stream(true)).await.map(drop);
    assert_eq!(create().await, refused(400, "InvalidArgument"), "there is no queue");
    let queue = QueueRef::new(&a.account_id, "cn-hangzhou", "jobs");
    cloud.mns().create_queue(&queue, Attributes::default()).unwrap();
    assert_eq!(create().await, refused(400, "InvalidArgument"), "EventBridge has no role in the account");
    let all_but: BTreeSet<Openable> =
        Openable::ALL.iter().copied().filter(|one| *one != Openable::EventBridge).collect();
    cloud.shared().opened.set(&a.account_id, &all_but).unwrap();
    assert_eq!(create().await, refused(403, "ServiceNotEnable"));
    cloud.fc().open_event_bridge(&a.account_id).unwrap();
    create().await.unwrap();

    let left = || {
        let queue = cloud.mns().queue(&queue).unwrap();
        queue.active + queue.inactive + queue.delayed
    };
    cloud.mns().send(&queue, "one", None).unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(left(), 0);
    fc(&a, "PUT", "functions/worker/triggers/feed", &json!({"triggerConfig": stream(false)["triggerConfig"]}))
        .await
        .unwrap();
    pass(Duration::from_secs(60)).await;
    cloud.mns().send(&queue, "two", None).unwrap();
    pass(Duration::from_secs(600)).await;
    assert_eq!(left(), 1, "nothing takes it");
    fc(&a, "PUT", "functions/worker/triggers/feed", &json!({"triggerConfig": stream(true)["triggerConfig"]}))
        .await
        .unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(left(), 0);
    let name = cloud.fc().streams(&a.account_id, "cn-hangzhou").remove(0).name;
    cloud.fc().set_stream_paused(&a.account_id, "cn-hangzhou", &name, true).unwrap();
    pass(Duration::from_secs(60)).await;
    cloud.mns().send(&queue, "three", None).unwrap();
    pass(Duration::from_secs(600)).await;
    assert_eq!(left(), 1);
    assert_eq!(cloud.fc().invocations_since(0).len(), 2);
    cloud.fc().stop(Duration::from_secs(1)).await;
}

/// A request to the log service, for the project that its host names.
async fn log(client: &Client, method: &str, target: &str, body: &str) -> Result<Value, Refusal> {
    let request = Request::builder().method(method).uri(target).header("host", "project.localhost");
    let request = request.header("content-type", "application/json").body(Bytes::from(body.to_owned())).unwrap();
    let (mut parts, body) = request.into_parts();
    sls::sign(&mut parts, &body, &client.credentials, client.cloud.shared().clock.wall()).unwrap();
    let response = client.cloud.handle(Request::from_parts(parts, body)).await.unwrap();
    crate::testing::expect_named(&client.cloud, &response);
    let read: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    match response.status().is_success() {
        true => Ok(read),
        false => Err((response.status().as_u16(), read["errorCode"].as_str().unwrap_or_default().to_owned())),
    }
}

#[tokio::test(start_paused = true)]
async fn a_functions_log_is_read_from_the_store_that_it_names() {
    let (cloud, a) = started();
    assert_eq!(log(&a, "GET", "/", "").await, refused(404, "ProjectNotExist"));
    log(&a, "POST", "/", r#"{"projectName":"project","description":""}"#).await.unwrap();
    let store = r#"{"logstoreName":"functions","ttl":30,"shardCount":1}"#;
    log(&a, "POST", "/logstores", store).await.unwrap();
    assert_eq!(log(&a, "POST", "/logstores", store).await, refused(400, "LogStoreAlreadyExist"));
    let mut function = worker(&package("x"));
    function["logConfig"] = json!({"project": "project", "logstore": "functions"});
    cloud.sls().set_settings(causeway_local::sls::Settings { visible_after_milliseconds: 60_000 });
    assert_eq!(
        fc(&a, "POST", "functions", &function).await,
        refused(400, "InvalidArgument"),
        "functions do not see it yet"
    );
    pass(Duration::from_secs(60)).await;
    fc(&a, "POST", "functions", &function).await.unwrap();
    raw(&a, "POST", "functions/worker/invocations", Bytes::from_static(b"?")).await.unwrap();
    let now = cloud.shared().clock.now().as_second();
    let get = format!("/logstores/functions?type=log&from={}&to={}&query=Invoke%20End", now - 60, now + 60);
    assert_eq!(log(&a, "GET", &get, "").await, refused(404, "IndexConfigNotExist"));
    log(&a, "POST", "/logstores/functions/index", r#"{"line":{"token":[" "]}}"#).await.unwrap();
    let lines = log(&a, "GET", &get, "").await.unwrap();
    assert_eq!(lines.as_array().unwrap().len(), 1, "{lines}");
    assert_eq!(lines[0]["functionName"], "worker");
    let b = Client::new(&cloud, "b");
    assert_eq!(log(&b, "GET", &get, "").await, refused(404, "ProjectNotExist"));
    let reader = a.in_role("causeway-read");
    assert_eq!(log(&reader, "GET", &get, "").await, refused(403, "Unauthorized"));
    log(&a, "DELETE", "/", "").await.unwrap();
    assert_eq!(log(&a, "GET", &get, "").await, refused(404, "ProjectNotExist"));
}

#[tokio::test(start_paused = true)]
async fn functions_and_triggers_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Storage::in_folder(folder.path()).unwrap();
        let cloud = Cloud::open(Options { storage, ..Options::new(Seed::tutorial()) }).unwrap();
        cloud.fc().set_launcher(Arc::new(Echo));
        let a = Client::new(&cloud, "a");
        (cloud, a)
    };
    {
        let (_cloud, a) = open();
        fc(&a, "POST", "functions", &worker(&package("kept"))).await.unwrap();
        let timer = json!({"triggerName": "t", "triggerType": "timer", "triggerConfig": "{\"cronExpression\":\"@every 1m\",\"enable\":true}"});
        fc(&a, "POST", "functions/worker/triggers", &timer).await.unwrap();
    }
    let (cloud, a) = open();
    assert_eq!(raw(&a, "POST", "functions/worker/invocations", Bytes::from_static(b"?")).await.unwrap(), "kept ?");
    cloud.fc().start().await;
    pass(Duration::from_secs(150)).await;
    assert_eq!(cloud.fc().invocations_since(1).len(), 2, "the timer runs");
    cloud.fc().stop(Duration::from_secs(1)).await;
}
