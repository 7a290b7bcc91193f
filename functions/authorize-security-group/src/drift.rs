//! How the security groups of one side differ from what the record promises. Pure.
//!
//! A rule of this connection that does none of what is asked was edited by somebody. It is set beside the missing rule that
//! it resembles most, so that the finding names the field that was changed: a range made wider reads
//! `Source: expected 172.16.0.0/16, actual 0.0.0.0/0`.

use alicloud::ecs::{Permission, Policy, PortRange, SecurityRule};
use connection::resource::group_rules::{Asked, stands};
use connection::step::Finding;
use connection::words::Side;

use crate::groups::{Groups, Owner, described, shown, shown_source, source_of};

/// One field of a rule that is not as it should be.
struct Difference {
    field: &'static str,
    expected: String,
    actual: String,
}

/// Every difference on one side.
#[must_use]
pub fn findings(side: Side, groups: &Groups, asked: &[Asked], owner: &Owner) -> Vec<Finding> {
    let finding = |resource: String, field: &str, expected: &str, actual: &str| Finding {
        side,
        resource,
        field: field.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
    };
    let mut findings = Vec::new();
    let mut edited = groups.others(asked, owner);
    for (group, rule) in missing(groups, asked) {
        if !groups.exists(group) {
            findings.push(finding(group.to_owned(), "", "exists", "missing"));
            continue;
        }
        let candidates = edited.iter().enumerate().filter(|(_, (at, _))| *at == group);
        let nearest = candidates.min_by_key(|(_, (_, permission))| differences(rule, permission).len());
        match nearest.map(|(place, _)| place) {
            None => findings.push(finding(format!("{} in {group}", described(rule)), "", "exists", "missing")),
            Some(place) => {
                let (_, permission) = edited.remove(place);
                for Difference { field, expected, actual } in differences(rule, permission) {
                    findings.push(finding(format!("{} in {group}", shown(permission)), field, &expected, &actual));
                }
            }
        }
    }
    for (group, permission) in edited {
        findings.push(finding(format!("{} in {group}", shown(permission)), "", "gone", "exists"));
    }
    findings.dedup();
    findings
}

/// The rules that are asked and do not stand, each once. Where a second choice is allowed and partly stands, it was taken.
fn missing<'a>(groups: &Groups, asked: &'a [Asked]) -> Vec<(&'a str, &'a SecurityRule)> {
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

/// The fields in which a rule that stands differs from one that is wanted.
fn differences(rule: &SecurityRule, permission: &Permission) -> Vec<Difference> {
    let text = |shown: Option<String>| shown.unwrap_or_else(|| "none".to_owned());
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
