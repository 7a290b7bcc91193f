//! Endpoint services, endpoints, and the connections between them. Nearly all of these come with HTTP 400.

use cloud_error::rules;

use super::{Call, Rule};

pub(super) const RULES: &[Rule] = rules! { Call:
    AlreadyThere on OpenPrivateLinkService: "OrderOpend" | "OrderOpened" => "PrivateLink is open already.";
    Busy: "ConcurrentCallNotSupported"
        => "Another change of this account's endpoints or services is under way, and the cloud takes one at a time. Wait.";
    Busy: "EndpointServiceOperationDenied" | "EndpointOperationDenied" | "EndpointConnectionOperationDenied"
        => "The endpoint or its service is in the middle of another change. Wait until it has settled.";
    Busy: "EndpointServiceLocked" | "EndpointLocked"
        => "It is locked, mostly for a moment. If that lasts, look for outstanding bills.";
    AlreadyThere on EnableVpcEndpointConnection | DisableVpcEndpointConnection: "IncorrectStatus.VpcEndpointConnection"
        => "The connection's status does not allow this. Look at it: it may be where it should be already, or on its way.";
    Busy: "EndpointServiceConnectionDependence"
        => "Endpoints are still connected to the service, or to this resource of it. Disconnect them first.";
    AlreadyThere on EnableVpcEndpointZoneConnection: "IncorrectStatus.VpcEndpointZone" | "IncorrectStatus.VpcEndpointConnection"
        => "The zone's status does not allow this. Look at it: it may be where it should be already, or on its way.";
    AlreadyThere on AddZoneToVpcEndpoint: "EndpointZoneDuplicated" => "The endpoint is in this zone already.";
    AlreadyThere on AttachSecurityGroupToVpcEndpoint: "SecurityGroupExist" => "The security group holds for the endpoint already.";
    Gone on DetachSecurityGroupFromVpcEndpoint: "SecurityGroupNotFound" => "The security group does not hold for the endpoint.";
    Gone on DetachResourceFromVpcEndpointService: "EndpointServiceResourceNotFound" | "AlbNotFound"
        => "This load balancer does not stand behind the service.";
    Busy: "EndpointServiceDependenceViolation" => "Load balancers still stand behind the service. Take them away first.";
    Busy: "EndpointDependenceViolation" => "The endpoint still has zones. Remove them, and wait until they are no longer listed.";
    Gone on CreateVpcEndpoint: "EndpointServiceNotFound"
        => "There is no such service in this region, or this account is not on its whitelist. Ask its owner.";
    // Which code the cloud has for this is not documented.
    Denied on CreateVpcEndpoint: "*NotAuthorized*" | "*NotInWhitelist*"
        => "This account is not on the service's whitelist. Ask the service's owner to add it.";
    Gone: "EndpointServiceNotFound" | "EndpointNotFound" | "EndpointConnectionNotFound" | "EndpointZoneNotFound";
    AlreadyThere on AddUserToVpcEndpointService: "*AlreadyExist*" | "*Duplicate*" => "The account is on the whitelist already.";
    Gone on RemoveUserFromVpcEndpointService: "*UserNotFound*" | "*UserNotExist*" => "The account is not on the whitelist.";
    AlreadyThere on AttachResourceToVpcEndpointService: "AlbExist" | "EndpointServiceResourceExist" | "*AlreadyExist*"
        | "*Duplicate*"
        => "This load balancer stands behind the service already.";
    Refused: "AlbNotFound"
        => "This load balancer does not stand behind the service, or does not exist in this region of this account. Check its id.";
    Refused: "OperationDenied.EndpointProtected" | "EndpointProtected"
        => "Another product of the cloud keeps this endpoint. Change it there.";
    Refused on AttachSecurityGroupToVpcEndpoint: "AddSecurityGroupNotSupportWhenHaveNoSg"
        => "The endpoint was made without a security group and can have none later. Make it anew with one.";
    Denied: "CheckServiceLinkRoleError"
        => "The role that PrivateLink itself works with is missing in this account. Open PrivateLink in the console once, with a \
            user who may create service-linked roles.";
    Commercial: "NeedOpenProduct" => "This account has not opened PrivateLink. Open it in the console, or let it be opened.";
    Commercial: "AccountTypeRestricted" => "PrivateLink is not offered to this kind of account.";
    Refused: "UnsupportedZone"
        => "PrivateLink is not offered in this zone. Choose one in which both the service and the endpoint can be.";
    Busy: "GenerateResourceIdFailed";
    Refused: "MissingParam.*";
};
