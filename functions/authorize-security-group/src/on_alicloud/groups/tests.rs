use alicloud::ecs::{IpProtocol, PortRange};

use super::*;

fn by_range(range: &str) -> SecurityRule {
    SecurityRule::accept(IpProtocol::Icmp, PortRange::All, RuleSource::Cidr(range.parse().unwrap()))
}

fn by_group(id: &str) -> SecurityRule {
    SecurityRule::accept(IpProtocol::Icmp, PortRange::All, RuleSource::Group { id: id.to_owned(), owner: None })
}

fn asked(group: &str, rules: &[SecurityRule]) -> RequiredRules {
    RequiredRules { group: group.to_owned(), rules: rules.to_vec(), instead: Vec::new() }
}

fn empty(ids: &[&str]) -> Groups {
    let mut groups = Groups::default();
    for id in ids {
        let rules = SecurityGroupRules {
            security_group_id: (*id).to_owned(),
            vpc_id: None,
            name: None,
            permissions: Vec::new(),
        };
        groups.insert(id, Some(rules));
    }
    groups
}

#[test]
fn rules_by_range_of_one_group_go_together_each_once() {
    let (one, other) = (by_range("10.0.0.0/8"), by_range("172.16.0.0/16"));
    let asked = [
        asked("sg-1", std::slice::from_ref(&one)),
        asked("sg-2", std::slice::from_ref(&one)),
        asked("sg-1", &[one.clone(), other.clone()]),
    ];
    let missing = empty(&["sg-1", "sg-2"]).missing(&asked);
    let told: Vec<_> = missing.iter().map(|addition| (addition.group.as_str(), addition.rules.clone())).collect();
    assert_eq!(told, [("sg-1", vec![one.clone(), other]), ("sg-2", vec![one])]);
}

#[test]
fn a_rule_that_names_a_group_goes_alone_because_the_cloud_may_refuse_it() {
    let asked = [
        asked("sg-1", &[by_group("sg-8")]),
        asked("sg-1", &[by_range("10.0.0.0/8")]),
        asked("sg-1", &[by_group("sg-9")]),
        asked("sg-1", &[by_group("sg-8")]),
    ];
    let missing = empty(&["sg-1"]).missing(&asked);
    let sizes: Vec<_> = missing.iter().map(|addition| (addition.names_a_group(), addition.rules.len())).collect();
    assert_eq!(sizes, [(true, 1), (false, 1), (true, 1)]);
}

#[test]
fn a_rule_reads_as_a_person_would_say_it() {
    assert_eq!(described(&by_range("10.0.0.0/8")), "accept ICMP -1/-1 from 10.0.0.0/8 at priority 1");
}
