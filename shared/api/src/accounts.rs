//! Whether connected accounts let Causeway in, and which deployment asks.

use connection::not_done::FailedCall;
use connection::words::{AccountAlias, Kind, RegionId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which deployment a webhook belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// The id of the account in which its functions run.
    pub account_id: String,
    /// Their region.
    pub region_id: RegionId,
    /// The name of the stack. The names of the functions' roles begin with it.
    pub stack: String,
    /// The kinds of connections whose functions and queues are deployed.
    pub kinds: Vec<Kind>,
}

/// A connected account, looked at just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountChecks {
    /// The account.
    pub account: AccountAlias,
    /// Its id in its cloud.
    pub account_id: String,
    /// The region that was looked at.
    pub region_id: RegionId,
    /// What was looked at, each with what came of it.
    pub checks: Vec<AccountCheck>,
}

impl AccountChecks {
    /// Whether something failed, or could not be looked at. A product that is closed fails nothing by itself.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.checks.iter().any(|check| matches!(check.outcome, LookOutcome::Failed | LookOutcome::Unknown))
    }
}

/// One look at a connected account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountCheck {
    /// What was looked at.
    pub look: Look,
    /// What came of it.
    pub outcome: LookOutcome,
    /// What happened, unless it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// The call that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<FailedCall>,
    /// The permission that is missing, such as `vpc:DescribeVpcs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// What is looked at in a connected account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// Whether the role for looking can be assumed, or the key is there.
    Access,
    /// VPCs.
    Vpc,
    /// Security groups and instances.
    Ecs,
    /// Peerings of VPCs.
    Peering,
    /// Cloud Data Transfer, within the border of mainland China or outside of it.
    Cdt,
    /// Cloud Data Transfer across that border.
    CdtCrossBorder,
    /// PrivateLink.
    PrivateLink,
    /// Classic load balancers.
    LoadBalancer,
}

/// What came of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LookOutcome {
    /// It is as it has to be.
    Passed,
    /// The account has not opened the product. Only connections that need it are refused.
    Closed,
    /// Nothing works with this product until somebody changes something.
    Failed,
    /// The cloud did not tell.
    Unknown,
}
