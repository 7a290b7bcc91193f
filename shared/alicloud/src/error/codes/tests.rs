//! Row by row what the documents say of each code.

use http::StatusCode;

use super::*;
use crate::call::Call::*;
use Kind::{
    AlreadyThere, Busy, Commercial, Denied, Gone, OutcomeUnknown, Quota, Refused, RuledOut, StaleCredentials, Throttled,
};

fn check(rows: &[(Call, &str, u16, Kind)]) {
    for &(call, code, status, expected) in rows {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(TABLE.meaning(call, Some(code), status).kind, expected, "{call} {code} {status}");
    }
}

#[test]
fn creating_a_router_interface() {
    check(&[
        (CreateRouterInterface, "InvalidRole.ValueNotSupported", 400, Refused),
        (CreateRouterInterface, "InvalidSpec.ValudNotSupported", 400, Refused),
        (CreateRouterInterface, "InvalidBandwidth.NotEnough", 400, Quota),
        (CreateRouterInterface, "InvalidPrice.NotFound", 400, Commercial),
        (CreateRouterInterface, "InvalidAliuid", 400, Refused),
        (CreateRouterInterface, "QuotaExceeded", 400, Quota),
        (CreateRouterInterface, "COMMODITY.INVALID_COMPONENT", 400, Commercial),
        (CreateRouterInterface, "IncorrectStatus.CenStatus", 400, Busy),
        (CreateRouterInterface, "IdempotentParameterMismatch", 400, Refused),
        (CreateRouterInterface, "LastTokenProcessing", 400, Busy),
        (CreateRouterInterface, "ParameterMismatch.RegionId-OppositeRegionId-Spec", 400, Refused),
    ]);
}

#[test]
fn setting_peer_information() {
    check(&[
        (ModifyRouterInterfaceAttribute, "InvalidRegionId.NotFound", 404, Refused),
        (ModifyRouterInterfaceAttribute, "InvalidRouterInterfaceId.NotFound", 404, Gone),
        (ModifyRouterInterfaceAttribute, "Forbidden.FinancileLocked", 400, Commercial),
        (ModifyRouterInterfaceAttribute, "InvalidName.Malformd", 400, Refused),
        (ModifyRouterInterfaceAttribute, "InvalidDescription.Malformed", 400, Refused),
        (ModifyRouterInterfaceAttribute, "InvalidOppositeRouterType.ValueNotSupported", 400, Refused),
        (ModifyRouterInterfaceAttribute, "Forbbiden", 400, Denied),
        (ModifyRouterInterfaceAttribute, "LinkRole.NotSupport", 400, Refused),
        (ModifyRouterInterfaceAttribute, "InvalidParam.ModifyRouterInterface", 400, Refused),
    ]);
}

#[test]
fn connecting() {
    check(&[
        (ConnectRouterInterface, "IncorrectRole.NotInitiatingSide", 400, Refused),
        (ConnectRouterInterface, "IncorrectRIStatus", 400, AlreadyThere),
        (ConnectRouterInterface, "IncorrectStatus", 400, AlreadyThere),
        (ConnectRouterInterface, "IncorrectOppositeInterfaceInfo.NotSet", 400, Busy),
        (ConnectRouterInterface, "IncorrectOppositeInterfaceInfo", 400, Refused),
        (ConnectRouterInterface, "Forbidden.OnlyOneConnection", 400, AlreadyThere),
        (ConnectRouterInterface, "Forbidden.BillsOutstanding", 400, Commercial),
        (ConnectRouterInterface, "InvalidRouterInterfaceId.NotFound", 404, Gone),
        (ConnectRouterInterface, "CROSS_BID.FORBIDDEN", 404, Refused),
    ]);
}

#[test]
fn activating_and_deactivating() {
    for call in [ActivateRouterInterface, DeactivateRouterInterface] {
        check(&[
            (call, "InvalidRegionId.NotFound", 404, Refused),
            (call, "InvalidRouterInterfaceId.NotFound", 404, Gone),
            (call, "IncorrectStatus", 400, AlreadyThere),
            (call, "IncorrectRIStatus", 400, AlreadyThere),
            (call, "Forbidden.FinancileLocked", 400, Commercial),
        ]);
    }
}

