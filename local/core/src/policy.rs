//! Policies: what a role may do.
//!
//! The language is RAM's version 1: statements that allow or deny actions on resources, with `*` for any text (and `?` for
//! any character) in both. A deny wins over every allow, and what no statement allows is denied.
//!
//! Of conditions only `StringEquals` is understood, on what is known of the request. A condition that is not understood
//! counts as not met in an Allow and as met in a Deny, and a document that does not read denies everything: unknown is not
//! success.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::ram::{Effect, OneOrMany};

/// A policy document.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    version: Version,
    statement: Vec<Statement>,
}

/// There is one version of the language.
#[derive(Debug, Clone, Copy, Deserialize)]
enum Version {
    #[serde(rename = "1")]
    One,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    effect: Effect,
    action: Option<OneOrMany>,
    not_action: Option<OneOrMany>,
    resource: Option<OneOrMany>,
    not_resource: Option<OneOrMany>,
    /// By operator, then by key.
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, OneOrMany>>,
}

/// What a caller wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Such as `vpc:DescribeVpcs`.
    pub action: &'a str,
    /// Such as `acs:vpc:cn-qingdao:1000000000000001:vpc/vpc-1`.
    pub resource: &'a str,
    /// What conditions may ask for: keys and values.
    pub facts: &'a [(&'static str, String)],
}

/// What policies say to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows it and none denies it.
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it, or a policy does not read.
    Denied,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(document: &Value) -> Result<Self, String> {
        let policy: Self = Self::deserialize(document).map_err(|error| error.to_string())?;
        let Version::One = policy.version;
        for (number, statement) in policy.statement.iter().enumerate() {
            for (one, other, what) in [
                (&statement.action, &statement.not_action, "Action"),
                (&statement.resource, &statement.not_resource, "Resource"),
            ] {
                if one.is_some() == other.is_some() {
                    return Err(format!("Statement[{number}] must have either {what} or Not{what}"));
                }
            }
        }
        Ok(policy)
    }
}

/// What all of `policies` together say.
#[must_use]
pub fn judge(policies: &[Value], question: Question<'_>) -> Verdict {
    let mut verdict = Verdict::NotAllowed;
    for document in policies {
        let Ok(policy) = Policy::read(document) else { return Verdict::Denied };
        for statement in policy.statement.iter().filter(|statement| statement.is_about(question)) {
            match statement.effect {
                Effect::Deny => return Verdict::Denied,
                Effect::Allow => verdict = Verdict::Allowed,
            }
        }
    }
    verdict
}

impl Statement {
    fn is_about(&self, question: Question<'_>) -> bool {
        let action = |pattern: &str| matches(&pattern.to_ascii_lowercase(), &question.action.to_ascii_lowercase());
        let resource = |pattern: &str| resource_matches(pattern, question.resource);
        covers(self.action.as_ref(), self.not_action.as_ref(), action)
            && covers(self.resource.as_ref(), self.not_resource.as_ref(), resource)
            && self.condition_holds(question.facts)
    }

