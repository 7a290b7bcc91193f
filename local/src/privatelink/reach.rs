//! Whether a connection from a consumer's instance gets through, as a pure function over a view of the network.
//!
//! To an address there must be a way, and the security groups there must let it in: that is [`reach`]'s business, for which
//! an endpoint's interface is a host like any other. Behind the address there is a door. That of an instance is open where
//! something listens; that of a load balancer where a running listener has a healthy backend; that of an endpoint where its
//! connection and its zone are connected, and then as its load balancer's. A door that is not connected, or that nothing
//! listens behind, drops what knocks, so that the client waits; a balancer without a healthy backend sends it away.
//! Which of the two a balancer without a listener does is not documented.

use std::net::Ipv4Addr;

use crate::ecs::reach::{Distance, Group, Host, Route, Traffic, View, reach};

/// Where a load balancer passes a connection on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Forwarding {
    /// Nothing listens on the port.
    NoListener,
    /// To one of these instances. There may be none that is healthy.
    To(Vec<String>),
}

/// What stands behind an address, for one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Door {
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

/// What became of an attempt to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialled {
    /// It is connected.
    Connected(Distance),
    /// It was sent away.
    Refused(Distance),
    /// Nothing ever came back.
    Silence,
}

/// Who answers there, and whether there is anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knock {
    Open,
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
    fn door(&self, at: &Host, port: u16) -> Door;
    /// What a web server behind it would say: the name of the instance that answers.
    fn greeting(&self, at: &Host, port: u16) -> String;
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

/// Connects from a host to a port of an address. Returns what became of it, and what a web server there says.
pub(crate) fn dial(network: &dyn Directory, from: &Host, to: Ipv4Addr, port: u16) -> (Dialled, String) {
    let Ok(reached) = reach(&WithInterfaces(network), from, to, Traffic::Tcp(port)) else {
        return (Dialled::Silence, String::new());
    };
    match knock(&network.door(&reached.host, port)) {
        Knock::Open => (Dialled::Connected(reached.distance), network.greeting(&reached.host, port)),
        Knock::Refused => (Dialled::Refused(reached.distance), String::new()),
        Knock::Dropped => (Dialled::Silence, String::new()),
    }
}

fn knock(door: &Door) -> Knock {
    match door {
        Door::Instance { listens: true } => Knock::Open,
        Door::Instance { listens: false } => Knock::Refused,
        Door::Balancer(behind) | Door::Endpoint { is_connected: true, zone_is_connected: true, behind } => match behind
        {
            Forwarding::NoListener => Knock::Dropped,
            Forwarding::To(healthy) if healthy.is_empty() => Knock::Refused,
            Forwarding::To(_) => Knock::Open,
        },
        Door::Endpoint { .. } => Knock::Dropped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecs::reach::{Action, Filter, Leads, Ports, Protocol, Source};

    const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
    const DOOR: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 20);

    /// A VPC with a client and an endpoint.
    struct Net {
        door: Door,
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
            Some(DOOR)
        }

        fn interface_at(&self, _: &str, address: Ipv4Addr) -> Option<Host> {
            (address == DOOR).then(|| host("eni", DOOR))
        }

        fn groups_of_interface(&self, interface: &Host) -> Option<Vec<Group>> {
            let filter = Filter {
                action: Action::Accept,
                priority: 1,
                protocol: Protocol::Tcp(Ports { first: 80, last: 80 }),
                source: Source::Range(self.open_to.parse().unwrap()),
            };
            let group = Group { id: "sg".to_owned(), joins_members: false, filters: vec![filter] };
            (interface.id == "eni").then(|| vec![group])
        }

        fn door(&self, _: &Host, _: u16) -> Door {
            self.door.clone()
        }

        fn greeting(&self, _: &Host, _: u16) -> String {
            "hello".to_owned()
        }
    }

    fn served() -> Forwarding {
        Forwarding::To(vec!["i-1".to_owned()])
    }

    fn endpoint(is_connected: bool, zone_is_connected: bool, behind: Forwarding) -> Net {
        Net {
            door: Door::Endpoint { is_connected, zone_is_connected, behind },
            open_to: "10.0.0.0/24",
            has_route: true,
        }
    }

    fn met(net: &Net, port: u16) -> Dialled {
        dial(net, &host("i", CLIENT), DOOR, port).0
    }

    #[test]
    fn an_endpoint_answers_when_all_of_it_stands_and_is_silent_or_refuses_when_one_part_is_missing() {
        let through = Dialled::Connected(Distance::SameZone);
        assert_eq!(met(&endpoint(true, true, served()), 80), through);
        assert_eq!(met(&endpoint(false, true, served()), 80), Dialled::Silence, "the connection is not accepted");
        assert_eq!(met(&endpoint(true, false, served()), 80), Dialled::Silence, "the zone is not connected");
        assert_eq!(met(&endpoint(true, true, Forwarding::NoListener), 80), Dialled::Silence, "nothing listens");
        let nobody = Forwarding::To(Vec::new());
        assert_eq!(met(&endpoint(true, true, nobody), 80), Dialled::Refused(Distance::SameZone), "no healthy backend");
    }

    #[test]
    fn the_endpoints_security_group_and_the_route_decide_first() {
        assert_eq!(met(&endpoint(true, true, served()), 81), Dialled::Silence, "the port is not open");
        let closed = Net { open_to: "10.9.0.0/24", ..endpoint(true, true, served()) };
        assert_eq!(met(&closed, 80), Dialled::Silence, "the client is not let in");
        let lost = Net { has_route: false, ..endpoint(true, true, served()) };
        assert_eq!(met(&lost, 80), Dialled::Silence, "there is no way");
    }

    #[test]
    fn an_instance_refuses_where_nothing_listens() {
        let net = |listens| Net { door: Door::Instance { listens }, ..endpoint(true, true, served()) };
        assert_eq!(met(&net(true), 80), Dialled::Connected(Distance::SameZone));
        assert_eq!(met(&net(false), 80), Dialled::Refused(Distance::SameZone));
    }
}
