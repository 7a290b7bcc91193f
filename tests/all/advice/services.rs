//! Endpoint services, and the load balancers behind them.

use alicloud::private_link::{CreateVpcEndpointService, ListVpcEndpointServices, NewResource, ResourceType};
use alicloud::slb::DescribeLoadBalancers;
use alicloud::{Call, Error};
use causeway_tests::links::REGION;
use causeway_tests::system::System;

use super::links::{ZONE, connected, link};
use super::{settle, stories};

stories! { Call;
    DeleteVpcEndpointService "EndpointServiceConnectionDependence" Busy "Disconnect them first" => a_service_in_use;
    DeleteVpcEndpointService "EndpointServiceDependenceViolation" Busy "Take them away first" => a_service_of_a_balancer;
    AttachResourceToVpcEndpointService "EndpointServiceResourceExist" AlreadyThere
        "This load balancer stands behind the service already" => a_balancer_twice;
    DetachResourceFromVpcEndpointService "EndpointServiceResourceNotFound" Gone
        "This load balancer does not stand behind the service." => a_balancer_that_is_gone;
    CreateVpcEndpointService "AlbNotFound" Refused
        "or does not exist in this region of this account. Check its id" => a_balancer_of_nowhere;
}

/// What stands behind the only service of `b`.
async fn balancer(system: &System) -> NewResource {
    let slb = system.client("b").slb(&REGION.parse().unwrap());
    let listed = slb.describe_load_balancers(&DescribeLoadBalancers::default()).await;
    let resource_id = listed.unwrap().remove(0).load_balancer_id;
    NewResource { resource_type: ResourceType::Clb, resource_id, zone_id: None }
}

/// Deletes a service of `b`.
async fn delete(system: &System, service: &str) -> Result<(), Error> {
    link(system, "b").delete_vpc_endpoint_service(service, &system.token()).await
}

/// Takes away what stands behind it.
async fn bare(system: &System, service: &str) {
    let resource = balancer(system).await;
    let link = link(system, "b");
    link.detach_resource_from_vpc_endpoint_service(service, &resource, &system.token()).await.unwrap();
    settle().await;
}

async fn a_service_in_use(system: &System) -> Error {
    let (service, endpoint) = connected(system).await;
    let refused = delete(system, &service).await.unwrap_err();
    system.cut_by_hand("b", &service, &endpoint).await;
    bare(system, &service).await;
    delete(system, &service).await.unwrap();
    refused
}

async fn a_service_of_a_balancer(system: &System) -> Error {
    let service = system.endpoint_service("b", &[]).await;
    let refused = delete(system, &service).await.unwrap_err();
    bare(system, &service).await;
    delete(system, &service).await.unwrap();
    settle().await;
    let left = link(system, "b").list_vpc_endpoint_services(&ListVpcEndpointServices::default()).await.unwrap();
    assert_eq!(left, []);
    refused
}

async fn a_balancer_twice(system: &System) -> Error {
    let service = system.endpoint_service("b", &[]).await;
    let (link, resource) = (link(system, "b"), balancer(system).await);
    let refused = link.attach_resource_to_vpc_endpoint_service(&service, &resource, &system.token()).await.unwrap_err();
    let behind = link.list_vpc_endpoint_service_resources(&service).await.unwrap();
    assert!(behind.iter().any(|it| it.resource_id == resource.resource_id));
    refused
}

async fn a_balancer_that_is_gone(system: &System) -> Error {
    let service = system.endpoint_service("b", &[]).await;
    let first = balancer(system).await;
    system.second_zone("b", "10.13.", &service, "eu-central-1a").await;
    let link = link(system, "b");
    let detach = async || link.detach_resource_from_vpc_endpoint_service(&service, &first, &system.token()).await;
    detach().await.unwrap();
    settle().await;
    let refused = detach().await.unwrap_err();
    let behind = link.list_vpc_endpoint_service_resources(&service).await.unwrap();
    assert!(!behind.iter().any(|it| it.resource_id == first.resource_id));
    refused
}

async fn a_balancer_of_nowhere(system: &System) -> Error {
    let nowhere = NewResource {
        resource_type: ResourceType::Alb,
        resource_id: "alb-none".to_owned(),
        zone_id: Some(ZONE.to_owned()),
    };
    let request = CreateVpcEndpointService {
        resources: vec![nowhere],
        resource_type: ResourceType::Alb,
        description: None,
        auto_accept_enabled: false,
        zone_affinity_enabled: false,
        payer: None,
        tags: Vec::new(),
        client_token: system.token(),
    };
    let refused = link(system, "b").create_vpc_endpoint_service(&request).await.unwrap_err();
    system.endpoint_service("b", &[]).await;
    refused
}
