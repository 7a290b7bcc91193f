//! This cloud as [`reach`] sees it, and pings asked for beside the real API.

use std::net::Ipv4Addr;

use local_core::refuse_if;
use serde::{Deserialize, Serialize};

use crate::vpc::{Place, World};

use super::group::Direction;
use super::instance::Instance;
use super::reach::{self, Group, Host, Route, Traffic, View, reach};

impl View for World {
    fn host_at(&self, vpc_id: &str, address: Ipv4Addr) -> Option<Host> {
        let rows = self.ecs.instances.rows.iter();
        let found = rows.into_iter().find(|(_, instance)| instance.vpc_id == vpc_id && instance.address == address);
        found.and_then(|(key, instance)| self.host_of(key, instance))
    }

    fn routes(&self, host: &Host) -> Vec<Route> {
        self.routes_in_force(&host.table_id)
    }

    fn groups(&self, host: &Host) -> Vec<Group> {
        let rows = self.ecs.groups.iter().map(|(_, group)| group);
        let own = rows.filter(|group| host.groups.contains(&group.id));
        let advanced_lets_out = self.ecs.settings.advanced_groups_let_out;
        own.map(|group| {
            let of = |direction| {
                let rules = group.rules.iter().filter(move |rule| rule.term.direction == direction);
                rules.map(|rule| rule.term.filter()).collect()
            };
            let is_basic = group.kind == super::group::Kind::Basic;
            Group {
                id: group.id.clone(),
                joins_members: group.joins_members(),
                filters: of(Direction::In),
                lets_out: is_basic || advanced_lets_out,
                outbound: of(Direction::Out),
            }
        })
        .collect()
    }
}

impl World {
    /// The instance with this id, and as the network sees it.
    pub(super) fn host(&self, id: &str) -> Option<(Host, &Instance)> {
        let (key, instance) = self.ecs.instances.rows.iter().find(|(_, instance)| instance.id == id)?;
        Some((self.host_of(key, instance)?, instance))
    }

    /// The key of an account's instance, in whichever region it is.
    pub(super) fn instance_key(&self, place: &Place, id: &str) -> Option<String> {
        let own = self.ecs.instances.rows.prefixed(&format!("{}/", place.account)).find(|(_, own)| own.id == id);
        own.map(|(key, _)| key.to_owned())
    }

    fn host_of(&self, key: &str, instance: &Instance) -> Option<Host> {
        let mut parts = key.split('/');
        let place = Place::new(parts.next()?, parts.next()?);
        Some(Host {
            id: instance.id.clone(),
            vpc_id: instance.vpc_id.clone(),
            zone: instance.zone.clone(),
            address: instance.address,
            table_id: self.table_of_vswitch(&place, &instance.vswitch_id)?.to_owned(),
            is_running: instance.is_running(),
            groups: instance.groups.clone(),
            region: place.region,
        })
    }
}

/// A ping to try.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// The sender by its id. Either this or `from`.
    #[serde(default)]
    pub from_instance: Option<String>,
    /// The sender by its address, if only one instance has it.
    #[serde(default)]
    pub from: Option<Ipv4Addr>,
    /// The address to reach.
    pub to: Ipv4Addr,
    /// A TCP port to try instead of an echo request.
    #[serde(default)]
    pub tcp: Option<u16>,
}

/// What a ping meets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pinged {
    /// The sender.
    pub from_instance: String,
    /// Who has the address, if it was answered.
    pub to_instance: Option<String>,
    /// Whether it was answered.
    pub reachable: bool,
    /// How long that took, in milliseconds.
    pub round_trip_ms: Option<f64>,
    /// Why it was not.
    pub lost: Option<Lost>,
}

/// Why a ping was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// In a word, such as `no-route`.
    pub reason: &'static str,
    /// For people.
    pub message: String,
}

/// A ping cannot be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum PingError {
    #[error("there is no such instance to send from")]
    NoSender,
    #[error("name one sender: from_instance, or an address in from that only one instance has")]
    WhichSender,
}

/// Tries it.
pub(super) fn ping(world: &World, ping: &Ping) -> Result<Pinged, PingError> {
    let id = match (&ping.from_instance, ping.from) {
        (Some(id), None) => id.clone(),
        (None, Some(address)) => {
            let rows = world.ecs.instances.rows.iter().map(|(_, instance)| instance);
            let mut having = rows.filter(|instance| instance.address == address);
            let first = having.next().ok_or(PingError::NoSender)?;
            refuse_if!(having.next().is_some(), PingError::WhichSender);
            first.id.clone()
        }
        _ => return Err(PingError::WhichSender),
    };
    let (host, _) = world.host(&id).ok_or(PingError::NoSender)?;
    let traffic = ping.tcp.map_or(Traffic::Icmp, Traffic::Tcp);
    Ok(match reach(world, &host, ping.to, traffic) {
        Ok(reached) => Pinged {
            from_instance: host.id.clone(),
            round_trip_ms: Some(reached.distance.round_trip(reach::name(&host.id), 1).as_secs_f64() * 1000.0),
            to_instance: Some(reached.host.id),
            reachable: true,
            lost: None,
        },
        Err(blocked) => Pinged {
            from_instance: host.id,
            to_instance: None,
            reachable: false,
            round_trip_ms: None,
            lost: Some(Lost { reason: blocked.word(), message: blocked.to_string() }),
        },
    })
}
