//! Resource Orchestration Service (2019-09-10): stacks (docs/reference/deploy-apis.md, section 1).
//!
//! A template is read and evaluated by `local_fc::ros` when a call comes in: what is wrong with it is refused at once. What follows
//! takes cloud time: each resource is made by calls to the products of this process with the rights of whoever called, or of the role
//! that the call names, and a refusal of one fails the resource, then the stack.
//!
//! | file | what |
//! | --- | --- |
//! | `request` | templates and parameters as they are sent; the refusals |
//! | `calls` | the operations that change a stack |
//! | `looks` | the operations that look at one |
//! | `change_sets` | changes that are shown before they are made |
//! | `advice` | what a template would need: permissions, opened products; what an update would do |
//! | `steps` | what each type of resource comes to: calls, and what undoes them; what cannot be changed |
//! | `engine` | an operation on a stack, from its first resource to its end, also after a restart |
//! | `groups` | the same stack in many accounts |
//! | `rows` | what is kept |

mod advice;
mod calls;
mod change_sets;
mod engine;
mod groups;
mod looks;
mod request;
mod rows;
mod steps;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use local_core::access::Need;
use local_core::calls::Product as Name;
use local_core::coverage::Coverage;
use local_core::rpc::{Product, RpcError, RpcRequest};
use local_core::shared::Shared;
use local_core::table::StorageError;
use local_fc::Fc;
use local_mns::Mns;
use local_mns::open::MnsOpen;
use local_oss::Oss;
use local_sls::Sls;
use serde_json::Value;

use crate::operation::{Operation, anything};
use crate::ram::Ram;
use rows::Tables;

/// The version that its clients send.
pub const VERSION: &str = "2019-09-10";

/// The product. Clones share everything.
#[derive(Clone)]
pub struct Ros(Arc<Inner>);

struct Inner {
    shared: Shared,
    ram: Ram,
    mns: MnsOpen,
    oss: Oss,
    sls: Sls,
    fc: Fc,
    tables: Mutex<Tables>,
    /// The stacks that something is being done with by this process.
    driven: Mutex<BTreeSet<String>>,
}

type Run = fn(&Ros, &RpcRequest) -> Result<Value, RpcError>;

const fn read(name: &'static str, on: fn(&RpcRequest) -> Vec<String>, run: Run) -> Operation<Ros> {
    Operation { name, writes: false, on, run }
}

const fn write(name: &'static str, on: fn(&RpcRequest) -> Vec<String>, run: Run) -> Operation<Ros> {
    Operation { name, writes: true, on, run }
}

/// All of them.
static ALL: &[Operation<Ros>] = &[
    write("CreateStack", stacks, Ros::create_stack),
    write("UpdateStack", stack, Ros::update_stack),
    write("DeleteStack", stack, Ros::delete_stack),
    write("CancelUpdateStack", stack, Ros::cancel_update),
    write("ContinueCreateStack", stack, Ros::continue_create),
    write("SetDeletionProtection", stack, Ros::set_deletion_protection),
    write("SetStackPolicy", stack, Ros::set_stack_policy),
    read("GetStack", stack, Ros::get_stack),
    read("ListStacks", stacks, Ros::list_stacks),
    read("ListStackEvents", stack, Ros::list_events),
    read("ListStackResources", stack, Ros::list_resources),
    read("GetStackResource", stack, Ros::get_resource),
    read("GetTemplate", stack, Ros::get_template),
    read("GetStackPolicy", stack, Ros::get_stack_policy),
    read("ListTagResources", stacks, Ros::list_tag_resources),
    read("ValidateTemplate", stacks, Ros::validate_template),
    read("PreviewStack", stack, Ros::preview_stack),
    read("ListStackOperationRisks", stack, Ros::list_risks),
    write("CreateChangeSet", stack, Ros::create_change_set),
    read("GetChangeSet", stack, Ros::get_change_set),
    read("ListChangeSets", stack, Ros::list_change_sets),
    write("ExecuteChangeSet", stack, Ros::execute_change_set),
    write("DeleteChangeSet", stack, Ros::delete_change_set),
    read("GetServiceProvisions", stacks, Ros::service_provisions),
    write("EnableServices", stacks, Ros::enable_services),
    write("EnableServiceAccess", anything, Ros::enable_service_access),
    write("CreateStackGroup", groups_of, Ros::create_stack_group),
    write("UpdateStackGroup", groups_of, Ros::update_stack_group),
    write("DeleteStackGroup", groups_of, Ros::delete_stack_group),
    write("CreateStackInstances", groups_of, Ros::create_stack_instances),
    write("DeleteStackInstances", groups_of, Ros::delete_stack_instances),
    read("GetStackGroup", groups_of, Ros::get_stack_group),
    read("ListStackInstances", groups_of, Ros::list_stack_instances),
    read("GetStackGroupOperation", groups_of, Ros::get_stack_group_operation),
];

/// All stacks of the account in the region.
fn stacks(request: &RpcRequest) -> Vec<String> {
    vec![format!("acs:ros:{}:{}:stack/*", request.region, request.account())]
}

/// The one that the request names.
fn stack(request: &RpcRequest) -> Vec<String> {
    let id = request.params.get("StackId").unwrap_or("*");
    vec![format!("acs:ros:{}:{}:stack/{id}", request.region, request.account())]
}

/// The groups of the account in the region.
fn groups_of(request: &RpcRequest) -> Vec<String> {
    let name = request.params.get("StackGroupName").unwrap_or("*");
    vec![format!("acs:ros:{}:{}:stackgroup/{name}", request.region, request.account())]
}

impl Product for Ros {
    fn name(&self) -> Name {
        Name::Ros
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        Operation::needs(ALL, request)
    }

    fn denial(&self) -> &'static str {
        "Forbidden"
    }

    fn coverage(&self) -> Coverage {
        Coverage::of_rpc(self, VERSION, Operation::names(ALL), include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        // The region is a parameter alone: every region has the same host.
        request.params.required("RegionId")?;
        Operation::call(ALL, self, request, VERSION)
    }
}

impl Ros {
    /// Opens the service with whatever stacks the storage holds. What an earlier process left in the middle goes on: at once if there
    /// is a runtime, else with the first call of [`Ros::resume`].
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(shared: &Shared, ram: &Ram, mns: &Mns, oss: &Oss, sls: &Sls, fc: &Fc) -> Result<Self, StorageError> {
        let ros = Self(Arc::new(Inner {
            tables: Mutex::new(Tables::load(&shared.storage)?),
            shared: shared.clone(),
            ram: ram.clone(),
            mns: MnsOpen::new(mns.clone()),
            oss: oss.clone(),
            sls: sls.clone(),
            fc: fc.clone(),
            driven: Mutex::default(),
        }));
        ros.resume();
        Ok(ros)
    }

    /// Goes on with every stack that something is being done with, if nothing in this process does.
    pub fn resume(&self) {
        let open: Vec<String> = {
            let tables = self.0.tables();
            let open = tables.stacks.iter().filter(|(_, row)| row.operation.is_some());
            open.map(|(id, _)| id.to_owned()).collect()
        };
        for id in open {
            self.0.drive(&id);
        }
    }
}

impl Inner {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, act: impl FnOnce(&mut Tables, Timestamp) -> Result<T, RpcError>) -> Result<T, RpcError> {
        self.shared.change(&mut *self.tables(), |tables, now| {
            tables.make_change_sets(&self.shared.delays, now);
            act(tables, now)
        })
    }
}
