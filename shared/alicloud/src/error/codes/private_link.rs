//! Endpoint services, endpoints, and the connections between them. Nearly all of these come with HTTP 400.

use super::{Kind, Rule, plain, rule};
use crate::call::Call::{
    AddUserToVpcEndpointService, AddZoneToVpcEndpoint, AttachResourceToVpcEndpointService,
    AttachSecurityGroupToVpcEndpoint, CreateVpcEndpoint, DetachResourceFromVpcEndpointService,
    DetachSecurityGroupFromVpcEndpoint, DisableVpcEndpointConnection, EnableVpcEndpointConnection,
    EnableVpcEndpointZoneConnection, OpenPrivateLinkService, RemoveUserFromVpcEndpointService,
};

pub(super) const RULES: &[Rule] = &[
    rule(Kind::AlreadyThere, &[OpenPrivateLinkService], &["OrderOpend", "OrderOpened"], "PrivateLink is open already."),
    rule(
        Kind::Busy,
        &[],
        &["ConcurrentCallNotSupported"],
        "Another change of this account's endpoints or services is under way, and the cloud takes one at a time. Wait.",
    ),
    rule(
        Kind::Busy,
        &[],
        &["EndpointServiceOperationDenied", "EndpointOperationDenied", "EndpointConnectionOperationDenied"],
        "The endpoint or its service is in the middle of another change. Wait until it has settled.",
    ),
    rule(
        Kind::Busy,
        &[],
        &["EndpointServiceLocked", "EndpointLocked"],
        "It is locked, mostly for a moment. If that lasts, look for outstanding bills.",
    ),
    rule(
        Kind::AlreadyThere,
        &[EnableVpcEndpointConnection, DisableVpcEndpointConnection],
        &["IncorrectStatus.VpcEndpointConnection"],
        "The connection's status does not allow this. Look at it: it may be where it should be already, or on its way.",
    ),
    rule(
        Kind::Busy,
        &[],
        &["EndpointServiceConnectionDependence"],
        "Endpoints are still connected to the service, or to this resource of it. Disconnect them first.",
    ),
    rule(
        Kind::AlreadyThere,
        &[EnableVpcEndpointZoneConnection],
        &["IncorrectStatus.VpcEndpointZone", "IncorrectStatus.VpcEndpointConnection"],
        "The zone's status does not allow this. Look at it: it may be where it should be already, or on its way.",
    ),
    rule(
        Kind::AlreadyThere,
        &[AddZoneToVpcEndpoint],
        &["EndpointZoneDuplicated"],
        "The endpoint is in this zone already.",
    ),
    rule(
        Kind::AlreadyThere,
        &[AttachSecurityGroupToVpcEndpoint],
        &["SecurityGroupExist"],
        "The security group holds for the endpoint already.",
    ),
    rule(
        Kind::Gone,
        &[DetachSecurityGroupFromVpcEndpoint],
        &["SecurityGroupNotFound"],
        "The security group does not hold for the endpoint.",
    ),
    rule(
        Kind::Gone,
        &[DetachResourceFromVpcEndpointService],
        &["EndpointServiceResourceNotFound", "AlbNotFound"],
        "This load balancer does not stand behind the service.",
    ),
    rule(
        Kind::Busy,
        &[],
        &["EndpointServiceDependenceViolation"],
        "Load balancers still stand behind the service. Take them away first.",
    ),
    rule(
        Kind::Busy,
        &[],
        &["EndpointDependenceViolation"],
        "The endpoint still has zones. Remove them, and wait until they are no longer listed.",
    ),
    rule(
        Kind::Gone,
        &[CreateVpcEndpoint],
        &["EndpointServiceNotFound"],
        "There is no such service in this region, or this account is not on its whitelist. Ask its owner.",
    ),
    // Which code the cloud has for this is not documented.
    rule(
        Kind::Denied,
        &[CreateVpcEndpoint],
        &["*NotAuthorized*", "*NotInWhitelist*"],
        "This account is not on the service's whitelist. Ask the service's owner to add it.",
    ),
    plain(
        Kind::Gone,
        &["EndpointServiceNotFound", "EndpointNotFound", "EndpointConnectionNotFound", "EndpointZoneNotFound"],
    ),
    rule(
        Kind::AlreadyThere,
        &[AddUserToVpcEndpointService],
        &["*AlreadyExist*", "*Duplicate*"],
        "The account is on the whitelist already.",
    ),
    rule(
        Kind::Gone,
        &[RemoveUserFromVpcEndpointService],
        &["*UserNotFound*", "*UserNotExist*"],
        "The account is not on the whitelist.",
    ),
    rule(
        Kind::AlreadyThere,
        &[AttachResourceToVpcEndpointService],
        &["AlbExist", "EndpointServiceResourceExist", "*AlreadyExist*", "*Duplicate*"],
        "This load balancer stands behind the service already.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["AlbNotFound"],
        "This load balancer does not stand behind the service, or does not exist.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["OperationDenied.EndpointProtected", "EndpointProtected"],
        "Another product of the cloud keeps this endpoint. Change it there.",
    ),
    rule(
        Kind::Refused,
        &[AttachSecurityGroupToVpcEndpoint],
        &["AddSecurityGroupNotSupportWhenHaveNoSg"],
        "The endpoint was made without a security group and can have none later. Make it anew with one.",
    ),
    rule(
        Kind::Denied,
        &[],
        &["CheckServiceLinkRoleError"],
        "The role that PrivateLink itself works with is missing in this account. Open PrivateLink in the console once, with a \
         user who may create service-linked roles.",
    ),
    rule(
        Kind::Commercial,
        &[],
        &["NeedOpenProduct"],
        "This account has not opened PrivateLink. Open it in the console, or let it be opened.",
    ),
    rule(Kind::Commercial, &[], &["AccountTypeRestricted"], "PrivateLink is not offered to this kind of account."),
    rule(
        Kind::Refused,
        &[],
        &["UnsupportedZone"],
        "PrivateLink is not offered in this zone. Choose one in which both the service and the endpoint can be.",
    ),
    plain(Kind::Busy, &["GenerateResourceIdFailed"]),
    plain(Kind::Refused, &["MissingParam.*"]),
];
