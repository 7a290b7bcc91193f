//! What the cloud itself says of the connection, asked with the keys of each side's own account.

use alicloud::vpc::{Filter, FilterKey, InterfaceStatus, RouteStatus};
use alicloud::{Client, Error, Region};
use ipnet::{IpNet, Ipv4Net};
use serde::Serialize;

/// One side as the record names it.
#[derive(Debug, Clone)]
pub struct Side {
    /// `initiator` or `acceptor`.
    pub name: String,
    /// The operator's alias of the account.
    pub account: String,
    /// The region.
    pub region_id: Region,
    /// The VPC.
    pub vpc_id: String,
    /// Its router.
    pub router_id: String,
    /// Its route table.
    pub route_table_id: String,
    /// Its ranges.
    pub cidr_blocks: Vec<Ipv4Net>,
}

/// An interface as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Interface {
    /// The side.
    pub side: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region_id: String,
    /// `ri-…`
    pub router_interface_id: String,
    /// Its bandwidth class.
    pub spec: String,
    /// Its state.
    pub status: String,
    /// `ri-…` of the other side.
    pub opposite_interface_id: String,
}

/// A route as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Route {
    /// The side.
    pub side: String,
    /// The table.
    pub route_table_id: String,
    /// Where to.
    pub destination: String,
    /// By which interface.
    pub next_hop_id: String,
    /// Its state.
    pub status: String,
}

/// Who reaches whom.
#[derive(Debug, Clone, Serialize)]
pub struct Reach {
    /// From this VPC.
    pub from: String,
    /// To addresses in this range.
    pub to: String,
    /// Whether interfaces and route are in the state for it.
    pub reached: bool,
}

/// What was read back.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// Every router interface between the two routers.
    pub interfaces: Vec<Interface>,
    /// Every route into the other network.
    pub routes: Vec<Route>,
    /// What follows from both.
    pub reaches: Vec<Reach>,
}

impl Proof {
    /// Whether there is one Active pair, and one Available route a range, and nothing else.
    #[must_use]
    pub fn holds(&self, ranges: usize) -> bool {
        self.interfaces.len() == 2
            && self.routes.len() == ranges
            && self.reaches.len() == ranges
            && self.reaches.iter().all(|reach| reach.reached)
    }
}

/// Reads both sides back. `clients` are in the order of `sides`.
///
/// # Errors
/// When the cloud refuses a reading call.
pub async fn read_back(sides: &[Side; 2], clients: &[Client; 2]) -> Result<Proof, Error> {
    let [one, other] = sides;
    let (mut interfaces, mut routes) = (Vec::new(), Vec::new());
    for (own, peer, client) in [(one, other, &clients[0]), (other, one, &clients[1])] {
        interfaces.extend(interfaces_of(own, peer, client).await?);
        routes.extend(routes_of(own, peer, client).await?);
    }
    let active =
        interfaces.len() == 2 && interfaces.iter().all(|found| found.status == InterfaceStatus::Active.as_str());
    let reaches = [(one, other), (other, one)]
        .iter()
        .flat_map(|(from, to)| to.cidr_blocks.iter().map(move |block| (*from, *to, block.to_string())))
        .map(|(from, to, block)| Reach {
            from: format!("{} ({})", from.vpc_id, list(&from.cidr_blocks)),
            reached: active
                && routes.iter().any(|route: &Route| {
                    route.side == from.name
                        && route.destination == block
                        && route.status == RouteStatus::Available.as_str()
                        && interfaces
                            .iter()
                            .any(|own| own.side == from.name && own.router_interface_id == route.next_hop_id)
                }),
            to: format!("{block} in {}", to.vpc_id),
        })
        .collect();
    Ok(Proof { interfaces, routes, reaches })
}

fn list(blocks: &[Ipv4Net]) -> String {
    blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

async fn interfaces_of(own: &Side, peer: &Side, client: &Client) -> Result<Vec<Interface>, Error> {
    let vpc = client.vpc(&own.region_id);
    let listed = vpc.all_router_interfaces(&[Filter::new(FilterKey::RouterId, &own.router_id)]).await?;
    let to_peer = |found: &alicloud::vpc::RouterInterface| found.opposite_router_id.as_ref() == Some(&peer.router_id);
    Ok(listed
        .into_iter()
        .filter(to_peer)
        .map(|found| Interface {
            side: own.name.clone(),
            account: own.account.clone(),
            region_id: own.region_id.to_string(),
            router_interface_id: found.router_interface_id,
            spec: found.spec.map(|spec| spec.to_string()).unwrap_or_default(),
            status: found.status.to_string(),
            opposite_interface_id: found.opposite_interface_id.unwrap_or_default(),
        })
        .collect())
}

async fn routes_of(own: &Side, peer: &Side, client: &Client) -> Result<Vec<Route>, Error> {
    let vpc = client.vpc(&own.region_id);
    let into_peer = |net: Option<IpNet>| {
        net.is_some_and(|net| peer.cidr_blocks.iter().any(|block| IpNet::V4(*block).contains(&net)))
    };
    let entries = vpc.all_route_entries(&own.route_table_id).await?;
    Ok(entries
        .into_iter()
        .filter(|entry| into_peer(entry.destination_cidr_block.net()))
        .map(|entry| Route {
            side: own.name.clone(),
            route_table_id: own.route_table_id.clone(),
            destination: entry.destination_cidr_block.to_string(),
            next_hop_id: entry
                .next_hops
                .iter()
                .filter_map(|hop| hop.next_hop_id.clone())
                .collect::<Vec<_>>()
                .join(", "),
            status: entry.status.to_string(),
        })
        .collect())
}
