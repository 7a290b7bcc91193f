//! Router interfaces, routes and vSwitches.

use super::{Kind, Rule, plain, rule};
use crate::call::Call::{
    ActivateRouterInterface, ConnectRouterInterface, CreateRouteEntry, CreateRouterInterface, CreateVSwitch,
    DeactivateRouterInterface, DeleteRouteEntry, DeleteRouterInterface, DeleteVSwitch, DescribeRouteEntryList,
    ModifyRouterInterfaceSpec,
};

pub(super) const RULES: &[Rule] = &[
    // ---- router interfaces, by call
    rule(
        Kind::RuledOut,
        &[CreateRouterInterface, ConnectRouterInterface],
        &["ResourceAlreadyExist.*"],
        "Something else joins these VPCs already, most likely a peering connection, and the cloud does not allow both. \
         Remove it first, or use it.",
    ),
    rule(
        Kind::Quota,
        &[CreateRouterInterface],
        &["QuotaExceeded"],
        "The router, or the account in this region, has as many router interfaces as it may. Remove what is not needed, or \
         raise the quota in the console.",
    ),
    rule(
        Kind::AlreadyThere,
        &[ConnectRouterInterface],
        &["IncorrectRIStatus", "IncorrectStatus", "Forbidden.OnlyOneConnection"],
        "Only an Idle pair can be connected, and two routers have at most one connected pair. Look whether this pair is \
         connecting or connected already; if another pair joins the two routers, remove that one first.",
    ),
    rule(
        Kind::AlreadyThere,
        &[ActivateRouterInterface, DeactivateRouterInterface],
        &["IncorrectRIStatus", "IncorrectStatus", "InvalidInstance.StatusError"],
        "Only an Inactive interface can be activated and only an Active one deactivated. Look at its status: it may be \
         where it should be already, or still on its way.",
    ),
    rule(
        Kind::Busy,
        &[DeleteRouterInterface, ModifyRouterInterfaceSpec],
        &["IncorrectRIStatus", "IncorrectStatus", "InvalidInstance.StatusError", "OperationFailed.OperationLocked"],
        "An interface can be deleted only while Idle or Inactive, and resized only while Active. Wait for it to settle, or \
         deactivate it first.",
    ),
    rule(
        Kind::Busy,
        &[DeleteRouterInterface],
        &[
            "RouterInterfaceReferredByRouteEntry",
            "ReferredByRouteEntry.RouterInterface",
            "DependencyViolation.RouterInterfaceReferedByRouteEntry",
        ],
        "A route still points to the interface. Delete the route and wait until it is no longer listed.",
    ),
    rule(
        Kind::Commercial,
        &[DeleteRouterInterface],
        &["InvalidRouterInterfaceChargeType.Malformed"],
        "A prepaid interface cannot be deleted before it expires. Let it run out, or have it refunded in the console.",
    ),
    rule(
        Kind::Busy,
        &[ConnectRouterInterface],
        &["IncorrectOppositeInterfaceInfo.NotSet"],
        "Both sides need all four facts of the other side (interface, router, router type, owner) before they can be \
         connected. Set what is missing; the acceptor's side first.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["IncorrectOppositeInterfaceInfo"],
        "The two interfaces do not point at each other, or belong to the same router. Compare the peer information of both \
         sides.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidParam.ModifyRouterInterface"],
        "Peer information can be set only while the interface is Idle. One that was connected before has to be deleted and \
         made anew, on both sides.",
    ),
    rule(Kind::Refused, &[], &["IncorrectRole.NotInitiatingSide"], "Only the initiating side can connect."),
    rule(
        Kind::Refused,
        &[],
        &["CROSS_BID.FORBIDDEN"],
        "The two accounts belong to different sites (China and international) and cannot be joined this way.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["ParameterMismatch.RegionId-OppositeRegionId-Spec", "InvalidSpec.ValudNotSupported"],
        "This spec is not offered between these regions. Choose another one.",
    ),
    plain(
        Kind::Refused,
        &[
            "InvalidRole.ValueNotSupported",
            "InvalidAliuid",
            "InvalidName.Malformd",
            "InvalidDescription.Malformed",
            "InvalidOppositeRouterType.ValueNotSupported",
            "LinkRole.NotSupport",
            "InvalidFilterKey.ValueNotSupported",
            "InvalidParam.NotNull",
        ],
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidOpposite.NotFound"],
        "The interface on the other side no longer exists. Make the pair anew.",
    ),
    // ---- vSwitches, by call
    rule(
        Kind::Refused,
        &[CreateVSwitch],
        &["InvalidCidrBlock.Overlapped"],
        "Another vSwitch of the VPC has addresses of this range. Choose a free one.",
    ),
    rule(
        Kind::Quota,
        &[CreateVSwitch],
        &["QuotaExceeded.VSwitch", "QuotaExceeded"],
        "The VPC has as many vSwitches as it may. Delete what is not needed, or raise the quota in the console.",
    ),
    rule(
        Kind::Gone,
        &[DeleteVSwitch],
        &["InvalidVswitchID.NotFound", "InvalidVSwitchId.NotFound"],
        "The vSwitch is not there any more.",
    ),
    rule(
        Kind::Busy,
        &[DeleteVSwitch],
        &["DependencyViolation", "DependencyViolation.*"],
        "Something is still in the vSwitch. Remove it, and wait until it is no longer listed.",
    ),
    // ---- routes, by call
    rule(
        Kind::Gone,
        &[DeleteRouteEntry],
        &["InvalidRouteEntry.NotFound", "InvalidRouteTableId.NotFound", "InvalidRouteTable.NotFound"],
        "The route is not there any more.",
    ),
    rule(
        Kind::Gone,
        &[DescribeRouteEntryList],
        &["InvalidRouteTableId.NotFound", "InvalidRouteTable.NotFound"],
        "This route table does not exist in this region of this account; somebody may have deleted it.",
    ),
    rule(
        Kind::Quota,
        &[CreateRouteEntry],
        &["QuotaExceeded"],
        "The route table is full. Delete routes, join several ranges into one, or raise the quota in the console.",
    ),
    rule(
        Kind::Refused,
        &[DeleteRouteEntry],
        &["OperationDenied", "Forbbiden"],
        "This is a route of the system, or one that another product keeps. It cannot be deleted here.",
    ),
    rule(
        Kind::Busy,
        &[],
        &["OperationDenied.RouteEntryExist"],
        "A route still points to it. Delete the route and wait until it is no longer listed.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidRouterInterface", "InvalidNextHopId.NotFound", "InvalidNextHop.NotFound", "InvalidNextHop"],
        "The next hop must be one's own router interface, on the router of this very VPC.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidRouteTableId.NotFound", "InvalidRouteTable.NotFound"],
        "This route table does not exist in this region of this account.",
    ),
    rule(
        Kind::Refused,
        &[],
        &[
            "InvalidCidrBlock",
            "InvalidCidrBlock.Malformed",
            "InvalidDestinationCidrBlock",
            "InvalidCidrBlock.Overlapped",
        ],
        "The address range is not allowed here: it must not equal or lie inside a range of one of the VPC's own vSwitches, \
         nor touch 100.64.0.0/10.",
    ),
    plain(
        Kind::Refused,
        &[
            "InvalidNextHopType",
            "InvalidNexthopTypeAndList.*",
            "InvalidOppositeRouterType",
            "ResourceNotFound.VpcPeer",
            "OperationFailed.InstanceDismatchCurrentVpc",
            "OperationDenied",
            "OperationDenied.*",
            "InvalidRouteEntry",
            "InvalidCirdrBlock.MaskLength",
            "InvalidZoneId.NotFound",
            "InvalidVpcId.NotFound",
            "ResourceNotAvailable",
        ],
    ),
    rule(
        Kind::AlreadyThere,
        &[],
        &[
            "InvalidCIDRBlock.Duplicate",
            "Duplicated.VpcNextHop",
            "InvalidRouteEntry.Duplicate",
            "RouteConflict.AlreadyExist",
            "RouterEntryConflict.Duplicated",
        ],
        "The table has a route for this destination. Look where it leads: if somebody else made it, delete it or adopt it.",
    ),
];
