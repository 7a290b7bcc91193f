//! What the cloud's codes mean: one table, first match wins, then the HTTP status.
//!
//! Codes are spelled as the service spells them, misspellings included. Two generations coexist (`IncorrectStatus`,
//! `IncorrectRIStatus`) and are treated alike. A code whose documents leave its cause open is given the careful meaning:
//! wait or read back rather than give up.

use http::StatusCode;

use super::Kind;
use crate::call::Call::{
    ActivateRouterInterface, AssumeRole, ConnectRouterInterface, DeactivateRouterInterface, DeleteRouteEntry,
    DeleteRouterInterface, ModifyRouterInterfaceSpec,
};
use crate::call::{Call, Effect};

/// The meaning of a failure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    pub kind: Kind,
    /// What a person can do.
    pub advice: &'static str,
}

/// Some codes that mean the same, on some calls.
struct Rule {
    /// The calls it holds for; none named means every call.
    on: &'static [Call],
    /// Exact codes; `Prefix*` and `*Middle*` match by part.
    codes: &'static [&'static str],
    kind: Kind,
    /// Replaces the kind's own advice.
    advice: Option<&'static str>,
}

const fn rule(kind: Kind, on: &'static [Call], codes: &'static [&'static str], advice: &'static str) -> Rule {
    Rule { on, codes, kind, advice: Some(advice) }
}

const fn plain(kind: Kind, codes: &'static [&'static str]) -> Rule {
    Rule { on: &[], codes, kind, advice: None }
}

/// The table. Rules for some calls stand before rules for all.
const RULES: &[Rule] = &[
    // ---- router interfaces, by call
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
    // ---- routes, by call
    rule(
        Kind::Gone,
        &[DeleteRouteEntry],
        &["InvalidRouteEntry.NotFound", "InvalidRouteTableId.NotFound", "InvalidRouteTable.NotFound"],
        "The route is not there any more.",
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
    // ---- wait
    rule(
        Kind::Busy,
        &[],
        &[
            "TaskConflict",
            "IncorrectRouteEntryStatus",
            "IncorrcetRouteEntryStatus",
            "IncorrectVpcStatus",
            "IncorrectVSwitchStatus",
            "InvalidStatus.RouteEntry",
        ],
        "Another change of this VPC's routes or vSwitches is under way, and the cloud takes one at a time. Wait.",
    ),
    plain(
        Kind::Busy,
        &[
            "IncorrectStatus",
            "IncorrectStatus.*",
            "IncorrectRIStatus",
            "InvalidInstance.StatusError",
            "IncorrectInstanceStatus",
            "OperationConflict",
            "OperationFailed.DistibuteLock",
            "OperationFailed.IdempotentTokenProcessing",
            "OperationFailed.NotifyCenCreate",
            "OperationFailed.OperationLocked",
            "SystemBusy",
            "QueueDeletedRecently",
        ],
    ),
    rule(
        Kind::Busy,
        &[],
        &["LastTokenProcessing", "IdempotenceProcessing"],
        "The same call is still being carried out. Wait, then ask again with the same token.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["IdempotentParameterMismatch", "IdempotenceParamNotMatch"],
        "The token of this call was used before with other parameters. Look at what that call made.",
    ),
    plain(Kind::Throttled, &["*Throttling*", "QpsLimitExceeded"]),
    // Retried blindly by others; reading back first is the careful form of it.
    plain(
        Kind::OutcomeUnknown,
        &["UnknownError", "InternalError", "InternalServerError", "VPC.ERROR", "ServiceUnavailable"],
    ),
    rule(
        Kind::OutcomeUnknown,
        &[],
        &["SignatureNonceUsed"],
        "The cloud saw this very request before, so something on the way delivered it twice. Look at what the first one did.",
    ),
    // ---- gone
    plain(
        Kind::Gone,
        &[
            "InvalidRouterInterfaceId.NotFound",
            "InvalidInstanceId.NotFound",
            "ResourceNotFound.InstanceId",
            "QueueNotExist",
            "MessageNotExist",
        ],
    ),
    // ---- money and quotas
    rule(
        Kind::Commercial,
        &[],
        &["COMMODITY.*", "InvalidPrice.NotFound"],
        "This charge type or spec is not sold to this account. Choose another spec, or buy it in the console once to see why.",
    ),
    plain(Kind::Commercial, &["Forbidden.BillsOutstanding", "Forbidden.FinancileLocked", "Forbidden.FinancialLocked"]),
    plain(Kind::Quota, &["QuotaExceeded", "QuotaExceeded.*", "InvalidBandwidth.NotEnough"]),
    // ---- credentials
    rule(
        Kind::Denied,
        &[AssumeRole],
        &["EntityNotExist.Role", "NoPermission"],
        "The role does not exist, or does not trust the caller. Check the role's name and trust policy, its external id, and \
         that the caller may use sts:AssumeRole on it.",
    ),
    plain(Kind::StaleCredentials, &["InvalidSecurityToken.Expired"]),
    rule(
        Kind::Denied,
        &[],
        &["InvalidSecurityToken.*", "InvalidSecurityToken", "MissingSecurityToken"],
        "The session token does not belong to the access key. Hand over both from the same source.",
    ),
    rule(
        Kind::Denied,
        &[],
        &["InvalidAccessKeyId", "InvalidAccessKeyId.*"],
        "The access key does not exist or is disabled. Use another one.",
    ),
    rule(
        Kind::Denied,
        &[],
        &["SignatureDoesNotMatch", "IncompleteSignature", "InvalidAuthorizationHeader", "MissingAuthorizationHeader"],
        "The signature was refused: most likely the secret does not belong to the access key.",
    ),
    rule(
        Kind::Denied,
        &[],
        &["InvalidTimeStamp.*", "IllegalTimestamp", "TimeExpired", "InvalidDateHeader", "MissingDateHeader"],
        "The clock of this machine is off by more than 15 minutes. Set it.",
    ),
    rule(
        Kind::Denied,
        &[],
        &["Forbbiden", "Forbbiden.InvaildOwner", "IllegalParam.InstanceOwner", "InvalidInstanceOwner.Error"],
        "It belongs to another account. Call with credentials of the account that owns it.",
    ),
    plain(Kind::Denied, &["Forbidden", "Forbidden.RAM", "NoPermission", "AccessDenied"]),
    // ---- MNS
    rule(
        Kind::AlreadyThere,
        &[],
        &["QueueAlreadyExist", "TopicAlreadyExist", "SubscriptionAlreadyExist"],
        "One of that name exists with other attributes. Compare them; change them or choose another name.",
    ),
    plain(
        Kind::Refused,
        &[
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
        ],
    ),
    // ---- requests in general
    plain(
        Kind::Refused,
        &[
            "MissingParameter",
            "MissingParameter.*",
            "InvalidParameter",
            "InvalidParameter.*",
            "UnsupportedOperation",
            "NoSuchVersion",
            "InvalidAction.NotFound",
        ],
    ),
    rule(Kind::Refused, &[], &["InvalidRegionId.NotFound"], "This region does not exist, or not for this product."),
];

/// What `code` means on `call`; the status decides where no rule fits.
pub(super) fn meaning(call: Call, code: Option<&str>, status: StatusCode) -> Meaning {
    let found = code.and_then(|code| RULES.iter().find(|rule| rule.matches(call, code)));
    let (kind, advice) = match found {
        Some(rule) => (rule.kind, rule.advice),
        None => (by_status(call, status), None),
    };
    // A fault of the server may come after the effect. Only codes that say "not carried out" are believed on a 5xx.
    let kind = match kind {
        Kind::Busy | Kind::Refused | Kind::Gone if status.is_server_error() => Kind::OutcomeUnknown,
        kind => kind,
    };
    Meaning { kind, advice: advice.unwrap_or(default_advice(kind)) }
}

impl Rule {
    fn matches(&self, call: Call, code: &str) -> bool {
        (self.on.is_empty() || self.on.contains(&call)) && self.codes.iter().any(|pattern| fits(pattern, code))
    }
}

fn fits(pattern: &str, code: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(middle), Some(_)) => code.contains(middle.trim_end_matches('*')),
        (None, Some(prefix)) => code.starts_with(prefix),
        _ => code == pattern,
    }
}

