//! What the parts of a deployment are called: all of it follows from its name, its account and its region.

use alicloud::{AccountId, Region};

use crate::operator::Operator;

/// The names of the parts of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The stack of functions and queues.
    pub stack: String,
    /// The stack that is made before: bucket for code, and the courier's role.
    pub base: String,
    /// The function that writes releases into the bucket for code, and its role.
    pub courier: String,
    /// The bucket for code.
    pub code: String,
    /// The bucket for records.
    pub records: String,
    /// The log project.
    pub logs: String,
}

impl Names {
    /// Those of the deployment `stack`.
    #[must_use]
    pub fn new(stack: &str, account: &AccountId, region: &Region) -> Self {
        let with = |what: &str| format!("{stack}-{what}");
        // Names of buckets are unique in the whole cloud.
        let bucket = |what: &str| format!("{stack}-{what}-{account}-{region}");
        Self {
            stack: stack.to_owned(),
            base: with("base"),
            courier: with("courier"),
            code: bucket("code"),
            records: bucket("records"),
            logs: format!("{stack}-{account}-{region}"),
        }
    }

    /// Those of an operator's deployment.
    #[must_use]
    pub fn of(operator: &Operator) -> Self {
        Self::new(&operator.stack, &operator.identity.account, &operator.region)
    }
}
