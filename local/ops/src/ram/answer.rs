//! The JSON bodies.

use jiff::Timestamp;
use local_core::directory::{Attachment, Directory, ManagedPolicy, PolicyType, PolicyVersion, policy_key};
use local_core::ram::Role;
use serde_json::{Value, json};

/// To the second, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A role.
pub(crate) fn role(role: &Role) -> Value {
    json!({
        "RoleId": role.role_id,
        "RoleName": role.name,
        "Arn": role.arn(),
        "Description": role.description,
        "CreateDate": role.created_at.map(time),
        "UpdateDate": role.created_at.map(time),
        "MaxSessionDuration": role.max_session_seconds,
        "IsServiceLinkedRole": role.linked_to.is_some(),
        "AssumeRolePolicyDocument": json!(role.trust).to_string(),
    })
}

/// A policy of an account, or one of the cloud's.
pub(super) fn policy(directory: &Directory, account: &str, policy: &ManagedPolicy, kind: PolicyType) -> Value {
    json!({
        "PolicyName": policy.name,
        "PolicyType": kind.word(),
        "Description": policy.description,
        "DefaultVersion": format!("v{}", policy.default_version),
        "CreateDate": time(policy.created_at),
        "UpdateDate": time(policy.updated_at),
        "AttachmentCount": directory.attached_to(account, kind, &policy.name).count(),
    })
}

/// A version of a policy.
pub(super) fn version(policy: &ManagedPolicy, version: &PolicyVersion) -> Value {
    json!({
        "VersionId": version.id(),
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": time(version.created_at),
        "PolicyDocument": version.document,
    })
}

/// A policy as the listing of a role's shows it.
pub(super) fn attached(directory: &Directory, account: &str, attachment: &Attachment) -> Value {
    let policy = directory.policies.get(&policy_key(account, &attachment.policy));
    let policy = policy.filter(|_| attachment.kind == PolicyType::Custom);
    json!({
        "PolicyName": attachment.policy,
        "PolicyType": attachment.kind.word(),
        "Description": policy.map(|policy| policy.description.as_str()).unwrap_or_default(),
        "DefaultVersion": policy.map_or_else(|| "v1".to_owned(), |policy| format!("v{}", policy.default_version)),
        "AttachDate": time(attachment.at),
    })
}