/// The meaning of a status whose code is not in the table.
fn by_status(call: Call, status: StatusCode) -> Kind {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Kind::Throttled,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::Denied,
        StatusCode::NOT_FOUND if call.effect() == Effect::Deletes => Kind::OutcomeUnknown,
        StatusCode::REQUEST_TIMEOUT => Kind::OutcomeUnknown,
        status if status.is_client_error() => Kind::Refused,
        _ => Kind::OutcomeUnknown,
    }
}

/// What a person can do about a failure of `kind` when the code says nothing more precise.
pub(super) const fn default_advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Throttled => "Too many calls at once. It will be tried again later; nothing to do unless it lasts.",
        Kind::Busy => {
            "The cloud is busy with this resource. It will be tried again; look at it in the console if it lasts."
        }
        Kind::AlreadyThere => "Something like it exists already. Compare it with what was asked for.",
        Kind::Gone => "It does not exist (any more). If somebody deleted it by hand, make it anew.",
        Kind::Refused => "The request was refused and will be again. Correct what the message names.",
        Kind::Quota => {
            "A quota of the account is used up. Remove what is not needed, or raise the quota in the console."
        }
        Kind::Denied => "Grant the missing permission to the role, or correct its trust policy.",
        Kind::StaleCredentials => "The session token ran out. It will be renewed by itself on the next try.",
        Kind::Commercial => "Settle the account's outstanding bills, then go on.",
        Kind::OutcomeUnknown => {
            "Nobody knows whether this took effect. It will be read back before anything else is done."
        }
        Kind::NotSent => "The cloud could not be reached. Check network and endpoint if this lasts.",
        Kind::Malformed => {
            "The answer was not understood. Check that the endpoint is the cloud's, not a proxy's error page."
        }
    }
}

#[cfg(test)]
mod tests;
