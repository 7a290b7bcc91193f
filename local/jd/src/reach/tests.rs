use super::*;
use crate::security_rule::Protocol;

fn net(text: &str) -> Ipv4Net {
    text.parse().unwrap()
}

fn rule(prefix: &str, priority: u8, next_hop: NextHop, id: &str) -> Rule {
    Rule { priority, next_hop, next_hop_id: id.into(), prefix: Some(net(prefix)), ..Rule::local("rt".into()) }
}

fn by(prefix: &str, peering: &str) -> Rule {
    rule(prefix, 100, NextHop::VpcPeering, peering)
}

fn security(direction: Direction, action: Action, protocol: Protocol, prefix: &str) -> SecurityRule {
    SecurityRule {
        id: "sgr".into(),
        direction,
        action,
        priority: 1,
        protocol,
        prefix: net(prefix),
        from_port: 0,
        to_port: 0,
        description: String::new(),
        is_default: false,
        created: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// Two VPCs that are joined in every respect; each test takes something away.
struct Net {
    a: Vec<Rule>,
    b: Vec<Rule>,
    a_groups: Vec<SecurityRule>,
    b_groups: Vec<SecurityRule>,
    connected: bool,
    packet: Packet,
}

impl Net {
    fn joined() -> Self {
        let out = security(Direction::Outbound, Action::Allow, Protocol::All, "0.0.0.0/0");
        let inbound = security(Direction::Inbound, Action::Allow, Protocol::Icmp, "10.1.0.0/16");
        Self {
            a: vec![Rule::local("rt".into()), by("10.2.0.0/16", "pr-a")],
            b: vec![Rule::local("rt".into()), by("10.1.0.0/16", "pr-b")],
            a_groups: vec![out.clone()],
            b_groups: vec![out, inbound],
            connected: true,
            packet: Packet::Icmp,
        }
    }

    fn ping(&self) -> Result<(), Lost> {
        let a = end("a", [10, 1, 0, 5], "10.1.0.0/16", &self.a, &self.a_groups);
        let b = end("b", [10, 2, 0, 5], "10.2.0.0/16", &self.b, &self.b_groups);
        reach(&a, &b, &self.links(), self.packet)
    }

    fn links(&self) -> [Link<'static>; 3] {
        let link = |id, vpc_id, remote_vpc_id| Link { id, vpc_id, remote_vpc_id, is_connected: self.connected };
        [link("pr-a", "a", "b"), link("pr-b", "b", "a"), link("pr-c", "a", "c")]
    }
}

fn end<'a>(vpc_id: &'a str, address: [u8; 4], cidr: &str, rules: &'a [Rule], groups: &'a [SecurityRule]) -> Host<'a> {
    Host { address: address.into(), vpc_id, local: vec![net(cidr)], rules, groups: groups.iter().collect() }
}

fn lost(side: Side, why: Obstacle) -> Result<(), Lost> {
    Err(Lost { side, why })
}

#[test]
fn a_joined_pair_reaches_each_other_by_what_the_groups_allow() {
    assert_eq!(Net::joined().ping(), Ok(()));
    let tcp = Net { packet: Packet::Tcp(22), ..Net::joined() };
    assert_eq!(tcp.ping(), lost(Side::To, Obstacle::InboundDenied));
}

#[test]
fn each_end_needs_its_route() {
    let mut net = Net::joined();
    net.a.pop();
    assert_eq!(net.ping(), lost(Side::From, Obstacle::NoRoute));
    let mut net = Net::joined();
    net.b.pop();
    assert_eq!(net.ping(), lost(Side::To, Obstacle::NoRoute), "the answer does not come back");
}

#[test]
fn the_longest_mask_wins_and_then_the_lower_priority() {
    let mut net = Net::joined();
    net.a.push(Rule::internet("rt".into()));
    assert_eq!(net.ping(), Ok(()));
    net.a.push(rule("10.2.0.0/24", 255, NextHop::Internet, "internet"));
    assert_eq!(net.ping(), lost(Side::From, Obstacle::LeadsElsewhere));

    let mut net = Net::joined();
    net.a.push(rule("10.2.0.0/16", 50, NextHop::VpcPeering, "pr-c"));
    assert_eq!(net.ping(), lost(Side::From, Obstacle::LeadsElsewhere), "not transitive");
    net.a.push(rule("10.2.0.0/16", 10, NextHop::VpcPeering, "pr-a"));
    assert_eq!(net.ping(), Ok(()));
}

#[test]
fn of_equal_rules_every_one_must_lead_there() {
    let mut net = Net::joined();
    net.a.push(by("10.2.0.0/16", "pr-c"));
    assert_eq!(net.ping(), lost(Side::From, Obstacle::LeadsElsewhere));
}

#[test]
fn a_peering_must_be_there_and_connected() {
    let net = Net { connected: false, ..Net::joined() };
    assert_eq!(net.ping(), lost(Side::From, Obstacle::PeeringNotConnected));
    let mut net = Net::joined();
    net.b[1] = by("10.1.0.0/16", "pr-a");
    assert_eq!(net.ping(), lost(Side::To, Obstacle::PeeringGone), "the other half's id is none of this side");
}

#[test]
fn groups_look_at_the_other_address_and_a_denial_wins_over_an_equal_permission() {
    let mut net = Net::joined();
    net.a_groups.clear();
    assert_eq!(net.ping(), lost(Side::From, Obstacle::OutboundDenied));
    let mut net = Net::joined();
    net.b_groups.push(security(Direction::Inbound, Action::Deny, Protocol::All, "10.1.0.5/32"));
    assert_eq!(net.ping(), lost(Side::To, Obstacle::InboundDenied));
    net.b_groups[2].priority = 2;
    assert_eq!(net.ping(), Ok(()));
}

#[test]
fn a_port_must_lie_within_the_rule() {
    let mut net = Net { packet: Packet::Tcp(22), ..Net::joined() };
    let ssh = security(Direction::Inbound, Action::Allow, Protocol::Tcp, "10.1.0.0/16");
    net.b_groups.push(SecurityRule { from_port: 22, to_port: 23, ..ssh });
    assert_eq!(net.ping(), Ok(()));
    for packet in [Packet::Tcp(21), Packet::Tcp(24), Packet::Udp(22)] {
        net.packet = packet;
        assert_eq!(net.ping(), lost(Side::To, Obstacle::InboundDenied), "{packet:?}");
    }
}

#[test]
fn within_a_vpc_the_local_rule_is_enough() {
    let net = Net::joined();
    let groups = [security(Direction::Outbound, Action::Allow, Protocol::All, "0.0.0.0/0"), net.b_groups[1].clone()];
    let one = end("a", [10, 1, 0, 5], "10.1.0.0/16", &net.a[..1], &groups);
    let two = end("a", [10, 1, 9, 5], "10.1.0.0/16", &net.a[..1], &groups);
    assert_eq!(reach(&one, &two, &[], Packet::Icmp), Ok(()));
    let stranger = end("x", [10, 1, 9, 5], "10.1.0.0/16", &net.a[..1], &groups);
    let lost_at_home = lost(Side::From, Obstacle::LeadsElsewhere);
    assert_eq!(reach(&one, &stranger, &[], Packet::Icmp), lost_at_home, "the same range in another VPC");
}
