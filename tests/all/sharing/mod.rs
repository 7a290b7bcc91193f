//! Things that several connections use: whichever of them goes first, the others are served without a gap, and in the end nothing
//! is left.

mod seeds;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use alicloud::ecs::{Direction, RevokeSecurityGroup, Revoked};
use api::connections::{Connection, Summary};
use causeway_cli::tutorial::private_link_spec;
use causeway_local::cloud::Cloud;
use causeway_local::console::ConsoleVpc;
use causeway_local::jd::Ping;
use causeway_local::seed::Seed;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::links::REGION;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::System;
use causeway_tests::{often, on_virtual_time};
use connection::record::Phase;
use connection::words::Side;
use http::Method;
use jdcloud::vpc::{CreateRouteTable, DescribeRouteTables, RouteRuleSpec};
use serde_json::{Value, json};

/// What connections share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shared {
    /// A rule of the security group of their endpoints.
    Rule,
    /// The vSwitch that the first one made, in which all have their endpoints.
    VSwitch,
    /// The load balancer that the first one made, behind the services of all.
    Balancer,
    /// The service that the first one made.
    Service,
    /// A route table of JD Cloud that somebody made, and the subnet that is bound to it.
    Table,
}

impl Shared {
    const ALL: [Self; 5] = [Self::Rule, Self::VSwitch, Self::Balancer, Self::Service, Self::Table];

    /// What the connection of this number asks for, given the record of the first one.
    fn spec(self, system: &System, number: usize, first: Option<&Connection>, table: &str) -> Value {
        if self == Self::Table {
            return jd_spec(system, number, table);
        }
        let provider = if self == Self::Rule && number == 1 { "a" } else { "b" };
        let mut spec = private_link_spec(system.accounts(), provider).unwrap();
        spec["name"] = name(number).into();
        spec["consumer"]["security_groups"] = json!([endpoints_group(system)]);
        spec["consumer"]["zones"][0]["cidr_block"] = format!("10.11.9.{}/28", 16 * number).into();
        let Some(first) = first else { return spec };
        let (made, offered) =
            (&first.outputs(Side::Consumer).private_link, &first.outputs(Side::Provider).private_link);
        match self {
            Self::Rule | Self::Table => {}
            Self::VSwitch => {
                let zone = spec["consumer"]["zones"][0]["zone_id"].clone();
                let vswitch = &made.vswitches[zone.as_str().unwrap()];
                spec["consumer"]["zones"] = json!([{"zone_id": zone, "vswitch_id": vswitch}]);
            }
            Self::Balancer => {
                spec["probe"] = json!({"protocol": "http", "port": 80});
                spec["provider"]["load_balancer"] =
                    json!({"existing": {"type": "clb", "id": offered.load_balancer_id}});
            }
            Self::Service => {
                spec["probe"] = json!({"protocol": "http", "port": 80});
                spec["consumer"]["service"] = first.service().into();
                for field in ["load_balancer", "service"] {
                    spec["provider"].as_object_mut().unwrap().remove(field);
                }
            }
        }
        spec
    }
}

/// What the VPCs of JD Cloud are called that the first one is peered with.
const PEERS: [&str; 3] = ["jd-b", "jd-c", "jd-d"];

/// The tutorial's accounts, and two more on JD Cloud.
fn seed() -> Seed {
    let mut seed = Seed::tutorial();
    for (alias, number) in PEERS.into_iter().zip(2..).skip(1) {
        let mut more = seed.accounts.iter().find(|account| account.alias == "jd-b").unwrap().clone();
        more.alias = alias.to_owned();
        more.account_id = format!("200000000000000{number}");
        more.access_key_id = format!("JDC_LocalCloudOnly_{number}");
        more.vpcs[0].cidr_block = format!("10.9{number}.0.0/16").parse().unwrap();
        more.vpcs[0].vswitches.truncate(1);
        more.vpcs[0].vswitches[0].cidr_block = format!("10.9{number}.0.0/24").parse().unwrap();
        seed.accounts.push(more);
    }
    seed
}

/// The first VPC of an account, and its first subnet.
fn vpc_of<'a>(system: &'a System, alias: &str) -> (&'a ConsoleVpc, &'a str) {
    let vpc = &system.accounts().iter().find(|account| account.alias == alias).unwrap().vpcs[0];
    (vpc, &vpc.vswitches[0].vswitch_id)
}

