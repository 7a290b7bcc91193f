//! What RAM keeps of all accounts: roles, policies with their versions, and which are attached to which.
//!
//! The product itself, with its limits and codes, is elsewhere; here is what every other product asks: what a role may do now.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ram::Role;
use crate::table::{Changes, Storage, StorageError, Table};
use crate::words;

words! {
    /// Whose policy it is.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum PolicyType {
        /// The account's own.
        Custom = "Custom",
        /// The cloud's, the same in every account.
        System = "System",
    }
}

/// A policy that is attached to a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub policy: String,
    /// Whose it is.
    pub kind: PolicyType,
    /// Since when, in cloud time.
    pub at: Timestamp,
}

/// A policy of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// The account that owns it.
    pub account_id: String,
    /// Unique in the account.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made, in cloud time.
    pub created_at: Timestamp,
    /// When it got its newest version or another default.
    pub updated_at: Timestamp,
    /// The number of the version that has effect.
    pub default_version: u32,
    /// Its versions, oldest first. Numbers rise and are not used again.
    pub versions: Vec<PolicyVersion>,
}

/// A version of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// `v` and this is its id.
    pub number: u32,
    /// As it was sent.
    pub document: String,
    /// When it was made, in cloud time.
    pub created_at: Timestamp,
}

impl ManagedPolicy {
    /// A policy with one version.
    #[must_use]
    pub fn new(account_id: &str, name: &str, description: &str, document: String, now: Timestamp) -> Self {
        Self {
            account_id: account_id.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            created_at: now,
            updated_at: now,
            default_version: 1,
            versions: vec![PolicyVersion { number: 1, document, created_at: now }],
        }
    }

    /// The version with this id, such as `v2`.
    #[must_use]
    pub fn version(&self, id: &str) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.id() == id)
    }

    /// The version that has effect.
    #[must_use]
    pub fn in_effect(&self) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == self.default_version)
    }
}

impl PolicyVersion {
    /// `v1`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("v{}", self.number)
    }
}

/// What the sources leave open about RAM (docs/reference/deploy-apis.md, sections 2.1 and 2.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a new role, and a policy newly attached, is unknown to every product but RAM, in milliseconds of cloud time.
    pub consistency_delay_milliseconds: u64,
    /// What a trust policy that names a role or user which does not exist comes to.
    pub unknown_principals: UnknownPrincipals,
}

/// What a trust policy that names a role or user which does not exist comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownPrincipals {
    /// It is taken.
    #[default]
    Accept,
    /// It is refused: `MalformedPolicyDocument`.
    Refuse,
}

impl Settings {
    fn delay(self) -> Duration {
        Duration::from_millis(self.consistency_delay_milliseconds)
    }
}

/// The tables of RAM.
#[derive(Debug)]
pub struct Directory {
    /// By account and name: `{account}/{name in small letters}`.
    pub roles: Table<Role>,
    /// By account and name: `{account}/{name}`.
    pub policies: Table<ManagedPolicy>,
    /// What the sources leave open. Not kept across restarts.
    pub settings: Settings,
}

impl Directory {
    pub(crate) fn load(storage: &Storage) -> Result<Self, StorageError> {
        let (roles, policies) = (Table::load(storage, "ram_roles")?, Table::load(storage, "ram_policies")?);
        Ok(Self { roles, policies, settings: Settings::default() })
    }

    pub(crate) fn tables(&mut self) -> [&mut dyn Changes; 2] {
        [&mut self.roles, &mut self.policies]
    }

    /// The role as every product but RAM sees it at `now`: with the documents that have effect, and not before the directory has
    /// spread.
    #[must_use]
    pub fn role(&self, account_id: &str, name: &str, now: Timestamp) -> Option<Role> {
        let mut role = self.roles.get(&role_key(account_id, name))?.clone();
        let spread = |at: Timestamp| at + self.settings.delay() <= now;
        if role.created_at.is_some_and(|at| !spread(at)) {
            return None;
        }
        let attached = role.attached.iter().filter(|attachment| spread(attachment.at));
        role.policies = attached.filter_map(|attachment| self.document(account_id, attachment)).collect();
        Some(role)
    }