    fn condition_holds(&self, facts: &[(&'static str, String)]) -> bool {
        let met = |key: &str, wanted: &OneOrMany| {
            let known = facts.iter().find(|(name, _)| *name == key)?;
            Some(wanted.0.contains(&known.1))
        };
        self.condition.iter().all(|(operator, keys)| {
            keys.iter().all(|(key, wanted)| {
                let understood = if operator == "StringEquals" { met(key, wanted) } else { None };
                understood.unwrap_or(self.effect == Effect::Deny)
            })
        })
    }
}

fn covers(only: Option<&OneOrMany>, all_but: Option<&OneOrMany>, matches: impl Fn(&str) -> bool) -> bool {
    match (only, all_but) {
        (Some(only), _) => only.0.iter().any(|pattern| matches(pattern)),
        (None, Some(but)) => !but.0.iter().any(|pattern| matches(pattern)),
        (None, None) => false,
    }
}

/// Whether a resource pattern covers a resource. Names of roles do not depend on case.
#[must_use]
pub fn resource_matches(pattern: &str, resource: &str) -> bool {
    if pattern.starts_with("acs:ram:") {
        return matches(&pattern.to_ascii_lowercase(), &resource.to_ascii_lowercase());
    }
    matches(pattern, resource)
}

/// `*` stands for any text, `?` for any one character. On a dead end only the last `*` can take more: no blow-up.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                last_star = Some((p, t));
                p += 1;
            }
            Some(sign) if *sign == '?' || *sign == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, taken)) = last_star else { return false };
                last_star = Some((star, taken + 1));
                p = star + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|sign| *sign == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ask(policies: &[Value], action: &str, resource: &str) -> Verdict {
        let facts = [("sts:ExternalId", "dr-7f3a".to_owned())];
        judge(policies, Question { action, resource, facts: &facts })
    }

    fn policy(effect: &str, action: &str, resource: &str) -> Value {
        json!({"Version": "1", "Statement": [{"Effect": effect, "Action": action, "Resource": [resource]}]})
    }

    #[test]
    fn what_no_statement_allows_is_denied_and_a_deny_wins() {
        let read = policy("Allow", "vpc:Describe*", "*");
        assert_eq!(ask(&[], "vpc:DescribeVpcs", "r"), Verdict::NotAllowed);
        assert_eq!(ask(std::slice::from_ref(&read), "vpc:DescribeVpcs", "r"), Verdict::Allowed);
        assert_eq!(ask(std::slice::from_ref(&read), "vpc:CreateVpc", "r"), Verdict::NotAllowed);
        let but = policy("Deny", "VPC:describevpcs", "*");
        assert_eq!(ask(&[read, but], "vpc:DescribeVpcs", "r"), Verdict::Denied);
    }

    #[test]
    fn stars_match_any_text_and_nothing_else() {
        for (pattern, text, expected) in [
            ("acs:mns:*:1:/queues/a/messages", "acs:mns:cn-x:1:/queues/a/messages", true),
            ("acs:mns:*:1:/queues/a/messages", "acs:mns:cn-x:1:/queues/b/messages", false),
            ("acs:oss:*:1:b/*", "acs:oss:*:1:b/records/x", true),
            ("acs:oss:*:1:b/*", "acs:oss:*:1:b", false),
            ("acs:oss:*:1:b", "acs:oss:*:1:b/records/x", false),
            ("a*b*c", "a--b-b--c", true),
            ("a*b*c", "a--b-b--d", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "x", false),
            ("acs:ram:*:2:role/Causeway", "acs:ram::2:role/causeway", true),
            ("acs:VPC:*", "acs:vpc:x", false),
        ] {
            assert_eq!(resource_matches(pattern, text), expected, "{pattern} {text}");
        }
        // Would not end in a lifetime if every star tried every length.
        assert!(!matches(&"*a".repeat(40), &format!("{}b", "a".repeat(80))));
    }

    #[test]
    fn conditions_hold_on_what_is_known_only() {
        let with = |effect: &str, operator: &str, key: &str, value: &str| {
            let mut policy = policy(effect, "sts:AssumeRole", "*");
            policy["Statement"][0]["Condition"] = json!({operator: {key: value}});
            policy
        };
        for (operator, key, value, holds) in [
            ("StringEquals", "sts:ExternalId", "dr-7f3a", true),
            ("StringEquals", "sts:ExternalId", "other", false),
            ("StringEquals", "acs:SourceVpc", "dr-7f3a", false),
            ("StringLike", "sts:ExternalId", "dr-7f3a", false),
        ] {
            let expected = if holds { Verdict::Allowed } else { Verdict::NotAllowed };
            assert_eq!(
                ask(&[with("Allow", operator, key, value)], "sts:AssumeRole", "r"),
                expected,
                "{operator} {key}"
            );
        }
        let all = policy("Allow", "*", "*");
        let unknown = with("Deny", "IpAddress", "acs:SourceIp", "10.0.0.0/8");
        assert_eq!(ask(&[all, unknown], "sts:AssumeRole", "r"), Verdict::Denied);
    }

    #[test]
    fn what_is_not_listed_can_be_meant_too() {
        let all_but = json!({"Version": "1", "Statement": [
            {"Effect": "Allow", "NotAction": "vpc:Delete*", "NotResource": ["acs:vpc:*:*:vpc/vpc-1"]}]});
        let policies = [all_but];
        assert_eq!(ask(&policies, "vpc:CreateVpc", "acs:vpc:x:1:vpc/vpc-2"), Verdict::Allowed);
        assert_eq!(ask(&policies, "vpc:CreateVpc", "acs:vpc:x:1:vpc/vpc-1"), Verdict::NotAllowed);
        assert_eq!(ask(&policies, "vpc:DeleteVpc", "acs:vpc:x:1:vpc/vpc-2"), Verdict::NotAllowed);
    }

    #[test]
    fn a_document_that_does_not_read_denies_everything() {
        let all = policy("Allow", "*", "*");
        for bad in [
            json!({"Statement": []}),
            json!({"Version": "2", "Statement": []}),
            json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*"}]}),
            json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]}),
            json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condtion": {}}]}),
        ] {
            assert!(Policy::read(&bad).is_err(), "{bad}");
            assert_eq!(ask(&[all.clone(), bad], "vpc:DescribeVpcs", "r"), Verdict::Denied);
        }
    }
}
