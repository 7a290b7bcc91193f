//! A document becomes a policy, or a list of everything that is wrong with it.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::{Effect, Lease, Policy, Rule};
use crate::problem::Problem;

/// The version of the policy's schema that this code reads.
pub const VERSION: u32 = 1;
/// The most rules in a policy, and the most entries in a list of a rule.
const MOST: usize = 1000;

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with a pointer to the field.
    pub fn from_value(document: Value) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let Value::Object(document) = document else {
            return Err(vec![Problem::at("", "a policy must be an object with version and rules")]);
        };
        let mut fields = Fields { pointer: String::new(), left: document, known: Vec::new(), problems: &mut problems };
        let version = fields.required("version");
        if version.is_some_and(|version: u32| version != VERSION) {
            fields.problem("version", format!("this version of Causeway reads version {VERSION}"));
        }
        let mode = fields.optional("mode").unwrap_or_default();
        let grace_minutes = fields.number("grace_minutes", 0, 525_600).unwrap_or_else(super::grace_minutes);
        let most_cuts_per_run = fields.number("most_cuts_per_run", 1, 1000).unwrap_or_else(super::most_cuts_per_run);
        let approvals_per_hour = fields.number("approvals_per_hour", 0, 100_000);
        let given: Vec<Value> = fields.required("rules").unwrap_or_default();
        if given.len() > MOST {
            fields.problem("rules", format!("a policy has at most {MOST} rules"));
        }
        fields.refuse_the_rest();
        let rules: Vec<Option<Rule>> =
            given.into_iter().take(MOST).enumerate().map(|(place, rule)| rule_at(place, rule, &mut problems)).collect();
        let mut ids = BTreeSet::new();
        for (place, rule) in rules.iter().enumerate() {
            if let Some(rule) = rule
                && !ids.insert(rule.id.clone())
            {
                problems.push(Problem::at(format!("/rules/{place}/id"), "another rule has this id"));
            }
        }
        let rules: Vec<Rule> = rules.into_iter().flatten().collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { version: VERSION, mode, grace_minutes, most_cuts_per_run, approvals_per_hour, rules })
    }

    /// Reads a policy from JSON.
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value).
    pub fn from_json(text: &[u8]) -> Result<Self, Vec<Problem>> {
        let document = serde_json::from_slice(text)
            .map_err(|error| vec![Problem::at("", format!("the policy is not JSON: {error}"))])?;
        Self::from_value(document)
    }

    /// Reads a policy from YAML, of which JSON is a part.
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value).
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let options = serde_saphyr::options! { strict_booleans: true };
        let document: Value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| vec![Problem::at("", format!("the policy is not YAML: {error}"))])?;
        Self::from_value(document)
    }
}

/// Reads one rule; `None` when something is wrong with it, which stands in `problems` then.
fn rule_at(place: usize, rule: Value, problems: &mut Vec<Problem>) -> Option<Rule> {
    let pointer = format!("/rules/{place}");
    let Value::Object(left) = rule else {
        problems.push(Problem::at(pointer, "a rule must be an object"));
        return None;
    };
    let before = problems.len();
    let mut fields = Fields { pointer, left, known: Vec::new(), problems };
    let (id, effect) = (fields.required("id"), fields.required("effect"));
    let rule = Rule {
        description: fields.optional("description"),
        services: fields.list("services"),
        accounts: fields.list("accounts"),
        vpcs: fields.list("vpcs"),
        regions: fields.list("regions"),
        zones: fields.list("zones"),
        same_account: fields.optional("same_account"),
        windows: fields.list("windows"),
        not_before: fields.optional("not_before"),
        not_after: fields.optional("not_after"),
        endpoints_per_account: fields.number("endpoints_per_account", 1, u32::MAX),
        endpoints_per_vpc: fields.number("endpoints_per_vpc", 1, u32::MAX),
        endpoints_per_service: fields.number("endpoints_per_service", 1, u32::MAX),
        approvals_per_hour: fields.number("approvals_per_hour", 1, u32::MAX),
        bandwidth_mbps: fields.number("bandwidth_mbps", 100, 50_000),
        lease: fields.optional("lease"),
        id: id?,
        effect: effect?,
    };
    check(&rule, &mut fields);
    fields.refuse_the_rest();
    (problems.len() == before).then_some(rule)
}

