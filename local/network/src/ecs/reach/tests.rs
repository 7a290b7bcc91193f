//! A map of two VPCs in two regions, joined both ways, and what becomes of a ping when one thing after the other is missing.

use std::net::Ipv4Addr;

use super::*;

/// A network written down by hand.
#[derive(Clone)]
struct Map {
    hosts: Vec<Host>,
    /// By route table.
    routes: Vec<(String, Route)>,
    groups: Vec<Group>,
}

impl View for Map {
    fn host_at(&self, vpc_id: &str, address: Ipv4Addr) -> Option<Host> {
        self.hosts.iter().find(|host| host.vpc_id == vpc_id && host.address == address).cloned()
    }

    fn routes(&self, host: &Host) -> Vec<Route> {
        self.routes.iter().filter(|(table, _)| *table == host.table_id).map(|(_, route)| route.clone()).collect()
    }

    fn groups(&self, host: &Host) -> Vec<Group> {
        self.groups.iter().filter(|group| host.groups.contains(&group.id)).cloned().collect()
    }
}

fn host(name: &str, region: &str, address: &str) -> Host {
    Host {
        id: format!("i-{name}"),
        vpc_id: format!("vpc-{name}"),
        region: region.to_owned(),
        zone: format!("{region}-b"),
        address: address.parse().unwrap(),
        table_id: format!("vtb-{name}"),
        is_running: true,
        groups: vec![format!("sg-{name}")],
    }
}

fn route(name: &str, destination: &str, leads: Leads) -> (String, Route) {
    (format!("vtb-{name}"), Route { destination: destination.parse().unwrap(), leads })
}

fn across(to: &str) -> Leads {
    Leads::Across { hop: format!("ri-to-{to}"), vpc_id: format!("vpc-{to}") }
}

fn group(name: &str, filters: Vec<Filter>) -> Group {
    Group { id: format!("sg-{name}"), joins_members: true, filters, lets_out: true, outbound: Vec::new() }
}

fn accept(priority: u8, protocol: Protocol, source: Source) -> Filter {
    Filter { action: Action::Accept, priority, protocol, source }
}

fn range(text: &str) -> Source {
    Source::Range(text.parse().unwrap())
}

impl Map {
    fn joined() -> Self {
        Self {
            hosts: vec![host("a", "cn-qingdao", "192.168.0.10"), host("b", "cn-beijing", "172.16.0.10")],
            routes: vec![
                route("a", "192.168.0.0/24", Leads::Home),
                route("a", "172.16.0.0/16", across("b")),
                route("b", "172.16.0.0/24", Leads::Home),
                route("b", "192.168.0.0/16", across("a")),
            ],
            groups: vec![group("a", vec![]), group("b", vec![accept(1, Protocol::Icmp, range("192.168.0.0/16"))])],
        }
    }

    fn without_routes_of(mut self, name: &str) -> Self {
        self.routes.retain(|(table, route)| *table != format!("vtb-{name}") || route.leads == Leads::Home);
        self
    }

    fn with_route(mut self, name: &str, destination: &str, leads: Leads) -> Self {
        self.routes.push(route(name, destination, leads));
        self
    }

    fn with_filters_of_b(mut self, filters: Vec<Filter>) -> Self {
        self.groups[1].filters = filters;
        self
    }

    fn send(&self, traffic: Traffic) -> Result<Distance, &'static str> {
        let reached = reach(self, &self.hosts[0], "172.16.0.10".parse().unwrap(), traffic);
        reached.map(|reached| reached.distance).map_err(|blocked| blocked.word())
    }

    fn ping(&self) -> Result<(), &'static str> {
        self.send(Traffic::Icmp).map(|_| ())
    }
}

#[test]
fn what_is_joined_both_ways_and_let_in_answers() {
    assert_eq!(Map::joined().ping(), Ok(()));
    assert!(matches!(Map::joined().send(Traffic::Icmp), Ok(Distance::Regions { .. })));
}

#[test]
fn each_thing_that_is_missing_is_told_apart() {
    assert_eq!(Map::joined().without_routes_of("a").ping(), Err("no-route"));
    assert_eq!(Map::joined().without_routes_of("b").ping(), Err("no-route-back"));
    assert_eq!(Map::joined().with_filters_of_b(vec![]).ping(), Err("filtered"));
    let down = || Leads::Nowhere { hop: "ri-1".into(), why: "it is Inactive".into() };
    assert_eq!(Map::joined().without_routes_of("a").with_route("a", "172.16.0.0/16", down()).ping(), Err("link-down"));
    let back_down = Map::joined().without_routes_of("b").with_route("b", "192.168.0.0/16", down());
    assert_eq!(back_down.ping(), Err("back-elsewhere"));
    let mut stopped = Map::joined();
    stopped.hosts[1].is_running = false;
    assert_eq!(stopped.ping(), Err("target-stopped"));
    let mut asleep = Map::joined();
    asleep.hosts[0].is_running = false;
    assert_eq!(asleep.ping(), Err("sender-stopped"));
    let mut moved = Map::joined();
    moved.hosts[1].address = "172.16.0.11".parse().unwrap();
    assert_eq!(moved.ping(), Err("nobody-there"));
}

#[test]
fn the_most_specific_route_wins_for_better_or_worse() {
    let map = Map::joined().with_route("a", "172.16.0.0/24", across("c"));
    assert_eq!(map.ping(), Err("nobody-there"), "a narrower route leads to another VPC");
    let map = Map::joined().with_route("a", "0.0.0.0/0", across("c"));
    assert_eq!(map.ping(), Ok(()), "a broader one does not matter");
    let map = Map::joined().with_route("b", "192.168.0.0/24", Leads::Home);
    assert_eq!(map.ping(), Err("back-elsewhere"), "the other side has the sender's range itself");
}