#[test]
fn changing_the_spec() {
    check(&[
        (ModifyRouterInterfaceSpec, "InvalidSpec.ValudNotSupported", 400, Refused),
        (ModifyRouterInterfaceSpec, "InvalidRouterInterfaceId.NotFound", 404, Gone),
        (ModifyRouterInterfaceSpec, "InvalidInstanceOwner.Error", 400, Denied),
        (ModifyRouterInterfaceSpec, "InvalidInstance.StatusError", 400, Busy),
        (ModifyRouterInterfaceSpec, "InvalidOpposite.NotFound", 400, Refused),
        (ModifyRouterInterfaceSpec, "ParameterMismatch.RegionId-OppositeRegionId-Spec", 400, Refused),
        (ModifyRouterInterfaceSpec, "Forbidden.FinancialLocked", 400, Commercial),
    ]);
}

#[test]
fn deleting_a_router_interface_in_both_generations() {
    check(&[
        (DeleteRouterInterface, "InvalidInstance.StatusError", 400, Busy),
        (DeleteRouterInterface, "OperationFailed.OperationLocked", 400, Busy),
        (DeleteRouterInterface, "RouterInterfaceReferredByRouteEntry", 400, Busy),
        (DeleteRouterInterface, "ReferredByRouteEntry.RouterInterface", 400, Busy),
        (DeleteRouterInterface, "InvalidRouteTable.NotFound", 400, Refused),
        (DeleteRouterInterface, "Forbbiden.InvaildOwner", 400, Denied),
        (DeleteRouterInterface, "IncorrectStatus", 400, Busy),
        (DeleteRouterInterface, "IncorrectRIStatus", 400, Busy),
        (DeleteRouterInterface, "DependencyViolation.RouterInterfaceReferedByRouteEntry", 400, Busy),
        (DeleteRouterInterface, "IllegalParam.InstanceOwner", 400, Denied),
        (DeleteRouterInterface, "InvalidRouterInterfaceChargeType.Malformed", 500, Commercial),
        (DeleteRouterInterface, "InvalidInstanceId.NotFound", 404, Gone),
        (DeleteRouterInterface, "InvalidRouterInterfaceId.NotFound", 404, Gone),
        (DeleteRouterInterface, "OperationConflict", 400, Busy),
    ]);
}

#[test]
fn routes_that_have_to_wait() {
    for code in [
        "TaskConflict",
        "IncorrectRouteEntryStatus",
        "IncorrcetRouteEntryStatus",
        "IncorrectVpcStatus",
        "IncorrectVSwitchStatus",
        "IncorrectStatus.RouteTableStatus",
        "IncorrectStatus.RouterInterface",
        "IncorrectStatus.VpcPeer",
        "IncorrectStatus.CenRelation",
        "IncorrectStatus.MultiScopeRiRouteEntry",
        "IncorrectStatus.PrefixList",
        "IncorrectStatus.Ipv4Gateway",
        "IncorrectStatus.Ipv6Address",
        "IncorrectStatus.cbnStatus",
        "InvalidStatus.RouteEntry",
        "OperationFailed.DistibuteLock",
        "OperationFailed.IdempotentTokenProcessing",
        "OperationFailed.NotifyCenCreate",
        "IncorrectInstanceStatus",
        "OperationConflict",
        "LastTokenProcessing",
        "SystemBusy",
    ] {
        check(&[(CreateRouteEntry, code, 400, Busy), (DeleteRouteEntry, code, 400, Busy)]);
    }
    check(&[(CreateRouteEntry, "IncorrectInstanceStatus", 403, Busy)]);
}

#[test]
fn routes_whose_outcome_has_to_be_read_back() {
    check(&[
        (CreateRouteEntry, "InternalError", 500, OutcomeUnknown),
        (CreateRouteEntry, "VPC.ERROR", 500, OutcomeUnknown),
        (CreateRouteEntry, "ServiceUnavailable", 503, OutcomeUnknown),
        (CreateRouteEntry, "UnknownError", 400, OutcomeUnknown),
    ]);
}

