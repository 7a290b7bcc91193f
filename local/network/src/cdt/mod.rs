//! Cloud Data Transfer (2021-08-13): each side of a connection between regions pays its outgoing traffic through it, so each
//! account has to open it (docs/reference/deploy-apis.md, section 3.1).
//!
//! A central service of two parts, each opened by itself: within the border of mainland China, and across it.

mod state;

use local_core::calls::Product as Name;
use local_core::coverage::Coverage;
use local_core::refuse_if;
use local_core::rpc::{Product, RpcError, RpcRequest};
use local_core::table::StorageError;
use serde_json::{Value, json};

pub use state::State;
pub(crate) use state::{Accounts, Part};

use crate::vpc::operation::{Operation, read, write};
use crate::vpc::{Vpc, World};

/// The version that its clients send.
pub const VERSION: &str = "2021-08-13";

static ALL: &[Operation] = &[
    read("GetCdtServiceStatus", |world, request| status(world, request, Part::WithinBorder)).region_optional(),
    read("GetCdtCbServiceStatus", |world, request| status(world, request, Part::CrossBorder)).region_optional(),
    write("OpenCdtService", |world, request| open(world, request, Part::WithinBorder)).region_optional(),
    write("OpenCdtCbService", |world, request| open(world, request, Part::CrossBorder)).region_optional(),
];

/// How this cloud behaves where the documents are silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether opening what is open already is refused; else it is answered as if it had been closed.
    pub refuses_opened: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { refuses_opened: true }
    }
}

/// The product. Clones share everything, and all share their state with [`Vpc`].
#[derive(Clone)]
pub struct Cdt {
    network: Vpc,
}

impl Cdt {
    /// The CDT that traffic of a network is billed by.
    #[must_use]
    pub fn new(network: &Vpc) -> Self {
        Self { network: network.clone() }
    }

    /// Switches in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.network.world().cdt.settings
    }

    /// Sets switches. They are not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        self.network.world().cdt.settings = settings;
    }

    /// Sets how far an account has opened CDT. Everything is open at first.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set(&self, account_id: &str, state: State) -> Result<(), StorageError> {
        self.network.change(|world| {
            world.cdt.states.insert(account_id, state);
            Ok(())
        })
    }
}

impl Product for Cdt {
    fn name(&self) -> Name {
        Name::Cdt
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn denial(&self) -> &'static str {
        "NoPermission"
    }

    fn coverage(&self) -> Coverage {
        Coverage::of_rpc(self, VERSION, Operation::names(ALL), include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let operation =
            Operation::find(ALL, &request.action).ok_or_else(|| RpcError::unknown_action(&request.action, VERSION))?;
        operation.call(&mut self.network.world(), request)
    }
}

fn status(world: &World, request: &RpcRequest, part: Part) -> Result<Value, RpcError> {
    Ok(json!({ "Enabled": world.cdt.of(request.account()).has(part) }))
}

fn open(world: &mut World, request: &RpcRequest, part: Part) -> Result<Value, RpcError> {
    let (account, state) = (request.account(), world.cdt.of(request.account()));
    let is_open = state.has(part);
    refuse_if!(is_open && world.cdt.settings.refuses_opened, bad "ORDER.OPEND", "The product is open already.");
    world.cdt.states.insert(account, state.with(part));
    let order = 200_000_000_000_u64 + world.shared.ids.below(99_999_999_999);
    Ok(json!({ "OrderId": order.to_string() }))
}
