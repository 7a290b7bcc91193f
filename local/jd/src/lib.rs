//! JD Cloud's virtual private clouds (API v1): VPCs, subnets, route tables, peerings, security groups, quotas.
//!
//! Another cloud than the rest of this one: its accounts and keys are its own, it signs by JDCLOUD2 or JDCLOUD3, its calls
//! are paths with JSON, and its refusals an HTTP status with a word. Each account sees its own resources in one region a call;
//! only a peering looks at another account's VPC. What two halves of a peering take to connect takes cloud time here.
//!
//! The words and messages of single refusals are mostly not documented; which status goes with which failure is. Where the
//! documentation says nothing, [`Settings`] chooses, or the least surprising thing is done.
//!
//! | file | what |
//! | --- | --- |
//! | `service`, `caller` | one request from beginning to end; who calls |
//! | `operations` | every operation, in one table |
//! | `request`, `listing` | a request's parts, typed; filters and pages |
//! | `error` | refusals |
//! | `world`, `place` | the tables, and what happens by itself; an account in a region |
//! | `network`, `subnet`, `route_table`, `rule`, `peering`, `security_group`, `security_rule`, `quota` | a resource each |
//! | `reach`, `ping` | whether a packet gets through, as a pure function; the same asked of this cloud |
//! | `console` | what accounts have, and how the seed's VPCs come into being |
//! | `text`, `settings` | names, times and ranges; quotas, and switches for what nobody documents |

mod caller;
mod console;
mod error;
mod listing;
mod network;
mod operations;
mod peering;
mod ping;
mod place;
mod quota;
mod reach;
mod request;
mod route_table;
mod rule;
mod security_group;
mod security_rule;
mod service;
mod settings;
mod subnet;
mod text;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use local_core::calls::Product;
use local_core::coverage::Coverage;
use local_core::rpc::nonce::Nonces;
use local_core::shared::Shared;
use local_core::table::StorageError;

pub use ping::{Ping, PingEnd, PingProtocol, Pong, UnknownPlace};
pub use reach::{Obstacle, Side};
pub use settings::Settings;

use world::World;

/// The product. Clones share everything.
#[derive(Clone)]
pub struct Jd {
    shared: Shared,
    world: Arc<Mutex<World>>,
    nonces: Arc<Nonces>,
}

impl Jd {
    /// Opens the product with whatever the storage holds.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(shared: &Shared) -> Result<Self, StorageError> {
        let world = Arc::new(Mutex::new(World::load(shared.clone())?));
        Ok(Self { shared: shared.clone(), world, nonces: Arc::default() })
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

    /// What it offers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let operations = operations::ALL.iter().map(|operation| (operation.name, operation.writes));
        Coverage::new(Product::Jdcloud, operations, include_str!("codes.txt"))
    }

    /// Does one thing on a world that is up to date, and keeps it.
    fn change<T, E: From<StorageError>>(&self, act: impl FnOnce(&mut World) -> Result<T, E>) -> Result<T, E> {
        self.shared.change(&mut *self.world(), |world, _| act(world))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
