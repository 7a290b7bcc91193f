//! Both products through the gateway: what is made of them, what they tell, and what they refuse.

mod life;
mod rules;

use std::time::Duration;

use causeway_local::console::ConsoleVpc;
use serde_json::Value;

use crate::testing::{Client, Refusal, cloud, pass};

pub(crate) const NLB: &str = "2022-04-30";
pub(crate) const ALB: &str = "2020-06-16";
const HERE: &str = "eu-central-1";
const ZONES: [&str; 2] = ["eu-central-1b", "eu-central-1a"];

/// Long enough for any one change and for the first health checks.
async fn settle() {
    pass(Duration::from_secs(11)).await;
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}")).to_owned()
}

/// A load balancer in two zones of a VPC, with a listener on port 80 and both instances behind it.
pub(crate) struct Stand {
    pub client: Client,
    pub version: &'static str,
    pub vpc: ConsoleVpc,
    pub balancer: String,
    pub group: String,
    pub listener: String,
}

impl Stand {
    /// All of it, healthy.
    pub(crate) async fn new(client: &Client, vpc: &ConsoleVpc, version: &'static str) -> Self {
        let mut stand = Self::empty(client, vpc, version);
        stand.balancer = stand.make_balancer().await;
        stand.group = text(&stand.call("CreateServerGroup", &stand.group_wish()).await.unwrap(), "ServerGroupId");
        settle().await;
        stand.add(80).await.unwrap();
        stand.listener = text(&stand.listen("80").await.unwrap(), "ListenerId");
        settle().await;
        stand
    }

    fn empty(client: &Client, vpc: &ConsoleVpc, version: &'static str) -> Self {
        let (balancer, group, listener) = (String::new(), String::new(), String::new());
        Self { client: client.clone(), version, vpc: vpc.clone(), balancer, group, listener }
    }

    pub(crate) async fn call(&self, action: &str, params: &[(&str, String)]) -> Result<Value, Refusal> {
        let here = [("RegionId", HERE)].into_iter();
        let all: Vec<(&str, &str)> = here.chain(params.iter().map(|(name, value)| (*name, value.as_str()))).collect();
        self.client.call(self.version, action, &all).await
    }

    fn is_network(&self) -> bool {
        self.version == NLB
    }

    fn vswitch(&self, zone: &str) -> String {
        let own = self.vpc.vswitches.iter().find(|vswitch| vswitch.zone_id == zone);
        own.unwrap().vswitch_id.clone()
    }

    /// What a load balancer is asked for with.
    fn wish(&self) -> Vec<(&'static str, String)> {
        let mut wish = vec![
            ("AddressType", "Intranet".to_owned()),
            ("LoadBalancerName", "app".to_owned()),
            ("VpcId", self.vpc.vpc_id.clone()),
            ("ZoneMappings.1.ZoneId", ZONES[0].to_owned()),
            ("ZoneMappings.1.VSwitchId", self.vswitch(ZONES[0])),
            ("ZoneMappings.2.ZoneId", ZONES[1].to_owned()),
            ("ZoneMappings.2.VSwitchId", self.vswitch(ZONES[1])),
        ];
        if !self.is_network() {
            wish.push(("LoadBalancerEdition", "Standard".to_owned()));
            wish.push(("LoadBalancerBillingConfig.PayType", "PostPay".to_owned()));
        }
        wish
    }

    async fn make_balancer(&self) -> String {
        let made = self.call("CreateLoadBalancer", &self.wish()).await.unwrap();
        text(&made, if self.is_network() { "LoadbalancerId" } else { "LoadBalancerId" })
    }

    fn group_wish(&self) -> Vec<(&'static str, String)> {
        let name = ("ServerGroupName", "servers".to_owned());
        vec![name, ("VpcId", self.vpc.vpc_id.clone()), ("HealthCheckConfig.HealthCheckEnabled", "true".to_owned())]
    }

