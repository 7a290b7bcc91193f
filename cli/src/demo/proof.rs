//! What the cloud itself says of the connection, asked with the keys of each side's own account.

use alicloud::ecs::Direction;
use alicloud::vpc::{Cidr, Filter, FilterKey, InterfaceStatus, RouteStatus};
use alicloud::vpc_peer::{ListVpcPeerConnections, PeerStatus};
use alicloud::{Client, Error, Region};
use connection::proof::{Method, Proof as Reachability, Verdict};
use ipnet::{IpNet, Ipv4Net};
use serde::Serialize;

/// One side as the record names it.
#[derive(Debug, Clone)]
pub struct Side {
    /// `initiator` or `acceptor`.
    pub name: String,
    /// The operator's alias of the account.
    pub account: String,
    pub region_id: Region,
    pub vpc_id: String,
    pub router_id: String,
    /// Its route tables that matter.
    pub route_tables: Vec<String>,
    pub cidr_blocks: Vec<Ipv4Net>,
    /// The security groups that let the other side in.
    pub security_groups: Vec<String>,
    /// The ping from here, as the record keeps it.
    pub ping: Option<Reachability>,
}

/// An interface as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Interface {
    pub side: String,
    pub account: String,
    pub region_id: String,
    pub router_interface_id: String,
    pub spec: String,
    pub status: String,
    pub opposite_interface_id: String,
}

/// A peering connection as the cloud shows it to one side.
#[derive(Debug, Clone, Serialize)]
pub struct Peering {
    pub side: String,
    pub account: String,
    pub region_id: String,
    pub peering_id: String,
    pub status: String,
}

/// An inbound rule as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    pub side: String,
    pub security_group_id: String,
    pub protocol: String,
    pub ports: String,
    pub source: String,
}

/// What a ping came to.
#[derive(Debug, Clone, Serialize)]
pub struct Ping {
    pub side: String,
    pub reached: bool,
    pub seen: String,
}

/// A route as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Route {
    pub side: String,
    pub route_table_id: String,
    pub destination: String,
    pub next_hop_id: String,
    pub status: String,
}

/// Who reaches whom.
#[derive(Debug, Clone, Serialize)]
pub struct Reach {
    pub from: String,
    /// To addresses in this range.
    pub to: String,
    /// Whether what joins them and the routes are in the state for it.
    pub reached: bool,
}

/// What was read back.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// Every router interface between the two routers.
    pub interfaces: Vec<Interface>,
    /// Every peering between the two VPCs, as each side sees it.
    pub peerings: Vec<Peering>,
    /// Every route into the other network.
    pub routes: Vec<Route>,
    /// Every rule that lets the other network in.
    pub rules: Vec<Rule>,
    /// The pings, one from each side.
    pub pings: Vec<Ping>,
    /// What follows from all that.
    pub reaches: Vec<Reach>,
}

impl Proof {
    /// Whether there is one link in force, one Available route for each range and table, a rule on each side, an answered
    /// ping each way, and nothing else.
    #[must_use]
    pub fn holds(&self, sides: &[Side; 2]) -> bool {
        let [one, other] = sides;
        let routes =
            one.route_tables.len() * other.cidr_blocks.len() + other.route_tables.len() * one.cidr_blocks.len();
        let has_rule = |side: &Side| self.rules.iter().any(|rule| rule.side == side.name);
        self.interfaces.len() + self.peerings.len() == 2
            && self.routes.len() == routes
            && sides.iter().all(has_rule)
            && self.pings.len() == 2
            && self.pings.iter().all(|ping| ping.reached)
            && self.reaches.iter().all(|reach| reach.reached)
    }
}