#[test]
fn routes_that_are_there_already() {
    for code in [
        "InvalidCIDRBlock.Duplicate",
        "Duplicated.VpcNextHop",
        "InvalidRouteEntry.Duplicate",
        "RouteConflict.AlreadyExist",
        "RouterEntryConflict.Duplicated",
    ] {
        check(&[(CreateRouteEntry, code, 400, AlreadyThere)]);
    }
}

#[test]
fn routes_that_nobody_can_make() {
    check(&[
        (CreateRouteEntry, "InvalidCidrBlock", 400, Refused),
        (CreateRouteEntry, "InvalidCidrBlock.Malformed", 400, Refused),
        (CreateRouteEntry, "InvalidDestinationCidrBlock", 400, Refused),
        (CreateRouteEntry, "MissingParameter", 400, Refused),
        (CreateRouteEntry, "InvalidNextHopType", 400, Refused),
        (CreateRouteEntry, "InvalidNexthopTypeAndList.BothNull", 400, Refused),
        (CreateRouteEntry, "InvalidNexthopTypeAndList.BothNotNull", 400, Refused),
        (CreateRouteEntry, "InvalidRouterInterface", 400, Refused),
        (CreateRouteEntry, "InvalidRouteTableId.NotFound", 404, Refused),
        (CreateRouteEntry, "InvalidNextHopId.NotFound", 404, Refused),
        (CreateRouteEntry, "InvalidNextHop.NotFound", 400, Refused),
        (CreateRouteEntry, "ResourceNotFound.VpcPeer", 400, Refused),
        (CreateRouteEntry, "OperationFailed.InstanceDismatchCurrentVpc", 404, Refused),
        (CreateRouteEntry, "OperationDenied.RouterInterfaceToDifferentVpc", 400, Refused),
        (CreateRouteEntry, "QuotaExceeded", 400, Quota),
    ]);
}

#[test]
fn deleting_a_route() {
    check(&[
        (DeleteRouteEntry, "InvalidRouteEntry.NotFound", 400, Gone),
        (DeleteRouteEntry, "InvalidRouteTableId.NotFound", 404, Gone),
        (DeleteRouteEntry, "InvalidRouteEntry", 400, Refused),
        (DeleteRouteEntry, "OperationDenied", 400, Refused),
        (DeleteRouteEntry, "Forbbiden", 400, Refused),
        (DeleteRouteEntry, "InvalidNextHop", 400, Refused),
    ]);
}

#[test]
fn asking_for_a_peering_connection() {
    check(&[
        (CreateVpcPeerConnection, "ResourceAlreadyExist.VpcPeer", 400, AlreadyThere),
        (CreateVpcPeerConnection, "ResourceAlreadyExist.RouterInterface", 400, RuledOut),
        (CreateVpcPeerConnection, "UnsupportedRegion", 400, Refused),
        (CreateVpcPeerConnection, "IncorrectStatus.Vpc", 400, Busy),
        (CreateVpcPeerConnection, "IncorrectStatus.AcceptingVpc", 400, Busy),
        (CreateVpcPeerConnection, "Conflict.Operation", 400, Busy),
        (CreateVpcPeerConnection, "Forbidden.NoPermission", 400, Denied),
        (CreateVpcPeerConnection, "IllegalParam.AcceptingVpcId", 400, Refused),
        (CreateVpcPeerConnection, "DryRunOperation", 400, Refused),
    ]);
    for code in ["VpcPeer", "AcceptVpcPeer", "AcceptUserVpcPeer"] {
        check(&[(CreateVpcPeerConnection, &format!("IncorrectBusinessStatus.{code}"), 400, Commercial)]);
    }
    for code in
        ["CdtNotOpened", "AcceptUserCdtNotOpened", "CrossBorderCdtNotOpened", "AcceptUserCrossBorderCdtNotOpened"]
    {
        check(&[(CreateVpcPeerConnection, &format!("OperationFailed.{code}"), 400, Commercial)]);
    }
    for code in [
        "VpcPeerCountPerVpc",
        "VpcPeerCountPerUserPerRegion",
        "CrossRegionVpcPeerCountPerVpc",
        "IntraRegionVpcPeerCountPerVpc",
    ] {
        check(&[(CreateVpcPeerConnection, &format!("QuotaExceeded.{code}"), 400, Quota)]);
    }
    for code in [
        "OperationFailed.ViolativeVpcPeer",
        "OperationFailed.CrossBusinessNotAllowed",
        "OperationFailed.ChargeTypeNotSupported",
        "OperationFailed.InterRegionLinkTypeNotSupported",
        "OperationFailed.RegionIdNotSupportLinkType",
        "OperationFailed.SpecificLinkTypeNotSupported",
        "OperationFailed.NotExist.ResourceGroup",
        "OperationDenied.CloudBoxExistsInVpc",
        "OperationDenied.CloudBoxExistsInAcceptingVpc",
        "OperationDenied.OperateShareResource",
    ] {
        check(&[(CreateVpcPeerConnection, code, 400, Refused)]);
    }
}

