//! Whether a packet gets from one address to another and its answer back: a pure function of routes, peerings and groups.
//!
//! The longest mask wins, then the lower priority; rules equal in both share the traffic, so all of them must lead there.
//! A packet crosses one peering at most: peerings are not transitive. A group lets answers to what it let out back in.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use local_core::refuse_if;
use serde::Serialize;

use super::rule::{NextHop, Rule};
use super::security_rule::{Action, Direction, SecurityRule};

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet {
    Icmp,
    Tcp(u16),
    Udp(u16),
}

/// One end: an address, and what surrounds it.
#[derive(Debug, Clone)]
pub(super) struct Host<'a> {
    pub address: Ipv4Addr,
    pub vpc_id: &'a str,
    /// The ranges that the local rule stands for.
    pub local: Vec<Ipv4Net>,
    /// The rules of its subnet's route table.
    pub rules: &'a [Rule],
    /// The rules of all its security groups.
    pub groups: Vec<&'a SecurityRule>,
}

/// One half of a peering.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub id: &'a str,
    pub vpc_id: &'a str,
    pub remote_vpc_id: &'a str,
    pub is_connected: bool,
}

/// At which end a packet is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Where the packet comes from.
    From,
    /// Where it goes to, and its answer comes from.
    To,
}

/// Why a packet is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum Obstacle {
    #[error("no security group lets it out")]
    OutboundDenied,
    #[error("no security group lets it in")]
    InboundDenied,
    #[error("no route leads there")]
    NoRoute,
    /// The best rule leads to something else: the internet, the own VPC, or a peering with another VPC.
    #[error("the route leads elsewhere")]
    LeadsElsewhere,
    #[error("the route leads to a peering that is gone")]
    PeeringGone,
    #[error("the route leads to a peering that is not Connected")]
    PeeringNotConnected,
}

/// Where and why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    pub side: Side,
    pub why: Obstacle,
}

/// Sends a packet there and its answer back.
pub(super) fn reach(from: &Host<'_>, to: &Host<'_>, links: &[Link<'_>], packet: Packet) -> Result<(), Lost> {
    let at = |side| move |why| Lost { side, why };
    passes(from, Direction::Outbound, to.address, packet).map_err(at(Side::From))?;
    route(from, to, links).map_err(at(Side::From))?;
    passes(to, Direction::Inbound, from.address, packet).map_err(at(Side::To))?;
    route(to, from, links).map_err(at(Side::To))
}

/// The rule with the lowest priority decides; one that denies wins over one that allows.
fn passes(host: &Host<'_>, direction: Direction, peer: Ipv4Addr, packet: Packet) -> Result<(), Obstacle> {
    let matching = host.groups.iter().filter(|rule| rule.matches(direction, peer, packet));
    match matching.min_by_key(|rule| (rule.priority, rule.action == Action::Allow)) {
        Some(rule) if rule.action == Action::Allow => Ok(()),
        Some(_) | None => Err(match direction {
            Direction::Outbound => Obstacle::OutboundDenied,
            Direction::Inbound => Obstacle::InboundDenied,
        }),
    }
}

fn route(from: &Host<'_>, to: &Host<'_>, links: &[Link<'_>]) -> Result<(), Obstacle> {
    if from.local.iter().any(|range| range.contains(&to.address)) {
        return if from.vpc_id == to.vpc_id { Ok(()) } else { Err(Obstacle::LeadsElsewhere) };
    }
    let matching: Vec<(&Rule, Ipv4Net)> = from
        .rules
        .iter()
        .filter_map(|rule| rule.prefix.filter(|prefix| prefix.contains(&to.address)).map(|prefix| (rule, prefix)))
        .collect();
    let rank = |(rule, prefix): &(&Rule, Ipv4Net)| (u8::MAX - prefix.prefix_len(), rule.priority);
    let best = matching.iter().map(rank).min().ok_or(Obstacle::NoRoute)?;
    let mut chosen = matching.iter().filter(|candidate| rank(candidate) == best);
    chosen.try_for_each(|(rule, _)| follow(rule, from, to, links))
}

fn follow(rule: &Rule, from: &Host<'_>, to: &Host<'_>, links: &[Link<'_>]) -> Result<(), Obstacle> {
    refuse_if!(rule.next_hop != NextHop::VpcPeering, Obstacle::LeadsElsewhere);
    let link = links.iter().find(|link| link.id == rule.next_hop_id && link.vpc_id == from.vpc_id);
    match link {
        None => Err(Obstacle::PeeringGone),
        Some(link) if !link.is_connected => Err(Obstacle::PeeringNotConnected),
        Some(link) if link.remote_vpc_id != to.vpc_id => Err(Obstacle::LeadsElsewhere),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