#[test]
fn nobody_passes_through_a_vpc_to_a_third_one() {
    let mut map = Map::joined().with_route("b", "10.0.0.0/16", across("c")).with_route("a", "10.0.0.0/16", across("b"));
    map.hosts.push(host("c", "cn-beijing", "10.0.0.10"));
    let reached = reach(&map, &map.hosts[0], "10.0.0.10".parse().unwrap(), Traffic::Icmp);
    assert_eq!(reached.unwrap_err().word(), "nobody-there");
}

#[test]
fn the_strongest_rule_decides_and_of_equals_a_drop() {
    let all = || range("0.0.0.0/0");
    let drop = |priority| Filter { action: Action::Drop, ..accept(priority, Protocol::Icmp, all()) };
    for (filters, expected) in [
        (vec![accept(1, Protocol::Icmp, all()), drop(2)], Ok(())),
        (vec![drop(1), accept(2, Protocol::Icmp, all())], Err("filtered")),
        (vec![accept(5, Protocol::Icmp, all()), drop(5)], Err("filtered")),
        (vec![accept(1, Protocol::Icmp, range("192.168.0.10/32"))], Ok(())),
        (vec![accept(1, Protocol::Icmp, range("192.168.0.11/32"))], Err("filtered")),
        (vec![accept(1, Protocol::Tcp(Ports { first: 1, last: 65535 }), all())], Err("filtered")),
        (vec![accept(1, Protocol::All, all())], Ok(())),
        (vec![accept(1, Protocol::Other, all())], Err("filtered")),
        (vec![accept(1, Protocol::Icmp, Source::Members("sg-a".into()))], Ok(())),
        (vec![accept(1, Protocol::Icmp, Source::Members("sg-c".into()))], Err("filtered")),
        (vec![accept(1, Protocol::Icmp, Source::Elsewhere)], Err("filtered")),
    ] {
        assert_eq!(Map::joined().with_filters_of_b(filters.clone()).ping(), expected, "{filters:?}");
    }
}

#[test]
fn ports_count_for_connections_and_datagrams() {
    let ports = Ports { first: 80, last: 443 };
    let map = Map::joined().with_filters_of_b(vec![
        accept(1, Protocol::Tcp(ports), range("192.168.0.0/16")),
        accept(1, Protocol::Udp(Ports { first: 53, last: 53 }), range("192.168.0.0/16")),
    ]);
    for (traffic, passes) in [
        (Traffic::Tcp(80), true),
        (Traffic::Tcp(443), true),
        (Traffic::Tcp(444), false),
        (Traffic::Udp(53), true),
        (Traffic::Udp(80), false),
        (Traffic::Icmp, false),
    ] {
        assert_eq!(map.send(traffic).is_ok(), passes, "{traffic:?}");
    }
}

#[test]
fn members_of_a_basic_group_reach_each_other_unless_a_rule_drops_them() {
    let mut map = Map::joined();
    let neighbour = Host { address: "192.168.0.11".parse().unwrap(), id: "i-n".into(), ..map.hosts[0].clone() };
    map.hosts.push(neighbour);
    let ping = |map: &Map| {
        let reached = reach(map, &map.hosts[0], "192.168.0.11".parse().unwrap(), Traffic::Icmp);
        reached.map(|reached| reached.distance).map_err(|blocked| blocked.word())
    };
    assert_eq!(ping(&map), Ok(Distance::SameZone));
    let mut advanced = map.clone();
    advanced.groups[0].joins_members = false;
    assert_eq!(ping(&advanced), Err("filtered"));
    map.groups[0].filters = vec![Filter { action: Action::Drop, ..accept(100, Protocol::All, range("0.0.0.0/0")) }];
    assert_eq!(ping(&map), Err("filtered"));
}

#[test]
fn a_host_always_reaches_itself() {
    let map = Map::joined().without_routes_of("a").with_filters_of_b(vec![]);
    for own in ["192.168.0.10", "127.0.0.1"] {
        let reached = reach(&map, &map.hosts[0], own.parse().unwrap(), Traffic::Icmp).unwrap();
        assert_eq!(reached.distance, Distance::SameHost);
    }
}

#[test]
fn what_goes_out_is_held_back_by_a_rule_or_by_a_group_that_lets_nothing_out() {
    let with = |lets_out, outbound: Vec<Filter>| {
        let mut map = Map::joined();
        (map.groups[0].lets_out, map.groups[0].outbound) = (lets_out, outbound);
        map.ping()
    };
    let drop = || Filter { action: Action::Drop, ..accept(1, Protocol::Icmp, range("172.16.0.0/16")) };
    assert_eq!(with(true, vec![drop()]), Err("kept-in"));
    assert_eq!(with(true, vec![Filter { source: range("10.0.0.0/8"), ..drop() }]), Ok(()), "another destination");
    assert_eq!(
        with(true, vec![Filter { priority: 2, ..drop() }, accept(1, Protocol::All, range("0.0.0.0/0"))]),
        Ok(())
    );
    assert_eq!(with(false, Vec::new()), Err("kept-in"));
    assert_eq!(with(false, vec![accept(1, Protocol::Icmp, range("172.16.0.10/32"))]), Ok(()));
    let to_group = Filter { source: Source::Members("sg-b".into()), ..drop() };
    assert_eq!(with(true, vec![to_group]), Err("kept-in"), "the other side by its group");
}
