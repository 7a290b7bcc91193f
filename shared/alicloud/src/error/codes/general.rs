//! What every product may say, and the message service.

use super::{DRY_RUN_PASSED, Kind, Rule, plain, rule};
use crate::call::Call::AssumeRole;

pub(super) const RULES: &[Rule] = &[
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
            "Conflict.Operation",
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
        &["IdempotentParameterMismatch", "IdempotenceParamNotMatch", "IdempotenceSignatureMismatch"],
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
    plain(Kind::Commercial, &["Forbidden.BillsOutstanding"]),
    rule(
        Kind::Commercial,
        &[],
        &["Forbidden.FinancileLocked", "Forbidden.FinancialLocked", "IncorrectBusinessStatus.*"],
        "It is locked because bills of its owner are outstanding. Settle them; the lock goes by itself.",
    ),
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
    plain(Kind::Refused, &["IllegalParam", "IllegalParam.*"]),
    rule(Kind::Refused, &[], &[DRY_RUN_PASSED], "This was only a dry run, and it passed: nothing was changed."),
    rule(
        Kind::Refused,
        &[],
        &["InvalidRegionId.NotFound", "UnsupportedRegion", "RegionNotFound"],
        "This region does not exist, or not for this product.",
    ),
];
