//! Asks the policies of whoever calls.
//!
//! An account may do everything with what it owns. A session of a role may do what the role's policies allow, and if the
//! session was made with a policy of its own, what both allow. A role that is gone allows nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::identity::{Identity, Principal};
use crate::policy::{Question, Verdict, judge};
use crate::ram;
use crate::shared::Shared;

/// What a call needs its caller's policies to allow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Need {
    /// The RAM action, such as `vpc:CreateRouterInterface`.
    pub action: String,
    /// The resource's ARN. `*` in it stands for all of a kind, or for those not made yet.
    pub resource: String,
}

impl Need {
    /// `action`, allowed on `resource`.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into() }
    }
}

/// The policies do not allow a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    need: Need,
    account_id: String,
    role: String,
    session: String,
    explicitly: bool,
}

/// Whether the caller's policies allow every one of `needs`. `facts` is what conditions may ask for.
pub fn check(
    shared: &Shared,
    caller: &Identity,
    needs: &[Need],
    facts: &[(&'static str, String)],
) -> Result<(), Box<Denied>> {
    let Principal::Role { name, session } = &caller.principal else { return Ok(()) };
    let role = shared.identities.role(&caller.account_id, name);
    let policies = role.map(|role| role.policies).unwrap_or_default();
    for need in needs {
        let question = Question { action: &need.action, resource: &need.resource, facts };
        let of_session = caller.session_policy.as_ref().map(std::slice::from_ref);
        let verdict = std::iter::once(policies.as_slice())
            .chain(of_session)
            .map(|policies| judge(policies, question))
            .find(|verdict| *verdict != Verdict::Allowed);
        if let Some(verdict) = verdict {
            return Err(Box::new(Denied {
                need: need.clone(),
                account_id: caller.account_id.clone(),
                role: name.clone(),
                session: session.clone(),
                explicitly: verdict == Verdict::Denied,
            }));
        }
    }
    Ok(())
}

impl Denied {
    /// For people.
    pub fn message(&self) -> String {
        let Need { action, resource } = &self.need;
        format!(
            "User not authorized to operate on the specified resource: {}/{} needs {action} on {resource}.",
            ram::role_arn(&self.account_id, &self.role),
            self.session
        )
    }

    /// `AccessDeniedDetail` of RPC answers. The real one has a further field, encrypted, for the cloud's own console.
    pub fn detail(&self) -> Value {
        json!({
            "AuthAction": self.need.action,
            "AuthPrincipalDisplayName": format!("{}:{}", self.role, self.session),
            "AuthPrincipalOwnerId": self.account_id,
            "AuthPrincipalType": "AssumedRoleUser",
            "NoPermissionType": if self.explicitly { "ExplicitDeny" } else { "ImplicitDeny" },
            "PolicyType": "AccountLevelIdentityBasedPolicy",
        })
    }
}
