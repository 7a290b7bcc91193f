//! Whether a connection from a consumer's instance gets through, as a pure function over a view of the network.
//!
//! To an address there must be a way, and the security groups on both ends must let it pass: that is [`reach`]'s business,
//! for which an endpoint's interface is a host like any other. Behind the address there is a receiver. An instance accepts a
//! connection where something listens; a load balancer where a listener runs; an endpoint where its connection and its zone are
//! connected, and then as its load balancer does. An endpoint that is not connected, or a load balancer without a listener,
//! drops the connection, so that the client waits. Which of the two a balancer without a listener does is not documented.
//!
//! A balancer that passes connections on is as open as the server it chooses, and refuses where it has none to choose. One
//! that passes requests on takes the connection itself, and tells in HTTP what is wrong behind it: 503 where it has no server
//! to choose, 502 where that one refuses, 504 where it is silent.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::ecs::reach::{Distance, Group, Host, Route, Traffic, View, reach};

/// How long a balancer tries to reach a server before it tells the client.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(5);

/// What a server does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answering {
    /// Something takes it.
    Listens,
    /// Nothing takes it.
    Refuses,
    /// Nobody is there.
    Silent,
}

/// A server that a load balancer may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backend {
    /// The instance.
    pub server_id: String,
    /// What it does with a connection to the port that it is behind the balancer with.
    pub answering: Answering,
}

/// What a load balancer does with a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Forwarding {
    /// Nothing listens on the port.
    NoListener,
    /// Passes it on to the first of these instances. There may be none.
    Connections(Vec<Backend>),
    /// Takes it, and passes requests on to the first of these instances. There may be none.
    Requests(Vec<Backend>),
    /// Takes it, and hangs up on whoever does not speak TLS.
    EncryptedConnections,
    /// Takes it, and tells whoever does not speak TLS.
    EncryptedRequests,
}

/// What stands behind an address, for one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// An instance.
    Instance {
        /// Whether something listens on the port.
        listens: bool,
    },
    /// A load balancer.
    Balancer(Forwarding),
    /// An endpoint in a zone.
    Endpoint {
        /// Whether the connection to the service is connected.
        is_connected: bool,
        /// Whether the zone is.
        zone_is_connected: bool,
        /// What the load balancer behind the zone does.
        behind: Forwarding,
    },
}

/// What a client that speaks HTTP is told over a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// An answer.
    Http {
        /// Its status.
        status: u16,
        /// Its body.
        body: String,
        /// How long it took the other side, beside the way.
        after: Duration,
    },
    /// The other side hangs up.
    Nothing,
}

impl Reply {
    /// A greeting from the instance that answers.
    fn hello(server_id: &str) -> Self {
        Self::Http { status: 200, body: format!("Hello from {server_id}\n"), after: Duration::ZERO }
    }

    /// What a balancer says for itself.
    fn of_balancer(status: u16, after: Duration) -> Self {
        Self::Http { status, body: format!("{status} {}\n", reason(status)), after }
    }
}

/// What a status means, in the words of HTTP.
pub(crate) fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// What became of an attempt to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dialled {
    /// It is connected.
    Connected(Distance, Reply),
    /// It was sent away.
    Refused(Distance),
    /// Nothing ever came back.
    Silence,
}

/// What a receiver does with an attempt to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Attempt {
    Accepted(Reply),
    Refused,
    Dropped,
}

/// The network with everything that has an address on it, beside instances.
pub(crate) trait Directory: View {
    /// The address that a name means to a host.
    fn address_of(&self, from: &Host, name: &str) -> Option<Ipv4Addr>;
    /// An interface that is no instance's: a load balancer's or an endpoint's.
    fn interface_at(&self, vpc_id: &str, address: Ipv4Addr) -> Option<Host>;
    /// Its security groups. Nothing where it takes everything.
    fn groups_of_interface(&self, interface: &Host) -> Option<Vec<Group>>;
    /// What stands behind the address of a host or interface.
    fn receiver(&self, at: &Host, port: u16) -> Receiver;
}

/// A view in which interfaces are hosts.
struct WithInterfaces<'a>(&'a dyn Directory);

