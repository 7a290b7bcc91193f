//! Peering connections between VPCs.

use cloud_error::rules;

use super::{Call, Rule};

pub(super) const RULES: &[Rule] = rules! { Call:
    RuledOut on CreateVpcPeerConnection: "ResourceAlreadyExist.RouterInterface"
        => "A pair of router interfaces joins these two VPCs, and the cloud does not allow both. Remove the pair first, or ask for \
            a migration.";
    AlreadyThere on CreateVpcPeerConnection: "ResourceAlreadyExist.VpcPeer"
        => "A peering connection joins these two VPCs already. If somebody else made it, delete it or adopt it.";
    AlreadyThere on AcceptVpcPeerConnection | RejectVpcPeerConnection: "IncorrectStatus.VpcPeer" | "IncorrectStatus"
        => "Only a request that waits can be accepted or rejected. Look at its status: it may be active already, rejected, or \
            expired after seven days.";
    Commercial: "OperationFailed.CdtNotOpened"
        => "Peering between regions is billed by Cloud Data Transfer (CDT), which this account has not opened. Open it in the \
            console.";
    Commercial: "OperationFailed.AcceptUserCdtNotOpened"
        => "Peering between regions is billed by Cloud Data Transfer (CDT), which the accepting account has not opened. Its owner \
            has to open it in the console.";
    Commercial: "OperationFailed.CrossBorderCdtNotOpened"
        => "This peering crosses the border of mainland China, for which this account needs the cross-border part of Cloud Data \
            Transfer (CDT). Open it in the console.";
    Commercial: "OperationFailed.AcceptUserCrossBorderCdtNotOpened"
        => "This peering crosses the border of mainland China, for which the accepting account needs the cross-border part of \
            Cloud Data Transfer (CDT). Its owner has to open it in the console.";
    Commercial: "IncorrectBusinessStatus.AcceptVpcPeer" | "IncorrectBusinessStatus.AcceptUserVpcPeer"
        => "The accepting account has outstanding bills. Its owner has to settle them.";
    Quota: "QuotaExceeded.VpcPeerCountPerVpc" | "QuotaExceeded.CrossRegionVpcPeerCountPerVpc"
        | "QuotaExceeded.IntraRegionVpcPeerCountPerVpc"
        => "One of the two VPCs has as many peering connections as it may. Delete what is not needed, or raise the quota in the \
            console.";
    Quota: "QuotaExceeded.VpcPeerCountPerUserPerRegion"
        => "The account has as many peering connections in this region as it may. Delete what is not needed, or raise the quota in \
            the console.";
    Refused: "OperationFailed.ViolativeVpcPeer"
        => "These two regions cannot be joined by peering. Crossing the border of mainland China needs an approved licence.";
    Refused: "OperationFailed.CrossBusinessNotAllowed"
        => "The two accounts belong to different sites (China and international), or to a finance or government cloud, and peering \
            joins accounts of one site only. Use an account of the same site for one of the sides.";
    Refused: "OperationFailed.InterRegionLinkTypeNotSupported" | "OperationFailed.RegionIdNotSupportLinkType"
        | "OperationFailed.SpecificLinkTypeNotSupported"
        => "This link type is not offered here; within one region there is none at all. Leave it out, or choose another one.";
    Refused: "OperationDenied.OperateShareResource"
        => "The VPC is shared, and only its owner may join it to others. Call with credentials of the owner.";
    Refused: "OperationDenied.ServiceManagedInstance" => "Another product of the cloud keeps this connection. Remove it there.";
    Busy on CreateVpcPeerConnection: "Conflict.Operation"
        => "Another peering of this VPC is being made, and the cloud makes one at a time. Wait.";
    Denied: "Forbidden.NoPermission"
        => "The role may not do this. Grant the action to it; a rule of the organisation that names the peers allowed \
            (acs:TargetRDId, acs:TargetRDPath) may stand in the way as well.";
    Refused: "OperationFailed.ChargeTypeNotSupported" | "OperationFailed.NotExist.ResourceGroup";
};
