//! How the security groups of one side differ from what the record promises. Pure.
//!
//! A rule of this connection that does none of what is asked was edited by somebody. It is set beside the missing rule that
//! it resembles most, so that the finding names the field that was changed: a range made wider reads
//! `Source: expected 172.16.0.0/16, actual 0.0.0.0/0`.

use std::collections::{BTreeMap, BTreeSet};

use alicloud::ecs::{Direction, IpProtocol, Permission, Policy, PortRange, RuleSource, SecurityRule};
use alicloud::vpc::Cidr;
use connection::finding::{Finding, FindingKind};
use connection::words::Side;
use engine::group_rules::{RequiredRules, stands};
use ipnet::IpNet;

use super::groups::{Groups, Owner, described, inventory, shown_source, source_of};

/// One field of a rule that is not as it should be.
struct Difference {
    field: &'static str,
    expected: String,
    actual: String,
}

/// Every difference on one side.
#[must_use]
pub fn findings(side: Side, groups: &Groups, asked: &[RequiredRules], owner: &Owner) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut edited = groups.others(asked, owner);
    for (group, rule) in missing(groups, asked) {
        if !groups.exists(group) {
            findings.push(Finding::missing(FindingKind::GroupMissing, side, group).for_a_person());
            continue;
        }
        let candidates = edited.iter().enumerate().filter(|(_, (at, _))| *at == group);
        let nearest = candidates.min_by_key(|(_, (_, permission))| differences(rule, permission).len());
        match nearest.map(|(place, _)| place) {
            None => {
                *missed.entry(group).or_default() += 1;
                let resource = format!("{} in {group}", described(rule));
                findings.push(Finding::missing(FindingKind::RuleMissing, side, resource));
            }
            Some(place) => {
                let (_, permission) = edited.remove(place);
                let kind = if covers(permission, rule) { FindingKind::RuleWider } else { FindingKind::RuleChanged };
                for Difference { field, expected, actual } in differences(rule, permission) {
                    let resource = format!("{} in {group}", inventory(permission));
                    findings.push(Finding::differs(kind, side, resource, (field, expected, actual)));
                }
            }
        }
    }
    for (group, permission) in edited {
        findings.push(Finding::left(FindingKind::RuleLeft, side, format!("{} in {group}", inventory(permission))));
    }
    findings.extend(overruled(side, groups, asked, owner));
    findings.extend(replaced(side, groups, asked, owner, &missed));
    findings.dedup();
    findings
}

/// The rules that were made and are gone, where an equal one that no connection made stands in their place. Those of which a
/// rule is missed, or for which another connection's rule stands, are no riddle.
fn replaced(
    side: Side,
    groups: &Groups,
    asked: &[RequiredRules],
    owner: &Owner,
    missed: &BTreeMap<&str, usize>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for group in asked.iter().map(|asked| asked.group.as_str()).collect::<BTreeSet<_>>() {
        let lent = groups.lent(asked, owner).filter(|(of, ..)| *of == group).count();
        let known = missed.get(group).copied().unwrap_or_default() + lent;
        let stands = |id: &str| {
            groups.permissions(group).iter().any(|permission| permission.security_group_rule_id.as_deref() == Some(id))
        };
        let recorded = owner.recorded.iter().filter(|rule| rule.security_group_id == group);
        let gone = recorded.filter(|rule| !stands(&rule.rule_id)).skip(known);
        for (gone, (_, permission)) in gone.zip(groups.foreign(asked, owner).filter(|(of, _)| *of == group)) {
            let resource = format!("{} in {group}", gone.rule_id);
            let actual = format!("{} of somebody else", inventory(permission));
            let difference = ("", "a rule of this connection", actual);
            findings.push(Finding::differs(FindingKind::RuleReplaced, side, resource, difference).for_a_person());
        }
    }
    findings
}

/// The rules that are asked and do not stand, each once. Where a second choice is allowed and partly stands, it was taken.
fn missing<'a>(groups: &Groups, asked: &'a [RequiredRules]) -> Vec<(&'a str, &'a SecurityRule)> {
    let mut missing: Vec<(&str, &SecurityRule)> = Vec::new();
    for asked in asked {
        let permissions = groups.permissions(&asked.group);
        if asked.done_by(permissions).is_some() {
            continue;
        }
        let any = |rules: &[SecurityRule]| rules.iter().any(|rule| stands(rule, permissions));
        let taken = if any(&asked.instead) && !any(&asked.rules) { &asked.instead } else { &asked.rules };
        for rule in taken.iter().filter(|rule| !stands(rule, permissions)) {
            if !missing.contains(&(asked.group.as_str(), rule)) {
                missing.push((asked.group.as_str(), rule));
            }
        }
    }
    missing
}