impl View for WithInterfaces<'_> {
    fn host_at(&self, vpc_id: &str, address: Ipv4Addr) -> Option<Host> {
        self.0.host_at(vpc_id, address).or_else(|| self.0.interface_at(vpc_id, address))
    }

    fn routes(&self, host: &Host) -> Vec<Route> {
        self.0.routes(host)
    }

    fn groups(&self, host: &Host) -> Vec<Group> {
        self.0.groups_of_interface(host).unwrap_or_else(|| self.0.groups(host))
    }
}

/// Connects from a host to a port of an address.
pub(crate) fn dial(network: &dyn Directory, from: &Host, to: Ipv4Addr, port: u16) -> Dialled {
    let Ok(reached) = reach(&WithInterfaces(network), from, to, Traffic::Tcp(port)) else { return Dialled::Silence };
    match attempt(&network.receiver(&reached.host, port), &reached.host) {
        Attempt::Accepted(reply) => Dialled::Connected(reached.distance, reply),
        Attempt::Refused => Dialled::Refused(reached.distance),
        Attempt::Dropped => Dialled::Silence,
    }
}

fn attempt(receiver: &Receiver, at: &Host) -> Attempt {
    match receiver {
        Receiver::Instance { listens: true } => Attempt::Accepted(Reply::hello(&at.id)),
        Receiver::Instance { listens: false } => Attempt::Refused,
        Receiver::Balancer(behind) | Receiver::Endpoint { is_connected: true, zone_is_connected: true, behind } => {
            behind_balancer(behind)
        }
        Receiver::Endpoint { .. } => Attempt::Dropped,
    }
}

