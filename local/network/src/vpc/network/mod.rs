//! VPCs, each with its router.

mod change;
mod create;
mod list;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use local_core::rpc::{Params, RpcError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::place::Place;
use super::text;
use super::world::{Settles, Waiting, World};

pub(super) use change::{associate_cidr, delete, modify, unassociate_cidr};
pub(super) use create::{Plan, create, make};
pub(super) use list::{attribute, list, list_routers};

/// A VPC and its router: one cannot be without the other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vpc) struct Network {
    pub id: String,
    pub router_id: String,
    pub cidr: Ipv4Net,
    pub secondary: Vec<Ipv4Net>,
    pub user: Vec<Ipv4Net>,
    pub name: String,
    pub description: String,
    pub created: Timestamp,
    /// Pending while it waits, Available after.
    pub waiting: Option<Waiting>,
}

impl Settles for Network {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        self.waiting = None;
        true
    }
}

impl Network {
    pub(in crate::vpc) fn is_available(&self) -> bool {
        self.waiting.is_none()
    }

    fn status(&self) -> &'static str {
        if self.is_available() { "Available" } else { "Pending" }
    }

    /// The primary range and the secondary ones.
    pub(in crate::vpc) fn ranges(&self) -> Vec<Ipv4Net> {
        std::iter::once(self.cidr).chain(self.secondary.iter().copied()).collect()
    }
}

impl World {
    /// The VPC that `VpcId` names.
    pub(in crate::vpc) fn network(&self, place: &Place, params: &Params) -> Result<&Network, RpcError> {
        let id = params.required("VpcId")?;
        self.networks.get(&place.key(id)).ok_or_else(|| not_found(id))
    }

    /// The VPC behind a router.
    pub(in crate::vpc) fn network_of_router(&self, place: &Place, router_id: &str) -> Option<&Network> {
        self.networks.at(place).map(|(_, network)| network).find(|network| network.router_id == router_id)
    }

    /// What is told of a VPC in both calls that tell of it.
    fn network_view(&self, place: &Place, network: &Network) -> Value {
        let vswitches: Vec<&str> = self.vswitches_of(place, &network.id).map(|vswitch| vswitch.id.as_str()).collect();
        let tables: Vec<&str> = self.tables_of(place, &network.id).map(|table| table.id.as_str()).collect();
        json!({
            "VpcId": network.id,
            "VpcName": network.name,
            "Description": network.description,
            "Status": network.status(),
            "RegionId": place.region,
            "OwnerId": place.owner(),
            "CidrBlock": network.cidr,
            "SecondaryCidrBlocks": { "SecondaryCidrBlock": network.secondary },
            "UserCidrs": { "UserCidr": network.user },
            "VRouterId": network.router_id,
            "VSwitchIds": { "VSwitchId": vswitches },
            "RouterTableIds": { "RouterTableIds": tables },
            "NatGatewayIds": { "NatGatewayIds": [] },
            "Ipv6CidrBlock": "",
            "Ipv6CidrBlocks": { "Ipv6CidrBlock": [] },
            "Tags": { "Tag": [] },
            "IsDefault": false,
            "ResourceGroupId": "",
            "CreationTime": text::time(network.created),
        })
    }
}

/// There is no such VPC here.
pub(in crate::vpc) fn not_found(id: &str) -> RpcError {
    RpcError::missing("InvalidVpcId.NotFound", format!("Specified VPC does not exist: {id}."))
}

/// The VPC is not Available yet.
pub(in crate::vpc) fn not_available(id: &str) -> RpcError {
    RpcError::bad("IncorrectVpcStatus", format!("Current VPC status does not support this operation: {id} is Pending."))
}
