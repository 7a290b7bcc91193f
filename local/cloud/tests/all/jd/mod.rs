//! JD Cloud through the gateway, by a client that signs.

mod envelope;
mod networks;
mod peerings;
mod restart;
mod routes;
mod security;
mod tutorial;

use bytes::Bytes;
use causeway_local::cloud::Cloud;
use causeway_local::console::ConsoleAccount;
use causeway_local::console::ConsoleVpc;
use causeway_local::jd::Settings;
use cloud_signing::Credentials;
use cloud_signing::jdcloud::{Scope, Variant, sign};
use http::{Method, Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::testing::{Refusal, expect_named};

pub(super) const REGION: &str = "cn-north-1";

/// One account of JD Cloud.
pub(super) struct Client {
    pub cloud: Cloud,
    pub account: ConsoleAccount,
    pub variant: Variant,
}

impl Client {
    pub(super) fn new(cloud: &Cloud, alias: &str) -> Self {
        let account = cloud.console().accounts.into_iter().find(|account| account.alias == alias).unwrap();
        Self { cloud: cloud.clone(), account, variant: Variant::Jdcloud3 }
    }

    /// The VPC that the seed gave it.
    pub(super) fn vpc(&self) -> ConsoleVpc {
        self.account.vpcs[0].clone()
    }

    /// A request signed now, with a new nonce.
    pub(super) fn signed(&self, method: Method, path: &str, body: Option<&Value>) -> Request<Bytes> {
        let shared = self.cloud.shared();
        self.signed_at(method, path, body, shared.clock.wall(), &shared.ids.uuid())
    }

    pub(super) fn signed_at(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        at: Timestamp,
        nonce: &str,
    ) -> Request<Bytes> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let uri = format!("http://127.0.0.1:8000/v1/regions/{REGION}{path}");
        let (mut parts, body) = Request::builder().method(method).uri(uri).body(body).unwrap().into_parts();
        let key = Credentials::new(&self.account.access_key_id, &self.account.access_key_secret);
        let scope = Scope { region: REGION, service: "vpc" };
        sign(&mut parts, body.as_bytes(), self.variant, scope, &key, at, nonce).unwrap();
        Request::from_parts(parts, Bytes::from(body))
    }

    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Value, Refusal> {
        let response = self.cloud.handle(request).await.expect("no fault drops this call");
        expect_named(&self.cloud, &response);
        read(&response)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.send(self.signed(Method::GET, path, None)).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, Refusal> {
        self.send(self.signed(Method::POST, path, Some(&body))).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Value, Refusal> {
        self.send(self.signed(Method::DELETE, path, None)).await
    }

    /// Makes a half of a peering with another account's seeded VPC; its id.
    pub(super) async fn peer(&self, other: &Self) -> Result<String, Refusal> {
        let ids = [self.vpc().vpc_id, other.vpc().vpc_id];
        let body =
            json!({"vpcPeeringName": format!("to-{}", other.account.alias), "vpcId": ids[0], "remoteVpcId": ids[1]});
        let made = self.post("/vpcPeerings/", body).await?;
        Ok(text(&made["vpcPeering"]["vpcPeeringId"]))
    }

    pub(super) async fn state(&self, peering: &str) -> String {
        let found = self.get(&format!("/vpcPeerings/{peering}")).await.unwrap();
        text(&found["vpcPeering"]["vpcPeeringState"])
    }

    pub(super) async fn rules(&self, table: &str) -> Vec<Value> {
        let found = self.get(&format!("/routeTables/{table}")).await.unwrap();
        found["routeTable"]["routeTableRules"].as_array().unwrap().clone()
    }
}

/// The result of a success, or status and word of a refusal.
fn read(response: &Response<Bytes>) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let request_id = body["requestId"].as_str().expect("every answer has a request id");
    assert_eq!(response.headers()["x-jdcloud-request-id"], request_id);
    if response.status().is_success() {
        assert!(body.get("error").is_none(), "{body}");
        return Ok(body["result"].clone());
    }
    assert_eq!(body["error"]["code"], response.status().as_u16());
    assert!(body["error"]["message"].is_string() && body.get("result").is_none(), "{body}");
    Err((response.status().as_u16(), text(&body["error"]["status"])))
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

pub(super) fn set(cloud: &Cloud, change: impl FnOnce(&mut Settings)) {
    let mut settings = cloud.jd().settings();
    change(&mut settings);
    cloud.jd().set_settings(settings);
}

pub(super) fn ids(rows: &Value, name: &str) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| text(&row[name])).collect()
}
