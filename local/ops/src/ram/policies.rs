//! The operations on policies and their versions.

use jiff::Timestamp;
use local_core::directory::{
    Directory, ManagedPolicy, PolicyType, PolicyVersion, policy_key, system_policies, system_policy,
};
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::roles::page;
use super::{POLICIES, Ram, VERSIONS, answer, check_name, document, policy_type, refusal};

impl Ram {
    pub(super) fn create_policy(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let (account, params) = (request.account(), &request.params);
        let name = params.required("PolicyName")?;
        check_name("PolicyName", name, 128, b"-")?;
        let text = document::permissions(params.required("PolicyDocument")?)?;
        let description = params.get("Description").unwrap_or_default();
        self.change(|directory, now| {
            let key = policy_key(account, name);
            let is_taken = directory.policies.get(&key).is_some() || system_policy(name).is_some();
            refuse_if!(is_taken, refusal::policy_exists(name));
            let count = directory.policies.prefixed(&format!("{account}/")).count();
            refuse_if!(count >= POLICIES, refusal::too_many_policies());
            let made = ManagedPolicy::new(account, name, description, text, now);
            let answer = json!({ "Policy": answer::policy(directory, account, &made, PolicyType::Custom) });
            directory.policies.insert(key, made);
            Ok(answer)
        })
    }

    pub(super) fn get_policy(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let kind = policy_type(&request.params)?;
        self.change(|directory, _| {
            let policy = any(directory, request, kind)?;
            let version = policy.in_effect().map(|version| answer::version(&policy, version));
            Ok(json!({
                "Policy": answer::policy(directory, request.account(), &policy, kind),
                "DefaultPolicyVersion": version,
            }))
        })
    }

    pub(super) fn delete_policy(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let cascading = request.params.flag("CascadingDelete")?;
        self.change(|directory, _| {
            let policy = own(directory, request)?;
            let is_attached =
                directory.attached_to(request.account(), PolicyType::Custom, &policy.name).next().is_some();
            refuse_if!(is_attached, refusal::policy_is_attached(&policy.name));
            refuse_if!(policy.versions.len() > 1 && !cascading, refusal::policy_has_versions(&policy.name));
            let key = policy_key(request.account(), &policy.name);
            directory.policies.remove(&key);
            Ok(json!({}))
        })
    }

    pub(super) fn list_policies(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let account = request.account();
        let kind = request.params.get("PolicyType").map(|_| policy_type(&request.params)).transpose()?;
        self.change(|directory, _| {
            let prefix = format!("{account}/");
            let custom = directory.policies.prefixed(&prefix).map(|(_, policy)| (policy.clone(), PolicyType::Custom));
            let system = system_policies().filter_map(of_cloud).map(|policy| (policy, PolicyType::System));
            let mut items: Vec<(String, Value)> = custom
                .chain(system)
                .filter(|(_, of)| kind.is_none_or(|kind| kind == *of))
                .map(|(policy, of)| {
                    (format!("{}/{}", of.word(), policy.name), answer::policy(directory, account, &policy, of))
                })
                .collect();
            items.sort_by(|(one, _), (other, _)| one.cmp(other));
            page(&request.params, "Policies", "Policy", items)
        })
    }

    pub(super) fn create_version(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let text = document::permissions(params.required("PolicyDocument")?)?;
        let becomes_default = params.flag("SetAsDefault")?;
        let rotates = match params.get("RotateStrategy") {
            None | Some("None") => false,
            Some("DeleteOldestNonDefaultVersionWhenLimitExceeded") => true,
            Some(_) => {
                let wanted = "it must be None or DeleteOldestNonDefaultVersionWhenLimitExceeded";
                return Err(RpcError::invalid_parameter("RotateStrategy", wanted));
            }
        };
        self.change(|directory, now| {
            let mut policy = own(directory, request)?.clone();
            if policy.versions.len() >= VERSIONS {
                let oldest = policy.versions.iter().position(|version| version.number != policy.default_version);
                match oldest.filter(|_| rotates) {
                    Some(oldest) => drop(policy.versions.remove(oldest)),
                    None => return Err(refusal::too_many_versions(&policy.name)),
                }
            }
            let number = policy.versions.iter().map(|version| version.number).max().unwrap_or_default() + 1;
            let version = PolicyVersion { number, document: text, created_at: now };
            if becomes_default {
                (policy.default_version, policy.updated_at) = (number, now);
            }
            let made = answer::version(&policy, &version);
            policy.versions.push(version);
            directory.policies.insert(policy_key(request.account(), &policy.name), policy);
            Ok(json!({ "PolicyVersion": made }))
        })
    }

    pub(super) fn get_version(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let kind = policy_type(&request.params)?;
        let id = request.params.required("VersionId")?;
        self.change(|directory, _| {
            let policy = any(directory, request, kind)?;
            let version = policy.version(id).ok_or_else(|| refusal::no_version(&policy.name, id))?;
            Ok(json!({ "PolicyVersion": answer::version(&policy, version) }))
        })
    }

    pub(super) fn delete_version(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let id = request.params.required("VersionId")?;
        self.change(|directory, _| {
            let mut policy = own(directory, request)?.clone();
            let version = policy.version(id).ok_or_else(|| refusal::no_version(&policy.name, id))?.number;
            refuse_if!(version == policy.default_version, refusal::version_is_default(&policy.name, id));
            policy.versions.retain(|one| one.number != version);
            directory.policies.insert(policy_key(request.account(), &policy.name), policy);
            Ok(json!({}))
        })
    }

    pub(super) fn list_versions(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let kind = policy_type(&request.params)?;
        self.change(|directory, _| {
            let policy = any(directory, request, kind)?;
            let versions: Vec<Value> =
                policy.versions.iter().map(|version| answer::version(&policy, version)).collect();
            Ok(json!({ "PolicyVersions": { "PolicyVersion": versions } }))
        })
    }

    pub(super) fn set_default_version(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let id = request.params.required("VersionId")?;
        self.change(|directory, now| {
            let mut policy = own(directory, request)?.clone();
            let version = policy.version(id).ok_or_else(|| refusal::no_version(&policy.name, id))?.number;
            (policy.default_version, policy.updated_at) = (version, now);
            directory.policies.insert(policy_key(request.account(), &policy.name), policy);
            Ok(json!({}))
        })
    }
}

/// The policy of the account that a request names.
fn own<'d>(directory: &'d Directory, request: &RpcRequest) -> Result<&'d ManagedPolicy, RpcError> {
    let name = request.params.required("PolicyName")?;
    directory.policies.get(&policy_key(request.account(), name)).ok_or_else(|| refusal::no_policy(name))
}

/// The policy of either kind that a request names.
pub(super) fn any(directory: &Directory, request: &RpcRequest, kind: PolicyType) -> Result<ManagedPolicy, RpcError> {
    let name = request.params.required("PolicyName")?;
    match kind {
        PolicyType::Custom => own(directory, request).cloned(),
        PolicyType::System => of_cloud(name).ok_or_else(|| refusal::no_policy(name)),
    }
}

/// One of the cloud's own policies. They are older than anything here.
fn of_cloud(name: &str) -> Option<ManagedPolicy> {
    let document = system_policy(name)?.to_string();
    Some(ManagedPolicy::new("system", name, "", document, Timestamp::UNIX_EPOCH))
}
