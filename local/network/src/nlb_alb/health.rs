//! Which server is healthy, and where a connection goes.
//!
//! A server is checked from the moment that its listener runs and that it is in use; until the first checks have passed its
//! health is not known. After that it is what it is now: the interval between two checks is not played out.
//!
//! Where no server of a group is healthy both products go on to try all of them, as their documents have it.

use std::net::Ipv4Addr;

use local_core::delays::Wait;
use local_core::rpc::{RpcError, RpcRequest};
use local_core::words;
use serde_json::{Value, json};

use super::flavour::Flavour;
use super::listener::{Listener, Protocol, named};
use super::load_balancer::LoadBalancer;
use super::server::Server;
use super::server_group::ServerGroup;
use crate::privatelink::{Answering, Backend, Forwarding};
use crate::vpc::{Place, World};

words! {
    /// What the checks say. Healthy servers are not told of.
    enum Health {
        Normal = "Normal",
        /// It is not known yet.
        Initial = "Initial",
        Unhealthy = "Unhealthy",
        /// It gets no traffic.
        Unused = "Unused",
        /// It is not checked.
        Unavailable = "Unavailable",
    }
}

impl World {
    /// Whether something on an instance answers on `port`. Security groups have no say: a load balancer's own addresses
    /// pass them.
    pub(crate) fn answering(&self, place: &Place, instance_id: &str, port: u16) -> Answering {
        match self.instance(place, instance_id) {
            Some(instance) if !instance.is_running() => Answering::Silent,
            Some(_) if self.instance_answers(instance_id, port) => Answering::Listens,
            Some(_) => Answering::Refuses,
            None => Answering::Silent,
        }
    }

    fn server_health(&self, place: &Place, listener: &Listener, group: &ServerGroup, server: &Server) -> Health {
        if !group.check.on {
            return Health::Unavailable;
        }
        if !server.is_in_use() {
            return Health::Unused;
        }
        let started = listener.started.filter(|_| listener.listens());
        let delay = self.shared.delays.of(Wait::HealthCheck, &server.id);
        let known = started.zip(delay).map(|(started, delay)| started.max(server.since) + delay);
        if known.is_none_or(|known| known > self.now) {
            return Health::Initial;
        }
        match self.answering(place, &server.id, group.check.port.unwrap_or(server.port)) {
            Answering::Listens => Health::Normal,
            Answering::Refuses | Answering::Silent => Health::Unhealthy,
        }
    }

    /// The servers that a connection to a listener may go to, those with the most weight first.
    fn backends(&self, place: &Place, listener: &Listener, group: &ServerGroup) -> Vec<Backend> {
        let mut used: Vec<&Server> = group.servers.iter().filter(|server| server.is_in_use()).collect();
        let is_healthy = |server: &&Server| self.server_health(place, listener, group, server) == Health::Normal;
        if used.iter().any(is_healthy) {
            used.retain(is_healthy);
        }
        used.sort_by_key(|server| std::cmp::Reverse(server.weight));
        let backend = |server: &Server| Backend {
            server_id: server.id.clone(),
            answering: self.answering(place, &server.id, server.port),
        };
        used.into_iter().map(backend).collect()
    }

    /// Where a connection to `port` of a load balancer goes, through an endpoint or straight.
    pub(crate) fn balanced(
        &self,
        place: &Place,
        balancer: &LoadBalancer,
        port: u16,
        through_endpoint: bool,
    ) -> Forwarding {
        let mut listeners = self.nlb_alb.listeners_of(place, &balancer.id);
        let listener = listeners.find(|own| own.port == port && own.listens() && own.protocol.takes_connections());
        let Some(listener) = listener.filter(|_| balancer.is_active()) else { return Forwarding::NoListener };
        let group = self.nlb_alb.groups.get(&place.key(&listener.group_id));
        let backends = || group.map(|group| self.backends(place, listener, group)).unwrap_or_default();
        match listener.protocol {
            Protocol::Tcp => Forwarding::Connections(backends()),
            Protocol::Http => Forwarding::Requests(backends()),
            Protocol::Https => Forwarding::EncryptedRequests,
            Protocol::TcpSsl if through_endpoint => Forwarding::NoListener,
            Protocol::TcpSsl => Forwarding::EncryptedConnections,
            Protocol::Udp | Protocol::Quic => Forwarding::NoListener,
        }
    }
}

/// `GetListenerHealthStatus`: the servers that are not healthy, and why.
pub(super) fn status(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, flavour) = (Place::of(request), Flavour::of(request));
    let listener = named(world, request)?;
    let mut infos = Vec::new();
    if let Some(group) = world.nlb_alb.groups.get(&place.key(&listener.group_id)) {
        let not_normal: Vec<Value> = group
            .servers
            .iter()
            .map(|server| (server, world.server_health(&place, listener, group, server)))
            .filter(|(_, health)| *health != Health::Normal)
            .map(|(server, health)| not_normal(world, &place, group, server, health))
            .collect();
        let mut info = json!({ "ServerGroupId": group.id, "NonNormalServers": not_normal });
        match flavour {
            // The product's own spelling.
            Flavour::Nlb => info["HeathCheckEnabled"] = group.check.on.into(),
            Flavour::Alb => {
                info["HealthCheckEnabled"] = if group.check.on { "on" } else { "off" }.into();
                info["ActionType"] = "ForwardGroup".into();
                info["ServerCount"] = group.servers.len().into();
            }
        }
        infos.push(info);
    }
    let status = json!({
        "ListenerId": listener.id,
        "ListenerPort": listener.port,
        "ListenerProtocol": listener.protocol.word(),
        "ServerGroupInfos": infos,
    });
    Ok(match flavour {
        Flavour::Nlb => {
            json!({ "ListenerHealthStatus": [status], "NextToken": "", "MaxResults": 20, "TotalCount": 1 })
        }
        Flavour::Alb => json!({ "ListenerHealthStatus": [status], "RuleHealthStatus": [], "NextToken": "" }),
    })
}

fn not_normal(world: &World, place: &Place, group: &ServerGroup, server: &Server, health: Health) -> Value {
    let address = world.instance(place, &server.id).map_or(Ipv4Addr::UNSPECIFIED, |instance| instance.address);
    let mut view = json!({
        "ServerId": server.id,
        "ServerIp": address,
        "Port": server.port,
        "Status": health.word(),
    });
    if health == Health::Unhealthy {
        let reason = match world.answering(place, &server.id, group.check.port.unwrap_or(server.port)) {
            Answering::Silent => "CONNECT_TIMEOUT",
            Answering::Refuses | Answering::Listens => "CONNECT_FAILED",
        };
        view["Reason"] = json!({ "ReasonCode": reason });
    }
    view
}
