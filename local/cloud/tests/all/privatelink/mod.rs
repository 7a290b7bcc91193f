//! Private links through the gateway: the two ways of the guide, and everything that is refused on them.

mod balanced;
mod decisions;
mod listing;
mod rules;
mod traffic;

use std::time::Duration;

use causeway_local::console::ConsoleVpc;
use serde_json::Value;

use crate::testing::{Client, Refusal, cloud, pass};

const HERE: &str = "eu-central-1";
const ZONE: &str = "eu-central-1b";

type Answer = Result<Value, Refusal>;

async fn link(client: &Client, action: &str, params: &[(&str, &str)]) -> Answer {
    let with_region: Vec<_> = [("RegionId", HERE)].into_iter().chain(params.iter().copied()).collect();
    client.call("2020-04-15", action, &with_region).await
}

async fn slb(client: &Client, action: &str, params: &[(&str, &str)]) -> Answer {
    let with_region: Vec<_> = [("RegionId", HERE)].into_iter().chain(params.iter().copied()).collect();
    client.call("2014-05-15", action, &with_region).await
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}")).to_owned()
}

/// The account's VPC with this first part of its range.
fn vpc(client: &Client, begins: &str) -> ConsoleVpc {
    let accounts = client.cloud.console().accounts;
    let own = accounts.into_iter().find(|account| account.account_id == client.account_id).unwrap();
    own.vpcs.into_iter().find(|vpc| vpc.cidr_block.to_string().starts_with(begins)).unwrap()
}

/// Long enough for any one change.
async fn settle() {
    pass(Duration::from_secs(11)).await;
}

/// Consumer `a` and provider `b` in Frankfurt; `b` has a load balancer that works.
struct Stage {
    a: Client,
    b: Client,
    consumer: ConsoleVpc,
    balancer: String,
}

impl Stage {
    async fn new() -> Self {
        let cloud = cloud();
        let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
        let balancer = balancer(&b, &vpc(&b, "10.13.")).await;
        Self { consumer: vpc(&a, "10.11."), a, b, balancer }
    }

    /// A service of `b` with its load balancer, Active, whose whitelist holds `a`.
    async fn service(&self, more: &[(&str, &str)]) -> String {
        let resource = [("Resource.1.ResourceType", "slb"), ("Resource.1.ResourceId", &self.balancer)];
        let params: Vec<_> = resource.into_iter().chain(more.iter().copied()).collect();
        let id = text(&link(&self.b, "CreateVpcEndpointService", &params).await.unwrap(), "ServiceId");
        settle().await;
        let entry = [("ServiceId", id.as_str()), ("UserId", &self.a.account_id)];
        link(&self.b, "AddUserToVpcEndpointService", &entry).await.unwrap();
        id
    }

    /// What an endpoint of `a` in zone B is asked for with.
    fn wish(&self, service: &str) -> Vec<(&'static str, String)> {
        vec![
            ("VpcId", self.consumer.vpc_id.clone()),
            ("ServiceId", service.to_owned()),
            ("SecurityGroupId.1", self.consumer.security_groups[0].security_group_id.clone()),
            ("Zone.1.ZoneId", ZONE.to_owned()),
            ("Zone.1.VSwitchId", self.vswitch(ZONE)),
        ]
    }

    fn vswitch(&self, zone: &str) -> String {
        let own = self.consumer.vswitches.iter().find(|vswitch| vswitch.zone_id == zone);
        own.unwrap().vswitch_id.clone()
    }

    /// Asks for an endpoint, which is there when this returns.
    async fn endpoint(&self, service: &str) -> String {
        let made = self.ask(&self.wish(service)).await.unwrap();
        settle().await;
        text(&made, "EndpointId")
    }

