//! Which policies are attached to which roles.

use local_core::directory::{Attachment, PolicyType, role_key};
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{CUSTOM, Ram, SYSTEM, answer, policies, policy_type, refusal, roles};

impl Ram {
    pub(super) fn attach(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let kind = policy_type(&request.params)?;
        self.change(|directory, now| {
            let policy = policies::any(directory, request, kind)?.name;
            let mut role = roles::own(directory, request)?.clone();
            let of_kind = role.attached.iter().filter(|attached| attached.kind == kind);
            refuse_if!(of_kind.clone().any(|one| one.policy == policy), refusal::attached_already(&role.name, &policy));
            let most = if kind == PolicyType::Custom { CUSTOM } else { SYSTEM };
            refuse_if!(of_kind.count() >= most, refusal::too_many_attached(&role.name, kind.word()));
            role.attached.push(Attachment { policy, kind, at: now });
            directory.roles.insert(role_key(request.account(), &role.name), role);
            Ok(json!({}))
        })
    }

    pub(super) fn detach(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let kind = policy_type(&request.params)?;
        let policy = request.params.required("PolicyName")?;
        self.change(|directory, _| {
            let mut role = roles::own(directory, request)?.clone();
            let at = role.attached.iter().position(|one| one.kind == kind && one.policy == policy);
            role.attached.remove(at.ok_or_else(|| refusal::not_attached(&role.name, policy))?);
            directory.roles.insert(role_key(request.account(), &role.name), role);
            Ok(json!({}))
        })
    }

    pub(super) fn list_for_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.change(|directory, _| {
            let role = roles::find(directory, request)?;
            let attached = role.attached.iter().map(|one| answer::attached(directory, request.account(), one));
            Ok(json!({ "Policies": { "Policy": attached.collect::<Vec<_>>() } }))
        })
    }

    pub(super) fn list_entities(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let kind = policy_type(&request.params)?;
        self.change(|directory, _| {
            let policy = policies::any(directory, request, kind)?;
            let roles = directory.attached_to(request.account(), kind, &policy.name).map(|role| {
                let at = role.attached.iter().find(|one| one.kind == kind && one.policy == policy.name);
                json!({
                    "RoleName": role.name,
                    "RoleId": role.role_id,
                    "Arn": role.arn(),
                    "Description": role.description,
                    "AttachDate": at.map(|one| answer::time(one.at)),
                })
            });
            Ok(json!({
                "Roles": { "Role": roles.collect::<Vec<_>>() },
                "Users": { "User": [] },
                "Groups": { "Group": [] },
            }))
        })
    }
}
