//! The operations on roles.

use local_core::directory::{Directory, role_key};
use local_core::ram::Role;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{ROLES, Ram, answer, check_name, document, refusal};

const SESSION: std::ops::RangeInclusive<u32> = 3600..=43_200;
const LONGEST_DESCRIPTION: usize = 1024;

impl Ram {
    pub(super) fn create_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let (account, params) = (request.account(), &request.params);
        let name = params.required("RoleName")?;
        check_name("RoleName", name, 64, b".-_")?;
        let description = description(params, "Description")?;
        let session = params.integer("MaxSessionDuration", SESSION)?;
        let text = params.required("AssumeRolePolicyDocument")?;
        self.change(|directory, now| {
            let trust = document::trust(directory, text)?;
            let key = role_key(account, name);
            refuse_if!(directory.roles.get(&key).is_some(), refusal::role_exists(name));
            refuse_if!(directory.roles.prefixed(&format!("{account}/")).count() >= ROLES, refusal::too_many_roles());
            let role = Role {
                max_session_seconds: session.unwrap_or(*SESSION.start()),
                description: description.unwrap_or_default(),
                created_at: Some(now),
                ..Role::new(account, name, trust)
            };
            let made = answer::role(&role);
            directory.roles.insert(key, role);
            Ok(json!({ "Role": made }))
        })
    }

    pub(super) fn get_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.change(|directory, _| Ok(json!({ "Role": answer::role(find(directory, request)?) })))
    }

    pub(super) fn update_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let description = description(params, "NewDescription")?;
        let session = params.integer("NewMaxSessionDuration", SESSION)?;
        self.change(|directory, _| {
            let mut role = own(directory, request)?.clone();
            if let Some(text) = params.get("NewAssumeRolePolicyDocument") {
                role.trust = document::trust(directory, text)?;
            }
            role.description = description.unwrap_or(role.description);
            role.max_session_seconds = session.unwrap_or(role.max_session_seconds);
            let changed = answer::role(&role);
            directory.roles.insert(role_key(request.account(), &role.name), role);
            Ok(json!({ "Role": changed }))
        })
    }

    pub(super) fn delete_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.change(|directory, _| {
            let role = own(directory, request)?;
            refuse_if!(!role.attached.is_empty(), refusal::role_has_policies(&role.name));
            let key = role_key(request.account(), &role.name);
            directory.roles.remove(&key);
            Ok(json!({}))
        })
    }

    pub(super) fn list_roles(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.change(|directory, _| {
            let prefix = format!("{}/", request.account());
            let roles = directory.roles.prefixed(&prefix).map(|(key, role)| (key.to_owned(), answer::role(role)));
            page(&request.params, "Roles", "Role", roles.collect())
        })
    }
}

/// The role that a request names.
pub(super) fn find<'d>(directory: &'d Directory, request: &RpcRequest) -> Result<&'d Role, RpcError> {
    let name = request.params.required("RoleName")?;
    directory.roles.get(&role_key(request.account(), name)).ok_or_else(|| refusal::no_role(name))
}

/// The same, if it is the account's to change.
pub(super) fn own<'d>(directory: &'d Directory, request: &RpcRequest) -> Result<&'d Role, RpcError> {
    let role = find(directory, request)?;
    refuse_if!(role.linked_to.is_some(), refusal::linked(&role.name));
    Ok(role)
}

fn description(params: &Params, name: &str) -> Result<Option<String>, RpcError> {
    let text = params.get(name);
    refuse_if!(
        text.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION),
        refusal::length(name, LONGEST_DESCRIPTION)
    );
    Ok(text.map(str::to_owned))
}

/// A page by `Marker` and `MaxItems`, 100 by default and 1000 at most. The marker is the key of the last item before.
pub(super) fn page(params: &Params, outer: &str, inner: &str, items: Vec<(String, Value)>) -> Result<Value, RpcError> {
    let most = params.integer("MaxItems", 1..=1000)?.unwrap_or(100) as usize;
    let after = params.get("Marker").unwrap_or_default();
    let mut rest = items.into_iter().filter(|(key, _)| key.as_str() > after);
    let page: Vec<(String, Value)> = rest.by_ref().take(most).collect();
    let is_truncated = rest.next().is_some();
    let marker = page.last().map(|(key, _)| key.clone()).filter(|_| is_truncated);
    let page: Vec<Value> = page.into_iter().map(|(_, item)| item).collect();
    let mut answer = json!({ outer: { inner: page }, "IsTruncated": is_truncated });
    if let Some(marker) = marker {
        answer["Marker"] = marker.into();
    }
    Ok(answer)
}
