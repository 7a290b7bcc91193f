//! RAM 2015-05-01: roles, policies, service-linked roles. They belong to an account, not to a region.
//!
//! RAM is consistent after a while: a role that was made just now may be refused by others for some seconds.
//! Source: docs/reference/deploy-apis.md, section 2.

use alicloud::Kind;
use alicloud::wire::Params;
use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::client::Client;
use crate::endpoint::hosts;
use crate::error::Error;

/// Roles and policies of an account, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Ram(Client);

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// Its name.
    pub role_name: String,
    /// `acs:ram::1000000000000001:role/name`.
    pub arn: Option<String>,
    /// Who may take it on, as JSON.
    pub assume_role_policy_document: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The longest session, in seconds.
    pub max_session_duration: Option<u32>,
    /// When it was made.
    pub create_date: Option<Timestamp>,
    /// Whether a product made it for itself.
    pub is_service_linked_role: Option<bool>,
}

/// A new role.
#[derive(Debug, Clone, Default)]
pub struct CreateRole {
    /// Its name: 1 to 64 letters, digits, dots and hyphens.
    pub name: String,
    /// Who may take it on, as JSON.
    pub trust: String,
    /// What it is for, up to 1024 characters.
    pub description: Option<String>,
    /// The longest session: 3600 to 43200 s (3600).
    pub max_session_seconds: Option<u32>,
}

/// What of a role changes.
#[derive(Debug, Clone, Default)]
pub struct UpdateRole {
    /// Its name.
    pub name: String,
    /// Who may take it on, as JSON.
    pub trust: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The longest session.
    pub max_session_seconds: Option<u32>,
}

words! {
    /// Who wrote a policy.
    PolicyType {
        /// The account.
        Custom = "Custom",
        /// The cloud.
        System = "System",
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// Its name.
    pub policy_name: String,
    /// Who wrote it.
    pub policy_type: PolicyType,
    /// The version in force: `v1`.
    pub default_version: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// How often it is attached.
    pub attachment_count: Option<u32>,
}

/// A version of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// `v1`.
    pub version_id: String,
    /// Whether it is in force.
    pub is_default_version: Option<bool>,
    /// What it says, as JSON; not in listings.
    pub policy_document: Option<String>,
    /// When it was made.
    pub create_date: Option<Timestamp>,
}

/// A policy with what is in force of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyInForce {
    /// The policy.
    pub policy: Policy,
    /// The version in force.
    pub default_policy_version: Option<PolicyVersion>,
}

#[derive(Deserialize)]
struct Done {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfRole {
    role: Role,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policies {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfVersion {
    policy_version: PolicyVersion,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    policy_versions: Vec<PolicyVersion>,
}

/// Whether something was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was made.
    Now,
    /// It was there.
    Before,
}

/// A call after which something is there: what was there before is no error.
pub(crate) fn made<T>(answer: Result<T, Error>) -> Result<Made, Error> {
    match answer {
        Ok(_) => Ok(Made::Now),
        Err(error) if error.kind() == Kind::AlreadyThere => Ok(Made::Before),
        Err(error) => Err(error),
    }
}

/// A call after which something is not there: what was not there before is no error.
fn gone(answer: Result<Done, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if error.kind() != Kind::Gone => Err(error),
        _ => Ok(()),
    }
}

/// A call that reads: what is not there is none.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}

impl Client {
    /// Roles and policies.
    #[must_use]
    pub fn ram(&self) -> Ram {
        Ram(self.clone())
    }

    /// Makes the role with which a product acts in this account, through the resource manager. RAM has [the same
    /// call](Ram::create_service_linked_role); which of the two knows a service may differ.
    ///
    /// # Errors
    /// `Refused` where the cloud does not know the service.
    pub async fn create_service_linked_role(&self, service: &str) -> Result<Made, Error> {
        let params = Params::new().with("ServiceName", service);
        made(self.rpc::<Done>(Call::CreateLinkedRole, None, hosts::RESOURCE_MANAGER, params).await)
    }

    /// Whether a service has its role in this account. The call is not published: whoever cannot use it asks for the role by name.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn has_service_linked_role(&self, service: &str) -> Result<bool, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            exists: bool,
        }
        let params = Params::new().with("ServiceName", service);
        let call = Call::CheckServiceLinkedRoleExistence;
        Ok(self.rpc::<Answer>(call, None, hosts::RESOURCE_MANAGER, params).await?.exists)
    }
}

impl Ram {
    async fn call<A: DeserializeOwned>(&self, call: Call, params: Params) -> Result<A, Error> {
        self.0.rpc(call, None, hosts::RAM, params).await
    }

    /// Makes a role.
    ///
    /// # Errors
    /// `AlreadyThere` where the name is taken: compare [its trust](Self::role).
    pub async fn create_role(&self, role: &CreateRole) -> Result<Role, Error> {
        let params = Params::new()
            .with("AssumeRolePolicyDocument", &role.trust)
            .maybe("Description", role.description.as_ref())
            .maybe("MaxSessionDuration", role.max_session_seconds)
            .with("RoleName", &role.name);
        Ok(self.call::<OfRole>(Call::CreateRole, params).await?.role)
    }

