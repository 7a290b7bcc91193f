//! The roles by calls of RAM, for an account that may make roles and no stacks: the same as the stack would make.

use alicloud::Kind;
use operate::ram::{CreateRole, PolicyType, Ram, Role, UpdateRole};
use serde_json::Value;

use super::parameters::PlannedRole;
use super::{AccountsError, progress};

/// Whether two documents say the same, however they are written.
fn is_same(text: Option<&str>, document: &Value) -> bool {
    text.and_then(|text| serde_json::from_str::<Value>(text).ok()).as_ref() == Some(document)
}

fn failed(what: &'static str, name: &str) -> impl FnOnce(operate::Error) -> AccountsError {
    AccountsError::cloud(format!("{what} {name}"))
}

/// The word that a role asks for.
pub(super) async fn external_id(ram: &Ram, role: &str) -> Result<Option<String>, AccountsError> {
    let found = ram.role(role).await.map_err(failed("looking at role", role))?;
    let trust = found.and_then(|role| role.assume_role_policy_document);
    let trust: Value = trust.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let word = &trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"];
    let word = word.as_str().or_else(|| word[0].as_str());
    Ok(word.map(str::to_owned))
}

/// Makes the roles, or changes what differs.
pub(super) async fn bring_about(ram: &Ram, roles: &[PlannedRole]) -> Result<(), AccountsError> {
    for role in roles {
        let found = ram.role(&role.name).await.map_err(failed("looking at role", &role.name))?;
        let found = match found {
            Some(found) => found,
            None => match make(ram, role).await? {
                Some(found) => found,
                None => continue,
            },
        };
        if !is_same(found.assume_role_policy_document.as_deref(), &role.trust) {
            let update =
                UpdateRole { name: role.name.clone(), trust: Some(role.trust.to_string()), ..UpdateRole::default() };
            ram.update_role(&update).await.map_err(failed("changing the trust of role", &role.name))?;
        }
        let attached = ram.list_policies_for_role(&role.name).await.map_err(failed("looking at role", &role.name))?;
        for (name, document) in &role.policies {
            policy(ram, name, document).await?;
            if attached.iter().all(|one| one.policy_name != *name) {
                let attach = ram.attach_policy_to_role(name, &PolicyType::Custom, &role.name).await;
                attach.map_err(failed("attaching policy", name))?;
            }
        }
        progress!("role {} is as it has to be", role.name);
    }
    Ok(())
}

/// Makes a role. Whoever else made it meanwhile made the same.
async fn make(ram: &Ram, role: &PlannedRole) -> Result<Option<Role>, AccountsError> {
    let new = CreateRole {
        name: role.name.clone(),
        trust: role.trust.to_string(),
        description: role.description.clone(),
        max_session_seconds: None,
    };
    match ram.create_role(&new).await {
        Ok(made) => Ok(Some(made)),
        Err(error) if error.kind() == Kind::AlreadyThere => {
            ram.role(&role.name).await.map_err(failed("looking at role", &role.name))
        }
        Err(error) => Err(failed("making role", &role.name)(error)),
    }
}

async fn policy(ram: &Ram, name: &str, document: &Value) -> Result<(), AccountsError> {
    let look = async || ram.policy(name, &PolicyType::Custom).await.map_err(failed("looking at policy", name));
    let mut found = look().await?;
    if found.is_none() {
        match ram.create_policy(name, &document.to_string(), None).await {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == Kind::AlreadyThere => found = look().await?,
            Err(error) => return Err(failed("making policy", name)(error)),
        }
    }
    let in_force = found.and_then(|found| found.default_policy_version).and_then(|version| version.policy_document);
    if !is_same(in_force.as_deref(), document) {
        ram.create_policy_version(name, &document.to_string()).await.map_err(failed("changing policy", name))?;
    }
    Ok(())
}

/// Takes the roles away, with the policies that only they have.
pub(super) async fn delete(ram: &Ram, roles: &[PlannedRole]) -> Result<(), AccountsError> {
    for role in roles {
        for name in role.policies.keys() {
            let detached = ram.detach_policy_from_role(name, &PolicyType::Custom, &role.name).await;
            detached.map_err(failed("detaching policy", name))?;
            ram.delete_policy(name).await.map_err(failed("deleting policy", name))?;
        }
        ram.delete_role(&role.name).await.map_err(failed("deleting role", &role.name))?;
        progress!("role {} is deleted", role.name);
    }
    Ok(())
}
