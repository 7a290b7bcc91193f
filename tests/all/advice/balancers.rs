//! Load balancers.

use alicloud::private_link::{NewResource, ResourceType};
use alicloud::slb::{
    BackendServer, CreateListener, CreateLoadBalancer, DescribeLoadBalancers, HealthCheck, InstanceCharge,
    ListenerProtocol, Slb,
};
use alicloud::{Call, Error};
use causeway_local::console::ConsoleVpc;
use causeway_tests::links::REGION;
use causeway_tests::system::System;

use super::{settle, stories};

stories! { Call;
    StartLoadBalancerListener "OperationFailed.ListenerStatusNotSupport" Busy
        "The load balancer is in the middle of another change" => started_twice;
    CreateLoadBalancerTCPListener "ListenerAlreadyExists" AlreadyThere "Look what it is" => a_port_that_is_taken;
    DescribeHealthStatus "CheckedListenerNotFound" Refused "Add one, or do not ask for health" => health_without_a_check;
    AddBackendServers "InvalidServerId.NotFound" Refused "One of the servers does not exist in this region" => a_server_elsewhere;
    AddBackendServers "InvalidBackendServers.Inconsistent" Refused
        "Put only servers of the load balancer's own VPC behind it" => a_server_of_another_vpc;
    DeleteLoadBalancer "Operation.NotAllowed" Refused "or still in use. Undo that first" => a_balancer_of_a_service;
}

/// The VPCs of `a` in Frankfurt: the one that provides, and the other.
fn provider(system: &System) -> (&ConsoleVpc, &ConsoleVpc) {
    let here = |begins: &'static str| {
        let vpcs = &system.account("a").vpcs;
        vpcs.iter().find(|vpc| vpc.cidr_block.to_string().starts_with(begins)).unwrap()
    };
    (here("10.12."), here("10.11."))
}

fn slb(system: &System) -> Slb {
    system.client("a").slb(&REGION.parse().unwrap())
}

async fn balancer(system: &System) -> String {
    let (vpc, _) = provider(system);
    let request = CreateLoadBalancer {
        name: None,
        vpc_id: vpc.vpc_id.clone(),
        vswitch_id: vpc.vswitches[0].vswitch_id.clone(),
        master_zone_id: None,
        slave_zone_id: None,
        instance_charge: Some(InstanceCharge::ByUse),
        spec: None,
        tags: Vec::new(),
        client_token: system.token(),
    };
    let made = slb(system).create_load_balancer(&request).await.unwrap();
    settle().await;
    made.load_balancer_id
}

async fn listen(system: &System, balancer: &str, port: u16) -> Result<(), Error> {
    let request = CreateListener {
        load_balancer_id: balancer.to_owned(),
        protocol: ListenerProtocol::Tcp,
        port,
        backend_port: 80,
        health_check: HealthCheck::tcp(),
        description: None,
    };
    slb(system).create_listener(&request).await
}

async fn started_twice(system: &System) -> Error {
    let balancer = balancer(system).await;
    listen(system, &balancer, 80).await.unwrap();
    let start = async || slb(system).start_listener(&balancer, 80, &ListenerProtocol::Tcp).await;
    start().await.unwrap();
    let refused = start().await.unwrap_err();
    settle().await;
    let seen = slb(system).listener(&balancer, 80, &ListenerProtocol::Tcp).await.unwrap().unwrap();
    assert_eq!(seen.status, alicloud::slb::ListenerStatus::Running);
    refused
}

async fn a_port_that_is_taken(system: &System) -> Error {
    let balancer = balancer(system).await;
    listen(system, &balancer, 80).await.unwrap();
    let refused = listen(system, &balancer, 80).await.unwrap_err();
    assert!(slb(system).listener(&balancer, 80, &ListenerProtocol::Tcp).await.unwrap().is_some());
    listen(system, &balancer, 81).await.unwrap();
    refused
}

async fn health_without_a_check(system: &System) -> Error {
    let balancer = balancer(system).await;
    let by_hand = async |action: &str, more: &[(&str, &str)]| {
        let it = [("RegionId", REGION), ("LoadBalancerId", &balancer), ("ListenerPort", "80")];
        system.raw(system.account("a"), "2014-05-15", action, &[&it, more].concat()).await
    };
    let unchecked = [("BackendServerPort", "80"), ("StickySession", "off"), ("HealthCheck", "off")];
    by_hand("CreateLoadBalancerHTTPListener", &unchecked).await;
    let health = async |protocol| slb(system).describe_health_status(&balancer, Some((80, &protocol))).await;
    let refused = health(ListenerProtocol::Http).await.unwrap_err();
    by_hand("DeleteLoadBalancerListener", &[]).await;
    listen(system, &balancer, 80).await.unwrap();
    health(ListenerProtocol::Tcp).await.unwrap();
    refused
}

fn server(id: &str) -> BackendServer {
    BackendServer { server_id: id.to_owned(), weight: None }
}

async fn only_own_servers(system: &System, foreign: &str) -> Error {
    let balancer = balancer(system).await;
    let refused = slb(system).add_backend_servers(&balancer, &[server(foreign)]).await.unwrap_err();
    let (vpc, _) = provider(system);
    slb(system).add_backend_servers(&balancer, &[server(&vpc.instances[0].instance_id)]).await.unwrap();
    refused
}

async fn a_server_elsewhere(system: &System) -> Error {
    only_own_servers(system, &system.account("a").vpcs[0].instances[0].instance_id).await
}

async fn a_server_of_another_vpc(system: &System) -> Error {
    let (_, other) = provider(system);
    only_own_servers(system, &other.instances[0].instance_id).await
}

async fn a_balancer_of_a_service(system: &System) -> Error {
    let service = system.endpoint_service("a", &[]).await;
    let id = slb(system)
        .describe_load_balancers(&DescribeLoadBalancers::default())
        .await
        .unwrap()
        .remove(0)
        .load_balancer_id;
    let refused = slb(system).delete_load_balancer(&id).await.unwrap_err();
    let resource = NewResource { resource_type: ResourceType::Clb, resource_id: id.clone(), zone_id: None };
    let link = system.client("a").private_link(&REGION.parse().unwrap());
    link.detach_resource_from_vpc_endpoint_service(&service, &resource, &system.token()).await.unwrap();
    settle().await;
    slb(system).delete_load_balancer(&id).await.unwrap();
    refused
}