    /// The document of an attached policy. One that does not read denies everything, as it stands.
    fn document(&self, account_id: &str, attachment: &Attachment) -> Option<Value> {
        match attachment.kind {
            PolicyType::System => system_policy(&attachment.policy),
            PolicyType::Custom => {
                let policy = self.policies.get(&policy_key(account_id, &attachment.policy))?;
                Some(serde_json::from_str(&policy.in_effect()?.document).unwrap_or(Value::Null))
            }
        }
    }

    /// Stores a role with these policies, each by its name: new ones are made, those that are there get a new version where they
    /// say something else.
    pub fn put_role(&mut self, role: Role, policies: Vec<(String, Value)>, now: Timestamp) {
        let account = role.account_id.clone();
        let mut attached = Vec::new();
        for (name, document) in policies {
            let (key, document) = (policy_key(&account, &name), document.to_string());
            let last = self.policies.get(&key).and_then(ManagedPolicy::in_effect);
            match last.map(|version| version.document == document) {
                Some(true) => {}
                Some(false) => {
                    if let Some(policy) = self.policies.get_mut(&key) {
                        policy.put_version(document, now);
                    }
                }
                None => drop(self.policies.insert(key, ManagedPolicy::new(&account, &name, "", document, now))),
            }
            attached.push(Attachment { policy: name, kind: PolicyType::Custom, at: now });
        }
        let created_at = role.created_at.or(Some(now));
        self.roles.insert(role_key(&account, &role.name), Role { attached, created_at, policies: Vec::new(), ..role });
    }

    /// How many roles a policy is attached to, and which.
    pub fn attached_to(&self, account_id: &str, kind: PolicyType, policy: &str) -> impl Iterator<Item = &Role> {
        let roles = self.roles.prefixed(&format!("{account_id}/")).map(|(_, role)| role).collect::<Vec<_>>();
        let policy = policy.to_owned();
        roles.into_iter().filter(move |role| role.attached.iter().any(|one| one.kind == kind && one.policy == policy))
    }
}

impl ManagedPolicy {
    /// Adds a version that has effect at once, and forgets the oldest beyond five.
    fn put_version(&mut self, document: String, now: Timestamp) {
        let number = self.versions.last().map_or(1, |version| version.number + 1);
        self.versions.push(PolicyVersion { number, document, created_at: now });
        (self.default_version, self.updated_at) = (number, now);
        if self.versions.len() > 5 {
            self.versions.remove(0);
        }
    }
}

/// The key of a role in its table: names do not depend on case.
#[must_use]
pub fn role_key(account_id: &str, name: &str) -> String {
    format!("{account_id}/{}", name.to_lowercase())
}

/// The key of a policy in its table.
#[must_use]
pub fn policy_key(account_id: &str, name: &str) -> String {
    format!("{account_id}/{name}")
}

/// Policies of the cloud that give everything of some products, by the names that their actions begin with. That of FC also lets
/// its holder pass roles to functions.
const FULL_ACCESS: [(&str, &[&str]); 13] = [
    ("AdministratorAccess", &["*"]),
    ("AliyunECSFullAccess", &["ecs:*"]),
    ("AliyunEventBridgeFullAccess", &["eventbridge:*"]),
    ("AliyunFCFullAccess", &["fc:*", "ram:PassRole"]),
    ("AliyunLogFullAccess", &["log:*"]),
    ("AliyunMNSFullAccess", &["mns:*"]),
    ("AliyunOSSFullAccess", &["oss:*"]),
    ("AliyunPrivateLinkFullAccess", &["privatelink:*"]),
    ("AliyunRAMFullAccess", &["ram:*"]),
    ("AliyunROSFullAccess", &["ros:*"]),
    ("AliyunSLBFullAccess", &["slb:*", "alb:*", "nlb:*"]),
    ("AliyunSTSAssumeRoleAccess", &["sts:AssumeRole"]),
    ("AliyunVPCFullAccess", &["vpc:*"]),
];

