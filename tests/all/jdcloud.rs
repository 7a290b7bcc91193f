//! The client of JD Cloud against the local one: two halves of a peering, routes, groups, and the undo that puts the old
//! route table back.

use std::sync::Arc;
use std::time::Duration;

use causeway_local::cloud::{Cloud, Options};
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::jd::{Obstacle, Ping, Side as End};
use causeway_local::seed::Seed;
use causeway_tests::fragile::Direct;
use causeway_tests::on_virtual_time;
use jdcloud::vpc::{
    CreateRouteTable, CreateVpcPeering, DescribeNetworkSecurityGroups, DescribeSubnets, DescribeVpcPeerings, Direction,
    PeeringState, Protocol, QuotaType, RouteRuleSpec, SecurityRuleSpec, Subnet, Vpc,
};
use jdcloud::{Client, Credentials, Endpoints, Kind, Variant};
use jiff::Timestamp;
use serde_json::json;
use transport::system::SeededEntropy;
use transport::{Clock, Io};

struct Wall(Cloud);

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        self.0.shared().clock.wall()
    }
}

/// One account's side.
struct Side {
    vpc: Vpc,
    vpc_id: String,
    cidr: String,
}

impl Side {
    fn new(cloud: &Cloud, alias: &str, variant: Variant) -> Self {
        let account =
            cloud.console().accounts.into_iter().find(|account| account.alias == alias).expect("it is seeded");
        let io = Io {
            transport: Arc::new(Direct(cloud.clone())),
            clock: Arc::new(Wall(cloud.clone())),
            entropy: Arc::new(SeededEntropy::new(1)),
        };
        let endpoints = Endpoints::at("http://127.0.0.1:4600").expect("an address");
        let key = Credentials::new(&account.access_key_id, &account.access_key_secret);
        let seeded = &account.vpcs[0];
        let vpc = Client::new(io, endpoints, key).signing_by(variant).vpc(&seeded.region_id.parse().expect("a region"));
        Self { vpc, vpc_id: seeded.vpc_id.clone(), cidr: seeded.cidr_block.to_string() }
    }

    fn half(&self, other: &Self) -> CreateVpcPeering {
        let (vpc_id, remote_vpc_id) = (self.vpc_id.clone(), other.vpc_id.clone());
        CreateVpcPeering { name: "c7".to_owned(), vpc_id, remote_vpc_id, description: Some("causeway".to_owned()) }
    }

    async fn subnet(&self) -> Subnet {
        let own = DescribeSubnets { vpc_id: Some(self.vpc_id.clone()), ..Default::default() };
        self.vpc.all_subnets(&own).await.expect("they are listed").remove(0)
    }

    /// A table with what the old one of the subnet has and the way to the other side, in place of the old one.
    async fn route(&self, half: &str, other: &Self) -> Result<(String, String), jdcloud::Error> {
        let subnet = self.subnet().await;
        let old = subnet.route_table_id.expect("each subnet has one");
        let made = CreateRouteTable { vpc_id: self.vpc_id.clone(), name: "c7".to_owned(), description: None };
        let table = self.vpc.create_route_table(&made).await?;
        let kept = self.vpc.describe_route_table(&old).await?.rules;
        let way = RouteRuleSpec::by_peering(other.cidr.as_str().into(), half);
        let rules: Vec<_> = kept.iter().filter_map(RouteRuleSpec::copy_of).chain([way.clone()]).collect();
        self.vpc.add_route_table_rules(&table, &rules).await?;
        let there = self.vpc.describe_route_table(&table).await?.rules;
        assert!(rules.iter().all(|rule| there.iter().any(|made| rule.is_done_by(made))), "{there:?}");
        self.vpc.associate_route_table(&table, &[subnet.subnet_id]).await?;
        Ok((table, old))
    }

    async fn group(&self) -> String {
        let own = DescribeNetworkSecurityGroups { vpc_id: Some(self.vpc_id.clone()), ..Default::default() };
        let groups = self.vpc.all_network_security_groups(&own).await.expect("they are listed");
        groups[0].network_security_group_id.clone()
    }
}

async fn lost(cloud: &Cloud, from: &Side, to: &Side) -> Option<(End, Obstacle)> {
    let end = |subnet: Subnet| json!({ "subnet_id": subnet.subnet_id });
    let ping = json!({"from": end(from.subnet().await), "to": end(to.subnet().await)});
    let ping: Ping = serde_json::from_value(ping).expect("it reads");
    let pong = cloud.jd().ping(&ping).expect("both ends exist");
    pong.at.zip(pong.why)
}

fn sides(variant: Variant) -> (Cloud, Side, Side) {
    let cloud = Cloud::open(Options::new(Seed::tutorial())).expect("a cloud in memory opens");
    let (a, b) = (Side::new(&cloud, "jd-a", variant), Side::new(&cloud, "jd-b", variant));
    (cloud, a, b)
}

#[test]
fn a_peering_is_made_and_undone_by_either_signature() {
    for variant in [Variant::Jdcloud2, Variant::Jdcloud3] {
        on_virtual_time(async {
            let (cloud, a, b) = sides(variant);
            journey(&cloud, &a, &b).await.expect("no call fails");
        });
    }
}

