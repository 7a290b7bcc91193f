//! Who reaches whom on this network, and why not: a pure function over a view of it.
//!
//! A packet is sent by an instance. The route table of its vSwitch decides by the longest prefix where it goes: to the VPC
//! itself, or over a link to one other VPC, never further. There an instance must run at the address; the sender's security
//! groups must let the packet out, and the instance's must let it in. The answer needs a way back by the other side's routes; no group stops it, for groups remember what
//! they let pass. Whatever is missing, the sender sees the same: silence.

mod filter;
mod rtt;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use local_core::refuse_if;

pub use filter::{Action, Filter, Group, Ports, Protocol, Source};
pub use rtt::Distance;
pub(super) use rtt::name;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// An echo request.
    Icmp,
    /// A connection to this port.
    Tcp(u16),
    /// A datagram to this port.
    Udp(u16),
}

/// An instance as the network sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its region.
    pub region: String,
    /// Its zone.
    pub zone: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// The route table of its vSwitch.
    pub table_id: String,
    /// Whether it runs.
    pub is_running: bool,
    /// The security groups that it is in.
    pub groups: Vec<String>,
}

/// A route in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// For packets to this range.
    pub destination: Ipv4Net,
    /// Where they go.
    pub leads: Leads,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To the VPC's own instances.
    Home,
    /// Over a link to another VPC.
    Across {
        /// The next hop.
        hop: String,
        /// The VPC on the other end.
        vpc_id: String,
    },
    /// Nowhere: the next hop does not work.
    Nowhere {
        /// The next hop.
        hop: String,
        /// What is wrong with it, for people.
        why: String,
    },
}

/// The network, as far as a packet's way needs it.
pub trait View {
    /// The instance with an address in a VPC, running or not.
    fn host_at(&self, vpc_id: &str, address: Ipv4Addr) -> Option<Host>;
    /// The routes in force of a host's table.
    fn routes(&self, host: &Host) -> Vec<Route>;
    /// A host's security groups with their rules.
    fn groups(&self, host: &Host) -> Vec<Group>;
}

/// The packet arrived and was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Who answered.
    pub host: Host,
    /// How far away that is.
    pub distance: Distance,
}

/// Why a packet was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[allow(missing_docs, reason = "the texts say what each one means")]
#[strum(serialize_all = "kebab-case")]
pub enum Blocked {
    #[error("the sending instance {0} is not running")]
    SenderStopped(String),
    #[error("the route table {table_id} of {vpc_id} has no route to {to}")]
    NoRoute { table_id: String, vpc_id: String, to: Ipv4Addr },
    #[error("the route leads to {hop}, which does not work: {why}")]
    LinkDown { hop: String, why: String },
    #[error("no instance of {vpc_id} has the address {to}")]
    NobodyThere { vpc_id: String, to: Ipv4Addr },
    #[error("the instance {0} is not running")]
    TargetStopped(String),
    #[error("the security groups of {host_id} do not let it out ({})", group_ids.join(", "))]
    KeptIn { host_id: String, group_ids: Vec<String> },
    #[error("the security groups of {host_id} do not let it in ({})", group_ids.join(", "))]
    Filtered { host_id: String, group_ids: Vec<String> },
    #[error("the route table {table_id} of {vpc_id} has no route back to {to}")]
    NoRouteBack { table_id: String, vpc_id: String, to: Ipv4Addr },
    #[error("the route back leads to {hop}, which does not lead there: {why}")]
    BackElsewhere { hop: String, why: String },
}

impl Blocked {
    /// The reason in a word, for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.into()
    }
}

/// Whether `traffic` that `from` sends to `to` is answered.
///
/// # Errors
/// Where it is lost, and why.
pub fn reach(view: &dyn View, from: &Host, to: Ipv4Addr, traffic: Traffic) -> Result<Reached, Blocked> {
    refuse_if!(!from.is_running, Blocked::SenderStopped(from.id.clone()));
    if to == from.address || to.is_loopback() {
        return Ok(Reached { host: from.clone(), distance: Distance::SameHost });
    }
    let vpc_id = match way(view, from, to) {
        Some(Leads::Home) => from.vpc_id.clone(),
        Some(Leads::Across { vpc_id, .. }) => vpc_id,
        Some(Leads::Nowhere { hop, why }) => return Err(Blocked::LinkDown { hop, why }),
        None => return Err(Blocked::NoRoute { table_id: from.table_id.clone(), vpc_id: from.vpc_id.clone(), to }),
    };
    let target = view.host_at(&vpc_id, to).ok_or(Blocked::NobodyThere { vpc_id, to })?;
    refuse_if!(!target.is_running, Blocked::TargetStopped(target.id));
    let own = view.groups(from);
    if !filter::lets_out(&own, &target, traffic) {
        let group_ids = own.into_iter().map(|group| group.id).collect();
        return Err(Blocked::KeptIn { host_id: from.id.clone(), group_ids });
    }
    let groups = view.groups(&target);
    if !filter::lets_in(&groups, from, traffic) {
        let group_ids = groups.into_iter().map(|group| group.id).collect();
        return Err(Blocked::Filtered { host_id: target.id, group_ids });
    }
    way_back(view, &target, from)?;
    Ok(Reached { distance: Distance::between(from, &target), host: target })
}

/// Where the host's routes send a packet to `to`: of those that fit, the most specific.
fn way(view: &dyn View, host: &Host, to: Ipv4Addr) -> Option<Leads> {
    let fitting = view.routes(host).into_iter().filter(|route| route.destination.contains(&to));
    fitting.max_by_key(|route| route.destination.prefix_len()).map(|route| route.leads)
}

fn way_back(view: &dyn View, target: &Host, from: &Host) -> Result<(), Blocked> {
    let elsewhere = |hop: String, why: String| Err(Blocked::BackElsewhere { hop, why });
    match way(view, target, from.address) {
        Some(Leads::Home) if target.vpc_id == from.vpc_id => Ok(()),
        Some(Leads::Across { vpc_id, .. }) if vpc_id == from.vpc_id => Ok(()),
        Some(Leads::Home) => {
            elsewhere("local".to_owned(), format!("{} is an address of {}", from.address, target.vpc_id))
        }
        Some(Leads::Across { hop, vpc_id }) => elsewhere(hop, format!("it leads to {vpc_id}")),
        Some(Leads::Nowhere { hop, why }) => elsewhere(hop, why),
        None => Err(Blocked::NoRouteBack {
            table_id: target.table_id.clone(),
            vpc_id: target.vpc_id.clone(),
            to: from.address,
        }),
    }
}
