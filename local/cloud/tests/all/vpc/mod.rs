//! VPCs, vSwitches, route tables and routes through the gateway.

mod networks;
mod restart;
mod routes;

use std::time::Duration;

use serde_json::Value;

use crate::testing::{Client, Refusal, cloud, pass};

const HERE: &str = "cn-qingdao";
const THERE: &str = "cn-beijing";

/// Account `a` with an Active router interface towards `b` in its VPC of the tutorial.
struct Site {
    a: Client,
    table: String,
    interface: String,
}

impl Site {
    async fn new() -> Self {
        let cloud = cloud();
        let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
        let interface = join(&a, &b).await;
        pass(Duration::from_secs(7)).await;
        Self { table: a.vpc(HERE).route_table_id, a, interface }
    }

    async fn add(&self, destination: &str) -> Result<Value, Refusal> {
        add(&self.a, &self.table, destination, "RouterInterface", &self.interface).await
    }

    /// The custom routes of the table as destination and status.
    async fn routes(&self) -> Vec<(String, String)> {
        let params = [("RouteTableId", self.table.as_str()), ("RouteEntryType", "Custom"), ("MaxResult", "100")];
        let answer = self.a.vpc_call(HERE, "DescribeRouteEntryList", &params).await.unwrap();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let entries = answer["RouteEntrys"]["RouteEntry"].as_array().unwrap().iter();
        entries.map(|entry| (text(entry, "DestinationCidrBlock"), text(entry, "Status"))).collect()
    }
}

/// Makes, introduces and connects an interface of each; returns the initiator's, still Connecting.
pub(crate) async fn join(a: &Client, b: &Client) -> String {
    let make = async |client: &Client, region, opposite, role, spec| {
        let router = client.vpc(region).vrouter_id;
        let params = [
            ("Role", role),
            ("OppositeRegionId", opposite),
            ("Spec", spec),
            ("RouterType", "VRouter"),
            ("RouterId", &router),
        ];
        let answer = client.vpc_call(region, "CreateRouterInterface", &params).await.unwrap();
        answer["RouterInterfaceId"].as_str().unwrap().to_owned()
    };
    let initiator = make(a, HERE, THERE, "InitiatingSide", "Mini.2").await;
    let acceptor = make(b, THERE, HERE, "AcceptingSide", "Negative").await;
    for (client, region, own, peer, peer_region, other) in
        [(b, THERE, &acceptor, a, HERE, &initiator), (a, HERE, &initiator, b, THERE, &acceptor)]
    {
        let router = peer.vpc(peer_region).vrouter_id;
        let params = [
            ("RouterInterfaceId", own.as_str()),
            ("OppositeInterfaceId", other),
            ("OppositeRouterId", &router),
            ("OppositeRouterType", "VRouter"),
            ("OppositeInterfaceOwnerId", &peer.account_id),
        ];
        client.vpc_call(region, "ModifyRouterInterfaceAttribute", &params).await.unwrap();
    }
    a.vpc_call(HERE, "ConnectRouterInterface", &[("RouterInterfaceId", &initiator)]).await.unwrap();
    initiator
}

async fn add(client: &Client, table: &str, destination: &str, kind: &str, hop: &str) -> Result<Value, Refusal> {
    let params =
        [("RouteTableId", table), ("DestinationCidrBlock", destination), ("NextHopType", kind), ("NextHopId", hop)];
    client.vpc_call(HERE, "CreateRouteEntry", &params).await
}

/// Long enough for any change of a route or a vSwitch.
async fn settle() {
    pass(Duration::from_secs(4)).await;
}
