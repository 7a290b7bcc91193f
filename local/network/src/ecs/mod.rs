//! Elastic Compute Service (2014-05-26), as far as joining networks needs it: security groups, instances that are there and
//! can be stopped, and Cloud Assistant, which runs commands on them.
//!
//! Whether a packet arrives follows from what this cloud really holds, both ways: see [`reach`]. A `ping` run on an instance
//! fails for want of a route or a rule like a real one.
//!
//! | file | what |
//! | --- | --- |
//! | `operations` | every operation, in one table |
//! | `world` | the tables |
//! | `group` | security groups and their rules |
//! | `instance` | instances |
//! | `assistant` | commands on instances, and what became of them |
//! | `shell` | what runs such a command: a small shell and its programs |
//! | [`reach`] | who reaches whom, and why not |
//! | `served` | what other products ask of instances and groups |
//! | `map` | this cloud as `reach` sees it |
//! | `console` | the seed, and what a console shows |
//! | `settings` | limits, and switches for what nobody documents |

pub(crate) mod assistant;
mod console;
mod group;
mod instance;
mod map;
mod operations;
pub mod reach;
mod served;
mod settings;
mod shell;
pub(crate) mod world;

use std::collections::BTreeSet;

use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::pipeline::Rows as _;
use local_core::rpc::{Product, RpcError, RpcRequest};
use local_core::table::StorageError;
use serde_json::Value;

use crate::vpc::operation::Operation;
use crate::vpc::{Place, Vpc};

pub use map::{Lost, Ping, PingError, Pinged};
pub use settings::{GroupReferences, Settings};

use operations::ALL;

/// The version that its clients send.
pub const VERSION: &str = "2014-05-26";

/// How long a script may take that is only tried.
const SCRIPT_PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The product. Clones share everything, and all share their network with [`Vpc`].
#[derive(Clone)]
pub struct Ecs {
    network: Vpc,
}

impl Ecs {
    /// The instances on a network.
    #[must_use]
    pub fn new(network: &Vpc) -> Self {
        Self { network: network.clone() }
    }

    /// Limits and switches in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.network.world().ecs.settings
    }

    /// Sets limits and switches. They are not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        self.network.world().ecs.settings = settings;
    }

    /// Lets the Cloud Assistant of an instance live or die. Returns whether there is such an instance.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set_cloud_assistant(
        &self,
        account_id: &str,
        region: &str,
        instance_id: &str,
        alive: bool,
    ) -> Result<bool, StorageError> {
        let key = Place::new(account_id, region).key(instance_id);
        self.network.change(|world| {
            let now = world.now;
            world.ecs.instances.change(&key, |instance| {
                instance.agent_alive = alive;
                instance.agent_seen = now;
            });
            Ok(world.ecs.instances.get(&key).is_some())
        })
    }

    /// Gives an instance a user, as `useradd` on it does. Returns whether there is such an instance.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn add_user(
        &self,
        account_id: &str,
        region: &str,
        instance_id: &str,
        user: &str,
    ) -> Result<bool, StorageError> {
        let key = Place::new(account_id, region).key(instance_id);
        self.network.change(|world| {
            world.ecs.instances.change(&key, |instance| {
                instance.users.insert(user.to_owned());
            });
            Ok(world.ecs.instances.get(&key).is_some())
        })
    }

    /// Tells on which ports an instance answers. Returns whether there is such an instance.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set_open_ports(
        &self,
        account_id: &str,
        region: &str,
        instance_id: &str,
        ports: BTreeSet<u16>,
    ) -> Result<bool, StorageError> {
        self.network.change(|world| {
            let is_there = world.instance(&Place::new(account_id, region), instance_id).is_some();
            if is_there {
                world.ecs.open_ports.insert(instance_id, ports);
            }
            Ok(is_there)
        })
    }

    /// What a script would write on an instance now, and with which code it would end; nothing where there is no such instance,
    /// or the script does not end. No time passes.
    #[must_use]
    pub fn try_script(&self, instance_id: &str, script: &str) -> Option<(String, u8)> {
        let mut world = self.network.world();
        let now = world.shared.clock.now();
        world.settle(now);
        let (host, _) = world.host(instance_id)?;
        let outcome = shell::run(&shell::Machine { view: &*world, host: &host }, script, SCRIPT_PATIENCE);
        Some((outcome.output, outcome.exit?))
    }

    /// What a packet from one address to another would meet now.
    ///
    /// # Errors
    /// When the sender is not known, or not one.
    pub fn ping(&self, ping: &Ping) -> Result<Pinged, PingError> {
        let mut world = self.network.world();
        let now = world.shared.clock.now();
        world.settle(now);
        map::ping(&world, ping)
    }
}

impl Product for Ecs {
    fn name(&self) -> Name {
        Name::Ecs
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        Operation::find(ALL, &request.action).map(|operation| operation.needs("ecs", request)).unwrap_or_default()
    }

    /// A policy can name the users as whom commands may run.
    fn facts(&self, request: &RpcRequest) -> Vec<(&'static str, String)> {
        let runs = request.action == "RunCommand";
        runs.then(|| ("ecs:CommandRunAs", assistant::run_as(&request.params).to_owned())).into_iter().collect()
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
