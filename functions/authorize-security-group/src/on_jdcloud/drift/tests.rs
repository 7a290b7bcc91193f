//! What is told of rules that somebody edited.

use connection::mark::Mark;
use connection::outputs::Rule;
use serde_json::{Value, json};
use step_rig::Rig;

use super::*;

/// The connection, which knows two of its rules.
fn owner() -> Owner {
    let spec = json!({
        "name": "a-b", "kind": "vpc-peering",
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    });
    let rig = Rig::new(spec, |call| panic!("nothing is called: {call:?}"));
    let known = |id: &str| Rule { security_group_id: "sg-1".to_owned(), rule_id: id.to_owned() };
    Owner { mark: Mark::of(&rig.record), recorded: ["sgr-1", "sgr-2"].map(known).to_vec(), returned: Vec::new() }
}

/// A rule of the connection that lets 172.16.0.0/16 in, edited.
fn rule(change: &Value) -> SecurityRule {
    let mut rule = json!({
        "ruleId": "sgr-1", "direction": 0, "ruleAction": "ALLOW", "priority": 10, "protocol": 6, "fromPort": 80, "toPort": 90,
        "addressPrefix": "172.16.0.0/16",
    });
    for (field, value) in change.as_object().unwrap() {
        rule[field] = value.clone();
    }
    serde_json::from_value(rule).unwrap()
}

fn wanted() -> DesiredRule {
    let rule = SecurityRuleSpec {
        direction: Direction::Inbound,
        rule_action: Some(RuleAction::Allow),
        priority: Some(10),
        protocol: Protocol::Tcp,
        address_prefix: "172.16.0.0/16".into(),
        from_port: Some(80),
        to_port: Some(90),
        description: None,
    };
    DesiredRule { group: "sg-1".to_owned(), rule }
}

/// What is told of a group with these rules.
fn told(rules: &[SecurityRule]) -> Vec<(FindingKind, String, bool)> {
    let group = json!({"networkSecurityGroupId": "sg-1", "securityGroupRules": rules});
    let groups: Groups = std::iter::once(serde_json::from_value(group).unwrap()).collect();
    let findings = groups.findings(Side::Initiator, &[wanted()], &owner()).into_iter();
    findings.map(|found| (found.kind, found.field, found.repairable)).collect()
}

#[test]
fn an_edited_rule_is_told_by_the_fields_that_were_changed() {
    assert_eq!(told(&[rule(&json!({}))]), []);
    assert_eq!(told(&[]), [(FindingKind::RuleMissing, String::new(), true)]);
    for (change, kind, fields) in [
        (json!({"addressPrefix": "0.0.0.0/0"}), FindingKind::RuleWider, vec!["addressPrefix"]),
        (json!({"fromPort": 1}), FindingKind::RuleWider, vec!["ports"]),
        (json!({"protocol": 300, "fromPort": 0, "toPort": 0}), FindingKind::RuleWider, vec!["protocol", "ports"]),
        (json!({"addressPrefix": "172.16.0.0/24"}), FindingKind::RuleChanged, vec!["addressPrefix"]),
        (json!({"toPort": 85}), FindingKind::RuleChanged, vec!["ports"]),
        (json!({"protocol": 17}), FindingKind::RuleChanged, vec!["protocol"]),
        (json!({"priority": 11}), FindingKind::RuleChanged, vec!["priority"]),
        (json!({"ruleAction": "DENY"}), FindingKind::RuleChanged, vec!["ruleAction"]),
        (json!({"direction": 1}), FindingKind::RuleChanged, vec!["direction"]),
    ] {
        let expected: Vec<_> = fields.into_iter().map(|field| (kind, field.to_owned(), true)).collect();
        assert_eq!(told(&[rule(&change)]), expected, "{change}");
    }
}

#[test]
fn a_second_rule_of_the_connection_is_left_over() {
    let second = rule(&json!({"ruleId": "sgr-2", "toPort": 91}));
    assert_eq!(told(&[rule(&json!({})), second]), [(FindingKind::RuleLeft, String::new(), true)]);
}

#[test]
fn a_rule_of_somebody_else_overrules_when_it_comes_first_and_meets_what_is_let_in() {
    let theirs = |change: Value| {
        let mut theirs = json!({"ruleId": "sgr-9", "ruleAction": "DENY", "priority": 5});
        theirs.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        told(&[rule(&json!({})), rule(&theirs)])
    };
    let overruled = [(FindingKind::RuleOverruled, "ruleAction".to_owned(), false)];
    for change in [
        json!({}),
        json!({"priority": 10}),
        json!({"protocol": 300, "fromPort": 0, "toPort": 0, "addressPrefix": "172.16.5.0/24"}),
        json!({"fromPort": 90, "toPort": 1000, "addressPrefix": "0.0.0.0/0"}),
    ] {
        assert_eq!(theirs(change.clone()), overruled, "{change}");
    }
    for change in [
        json!({"priority": 11}),
        json!({"ruleAction": "ALLOW"}),
        json!({"direction": 1}),
        json!({"protocol": 17}),
        json!({"fromPort": 91, "toPort": 92}),
        json!({"addressPrefix": "172.17.0.0/16"}),
    ] {
        assert_eq!(theirs(change.clone()), [], "{change}");
    }
}
