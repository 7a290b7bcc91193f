//! Every operation of the product, in one table.

use crate::vpc::operation::{Operation, Target, read, target, write};

use super::{connection, endpoint, group, place, product, resource, service, tag, user, zone};

const SERVICE: Target = target("vpcendpointservice", "ServiceId");
const ENDPOINT: Target = target("vpcendpoint", "EndpointId");
const SERVICES: &[Target] = &[SERVICE];
const ENDPOINTS: &[Target] = &[ENDPOINT];

/// All of them. Every write but opening the product and moving between resource groups takes a token.
pub(super) static ALL: &[Operation] = &[
    read("DescribeRegions", place::describe_regions).region_optional(),
    read("DescribeZones", place::describe_zones),
    write("OpenPrivateLinkService", product::open).region_optional(),
    read("CheckProductOpen", product::is_open).region_optional(),
    write("CreateVpcEndpointService", service::create).on(SERVICES).once(),
    write("UpdateVpcEndpointServiceAttribute", service::update).on(SERVICES).once(),
    write("DeleteVpcEndpointService", service::delete).on(SERVICES).once(),
    read("GetVpcEndpointServiceAttribute", service::attribute).on(SERVICES),
    read("ListVpcEndpointServices", service::list).on(SERVICES),
    read("ListVpcEndpointServicesByEndUser", service::list_visible).on(SERVICES),
    write("AttachResourceToVpcEndpointService", resource::attach).on(SERVICES).once(),
    write("DetachResourceFromVpcEndpointService", resource::detach).on(SERVICES).once(),
    write("UpdateVpcEndpointServiceResourceAttribute", resource::update).on(SERVICES).once(),
    read("ListVpcEndpointServiceResources", resource::list).on(SERVICES),
    write("AddUserToVpcEndpointService", user::add).on(SERVICES).once(),
    write("RemoveUserFromVpcEndpointService", user::remove).on(SERVICES).once(),
    read("ListVpcEndpointServiceUsers", user::list).on(SERVICES),
    write("EnableVpcEndpointConnection", connection::enable).on(SERVICES).once(),
    write("DisableVpcEndpointConnection", connection::disable).on(SERVICES).once(),
    write("UpdateVpcEndpointConnectionAttribute", connection::update).on(SERVICES).once(),
    write("EnableVpcEndpointZoneConnection", connection::enable_zone).on(SERVICES).once(),
    write("DisableVpcEndpointZoneConnection", connection::disable_zone).on(SERVICES).once(),
    write("UpdateVpcEndpointZoneConnectionResourceAttribute", connection::choose_resource).on(SERVICES).once(),
    read("ListVpcEndpointConnections", connection::list).on(SERVICES),
    write("CreateVpcEndpoint", endpoint::create).on(ENDPOINTS).once(),
    write("UpdateVpcEndpointAttribute", endpoint::update).on(ENDPOINTS).once(),
    write("DeleteVpcEndpoint", endpoint::delete).on(ENDPOINTS).once(),
    read("GetVpcEndpointAttribute", endpoint::attribute).on(ENDPOINTS),
    read("ListVpcEndpoints", endpoint::list).on(ENDPOINTS),
    write("AddZoneToVpcEndpoint", zone::add).on(ENDPOINTS).once(),
    write("RemoveZoneFromVpcEndpoint", zone::remove).on(ENDPOINTS).once(),
    read("ListVpcEndpointZones", zone::list).on(ENDPOINTS),
    write("AttachSecurityGroupToVpcEndpoint", group::attach).on(ENDPOINTS).once(),
    write("DetachSecurityGroupFromVpcEndpoint", group::detach).on(ENDPOINTS).once(),
    read("ListVpcEndpointSecurityGroups", group::list).on(ENDPOINTS),
    write("TagResources", tag::tag).once(),
    write("UntagResources", tag::untag).once(),
    read("ListTagResources", tag::list),
    write("ChangeResourceGroup", tag::change_group).region_optional(),
];
