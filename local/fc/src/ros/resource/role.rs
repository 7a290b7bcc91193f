//! `ALIYUN::RAM::Role`, `ManagedPolicy` and `AttachPolicyToRole`.

use local_core::policy::Policy as Readable;
use local_core::ram::{Role as RamRole, Trust, role_arn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pseudo::Pseudo;
use super::super::scalar::{lenient, optional};
use super::{Kind, Problem, name, within};

/// A role with its trust and its own policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Role {
    /// Unique in the account without regard to case.
    pub role_name: String,
    /// Who may assume it.
    pub assume_role_policy_document: Trust,
    /// What it may do, written with it.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// What it may do, written elsewhere.
    #[serde(default)]
    pub policy_attachments: PolicyAttachments,
    /// Seconds, 3600–43200.
    #[serde(default = "default_session", deserialize_with = "lenient")]
    pub max_session_duration: u32,
    /// What it is for.
    pub description: Option<String>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub deletion_force: Option<bool>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub ignore_existing: Option<bool>,
    /// Recorded.
    pub tags: Option<Value>,
}

/// A policy written with its role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    /// Unique in the account.
    pub policy_name: String,
    /// The policy.
    pub policy_document: Value,
    /// Recorded.
    pub description: Option<String>,
}

/// Names of policies that a role takes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PolicyAttachments {
    /// Policies of the cloud, at most 20.
    #[serde(default)]
    pub system: Vec<String>,
    /// Policies of the account, at most 5.
    #[serde(default)]
    pub custom: Vec<String>,
}

fn default_session() -> u32 {
    3600
}

/// A policy that does not read would deny everything.
fn check_policy(path: &str, document: &Value) -> Result<(), Problem> {
    Readable::read(document).map(drop).map_err(|problem| Problem::new(path, problem))
}

impl Kind for Role {
    const TYPE: &'static str = "ALIYUN::RAM::Role";

    fn check(&self) -> Result<(), Problem> {
        name("RoleName", &self.role_name, 1, 64, "-._")?;
        if self.assume_role_policy_document.statement.is_empty() {
            return Err(Problem::new("AssumeRolePolicyDocument.Statement", "must name someone"));
        }
        within("MaxSessionDuration", self.max_session_duration, 3600, 43_200)?;
        within("PolicyAttachments.System", self.policy_attachments.system.len(), 0, 20)?;
        within("PolicyAttachments.Custom", self.policy_attachments.custom.len(), 0, 5)?;
        for (index, policy) in self.policies.iter().enumerate() {
            check_policy(&format!("Policies[{index}].PolicyDocument"), &policy.policy_document)?;
        }
        Ok(())
    }

    fn id(&self) -> String {
        self.role_name.clone()
    }

    fn attributes(&self, pseudo: &Pseudo) -> Vec<(&'static str, String)> {
        let role = RamRole::new(&pseudo.account_id, &self.role_name, self.assume_role_policy_document.clone());
        vec![
            ("Arn", role_arn(&pseudo.account_id, &self.role_name)),
            ("RoleId", role.role_id),
            ("RoleName", self.role_name.clone()),
        ]
    }

    fn identity(&self) -> String {
        self.role_name.to_lowercase()
    }
}

/// A policy on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ManagedPolicy {
    /// Unique in the account.
    pub policy_name: String,
    /// The policy.
    #[serde(alias = "PolicyDocumentUnchecked")]
    pub policy_document: Value,
    /// The roles that take it on.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Recorded: there are no users here.
    pub users: Option<Value>,
    /// Recorded: there are no groups here.
    pub groups: Option<Value>,
    /// What it is for.
    pub description: Option<String>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub deletion_force: Option<bool>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub ignore_existing: Option<bool>,
}

impl Kind for ManagedPolicy {
    const TYPE: &'static str = "ALIYUN::RAM::ManagedPolicy";

    fn check(&self) -> Result<(), Problem> {
        name("PolicyName", &self.policy_name, 1, 128, "-")?;
        check_policy("PolicyDocument", &self.policy_document)
    }

    fn id(&self) -> String {
        self.policy_name.clone()
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        vec![("PolicyName", self.policy_name.clone())]
    }
}

/// The tie between a policy and a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AttachPolicyToRole {
    /// The policy.
    pub policy_name: String,
    /// Whose policy it is.
    pub policy_type: PolicyType,
    /// The role.
    pub role_name: String,
}

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyType {
    /// The cloud's.
    System,
    /// The account's.
    Custom,
}

impl Kind for AttachPolicyToRole {
    const TYPE: &'static str = "ALIYUN::RAM::AttachPolicyToRole";

    fn check(&self) -> Result<(), Problem> {
        Ok(())
    }

    fn id(&self) -> String {
        format!("{}/{}", self.role_name, self.policy_name)
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