#[test]
fn answering_and_deleting_a_peering_connection() {
    for call in [AcceptVpcPeerConnection, RejectVpcPeerConnection] {
        check(&[
            (call, "ResourceNotFound.InstanceId", 400, Gone),
            (call, "IncorrectStatus.VpcPeer", 400, AlreadyThere),
            (call, "OperationFailed.CdtNotOpened", 400, Commercial),
        ]);
    }
    check(&[
        (DeleteVpcPeerConnection, "ResourceNotFound.InstanceId", 400, Gone),
        (DeleteVpcPeerConnection, "IncorrectStatus.VpcPeer", 400, Busy),
        (DeleteVpcPeerConnection, "IncorrectStatus", 400, Busy),
        (DeleteVpcPeerConnection, "OperationDenied.RouteEntryExist", 400, Busy),
        (DeleteVpcPeerConnection, "OperationDenied.ServiceManagedInstance", 400, Refused),
        (ModifyVpcPeerConnection, "IncorrectStatus.VpcPeer", 400, Busy),
        (CreateRouteEntry, "IncorrectStatus.VpcPeer", 400, Busy),
    ]);
}

#[test]
fn router_interfaces_and_peering_exclude_each_other() {
    check(&[
        (CreateRouterInterface, "ResourceAlreadyExist.VpcPeer", 400, RuledOut),
        (ConnectRouterInterface, "ResourceAlreadyExist.VpcPeer", 400, RuledOut),
    ]);
}

#[test]
fn security_group_rules() {
    for call in [AuthorizeSecurityGroup, RevokeSecurityGroup] {
        check(&[
            (call, "InvalidSecurityGroupId.NotFound", 404, Gone),
            (call, "MissingParameter", 403, Refused),
            (call, "MissingParameter.Source", 400, Refused),
            (call, "InvalidIpProtocol.ValueNotSupported", 400, Refused),
            (call, "InvalidIpProtocol.Malformed", 400, Refused),
            (call, "InvalidParam.PortRange", 400, Refused),
            (call, "OperationDenied", 400, Refused),
            (call, "InvalidPolicy.Malformed", 400, Refused),
            (call, "InvalidPriority.Malformed", 400, Refused),
            (call, "InvalidPriority.ValueNotSupported", 400, Refused),
            (call, "InvalidNicType.ValueNotSupported", 400, Refused),
            (call, "InvalidNicType.Mismatch", 400, Refused),
            (call, "InvalidSourceCidrIp.Malformed", 400, Refused),
            (call, "InvalidSourceGroup.NotFound", 400, Refused),
            (call, "InvalidSourceGroupId.NotFound", 404, Refused),
            (call, "InvalidSourceGroupId.Mismatch", 400, RuledOut),
            (call, "InvalidSourceGroupId.Mismatch", 403, RuledOut),
            (call, "InvalidNetworkType.Conflict", 403, RuledOut),
            (call, "InvalidNetworkType.Mismatch", 403, RuledOut),
            (call, "InvalidParamter.Conflict", 403, Refused),
            (call, "AuthorizationLimitExceed", 403, Quota),
            (call, "InvalidSecurityGroupDiscription.Malformed", 400, Refused),
            (call, "VPCDisabled", 400, Refused),
            (call, "InvalidOperation.ResourceManagedByCloudProduct", 403, Refused),
        ]);
    }
    check(&[
        (AuthorizeSecurityGroup, "InvalidPermission.Duplicate", 400, AlreadyThere),
        (RevokeSecurityGroup, "InvalidParam.SecurityGroupRuleId", 400, Gone),
        (RevokeSecurityGroup, "InvalidGroupAuthItem.NotFound", 403, Gone),
    ]);
}

