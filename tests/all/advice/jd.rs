//! JD Cloud.

use causeway_local::jd::Settings;
use causeway_local::seed::{Seed, SeedVpc};
use causeway_tests::jd::JdCorner;
use causeway_tests::system::System;
use jdcloud::vpc::{
    CreateRouteTable, CreateVpcPeering, DescribeVpcPeerings, DescribeVpcs, Network, RouteRuleSpec, VpcPeering,
};
use jdcloud::{Call, Credentials, Endpoints, Error};
use transport::Io;

use super::callers::off;
use super::{settle, stories};

stories! { Call;
    CreateVpcPeering "ALREADY_EXISTS" AlreadyThere "List the peerings of the VPC and compare" => a_peering_that_is_there;
    CreateVpcPeering "INVALID_ARGUMENT" Refused "its name has 1 to 32 letters, digits, _ and -" => a_name_with_a_dot;
    AddRouteTableRules "ALREADY_EXISTS" AlreadyThere "List the rules and compare" => a_rule_that_is_there;
    AddRouteTableRules "ABORTED" Refused "a peering made from the other side" => the_half_of_another_vpc;
    DeleteRouteTable "FAILED_PRECONDITION" Busy "Bind them to another one first" => a_table_in_use;
    DeleteVpcPeering "FAILED_PRECONDITION" Busy "a rule of a route table, most likely. Remove that first" => a_peering_in_use;
    RemoveRouteTableRules "NOT_FOUND" Gone "a refused removal removes nothing" => a_rule_that_is_gone;
    DescribeVpcPeering "NOT_FOUND" Gone "not in this region for this account" => a_peering_of_the_other_account;
    CreateRouteTable "QUOTA_EXCEEDED" Quota "Remove what is not needed, or ask for more by a ticket" => a_full_vpc;
    DescribeVpcs "ACCESS_ERROR" Denied "Check the access key of this account" => a_wrong_secret;
    DescribeVpcs "ACCESS_ERROR" Denied "and the clock of this machine" => a_late_clock;
}

/// What stands in the peer's VPC.
const THERE: &str = "172.16.0.0/16";

fn corner<'a>(system: &'a System, alias: &str) -> &'a JdCorner {
    system.jd_corners().iter().find(|corner| corner.account == alias).unwrap()
}

async fn half(system: &System, alias: &str, name: &str) -> Result<VpcPeering, Error> {
    let (own, other) = (corner(system, alias), corner(system, if alias == "jd-a" { "jd-b" } else { "jd-a" }));
    let request = CreateVpcPeering {
        name: name.to_owned(),
        vpc_id: own.vpc_id.clone(),
        remote_vpc_id: other.vpc_id.clone(),
        description: None,
    };
    let made = own.vpc.create_vpc_peering(&request).await?;
    settle().await;
    Ok(made)
}

async fn table(system: &System, name: &str) -> Result<String, Error> {
    let own = corner(system, "jd-a");
    let request = CreateRouteTable { vpc_id: own.vpc_id.clone(), name: name.to_owned(), description: None };
    own.vpc.create_route_table(&request).await
}

/// A table of `jd-a` with a rule by this peering.
async fn routed(system: &System, peering: &str) -> (String, RouteRuleSpec) {
    let table = table(system, "more").await.unwrap();
    let rule = RouteRuleSpec::by_peering(THERE.into(), peering);
    corner(system, "jd-a").vpc.add_route_table_rules(&table, std::slice::from_ref(&rule)).await.unwrap();
    (table, rule)
}

/// The id of the rule to the peer.
async fn rule_there(system: &System, table: &str) -> Option<String> {
    let rules = corner(system, "jd-a").vpc.describe_route_table(table).await.unwrap().rules;
    rules.into_iter().find(|rule| rule.address_prefix == THERE.into()).map(|rule| rule.rule_id)
}

fn set(system: &System, change: impl FnOnce(&mut Settings)) {
    let mut settings = system.cloud.jd().settings();
    change(&mut settings);
    system.cloud.jd().set_settings(settings);
}

async fn a_peering_that_is_there(system: &System) -> Error {
    let made = half(system, "jd-a", "to-b").await.unwrap();
    let refused = half(system, "jd-a", "again-to-b").await.unwrap_err();
    let own = corner(system, "jd-a");
    let of_vpc = DescribeVpcPeerings { vpc_id: Some(own.vpc_id.clone()), ..DescribeVpcPeerings::default() };
    let listed = own.vpc.all_vpc_peerings(&of_vpc).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].vpc_peering_id, &listed[0].remote), (&made.vpc_peering_id, &made.remote));
    refused
}

async fn a_name_with_a_dot(system: &System) -> Error {
    let refused = half(system, "jd-a", "to.b").await.unwrap_err();
    half(system, "jd-a", "to-b").await.unwrap();
    refused
}

async fn a_rule_that_is_there(system: &System) -> Error {
    let peering = half(system, "jd-a", "to-b").await.unwrap();
    let (table, rule) = routed(system, &peering.vpc_peering_id).await;
    let own = &corner(system, "jd-a").vpc;
    let refused = own.add_route_table_rules(&table, std::slice::from_ref(&rule)).await.unwrap_err();
    assert!(own.describe_route_table(&table).await.unwrap().rules.iter().any(|there| rule.is_done_by(there)));
    refused
}

