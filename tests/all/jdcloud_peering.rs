//! A peering on JD Cloud among things that somebody else made: no subnet loses what it reaches, whatever happens on the way,
//! and what people do in between is respected, mended, or told.

use std::sync::{Arc, Mutex, OnceLock};

use api::problem::ProblemKind;
use causeway_local::cloud::Cloud;
use causeway_local::jd::Ping;
use causeway_local::seed::Seed;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::jd::JdCorner;
use causeway_tests::on_virtual_time;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{System, in_world, in_world_of};
use connection::record::Phase;
use connection::words::{Kind, Side};
use jdcloud::vpc::{
    CreateRouteTable, CreateVpcPeering, DescribeNetworkSecurityGroups, DescribeRouteTables, DescribeSubnets,
    DescribeVpcPeerings, Direction, Protocol, RouteRuleSpec, RouteTable, SecurityRuleSpec, Subnet, VpcPeering,
};
use serde_json::{Value, json};

const NAME: &str = "jd-a-jd-b";

/// The tutorial's accounts, and one with a third VPC, which Causeway is never asked about.
fn seed() -> Seed {
    let mut seed = Seed::tutorial();
    let mut third = seed.accounts.iter().find(|account| account.alias == "jd-b").unwrap().clone();
    third.alias = "jd-c".to_owned();
    third.account_id = "2000000000000003".to_owned();
    third.access_key_id = "JDC_LocalCloudOnly_JD_C".to_owned();
    third.vpcs[0].cidr_block = "10.99.0.0/16".parse().unwrap();
    third.vpcs[0].vswitches.truncate(1);
    third.vpcs[0].vswitches[0].cidr_block = "10.99.0.0/24".parse().unwrap();
    seed.accounts.push(third);
    seed
}

/// The VPC of an account.
fn corner<'a>(system: &'a System, alias: &str) -> &'a JdCorner {
    system.jd_corners().iter().find(|corner| corner.account == alias).unwrap()
}

async fn tables(corner: &JdCorner) -> Vec<RouteTable> {
    let of_vpc = DescribeRouteTables { vpc_id: Some(corner.vpc_id.clone()), ..Default::default() };
    corner.vpc.all_route_tables(&of_vpc).await.unwrap()
}

async fn subnets(corner: &JdCorner) -> Vec<Subnet> {
    let of_vpc = DescribeSubnets { vpc_id: Some(corner.vpc_id.clone()), ..Default::default() };
    corner.vpc.all_subnets(&of_vpc).await.unwrap()
}

async fn halves(corner: &JdCorner) -> Vec<VpcPeering> {
    let of_vpc = DescribeVpcPeerings { vpc_id: Some(corner.vpc_id.clone()), ..Default::default() };
    corner.vpc.all_vpc_peerings(&of_vpc).await.unwrap()
}

