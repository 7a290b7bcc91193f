//! `ALIYUN::OSS::BucketWorm`.

use serde::{Deserialize, Serialize};

use super::super::pseudo::Pseudo;
use super::super::scalar::lenient;
use super::{Kind, Problem, within};

/// The retention policy of a bucket (docs/reference/deploy-apis.md, section 4.5). It is made unlocked; locking is not ROS's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct BucketWorm {
    /// The bucket.
    pub bucket: String,
    /// For how many days after it was written an object is protected: 1 to 25567.
    #[serde(deserialize_with = "lenient")]
    pub retention_period_in_days: u32,
}

impl Kind for BucketWorm {
    const TYPE: &'static str = "ALIYUN::OSS::BucketWorm";

    fn check(&self) -> Result<(), Problem> {
        within("RetentionPeriodInDays", self.retention_period_in_days, 1, 25_567)
    }

    fn id(&self) -> String {
        self.bucket.clone()
    }

    /// The others are known once the policy is made.
    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        vec![("RetentionPeriodInDays", self.retention_period_in_days.to_string())]
    }
}
