//! How the groups of one side differ from what the record promises. Pure.
//!
//! A rule that somebody edits keeps its id. So one of this connection that does none of what is wanted is set beside the
//! missing rule that it resembles most, and the finding names the field that was changed: a range made wider reads
//! `addressPrefix: expected 172.16.0.0/16, actual 0.0.0.0/0`.

use std::collections::{BTreeMap, BTreeSet};

use connection::finding::{Finding, FindingKind};
use connection::words::Side;
use jdcloud::vpc::{Direction, Protocol, RuleAction, SecurityRule, SecurityRuleSpec};

use super::groups::{
    DesiredRule, Groups, Owner, action, described, does, inventory, port_range, protocol, wanted_ports,
};

/// One field of a rule that is not as it should be.
struct Difference {
    field: &'static str,
    expected: String,
    actual: String,
}

/// Which is the strongest, where the cloud does not say.
const STRONGEST: u32 = 1;

impl Groups {
    /// How the groups differ from what is wanted.
    #[must_use]
    pub fn findings(&self, side: Side, wanted: &[DesiredRule], owner: &Owner) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
        let mut edited = self.others(wanted, owner);
        for DesiredRule { group, rule } in wanted.iter().filter(|wanted| self.doing(wanted).is_none()) {
            if self.get(group).is_none() {
                findings.push(Finding::missing(FindingKind::GroupMissing, side, group).for_a_person());
                continue;
            }
            let candidates = edited.iter().enumerate().filter(|(_, (at, _))| at == group);
            let nearest = candidates.min_by_key(|(_, (_, edited))| differences(rule, edited).len());
            match nearest.map(|(place, _)| place) {
                None => {
                    *missed.entry(group).or_default() += 1;
                    let resource = format!("{} in {group}", described(rule));
                    findings.push(Finding::missing(FindingKind::RuleMissing, side, resource));
                }
                Some(place) => {
                    let (_, edited) = edited.remove(place);
                    let kind = if is_wider(edited, rule) { FindingKind::RuleWider } else { FindingKind::RuleChanged };
                    for Difference { field, expected, actual } in differences(rule, edited) {
                        let resource = format!("{} in {group}", inventory(edited));
                        findings.push(Finding::differs(kind, side, resource, (field, expected, actual)));
                    }
                }
            }
        }
        for (group, edited) in edited {
            findings.push(Finding::left(FindingKind::RuleLeft, side, format!("{} in {group}", inventory(edited))));
        }
        findings.extend(self.overruled(side, wanted, owner));
        findings.extend(self.replaced(side, wanted, owner, &missed));
        findings.dedup();
        findings
    }

    /// The rules that were made and are gone, where an equal one that no connection made stands in their place. Those of which
    /// a rule is missed, or for which another connection's rule stands, are no riddle.
    fn replaced(
        &self,
        side: Side,
        wanted: &[DesiredRule],
        owner: &Owner,
        missed: &BTreeMap<&str, usize>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for group in wanted.iter().map(|wanted| wanted.group.as_str()).collect::<BTreeSet<_>>() {
            let lent = self.lent(wanted, owner).filter(|(of, ..)| *of == group).count();
            let known = missed.get(group).copied().unwrap_or_default() + lent;
            let stands = |id: &str| self.get(group).is_some_and(|own| own.rules.iter().any(|rule| rule.rule_id == id));
            let recorded = owner.recorded.iter().filter(|rule| rule.security_group_id == group);
            let gone = recorded.filter(|rule| !stands(&rule.rule_id)).skip(known);
            for (gone, (_, rule)) in gone.zip(self.foreign(wanted, owner).filter(|(of, _)| *of == group)) {
                let resource = format!("{} in {group}", gone.rule_id);
                let difference = ("", "a rule of this connection", format!("{} of somebody else", inventory(rule)));
                findings.push(Finding::differs(FindingKind::RuleReplaced, side, resource, difference).for_a_person());
            }
        }
        findings
    }

    /// The rules of somebody else that stop what one of the wanted rules lets in: before it, or at its priority, where nobody
    /// says which one wins.
    fn overruled(&self, side: Side, wanted: &[DesiredRule], owner: &Owner) -> Vec<Finding> {
        let stops = |rule: &SecurityRule| action(rule) == RuleAction::Deny && rule.direction == Direction::Inbound;
        let foreign = self.all().filter(|(_, rule)| stops(rule) && !owner.owns(rule));
        let told = foreign.filter_map(|(group, rule)| {
            let of_group = wanted.iter().filter(|wanted| wanted.group == group).map(|wanted| &wanted.rule);
            let priority = rule.priority.unwrap_or(STRONGEST);
            let mut hit = of_group.filter(|wanted| priority <= wanted.priority.unwrap_or(STRONGEST));
            let wanted = hit.find(|wanted| meets(rule, wanted))?;
            let resource = format!("{} in {group}", inventory(rule));
            let difference = ("ruleAction", described(wanted), format!("deny from {}", rule.address_prefix));
            Some(Finding::differs(FindingKind::RuleOverruled, side, resource, difference).for_a_person())
        });
        told.collect()
    }
}

/// Whether an edited rule lets in everything that is wanted, and more.
fn is_wider(edited: &SecurityRule, wanted: &SecurityRuleSpec) -> bool {
    let ranges = (edited.address_prefix.net(), wanted.address_prefix.net());
    let (first, last) = port_range(edited);
    let (from, to) = wanted_ports(wanted);
    let covers = edited.direction == wanted.direction
        && action(edited) == RuleAction::Allow
        && (edited.protocol == Protocol::All || edited.protocol == wanted.protocol && first <= from && to <= last)
        && matches!(ranges, (Some(inventory), Some(wanted)) if inventory.contains(&wanted));
    let as_wanted = SecurityRule { priority: wanted.priority, ..edited.clone() };
    covers && !does(&as_wanted, wanted)
}

/// Whether some of what is wanted falls under a rule that stands.
fn meets(rule: &SecurityRule, wanted: &SecurityRuleSpec) -> bool {
    let (first, last) = port_range(rule);
    let (from, to) = wanted_ports(wanted);
    let ports = rule.protocol == Protocol::All || wanted.protocol == Protocol::All || first <= to && from <= last;
    let protocol =
        rule.protocol == Protocol::All || wanted.protocol == Protocol::All || rule.protocol == wanted.protocol;
    let ranges = (rule.address_prefix.net(), wanted.address_prefix.net());
    protocol && ports && matches!(ranges, (Some(one), Some(other)) if one.contains(&other) || other.contains(&one))
}

/// The fields in which a rule that stands differs from one that is wanted.
fn differences(wanted: &SecurityRuleSpec, rule: &SecurityRule) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut compare = |field, expected: String, actual: String| {
        if expected != actual {
            differences.push(Difference { field, expected, actual });
        }
    };
    let allow = wanted.rule_action.clone().unwrap_or(RuleAction::Allow);
    compare("ruleAction", allow.to_string(), action(rule).to_string());
    compare("direction", wanted.direction.number().to_string(), rule.direction.number().to_string());
    compare("protocol", protocol(wanted.protocol), protocol(rule.protocol));
    let ports = |(first, last): (u32, u32)| format!("{first}/{last}");
    compare("ports", ports(wanted_ports(wanted)), ports(port_range(rule)));
    let priority = |given: Option<u32>| given.unwrap_or(STRONGEST).to_string();
    compare("priority", priority(wanted.priority), priority(rule.priority.or(wanted.priority)));
    compare("addressPrefix", wanted.address_prefix.to_string(), rule.address_prefix.to_string());
    differences
}

#[cfg(test)]
mod tests;
