//! A stack, its resources and events as the cloud shows them.

use alicloud::Region;
use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::utc::time;

words! {
    /// The state of a stack.
    StackStatus {
        /// Being made.
        CreateInProgress = "CREATE_IN_PROGRESS",
        /// Made.
        CreateComplete = "CREATE_COMPLETE",
        /// Not made, and what was made is still there.
        CreateFailed = "CREATE_FAILED",
        /// Not made; what was made is being deleted.
        CreateRollbackInProgress = "CREATE_ROLLBACK_IN_PROGRESS",
        /// Not made; what was made is deleted. The stack itself stays and keeps its name.
        CreateRollbackComplete = "CREATE_ROLLBACK_COMPLETE",
        /// Not made, and something could not be deleted.
        CreateRollbackFailed = "CREATE_ROLLBACK_FAILED",
        /// Being updated.
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        /// Updated.
        UpdateComplete = "UPDATE_COMPLETE",
        /// Not updated, and not rolled back.
        UpdateFailed = "UPDATE_FAILED",
        /// Not updated; going back to what was.
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        /// Not updated; all is as it was.
        RollbackComplete = "ROLLBACK_COMPLETE",
        /// Neither updated nor as it was.
        RollbackFailed = "ROLLBACK_FAILED",
        /// Being deleted.
        DeleteInProgress = "DELETE_IN_PROGRESS",
        /// Deleted; readable by its id for some time.
        DeleteComplete = "DELETE_COMPLETE",
        /// Not deleted: something in it could not be.
        DeleteFailed = "DELETE_FAILED",
        /// Being checked.
        CheckInProgress = "CHECK_IN_PROGRESS",
        /// Checked.
        CheckComplete = "CHECK_COMPLETE",
        /// Checked, with faults.
        CheckFailed = "CHECK_FAILED",
        /// Made by a change set that was not carried out.
        ReviewInProgress = "REVIEW_IN_PROGRESS",
    }
}

/// How a change of a stack ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// As it was asked for.
    Done,
    /// It failed, and all is as it was before.
    RolledBack,
    /// It failed, and what is there is neither the old nor the new.
    Failed,
    /// The stack is gone.
    Deleted,
}

impl StackStatus {
    /// How the last change ended; none while it is under way, and of a state that this version does not know.
    #[must_use]
    pub fn settled(&self) -> Option<Settled> {
        match self {
            Self::CreateComplete | Self::UpdateComplete | Self::CheckComplete => Some(Settled::Done),
            Self::CreateRollbackComplete | Self::RollbackComplete => Some(Settled::RolledBack),
            Self::CreateFailed
            | Self::CreateRollbackFailed
            | Self::UpdateFailed
            | Self::RollbackFailed
            | Self::DeleteFailed
            | Self::CheckFailed => Some(Settled::Failed),
            Self::DeleteComplete => Some(Settled::Deleted),
            Self::CreateInProgress
            | Self::CreateRollbackInProgress
            | Self::UpdateInProgress
            | Self::RollbackInProgress
            | Self::DeleteInProgress
            | Self::CheckInProgress
            | Self::ReviewInProgress
            | Self::Unknown(_) => None,
        }
    }

    /// Whether an update may begin. Of a stack that was never made whole the documents do not say: it is deleted and made anew.
    #[must_use]
    pub fn can_be_updated(&self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::UpdateComplete
                | Self::RollbackComplete
                | Self::CheckComplete
                | Self::UpdateFailed
        )
    }

    /// Whether the stack was never made whole, and only keeps its name.
    #[must_use]
    pub fn never_was(&self) -> bool {
        matches!(
            self,
            Self::CreateFailed | Self::CreateRollbackComplete | Self::CreateRollbackFailed | Self::ReviewInProgress
        )
    }
}

