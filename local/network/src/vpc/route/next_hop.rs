//! What a custom route leads to.

use local_core::refuse_if;
use local_core::rpc::{Params, RpcError};
use serde::{Deserialize, Serialize};

use super::super::interface::Status;
use super::super::network::Network;
use super::super::place::Place;
use super::super::world::World;
use crate::vpcpeer::Peering;

/// A next hop that exists in this cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::vpc) enum NextHop {
    /// A router interface of the same VPC's router.
    RouterInterface(String),
    /// A VPC peering connection of the VPC.
    VpcPeer(String),
}

/// The types that the API names. All are understood; only those that this cloud can make are ever found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    RouterInterface,
    VpcPeer,
    Other,
}

impl Type {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "RouterInterface" => Self::RouterInterface,
            "VpcPeer" => Self::VpcPeer,
            "Instance"
            | "HaVip"
            | "NetworkInterface"
            | "VpnGateway"
            | "NatGateway"
            | "IPv6Gateway"
            | "Ipv4Gateway"
            | "GatewayEndpoint"
            | "GatewayLoadBalancerEndpoint"
            | "Attachment"
            | "Ecr"
            | "RouteTargetGroup"
            | "CenBasic" => Self::Other,
            _ => return None,
        })
    }
}

impl NextHop {
    /// The word for its type.
    pub(in crate::vpc) fn kind(&self) -> &'static str {
        match self {
            Self::RouterInterface(_) => "RouterInterface",
            Self::VpcPeer(_) => "VpcPeer",
        }
    }

    pub(in crate::vpc) fn id(&self) -> &str {
        match self {
            Self::RouterInterface(id) | Self::VpcPeer(id) => id,
        }
    }

    /// Finds the next hop that a request names, and checks that a route of `network` may lead there.
    pub(super) fn find(
        world: &World,
        place: &Place,
        network: &Network,
        kind: &str,
        id: &str,
    ) -> Result<Self, RpcError> {
        let kind = Type::parse(kind).ok_or_else(|| {
            RpcError::bad("InvalidNextHopType", format!("The specified NextHopType \"{kind}\" is not valid."))
        })?;
        match kind {
            Type::RouterInterface => Self::interface(world, place, network, id),
            Type::VpcPeer => Self::peering(world, place, network, id),
            Type::Other => Err(not_found(id)),
        }
    }

    fn interface(world: &World, place: &Place, network: &Network, id: &str) -> Result<Self, RpcError> {
        let interface = world.interfaces.get(&place.key(id)).ok_or_else(|| not_found(id))?;
        refuse_if!(interface.router_id != network.router_id, bad "OperationDenied.RouterInterfaceToDifferentVpc",
            "The router interface {id} belongs to the router of another VPC.");
        refuse_if!(interface.status != Status::Active, bad "IncorrectStatus.RouterInterface",
            "The router interface {id} is {}, not Active.", interface.status.word());
        Ok(Self::RouterInterface(id.to_owned()))
    }

    fn peering(world: &World, place: &Place, network: &Network, id: &str) -> Result<Self, RpcError> {
        let own = |peering: &&Peering| peering.ends().iter().any(|end| end.account == place.account);
        let peering = world.peerings.all.get(id).filter(own).ok_or_else(|| {
            RpcError::bad("ResourceNotFound.VpcPeer", format!("The VPC peering connection {id} does not exist."))
        })?;
        refuse_if!(peering.ends().iter().all(|end| end.vpc_id != network.id), missing "OperationFailed.InstanceDismatchCurrentVpc",
            "The VPC peering connection {id} does not join {}.", network.id);
        refuse_if!(!peering.is_activated(), bad "IncorrectStatus.VpcPeer",
            "The VPC peering connection {id} is {}, not Activated.", peering.status_word());
        Ok(Self::VpcPeer(id.to_owned()))
    }

    /// Whether the next hop can be used now.
    pub(super) fn is_enabled(&self, world: &World, place: &Place) -> bool {
        match self {
            Self::RouterInterface(id) => {
                world.interfaces.get(&place.key(id)).is_some_and(|interface| interface.status == Status::Active)
            }
            Self::VpcPeer(id) => world.peerings.all.get(id).is_some_and(Peering::carries),
        }
    }
}

/// The next hop that `CreateRouteEntry` names: its type and id.
///
/// Several at once are for router interfaces that lead to a VBR, of which there is none here.
pub(super) fn read(params: &Params) -> Result<(&str, &str), RpcError> {
    let several = params.objects("NextHopList");
    match (params.get("NextHopId"), several.as_slice()) {
        (Some(id), []) => Ok((params.get("NextHopType").unwrap_or("Instance"), id)),
        (None, []) => Err(RpcError::bad(
            "InvalidNexthopTypeAndList.BothNull",
            "Either NextHopType and NextHopId or NextHopList must be specified.",
        )),
        (Some(_), _) => Err(RpcError::bad(
            "InvalidNexthopTypeAndList.BothNotNull",
            "NextHopId and NextHopList cannot be specified together.",
        )),
        (None, _) => Err(RpcError::bad(
            "InvalidOppositeRouterType",
            "NextHopList needs router interfaces whose opposite router is a VBR.",
        )),
    }
}

fn not_found(id: &str) -> RpcError {
    RpcError::missing("InvalidNextHopId.NotFound", format!("Specified next hop does not exist: {id}."))
}