/// The VPC in which endpoints are.
fn consumer_vpc(system: &System) -> &ConsoleVpc {
    let account = system.accounts().iter().find(|account| account.alias == "a").unwrap();
    account.vpcs.iter().find(|vpc| vpc.cidr_block.to_string().starts_with("10.11.")).unwrap()
}

/// The group of that VPC which the endpoints are in.
fn endpoints_group(system: &System) -> &str {
    let group = consumer_vpc(system).security_groups.iter().find(|group| group.name == "endpoints").unwrap();
    &group.security_group_id
}

/// The client leaves the group of the endpoints: members of one group reach each other without a rule.
async fn leave_endpoints_group(system: &System) {
    let vpc = consumer_vpc(system);
    let params = [
        ("RegionId", vpc.region_id.as_str()),
        ("InstanceId", &vpc.instances[0].instance_id),
        ("SecurityGroupId", endpoints_group(system)),
    ];
    let left = system.raw(system.account("a"), "2014-05-26", "LeaveSecurityGroup", &params).await;
    assert!(left["Code"].is_null(), "{left}");
}

/// A peering of JD Cloud whose initiator names a table and a subnet.
fn jd_spec(system: &System, number: usize, table: &str) -> Value {
    let side = |alias: &str| {
        let (vpc, _) = vpc_of(system, alias);
        let group = &vpc.security_groups[0].security_group_id;
        json!({
            "account": alias, "region_id": vpc.region_id, "vpc_id": vpc.vpc_id,
            "security_groups": [{"security_group_id": group}],
        })
    };
    let (mut initiator, acceptor) = (side("jd-a"), side(PEERS[number]));
    initiator["route_table"] = table.into();
    initiator["subnet_ids"] = json!([vpc_of(system, "jd-a").1]);
    json!({
        "version": 1, "name": name(number), "kind": "jdcloud-peering", "initiator": initiator, "acceptor": acceptor,
    })
}

/// Makes a route table in the VPC of JD Cloud that is peered. It leads to the internet as the default one does.
async fn table(system: &System) -> String {
    let corner = system.jd_corners().iter().find(|corner| corner.account == "jd-a").unwrap();
    let request = CreateRouteTable { vpc_id: corner.vpc_id.clone(), name: "shared".to_owned(), description: None };
    let table = corner.vpc.create_route_table(&request).await.unwrap();
    let everything = RouteRuleSpec::by_internet("0.0.0.0/0".into());
    // The default table of a VPC has no such rule unless somebody made one.
    let of_vpc = DescribeRouteTables { vpc_id: Some(corner.vpc_id.clone()), ..Default::default() };
    let tables = corner.vpc.all_route_tables(&of_vpc).await.unwrap();
    if tables.iter().flat_map(|table| &table.rules).any(|rule| rule.address_prefix == everything.address_prefix) {
        corner.vpc.add_route_table_rules(&table, &[everything]).await.unwrap();
    }
    table
}

/// Who asks, and whom.
#[derive(Debug, Clone)]
enum Traffic {
    /// An instance asks an endpoint by its name.
    Request { instance: String, domain: String },
    /// A subnet of JD Cloud pings another.
    Ping(Box<Ping>),
}

impl Traffic {
    /// Of the connection of this number, by its record.
    fn of(shared: Shared, system: &System, number: usize, record: &Connection) -> Self {
        if shared == Shared::Table {
            let (from, to) = (vpc_of(system, "jd-a").1, vpc_of(system, PEERS[number]).1);
            let ping = json!({"from": {"subnet_id": from}, "to": {"subnet_id": to}});
            return Self::Ping(Box::new(serde_json::from_value(ping).unwrap()));
        }
        let vpc = consumer_vpc(system);
        let domain = record.outputs(Side::Consumer).private_link.domain.clone().unwrap();
        Self::Request { instance: vpc.instances[0].instance_id.clone(), domain }
    }