words! {
    /// The state of a resource of a stack.
    ResourceStatus {
        /// Not begun.
        InitComplete = "INIT_COMPLETE",
        /// Being made.
        CreateInProgress = "CREATE_IN_PROGRESS",
        /// Made.
        CreateComplete = "CREATE_COMPLETE",
        /// Not made.
        CreateFailed = "CREATE_FAILED",
        /// Being changed.
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        /// Changed.
        UpdateComplete = "UPDATE_COMPLETE",
        /// Not changed.
        UpdateFailed = "UPDATE_FAILED",
        /// Being deleted.
        DeleteInProgress = "DELETE_IN_PROGRESS",
        /// Deleted.
        DeleteComplete = "DELETE_COMPLETE",
        /// Not deleted.
        DeleteFailed = "DELETE_FAILED",
    }
}

/// The product's call that made an operation fail: what a person must be shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OperationInfo {
    /// The call, such as `CreateFunction`.
    pub action: Option<String>,
    /// The product's code.
    pub code: Option<String>,
    /// Its message.
    pub message: Option<String>,
    /// The id of the request at the product.
    pub request_id: Option<String>,
    /// The resource of the template.
    pub logical_resource_id: Option<String>,
    /// Its type, such as `ALIYUN::FC3::Function`.
    pub resource_type: Option<String>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Option<String>,
}

/// A parameter as the stack shows it: NoEcho ones as asterisks. Never sent back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    /// Its name; pseudo parameters begin with `ALIYUN::`.
    #[serde(rename = "ParameterKey")]
    pub key: String,
    /// Its value.
    #[serde(rename = "ParameterValue")]
    pub value: Option<String>,
}

/// An output.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    /// Its name.
    #[serde(rename = "OutputKey")]
    pub key: String,
    /// Its value, of any JSON type.
    #[serde(default, rename = "OutputValue")]
    pub value: Value,
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stack {
    /// Its id.
    pub stack_id: String,
    /// Its name, unique among those of the region that are not deleted.
    pub stack_name: String,
    /// Its state.
    pub status: StackStatus,
    /// Why it is in that state.
    pub status_reason: Option<String>,
    /// Its region.
    pub region_id: Option<Region>,
    /// When it was made.
    #[serde(default, deserialize_with = "time")]
    pub create_time: Option<Timestamp>,
    /// When it was changed last.
    #[serde(default, deserialize_with = "time")]
    pub update_time: Option<Timestamp>,
    /// `Enabled` or `Disabled`.
    pub deletion_protection: Option<String>,
    /// Whether a failed creation leaves what it made.
    pub disable_rollback: Option<bool>,
    /// The role that ROS acts with; the caller's own rights without.
    pub ram_role_name: Option<String>,
    /// What the template calls itself.
    pub description: Option<String>,
    /// Its tags.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub tags: Vec<Tag>,
    /// Its parameters, pseudo ones among them.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub parameters: Vec<Parameter>,
    /// Its outputs.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub outputs: Vec<Output>,
    /// The product's call that failed, if one did.
    pub operation_info: Option<OperationInfo>,
    /// Why it could not be rolled back.
    pub rollback_failed_root_reason: Option<String>,
    /// `DRIFTED`, `IN_SYNC` or `NOT_CHECKED`.
    pub stack_drift_status: Option<String>,
}

impl Stack {
    /// A parameter of the template.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.key == name)?.value.as_deref()
    }

    /// An output.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&Value> {
        self.outputs.iter().find(|output| output.key == name).map(|output| &output.value)
    }
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    /// Its name in the template.
    pub logical_resource_id: String,
    /// Its id at the product.
    pub physical_resource_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Its state.
    pub status: ResourceStatus,
    /// Why it is in that state.
    pub status_reason: Option<String>,
    /// When it was changed last.
    #[serde(default, deserialize_with = "time")]
    pub update_time: Option<Timestamp>,
}

/// Something that happened to a stack or a resource of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    /// Its id.
    pub event_id: String,
    /// The resource, or the stack's own name.
    pub logical_resource_id: Option<String>,
    /// Its id at the product.
    pub physical_resource_id: Option<String>,
    /// Its type; `ALIYUN::ROS::Stack` for the stack itself.
    pub resource_type: Option<String>,
    /// The state that it came to.
    pub status: StackStatus,
    /// Why.
    pub status_reason: Option<String>,
    /// When.
    #[serde(default, deserialize_with = "time")]
    pub create_time: Option<Timestamp>,
}