    async fn ask(&self, wish: &[(&'static str, String)]) -> Answer {
        let params: Vec<(&str, &str)> = wish.iter().map(|(name, value)| (*name, value.as_str())).collect();
        link(&self.a, "CreateVpcEndpoint", &params).await
    }

    async fn decide(&self, action: &str, service: &str, endpoint: &str, more: &[(&str, &str)]) -> Answer {
        let both = [("ServiceId", service), ("EndpointId", endpoint)];
        let params: Vec<_> = both.into_iter().chain(more.iter().copied()).collect();
        link(&self.b, action, &params).await
    }

    async fn enable(&self, service: &str, endpoint: &str) -> Answer {
        self.decide("EnableVpcEndpointConnection", service, endpoint, &[]).await
    }

    async fn disable(&self, service: &str, endpoint: &str) -> Answer {
        self.decide("DisableVpcEndpointConnection", service, endpoint, &[]).await
    }

    /// The connection as the provider sees it: its status and those of its zones.
    async fn connection(&self, endpoint: &str) -> (String, Vec<String>) {
        let listed = link(&self.b, "ListVpcEndpointConnections", &[("EndpointId", endpoint)]).await.unwrap();
        let connection = &listed["Connections"][0];
        let zones = connection["Zones"].as_array().unwrap().iter().map(|zone| text(zone, "ZoneStatus")).collect();
        (text(connection, "ConnectionStatus"), zones)
    }

    /// The endpoint as the consumer sees it: its status and that of its connection.
    async fn seen(&self, endpoint: &str) -> (String, String) {
        let seen = link(&self.a, "GetVpcEndpointAttribute", &[("EndpointId", endpoint)]).await.unwrap();
        (text(&seen, "EndpointStatus"), text(&seen, "ConnectionStatus"))
    }
}

/// Runs a script on an instance of the client's account: its exit code and what it wrote.
async fn run_on(client: &Client, instance: &str, script: &str) -> (i64, String) {
    let params = [
        ("RegionId", HERE),
        ("Type", "RunShellScript"),
        ("CommandContent", script),
        ("InstanceId.1", instance),
        ("Timeout", "60"),
    ];
    let run = client.call("2014-05-26", "RunCommand", &params).await.unwrap();
    pass(Duration::from_secs(70)).await;
    let asked = [("RegionId", HERE), ("InvokeId", run["InvokeId"].as_str().unwrap()), ("ContentEncoding", "PlainText")];
    let told = client.call("2014-05-26", "DescribeInvocationResults", &asked).await.unwrap();
    let result = &told["Invocation"]["InvocationResults"]["InvocationResult"][0];
    (result["ExitCode"].as_i64().unwrap(), text(result, "Output"))
}

/// The same on the consumer's instance.
async fn on_instance(stage: &Stage, script: &str) -> (i64, String) {
    run_on(&stage.a, &stage.consumer.instances[0].instance_id, script).await
}

/// A request whose status is written out, and nothing else.
fn curl(host: &str) -> String {
    format!("curl -s -o /dev/null -w '%{{http_code}}' --connect-timeout 3 http://{host}/")
}

/// A load balancer in zone B with a running listener and both instances of the VPC, all healthy.
async fn balancer(client: &Client, vpc: &ConsoleVpc) -> String {
    let vswitch = vpc.vswitches.iter().find(|vswitch| vswitch.zone_id == ZONE).unwrap();
    let params = [
        ("VpcId", vpc.vpc_id.as_str()),
        ("VSwitchId", &vswitch.vswitch_id),
        ("MasterZoneId", ZONE),
        ("SlaveZoneId", "eu-central-1a"),
        ("AddressType", "intranet"),
        ("InstanceChargeType", "PayByCLCU"),
    ];
    let id = text(&slb(client, "CreateLoadBalancer", &params).await.unwrap(), "LoadBalancerId");
    let on = ("LoadBalancerId", id.as_str());
    let listener = [on, ("ListenerPort", "80"), ("BackendServerPort", "80"), ("Bandwidth", "-1")];
    slb(client, "CreateLoadBalancerTCPListener", &listener).await.unwrap();
    let servers: Vec<Value> =
        vpc.instances.iter().map(|own| serde_json::json!({ "ServerId": own.instance_id, "Weight": "100" })).collect();
    let servers = serde_json::to_string(&servers).unwrap();
    slb(client, "AddBackendServers", &[on, ("BackendServers", &servers)]).await.unwrap();
    settle().await;
    slb(client, "StartLoadBalancerListener", &[on, ("ListenerPort", "80")]).await.unwrap();
    settle().await;
    id
}
