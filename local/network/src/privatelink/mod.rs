//! Private links (2020-04-15): endpoint services of one account, endpoints of others, and the connections between them.
//!
//! A service stands in front of load balancers; its whitelist says who may see it and ask. An endpoint is the request and,
//! once it is accepted, the way in: it has an address in a vSwitch of the consumer for each zone, and domains that lead there.
//! A request that waits and one that was refused look alike: `Disconnected`.
//!
//! They live in the world of the VPC product, since one moment decides for addresses, load balancers and connections alike.
//!
//! | file | what |
//! | --- | --- |
//! | `operations` | every operation, in one table |
//! | `state` | the tables |
//! | `settle` | what happens by itself as time passes |
//! | `service`, `resource`, `user` | endpoint services, what stands behind them, who may ask |
//! | `endpoint`, `zone`, `group` | endpoints, their zones, their security groups |
//! | `connection` | what lies between: to allow, to refuse, to change |
//! | `reach` | whether a connection from the consumer's side gets through |
//! | `directory` | this cloud as `reach` sees it |
//! | `product`, `tag`, `place` | opening the product; tags and resource groups; regions and zones |
//! | `refusal` | the codes |
//! | `settings` | quotas, and switches for what nobody documents |

mod connection;
mod directory;
mod endpoint;
mod group;
mod operations;
mod place;
mod product;
pub(crate) mod reach;
mod refusal;
mod resource;
mod service;
mod settings;
mod settle;
mod state;
mod tag;
mod text;
mod user;
mod zone;

use http::StatusCode;
use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::rpc::{Product, RpcError, RpcRequest};
use local_core::table::StorageError;
use serde_json::Value;

use crate::vpc::operation::Operation;
use crate::vpc::{Place, Vpc};

pub use settings::{Settings, Unlisted};
pub use state::BusinessStatus;

pub(crate) use reach::{Answering, Backend, Forwarding};
pub(crate) use settle::settle;
pub(crate) use state::Links;

use operations::ALL;

/// The version that its clients send.
pub const VERSION: &str = "2020-04-15";

/// The product. Clones share everything.
#[derive(Clone)]
pub struct PrivateLink {
    vpc: Vpc,
}

impl PrivateLink {
    /// The private links on a network.
    #[must_use]
    pub fn new(vpc: &Vpc) -> Self {
        Self { vpc: vpc.clone() }
    }

    /// Quotas and switches in force.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.vpc.world().links.settings
    }

    /// Sets quotas and switches. They are not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        self.vpc.world().links.settings = settings;
    }

    /// Locks or unlocks an endpoint service or an endpoint, as an unpaid bill would. Returns whether there is such a thing.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set_business_status(
        &self,
        account_id: &str,
        region: &str,
        id: &str,
        status: BusinessStatus,
    ) -> Result<bool, StorageError> {
        let key = Place::new(account_id, region).key(id);
        self.vpc.change(|world| {
            world.links.services.change(&key, |service| service.business = status);
            world.links.endpoints.change(&key, |endpoint| endpoint.business = status);
            Ok(world.links.services.get(&key).is_some() || world.links.endpoints.get(&key).is_some())
        })
    }
}

impl Product for PrivateLink {
    fn name(&self) -> Name {
        Name::Privatelink
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(ALL, action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        let operation = Operation::find(ALL, &request.action);
        operation.map(|operation| operation.needs("privatelink", request)).unwrap_or_default()
    }

    /// A consumer's policy can name the services that endpoints may be made for.
    fn facts(&self, request: &RpcRequest) -> Vec<(&'static str, String)> {
        let service = request.params.get("ServiceId").map(str::to_owned);
        let named = || request.params.get("ServiceName").map(|name| service::id_in_name(name).to_owned());
        service.or_else(named).map(|id| ("privatelink:VpcEndpointServiceId", id)).into_iter().collect()
    }

    fn denial(&self) -> &'static str {
        "NoPermission"
    }

    fn denial_status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn unknown_region(&self, region: &str) -> RpcError {
        refusal::no_region(region)
    }

    fn coverage(&self) -> Coverage {
        Coverage::of_rpc(self, VERSION, Operation::names(ALL), include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let operation =
            Operation::find(ALL, &request.action).ok_or_else(|| RpcError::unknown_action(&request.action, VERSION))?;
        let mut world = self.vpc.world();
        product::check(&mut world, request)?;
        operation.call(&mut world, request).map_err(refusal::of_this_product)
    }
}
