//! VPC (2016-04-28): router interfaces, VPCs, route tables and routes, in one region.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `interface` | a router interface as the cloud shows it, its states, [`Spec`] and [`Peer`] |
//! | `interface_calls` | the calls that make, join, change and delete router interfaces |
//! | `network` | VPCs, vSwitches and route tables: reading, and making and deleting vSwitches |
//! | `route` | routes: reading, making, deleting |
mod interface;
mod interface_calls;
mod network;
mod route;
mod spec;

pub use interface::{BusinessStatus, ChargeType, InterfaceStatus, Peer, Role, RouterInterface, RouterType};
pub use interface_calls::{
    CreateRouterInterface, DescribeRouterInterfaces, Filter, FilterKey, ModifyRouterInterfaceAttribute,
    RouterInterfacePage,
};
pub use network::{
    Cidr, CreateVSwitch, DescribeRouteTableList, DescribeVSwitches, DescribeVpcs, Network, NetworkStatus, RouteTable,
    RouteTableType, VSwitch, VSwitchPage, VpcPage,
};
pub use route::{
    CreateRouteEntry, DeleteRouteEntry, DescribeRouteEntryList, NextHop, NextHopType, RouteEntry, RouteEntryPage,
    RouteOrigin, RouteStatus, RouteType,
};
pub use spec::Spec;

use crate::client::Client;
use crate::names::Region;
use crate::regional::Regional;

/// VPC in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Vpc(Regional);

impl Vpc {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self(Regional::new(client, region))
    }

    /// The region these calls go to.
    #[must_use]
    pub const fn region(&self) -> &Region {
        self.0.region()
    }
}

#[cfg(test)]
mod tests;
