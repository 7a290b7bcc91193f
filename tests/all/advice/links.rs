//! Endpoints, and their connections to services.

use alicloud::private_link::{
    AddZoneToVpcEndpoint, ConnectionStatus, CreateVpcEndpoint, EnableVpcEndpointConnection, NewZone, PrivateLink,
    UpdateVpcEndpointAttribute, ZoneStatus,
};
use alicloud::{Call, Error};
use causeway_local::console::ConsoleVpc;
use causeway_local::privatelink::{BusinessStatus, Settings, Unlisted};
use causeway_tests::links::{REGION, new_endpoint};
use causeway_tests::system::System;

use super::{settle, stories};

stories! { Call;
    CreateVpcEndpoint "EndpointServiceNotAuthorized" Denied "Ask the service's owner to add it" => a_stranger;
    CreateVpcEndpoint "EndpointServiceNotFound" Gone "not on its whitelist. Ask its owner" => a_stranger_who_is_told_nothing;
    CreateVpcEndpoint "UnsupportedZone" Refused "Choose one in which both" => a_zone_of_nowhere;
    CreateVpcEndpoint "NeedOpenProduct" Commercial "This account has not opened PrivateLink" => a_product_that_is_not_open;
    UpdateVpcEndpointAttribute "ConcurrentCallNotSupported" Busy "of this account's endpoints or services" => two_at_once;
    UpdateVpcEndpointAttribute "EndpointOperationDenied" Busy
        "The endpoint or its service is in the middle of another change" => an_endpoint_in_the_making;
    UpdateVpcEndpointAttribute "EndpointLocked" Busy "If that lasts, look for outstanding bills" => an_unpaid_endpoint;
    EnableVpcEndpointConnection "IncorrectStatus.VpcEndpointConnection" AlreadyThere
        "The connection's status does not allow this" => accepted_twice;
    EnableVpcEndpointZoneConnection "IncorrectStatus.VpcEndpointZone" AlreadyThere
        "The zone's status does not allow this" => a_zone_accepted_twice;
    AddZoneToVpcEndpoint "EndpointZoneDuplicated" AlreadyThere "The endpoint is in this zone already" => a_zone_added_twice;
    AttachSecurityGroupToVpcEndpoint "SecurityGroupExist" AlreadyThere "holds for the endpoint already" => a_group_twice;
    DetachSecurityGroupFromVpcEndpoint "SecurityGroupNotFound" Gone "does not hold for the endpoint" => a_group_that_is_gone;
    AttachSecurityGroupToVpcEndpoint "AddSecurityGroupNotSupportWhenHaveNoSg" Refused "Make it anew with one" => without_a_group;
    DeleteVpcEndpoint "EndpointDependenceViolation" Busy "The endpoint still has zones. Remove them" => an_endpoint_with_zones;
}

pub(super) const ZONE: &str = "eu-central-1b";

/// The product, as this account uses it in Frankfurt.
pub(super) fn link(system: &System, alias: &str) -> PrivateLink {
    system.client(alias).private_link(&REGION.parse().unwrap())
}

/// Where endpoints of `a` are.
fn consumer(system: &System) -> &ConsoleVpc {
    let is_it = |vpc: &&ConsoleVpc| vpc.cidr_block.to_string().starts_with("10.11.");
    system.account("a").vpcs.iter().find(is_it).unwrap()
}

/// A service of `b` that `a` may use, and an endpoint of `a` that waits to be connected.
async fn asked(system: &System) -> (String, String) {
    let service = system.endpoint_service("b", &["a"]).await;
    let endpoint = system.endpoint("a", &service).await;
    (service, endpoint)
}

/// The same, connected.
pub(super) async fn connected(system: &System) -> (String, String) {
    let (service, endpoint) = asked(system).await;
    system.connect_by_hand("b", &service, &endpoint).await;
    (service, endpoint)
}

