//! Resource Access Management (2015-05-01): roles, policies with their versions, what is attached to what
//! (docs/reference/deploy-apis.md, section 2).
//!
//! There are no users and groups but the one user whose key an account has. Names are an account's, whatever the region.
//!
//! | file | what |
//! | --- | --- |
//! | `roles`, `policies`, `attachments`, `linked` | the operations |
//! | `document` | trust and permission policies as they are sent |
//! | `answer` | the JSON bodies |
//! | `refusal` | the error codes |

mod answer;
mod attachments;
mod document;
mod linked;
mod policies;
mod refusal;
mod roles;

use jiff::Timestamp;
use local_core::access::Need;
use local_core::calls::Product as Name;
use local_core::coverage::Coverage;
use local_core::directory::{Directory, PolicyType, Settings};
use local_core::ram::role_arn;
use local_core::rpc::{Params, Product, RpcError, RpcRequest};
use local_core::shared::Shared;
use serde_json::Value;

use crate::operation::{Operation, anything};

/// The version that its clients send.
pub const VERSION: &str = "2015-05-01";

/// Roles an account may have, and policies of its own.
const ROLES: usize = 1000;
const POLICIES: usize = 1500;
/// Policies a role may have: the account's own, and the cloud's.
const CUSTOM: usize = 5;
const SYSTEM: usize = 20;
/// Versions a policy may have.
const VERSIONS: usize = 5;

/// The product. All its state is in `Shared::identities`.
#[derive(Clone)]
pub struct Ram {
    shared: Shared,
}

type Run = fn(&Ram, &RpcRequest) -> Result<Value, RpcError>;

const fn read(name: &'static str, on: fn(&RpcRequest) -> Vec<String>, run: Run) -> Operation<Ram> {
    Operation { name, writes: false, on, run }
}

const fn write(name: &'static str, on: fn(&RpcRequest) -> Vec<String>, run: Run) -> Operation<Ram> {
    Operation { name, writes: true, on, run }
}

/// All of them.
static ALL: &[Operation<Ram>] = &[
    write("CreateRole", role, Ram::create_role),
    read("GetRole", role, Ram::get_role),
    write("UpdateRole", role, Ram::update_role),
    write("DeleteRole", role, Ram::delete_role),
    read("ListRoles", roles, Ram::list_roles),
    write("CreatePolicy", policy, Ram::create_policy),
    read("GetPolicy", policy, Ram::get_policy),
    write("DeletePolicy", policy, Ram::delete_policy),
    read("ListPolicies", policies, Ram::list_policies),
    write("CreatePolicyVersion", policy, Ram::create_version),
    read("GetPolicyVersion", policy, Ram::get_version),
    write("DeletePolicyVersion", policy, Ram::delete_version),
    read("ListPolicyVersions", policy, Ram::list_versions),
    write("SetDefaultPolicyVersion", policy, Ram::set_default_version),
    write("AttachPolicyToRole", role_and_policy, Ram::attach),
    write("DetachPolicyFromRole", role_and_policy, Ram::detach),
    read("ListPoliciesForRole", role, Ram::list_for_role),
    read("ListEntitiesForPolicy", policy, Ram::list_entities),
    write("CreateServiceLinkedRole", anything, Ram::create_linked),
    write("DeleteServiceLinkedRole", role, Ram::delete_linked),
    read("GetServiceLinkedRoleDeletionStatus", anything, Ram::linked_deletion),
];

fn role(request: &RpcRequest) -> Vec<String> {
    vec![role_arn(request.account(), request.params.get("RoleName").unwrap_or("*"))]
}

fn roles(request: &RpcRequest) -> Vec<String> {
    vec![role_arn(request.account(), "*")]
}

fn policy(request: &RpcRequest) -> Vec<String> {
    let owner = if request.params.get("PolicyType") == Some("System") { "system" } else { request.account() };
    vec![format!("acs:ram::{owner}:policy/{}", request.params.get("PolicyName").unwrap_or("*"))]
}

fn policies(request: &RpcRequest) -> Vec<String> {
    vec![format!("acs:ram::{}:policy/*", request.account())]
}

fn role_and_policy(request: &RpcRequest) -> Vec<String> {
    [role(request), policy(request)].concat()
}

impl Product for Ram {
    fn name(&self) -> Name {
        Name::Ram
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        Operation::needs(ALL, request)
    }

    fn facts(&self, request: &RpcRequest) -> Vec<(&'static str, String)> {
        request.params.get("ServiceName").map(|name| ("ram:ServiceName", name.to_owned())).into_iter().collect()
    }

    fn denial(&self) -> &'static str {
        "NoPermission"
    }

    fn coverage(&self) -> Coverage {
        Coverage::of_rpc(self, VERSION, Operation::names(ALL), include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        Operation::call(ALL, self, request, VERSION)
    }
}

impl Ram {
    /// The roles and policies of these accounts.
    #[must_use]
    pub fn new(shared: &Shared) -> Self {
        Self { shared: shared.clone() }
    }

    /// What the sources leave open.
    ///
    /// # Errors
    /// Never: nothing is written.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.change(|directory, _| Ok(directory.settings)).unwrap_or_default()
    }

    /// Says what holds of what the sources leave open. Not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        let set = self.change(|directory, _| {
            directory.settings = settings;
            Ok(())
        });
        debug_assert!(set.is_ok(), "nothing is written");
    }

    fn change<T>(&self, act: impl FnOnce(&mut Directory, Timestamp) -> Result<T, RpcError>) -> Result<T, RpcError> {
        let now = self.shared.clock.now();
        self.shared.identities.directory(|directory| act(directory, now))
    }
}

/// `PolicyType`.
fn policy_type(params: &Params) -> Result<PolicyType, RpcError> {
    let wrong = |()| RpcError::invalid_parameter("PolicyType", "it must be Custom or System");
    params.required("PolicyType")?.parse().map_err(wrong)
}

/// A name that something new may have.
fn check_name(parameter: &str, name: &str, most: usize, signs: &[u8]) -> Result<(), RpcError> {
    if name.len() > most {
        return Err(refusal::length(parameter, most));
    }
    match name.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte)) {
        true => Ok(()),
        false => Err(refusal::characters(parameter)),
    }
}
