//! What every product may say, and the message service.

use cloud_error::rules;

use super::{Call, DRY_RUN_PASSED, Rule};

/// What comes before the general part, for calls of this crate alone.
pub(super) const OWN: &[Rule] = rules! { Call:
    Denied on AssumeRole: "EntityNotExist.Role" | "NoPermission"
        => "The role does not exist, or does not trust the caller. Check the role's name and trust policy, its external id, and \
            that the caller may use sts:AssumeRole on it.";
};

/// What every product may say, whatever the calls are called.
#[derive(Debug)]
pub struct General<C>(std::marker::PhantomData<C>);

impl<C: 'static> General<C> {
    /// The rules.
    pub const RULES: &'static [cloud_error::Rule<C>] = rules! { Call:
        // ---- wait
        Busy: "TaskConflict" | "IncorrectRouteEntryStatus" | "IncorrcetRouteEntryStatus" | "IncorrectVpcStatus"
            | "IncorrectVSwitchStatus" | "InvalidStatus.RouteEntry"
            => "Another change of this VPC's routes or vSwitches is under way, and the cloud takes one at a time. Wait.";
        Busy: "IncorrectStatus" | "IncorrectStatus.*" | "IncorrectRIStatus" | "InvalidInstance.StatusError" | "IncorrectInstanceStatus"
            | "OperationConflict" | "OperationFailed.DistibuteLock" | "OperationFailed.IdempotentTokenProcessing"
            | "OperationFailed.NotifyCenCreate" | "OperationFailed.OperationLocked" | "SystemBusy" | "QueueDeletedRecently"
            | "Conflict.Operation";
        Busy: "LastTokenProcessing" | "IdempotenceProcessing"
            => "The same call is still being carried out. Wait, then ask again with the same token.";
        Refused: "IdempotentParameterMismatch" | "IdempotenceParamNotMatch" | "IdempotenceSignatureMismatch"
            => "The token of this call was used before with other parameters. Look at what that call made.";
        Throttled: "*Throttling*" | "QpsLimitExceeded";
        // Retried blindly by others; reading back first is the careful form of it.
        OutcomeUnknown: "UnknownError" | "InternalError" | "InternalServerError" | "VPC.ERROR" | "ServiceUnavailable";
        OutcomeUnknown: "SignatureNonceUsed"
            => "The cloud saw this very request before, so something on the way delivered it twice. Look at what the first one did.";
        // ---- gone
        Gone: "InvalidRouterInterfaceId.NotFound" | "InvalidInstanceId.NotFound" | "ResourceNotFound.InstanceId" | "QueueNotExist"
            | "MessageNotExist";
        // ---- money and quotas
        Commercial: "COMMODITY.*" | "InvalidPrice.NotFound"
            => "This charge type or spec is not sold to this account. Choose another spec, or buy it in the console once to see why.";
        Commercial: "Forbidden.BillsOutstanding";
        Commercial: "Forbidden.FinancileLocked" | "Forbidden.FinancialLocked" | "IncorrectBusinessStatus.*"
            => "It is locked because bills of its owner are outstanding. Settle them; the lock goes by itself.";
        Quota: "QuotaExceeded" | "QuotaExceeded.*" | "InvalidBandwidth.NotEnough";
        // ---- credentials
        StaleCredentials: "InvalidSecurityToken.Expired";
        Denied: "InvalidSecurityToken.*" | "InvalidSecurityToken" | "MissingSecurityToken"
            => "The session token does not belong to the access key. Hand over both from the same source.";
        Denied: "InvalidAccessKeyId" | "InvalidAccessKeyId.*" => "The access key does not exist or is disabled. Use another one.";
        Denied: "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidAuthorizationHeader" | "MissingAuthorizationHeader"
            => "The signature was refused: most likely the secret does not belong to the access key.";
        Denied: "InvalidTimeStamp.*" | "IllegalTimestamp" | "TimeExpired" | "InvalidDateHeader" | "MissingDateHeader"
            => "The clock of this machine is off by more than 15 minutes. Set it.";
        Denied: "Forbbiden" | "Forbbiden.InvaildOwner" | "IllegalParam.InstanceOwner" | "InvalidInstanceOwner.Error"
            => "It belongs to another account. Call with credentials of the account that owns it.";
        Denied: "Forbidden" | "Forbidden.RAM" | "NoPermission" | "AccessDenied"
            => "Grant the missing permission to the role. If the role of a connected account has it, its session was narrowed too far: \
                write narrow_to: actions for the account into config/accounts.json of the store.";
        // ---- MNS
        AlreadyThere: "QueueAlreadyExist" | "TopicAlreadyExist" | "SubscriptionAlreadyExist"
            => "One of that name exists with other attributes. Compare them; change them or choose another name.";
        Refused: "InvalidArgument" | "MissingVersionHeader" | "InvalidDegist" | "InvalidDigest" | "InvalidRequestURL"
            | "InvalidQueryString" | "MalformedXML" | "MissingReceiptHandle" | "MissingVisibilityTimeout" | "InvalidQueueName"
            | "QueueNameLengthError" | "ReceiptHandleError";
        // ---- requests in general
        Refused: "MissingParameter" | "MissingParameter.*" | "InvalidParameter" | "InvalidParameter.*" | "UnsupportedOperation"
            | "NoSuchVersion" | "InvalidAction.NotFound";
        Refused: "IllegalParam" | "IllegalParam.*";
        Refused: DRY_RUN_PASSED => "This was only a dry run, and it passed: nothing was changed.";
        Refused: "InvalidRegionId.NotFound" | "UnsupportedRegion" | "RegionNotFound"
            => "This region does not exist, or not for this product. Correct the region.";
    };
}