    /// A role, if there is one of that name.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn role(&self, name: &str) -> Result<Option<Role>, Error> {
        let answer = self.call::<OfRole>(Call::GetRole, Params::new().with("RoleName", name)).await;
        Ok(found(answer)?.map(|answer| answer.role))
    }

    /// Changes a role. What is not named stays.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn update_role(&self, role: &UpdateRole) -> Result<(), Error> {
        let params = Params::new()
            .maybe("NewAssumeRolePolicyDocument", role.trust.as_ref())
            .maybe("NewDescription", role.description.as_ref())
            .maybe("NewMaxSessionDuration", role.max_session_seconds)
            .with("RoleName", &role.name);
        self.call::<Done>(Call::UpdateRole, params).await.map(drop)
    }

    /// Deletes a role. One that is gone already is no error.
    ///
    /// # Errors
    /// `RuledOut` while a policy is attached to it.
    pub async fn delete_role(&self, name: &str) -> Result<(), Error> {
        gone(self.call(Call::DeleteRole, Params::new().with("RoleName", name)).await)
    }

    /// Makes a policy of the account: up to 6144 characters of JSON.
    ///
    /// # Errors
    /// `AlreadyThere` where the name is taken: [a new version](Self::create_policy_version) changes it.
    pub async fn create_policy(&self, name: &str, document: &str, description: Option<&str>) -> Result<(), Error> {
        let params =
            Params::new().maybe("Description", description).with("PolicyDocument", document).with("PolicyName", name);
        self.call::<Done>(Call::CreatePolicy, params).await.map(drop)
    }

    /// Puts a new version of a policy of the account in force. The oldest of five makes room.
    ///
    /// # Errors
    /// `Gone` where there is no such policy.
    pub async fn create_policy_version(&self, name: &str, document: &str) -> Result<PolicyVersion, Error> {
        let params = Params::new()
            .with("PolicyDocument", document)
            .with("PolicyName", name)
            .with("RotateStrategy", "DeleteOldestNonDefaultVersionWhenLimitExceeded")
            .with("SetAsDefault", true);
        Ok(self.call::<OfVersion>(Call::CreatePolicyVersion, params).await?.policy_version)
    }

    /// A policy with what is in force of it, if there is one of that name.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn policy(&self, name: &str, kind: &PolicyType) -> Result<Option<PolicyInForce>, Error> {
        let params = Params::new().with("PolicyName", name).with("PolicyType", kind);
        found(self.call(Call::GetPolicy, params).await)
    }

    /// A version of a policy.
    ///
    /// # Errors
    /// `Gone` where there is none.
    pub async fn policy_version(&self, name: &str, kind: &PolicyType, version: &str) -> Result<PolicyVersion, Error> {
        let params = Params::new().with("PolicyName", name).with("PolicyType", kind).with("VersionId", version);
        Ok(self.call::<OfVersion>(Call::GetPolicyVersion, params).await?.policy_version)
    }

    /// The versions of a policy, without their documents.
    ///
    /// # Errors
    /// `Gone` where there is no such policy.
    pub async fn list_policy_versions(&self, name: &str, kind: &PolicyType) -> Result<Vec<PolicyVersion>, Error> {
        let params = Params::new().with("PolicyName", name).with("PolicyType", kind);
        Ok(self.call::<Versions>(Call::ListPolicyVersions, params).await?.policy_versions)
    }

    /// Deletes a version of a policy that is not in force. One that is gone already is no error.
    ///
    /// # Errors
    /// `RuledOut` where it is in force.
    pub async fn delete_policy_version(&self, name: &str, version: &str) -> Result<(), Error> {
        let params = Params::new().with("PolicyName", name).with("VersionId", version);
        gone(self.call(Call::DeletePolicyVersion, params).await)
    }

    /// Deletes a policy of the account with all its versions. One that is gone already is no error.
    ///
    /// # Errors
    /// `RuledOut` while it is attached to something.
    pub async fn delete_policy(&self, name: &str) -> Result<(), Error> {
        let params = Params::new().with("CascadingDelete", true).with("PolicyName", name);
        gone(self.call(Call::DeletePolicy, params).await)
    }

    /// Attaches a policy to a role.
    ///
    /// # Errors
    /// `Gone` where one of the two is missing, `Quota` where the role has its 5 of the account's or 20 of the cloud's.
    pub async fn attach_policy_to_role(&self, policy: &str, kind: &PolicyType, role: &str) -> Result<Made, Error> {
        made(self.call::<Done>(Call::AttachPolicyToRole, attachment(policy, kind, role)).await)
    }

    /// Detaches a policy from a role. One that is not attached is no error.
    ///
    /// # Errors
    /// `Denied` where the caller may not.
    pub async fn detach_policy_from_role(&self, policy: &str, kind: &PolicyType, role: &str) -> Result<(), Error> {
        gone(self.call(Call::DetachPolicyFromRole, attachment(policy, kind, role)).await)
    }

    /// The policies of a role.
    ///
    /// # Errors
    /// `Gone` where there is no such role.
    pub async fn list_policies_for_role(&self, role: &str) -> Result<Vec<Policy>, Error> {
        let params = Params::new().with("RoleName", role);
        Ok(self.call::<Policies>(Call::ListPoliciesForRole, params).await?.policies)
    }

    /// Makes the role with which a product acts in this account.
    ///
    /// # Errors
    /// `Refused` where the cloud does not know the service.
    pub async fn create_service_linked_role(&self, service: &str) -> Result<Made, Error> {
        let params = Params::new().with("ServiceName", service);
        made(self.call::<Done>(Call::CreateServiceLinkedRole, params).await)
    }
}

fn attachment(policy: &str, kind: &PolicyType, role: &str) -> Params {
    Params::new().with("PolicyName", policy).with("PolicyType", kind).with("RoleName", role)
}

#[cfg(test)]
mod tests;
