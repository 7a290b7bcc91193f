//! Router interfaces through the gateway.

mod connecting;
mod listing;
mod moves;

use std::time::Duration;

use serde_json::Value;

use crate::testing::{Client, Refusal, cloud, pass};

/// Regions of the tutorial's two sides.
const HERE: &str = "cn-qingdao";
const THERE: &str = "cn-beijing";

/// An initiator of `a` and an acceptor of `b`, told of each other or not.
struct Pair {
    a: Client,
    b: Client,
    initiator: String,
    acceptor: String,
}

impl Pair {
    /// Both sides Idle, knowing nothing of each other.
    async fn strangers() -> Self {
        let cloud = cloud();
        let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
        let initiator = create(&a, HERE, THERE, "InitiatingSide", "Mini.2").await;
        let acceptor = create(&b, THERE, HERE, "AcceptingSide", "Negative").await;
        Self { a, b, initiator, acceptor }
    }

    /// Both sides Idle, each told of the other.
    async fn acquainted() -> Self {
        let pair = Self::strangers().await;
        pair.tell_acceptor().await.unwrap();
        pair.tell_initiator().await.unwrap();
        pair
    }

    /// Both sides Active.
    async fn active() -> Self {
        let pair = Self::acquainted().await;
        pair.on_a("ConnectRouterInterface").await.unwrap();
        pass(Duration::from_secs(7)).await;
        pair
    }

    async fn tell_initiator(&self) -> Result<Value, Refusal> {
        tell(&self.a, HERE, &self.initiator, &self.b, THERE, &self.acceptor).await
    }

    async fn tell_acceptor(&self) -> Result<Value, Refusal> {
        tell(&self.b, THERE, &self.acceptor, &self.a, HERE, &self.initiator).await
    }

    async fn on_a(&self, action: &str) -> Result<Value, Refusal> {
        self.a.vpc_call(HERE, action, &[("RouterInterfaceId", &self.initiator)]).await
    }

    async fn on_b(&self, action: &str) -> Result<Value, Refusal> {
        self.b.vpc_call(THERE, action, &[("RouterInterfaceId", &self.acceptor)]).await
    }

    async fn see_a(&self) -> Value {
        see(&self.a, HERE, &self.initiator).await.expect("the initiator is there")
    }

    async fn see_b(&self) -> Value {
        see(&self.b, THERE, &self.acceptor).await.expect("the acceptor is there")
    }

    /// Status of both sides.
    async fn statuses(&self) -> (String, String) {
        let status = |view: Value| view["Status"].as_str().unwrap().to_owned();
        (status(self.see_a().await), status(self.see_b().await))
    }
}

async fn create(client: &Client, region: &str, opposite: &str, role: &str, spec: &str) -> String {
    let router = client.vpc(region).vrouter_id;
    try_create(client, region, &router, opposite, role, spec).await.unwrap()
}

async fn try_create(
    client: &Client,
    region: &str,
    router: &str,
    opposite: &str,
    role: &str,
    spec: &str,
) -> Result<String, Refusal> {
    let params = [
        ("Role", role),
        ("OppositeRegionId", opposite),
        ("Spec", spec),
        ("RouterType", "VRouter"),
        ("RouterId", router),
    ];
    let answer = client.vpc_call(region, "CreateRouterInterface", &params).await?;
    Ok(answer["RouterInterfaceId"].as_str().unwrap().to_owned())
}

/// Tells `own` of `client` that its peer is `other` of `peer`.
async fn tell(
    client: &Client,
    region: &str,
    own: &str,
    peer: &Client,
    peer_region: &str,
    other: &str,
) -> Result<Value, Refusal> {
    let router = peer.vpc(peer_region).vrouter_id;
    let params = [
        ("RouterInterfaceId", own),
        ("OppositeInterfaceId", other),
        ("OppositeRouterId", &router),
        ("OppositeRouterType", "VRouter"),
        ("OppositeInterfaceOwnerId", &peer.account_id),
    ];
    client.vpc_call(region, "ModifyRouterInterfaceAttribute", &params).await
}

async fn see(client: &Client, region: &str, id: &str) -> Option<Value> {
    let params = [("Filter.1.Key", "RouterInterfaceId"), ("Filter.1.Value.1", id)];
    let answer = client.vpc_call(region, "DescribeRouterInterfaces", &params).await.unwrap();
    answer["RouterInterfaceSet"]["RouterInterfaceType"].as_array().unwrap().first().cloned()
}