/// The rules of somebody else that drop what one of the asked rules lets in: before it, or at its priority, where the drop
/// wins.
fn overruled(side: Side, groups: &Groups, asked: &[RequiredRules], owner: &Owner) -> Vec<Finding> {
    let mut findings = Vec::new();
    let drops = |permission: &Permission| {
        permission.policy == Some(Policy::Drop) && permission.direction != Some(Direction::Egress)
    };
    // Few rules of a long list drop anything: the others are not even held against what is asked.
    let foreign = groups.all().filter(|(group, permission)| drops(permission) && !owner.has(group, permission));
    for (group, permission) in foreign {
        let of_group = asked.iter().filter(|asked| asked.group == group);
        let mut rules = of_group.flat_map(|asked| asked.done_by(groups.permissions(group)).unwrap_or(&asked.rules));
        let priority = permission.priority.unwrap_or(1);
        if let Some(rule) = rules.find(|rule| priority <= u32::from(rule.priority) && meets(permission, rule)) {
            let resource = format!("{} in {group}", inventory(permission));
            let difference = ("Policy", described(rule), format!("drop from {}", shown_source(permission)));
            findings.push(Finding::differs(FindingKind::RuleOverruled, side, resource, difference).for_a_person());
        }
    }
    findings
}

/// Whether a rule that stands lets in everything that a rule that is wanted would.
fn covers(permission: &Permission, rule: &SecurityRule) -> bool {
    let protocol = match &permission.ip_protocol {
        Some(IpProtocol::All) => true,
        protocol => protocol.as_ref() == Some(&rule.protocol),
    };
    let ports = match (&permission.port_range, &rule.ports) {
        (None | Some(PortRange::All), _) => true,
        (Some(PortRange::Ports(first, last)), PortRange::Ports(from, to)) => first <= from && to <= last,
        (inventory, wanted) => inventory.as_ref() == Some(wanted),
    };
    let source = match (&rule.source, range(permission)) {
        (RuleSource::Cidr(wanted), Some(inventory)) => inventory.contains(wanted),
        (RuleSource::Cidr(_), None) => false,
        (RuleSource::Group { .. }, Some(inventory)) => inventory.prefix_len() == 0,
        (RuleSource::Group { id, .. }, None) => permission.source_group_id.as_deref() == Some(id.as_str()),
    };
    let from_any_port = permission.source_port_range.as_ref().is_none_or(|ports| *ports == PortRange::All);
    let accepts = permission.policy.as_ref().is_none_or(|policy| *policy == Policy::Accept);
    accepts && protocol && ports && source && from_any_port
}

/// Whether some of what a rule that is wanted lets in falls under a rule that stands.
fn meets(permission: &Permission, rule: &SecurityRule) -> bool {
    let protocol = match &permission.ip_protocol {
        Some(IpProtocol::All) => true,
        protocol => rule.protocol == IpProtocol::All || protocol.as_ref() == Some(&rule.protocol),
    };
    let ports = match (&permission.port_range, &rule.ports) {
        (Some(PortRange::Ports(first, last)), PortRange::Ports(from, to)) => first <= to && from <= last,
        _ => true,
    };
    let source = match (&rule.source, range(permission)) {
        (RuleSource::Cidr(wanted), Some(inventory)) => inventory.contains(wanted) || wanted.contains(&inventory),
        (RuleSource::Group { id, .. }, None) => permission.source_group_id.as_deref() == Some(id.as_str()),
        // Whose addresses a group holds is not known here; only a range of everything surely meets it.
        (RuleSource::Group { .. }, Some(inventory)) => inventory.prefix_len() == 0,
        (RuleSource::Cidr(_), None) => false,
    };
    protocol && ports && source
}

fn range(permission: &Permission) -> Option<IpNet> {
    permission.source_cidr_ip.as_ref().or(permission.ipv6_source_cidr_ip.as_ref()).and_then(Cidr::net)
}

/// The fields in which a rule that stands differs from one that is wanted.
fn differences(rule: &SecurityRule, permission: &Permission) -> Vec<Difference> {
    let text = |inventory: Option<String>| inventory.unwrap_or_else(|| "none".to_owned());
    let mut differences = Vec::new();
    let mut compare = |field, expected: String, actual: String| {
        if expected != actual {
            differences.push(Difference { field, expected, actual });
        }
    };
    let policy = permission.policy.clone().unwrap_or(Policy::Accept);
    compare("Policy", rule.policy.to_string(), policy.to_string());
    compare("IpProtocol", rule.protocol.to_string(), text(permission.ip_protocol.as_ref().map(ToString::to_string)));
    compare("PortRange", rule.ports.to_string(), text(permission.port_range.as_ref().map(ToString::to_string)));
    let priority = permission.priority.map_or_else(|| rule.priority.to_string(), |priority| priority.to_string());
    compare("Priority", rule.priority.to_string(), priority);
    compare("Source", source_of(&rule.source), shown_source(permission));
    let from_ports = permission.source_port_range.clone().unwrap_or(PortRange::All);
    compare("SourcePortRange", PortRange::All.to_string(), from_ports.to_string());
    differences
}
