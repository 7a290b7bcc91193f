//! Endpoint services and endpoints, made by hand with the accounts' own keys: what Causeway was told nothing of.

use std::time::Duration;

use alicloud::private_link::{
    ConnectionStatus, CreateVpcEndpoint, CreateVpcEndpointService, EndpointConnection, NewResource, NewZone,
    ResourceType, ServiceRef,
};
use alicloud::slb::{CreateLoadBalancer, InstanceCharge};
use alicloud::{ClientToken, Region};
use approval::decision::{Act, Entry, Event, verify_bytes};
use approval::policy::Policy;
use causeway_local::console::ConsoleVpc;
use serde_json::Value;

use crate::system::System;

/// Where they are.
pub const REGION: &str = "eu-central-1";
const ZONE: &str = "eu-central-1b";
/// Longer than any one change takes.
const SETTLED: Duration = Duration::from_secs(12);

impl System {
    /// A token of its own for each call.
    ///
    /// # Panics
    /// Never: a nonce is a token.
    #[must_use]
    pub fn token(&self) -> ClientToken {
        self.io().entropy.nonce().parse().expect("a nonce is a token")
    }

    fn frankfurt() -> Region {
        REGION.parse().expect("it is a region")
    }

    /// The account's VPC in Frankfurt whose range begins so.
    fn vpc_in_frankfurt(&self, alias: &str, begins: &str) -> &ConsoleVpc {
        let fits = |vpc: &&ConsoleVpc| vpc.cidr_block.to_string().starts_with(begins);
        self.account(alias).vpcs.iter().find(fits).expect("the seed has it")
    }