async fn the_half_of_another_vpc(system: &System) -> Error {
    let second = second_vpc(system).await;
    let own = corner(system, "jd-a");
    let request = CreateVpcPeering {
        name: "from-second".to_owned(),
        vpc_id: second,
        remote_vpc_id: corner(system, "jd-b").vpc_id.clone(),
        description: None,
    };
    let stray = own.vpc.create_vpc_peering(&request).await.unwrap().vpc_peering_id;
    let table = table(system, "more").await.unwrap();
    let add = async |peering: &str| {
        own.vpc.add_route_table_rules(&table, &[RouteRuleSpec::by_peering(THERE.into(), peering)]).await
    };
    let refused = add(&stray).await.unwrap_err();
    let peering = half(system, "jd-a", "to-b").await.unwrap();
    add(&peering.vpc_peering_id).await.unwrap();
    refused
}

/// Another VPC of `jd-a`.
async fn second_vpc(system: &System) -> String {
    let account = Seed::tutorial().accounts.into_iter().find(|account| account.alias == "jd-a").unwrap();
    let second = SeedVpc {
        region_id: "cn-north-1".to_owned(),
        name: "second".to_owned(),
        cidr_block: "10.9.0.0/16".parse().unwrap(),
        vswitches: Vec::new(),
        security_groups: Vec::new(),
    };
    system.cloud.jd().plant(&account.account_id, &[account.vpcs[0].clone(), second]).unwrap();
    let all = corner(system, "jd-a").vpc.all_vpcs(&DescribeVpcs::default()).await.unwrap();
    all.into_iter().find(|vpc| vpc.vpc_id != corner(system, "jd-a").vpc_id).unwrap().vpc_id
}

async fn a_table_in_use(system: &System) -> Error {
    let own = corner(system, "jd-a");
    let subnet = own.vpc.all_subnets(&Default::default()).await.unwrap().remove(0);
    let table = table(system, "more").await.unwrap();
    own.vpc.associate_route_table(&table, std::slice::from_ref(&subnet.subnet_id)).await.unwrap();
    let refused = own.vpc.delete_route_table(&table).await.unwrap_err();
    own.vpc.associate_route_table(&subnet.route_table_id.unwrap(), &[subnet.subnet_id]).await.unwrap();
    own.vpc.delete_route_table(&table).await.unwrap();
    refused
}

async fn a_peering_in_use(system: &System) -> Error {
    set(system, |settings| settings.deletes_peering_in_use = false);
    let peering = half(system, "jd-a", "to-b").await.unwrap().vpc_peering_id;
    let (table, _) = routed(system, &peering).await;
    let own = &corner(system, "jd-a").vpc;
    let refused = own.delete_vpc_peering(&peering).await.unwrap_err();
    let rule = rule_there(system, &table).await.unwrap();
    own.remove_route_table_rules(&table, &[rule]).await.unwrap();
    own.delete_vpc_peering(&peering).await.unwrap();
    refused
}

async fn a_rule_that_is_gone(system: &System) -> Error {
    let peering = half(system, "jd-a", "to-b").await.unwrap().vpc_peering_id;
    let (table, _) = routed(system, &peering).await;
    let rule = rule_there(system, &table).await.unwrap();
    let own = &corner(system, "jd-a").vpc;
    let refused = own.remove_route_table_rules(&table, &[rule.clone(), "rule-none".to_owned()]).await.unwrap_err();
    assert_eq!(rule_there(system, &table).await.as_ref(), Some(&rule), "a refused removal removes nothing");
    own.remove_route_table_rules(&table, &[rule]).await.unwrap();
    refused
}

async fn a_peering_of_the_other_account(system: &System) -> Error {
    let peering = half(system, "jd-b", "to-a").await.unwrap().vpc_peering_id;
    let refused = corner(system, "jd-a").vpc.describe_vpc_peering(&peering).await.unwrap_err();
    corner(system, "jd-b").vpc.describe_vpc_peering(&peering).await.unwrap();
    refused
}

async fn a_full_vpc(system: &System) -> Error {
    set(system, |settings| settings.route_tables_per_vpc = 2);
    let spare = table(system, "spare").await.unwrap();
    let refused = table(system, "more").await.unwrap_err();
    corner(system, "jd-a").vpc.delete_route_table(&spare).await.unwrap();
    table(system, "more").await.unwrap();
    refused
}

async fn all_vpcs(io: Io, system: &System, secret: &str) -> Result<Vec<Network>, Error> {
    let key = Credentials::new(&system.account("jd-a").access_key_id, secret);
    let client = jdcloud::Client::new(io, Endpoints::at("http://cloud.test").unwrap(), key);
    client.vpc(&"cn-north-1".parse().unwrap()).all_vpcs(&DescribeVpcs::default()).await
}

async fn a_wrong_secret(system: &System) -> Error {
    let vpcs = async |secret: &str| all_vpcs(system.io().clone(), system, secret).await;
    let refused = vpcs(&system.account("jd-b").access_key_secret).await.unwrap_err();
    assert_eq!(vpcs(&system.account("jd-a").access_key_secret).await.unwrap().len(), 1);
    refused
}

async fn a_late_clock(system: &System) -> Error {
    set(system, |settings| settings.clock_skew_seconds = Some(900));
    let vpcs = async |minutes| all_vpcs(off(system, minutes), system, &system.account("jd-a").access_key_secret).await;
    let refused = vpcs(-16).await.unwrap_err();
    vpcs(0).await.unwrap();
    refused
}
