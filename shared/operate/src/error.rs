//! What goes wrong with a call: the one error of all clouds, with the codes of these products.
//!
//! Source: docs/reference/deploy-apis.md, sections 1.7, 2.1, 2.3, 3 and 4.

use alicloud::wire::General;
use alicloud::{Effect, Region};
use cloud_error::{CloudCall, Kind, Table, rules};

use crate::call::Call;

/// A call that did not succeed: which, where, what the cloud said, and what kind of failure it is.
pub type Error = cloud_error::Error<Call>;

type Rule = cloud_error::Rule<Call>;

const SIGN_IN: &[Rule] = rules! { Call:
    Denied on AssumeRoleWithOIDC: "AuthenticationFail.*" | "EntityNotExist.*" | "NoPermission"
        => "The identity provider's token was refused. Check that it is fresh, and that the role trusts its provider.";
};

const ROS: &[Rule] = rules! { Call:
    AlreadyThere on CreateStack: "StackExists"
        => "A stack of this name exists in this region. Take it over, or choose another name.";
    AlreadyThere on CreateStackGroup: "StackGroupExists" => "A stack group of this name exists. Take it over, or choose another name.";
    AlreadyThere on CreateStackInstances: "StackInstanceExists";
    Busy: "ActionInProgress" | "StackGroupOperationInProgress"
        => "Another operation on this stack is under way. Wait until it has ended; the stack's events tell how far it is.";
    Refused: "InvalidIdempotenceParameter"
        => "The token of this request was used before with other parameters. Look at what that request did.";
    Gone on GetStack | ListStackEvents | ListStackResources | GetTemplate | UpdateStack | DeleteStack | PreviewStack
        | SetDeletionProtection | CancelUpdateStack | DetectStackDrift | ListStackResourceDrifts | ListStackOperationRisks: "StackNotFound"
        => "There is no such stack in this region and account. Check region and profile.";
    Gone: "StackGroupNotFound" | "StackInstanceNotFound" | "TemplateNotFound" | "ChangeSetNotFound" | "ResourceNotFound";
    Refused: "InvalidSchema" | "InvalidTemplate*" | "CircularDependency" | "StackValidationFailed"
        => "The template is refused as it stands. Correct what the message names.";
    Refused: "UserParameterMissing" | "UnknownUserParameter" | "MultipleParameter" | "InvalidValue" | "Invalid"
        => "A parameter of the template is missing, unknown or of the wrong kind. Correct what the message names.";
    Quota on CreateStack | UpdateStack | CreateStackGroup | CreateStackInstances: "RequestLimitExceeded"
        => "A quota of ROS is used up: 200 stacks an account, 200 resources a stack. Remove what is not needed, or raise it.";
    Commercial: "AccountTypeNotSupported" | "InvalidAccountStatus*";
};

const RAM: &[Rule] = rules! { Call:
    AlreadyThere: "EntityAlreadyExists.*";
    Gone: "EntityNotExist.Role" | "EntityNotExist.Policy*" | "EntityNotExist.Role.Policy";
    Refused on CreateServiceLinkedRole | CreateLinkedRole: "EntityNotExist.Service"
        => "The cloud does not know a service of this name, so it has no service-linked role.";
    RuledOut: "DeleteConflict.*"
        => "Something is still attached to it, or other versions of it exist. Detach and delete them first.";
    Quota: "LimitExceeded.*";
    Refused: "InvalidParameter.PolicyDocument.Length" => "The policy is longer than RAM takes. Split it.";
    Refused: "MalformedPolicyDocument"
        => "RAM does not take this policy document. A role or user that it trusts may not exist yet: create that one first.";
    Denied: "Inactive" => "The access key is disabled. Use another one.";
};

/// What opening says of a product that is open already, misspelled as it is.
const OPENING: &[Rule] = rules! { Call:
    AlreadyThere on CreateInstance | OpenFcService | OpenOssService | OpenSlsService: "ORDER.OPEND" | "ORDER.OPENED"
        | "CURRENT_ORDER_QUANTITY_EXCEED" | "FC_INTL_ALREADY_OPENED" | "SYSTEM.SALE_VALIDATE_NO_SPECIFIC_CODE_FAILED*"
        => "The product is open already.";
    AlreadyThere on OpenService: "Forbidden.Opened" => "The message service is open already.";
    RuledOut on CreateInstance: "NotApplicable"
        => "This account belongs to the other of the two sites, mainland or international. Order there.";
    Commercial on CreateInstance | OpenFcService | OpenOssService | OpenSlsService | OpenService: "*NotEnoughBalance*" | "*ARREARAGE*";
};

const PRODUCTS: &[Rule] = rules! { Call:
    Commercial: "ServiceNotEnable" => "This account has not opened EventBridge. Open it in the console, or let it be opened.";
    AlreadyThere on CreateFunction: "FunctionAlreadyExists";
    Gone: "FunctionNotFound" | "TriggerNotFound" | "VersionNotFound" | "AliasNotFound";
    Gone on GetLogsV2: "ProjectNotExist" | "LogStoreNotExist"
        => "There is no such log project or store. One that was made just now may not be seen for some minutes.";
    Refused on GetLogsV2: "IndexConfigNotExist" => "The log store has no index, so it cannot be searched. Deploy again: the template makes one.";
    Busy: "ServerBusy";
    Gone: "NoSuchBucket" | "NoSuchKey";
    RuledOut: "PublicEndpointForbidden"
        => "This account may not reach objects from outside the cloud. Let the courier function carry them.";
    Commercial: "UserDisable" => "This account has not opened object storage, or its user is disabled. Open it in the console.";
    Commercial: "InDebt";
    AlreadyThere on PutObject: "FileAlreadyExists";
    AlreadyThere: "BucketAlreadyExists" => "Somebody has a bucket of this name: they are the same for all accounts. Choose another.";
};

/// What is said of a denial here, where it is a person and not a function that needs the permission.
const DENIED: &[Rule] = rules! { Call:
    Denied: "Forbidden" | "Forbidden.RAM" | "NoPermission" | "AccessDenied" | "Unauthorized" => PERMISSION;
};

const THROTTLED: &str = "The cloud takes no more calls of this account for now, and still did not after half a minute. Wait some minutes, and run it again: it goes on.";

const PERMISSION: &str = "Grant the missing permission to the user or role that runs this command.";

impl CloudCall for Call {
    type Region = Region;
    const TABLE: Table<Self> = Table {
        rules: &[SIGN_IN, ROS, RAM, OPENING, PRODUCTS, DENIED, General::<Self>::RULES],
        doubted: &[Kind::Busy, Kind::Refused, Kind::RuledOut, Kind::Gone],
        advice: &[(Kind::Denied, PERMISSION), (Kind::Throttled, THROTTLED)],
    };

    fn service(self) -> &'static str {
        self.product().name()
    }

    fn effect(self) -> Effect {
        self.effect()
    }
}