    /// An endpoint service of `a` or `b`, Active, whose own whitelist holds `users` beside its owner.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn endpoint_service(&self, alias: &str, users: &[&str]) -> String {
        let vpc = self.vpc_in_frankfurt(alias, if alias == "a" { "10.12." } else { "10.13." });
        let balancer = self.load_balancer(alias, vpc, ZONE).await;
        tokio::time::sleep(SETTLED).await;
        let link = self.client(alias).private_link(&Self::frankfurt());
        let request = CreateVpcEndpointService {
            resources: vec![balancer],
            resource_type: ResourceType::Clb,
            description: None,
            auto_accept_enabled: false,
            zone_affinity_enabled: false,
            payer: None,
            tags: Vec::new(),
            client_token: self.token(),
        };
        let id = link.create_vpc_endpoint_service(&request).await.expect("it is made").service_id;
        tokio::time::sleep(SETTLED).await;
        for user in users {
            let id_of = |alias: &str| self.account(alias).account_id.parse().expect("it is the id of an account");
            link.add_user_to_vpc_endpoint_service(&id, &id_of(user), &self.token()).await.expect("it is listed");
            tokio::time::sleep(SETTLED).await;
        }
        id
    }

    /// Puts another load balancer behind a service, in another zone of the account's VPC whose range begins so.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn second_zone(&self, alias: &str, begins: &str, service: &str, zone: &str) {
        let vpc = self.vpc_in_frankfurt(alias, begins);
        let balancer = self.load_balancer(alias, vpc, zone).await;
        let links = self.client(alias).private_link(&Self::frankfurt());
        let attached = links.attach_resource_to_vpc_endpoint_service(service, &balancer, &self.token()).await;
        attached.expect("it stands behind it");
        tokio::time::sleep(SETTLED * 3).await;
    }

    /// A load balancer in this zone of a VPC, to stand behind a service.
    async fn load_balancer(&self, alias: &str, vpc: &ConsoleVpc, zone: &str) -> NewResource {
        let request = CreateLoadBalancer {
            name: None,
            vpc_id: vpc.vpc_id.clone(),
            vswitch_id: vswitch_in(vpc, zone),
            master_zone_id: Some(zone.to_owned()),
            slave_zone_id: None,
            instance_charge: Some(InstanceCharge::ByUse),
            spec: None,
            tags: Vec::new(),
            client_token: self.token(),
        };
        let made = self.client(alias).slb(&Self::frankfurt()).create_load_balancer(&request).await;
        let resource_id = made.expect("it is made").load_balancer_id;
        NewResource { resource_type: ResourceType::Clb, resource_id, zone_id: None }
    }

    /// An endpoint of `a` or `b`, which asks to be connected when this returns.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn endpoint(&self, alias: &str, service: &str) -> String {
        let vpc = self.vpc_in_frankfurt(alias, if alias == "a" { "10.11." } else { "10.13." });
        let request = new_endpoint(service, vpc, self.token());
        let outputs = self.client(alias).private_link(&Self::frankfurt()).create_vpc_endpoint(&request).await;
        tokio::time::sleep(SETTLED).await;
        outputs.expect("it is made").endpoint_id
    }

    /// The connection of an endpoint as the provider sees it.
    ///
    /// # Panics
    /// When the cloud does not answer, or there is none.
    pub async fn endpoint_connection(&self, provider: &str, service: &str, endpoint: &str) -> EndpointConnection {
        let link = self.client(provider).private_link(&Self::frankfurt());
        link.connection(service, endpoint).await.expect("the cloud answers").expect("the endpoint is there")
    }

    /// Cuts an endpoint as somebody with the console does.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn cut_by_hand(&self, provider: &str, service: &str, endpoint: &str) {
        let link = self.client(provider).private_link(&Self::frankfurt());
        link.disable_vpc_endpoint_connection(service, endpoint, &self.token()).await.expect("it is cut");
        tokio::time::sleep(SETTLED).await;
    }

    /// Accepts an endpoint as somebody with the console does.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn connect_by_hand(&self, provider: &str, service: &str, endpoint: &str) {
        let link = self.client(provider).private_link(&Self::frankfurt());
        let request = alicloud::private_link::EnableVpcEndpointConnection {
            service_id: service.to_owned(),
            endpoint_id: endpoint.to_owned(),
            bandwidth: None,
            client_token: self.token(),
        };
        link.enable_vpc_endpoint_connection(&request).await.expect("it is accepted");
        tokio::time::sleep(SETTLED).await;
    }

    /// Waits until an endpoint is in this status as its provider sees it. Returns how long that took; `None` when it never
    /// came.
    pub async fn becomes(
        &self,
        provider: &str,
        service: &str,
        endpoint: &str,
        status: &ConnectionStatus,
        patience: Duration,
    ) -> Option<Duration> {
        let begun = tokio::time::Instant::now();
        loop {
            if self.endpoint_connection(provider, service, endpoint).await.status == *status {
                return Some(begun.elapsed());
            }
            if begun.elapsed() > patience {
                return None;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Puts a policy in force.
    ///
    /// # Panics
    /// When it does not read, or the store fails.
    pub async fn put_policy(&self, policy: Value) -> Policy {
        let policy = Policy::from_value(policy).expect("the test's policy reads");
        let (now, io) = (self.io().clock.now(), self.io());
        self.store().put_policy(&policy, "test", now, || io.entropy.nonce()).await.expect("the store takes it");
        policy
    }

    /// The log of an endpoint, which must be whole.
    ///
    /// # Panics
    /// When it is not.
    pub async fn endpoint_log(&self, service: &str, endpoint: &str) -> Vec<Entry> {
        let id = |text: &str| text.parse().expect("it is an id");
        let log = self.store().decisions(&id(service), &id(endpoint)).await.expect("the store answers");
        verify_bytes((service, endpoint), &log).expect("the log is whole")
    }
}

fn vswitch_in(vpc: &ConsoleVpc, zone: &str) -> String {
    let vswitch = vpc.vswitches.iter().find(|vswitch| vswitch.zone_id == zone);
    vswitch.expect("the seed has it").vswitch_id.clone()
}

/// An endpoint that nobody announced, in the zone of a VPC in Frankfurt.
///
/// # Panics
/// When the VPC lacks what it takes.
#[must_use]
pub fn new_endpoint(service: &str, vpc: &ConsoleVpc, client_token: ClientToken) -> CreateVpcEndpoint {
    CreateVpcEndpoint {
        service: ServiceRef::Id(service.to_owned()),
        service_region: None,
        vpc_id: vpc.vpc_id.clone(),
        security_group_ids: vec![vpc.security_groups[0].security_group_id.clone()],
        zones: vec![NewZone { zone_id: ZONE.to_owned(), vswitch_id: vswitch_in(vpc, ZONE), ip: None }],
        zone_affinity_enabled: false,
        name: None,
        description: None,
        tags: Vec::new(),
        client_token,
    }
}

/// What the entries of a log are about, in a word each.
#[must_use]
pub fn kinds(log: &[Entry]) -> Vec<&'static str> {
    let kind = |entry: &Entry| match &entry.event {
        Event::Decided { .. } => "decided",
        Event::Said { .. } => "said",
        Event::Intended { act: Act::Connect, .. } => "to connect",
        Event::Intended { act: Act::Cut, .. } => "to cut",
        Event::Asked { .. } => "asked",
        Event::Done { act: Act::Connect } => "connected",
        Event::Done { act: Act::Cut } => "cut",
        Event::Failed { .. } => "failed",
        Event::Dropped { .. } => "dropped",
    };
    log.iter().map(kind).collect()
}
