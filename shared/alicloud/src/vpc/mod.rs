//! VPC (2016-04-28): router interfaces, VPCs, route tables and routes, in one region.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `interface` | a router interface as the cloud shows it, its states, [`Spec`] and [`Peer`] |
//! | `interface_calls` | the calls that make, join, change and delete router interfaces |
//! | `network` | VPCs, vSwitches and route tables: reading only |
//! | `route` | routes: reading, making, deleting |
//! | `paging` | following pages to their end, and no further |

mod interface;
mod interface_calls;
mod network;
mod paging;
mod route;
mod spec;

pub use interface::{BusinessStatus, ChargeType, InterfaceStatus, Peer, Role, RouterInterface, RouterType};
pub use interface_calls::{
    CreateRouterInterface, DescribeRouterInterfaces, Filter, FilterKey, ModifyRouterInterfaceAttribute,
    RouterInterfacePage,
};
pub use network::{
    Cidr, DescribeRouteTableList, DescribeVSwitches, DescribeVpcs, Network, NetworkStatus, RouteTable, RouteTableType,
    VSwitch,
};
pub use route::{
    CreateRouteEntry, DeleteRouteEntry, DescribeRouteEntryList, NextHop, NextHopType, RouteEntry, RouteEntryPage,
    RouteOrigin, RouteStatus, RouteType,
};
pub use spec::Spec;

use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::names::Region;
use crate::params::Params;

/// VPC in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Vpc {
    client: Client,
    region: Region,
}

/// An answer of which only the success counts.
#[derive(serde::Deserialize)]
struct Done {}

impl Vpc {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self { client, region }
    }

    /// The region these calls go to.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    async fn call<A: DeserializeOwned>(&self, call: Call, params: Params) -> Result<A, Error> {
        let params = params.with("RegionId", &self.region);
        self.client.rpc(call, Some(&self.region), params).await
    }

    /// An answer of `call` that contradicts what was asked.
    fn contradiction(&self, call: Call, reason: &str) -> Error {
        Error::malformed(call, Some(&self.region), http::StatusCode::OK, None, reason)
    }
}

#[cfg(test)]
mod tests;
