//! Pings across the network of this cloud: what the tutorial's connection must bring about.

use causeway_local::ecs::Ping;

use super::*;

/// Account `a` in Qingdao and account `b` in Beijing, with a pair of router interfaces.
struct Link {
    a: Client,
    b: Client,
    /// Of `a`, the initiator, and of `b`.
    interfaces: [String; 2],
}

impl Link {
    async fn connected() -> Self {
        let cloud = cloud();
        let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
        let initiator = create(&a, HERE, THERE, "InitiatingSide").await;
        let acceptor = create(&b, THERE, HERE, "AcceptingSide").await;
        let link = Self { a, b, interfaces: [initiator, acceptor] };
        let (a, b) = (&link.a, &link.b);
        for (client, region, own, peer, peer_region, other) in [(b, THERE, 1, a, HERE, 0), (a, HERE, 0, b, THERE, 1)] {
            let params = [
                ("RouterInterfaceId", link.interfaces[own].as_str()),
                ("OppositeInterfaceId", &link.interfaces[other]),
                ("OppositeRouterId", &peer.vpc(peer_region).vrouter_id),
                ("OppositeRouterType", "VRouter"),
                ("OppositeInterfaceOwnerId", &peer.account_id),
            ];
            client.vpc_call(region, "ModifyRouterInterfaceAttribute", &params).await.unwrap();
        }
        a.vpc_call(HERE, "ConnectRouterInterface", &[("RouterInterfaceId", &link.interfaces[0])]).await.unwrap();
        pass(Duration::from_secs(7)).await;
        link
    }

    /// Routes and rules on both sides.
    async fn complete() -> Self {
        let link = Self::connected().await;
        link.route(&link.a, HERE, 0, "172.16.0.0/16").await;
        link.route(&link.b, THERE, 1, "192.168.0.0/16").await;
        link.allow(&link.a, HERE, "172.16.0.0/16").await;
        link.allow(&link.b, THERE, "192.168.0.0/16").await;
        pass(Duration::from_secs(4)).await;
        link
    }

    async fn route(&self, client: &Client, region: &str, interface: usize, destination: &str) {
        let params = [
            ("RouteTableId", client.vpc(region).route_table_id),
            ("DestinationCidrBlock", destination.to_owned()),
            ("NextHopType", "RouterInterface".to_owned()),
            ("NextHopId", self.interfaces[interface].clone()),
        ];
        let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        client.vpc_call(region, "CreateRouteEntry", &params).await.unwrap();
    }

    async fn allow(&self, client: &Client, region: &str, source: &str) {
        let (group, _) = client.seeded(region);
        let params = [
            ("SecurityGroupId", group.as_str()),
            ("IpProtocol", "icmp"),
            ("PortRange", "-1/-1"),
            ("SourceCidrIp", source),
        ];
        client.ecs(region, "AuthorizeSecurityGroup", &params).await.unwrap();
    }

    /// Why neither or either direction fails, `a` to `b` first.
    fn lost(&self) -> [Option<&'static str>; 2] {
        let from = |sender: &Client, region: &str, to: &Client, other: &str| {
            let ping = Ping {
                from_instance: Some(sender.seeded(region).1),
                from: None,
                to: to.vpc(other).instances[0].private_ip,
                tcp: None,
            };
            let pinged = sender.cloud.ecs().ping(&ping).unwrap();
            assert_eq!(pinged.reachable, pinged.lost.is_none());
            pinged.lost.map(|lost| lost.reason)
        };
        [from(&self.a, HERE, &self.b, THERE), from(&self.b, THERE, &self.a, HERE)]
    }

    /// Exit code and output of a real ping from `a` to `b`.
    async fn ping(&self) -> (Value, String) {
        let address = self.b.vpc(THERE).instances[0].private_ip;
        let id = self.a.run(HERE, &format!("ping -c 5 -W 2 {address}")).await;
        pass(Duration::from_secs(10)).await;
        let result = self.a.result(HERE, &id).await;
        (result["ExitCode"].clone(), result["Output"].as_str().unwrap().to_owned())
    }
}

