//! Virtual private clouds (2016-04-28): VPCs, vSwitches, route tables, routes, and router interfaces that join two VPCs.
//!
//! Each account sees its own resources, in one region a call; only connecting two router interfaces looks across. What takes
//! time in the real cloud takes cloud time here: whatever is due happens before a call is looked at.
//!
//! | file | what |
//! | --- | --- |
//! | `operation`, `operations` | what an operation is; every one, in one table |
//! | `world` | the tables, and what happens by itself |
//! | `place` | an account in a region |
//! | `network`, `vswitch`, `route_table`, `route`, `interface` | a resource each: its row, its calls, its view |
//! | `address` | who has which address of a vSwitch |
//! | `cidr`, `text` | ranges; names and times |
//! | `lookup` | what other products ask of the network |
//! | `settings` | quotas, and switches for what nobody documents |

mod address;
pub(crate) mod cidr;
mod console;
mod interface;
mod lookup;
mod network;
pub(crate) mod operation;
mod operations;
mod place;
mod route;
mod route_table;
mod settings;
pub(crate) mod text;
mod vswitch;
pub(crate) mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::rpc::{Product, RpcError, RpcRequest};
use local_core::shared::Shared;
use local_core::table::StorageError;
use serde_json::Value;

pub use interface::{BusinessStatus, Status};
pub use settings::Settings;

use operation::Operation;
use operations::ALL;
pub(crate) use place::Place;
pub(crate) use world::World;

/// The version that its clients send.
pub const VERSION: &str = "2016-04-28";

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
        let key = Place::new(account_id, region).key(interface_id);
        self.change(|world| {
            world.interfaces.change(&key, |interface| interface.business = status);
            Ok(world.interfaces.get(&key).is_some())
        })
    }

    /// Does one thing on a world that is up to date, and keeps it.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut World) -> Result<T, StorageError>) -> Result<T, StorageError> {
        let mut world = self.world();
        let shared = world.shared.clone();
        shared.change(&mut *world, |world, _| act(world))
    }

    /// Everything on the network, for this product and those that share it.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Product for Vpc {
    fn name(&self) -> Name {
        Name::Vpc
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        Operation::find(ALL, &request.action).map(|operation| operation.needs("vpc", request)).unwrap_or_default()
    }

    fn coverage(&self) -> Coverage {
        Coverage::of_rpc(self, VERSION, Operation::names(ALL), include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let operation =
            Operation::find(ALL, &request.action).ok_or_else(|| RpcError::unknown_action(&request.action, VERSION))?;
        operation.call(&mut self.world(), request)
    }
}
