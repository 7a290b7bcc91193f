//! What somebody changed by hand in a stack's resources.

use alicloud::wire::{Next, Params, Tokens};
use cloud_wire::{lenient, words};
use serde::Deserialize;

use super::Ros;
use crate::call::Call;
use crate::error::Error;

words! {
    /// How far a look at a stack's resources is.
    DriftDetection {
        /// Under way.
        InProgress = "DETECTION_IN_PROGRESS",
        /// Done.
        Complete = "DETECTION_COMPLETE",
        /// Not done for every resource.
        Failed = "DETECTION_FAILED",
    }
}

words! {
    /// Whether a resource is as the template says.
    DriftStatus {
        /// It was changed.
        Drifted = "DRIFTED",
        /// It is as it should be.
        InSync = "IN_SYNC",
        /// It was not looked at, or cannot be.
        NotChecked = "NOT_CHECKED",
        /// It was changed by hand in some way.
        Modified = "MODIFIED",
        /// It is gone.
        Deleted = "DELETED",
    }
}

/// A resource that is not as the template says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceDrift {
    /// Its name in the template.
    pub logical_resource_id: String,
    /// Its id at the product.
    pub physical_resource_id: Option<String>,
    /// Its type.
    pub resource_type: Option<String>,
    /// How it is.
    pub resource_drift_status: DriftStatus,
    /// What differs.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub property_differences: Vec<PropertyDifference>,
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PropertyDifference {
    /// Where: `/Description`.
    pub property_path: String,
    /// `ADD`, `REMOVE` or `NOT_EQUAL`.
    pub difference_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Began {
    drift_detection_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Progress {
    drift_detection_status: DriftDetection,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Drifts {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    resource_drifts: Vec<ResourceDrift>,
    next_token: Option<String>,
}

impl Ros {
    /// Begins to look at a stack's resources, and answers the id of that look.
    ///
    /// # Errors
    /// `Busy` where an operation is under way.
    pub async fn detect_stack_drift(&self, stack_id: &str) -> Result<String, Error> {
        let params = Params::new().with("StackId", stack_id);
        Ok(self.call::<Began>(Call::DetectStackDrift, params).await?.drift_detection_id)
    }

    /// How far the look is.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn drift_detection(&self, detection_id: &str) -> Result<DriftDetection, Error> {
        let params = Params::new().with("DriftDetectionId", detection_id);
        Ok(self.call::<Progress>(Call::GetStackDriftDetectionStatus, params).await?.drift_detection_status)
    }

    /// What the last look saw, resource by resource.
    ///
    /// # Errors
    /// `Gone` where there is no such stack.
    pub async fn list_stack_resource_drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, Error> {
        let call = Call::ListStackResourceDrifts;
        let (mut all, mut tokens, mut next) = (Vec::new(), Tokens::default(), None::<String>);
        loop {
            let params = Params::new().with("StackId", stack_id).with("MaxResults", 100).maybe("NextToken", next);
            let answer: Drifts = self.call(call, params).await?;
            all.extend(answer.resource_drifts);
            match tokens.take(answer.next_token.as_deref()) {
                Next::Page => next = answer.next_token,
                Next::Done => return Ok(all),
                Next::Fault(reason) => return Err(self.contradiction(call, reason)),
            }
        }
    }
}
