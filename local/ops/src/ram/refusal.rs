//! The error codes (docs/reference/deploy-apis.md, section 2.1). Those that only follow its naming pattern say so.

use local_core::refusals;
use local_core::rpc::RpcError;

refusals! {
    no_role(name: &str) = missing "EntityNotExist.Role", "The role not exists: {name}.";
    no_policy(name: &str) = missing "EntityNotExist.Policy", "The policy does not exist: {name}.";
    no_version(policy: &str, version: &str) = missing "EntityNotExist.Policy.Version", "The policy {policy} has no version {version}.";
    not_attached(role: &str, policy: &str) = missing "EntityNotExist.Role.Policy", "The policy {policy} is not attached to the role {role}.";
    no_service(name: &str) = missing "EntityNotExist.Service", "The service {name} does not exist, or has no service-linked role.";
    /// By the naming pattern.
    no_task(id: &str) = missing "EntityNotExist.DeletionTask", "The deletion task does not exist: {id}.";
    role_exists(name: &str) = conflict "EntityAlreadyExists.Role", "The role already exists: {name}.";
    policy_exists(name: &str) = conflict "EntityAlreadyExists.Policy", "The policy already exists: {name}.";
    attached_already(role: &str, policy: &str) = conflict "EntityAlreadyExists.Role.Policy", "The policy {policy} is attached to the role {role} already.";
    role_has_policies(name: &str) = conflict "DeleteConflict.Role.Policy", "Policies are attached to the role {name}: detach them first.";
    policy_has_versions(name: &str) = conflict "DeleteConflict.Policy.Version", "The policy {name} has more versions: delete them first, or send CascadingDelete.";
    /// By the naming pattern: the documents know users and groups.
    policy_is_attached(name: &str) = conflict "DeleteConflict.Policy.Role", "The policy {name} is attached to roles: detach it first.";
    /// By the naming pattern.
    version_is_default(policy: &str, version: &str) = conflict "DeleteConflict.PolicyVersion.Default", "{version} is the default version of {policy}.";
    too_many_versions(policy: &str) = conflict "LimitExceeded.Policy.Version", "The policy {policy} has as many versions as it may: delete one, or send RotateStrategy.";
    too_many_roles() = conflict "LimitExceeded.Role", "The account has as many roles as it may.";
    /// By the naming pattern.
    too_many_policies() = conflict "LimitExceeded.Policy", "The account has as many policies as it may.";
    /// By the naming pattern.
    too_many_attached(role: &str, kind: &str) = conflict "LimitExceeded.Role.Policy", "The role {role} has as many {kind} policies as it may.";
    malformed(why: &str) = bad "MalformedPolicyDocument", "The policy document is malformed: {why}.";
    document_length(most: usize) = bad "InvalidParameter.PolicyDocument.Length", "The policy document is longer than {most} characters.";
    /// The codes say no more than that a role of a service is not its account's to change.
    linked(name: &str) = forbidden "NoPermission", "You are not authorized to do this action. The role {name} is linked to a service, which alone changes it.";
    described() = bad "InvalidParameter.Description.NotAllowed", "A default service-linked role takes no description.";
}

/// A name is too long.
pub(super) fn length(parameter: &str, most: usize) -> RpcError {
    RpcError::bad(
        format!("InvalidParameter.{parameter}.Length"),
        format!("{parameter} has more than {most} characters."),
    )
}

/// A name has a character that none may have.
pub(super) fn characters(parameter: &str) -> RpcError {
    RpcError::bad(
        format!("InvalidParameter.{parameter}.InvalidChars"),
        format!("{parameter} has characters other than letters, digits and hyphens."),
    )
}