    /// Both instances with this port.
    fn servers(&self, port: u16) -> Vec<(&'static str, String)> {
        let [one, two] = self.vpc.instances.as_slice() else { panic!("two instances") };
        vec![
            ("ServerGroupId", self.group.clone()),
            ("Servers.1.ServerType", "Ecs".to_owned()),
            ("Servers.1.ServerId", one.instance_id.clone()),
            ("Servers.1.Port", port.to_string()),
            ("Servers.2.ServerType", "Ecs".to_owned()),
            ("Servers.2.ServerId", two.instance_id.clone()),
            ("Servers.2.Port", port.to_string()),
        ]
    }

    async fn add(&self, port: u16) -> Result<Value, Refusal> {
        self.call("AddServersToServerGroup", &self.servers(port)).await
    }

    pub(crate) async fn remove_servers(&self) {
        self.call("RemoveServersFromServerGroup", &self.servers(80)).await.unwrap();
        settle().await;
    }

    fn listener_wish(&self, port: &str) -> Vec<(&'static str, String)> {
        let on = [("LoadBalancerId", self.balancer.clone()), ("ListenerPort", port.to_owned())].into_iter();
        if self.is_network() {
            let more = [("ListenerProtocol", "TCP".to_owned()), ("ServerGroupId", self.group.clone())];
            return on.chain(more).collect();
        }
        let more = [
            ("ListenerProtocol", "HTTP".to_owned()),
            ("DefaultActions.1.Type", "ForwardGroup".to_owned()),
            ("DefaultActions.1.ForwardGroupConfig.ServerGroupTuples.1.ServerGroupId", self.group.clone()),
        ];
        on.chain(more).collect()
    }

    async fn listen(&self, port: &str) -> Result<Value, Refusal> {
        self.call("CreateListener", &self.listener_wish(port)).await
    }

    /// A listener that expects TLS.
    pub(crate) async fn listen_encrypted(&self, port: &str) {
        let mut wish = self.listener_wish(port);
        wish.retain(|(name, _)| *name != "ListenerProtocol");
        if self.is_network() {
            wish.push(("ListenerProtocol", "TCPSSL".to_owned()));
            wish.push(("CertificateIds.1", "cert-1".to_owned()));
        } else {
            wish.push(("ListenerProtocol", "HTTPS".to_owned()));
            wish.push(("Certificates.1.CertificateId", "cert-1".to_owned()));
        }
        self.call("CreateListener", &wish).await.unwrap();
        settle().await;
    }

    pub(crate) async fn on_listener(&self, action: &str) -> Result<Value, Refusal> {
        self.call(action, &[("ListenerId", self.listener.clone())]).await
    }

    async fn status(&self) -> String {
        let told = self.call("GetLoadBalancerAttribute", &[("LoadBalancerId", self.balancer.clone())]).await.unwrap();
        text(&told, "LoadBalancerStatus")
    }

    async fn listener_status(&self) -> String {
        text(&self.on_listener("GetListenerAttribute").await.unwrap(), "ListenerStatus")
    }

    /// The servers that are not healthy: status and reason of each.
    async fn not_normal(&self) -> Vec<(String, Value)> {
        let told = self.on_listener("GetListenerHealthStatus").await.unwrap();
        let servers = &told["ListenerHealthStatus"][0]["ServerGroupInfos"][0]["NonNormalServers"];
        let servers = servers.as_array().unwrap().iter();
        servers.map(|server| (text(server, "Status"), server["Reason"]["ReasonCode"].clone())).collect()
    }

    /// On which ports both instances answer.
    pub(crate) fn open_ports(&self, ports: &[u16]) {
        let ecs = self.client.cloud.ecs();
        for own in &self.vpc.instances {
            let ports = ports.iter().copied().collect();
            assert!(ecs.set_open_ports(&self.client.account_id, HERE, &own.instance_id, ports).unwrap());
        }
    }
}

/// Account b's VPC that serves.
fn serving(client: &Client) -> ConsoleVpc {
    let accounts = client.cloud.console().accounts;
    let own = accounts.into_iter().find(|account| account.account_id == client.account_id).unwrap();
    own.vpcs.into_iter().find(|vpc| vpc.cidr_block.to_string().starts_with("10.13.")).unwrap()
}

/// One of each product.
async fn both() -> [Stand; 2] {
    let client = Client::new(&cloud(), "b");
    let vpc = serving(&client);
    [Stand::new(&client, &vpc, NLB).await, Stand::new(&client, &vpc, ALB).await]
}