/// Peers two VPCs by hand, with a rule in the default table of each and one in its group.
async fn peer_by_hand(one: &JdCorner, other: &JdCorner, ranges: [&str; 2]) {
    for (own, peer, range) in [(one, other, ranges[1]), (other, one, ranges[0])] {
        let half = CreateVpcPeering {
            name: "by_hand".to_owned(),
            vpc_id: own.vpc_id.clone(),
            remote_vpc_id: peer.vpc_id.clone(),
            description: None,
        };
        let half = own.vpc.create_vpc_peering(&half).await.unwrap().vpc_peering_id;
        let rule = RouteRuleSpec::by_peering(range.into(), &half);
        own.vpc.add_route_table_rules(&tables(own).await[0].route_table_id, &[rule]).await.unwrap();
        let of_vpc = DescribeNetworkSecurityGroups { vpc_id: Some(own.vpc_id.clone()), ..Default::default() };
        let group = own.vpc.all_network_security_groups(&of_vpc).await.unwrap().remove(0);
        let rule = SecurityRuleSpec {
            direction: Direction::Inbound,
            rule_action: None,
            priority: None,
            protocol: Protocol::All,
            address_prefix: range.into(),
            from_port: None,
            to_port: None,
            description: None,
        };
        own.vpc.add_network_security_group_rules(&group.network_security_group_id, &[rule]).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
}

fn tutorial(system: &System) -> Value {
    system.tutorial_by(Kind::JdcloudPeering)
}

/// What is held against every single request of the functions.
type Watch = Arc<OnceLock<(Cloud, Vec<Ping>)>>;

fn ping(from: &str, to: &str) -> Ping {
    serde_json::from_value(json!({"from": {"subnet_id": from}, "to": {"subnet_id": to}})).unwrap()
}

/// Builds, changes every binding there is, and removes, while a process dies after one request. At every request each subnet
/// of both sides still reaches what it reached before. Returns how many requests there were.
fn nobody_is_cut_off(dies_after: Option<usize>) -> usize {
    on_virtual_time(async {
        let (watch, lost): (Watch, Arc<Mutex<Vec<String>>>) = Default::default();
        let (watched, noted) = (watch.clone(), lost.clone());
        let mishaps = Mishaps::new(move |number| {
            if let Some((cloud, pings)) = watched.get() {
                let pongs = pings.iter().map(|ping| cloud.jd().ping(ping).unwrap());
                noted
                    .lock()
                    .unwrap()
                    .extend(pongs.filter(|pong| !pong.reached).map(|pong| format!("request {number}: {}", pong.text)));
            }
            (dies_after == Some(number)).then_some(Mishap::DiesAfter)
        });
        let system = System::of(seed(), 1, mishaps.clone()).await;
        let (one, third) = (corner(&system, "jd-a"), corner(&system, "jd-c"));
        peer_by_hand(one, third, ["10.0.0.0/16", "10.99.0.0/16"]).await;
        let (far, near) = (subnets(third).await, subnets(one).await);
        let pings = near.iter().map(|subnet| ping(&subnet.subnet_id, &far[0].subnet_id)).collect();
        assert!(watch.set((system.cloud.clone(), pings)).is_ok());

        let mut spec = tutorial(&system);
        system.built(&spec).await;
        for subnets in [json!([near[1].subnet_id]), json!([near[0].subnet_id, near[1].subnet_id]), json!([])] {
            spec["initiator"]["subnet_ids"] = subnets;
            system.changed(&spec).await;
        }
        spec["initiator"]["subnet_ids"] = json!([near[0].subnet_id]);
        system.changed(&spec).await;
        system.removed(NAME).await;
        assert_eq!(*lost.lock().unwrap(), Vec::<String>::new(), "{:?}", mishaps.log());
        assert_eq!(tables(one).await.len(), 1, "the default one is left");
        assert_eq!(halves(one).await.len(), 1, "and the peering by hand");
        system.end().await;
        mishaps.requests()
    })
}

#[test]
fn no_subnet_is_cut_off_while_its_table_is_replaced_whoever_dies() {
    let requests = nobody_is_cut_off(None);
    assert!(requests > 100, "the count of requests cannot be right: {requests}");
    for number in (0..requests).step_by(29) {
        nobody_is_cut_off(Some(number));
    }
}

/// Active, and then one half deleted by hand.
async fn with_one_half_gone(system: &System, reconnects: bool) -> String {
    let settings = causeway_local::jd::Settings { reconnects, ..system.cloud.jd().settings() };
    system.cloud.jd().set_settings(settings);
    system.built(&tutorial(system)).await;
    let own = corner(system, "jd-b");
    let half = halves(own).await.remove(0).vpc_peering_id;
    own.vpc.delete_vpc_peering(&half).await.unwrap();
    half
}

#[test]
fn a_half_that_somebody_deleted_is_made_anew_whether_or_not_the_cloud_joins_the_other_one_by_itself() {
    for reconnects in [true, false] {
        in_world(async |system| {
            let gone = with_one_half_gone(system, reconnects).await;
            let other = halves(corner(system, "jd-a")).await.remove(0).vpc_peering_id;
            let mut spec = tutorial(system);
            spec["labels"] = json!({"again": "yes"});
            system.changed(&spec).await;
            system.inventory().await.is_one_connection().unwrap();
            assert_ne!(halves(corner(system, "jd-b")).await[0].vpc_peering_id, gone);
            let kept = halves(corner(system, "jd-a")).await[0].vpc_peering_id == other;
            assert_eq!(kept, reconnects, "it is made anew only where it has to be");
            system.removed(NAME).await;
            system.inventory().await.is_empty().unwrap();
        });
    }
}

#[test]
fn a_removal_does_not_mind_that_the_other_half_is_gone() {
    in_world(async |system| {
        with_one_half_gone(system, true).await;
        system.removed(NAME).await;
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn a_subnet_whose_old_table_is_gone_falls_back_to_the_default_one() {
    in_world(async |system| {
        let own = corner(system, "jd-a");
        let table = CreateRouteTable { vpc_id: own.vpc_id.clone(), name: "mine".to_owned(), description: None };
        let table = own.vpc.create_route_table(&table).await.unwrap();
        let subnet = subnets(own).await.remove(0).subnet_id;
        own.vpc.associate_route_table(&table, std::slice::from_ref(&subnet)).await.unwrap();
        let record = system.built(&tutorial(system)).await;
        assert_eq!(record.outputs(Side::Initiator).jd.as_ref().unwrap().bindings[&subnet], table, "{record:#?}");
        own.vpc.delete_route_table(&table).await.unwrap();
        system.removed(NAME).await;
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn a_table_to_which_somebody_bound_another_subnet_is_kept_until_that_is_bound_elsewhere() {
    in_world(async |system| {
        let record = system.built(&tutorial(system)).await;
        let made = record.outputs(Side::Initiator).jd.as_ref().unwrap().route_table_id.clone().unwrap();
        let own = corner(system, "jd-a");
        let second = subnets(own).await.remove(1);
        own.vpc.associate_route_table(&made, std::slice::from_ref(&second.subnet_id)).await.unwrap();
        let record = system.remove(NAME).await;
        assert_eq!(record.phase(), Phase::Failed, "{record:#?}");
        let stop = record.stop();
        assert!(stop.what.contains(&second.subnet_id), "{stop:#?}");
        own.vpc.associate_route_table(&second.route_table_id.unwrap(), &[second.subnet_id]).await.unwrap();
        system.command(NAME, "retry").await.unwrap();
        system.settled(NAME, Phase::Removed).await;
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn a_subnet_that_somebody_bound_elsewhere_in_the_meantime_stays_there() {
    in_world(async |system| {
        system.built(&tutorial(system)).await;
        let own = corner(system, "jd-a");
        let table = CreateRouteTable { vpc_id: own.vpc_id.clone(), name: "mine".to_owned(), description: None };
        let table = own.vpc.create_route_table(&table).await.unwrap();
        let subnet = subnets(own).await.remove(0).subnet_id;
        own.vpc.associate_route_table(&table, std::slice::from_ref(&subnet)).await.unwrap();
        system.removed(NAME).await;
        assert_eq!(subnets(own).await[0].route_table_id, Some(table.clone()));
        let left: Vec<_> = tables(own).await.into_iter().map(|table| table.route_table_id).collect();
        assert!(left.len() == 2 && left.contains(&table), "{left:?}");
    });
}

/// What a POST that cannot succeed is answered: the fields it blames.
async fn blamed(system: &System, spec: &Value) -> Vec<String> {
    let problem = system.post(spec).await.expect_err("it is refused");
    assert_eq!(problem.kind, ProblemKind::Impossible, "{problem:#?}");
    assert!(problem.errors.iter().all(|error| error.detail.len() > 20), "{problem:#?}");
    problem.errors.into_iter().map(|error| error.pointer).collect()
}

#[test]
fn everything_that_is_known_to_fail_is_told_at_once_with_its_field_before_anything_is_made() {
    in_world_of(seed(), &[], async |system| {
        let (one, two, third) = (corner(system, "jd-a"), corner(system, "jd-b"), corner(system, "jd-c"));
        let good = tutorial(system);

        let mut spec = good.clone();
        spec["initiator"]["subnet_ids"] = json!(["subnet-nowhere", subnets(one).await[0].subnet_id]);
        spec["initiator"]["cidr_blocks"] = json!(["10.7.0.0/24"]);
        spec["acceptor"]["route_table"] = "rtb-nowhere".into();
        assert_eq!(blamed(system, &spec).await, ["/initiator/cidr_blocks"], "ranges come first");
        spec["initiator"].as_object_mut().unwrap().remove("cidr_blocks");
        spec["acceptor"]["security_groups"] = json!([{"security_group_id": "sg-nowhere"}]);
        let wrong = ["/initiator/subnet_ids", "/acceptor/security_groups/0", "/acceptor/route_table"];
        assert_eq!(blamed(system, &spec).await, wrong);

        let mut spec = good.clone();
        spec["initiator"]["vpc_id"] = "vpc-nowhere".into();
        spec["acceptor"]["account"] = "a".into();
        assert_eq!(blamed(system, &spec).await, ["/initiator/vpc_id", "/acceptor/account"]);
        let mut of_ali = system.tutorial();
        of_ali["initiator"]["account"] = "jd-a".into();
        assert_eq!(blamed(system, &of_ali).await, ["/initiator/account"]);

        // A rule in the way, narrower ones, and a way that an internet rule may not share.
        let default = tables(one).await.remove(0);
        peer_by_hand(one, third, ["10.0.0.0/16", "10.99.0.0/16"]).await;
        let half = halves(one).await.remove(0).vpc_peering_id;
        let rules = ["172.16.0.0/16", "172.16.5.0/24"].map(|range| RouteRuleSpec::by_peering(range.into(), &half));
        one.vpc.add_route_table_rules(&default.route_table_id, &rules).await.unwrap();
        for subnet_ids in [good["initiator"]["subnet_ids"].clone(), json!([])] {
            let mut spec = good.clone();
            spec["initiator"]["subnet_ids"] = subnet_ids;
            assert_eq!(blamed(system, &spec).await, ["/initiator/vpc_id", "/initiator/vpc_id"]);
        }
        let added =
            tables(one).await.remove(0).rules.into_iter().filter(|rule| rule.next_hop_id.as_ref() == Some(&half));
        let ids: Vec<_> = added.map(|rule| rule.rule_id).collect();
        one.vpc.remove_route_table_rules(&default.route_table_id, &ids).await.unwrap();

        // A table that lacks what the subnets need, and two tables that differ.
        let mine = CreateRouteTable { vpc_id: one.vpc_id.clone(), name: "mine".to_owned(), description: None };
        let mine = one.vpc.create_route_table(&mine).await.unwrap();
        let mut spec = good.clone();
        spec["initiator"]["route_table"] = json!(mine);
        assert_eq!(blamed(system, &spec).await, ["/initiator/route_table"]);
        let near = subnets(one).await;
        one.vpc.associate_route_table(&mine, std::slice::from_ref(&near[1].subnet_id)).await.unwrap();
        let mut spec = good.clone();
        spec["initiator"]["subnet_ids"] = json!([near[0].subnet_id, near[1].subnet_id]);
        assert_eq!(blamed(system, &spec).await, ["/initiator/subnet_ids"]);
        one.vpc.associate_route_table(&default.route_table_id, std::slice::from_ref(&near[1].subnet_id)).await.unwrap();
        one.vpc.delete_route_table(&mine).await.unwrap();

        // Quotas, and a peering of somebody else.
        let settings = system.cloud.jd().settings();
        system.cloud.jd().set_settings(causeway_local::jd::Settings {
            route_tables_per_vpc: 1,
            peerings_per_vpc: 1,
            rules_per_group: 1,
            ..settings
        });
        let wrong = [
            "/initiator/vpc_id",
            "/initiator/subnet_ids",
            "/initiator/security_groups",
            "/acceptor/subnet_ids",
            "/acceptor/security_groups",
        ];
        assert_eq!(blamed(system, &good).await, wrong);
        system.cloud.jd().set_settings(settings);
        let half = CreateVpcPeering {
            name: "theirs".to_owned(),
            vpc_id: two.vpc_id.clone(),
            remote_vpc_id: one.vpc_id.clone(),
            description: None,
        };
        two.vpc.create_vpc_peering(&half).await.unwrap();
        assert_eq!(blamed(system, &good).await, ["/acceptor/vpc_id"]);
    });
}

#[test]
fn vpcs_that_share_addresses_are_refused_before_anything_is_made() {
    let mut seed = Seed::tutorial();
    let account = seed.accounts.iter_mut().find(|account| account.alias == "jd-b").unwrap();
    account.vpcs[0].cidr_block = "10.0.0.0/20".parse().unwrap();
    account.vpcs[0].vswitches.iter_mut().zip(["10.0.0.0/24", "10.0.1.0/24"]).for_each(|(subnet, range)| {
        subnet.cidr_block = range.parse().unwrap();
    });
    in_world_of(seed, &[], async |system| {
        assert_eq!(blamed(system, &tutorial(system)).await, ["/acceptor/vpc_id"]);
    });
}
