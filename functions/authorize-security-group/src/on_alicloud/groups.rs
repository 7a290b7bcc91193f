//! What stands in the security groups of one side, and what is to be done about it. Pure.

use std::collections::BTreeMap;

use alicloud::ecs::{Permission, RuleSource, SecurityGroupRules, SecurityRule};
use connection::mark::{Maker, Mark};
use connection::not_done::NotDone;
use connection::outputs::Rule;
use connection::spec::Place;
use engine::group_rules::{RequiredRules, stands};

/// Each group with its inbound rules; `None` for one that is gone.
#[derive(Debug, Default)]
pub struct Groups(BTreeMap<String, Option<SecurityGroupRules>>);

/// How a connection knows its own rules.
#[derive(Debug)]
pub struct Owner {
    /// By the mark in their descriptions.
    pub mark: Mark,
    /// By their recorded ids, whatever somebody made of their descriptions.
    pub recorded: Vec<Rule>,
    /// Those of them that another connection has got and does not want.
    pub returned: Vec<String>,
}

impl Owner {
    /// Whether a rule of `group` was made for this connection.
    #[must_use]
    pub fn has(&self, group: &str, permission: &Permission) -> bool {
        let id = permission.security_group_rule_id.as_deref();
        let returned = || self.returned.iter().any(|returned| Some(returned.as_str()) == id);
        permission.description.as_deref().is_some_and(|text| self.mark.is_on(text))
            || (self.is_recorded(group, permission) && (self.other_maker(permission).is_none() || returned()))
    }

    /// Whether the record knows a rule as this connection's.
    #[must_use]
    pub fn is_recorded(&self, group: &str, permission: &Permission) -> bool {
        let id = permission.security_group_rule_id.as_deref();
        self.recorded.iter().any(|rule| rule.security_group_id == group && Some(rule.rule_id.as_str()) == id)
    }

    /// The other connection whose mark a rule carries.
    #[must_use]
    pub fn other_maker(&self, permission: &Permission) -> Option<Maker> {
        self.mark.other_on(permission.description.as_deref()?)
    }
}

/// Rules that one call adds to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The group.
    pub group: String,
    /// The rules.
    pub rules: Vec<SecurityRule>,
    /// What to add where the cloud rules these out; empty where nothing may be.
    pub instead: Vec<SecurityRule>,
}

impl Addition {
    /// Whether a rule of it names a group of the other side.
    #[must_use]
    pub fn names_a_group(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.source, RuleSource::Group { .. }))
    }

    /// What it is about, in words.
    #[must_use]
    pub fn resource(&self) -> String {
        let rules: Vec<_> = self.rules.iter().map(described).collect();
        format!("{} in {}", rules.join(", "), self.group)
    }
}

impl Groups {
    /// Adds a group.
    pub fn insert(&mut self, id: &str, rules: Option<SecurityGroupRules>) {
        self.0.insert(id.to_owned(), rules);
    }

    /// The inbound rules of a group; none of one that is gone.
    #[must_use]
    pub fn permissions(&self, group: &str) -> &[Permission] {
        self.0.get(group).and_then(Option::as_ref).map_or(&[], |rules| &rules.permissions)
    }

    /// Whether the group was looked at.
    #[must_use]
    pub fn has(&self, group: &str) -> bool {
        self.0.contains_key(group)
    }

    /// Whether there is such a group.
    #[must_use]
    pub fn exists(&self, group: &str) -> bool {
        self.0.get(group).is_some_and(Option::is_some)
    }