async fn create(client: &Client, region: &str, opposite: &str, role: &str) -> String {
    let router = client.vpc(region).vrouter_id;
    let spec = if role == "InitiatingSide" { "Mini.2" } else { "Negative" };
    let params = [
        ("Role", role),
        ("OppositeRegionId", opposite),
        ("Spec", spec),
        ("RouterType", "VRouter"),
        ("RouterId", &router),
    ];
    let answer = client.vpc_call(region, "CreateRouterInterface", &params).await.unwrap();
    answer["RouterInterfaceId"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_ping_of_the_tutorial_needs_routes_and_rules_on_both_sides() {
    let link = Link::connected().await;
    assert_eq!(link.lost(), [Some("no-route"), Some("no-route")]);
    let (exit, output) = link.ping().await;
    assert_eq!(exit, 1);
    assert!(output.contains("5 packets transmitted, 0 received, 100% packet loss"), "{output}");

    link.allow(&link.b, THERE, "192.168.0.0/16").await;
    link.route(&link.a, HERE, 0, "172.16.0.0/16").await;
    assert_eq!(link.lost()[0], Some("no-route"), "the route is Pending");
    pass(Duration::from_secs(4)).await;
    assert_eq!(link.lost(), [Some("no-route-back"), Some("no-route")]);
    link.route(&link.b, THERE, 1, "192.168.0.0/16").await;
    pass(Duration::from_secs(4)).await;
    assert_eq!(link.lost(), [None, Some("filtered")]);
    let (exit, output) = link.ping().await;
    assert_eq!(exit, 0);
    assert!(output.contains("5 received, 0% packet loss") && output.contains("ttl=62"), "{output}");
    link.allow(&link.a, HERE, "172.16.0.0/16").await;
    assert_eq!(link.lost(), [None, None]);
}

#[tokio::test(start_paused = true)]
async fn an_interface_switched_off_on_either_side_stops_both_directions() {
    let link = Link::complete().await;
    assert_eq!(link.lost(), [None, None]);
    for (client, region, own) in [(&link.a, HERE, 0), (&link.b, THERE, 1)] {
        let params = [("RouterInterfaceId", link.interfaces[own].as_str())];
        client.vpc_call(region, "DeactivateRouterInterface", &params).await.unwrap();
        pass(Duration::from_secs(5)).await;
        assert_eq!(link.lost(), [Some("link-down"), Some("link-down")]);
        client.vpc_call(region, "ActivateRouterInterface", &params).await.unwrap();
        pass(Duration::from_secs(5)).await;
        assert_eq!(link.lost(), [None, None]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_instance_does_not_answer() {
    let link = Link::complete().await;
    let (_, id) = link.b.seeded(THERE);
    link.b.ecs(THERE, "StopInstance", &[("InstanceId", &id)]).await.unwrap();
    assert_eq!(link.lost(), [Some("target-stopped"), Some("sender-stopped")]);
    assert_eq!(link.ping().await.0, 1);
}

#[tokio::test(start_paused = true)]
async fn a_vswitch_with_a_table_of_its_own_does_not_see_the_routes_of_the_system_table() {
    let link = Link::complete().await;
    let vpc = link.a.vpc(HERE);
    let made = link.a.vpc_call(HERE, "CreateRouteTable", &[("VpcId", &vpc.vpc_id)]).await.unwrap();
    let table = made["RouteTableId"].as_str().unwrap();
    pass(Duration::from_secs(3)).await;
    let params = [("RouteTableId", table), ("VSwitchId", &vpc.instances[0].vswitch_id)];
    link.a.vpc_call(HERE, "AssociateRouteTable", &params).await.unwrap();
    assert_eq!(link.lost(), [Some("no-route"), Some("no-route-back")]);
    link.a.vpc_call(HERE, "UnassociateRouteTable", &params).await.unwrap();
    assert_eq!(link.lost(), [None, None]);
}

#[tokio::test(start_paused = true)]
async fn a_command_sees_the_network_as_it_is_when_it_begins() {
    let link = Link::complete().await;
    let address = link.b.vpc(THERE).instances[0].private_ip;
    let id = link.a.run(HERE, &format!("ping -c 1 {address}")).await;
    // Nobody looks while it is delivered and runs; only then the rule goes.
    pass(Duration::from_secs(30)).await;
    let (group, _) = link.b.seeded(THERE);
    let rule = [
        ("SecurityGroupId", group.as_str()),
        ("IpProtocol", "icmp"),
        ("PortRange", "-1/-1"),
        ("SourceCidrIp", "192.168.0.0/16"),
    ];
    link.b.ecs(THERE, "RevokeSecurityGroup", &rule).await.unwrap();
    assert_eq!(link.a.result(HERE, &id).await["ExitCode"], 0);
    assert_eq!(link.ping().await.0, 1);
}
