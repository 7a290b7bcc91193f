//! Roles that services have in an account (docs/reference/deploy-apis.md, section 2.3).

use local_core::directory::{LinkedService, role_key};
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Ram, answer, refusal};

/// What the ids of deletion tasks begin with.
const TASK: &str = "task/service-role/";

impl Ram {
    /// As both this product and ResourceManager have it.
    pub(crate) fn create_linked(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let name = request.params.required("ServiceName")?;
        let service = LinkedService::listed(name).ok_or_else(|| refusal::no_service(name))?;
        refuse_if!(request.params.get("Description").is_some(), refusal::described());
        if request.params.get("CustomSuffix").is_some() {
            return Err(RpcError::invalid_parameter("CustomSuffix", "the service takes none"));
        }
        if !self.shared.identities.link(request.account(), service)? {
            return Err(refusal::role_exists(service.role));
        }
        self.change(|directory, _| {
            let role = directory.roles.get(&role_key(request.account(), service.role));
            Ok(json!({ "Role": role.map(answer::role) }))
        })
    }

    pub(super) fn delete_linked(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let name = request.params.required("RoleName")?;
        self.change(|directory, _| {
            let key = role_key(request.account(), name);
            let role = directory.roles.get(&key).filter(|role| role.linked_to.is_some());
            let id = role.ok_or_else(|| refusal::no_role(name))?.role_id.clone();
            directory.roles.remove(&key);
            Ok(json!({ "DeletionTaskId": format!("{TASK}{name}/{id}") }))
        })
    }

    /// A deletion is over when it was accepted here.
    pub(super) fn linked_deletion(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let id = request.params.required("DeletionTaskId")?;
        refuse_if!(!id.starts_with(TASK), refusal::no_task(id));
        Ok(json!({ "Status": "SUCCEEDED" }))
    }
}
