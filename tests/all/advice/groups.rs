//! Security groups.

use alicloud::ecs::{
    AuthorizeSecurityGroup, Direction, Ecs, IpProtocol, PortRange, RevokeSecurityGroup, Revoked, RuleSource,
    SecurityRule,
};
use alicloud::{Call, Error};
use causeway_local::ecs::{GroupReferences, Settings};
use causeway_tests::system::System;

use super::{stories, vpc};

stories! { Call;
    AuthorizeSecurityGroup "InvalidSourceGroupId.Mismatch" RuledOut "Allow the peer's address range instead" => a_group_elsewhere;
    AuthorizeSecurityGroup "InvalidSourceGroupId.NotFound" Refused "Check its id and its owner's account id" => an_owner_left_out;
    AuthorizeSecurityGroup "InvalidParamter.Conflict" Refused "Name the peer's group" => a_group_as_its_own_source;
    AuthorizeSecurityGroup "InvalidPermission.Duplicate" AlreadyThere "Look whether it is the same one" => a_rule_that_is_there;
    RevokeSecurityGroup "InvalidParam.SecurityGroupRuleId" Gone "The group has no such rule any more" => a_rule_that_is_gone;
    AuthorizeSecurityGroup "InvalidSecurityGroupId.NotFound" Gone "This security group does not exist" => a_group_in_another_region;
    AuthorizeSecurityGroup "AuthorizationLimitExceed" Quota "join several ranges into one rule" => a_full_group;
    AuthorizeSecurityGroup "OperationDenied" Refused "every other protocol takes -1/-1" => ports_of_a_protocol_without;
}

fn group<'a>(system: &'a System, alias: &str) -> &'a str {
    &vpc(system, alias).security_groups[0].security_group_id
}

fn ecs(system: &System, alias: &str) -> Ecs {
    system.client(alias).ecs(&vpc(system, alias).region_id.parse().unwrap())
}

fn range(range: &str) -> SecurityRule {
    let source = RuleSource::Cidr(range.parse().unwrap());
    SecurityRule::accept(IpProtocol::Tcp, PortRange::Ports(80, 80), source)
}

fn of_group(id: &str, owner: Option<&str>) -> SecurityRule {
    let source = RuleSource::Group { id: id.to_owned(), owner: owner.map(|owner| owner.parse().unwrap()) };
    SecurityRule::accept(IpProtocol::All, PortRange::All, source)
}

/// Puts a rule into the first group of `a`.
async fn allow(system: &System, rule: SecurityRule) -> Result<(), Error> {
    allow_in(&ecs(system, "a"), system, rule).await
}

async fn allow_in(ecs: &Ecs, system: &System, rule: SecurityRule) -> Result<(), Error> {
    let request = AuthorizeSecurityGroup {
        security_group_id: group(system, "a").to_owned(),
        rules: vec![rule],
        client_token: system.token(),
    };
    ecs.authorize_security_group(&request).await
}

async fn revoke(system: &System, rules: Revoked) -> Result<(), Error> {
    let security_group_id = group(system, "a").to_owned();
    let request = RevokeSecurityGroup { security_group_id, rules, client_token: system.token() };
    ecs(system, "a").revoke_security_group(&request).await
}

/// A group of the other account in the region of `a`.
fn neighbour(system: &System) -> &str {
    let here = &vpc(system, "a").region_id;
    let vpc = system.account("b").vpcs.iter().find(|vpc| &vpc.region_id == here).unwrap();
    &vpc.security_groups[0].security_group_id
}

async fn a_group_elsewhere(system: &System) -> Error {
    let groups = system.cloud.ecs();
    groups.set_settings(Settings { group_references: GroupReferences::SameVpc, ..groups.settings() });
    let rule = of_group(neighbour(system), Some(system.account_id("b")));
    let refused = allow(system, rule).await.unwrap_err();
    allow(system, range("10.20.0.0/16")).await.unwrap();
    refused
}

async fn an_owner_left_out(system: &System) -> Error {
    let refused = allow(system, of_group(neighbour(system), None)).await.unwrap_err();
    allow(system, of_group(neighbour(system), Some(system.account_id("b")))).await.unwrap();
    refused
}

async fn a_group_as_its_own_source(system: &System) -> Error {
    let refused = allow(system, of_group(group(system, "a"), None)).await.unwrap_err();
    allow(system, of_group(neighbour(system), Some(system.account_id("b")))).await.unwrap();
    refused
}

async fn a_rule_that_is_there(system: &System) -> Error {
    let groups = system.cloud.ecs();
    groups.set_settings(Settings { refuse_repeated_rules: true, ..groups.settings() });
    let rule = range("172.16.0.0/16");
    allow(system, rule.clone()).await.unwrap();
    let refused = allow(system, rule.clone()).await.unwrap_err();
    let there = ecs(system, "a").describe_security_group_attribute(group(system, "a"), Some(&Direction::Ingress)).await;
    assert!(there.unwrap().permissions.iter().any(|permission| rule.is(permission)));
    refused
}

async fn a_rule_that_is_gone(system: &System) -> Error {
    allow(system, range("172.16.0.0/16")).await.unwrap();
    let rules = async || {
        let all =
            ecs(system, "a").describe_security_group_attribute(group(system, "a"), Some(&Direction::Ingress)).await;
        all.unwrap().permissions
    };
    let rule = rules().await.into_iter().find(|rule| range("172.16.0.0/16").is(rule)).unwrap();
    let by_id = || Revoked::ById(vec![rule.security_group_rule_id.clone().unwrap()]);
    revoke(system, by_id()).await.unwrap();
    let refused = revoke(system, by_id()).await.unwrap_err();
    assert!(!rules().await.contains(&rule));
    refused
}

async fn a_group_in_another_region(system: &System) -> Error {
    let elsewhere = system.client("a").ecs(&"cn-beijing".parse().unwrap());
    let refused = allow_in(&elsewhere, system, range("172.16.0.0/16")).await.unwrap_err();
    assert_eq!(elsewhere.security_group(group(system, "a")).await.unwrap(), None);
    allow(system, range("172.16.0.0/16")).await.unwrap();
    refused
}

async fn a_full_group(system: &System) -> Error {
    let groups = system.cloud.ecs();
    groups.set_settings(Settings { rules_per_group: 1, ..groups.settings() });
    allow(system, range("172.16.0.0/24")).await.unwrap();
    let refused = allow(system, range("172.16.1.0/24")).await.unwrap_err();
    revoke(system, Revoked::ByContent(vec![range("172.16.0.0/24")])).await.unwrap();
    allow(system, range("172.16.0.0/23")).await.unwrap();
    refused
}

async fn ports_of_a_protocol_without(system: &System) -> Error {
    let rule = |ports| SecurityRule { protocol: IpProtocol::Icmp, ports, ..range("172.16.0.0/16") };
    let refused = allow(system, rule(PortRange::Ports(80, 80))).await.unwrap_err();
    allow(system, rule(PortRange::All)).await.unwrap();
    refused
}
