//! Virtual private clouds (2016-04-28): VPCs, vSwitches, route tables, routes, and router interfaces that join two VPCs.
//!
//! Each account sees its own resources, in one region a call; only connecting two router interfaces looks across. What takes
//! time in the real cloud takes cloud time here: whatever is due happens before a call is looked at.
//!
//! | file | what |
//! | --- | --- |
//! | `operations` | every operation, in one table |
//! | `world` | the tables, and what happens by itself |
//! | `place` | an account in a region |
//! | `network`, `vswitch`, `route_table`, `route`, `interface` | a resource each: its row, its calls, its view |
//! | `cidr`, `text` | ranges; names and times |
//! | `settings` | quotas, and switches for what nobody documents |

mod cidr;
mod console;
mod interface;
mod network;
mod operations;
mod place;
mod route;
mod route_table;
mod settings;
#[cfg(test)]
mod tests;
mod text;
mod vswitch;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::calls::{Need, Product as Name};
use crate::rpc::once::Token;
use crate::rpc::{Product, RpcError, RpcRequest};
use crate::shared::Shared;
use crate::table::StorageError;

pub use console::{ConsoleVSwitch, ConsoleVpc};
pub use interface::{BusinessStatus, Status};
pub use settings::Settings;

use operations::Operation;
use place::Place;
use world::World;

/// The version that its clients send.
pub(crate) const VERSION: &str = "2016-04-28";

/// The product. Clones share everything.
#[derive(Clone)]
pub struct Vpc {
    world: Arc<Mutex<World>>,
}

impl Vpc {
    /// Opens the product with whatever the storage holds.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(shared: &Shared) -> Result<Self, StorageError> {
        Ok(Self { world: Arc::new(Mutex::new(World::load(shared.clone())?)) })
    }

    /// Quotas and switches in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.world().settings
    }

    /// Sets quotas and switches. They are not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        self.world().settings = settings;
    }

    /// Locks or unlocks a router interface, as an unpaid bill would. Returns whether there is such an interface.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set_business_status(
        &self,
        account_id: &str,
        region: &str,
        interface_id: &str,
        status: BusinessStatus,
    ) -> Result<bool, StorageError> {
        let mut world = self.world();
        world.settle();
        let key = Place::new(account_id, region).key(interface_id);
        world.interfaces.change(&key, |interface| interface.business = status);
        world.commit()?;
        Ok(world.interfaces.get(&key).is_some())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Product for Vpc {
    fn name(&self) -> Name {
        Name::Vpc
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        Operation::find(&request.action).map(|operation| operation.needs(request)).unwrap_or_default()
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let operation =
            Operation::find(&request.action).ok_or_else(|| RpcError::unknown_action(&request.action, VERSION))?;
        if operation.needs_region {
            request.params.required("RegionId")?;
        }
        let world = &mut *self.world();
        world.settle();
        let outcome = run(world, operation, request);
        // What fell due is kept even if the call is refused.
        world.commit()?;
        outcome
    }
}

/// Runs an operation, once for each client token.
fn run(world: &mut World, operation: &Operation, request: &RpcRequest) -> Result<Value, RpcError> {
    let token = if operation.takes_token { Token::read(request)? } else { None };
    let Some(token) = token else { return (operation.run)(world, request) };
    if let Some(answer) = token.answered(&world.tokens, world.now)? {
        return Ok(answer);
    }
    let answer = (operation.run)(world, request)?;
    token.remember(&mut world.tokens, &answer, world.now);
    Ok(answer)
}