    fn flows(&self, cloud: &Cloud) -> Result<(), String> {
        match self {
            Self::Request { instance, domain } => {
                let curl = format!("curl --silent --show-error --output /dev/null --max-time 5 http://{domain}/");
                match cloud.ecs().try_script(instance, &curl) {
                    Some((_, 0)) => Ok(()),
                    other => Err(format!("{domain} does not answer: {other:?}")),
                }
            }
            Self::Ping(ping) => {
                let pong = cloud.jd().ping(ping).map_err(|error| error.to_string())?;
                if pong.reached { Ok(()) } else { Err(format!("{pong:?}")) }
            }
        }
    }
}

fn name(number: usize) -> String {
    format!("link-{number}")
}

/// Connections that share something, and who must be served.
struct Sharing {
    system: System,
    mishaps: Arc<Mishaps>,
    /// The table of JD Cloud that somebody made.
    table: String,
    /// The names of those that stay, with their traffic.
    served: Arc<Mutex<Vec<(String, Traffic)>>>,
}

impl Sharing {
    /// `count` connections, all active; the first one made what is shared.
    async fn built(shared: Shared, count: usize, mishaps: Arc<Mishaps>) -> Self {
        let system = System::looking_after(&[REGION], seed(), 1, mishaps.clone()).await;
        let table = table(&system).await;
        leave_endpoints_group(&system).await;
        let served = Arc::new(Mutex::new(Vec::new()));
        let sharing = Self { system, mishaps, table: table.clone(), served };
        let mut first = None;
        for number in 0..count {
            sharing.system.post(&shared.spec(&sharing.system, number, first.as_ref(), &table)).await.unwrap();
            let record = sharing.system.at_rest(&name(number)).await;
            assert_eq!(record.phase(), Phase::Active, "{shared:?}: {record:#?}");
            let traffic = Traffic::of(shared, &sharing.system, number, &record);
            sharing.served.lock().unwrap().push((name(number), traffic));
            first.get_or_insert(record);
        }
        sharing
    }

    /// From now on the traffic of all that stay is tried between any two requests of functions.
    fn watch(&self) {
        let (cloud, served) = (self.system.cloud.clone(), self.served.clone());
        self.mishaps.watch(move || {
            let cut =
                |(name, traffic): &(String, Traffic)| traffic.flows(&cloud).err().map(|why| format!("{name}: {why}"));
            served.lock().unwrap().iter().find_map(cut).map_or(Ok(()), Err)
        });
    }

    /// Removes the connection of this number. Those that stay are clean by a check of drift.
    async fn remove(&self, number: usize) -> Result<(), String> {
        self.served.lock().unwrap().retain(|(served, _)| *served != name(number));
        let removed = self.system.remove(&name(number)).await;
        if removed.phase() != Phase::Removed {
            return Err(format!("not removed: {removed:#?}"));
        }
        self.system.check_drift(&json!({})).await;
        let drift = self.system.drift().await;
        if drift.is_empty() { Ok(()) } else { Err(format!("after {} went: {drift:#?}", name(number))) }
    }

    async fn all_removed(&self, order: &[usize]) -> Result<(), String> {
        self.watch();
        for number in order {
            self.remove(*number).await?;
        }
        self.nothing_is_left().await
    }

    /// Everything can be taken away, and is.
    async fn nothing_is_left(&self) -> Result<(), String> {
        self.mishaps.unwatch();
        let corner = self.system.jd_corners().iter().find(|corner| corner.account == "jd-a").unwrap();
        corner
            .vpc
            .delete_route_table(&self.table)
            .await
            .map_err(|error| format!("the subnet is still bound: {error}"))?;
        self.system.inventory().await.is_empty()
    }
}

impl Sharing {
    /// Asks for the removal of these at once, and waits until all are gone.
    async fn removed_at_once(&self, numbers: &[usize]) -> Result<(), String> {
        self.served.lock().unwrap().retain(|(served, _)| numbers.iter().all(|number| *served != name(*number)));
        for number in numbers {
            let path = format!("/v1/connections/{}", name(*number));
            let asked = self.system.ask::<Summary>(Method::DELETE, &path).await;
            asked.map_err(|refused| format!("{}: {refused:?}", name(*number)))?;
        }
        for number in numbers {
            let removed = self.system.at_rest(&name(*number)).await;
            if removed.phase() != Phase::Removed {
                return Err(format!("not removed: {removed:#?}"));
            }
        }
        Ok(())
    }

