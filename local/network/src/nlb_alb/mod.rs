//! Network load balancers (NLB 2022-04-30) and application load balancers (ALB 2020-06-16), as far as a private link needs
//! them: load balancers in zones, listeners, server groups with instances in them, and how healthy those are.
//!
//! The two products have the same operations and nearly the same fields, so one set of rooms serves both; `flavour` says
//! where they differ. They live in the world of the VPC product: whether a server is healthy depends on its instance at that
//! moment.
//!
//! | file | what |
//! | --- | --- |
//! | `operations` | every operation, in one table |
//! | `flavour` | which of the two products, and what is its own |
//! | `state` | the tables, and what happens by itself |
//! | `load_balancer`, `create` | load balancers: their row, their calls, their view; making one |
//! | `listener`, `listen` | listeners: their row and view; making, starting, stopping and deleting one |
//! | `server_group`, `check` | groups of servers, and how their servers are checked |
//! | `server` | the instances in a group |
//! | `health` | which server is healthy, and where a connection goes |
//! | `fields` | names, tags and lists as both products write them |
//! | `refusal` | the codes |
//! | `settings` | switches for what nobody documents |

mod check;
mod create;
mod fields;
mod flavour;
mod health;
mod listen;
mod listener;
mod load_balancer;
mod operations;
mod refusal;
mod server;
mod server_group;
mod settings;
mod state;

use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::rpc::{Product, RpcError, RpcRequest};
use serde_json::Value;

use crate::vpc::Vpc;
use crate::vpc::operation::Operation;

pub use settings::Settings;

pub(crate) use flavour::Flavour;
pub(crate) use load_balancer::LoadBalancer;
pub(crate) use state::Tables;

use operations::ALL;

/// One of the two products. Clones share everything.
#[derive(Clone)]
pub struct NlbAlb {
    vpc: Vpc,
    flavour: Flavour,
}

impl NlbAlb {
    /// Network load balancers.
    #[must_use]
    pub fn nlb(vpc: &Vpc) -> Self {
        Self { vpc: vpc.clone(), flavour: Flavour::Nlb }
    }

    /// Application load balancers.
    #[must_use]
    pub fn alb(vpc: &Vpc) -> Self {
        Self { vpc: vpc.clone(), flavour: Flavour::Alb }
    }

    /// The version that clients of this product send.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.flavour.version()
    }

    /// Switches in force, for both products.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.vpc.world().nlb_alb.settings
    }

    /// Sets the switches of both products. They are not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        self.vpc.world().nlb_alb.settings = settings;
    }
}

impl Product for NlbAlb {
    fn name(&self) -> Name {
        self.flavour.product()
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        let operation = Operation::find(ALL, &request.action);
        operation.map(|operation| operation.needs(self.name().ram_code(), request)).unwrap_or_default()
    }

    fn denial(&self) -> &'static str {
        "Forbidden.NoPermission"
    }

    fn coverage(&self) -> Coverage {
        Coverage::of_rpc(self, self.version(), Operation::names(ALL), include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let operation = Operation::find(ALL, &request.action)
            .ok_or_else(|| RpcError::unknown_action(&request.action, self.version()))?;
        operation.call(&mut self.vpc.world(), request)
    }
}