#[test]
fn private_link_says_everything_with_one_status() {
    for (code, kind) in [
        ("ConcurrentCallNotSupported", Busy),
        ("EndpointServiceNotFound", Gone),
        ("EndpointNotFound", Gone),
        ("EndpointConnectionNotFound", Gone),
        ("EndpointZoneNotFound", Gone),
        ("EndpointServiceOperationDenied", Busy),
        ("EndpointOperationDenied", Busy),
        ("EndpointConnectionOperationDenied", Busy),
        ("EndpointServiceLocked", Busy),
        ("EndpointLocked", Busy),
        ("IncorrectStatus.VpcEndpoint", Busy),
        ("IncorrectStatus.VpcEndpointService", Busy),
        ("EndpointServiceConnectionDependence", Busy),
        ("EndpointDependenceViolation", Busy),
        ("OperationDenied.EndpointProtected", Refused),
        ("EndpointProtected", Refused),
        ("MissingParam.UserArn", Refused),
        ("NeedOpenProduct", Commercial),
        ("AccountTypeRestricted", Commercial),
        ("NoPermission", Denied),
        ("RegionNotFound", Refused),
        ("UnsupportedRegion", Refused),
        ("UnsupportedZone", Refused),
        ("SystemBusy", Busy),
        ("GenerateResourceIdFailed", Busy),
        ("DryRunOperation", Refused),
        ("IdempotenceProcessing", Busy),
        ("IdempotenceSignatureMismatch", Refused),
        ("AlbNotFound", Refused),
        ("CheckServiceLinkRoleError", Denied),
    ] {
        for call in [CreateVpcEndpoint, EnableVpcEndpointConnection, DeleteVpcEndpoint, DeleteVpcEndpointService] {
            check(&[(call, code, 400, kind)]);
        }
    }
    check(&[
        (EnableVpcEndpointConnection, "IncorrectStatus.VpcEndpointConnection", 400, AlreadyThere),
        (DisableVpcEndpointConnection, "IncorrectStatus.VpcEndpointConnection", 400, AlreadyThere),
        (UpdateVpcEndpointConnectionAttribute, "IncorrectStatus.VpcEndpointConnection", 400, Busy),
        (OpenPrivateLinkService, "OrderOpend", 400, AlreadyThere),
        (AttachResourceToVpcEndpointService, "AlbExist", 400, AlreadyThere),
        (AttachSecurityGroupToVpcEndpoint, "AddSecurityGroupNotSupportWhenHaveNoSg", 400, Refused),
    ]);
}

#[test]
fn load_balancers() {
    for (code, status, kind) in [
        ("InvalidLoadBalancerId.NotFound", 404, Gone),
        ("InvalidLoadBalancerId.NotFound", 400, Gone),
        ("ListenerNotFound", 404, Gone),
        ("CheckedListenerNotFound", 404, Refused),
        ("InvalidServerId.NotFound", 404, Refused),
        ("ObtainIpFail", 400, Refused),
        ("TooManyBackendServers", 400, Quota),
        ("InvalidBackendServers.Inconsistent", 400, Refused),
        ("InvalidParameter", 400, Refused),
        ("OverQuota", 400, Quota),
        ("Operation.NotAllowed", 400, Refused),
        ("Forbidden", 403, Denied),
        ("SystemBusy", 449, Busy),
        ("OperationBusy", 400, Busy),
        ("ServiceIsStopping", 409, Busy),
        ("BackendServer.configuring", 409, Busy),
        ("ServiceIsConfiguring", 400, Busy),
        ("OperationFailed.TokenIsProcessing", 400, Busy),
        ("OperationFailed.ListenerStatusNotSupport", 400, Busy),
    ] {
        for call in [CreateLoadBalancer, AddBackendServers, StartLoadBalancerListener, DeleteLoadBalancer] {
            check(&[(call, code, status, kind)]);
        }
    }
    check(&[
        (CreateLoadBalancerTCPListener, "ListenerAlreadyExists", 400, AlreadyThere),
        (CreateLoadBalancerHTTPListener, "ListenerAlreadyExists", 400, AlreadyThere),
    ]);
}