    /// What the watch has complained of.
    fn is_quiet(&self) -> Result<(), String> {
        let complaints = self.mishaps.complaints();
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ")) }
    }
}

/// Each thing is shared by two connections that come and go; the clouds that they left behind.
pub fn shared_by_two(mishaps: impl Fn() -> Arc<Mishaps>) -> Vec<Cloud> {
    let share = |shared| {
        on_virtual_time(async {
            let sharing = Sharing::built(shared, 2, mishaps()).await;
            sharing.all_removed(&[0, 1]).await.unwrap();
            sharing.system.end().await;
            sharing.system.cloud.clone()
        })
    };
    Shared::ALL.into_iter().map(share).collect()
}

/// Every order in which so many can go.
fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |orders, _| {
        let longer = |order: Vec<usize>| {
            let rest: Vec<_> = (0..count).filter(|number| !order.contains(number)).collect();
            rest.into_iter().map(move |number| [order.as_slice(), &[number]].concat())
        };
        orders.into_iter().flat_map(longer).collect()
    })
}

/// Builds, removes in this order, with a mishap at the request of this number, counted from the first removal. Returns how many
/// requests the removals took.
fn survives(shared: Shared, order: &[usize], mishap: Option<(usize, Mishap)>) -> Result<usize, String> {
    on_virtual_time(async {
        let mishaps = Mishaps::none();
        let sharing = Sharing::built(shared, order.len(), mishaps.clone()).await;
        let begun = mishaps.requests();
        if let Some((number, mishap)) = mishap {
            mishaps.befall(move |request| (request == begun + number).then_some(mishap));
        }
        let ended = async {
            sharing.all_removed(order).await?;
            sharing.is_quiet()
        };
        let ended = ended.await;
        let log = mishaps.log();
        sharing.system.end().await;
        ended.map_err(|wrong| format!("{shared:?} {order:?}: {}: {wrong}", log.join("; ")))?;
        assert_eq!(log.len(), usize::from(mishap.is_some()), "the mishap did not happen: {log:#?}");
        Ok(mishaps.requests() - begun)
    })
}

/// Dies at requests of the removals, each so manieth.
fn removals_survive(shared: Shared, count: usize, usual: usize) {
    let stride = often::stride(usual);
    for (place, order) in orders(count).iter().enumerate() {
        let requests = survives(shared, order, None).unwrap();
        assert!(requests > 50, "the count of requests cannot be right: {requests}");
        let chosen = (place % stride..requests).step_by(stride);
        let failures: Vec<_> =
            chosen.filter_map(|number| survives(shared, order, Some((number, Mishap::DiesAfter))).err()).collect();
        assert!(failures.is_empty(), "{} of {requests} requests: {failures:#?}", failures.len());
    }
}

#[test]
fn whoever_watches_notices_when_a_rule_is_gone() {
    on_virtual_time(async {
        let sharing = Sharing::built(Shared::Rule, 1, Mishaps::none()).await;
        let traffic = sharing.served.lock().unwrap()[0].1.clone();
        traffic.flows(&sharing.system.cloud).unwrap();
        let group = endpoints_group(&sharing.system);
        let ecs = sharing.system.client("a").ecs(&REGION.parse().unwrap());
        let rules = ecs.describe_security_group_attribute(group, Some(&Direction::Ingress)).await.unwrap().permissions;
        let ids = rules.into_iter().filter_map(|rule| rule.security_group_rule_id).collect();
        let (rules, client_token) = (Revoked::ById(ids), "by-hand".parse().unwrap());
        let revoke = RevokeSecurityGroup { security_group_id: group.to_owned(), rules, client_token };
        ecs.revoke_security_group(&revoke).await.unwrap();
        traffic.flows(&sharing.system.cloud).unwrap_err();
        sharing.system.end().await;
    });
}