async fn journey(cloud: &Cloud, a: &Side, b: &Side) -> Result<(), jdcloud::Error> {
    let quota = a.vpc.describe_quota(&QuotaType::VpcPeering, Some(&a.vpc_id)).await?;
    assert!(quota.has_room_for(10) && !quota.has_room_for(11));
    let half = a.vpc.create_vpc_peering(&a.half(b)).await?;
    let other = b.vpc.create_vpc_peering(&b.half(a)).await?;
    assert_eq!(half.state, PeeringState::Initiated);
    tokio::time::sleep(Duration::from_secs(5)).await;
    for (side, id) in [(a, &half.vpc_peering_id), (b, &other.vpc_peering_id)] {
        assert_eq!(side.vpc.describe_vpc_peering(id).await?.state, PeeringState::Connected);
    }

    let (table, old) = a.route(&half.vpc_peering_id, b).await?;
    let (other_table, other_old) = b.route(&other.vpc_peering_id, a).await?;
    assert_eq!(lost(cloud, a, b).await, Some((End::To, Obstacle::InboundDenied)));
    let group = b.group().await;
    let rule = SecurityRuleSpec {
        direction: Direction::Inbound,
        rule_action: None,
        priority: None,
        protocol: Protocol::All,
        address_prefix: a.cidr.as_str().into(),
        from_port: None,
        to_port: None,
        description: Some("causeway".to_owned()),
    };
    b.vpc.add_network_security_group_rules(&group, std::slice::from_ref(&rule)).await?;
    assert_eq!(lost(cloud, a, b).await, None);
    let twice = b.vpc.add_network_security_group_rules(&group, &[rule]).await.expect_err("it is there");
    assert_eq!(twice.kind(), Kind::AlreadyThere);

    let rules = b.vpc.describe_network_security_group(&group).await?.rules;
    let made = rules.into_iter().filter(|rule| rule.description.is_some()).map(|rule| rule.rule_id);
    b.vpc.remove_network_security_group_rules(&group, &made.collect::<Vec<_>>()).await?;
    for (side, table, old) in [(a, table, old), (b, other_table, other_old)] {
        let bound = side.vpc.delete_route_table(&table).await.expect_err("a subnet is bound to it");
        assert_eq!(bound.kind(), Kind::Busy);
        side.vpc.associate_route_table(&old, &[side.subnet().await.subnet_id]).await?;
        assert_eq!(side.subnet().await.route_table_id, Some(old));
        side.vpc.delete_route_table(&table).await?;
        assert_eq!(side.vpc.delete_route_table(&table).await.expect_err("it is gone").kind(), Kind::Gone);
    }
    a.vpc.delete_vpc_peering(&half.vpc_peering_id).await?;
    assert_eq!(b.vpc.describe_vpc_peering(&other.vpc_peering_id).await?.state, PeeringState::Disconnected);
    b.vpc.delete_vpc_peering(&other.vpc_peering_id).await?;
    assert_eq!(lost(cloud, a, b).await, Some((End::From, Obstacle::LeadsElsewhere)));
    Ok(())
}

#[test]
fn failures_are_of_the_kind_that_says_what_to_do() {
    on_virtual_time(async {
        let (cloud, a, b) = sides(Variant::Jdcloud2);
        let faults = &cloud.shared().faults;
        for (fault, kind) in [
            (Fault::Throttle, Kind::Throttled),
            (Fault::ServerError, Kind::OutcomeUnknown),
            (Fault::Unavailable, Kind::OutcomeUnknown),
            (Fault::LoseAnswer, Kind::OutcomeUnknown),
        ] {
            faults.add(FaultRule::once("createVpcPeering", fault));
            assert_eq!(a.vpc.create_vpc_peering(&a.half(&b)).await.expect_err("a fault").kind(), kind);
        }
        let pair = DescribeVpcPeerings {
            vpc_id: Some(a.vpc_id.clone()),
            remote_vpc_id: Some(b.vpc_id.clone()),
            ..Default::default()
        };
        let there = a.vpc.all_vpc_peerings(&pair).await.expect("they are listed");
        assert_eq!(there.len(), 1, "the one whose answer was lost");
        assert_eq!(there[0].description.as_deref(), Some("causeway"), "the mark by which it is found again");
        assert_eq!(a.vpc.create_vpc_peering(&a.half(&b)).await.expect_err("it is there").kind(), Kind::AlreadyThere);

        let of_b = a.vpc.describe_vpc(&b.vpc_id).await.expect_err("another account's");
        assert_eq!((of_b.kind(), of_b.code()), (Kind::Gone, Some("NOT_FOUND")));
        let mut settings = cloud.jd().settings();
        settings.peerings_per_vpc = 0;
        cloud.jd().set_settings(settings);
        assert_eq!(b.vpc.create_vpc_peering(&b.half(&a)).await.expect_err("none may be").kind(), Kind::Quota);
    });
}

#[test]
fn a_wrong_key_is_denied_and_not_told() {
    on_virtual_time(async {
        let (cloud, _, _) = sides(Variant::Jdcloud3);
        let io = Io {
            transport: Arc::new(Direct(cloud.clone())),
            clock: Arc::new(Wall(cloud.clone())),
            entropy: Arc::new(SeededEntropy::new(2)),
        };
        let endpoints = Endpoints::at("http://127.0.0.1:4600").expect("an address");
        let client = Client::new(io, endpoints, Credentials::new("JDC_LocalCloudOnly_JD_A", "a-wrong-secret"));
        let vpc = client.vpc(&"cn-north-1".parse().expect("a region"));
        let error = vpc.describe_vpc("vpc-1").await.expect_err("it is wrong");
        assert_eq!((error.kind(), error.code()), (Kind::Denied, Some("ACCESS_ERROR")));
        assert!(!format!("{error} {error:?}").contains("a-wrong-secret"));
    });
}