/// What no single field can say.
fn check(rule: &Rule, fields: &mut Fields<'_>) {
    if rule.description.as_ref().is_some_and(|text| text.chars().count() > 256) {
        fields.problem("description", "it has at most 256 characters");
    }
    for (place, window) in rule.windows.iter().flatten().enumerate() {
        if !window.is_somewhere() {
            let detail =
                format!("there is no time zone {:?}; use an IANA name such as Asia/Shanghai", window.time_zone);
            fields.problem(&format!("windows/{place}/time_zone"), detail);
        }
        if window.to.is_some() && window.to == window.from {
            fields.problem(&format!("windows/{place}/to"), "it ends when it begins; leave both out for whole days");
        }
        if window.days.as_ref().is_some_and(Vec::is_empty) {
            fields.problem(&format!("windows/{place}/days"), "name at least one day, or leave it out for every day");
        }
    }
    if let (Some(from), Some(to)) = (rule.not_before, rule.not_after)
        && to <= from
    {
        fields.problem("not_after", "it must be later than not_before");
    }
    if let Some(Lease { hours, warn_hours }) = rule.lease {
        if !(1..=87_600).contains(&hours) {
            fields.problem("lease/hours", "it must be from 1 to 87600");
        }
        if warn_hours > hours {
            fields.problem("lease/warn_hours", "the warning cannot come before the lease begins");
        }
    }
    if rule.effect == Effect::Approve {
        if rule.accounts.is_none() {
            fields
                .problem("accounts", "a rule that approves must name the accounts; nothing else is proof of who asks");
        }
        return;
    }
    for (name, is_there) in [
        ("endpoints_per_account", rule.endpoints_per_account.is_some()),
        ("endpoints_per_vpc", rule.endpoints_per_vpc.is_some()),
        ("endpoints_per_service", rule.endpoints_per_service.is_some()),
        ("approvals_per_hour", rule.approvals_per_hour.is_some()),
        ("bandwidth_mbps", rule.bandwidth_mbps.is_some()),
        ("lease", rule.lease.is_some()),
    ] {
        if is_there {
            fields.problem(name, "only a rule that approves can have this");
        }
    }
}

/// The fields of one object that have not been read yet.
struct Fields<'a> {
    pointer: String,
    left: Map<String, Value>,
    known: Vec<&'static str>,
    problems: &'a mut Vec<Problem>,
}

impl Fields<'_> {
    fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        if self.left.get(name).is_none_or(Value::is_null) {
            self.left.remove(name);
            self.known.push(name);
            self.problem(name, "this field is required");
            return None;
        }
        self.optional(name)
    }

    fn optional<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        self.known.push(name);
        let value = self.left.remove(name)?;
        if value.is_null() {
            self.problem(name, "it has no value; leave it out");
            return None;
        }
        let error = match serde_path_to_error::deserialize(value) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let mut pointer = self.at(name);
        for segment in error.path().iter() {
            match segment {
                Segment::Map { key } => pointer.push_str(&segment_of(key)),
                Segment::Seq { index } => pointer.push_str(&segment_of(&index.to_string())),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        self.problems.push(Problem::at(pointer, error.inner().to_string()));
        None
    }

    /// A list that, if it is there, has something in it: an empty one could be taken for everything or for nothing.
    fn list<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<Vec<T>> {
        let list: Vec<T> = self.optional(name)?;
        if list.is_empty() {
            self.problem(name, "an empty list fits nothing; leave it out to fit everything");
        }
        if list.len() > MOST {
            self.problem(name, format!("it has at most {MOST} entries"));
        }
        Some(list)
    }

    fn number(&mut self, name: &'static str, least: u32, most: u32) -> Option<u32> {
        let number: u32 = self.optional(name)?;
        if !(least..=most).contains(&number) {
            self.problem(name, format!("it must be from {least} to {most}"));
        }
        Some(number)
    }

    /// Says what is wrong at a path of plain names.
    fn problem(&mut self, path: &str, detail: impl Into<String>) {
        self.problems.push(Problem::at(format!("{}/{path}", self.pointer), detail));
    }

    fn refuse_the_rest(&mut self) {
        let known = self.known.join(", ");
        for name in std::mem::take(&mut self.left).keys() {
            self.problems.push(Problem::at(self.at(name), format!("unknown field; known are {known}")));
        }
    }

    fn at(&self, name: &str) -> String {
        format!("{}{}", self.pointer, segment_of(name))
    }
}

/// A name as a segment of a JSON pointer (RFC 6901).
fn segment_of(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