#[test]
fn those_that_go_at_once_leave_nothing_and_the_one_that_stays_is_served() {
    for shared in Shared::ALL {
        for going in [[0, 1], [0, 2], [1, 2]] {
            on_virtual_time(async {
                let sharing = Sharing::built(shared, 3, Mishaps::none()).await;
                sharing.watch();
                let stays = (0..3).find(|number| !going.contains(number)).unwrap();
                let ended = async {
                    sharing.removed_at_once(&going).await?;
                    sharing.all_removed(&[stays]).await?;
                    sharing.is_quiet()
                };
                ended.await.unwrap_or_else(|wrong| panic!("{shared:?} {going:?}: {wrong}"));
                sharing.system.end().await;
            });
        }
    }
}

#[test]
fn one_that_comes_while_the_first_goes_is_served_in_the_end_or_says_what_is_gone() {
    for shared in Shared::ALL {
        // After so many seconds of the one's way the other sets out on its own.
        for seconds in [0, 3, 8, 15, 25, 40] {
            on_virtual_time(async {
                let sharing = Sharing::built(shared, 1, Mishaps::none()).await;
                let first = sharing.system.at_rest(&name(0)).await;
                let spec = shared.spec(&sharing.system, 1, Some(&first), &sharing.table);
                let posted = sharing.system.post(&spec).await;
                posted.unwrap_or_else(|refused| panic!("{shared:?}: {refused:?}"));
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                let removed = sharing.removed_at_once(&[0]).await;
                removed.unwrap_or_else(|wrong| panic!("{shared:?} {seconds}: {wrong}"));
                let second = sharing.system.at_rest(&name(1)).await;
                if second.phase() == Phase::Active {
                    let traffic = Traffic::of(shared, &sharing.system, 1, &second);
                    traffic
                        .flows(&sharing.system.cloud)
                        .unwrap_or_else(|wrong| panic!("{shared:?} {seconds}: {wrong}"));
                } else {
                    // What the spec names was gone before it could be handed over.
                    assert_eq!(second.phase(), Phase::Failed, "{shared:?} {seconds}: {second:#?}");
                    assert!(matches!(shared, Shared::VSwitch | Shared::Balancer | Shared::Service), "{second:#?}");
                }
                let ended = sharing.all_removed(&[1]).await;
                ended.unwrap_or_else(|wrong| panic!("{shared:?} {seconds}: {wrong}"));
                sharing.system.end().await;
            });
        }
    }
}

#[test]
fn a_change_hands_over_what_it_no_longer_asks_for() {
    on_virtual_time(async {
        let sharing = Sharing::built(Shared::Rule, 2, Mishaps::none()).await;
        sharing.watch();
        let mut spec = Shared::Rule.spec(&sharing.system, 0, None, &sharing.table);
        // Narrower, and still with the client in it.
        spec["consumer"]["clients"] = json!(["10.11.0.0/24"]);
        sharing.system.changed(&spec).await;
        sharing.all_removed(&[1, 0]).await.unwrap();
        sharing.is_quiet().unwrap();
        sharing.system.end().await;
    });
}

#[test]
fn whichever_of_two_goes_first_the_other_is_served_throughout() {
    for shared in Shared::ALL {
        for order in orders(2) {
            survives(shared, &order, None).unwrap();
        }
    }
}

#[test]
fn whichever_of_three_goes_first_the_others_are_served_throughout() {
    for shared in Shared::ALL {
        for order in orders(3) {
            survives(shared, &order, None).unwrap();
        }
    }
}

#[test]
fn rules_that_are_shared_outlive_deaths_at_requests_of_the_removals() {
    removals_survive(Shared::Rule, 2, 41);
}

#[test]
fn vswitches_that_are_shared_outlive_deaths_at_requests_of_the_removals() {
    removals_survive(Shared::VSwitch, 2, 41);
}

#[test]
fn load_balancers_that_are_shared_outlive_deaths_at_requests_of_the_removals() {
    removals_survive(Shared::Balancer, 2, 41);
}

#[test]
fn services_that_are_shared_outlive_deaths_at_requests_of_the_removals() {
    removals_survive(Shared::Service, 2, 41);
}

#[test]
fn route_tables_that_are_shared_outlive_deaths_at_requests_of_the_removals() {
    removals_survive(Shared::Table, 2, 41);
}

/// Three that share, one death: the long run dies at each request of each order.
#[test]
fn what_three_share_outlives_a_death_too() {
    for shared in Shared::ALL {
        removals_survive(shared, 3, 401);
    }
}