    /// Every group with each of its rules.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Permission)> {
        let ids = self.0.keys().map(String::as_str);
        ids.flat_map(|id| self.permissions(id).iter().map(move |permission| (id, permission)))
    }

    /// Checks that every group that is asked something exists, in the side's VPC.
    ///
    /// # Errors
    /// A failure that names the first one that does not.
    pub fn check(&self, place: Place<'_>, asked: &[RequiredRules]) -> Result<(), NotDone> {
        for RequiredRules { group, .. } in asked {
            let vpc = match self.0.get(group).and_then(Option::as_ref) {
                Some(rules) => rules.vpc_id.as_deref(),
                None => {
                    return Err(NotDone::failed(
                        format!(
                            "there is no security group {group} in {} of account {}",
                            place.region_id, place.account
                        ),
                        "correct the security group in the spec and put it again",
                    ));
                }
            };
            if let Some(vpc) = vpc.filter(|vpc| *vpc != place.vpc_id.as_str()) {
                return Err(NotDone::failed(
                    format!("security group {group} belongs to {vpc}, not to {}", place.vpc_id),
                    "name a group of the VPC that is connected, and put the spec again",
                ));
            }
        }
        Ok(())
    }

    /// What is to be added so that everything asked is done. Rules by range go in one addition a group; one that names a
    /// group goes alone, since the cloud may rule it out.
    #[must_use]
    pub fn missing(&self, asked: &[RequiredRules]) -> Vec<Addition> {
        let mut additions: Vec<Addition> = Vec::new();
        for asked in asked {
            let permissions = self.permissions(&asked.group);
            if asked.done_by(permissions).is_some() || asked.rules.is_empty() {
                continue;
            }
            let missing = |rules: &[SecurityRule]| {
                rules.iter().filter(|rule| !stands(rule, permissions)).cloned().collect::<Vec<_>>()
            };
            let addition =
                Addition { group: asked.group.clone(), rules: missing(&asked.rules), instead: missing(&asked.instead) };
            let joins = |other: &&mut Addition| other.group == addition.group && !other.names_a_group();
            if addition.names_a_group() {
                if !additions.contains(&addition) {
                    additions.push(addition);
                }
            } else if let Some(other) = additions.iter_mut().find(joins) {
                for rule in addition.rules {
                    if !other.rules.contains(&rule) {
                        other.rules.push(rule);
                    }
                }
            } else {
                additions.push(addition);
            }
        }
        additions
    }

    /// The connection's own rules, for the record.
    #[must_use]
    pub fn own(&self, owner: &Owner) -> Vec<Rule> {
        let own = self.all().filter(|(group, permission)| owner.has(group, permission));
        own.filter_map(|(group, permission)| {
            let rule_id = permission.security_group_rule_id.clone()?;
            Some(Rule { security_group_id: group.to_owned(), rule_id })
        })
        .collect()
    }

    /// The connection's own rules that do none of what is asked.
    #[must_use]
    pub fn others(&self, asked: &[RequiredRules], owner: &Owner) -> Vec<(&str, &Permission)> {
        let own = self.all().filter(|(group, permission)| owner.has(group, permission));
        own.filter(|(group, permission)| !self.is_asked(asked, group, permission)).collect()
    }

    /// The rules that do what is asked and that no connection made.
    pub fn foreign<'a>(
        &'a self,
        asked: &'a [RequiredRules],
        owner: &'a Owner,
    ) -> impl Iterator<Item = (&'a str, &'a Permission)> {
        let asked = self.all().filter(|(group, permission)| self.is_asked(asked, group, permission));
        asked.filter(|(group, permission)| !owner.has(group, permission) && owner.other_maker(permission).is_none())
    }

    fn is_asked(&self, asked: &[RequiredRules], group: &str, permission: &Permission) -> bool {
        asked.iter().filter(|asked| asked.group == group).any(|asked| match asked.done_by(self.permissions(group)) {
            Some(rules) => rules.iter().any(|rule| rule.is(permission)),
            // Not decided yet which of the two it will be.
            None => is_among(std::slice::from_ref(asked), group, permission),
        })
    }

    /// The rules that other connections made and that do what is asked, with their makers.
    pub fn lent<'a>(
        &'a self,
        asked: &'a [RequiredRules],
        owner: &'a Owner,
    ) -> impl Iterator<Item = (&'a str, &'a Permission, Maker)> {
        let lent = self.all().filter(|(group, permission)| self.is_asked(asked, group, permission));
        lent.filter_map(|(group, permission)| Some((group, permission, owner.other_maker(permission)?)))
    }
}

/// The id by which a rule is removed.
///
/// # Errors
/// When the cloud shows none.
pub fn id_of<'a>(group: &str, permission: &'a Permission) -> Result<&'a str, NotDone> {
    permission.security_group_rule_id.as_deref().ok_or_else(|| {
        NotDone::failed(
            format!("the rule {} in {group} is to go, but the cloud shows no id of it", inventory(permission)),
            "remove it in the console, then retry",
        )
    })
}

/// Whether this very rule is among those that are asked.
#[must_use]
pub fn is_among(asked: &[RequiredRules], group: &str, permission: &Permission) -> bool {
    let of_group = asked.iter().filter(|asked| asked.group == group);
    of_group.flat_map(|asked| asked.rules.iter().chain(&asked.instead)).any(|rule| rule.is(permission))
}

/// A rule in words.
#[must_use]
pub fn described(rule: &SecurityRule) -> String {
    let SecurityRule { protocol, ports, source, policy, priority, .. } = rule;
    format!("{policy} {protocol} {ports} from {} at priority {priority}", source_of(source))
}

/// Where a rule lets in from, in words.
#[must_use]
pub fn source_of(source: &RuleSource) -> String {
    match source {
        RuleSource::Cidr(range) => range.to_string(),
        RuleSource::Group { id, owner: None } => id.clone(),
        RuleSource::Group { id, owner: Some(owner) } => format!("{id} of account {owner}"),
    }
}

/// A rule that the cloud shows, in words: its id, or what it says.
#[must_use]
pub fn inventory(permission: &Permission) -> String {
    permission.security_group_rule_id.clone().unwrap_or_else(|| format!("from {}", shown_source(permission)))
}

/// Where a rule that the cloud shows lets in from, in words.
#[must_use]
pub fn shown_source(permission: &Permission) -> String {
    let range = permission.source_cidr_ip.as_ref().or(permission.ipv6_source_cidr_ip.as_ref());
    match (range, &permission.source_group_id, &permission.source_group_owner_account) {
        (Some(range), _, _) => range.to_string(),
        (None, Some(group), Some(account)) => format!("{group} of account {account}"),
        (None, Some(group), None) => group.clone(),
        (None, None, _) => permission.source_prefix_list_id.clone().unwrap_or_else(|| "nowhere".to_owned()),
    }
}

#[cfg(test)]
mod tests;
