//! Router interfaces, routes and vSwitches.

use cloud_error::rules;

use super::{Call, Rule};

/// What is left when no other row fits: by then it is known that the code is none of the documented ones.
pub(super) const UNKNOWN: &[Rule] = rules! { Call:
    Commercial at 403 on CreateRouterInterface: "*" => NOT_SOLD;
    Commercial at 400 on CreateRouterInterface: "*" => NOT_SOLD;
};

/// No source has the code of this refusal.
const NOT_SOLD: &str = "No document explains this code. Since 2019-06-20 router interfaces between VPCs are sold to accounts alone that \
    used them before, and this account may be none of them: use kind vpc-peering. If it has router interfaces already, look the code \
    up.";

pub(super) const RULES: &[Rule] = rules! { Call:
    // ---- router interfaces, by call
    RuledOut on CreateRouterInterface | ConnectRouterInterface: "ResourceAlreadyExist.*"
        => "Something else joins these VPCs already, most likely a peering connection, and the cloud does not allow both. Remove \
            it first, or use it.";
    Quota on CreateRouterInterface: "QuotaExceeded"
        => "The router, or the account in this region, has as many router interfaces as it may. Remove what is not needed, or \
            raise the quota in the console.";
    AlreadyThere on ConnectRouterInterface: "IncorrectRIStatus" | "IncorrectStatus" | "Forbidden.OnlyOneConnection"
        => "Only an Idle pair can be connected, and two routers have at most one connected pair. Look whether this pair is \
            connecting or connected already; if another pair joins the two routers, remove that one first.";
    AlreadyThere on ActivateRouterInterface | DeactivateRouterInterface: "IncorrectRIStatus" | "IncorrectStatus"
        | "InvalidInstance.StatusError"
        => "Only an Inactive interface can be activated and only an Active one deactivated. Look at its status: it may be where it \
            should be already, or still on its way.";
    Busy on DeleteRouterInterface | ModifyRouterInterfaceSpec: "IncorrectRIStatus" | "IncorrectStatus"
        | "InvalidInstance.StatusError" | "OperationFailed.OperationLocked"
        => "An interface can be deleted only while Idle or Inactive, and resized only while Active. Wait for it to settle, or \
            deactivate it first.";
    Busy on DeleteRouterInterface: "RouterInterfaceReferredByRouteEntry" | "ReferredByRouteEntry.RouterInterface"
        | "DependencyViolation.RouterInterfaceReferedByRouteEntry"
        => "A route still points to the interface. Delete the route and wait until it is no longer listed.";
    Commercial on DeleteRouterInterface: "InvalidRouterInterfaceChargeType.Malformed"
        => "A prepaid interface cannot be deleted before it expires. Let it run out, or have it refunded in the console.";
    Busy on ConnectRouterInterface: "IncorrectOppositeInterfaceInfo.NotSet"
        => "Both sides need all four facts of the other side (interface, router, router type, owner) before they can be connected. \
            Set what is missing; the acceptor's side first.";
    Refused: "IncorrectOppositeInterfaceInfo"
        => "The two interfaces do not point at each other, or belong to the same router. Compare the peer information of both \
            sides.";
    Refused: "InvalidParam.ModifyRouterInterface"
        => "Peer information can be set only while the interface is Idle. One that was connected before has to be deleted and made \
            anew, on both sides.";
    Refused: "IncorrectRole.NotInitiatingSide" => "Only the initiating side can connect.";
    Refused: "CROSS_BID.FORBIDDEN"
        => "The two accounts belong to different sites (China and international) and cannot be joined this way.";
    Refused: "ParameterMismatch.RegionId-OppositeRegionId-Spec" | "InvalidSpec.ValudNotSupported"
        => "This spec is not offered between these regions, or not on this side. An accepting side has no class but Negative, an \
            initiating side any other. Choose such a one.";
    Refused: "InvalidRole.ValueNotSupported" | "InvalidAliuid" | "InvalidName.Malformd" | "InvalidDescription.Malformed"
        | "InvalidOppositeRouterType.ValueNotSupported" | "LinkRole.NotSupport" | "InvalidFilterKey.ValueNotSupported"
        | "InvalidParam.NotNull";
    Refused: "InvalidOpposite.NotFound" => "The interface on the other side no longer exists. Make the pair anew.";
    // ---- vSwitches, by call
    Refused on CreateVSwitch: "InvalidCidrBlock.Overlapped"
        => "Another vSwitch of the VPC has addresses of this range. Choose a free one.";
    Refused on CreateVSwitch: "InvalidCidrBlock" | "InvalidCidrBlock.Malformed" | "InvalidCirdrBlock.MaskLength"
        => "A vSwitch's range lies inside a range of its VPC, its mask is /16 to /29, and its host bits are zero. Choose such a one.";
    Quota on CreateVSwitch: "QuotaExceeded.VSwitch" | "QuotaExceeded"
        => "The VPC has as many vSwitches as it may. Delete what is not needed, or raise the quota in the console.";
    Gone on DeleteVSwitch: "InvalidVswitchID.NotFound" | "InvalidVSwitchId.NotFound" => "The vSwitch is not there any more.";
    Busy on DeleteVSwitch: "DependencyViolation" | "DependencyViolation.*"
        => "Something is still in the vSwitch. Remove it, and wait until it is no longer listed.";
    // ---- routes, by call
    Gone on DeleteRouteEntry: "InvalidRouteEntry.NotFound" | "InvalidRouteTableId.NotFound" | "InvalidRouteTable.NotFound"
        => "The route is not there any more.";
    Gone on DescribeRouteEntryList: "InvalidRouteTableId.NotFound" | "InvalidRouteTable.NotFound"
        => "This route table does not exist in this region of this account; somebody may have deleted it.";
    Quota on CreateRouteEntry: "QuotaExceeded"
        => "The route table is full. Delete routes, join several ranges into one, or raise the quota in the console.";
    Refused on DeleteRouteEntry: "OperationDenied" | "Forbbiden"
        => "This is a route of the system, or one that another product keeps. It cannot be deleted here.";
    Refused on DeleteRouteEntry: "InvalidNextHop"
        => "The route for this destination leads to another next hop than the one named. Look where it leads: if somebody else \
            changed it, it is theirs.";
    Busy: "OperationDenied.RouteEntryExist"
        => "A route still points to it. Delete the route and wait until it is no longer listed.";
    Refused: "InvalidRouterInterface" | "InvalidNextHopId.NotFound" | "InvalidNextHop.NotFound" | "InvalidNextHop"
        => "The next hop must be one's own router interface, on the router of this very VPC.";
    Refused: "InvalidRouteTableId.NotFound" | "InvalidRouteTable.NotFound"
        => "This route table does not exist in this region of this account.";
    Refused: "InvalidCidrBlock" | "InvalidCidrBlock.Malformed" | "InvalidDestinationCidrBlock" | "InvalidCidrBlock.Overlapped"
        => "The address range is not allowed here: it must not equal or lie inside a range of one of the VPC's own vSwitches, nor \
            touch 100.64.0.0/10, and its host bits must be zero.";
    Refused: "InvalidNextHopType" | "InvalidNexthopTypeAndList.*" | "InvalidOppositeRouterType" | "ResourceNotFound.VpcPeer"
        | "OperationFailed.InstanceDismatchCurrentVpc" | "OperationDenied" | "OperationDenied.*" | "InvalidRouteEntry"
        | "InvalidCirdrBlock.MaskLength" | "InvalidZoneId.NotFound" | "InvalidVpcId.NotFound" | "ResourceNotAvailable";
    AlreadyThere: "InvalidCIDRBlock.Duplicate" | "Duplicated.VpcNextHop" | "InvalidRouteEntry.Duplicate"
        | "RouteConflict.AlreadyExist" | "RouterEntryConflict.Duplicated"
        => "The table has a route for this destination. Look where it leads: if somebody else made it, delete it or adopt it.";
};
