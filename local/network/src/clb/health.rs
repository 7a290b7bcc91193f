//! Which backend is healthy.
//!
//! A backend is checked from the moment that its listener runs and that it is a backend; until the first checks have
//! passed its health is not known. After that it is what it is now: the interval between two checks is not played out.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use local_core::delays::{Delays, Wait};
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use local_core::words;
use serde_json::{Value, json};

use super::backend::Backend;
use super::balancer::{Balancer, Status, named};
use super::listener::{Listener, Protocol};
use super::refusal;
use super::server::Server;
use crate::privatelink::{Backend as Chosen, Forwarding};
use crate::vpc::{Place, World};

words! {
    /// What a check says.
    pub(super) enum Health {
        Normal = "normal",
        Abnormal = "abnormal",
        /// It is not known yet.
        Unavailable = "unavailable",
    }
}

/// The health of a backend that `answers` or not, behind a listener that runs since `started`.
fn judge(started: Option<Timestamp>, backend: &Backend, answers: bool, now: Timestamp, delays: &Delays) -> Health {
    let Some(started) = started else { return Health::Unavailable };
    let known = delays.of(Wait::HealthCheck, &backend.server_id).map(|delay| started.max(backend.added) + delay);
    match known {
        Some(known) if known <= now && answers => Health::Normal,
        Some(known) if known <= now => Health::Abnormal,
        Some(_) | None => Health::Unavailable,
    }
}

impl World {
    fn health(&self, place: &Place, listener: &Listener, checked: u16, backend: &Backend) -> Health {
        let started = listener.started.filter(|_| listener.is_running());
        let answers = Server::answers(self, place, &backend.server_id, checked);
        judge(started, backend, answers, self.now, &self.shared.delays)
    }

    /// Where a connection to `port` of the balancer goes: to its healthy backends, those with the most weight first. What
    /// speaks HTTP takes the connection itself.
    pub(crate) fn forwarding(&self, place: &Place, balancer: &Balancer, port: u16) -> Forwarding {
        if balancer.status != Status::Active {
            return Forwarding::NoListener;
        }
        let Some(listener) =
            self.clb.listeners_of(place, &balancer.id).find(|listener| listener.port == port && listener.is_running())
        else {
            return Forwarding::NoListener;
        };
        let takes = |backend: &&Backend| {
            backend.weight > 0
                && listener
                    .checked_port()
                    .is_none_or(|checked| self.health(place, listener, checked, backend) == Health::Normal)
        };
        let mut found: Vec<&Backend> = balancer.backends.iter().filter(takes).collect();
        found.sort_by_key(|backend| std::cmp::Reverse(backend.weight));
        let chosen = |backend: &Backend| Chosen {
            server_id: backend.server_id.clone(),
            answering: self.answering(place, &backend.server_id, listener.backend_port),
        };
        let chosen = found.into_iter().map(chosen).collect();
        match listener.protocol {
            Protocol::Tcp => Forwarding::Connections(chosen),
            Protocol::Http => Forwarding::Requests(chosen),
        }
    }
}

pub(super) fn describe(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let balancer = named(world, &place, params)?;
    let port = params.integer("ListenerPort", 1..=65535)?.and_then(|port| u16::try_from(port).ok());
    let all: Vec<&Listener> = world.clb.listeners_of(&place, &balancer.id).collect();
    if let Some(port) = port {
        let listener = all.iter().find(|listener| listener.port == port).ok_or_else(|| refusal::no_listener(port))?;
        refuse_if!(listener.checked_port().is_none(), missing "CheckedListenerNotFound",
            "The listener on port {port} has no health check.");
    }
    let mut found = Vec::new();
    for listener in all.into_iter().filter(|listener| port.is_none_or(|port| listener.port == port)) {
        let Some(checked) = listener.checked_port() else { continue };
        for backend in &balancer.backends {
            let server = Server::find(world, &place, &backend.server_id);
            found.push(json!({
                "ServerId": backend.server_id,
                "ServerIp": server.map_or(Ipv4Addr::UNSPECIFIED, |server| server.address),
                "Port": listener.backend_port,
                "ListenerPort": listener.port,
                "Protocol": listener.protocol.word(),
                "ServerHealthStatus": world.health(&place, listener, checked, backend).word(),
            }));
        }
    }
    Ok(json!({ "BackendServers": { "BackendServer": found } }))
}