#[test]
fn making_and_deleting_a_vswitch() {
    check(&[
        (CreateVSwitch, "InvalidZoneId.NotFound", 404, Refused),
        (CreateVSwitch, "InvalidVpcId.NotFound", 404, Refused),
        (CreateVSwitch, "InvalidParameter", 400, Refused),
        (CreateVSwitch, "InvalidCidrBlock.Overlapped", 400, Refused),
        (CreateVSwitch, "InvalidCidrBlock.Malformed", 400, Refused),
        (CreateVSwitch, "InvalidCirdrBlock.MaskLength", 400, Refused),
        (CreateVSwitch, "QuotaExceeded.VSwitch", 400, Quota),
        (CreateVSwitch, "ResourceNotAvailable", 400, Refused),
        (CreateVSwitch, "IncorrectVSwitchStatus", 400, Busy),
        (DeleteVSwitch, "InvalidVswitchID.NotFound", 404, Gone),
        (DeleteVSwitch, "DependencyViolation", 400, Busy),
    ]);
}

#[test]
fn throttling_in_every_spelling() {
    for code in
        ["Throttling", "Throttling.User", "Throttling.Api", "Throttling.ConcurrentLimitExceeded", "Rejected.Throttling"]
    {
        for status in [400, 429, 503] {
            check(&[(ConnectRouterInterface, code, status, Throttled)]);
        }
    }
    check(&[(SendMessage, "QpsLimitExceeded", 403, Throttled)]);
    assert_eq!(TABLE.meaning(DescribeVpcs, None, StatusCode::TOO_MANY_REQUESTS).kind, Throttled);
}

#[test]
fn credentials_and_permissions() {
    check(&[
        (DescribeVpcs, "SignatureDoesNotMatch", 400, Denied),
        (DescribeVpcs, "SignatureDoesNotMatch", 403, Denied),
        (DescribeVpcs, "IncompleteSignature", 400, Denied),
        (DescribeVpcs, "InvalidTimeStamp.Expired", 400, Denied),
        (DescribeVpcs, "InvalidTimeStamp.Format", 400, Denied),
        (DescribeVpcs, "IllegalTimestamp", 400, Denied),
        (DescribeVpcs, "InvalidAccessKeyId.NotFound", 404, Denied),
        (DescribeVpcs, "InvalidAccessKeyId.Inactive", 400, Denied),
        (DescribeVpcs, "InvalidSecurityToken.Expired", 400, StaleCredentials),
        (DescribeVpcs, "InvalidSecurityToken.Malformed", 400, Denied),
        (DescribeVpcs, "InvalidSecurityToken.MismatchWithAccessKey", 400, Denied),
        (DescribeVpcs, "MissingSecurityToken", 400, Denied),
        (DescribeVpcs, "Forbidden.RAM", 403, Denied),
        (DescribeVpcs, "Forbidden", 403, Denied),
        (AssumeRole, "NoPermission", 403, Denied),
        (AssumeRole, "EntityNotExist.Role", 404, Denied),
        (AssumeRole, "InvalidParameter.RoleArn", 400, Refused),
        (AssumeRole, "InternalError", 500, OutcomeUnknown),
        (CreateRouterInterface, "SignatureNonceUsed", 400, OutcomeUnknown),
        (DescribeVpcs, "InvalidAction.NotFound", 404, Refused),
        (DescribeVpcs, "NoSuchVersion", 400, Refused),
        (DescribeVpcs, "UnsupportedOperation", 400, Refused),
        (DescribeVpcs, "InvalidParameter", 400, Refused),
    ]);
}