async fn ask(system: &System, service: &str) -> Result<String, Error> {
    let request = new_endpoint(service, consumer(system), system.token());
    Ok(link(system, "a").create_vpc_endpoint(&request).await?.endpoint_id)
}

async fn name(system: &System, endpoint: &str) -> Result<(), Error> {
    let request = UpdateVpcEndpointAttribute {
        endpoint_id: endpoint.to_owned(),
        name: Some("renamed".to_owned()),
        description: None,
        zone_affinity_enabled: None,
        client_token: system.token(),
    };
    link(system, "a").update_vpc_endpoint_attribute(&request).await
}

async fn a_stranger(system: &System) -> Error {
    let service = system.endpoint_service("b", &[]).await;
    let refused = ask(system, &service).await.unwrap_err();
    let consumer = system.account_id("a").parse().unwrap();
    link(system, "b").add_user_to_vpc_endpoint_service(&service, &consumer, &system.token()).await.unwrap();
    ask(system, &service).await.unwrap();
    refused
}

async fn a_stranger_who_is_told_nothing(system: &System) -> Error {
    let links = system.cloud.private_link();
    links.set_settings(Settings { unlisted: Unlisted::NotFound, ..links.settings() });
    a_stranger(system).await
}

async fn a_zone_of_nowhere(system: &System) -> Error {
    let service = system.endpoint_service("b", &["a"]).await;
    let mut request = new_endpoint(&service, consumer(system), system.token());
    request.zones[0].zone_id = "eu-central-1z".to_owned();
    let refused = link(system, "a").create_vpc_endpoint(&request).await.unwrap_err();
    let offered = link(system, "b").get_vpc_endpoint_service_attribute(&service).await.unwrap().zones;
    assert_eq!(offered, [ZONE]);
    ask(system, &service).await.unwrap();
    refused
}

async fn a_product_that_is_not_open(system: &System) -> Error {
    let service = system.endpoint_service("b", &["a"]).await;
    let links = system.cloud.private_link();
    links.set_settings(Settings { needs_opening: true, ..links.settings() });
    link(system, "b").open_private_link_service().await.unwrap();
    let refused = ask(system, &service).await.unwrap_err();
    link(system, "a").open_private_link_service().await.unwrap();
    ask(system, &service).await.unwrap();
    refused
}

async fn two_at_once(system: &System) -> Error {
    let (service, one) = asked(system).await;
    let other = system.endpoint("a", &service).await;
    name(system, &one).await.unwrap();
    let refused = name(system, &other).await.unwrap_err();
    settle().await;
    name(system, &other).await.unwrap();
    refused
}

async fn an_endpoint_in_the_making(system: &System) -> Error {
    let service = system.endpoint_service("b", &["a"]).await;
    let endpoint = ask(system, &service).await.unwrap();
    let refused = name(system, &endpoint).await.unwrap_err();
    settle().await;
    name(system, &endpoint).await.unwrap();
    refused
}

async fn an_unpaid_endpoint(system: &System) -> Error {
    let (_, endpoint) = asked(system).await;
    let bill = |status| {
        let links = system.cloud.private_link();
        assert!(links.set_business_status(system.account_id("a"), REGION, &endpoint, status).unwrap());
    };
    bill(BusinessStatus::FinancialLocked);
    let refused = name(system, &endpoint).await.unwrap_err();
    settle().await;
    assert!(name(system, &endpoint).await.is_err(), "it lasts");
    let seen = link(system, "a").get_vpc_endpoint_attribute(&endpoint).await.unwrap().business_status;
    assert_ne!(seen, Some(alicloud::vpc::BusinessStatus::Normal));
    bill(BusinessStatus::Normal);
    name(system, &endpoint).await.unwrap();
    refused
}

