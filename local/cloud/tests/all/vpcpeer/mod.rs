//! VPC peering through the gateway.

mod moves;
mod refusals;
mod routes;

use std::time::Duration;

use serde_json::Value;

use crate::testing::{Client, Refusal, cloud, pass};

const HERE: &str = "cn-qingdao";
const THERE: &str = "cn-beijing";

/// Accounts `a` and `b`, whose VPCs in Qingdao and Beijing are to be joined.
struct Two {
    a: Client,
    b: Client,
}

impl Two {
    fn new() -> Self {
        let cloud = cloud();
        Self { a: Client::new(&cloud, "a"), b: Client::new(&cloud, "b") }
    }

    /// Asks for a connection from Qingdao to an account's VPC in a region.
    async fn ask(&self, to: &Client, region: &str, more: &[(&str, &str)]) -> Result<String, Refusal> {
        let own = self.a.vpc(HERE).vpc_id;
        let other = to.vpc(region).vpc_id;
        let plan = [
            ("RegionId", HERE),
            ("VpcId", own.as_str()),
            ("AcceptingAliUid", &to.account_id),
            ("AcceptingRegionId", region),
            ("AcceptingVpcId", &other),
        ];
        let kept = plan.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        let params: Vec<_> = kept.chain(more).copied().collect();
        let answer = self.a.peer("CreateVpcPeerConnection", &params).await?;
        Ok(answer["InstanceId"].as_str().unwrap().to_owned())
    }

    /// A connection to `b` in Beijing that waits for an answer.
    async fn asked(&self) -> String {
        let id = self.ask(&self.b, THERE, &[]).await.unwrap();
        pass(Duration::from_secs(6)).await;
        id
    }

    /// The same, Activated.
    async fn joined(&self) -> String {
        let id = self.asked().await;
        self.b.on("AcceptVpcPeerConnection", &id).await.unwrap();
        pass(Duration::from_secs(6)).await;
        id
    }
}

impl Client {
    /// A call to the central service.
    async fn peer(&self, action: &str, params: &[(&str, &str)]) -> Result<Value, Refusal> {
        self.call(causeway_local::vpcpeer::VERSION, action, params).await
    }

    async fn on(&self, action: &str, id: &str) -> Result<Value, Refusal> {
        self.peer(action, &[("InstanceId", id)]).await
    }

    async fn see(&self, id: &str) -> Value {
        self.on("GetVpcPeerConnectionAttribute", id).await.expect("the connection is there")
    }

    async fn status(&self, id: &str) -> String {
        self.see(id).await["Status"].as_str().unwrap().to_owned()
    }
}