fn behind_balancer(forwarding: &Forwarding) -> Attempt {
    let gateway = |status, after| Attempt::Accepted(Reply::of_balancer(status, after));
    match forwarding {
        Forwarding::NoListener => Attempt::Dropped,
        Forwarding::Connections(servers) => match servers.first().map(|chosen| (chosen.answering, chosen)) {
            Some((Answering::Listens, chosen)) => Attempt::Accepted(Reply::hello(&chosen.server_id)),
            Some((Answering::Silent, _)) => Attempt::Dropped,
            Some((Answering::Refuses, _)) | None => Attempt::Refused,
        },
        Forwarding::Requests(servers) => match servers.first().map(|chosen| (chosen.answering, chosen)) {
            Some((Answering::Listens, chosen)) => Attempt::Accepted(Reply::hello(&chosen.server_id)),
            Some((Answering::Refuses, _)) => gateway(502, Duration::ZERO),
            Some((Answering::Silent, _)) => gateway(504, GATEWAY_PATIENCE),
            None => gateway(503, Duration::ZERO),
        },
        Forwarding::EncryptedConnections => Attempt::Accepted(Reply::Nothing),
        Forwarding::EncryptedRequests => gateway(400, Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecs::reach::{Action, Filter, Leads, Ports, Protocol, Source};

    const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
    const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 20);

    /// A VPC with a client and an endpoint.
    struct Net {
        receiver: Receiver,
        open_to: &'static str,
        has_route: bool,
    }

    fn host(id: &str, address: Ipv4Addr) -> Host {
        Host {
            id: id.to_owned(),
            vpc_id: "vpc".to_owned(),
            region: "eu-central-1".to_owned(),
            zone: "eu-central-1b".to_owned(),
            address,
            table_id: "vtb".to_owned(),
            is_running: true,
            groups: Vec::new(),
        }
    }

    impl View for Net {
        fn host_at(&self, _: &str, address: Ipv4Addr) -> Option<Host> {
            (address == CLIENT).then(|| host("i", CLIENT))
        }

        fn routes(&self, _: &Host) -> Vec<Route> {
            let destination = "10.0.0.0/16".parse().unwrap();
            if self.has_route { vec![Route { destination, leads: Leads::Home }] } else { Vec::new() }
        }

        fn groups(&self, _: &Host) -> Vec<Group> {
            Vec::new()
        }
    }

    impl Directory for Net {
        fn address_of(&self, _: &Host, _: &str) -> Option<Ipv4Addr> {
            Some(ADDRESS)
        }

        fn interface_at(&self, _: &str, address: Ipv4Addr) -> Option<Host> {
            (address == ADDRESS).then(|| host("eni", ADDRESS))
        }

        fn groups_of_interface(&self, interface: &Host) -> Option<Vec<Group>> {
            let filter = Filter {
                action: Action::Accept,
                priority: 1,
                protocol: Protocol::Tcp(Ports { first: 80, last: 80 }),
                source: Source::Range(self.open_to.parse().unwrap()),
            };
            let group = Group { id: "sg".to_owned(), filters: vec![filter], ..Group::open_to_all() };
            (interface.id == "eni").then(|| vec![group])
        }

        fn receiver(&self, _: &Host, _: u16) -> Receiver {
            self.receiver.clone()
        }
    }

    fn behind(wrap: fn(Vec<Backend>) -> Forwarding, answering: Answering) -> Forwarding {
        wrap(vec![Backend { server_id: "i-1".to_owned(), answering }])
    }

    fn served() -> Forwarding {
        behind(Forwarding::Connections, Answering::Listens)
    }

    fn endpoint(is_connected: bool, zone_is_connected: bool, behind: Forwarding) -> Net {
        Net {
            receiver: Receiver::Endpoint { is_connected, zone_is_connected, behind },
            open_to: "10.0.0.0/24",
            has_route: true,
        }
    }

    fn dialled(net: &Net, port: u16) -> Dialled {
        dial(net, &host("i", CLIENT), ADDRESS, port)
    }

    /// What became of it, in a word or in the status of HTTP.
    fn met(net: &Net, port: u16) -> String {
        match dialled(net, port) {
            Dialled::Connected(_, Reply::Http { status, .. }) => status.to_string(),
            Dialled::Connected(_, Reply::Nothing) => "hung up".to_owned(),
            Dialled::Refused(_) => "refused".to_owned(),
            Dialled::Silence => "silence".to_owned(),
        }
    }

    #[test]
    fn an_endpoint_answers_when_all_of_it_stands_and_is_silent_when_one_part_is_missing() {
        assert_eq!(
            dialled(&endpoint(true, true, served()), 80),
            Dialled::Connected(Distance::SameZone, Reply::hello("i-1"))
        );
        assert_eq!(met(&endpoint(false, true, served()), 80), "silence", "the connection is not accepted");
        assert_eq!(met(&endpoint(true, false, served()), 80), "silence", "the zone is not connected");
        assert_eq!(met(&endpoint(true, true, Forwarding::NoListener), 80), "silence", "nothing listens");
    }

    #[test]
    fn what_passes_connections_on_is_as_open_as_the_server_behind_it() {
        let through = |answering| met(&endpoint(true, true, behind(Forwarding::Connections, answering)), 80);
        assert_eq!(through(Answering::Listens), "200");
        assert_eq!(through(Answering::Refuses), "refused");
        assert_eq!(through(Answering::Silent), "silence");
        assert_eq!(met(&endpoint(true, true, Forwarding::Connections(Vec::new())), 80), "refused", "nobody to choose");
    }

    #[test]
    fn what_passes_requests_on_tells_in_http_what_is_wrong_behind_it() {
        let through = |answering| met(&endpoint(true, true, behind(Forwarding::Requests, answering)), 80);
        assert_eq!(through(Answering::Listens), "200");
        assert_eq!(through(Answering::Refuses), "502");
        assert_eq!(through(Answering::Silent), "504");
        assert_eq!(met(&endpoint(true, true, Forwarding::Requests(Vec::new())), 80), "503", "nobody to choose");
    }

    #[test]
    fn who_speaks_plainly_to_an_encrypted_listener_is_told_or_hung_up_on() {
        let straight = |behind| Net { receiver: Receiver::Balancer(behind), ..endpoint(true, true, served()) };
        assert_eq!(met(&straight(Forwarding::EncryptedRequests), 80), "400");
        assert_eq!(met(&straight(Forwarding::EncryptedConnections), 80), "hung up");
    }

    #[test]
    fn the_endpoints_security_group_and_the_route_decide_first() {
        assert_eq!(met(&endpoint(true, true, served()), 81), "silence", "the port is not open");
        let closed = Net { open_to: "10.9.0.0/24", ..endpoint(true, true, served()) };
        assert_eq!(met(&closed, 80), "silence", "the client is not let in");
        let lost = Net { has_route: false, ..endpoint(true, true, served()) };
        assert_eq!(met(&lost, 80), "silence", "there is no way");
    }

    #[test]
    fn an_instance_refuses_where_nothing_listens() {
        let net = |listens| Net { receiver: Receiver::Instance { listens }, ..endpoint(true, true, served()) };
        assert_eq!(met(&net(true), 80), "200");
        assert_eq!(met(&net(false), 80), "refused");
    }
}