async fn accepted_twice(system: &System) -> Error {
    let (service, endpoint) = connected(system).await;
    let request = EnableVpcEndpointConnection {
        service_id: service.clone(),
        endpoint_id: endpoint.clone(),
        bandwidth: None,
        client_token: system.token(),
    };
    let refused = link(system, "b").enable_vpc_endpoint_connection(&request).await.unwrap_err();
    assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, ConnectionStatus::Connected);
    refused
}

async fn a_zone_accepted_twice(system: &System) -> Error {
    let (service, endpoint) = connected(system).await;
    let enabled =
        link(system, "b").enable_vpc_endpoint_zone_connection(&service, &endpoint, ZONE, &system.token()).await;
    let seen = system.endpoint_connection("b", &service, &endpoint).await;
    assert_eq!(seen.zones[0].status, Some(ZoneStatus::Connected));
    enabled.unwrap_err()
}

async fn a_zone_added_twice(system: &System) -> Error {
    let (_, endpoint) = asked(system).await;
    let NewZone { zone_id, vswitch_id, .. } = new_endpoint("", consumer(system), system.token()).zones.remove(0);
    let zone = NewZone { zone_id, vswitch_id, ip: None };
    let request = AddZoneToVpcEndpoint { endpoint_id: endpoint.clone(), zone, client_token: system.token() };
    let refused = link(system, "a").add_zone_to_vpc_endpoint(&request).await.unwrap_err();
    let zones = link(system, "a").list_vpc_endpoint_zones(&endpoint).await.unwrap();
    assert!(zones.iter().any(|zone| zone.zone_id == ZONE));
    refused
}

/// The groups that hold for an endpoint.
async fn groups(system: &System, endpoint: &str) -> Vec<String> {
    let attached = link(system, "a").list_vpc_endpoint_security_groups(endpoint).await.unwrap();
    attached.into_iter().map(|group| group.security_group_id).collect()
}

async fn a_group_twice(system: &System) -> Error {
    let (_, endpoint) = asked(system).await;
    let group = &consumer(system).security_groups[0].security_group_id;
    let again = link(system, "a").attach_security_group_to_vpc_endpoint(&endpoint, group, &system.token()).await;
    assert!(groups(system, &endpoint).await.contains(group));
    again.unwrap_err()
}

async fn a_group_that_is_gone(system: &System) -> Error {
    let (_, endpoint) = asked(system).await;
    let other = &consumer(system).security_groups[1].security_group_id;
    let detached = link(system, "a").detach_security_group_from_vpc_endpoint(&endpoint, other, &system.token()).await;
    assert!(!groups(system, &endpoint).await.contains(other));
    detached.unwrap_err()
}

async fn without_a_group(system: &System) -> Error {
    let service = system.endpoint_service("b", &["a"]).await;
    let groups = &consumer(system).security_groups;
    let attach = async |with: &[String]| {
        let request = CreateVpcEndpoint {
            security_group_ids: with.to_vec(),
            ..new_endpoint(&service, consumer(system), system.token())
        };
        let endpoint = link(system, "a").create_vpc_endpoint(&request).await.unwrap().endpoint_id;
        settle().await;
        let other = &groups[1].security_group_id;
        link(system, "a").attach_security_group_to_vpc_endpoint(&endpoint, other, &system.token()).await
    };
    let refused = attach(&[]).await.unwrap_err();
    attach(&[groups[0].security_group_id.clone()]).await.unwrap();
    refused
}

async fn an_endpoint_with_zones(system: &System) -> Error {
    let (_, endpoint) = connected(system).await;
    let link = link(system, "a");
    let refused = link.delete_vpc_endpoint(&endpoint, &system.token()).await.unwrap_err();
    link.remove_zone_from_vpc_endpoint(&endpoint, ZONE, &system.token()).await.unwrap();
    settle().await;
    assert_eq!(link.list_vpc_endpoint_zones(&endpoint).await.unwrap(), []);
    link.delete_vpc_endpoint(&endpoint, &system.token()).await.unwrap();
    refused
}