#[test]
fn message_service() {
    for code in [
        "InvalidArgument",
        "MissingVersionHeader",
        "InvalidDegist",
        "InvalidDigest",
        "InvalidRequestURL",
        "InvalidQueryString",
        "MalformedXML",
        "MissingReceiptHandle",
        "MissingVisibilityTimeout",
        "InvalidQueueName",
        "QueueNameLengthError",
        "ReceiptHandleError",
    ] {
        check(&[(SendMessage, code, 400, Refused)]);
    }
    check(&[
        (SendMessage, "InvalidAuthorizationHeader", 400, Denied),
        (SendMessage, "MissingAuthorizationHeader", 400, Denied),
        (SendMessage, "InvalidDateHeader", 400, Denied),
        (SendMessage, "MissingDateHeader", 400, Denied),
        (CreateQueue, "QueueDeletedRecently", 400, Busy),
        (SendMessage, "AccessDenied", 403, Denied),
        (SendMessage, "InvalidAccessKeyId", 403, Denied),
        (SendMessage, "SignatureDoesNotMatch", 403, Denied),
        (SendMessage, "QueueNotExist", 404, Gone),
        (DeleteMessage, "MessageNotExist", 404, Gone),
        (ChangeMessageVisibility, "MessageNotExist", 404, Gone),
        (SendMessage, "TimeExpired", 408, Denied),
        (CreateQueue, "QueueAlreadyExist", 409, AlreadyThere),
        (SendMessage, "InternalError", 500, OutcomeUnknown),
        (SendMessage, "InternalServerError", 500, OutcomeUnknown),
    ]);
}

#[test]
fn a_code_nobody_knows_is_judged_by_its_status() {
    check(&[
        (CreateRouteEntry, "Something.New", 400, Refused),
        (CreateRouteEntry, "Something.New", 403, Denied),
        (CreateRouteEntry, "Something.New", 429, Throttled),
        (CreateRouteEntry, "Something.New", 500, OutcomeUnknown),
        (CreateRouteEntry, "Something.NotFound", 404, Refused),
        // On a delete it may mean that the aim is reached: look.
        (DeleteRouterInterface, "Something.NotFound", 404, OutcomeUnknown),
    ]);
    assert_eq!(TABLE.meaning(CreateRouteEntry, None, StatusCode::BAD_GATEWAY).kind, OutcomeUnknown);
    assert_eq!(TABLE.meaning(CreateRouteEntry, None, StatusCode::REQUEST_TIMEOUT).kind, OutcomeUnknown);
}

#[test]
fn a_server_fault_is_never_taken_for_not_carried_out() {
    check(&[
        (CreateRouteEntry, "TaskConflict", 500, OutcomeUnknown),
        (DeleteRouteEntry, "InvalidRouteEntry.NotFound", 500, OutcomeUnknown),
        (CreateRouteEntry, "InvalidParameter", 502, OutcomeUnknown),
    ]);
}

#[test]
fn a_refusal_of_a_pair_that_no_document_explains_may_mean_that_none_is_sold() {
    check(&[
        (CreateRouterInterface, "Forbidden.SomethingNew", 403, Commercial),
        (CreateRouterInterface, "SomethingNew", 400, Commercial),
        (CreateRouterInterface, "SomethingNew", 500, OutcomeUnknown),
        (CreateRouterInterface, "Forbidden.RAM", 403, Denied),
        (CreateRouterInterface, "Throttling.User", 400, Throttled),
        (CreateRouteEntry, "SomethingNew", 400, Refused),
    ]);
}

#[test]
fn no_code_stands_twice_for_the_same_calls() {
    let rules: Vec<_> = TABLE.rules.iter().copied().flatten().collect();
    for (index, rule) in rules.iter().enumerate() {
        for code in rule.codes {
            let alike = rules[index + 1..].iter().filter(|later| (later.on, later.status) == (rule.on, rule.status));
            let again = alike.clone().any(|later| later.codes.contains(code));
            assert!(!again, "{code}");
        }
    }
}
