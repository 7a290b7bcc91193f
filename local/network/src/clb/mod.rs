//! Classic load balancers (2014-05-15), as far as a private link needs them: balancers, listeners, backends in the
//! default server group, and how healthy they are.
//!
//! They live in the world of the VPC product: whether a backend is healthy depends on its instance at that moment.
//!
//! | file | what |
//! | --- | --- |
//! | `operations` | every operation, in one table |
//! | `state` | the tables, and what happens by itself |
//! | `balancer` | load balancers: their row, their calls, their view |
//! | `listener` | listeners, likewise |
//! | `backend` | backends, likewise |
//! | `health` | which backend is healthy |
//! | `place` | regions and zones |
//! | `refusal` | the codes that several calls share |
//! | `settings` | switches for what nobody documents |

mod backend;
mod balancer;
mod health;
mod listener;
mod operations;
mod place;
mod refusal;
mod server;
mod settings;
mod state;

use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::rpc::{Product, RpcError, RpcRequest};
use serde_json::Value;

use crate::vpc::Vpc;
use crate::vpc::operation::Operation;

pub use settings::Settings;

pub(crate) use balancer::{AddressType, Balancer, PayType};
pub(crate) use state::Tables;

use operations::ALL;

/// The version that its clients send.
pub const VERSION: &str = "2014-05-15";

/// The product. Clones share everything.
#[derive(Clone)]
pub struct Clb {
    vpc: Vpc,
}

impl Clb {
    /// The classic load balancers on a network.
    #[must_use]
    pub fn new(vpc: &Vpc) -> Self {
        Self { vpc: vpc.clone() }
    }

    /// Switches in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.vpc.world().clb.settings
    }

    /// Sets the switches. They are not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        self.vpc.world().clb.settings = settings;
    }
}

impl Product for Clb {
    fn name(&self) -> Name {
        Name::Slb
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        Operation::find(ALL, &request.action).map(|operation| operation.needs("slb", request)).unwrap_or_default()
    }

    fn coverage(&self) -> Coverage {
        Coverage::of_rpc(self, VERSION, Operation::names(ALL), include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let operation =
            Operation::find(ALL, &request.action).ok_or_else(|| RpcError::unknown_action(&request.action, VERSION))?;
        operation.call(&mut self.vpc.world(), request)
    }
}
