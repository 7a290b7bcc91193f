//! A ping between two addresses of this cloud, in whichever accounts they are.
//!
//! There are no instances here: an end is an address in a subnet, with the security groups that an instance there would have.

use std::net::Ipv4Addr;

use local_core::pipeline::Rows as _;
use local_core::refuse_if;
use serde::{Deserialize, Serialize};

use super::Jd;
use super::peering::State;
use super::place::Place;
use super::reach::{Host, Link, Lost, Obstacle, Packet, Side, reach};
use super::security_rule::SecurityRule;
use super::subnet::Subnet;
use super::world::World;

/// What to send, and between whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// Where it comes from.
    pub from: PingEnd,
    /// Where it goes to.
    pub to: PingEnd,
    /// What is sent.
    #[serde(default)]
    pub protocol: PingProtocol,
    /// The port at the far end; ICMP has none.
    #[serde(default)]
    pub port: Option<u16>,
}

/// One end of a ping.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PingEnd {
    /// Its subnet.
    pub subnet_id: String,
    /// Its address; the subnet's last one if absent.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// Its security groups; the default one of its VPC if empty.
    #[serde(default)]
    pub security_group_ids: Vec<String>,
}

/// What is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PingProtocol {
    /// A real ping.
    #[default]
    Icmp,
    /// A connection to a port.
    Tcp,
    /// A datagram to a port.
    Udp,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pong {
    /// Whether it got there and the answer back.
    pub reached: bool,
    /// At which end it was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Side>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Obstacle>,
    /// The same for people.
    pub text: String,
}

/// A ping names something that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum UnknownPlace {
    #[error("there is no subnet {0}")]
    Subnet(String),
    #[error("there is no security group {0} in the subnet's VPC")]
    Group(String),
    #[error("the address {0} is not in the subnet")]
    Address(Ipv4Addr),
    #[error("tcp and udp need a port, icmp has none")]
    Port,
}

impl Jd {
    /// Sends a packet from one end to the other and its answer back, as routes, peerings and security groups let it.
    ///
    /// # Errors
    /// When something it names does not exist.
    pub fn ping(&self, ping: &Ping) -> Result<Pong, UnknownPlace> {
        let mut world = self.world();
        world.settle(self.shared.clock.now());
        let packet = match (ping.protocol, ping.port) {
            (PingProtocol::Icmp, None) => Packet::Icmp,
            (PingProtocol::Tcp, Some(port)) => Packet::Tcp(port),
            (PingProtocol::Udp, Some(port)) => Packet::Udp(port),
            (PingProtocol::Icmp, Some(_)) | (PingProtocol::Tcp | PingProtocol::Udp, None) => {
                return Err(UnknownPlace::Port);
            }
        };
        let (from, to) = (host(&world, &ping.from)?, host(&world, &ping.to)?);
        Ok(match reach(&from, &to, &links(&world), packet) {
            Ok(()) => Pong { reached: true, at: None, why: None, text: "it got there, and the answer back".to_owned() },
            Err(Lost { side, why }) => Pong { reached: false, at: Some(side), why: Some(why), text: why.to_string() },
        })
    }
}

fn host<'a>(world: &'a World, end: &PingEnd) -> Result<Host<'a>, UnknownPlace> {
    let (key, subnet) = world
        .subnets
        .iter()
        .find(|(_, subnet)| subnet.id == end.subnet_id)
        .ok_or_else(|| UnknownPlace::Subnet(end.subnet_id.clone()))?;
    let place = Place::of_key(key).ok_or_else(|| UnknownPlace::Subnet(end.subnet_id.clone()))?;
    let address = end.address.unwrap_or_else(|| subnet.bounds().1);
    refuse_if!(!subnet.cidr.contains(&address), UnknownPlace::Address(address));
    let network = world.network(&place, &subnet.vpc_id);
    let local = network.map(|network| world.ranges(&place, network)).unwrap_or_default();
    let rules = world.table(&place, &subnet.table_id).map(|table| table.rules.as_slice()).unwrap_or_default();
    Ok(Host { address, vpc_id: &subnet.vpc_id, local, rules, groups: groups(world, &place, subnet, end)? })
}

fn groups<'a>(
    world: &'a World,
    place: &Place,
    subnet: &'a Subnet,
    end: &PingEnd,
) -> Result<Vec<&'a SecurityRule>, UnknownPlace> {
    let of_vpc = || world.groups_of(place, &subnet.vpc_id);
    if end.security_group_ids.is_empty() {
        return Ok(of_vpc().filter(|group| group.is_default).flat_map(|group| &group.rules).collect());
    }
    let mut rules = Vec::new();
    for id in &end.security_group_ids {
        let group = of_vpc().find(|group| group.id == *id).ok_or_else(|| UnknownPlace::Group(id.clone()))?;
        rules.extend(&group.rules);
    }
    Ok(rules)
}

fn links(world: &World) -> Vec<Link<'_>> {
    let peerings = world.peerings.iter().map(|(_, peering)| peering);
    peerings
        .map(|peering| Link {
            id: &peering.id,
            vpc_id: &peering.vpc_id,
            remote_vpc_id: &peering.remote_vpc_id,
            is_connected: peering.state == State::Connected,
        })
        .collect()
}