/// Policies of the cloud that let their holder look.
const READ_ONLY: [(&str, &[&str]); 5] = [
    ("ReadOnlyAccess", &["*:Describe*", "*:List*", "*:Get*", "*:BatchGet*", "*:Query*", "*:Check*"]),
    ("AliyunECSReadOnlyAccess", &["ecs:Describe*"]),
    ("AliyunOSSReadOnlyAccess", &["oss:Get*", "oss:List*"]),
    ("AliyunRAMReadOnlyAccess", &["ram:Get*", "ram:List*"]),
    ("AliyunVPCReadOnlyAccess", &["vpc:Describe*", "vpc:Get*", "vpc:List*"]),
];

/// The names of the cloud's own policies that exist here, those of service-linked roles included.
pub fn system_policies() -> impl Iterator<Item = &'static str> {
    let linked = SERVICES.iter().map(|service| service.policy);
    FULL_ACCESS.iter().chain(&READ_ONLY).map(|(name, _)| *name).chain(linked)
}

/// The document of one of the cloud's own policies.
#[must_use]
pub fn system_policy(name: &str) -> Option<Value> {
    let allow = |actions: &[&str]| json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let known = FULL_ACCESS.iter().chain(&READ_ONLY).find(|(known, _)| *known == name).map(|(_, actions)| *actions);
    let linked = || SERVICES.iter().find(|service| service.policy == name).map(|service| service.actions);
    known.or_else(linked).map(allow)
}

/// A service that has a role in an account (docs/reference/deploy-apis.md, section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkedService {
    /// The role's name.
    pub role: &'static str,
    /// Who may assume it.
    pub service: &'static str,
    /// The cloud's policy that the role has.
    pub policy: &'static str,
    /// What that policy allows.
    actions: &'static [&'static str],
    /// Whether CreateServiceLinkedRole knows the service: the name of one is in no list, so that the product alone makes its role.
    pub is_listed: bool,
}

/// The services that can be linked to an account here.
pub const SERVICES: [LinkedService; 6] = [
    LinkedService {
        role: "AliyunServiceRoleForEventBridgeSendToFC",
        service: "sendevent-fc.eventbridge.aliyuncs.com",
        policy: "AliyunServiceRolePolicyForEventBridgeSendToFC",
        actions: &["fc:InvokeFunction", "fc:GetFunction"],
        is_listed: true,
    },
    LinkedService {
        role: "AliyunServiceRoleForEventBridgeSourceMNS",
        service: "source-mns.eventbridge.aliyuncs.com",
        policy: "AliyunServiceRolePolicyForEventBridgeSourceMNS",
        actions: &["mns:ReceiveMessage", "mns:DeleteMessage", "mns:GetQueueAttributes"],
        is_listed: false,
    },
    LinkedService {
        role: "AliyunServiceRoleForEventBridgeSendToMNS",
        service: "sendevent-mns.eventbridge.aliyuncs.com",
        policy: "AliyunServiceRolePolicyForEventBridgeSendToMNS",
        actions: &["mns:SendMessage", "mns:GetQueueAttributes"],
        is_listed: true,
    },
    LinkedService {
        role: "AliyunServiceRoleForFC",
        service: "fc.aliyuncs.com",
        policy: "AliyunServiceRolePolicyForFC",
        actions: &["log:*", "vpc:*", "mns:SendMessage"],
        is_listed: true,
    },
    LinkedService {
        role: "AliyunServiceRoleForPrivatelink",
        service: "privatelink.aliyuncs.com",
        policy: "AliyunServiceRolePolicyForPrivatelink",
        actions: &["ecs:DescribeSecurityGroupAttribute", "vpc:DescribeVSwitchAttributes"],
        is_listed: true,
    },
    // ROS makes it by itself in the members of a resource directory; its service's name is in no source.
    LinkedService {
        role: "AliyunServiceRoleForROSStackGroupsRDMember",
        service: "stackgroups-member.ros.aliyuncs.com",
        policy: "AliyunServiceRolePolicyForROSStackGroupsRDMember",
        actions: &["*"],
        is_listed: false,
    },
];

impl LinkedService {
    /// The service with this name, if its role can be made by that name.
    #[must_use]
    pub fn listed(service: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|known| known.service == service && known.is_listed)
    }

    /// The service whose role has this name.
    #[must_use]
    pub fn of_role(role: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|known| known.role == role)
    }
}
