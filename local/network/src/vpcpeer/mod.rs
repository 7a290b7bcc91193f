//! VPC peering connections (2022-01-01): the successor of router-interface pairs between two VPCs.
//!
//! A central service: one connection is one thing that both accounts see under the same id. Answers are not wrapped, and most
//! parameters come in a form body, though the query is read too.
//!
//! | file | what |
//! | --- | --- |
//! | `operations` | every operation, in one table |
//! | `peering` | a connection: its ends, its states |
//! | `create`, `answer`, `change`, `list` | the calls |
//! | `refusal` | the error codes |
//! | `settings` | quotas |

mod answer;
mod change;
mod create;
mod list;
mod operations;
mod peering;
mod refusal;
mod settings;

use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::rpc::{Product, RpcError, RpcRequest};
use local_core::table::StorageError;
use serde_json::Value;

use crate::vpc::operation::Operation;
use crate::vpc::{BusinessStatus, Vpc};

pub(crate) use peering::{Peering, Peerings};
pub use settings::Settings;

use operations::ALL;

/// The version that its clients send.
pub const VERSION: &str = "2022-01-01";

/// The product. Clones share everything, and all share their network with [`Vpc`].
#[derive(Clone)]
pub struct VpcPeer {
    network: Vpc,
}

impl VpcPeer {
    /// The peering connections on a network.
    #[must_use]
    pub fn new(network: &Vpc) -> Self {
        Self { network: network.clone() }
    }

    /// Quotas in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.network.world().peerings.settings
    }

    /// Sets quotas. They are not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        self.network.world().peerings.settings = settings;
    }

    /// Makes an account one of the international site. Not kept across restarts.
    pub fn set_international(&self, account_id: &str) {
        self.network.world().peerings.international.insert(account_id.to_owned());
    }

    /// Locks or unlocks a connection, as an unpaid bill would. Returns whether there is such a connection.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set_business_status(&self, id: &str, status: BusinessStatus) -> Result<bool, StorageError> {
        self.network.change(|world| {
            world.peerings.all.change(id, |peering| peering.business = status);
            Ok(world.peerings.all.get(id).is_some())
        })
    }
}

impl Product for VpcPeer {
    fn name(&self) -> Name {
        Name::VpcPeer
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    /// The actions are documented on every resource, and on nothing narrower (docs/reference/vpc-connection-apis.md,
    /// section 3.3). Whether the call itself asks who may read CDT is not confirmed.
    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        let mut needs = vec![Need::new(format!("vpc:{}", request.action), "*")];
        let other = request.params.get("AcceptingRegionId").filter(|other| *other != request.region);
        if request.action == "CreateVpcPeerConnection" && other.is_some() {
            needs.push(Need::new("cdt:GetCdtServiceStatus", "*"));
        }
        needs
    }

    fn denial(&self) -> &'static str {
        "Forbidden.NoPermission"
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