/// Reads both sides back. `clients` are in the order of `sides`.
///
/// # Errors
/// When the cloud refuses a reading call.
pub async fn read_back(sides: &[Side; 2], clients: &[Client; 2]) -> Result<Proof, Error> {
    let [one, other] = sides;
    let mut proof = Proof {
        interfaces: Vec::new(),
        peerings: Vec::new(),
        routes: Vec::new(),
        rules: Vec::new(),
        pings: sides.iter().map(ping_of).collect(),
        reaches: Vec::new(),
    };
    for (own, peer, client) in [(one, other, &clients[0]), (other, one, &clients[1])] {
        proof.interfaces.extend(interfaces_of(own, peer, client).await?);
        proof.peerings.extend(peerings_of(own, peer, client).await?);
        proof.routes.extend(routes_of(own, peer, client).await?);
        proof.rules.extend(rules_of(own, peer, client).await?);
    }
    proof.reaches = [(one, other), (other, one)]
        .iter()
        .flat_map(|(from, to)| to.cidr_blocks.iter().map(move |block| (*from, *to, block.to_string())))
        .map(|(from, to, block)| Reach {
            from: format!("{} ({})", from.vpc_id, list(&from.cidr_blocks)),
            reached: from.route_tables.iter().all(|table| is_routed(&proof, from, table, &block)),
            to: format!("{block} in {}", to.vpc_id),
        })
        .collect();
    Ok(proof)
}

/// Whether a table leads to a range over a link that is in force.
fn is_routed(proof: &Proof, from: &Side, table: &str, block: &str) -> bool {
    let pair = proof.interfaces.iter().filter(|found| found.status == InterfaceStatus::Active.as_str());
    let peering = proof.peerings.iter().filter(|found| found.status == PeerStatus::Activated.as_str());
    let pair: Vec<_> = pair.map(|found| (&found.side, &found.router_interface_id)).collect();
    let links: Vec<_> =
        if pair.len() == 2 { pair } else { peering.map(|found| (&found.side, &found.peering_id)).collect() };
    proof.routes.iter().any(|route| {
        route.side == from.name
            && route.route_table_id == table
            && route.destination == block
            && route.status == RouteStatus::Available.as_str()
            && links.iter().any(|(side, id)| **side == from.name && **id == route.next_hop_id)
    })
}

fn ping_of(side: &Side) -> Ping {
    let (reached, seen) = match &side.ping {
        Some(Reachability::Ended(evidence)) => {
            (evidence.method == Method::Ping && evidence.verdict == Verdict::Reached, evidence.seen.clone())
        }
        Some(Reachability::Running { .. }) | None => (false, "no ping was sent".to_owned()),
    };
    Ping { side: side.name.clone(), reached, seen }
}

async fn peerings_of(own: &Side, peer: &Side, client: &Client) -> Result<Vec<Peering>, Error> {
    let of_vpc = ListVpcPeerConnections { vpc_ids: vec![own.vpc_id.clone()], ..ListVpcPeerConnections::default() };
    let listed = client.vpc_peer(&own.region_id).list_vpc_peer_connections(&of_vpc).await?;
    let joining = listed.into_iter().filter(|found| found.joins(&own.vpc_id, &peer.vpc_id));
    Ok(joining
        .map(|found| Peering {
            side: own.name.clone(),
            account: own.account.clone(),
            region_id: own.region_id.to_string(),
            peering_id: found.instance_id,
            status: found.status.to_string(),
        })
        .collect())
}

async fn rules_of(own: &Side, peer: &Side, client: &Client) -> Result<Vec<Rule>, Error> {
    let ecs = client.ecs(&own.region_id);
    let mut rules = Vec::new();
    for id in &own.security_groups {
        let group = ecs.describe_security_group_attribute(id, Some(&Direction::Ingress)).await?;
        for rule in group.permissions {
            let Some(Cidr::Net(IpNet::V4(source))) = rule.source_cidr_ip else { continue };
            if peer.cidr_blocks.contains(&source) {
                rules.push(Rule {
                    side: own.name.clone(),
                    security_group_id: id.clone(),
                    protocol: rule.ip_protocol.map(|protocol| protocol.to_string()).unwrap_or_default(),
                    ports: rule.port_range.map(|ports| ports.to_string()).unwrap_or_default(),
                    source: source.to_string(),
                });
            }
        }
    }
    Ok(rules)
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
    let mut routes = Vec::new();
    for table in &own.route_tables {
        let entries = vpc.all_route_entries(table).await?;
        let found = entries.into_iter().filter(|entry| into_peer(entry.destination_cidr_block.net()));
        routes.extend(found.map(|entry| Route {
            side: own.name.clone(),
            route_table_id: table.clone(),
            destination: entry.destination_cidr_block.to_string(),
            next_hop_id:
                entry.next_hops.iter().filter_map(|hop| hop.next_hop_id.clone()).collect::<Vec<_>>().join(", "),
            status: entry.status.to_string(),
        }));
    }
    Ok(routes)
}
