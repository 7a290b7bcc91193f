//! A document becomes a policy, or a list of everything that is wrong with it.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use strict::instant::Instant;
use strict::range::Range;
use strict::{Fields, Problem};

use super::word::{self, Id};
use super::{Effect, Lease, Policy, Rule, Window};

/// The version of the policy's schema that this code reads.
pub const VERSION: u32 = 1;
/// The most rules in a policy, and the most entries in a list of a rule.
const MOST: usize = 1000;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 256;

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with a pointer to the field.
    pub fn from_value(document: Value) -> Result<Self, Vec<Problem>> {
        strict::object(document, Self::read)
    }

    /// Reads a policy from JSON.
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value).
    pub fn from_json(text: &[u8]) -> Result<Self, Vec<Problem>> {
        strict::json(text).and_then(Self::from_value)
    }

    /// Reads a policy from YAML, of which JSON is a part.
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value).
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &[u8]) -> Result<Self, Vec<Problem>> {
        strict::yaml(text).and_then(Self::from_value)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let version: Option<u32> = fields.required("version");
        if let Some(other) = version.filter(|version| *version != VERSION) {
            fields.problem("version", format!("version {other} is not known; use {VERSION}"));
        }
        let mode = fields.given("mode");
        let grace_minutes = number(fields, "grace_minutes", 0, 525_600);
        let most_cuts_per_run = number(fields, "most_cuts_per_run", 1, 1000);
        let approvals_per_hour = number(fields, "approvals_per_hour", 0, 100_000);
        if !fields.has("rules") {
            fields.problem("rules", "this field is required; [] for none");
        }
        let rules = fields.objects("rules", MOST, rule)?;
        let mut ids = BTreeSet::new();
        for (place, rule) in rules.iter().enumerate() {
            if let Some(rule) = rule
                && !ids.insert(rule.id.clone())
            {
                fields.problem(
                    &format!("rules/{place}/id"),
                    format!("another rule has the id \"{}\"; give each its own", rule.id),
                );
            }
        }
        Some(Self {
            version: version?,
            mode: mode?.unwrap_or_default(),
            grace_minutes: grace_minutes?.unwrap_or_else(super::grace_minutes),
            most_cuts_per_run: most_cuts_per_run?.unwrap_or_else(super::most_cuts_per_run),
            approvals_per_hour: approvals_per_hour?,
            rules: rules.into_iter().flatten().collect(),
        })
    }
}

fn rule(fields: &mut Fields<'_>) -> Option<Rule> {
    let (id, effect) = (fields.required("id"), fields.required("effect"));
    let description: Option<Option<String>> = fields.given("description");
    let (services, vpcs) = (ids(fields, "services", word::service), ids(fields, "vpcs", word::vpc));
    let (regions, zones) = (ids(fields, "regions", word::region), ids(fields, "zones", word::zone));
    if let (Some(Some(regions)), Some(Some(zones))) = (&regions, &zones) {
        check_zones(regions, zones, fields);
    }
    let (accounts, windows) = (filled(fields, "accounts"), filled::<Window>(fields, "windows"));
    let nets = |list: Option<Option<Vec<Range>>>| {
        list.map(|list| list.map(|list| list.into_iter().map(|Range(net)| net).collect()))
    };
    let (ranges, no_overlap_with) = (nets(filled(fields, "ranges")), nets(filled(fields, "no_overlap_with")));
    let same_account = fields.given("same_account");
    let instant = |read: Option<Option<Instant>>| read.map(|read| read.map(|Instant(at)| at));
    let (not_before, not_after) = (instant(fields.given("not_before")), instant(fields.given("not_after")));
    let endpoints_per_account = number(fields, "endpoints_per_account", 1, u32::MAX);
    let endpoints_per_vpc = number(fields, "endpoints_per_vpc", 1, u32::MAX);
    let endpoints_per_service = number(fields, "endpoints_per_service", 1, u32::MAX);
    let approvals_per_hour = number(fields, "approvals_per_hour", 1, u32::MAX);
    let bandwidth_mbps = number(fields, "bandwidth_mbps", 100, 50_000);
    let lease: Option<Option<Lease>> = fields.given("lease");

    let length = description.as_ref().and_then(Option::as_ref).map_or(0, |text| text.chars().count());
    if length > LONGEST_DESCRIPTION {
        let detail = format!("it has {length} characters; write at most {LONGEST_DESCRIPTION}");
        fields.problem("description", detail);
    }
    for (place, window) in windows.iter().flatten().flatten().enumerate() {
        check_window(place, window, fields);
    }
    if let (Some(Some(from)), Some(Some(to))) = (not_before, not_after)
        && to <= from
    {
        fields.problem("not_after", format!("{to} must be later than not_before, which is {from}"));
    }
    if let Some(Some(Lease { hours, warn_hours })) = lease {
        if !(1..=87_600).contains(&hours) {
            fields.problem("lease/hours", format!("{hours}: it must be from 1 to 87600"));
        }
        if warn_hours > hours {
            let detail = format!("{warn_hours} hours before the end is before the lease begins; write at most {hours}");
            fields.problem("lease/warn_hours", detail);
        }
    }
    check_effect(effect, fields);
    Some(Rule {
        id: id?,
        effect: effect?,
        description: description.flatten(),
        services: services.flatten(),
        accounts: accounts.flatten(),
        vpcs: vpcs.flatten(),
        regions: regions.flatten(),
        zones: zones.flatten(),
        ranges: ranges.flatten(),
        no_overlap_with: no_overlap_with.flatten(),
        same_account: same_account.flatten(),
        windows: windows.flatten(),
        not_before: not_before.flatten(),
        not_after: not_after.flatten(),
        endpoints_per_account: endpoints_per_account.flatten(),
        endpoints_per_vpc: endpoints_per_vpc.flatten(),
        endpoints_per_service: endpoints_per_service.flatten(),
        approvals_per_hour: approvals_per_hour.flatten(),
        bandwidth_mbps: bandwidth_mbps.flatten(),
        lease: lease.flatten(),
    })
}

/// The id of a zone begins with that of its region.
fn check_zones(regions: &[String], zones: &[String], fields: &mut Fields<'_>) {
    for (place, zone) in zones.iter().enumerate() {
        if !regions.iter().any(|region| zone.starts_with(region.as_str())) {
            let detail = format!("{} fits nothing: it is in none of the rule's regions", strict::quoted(zone));
            fields.problem(&format!("zones/{place}"), detail);
        }
    }
}

fn check_window(place: usize, window: &Window, fields: &mut Fields<'_>) {
    if !window.is_somewhere() {
        let zone = strict::quoted(&window.time_zone);
        let detail = format!("there is no time zone {zone}; use an IANA name such as Asia/Shanghai");
        fields.problem(&format!("windows/{place}/time_zone"), detail);
    }
    if window.to.is_some() && window.to == window.from {
        let detail = "it ends when it begins; leave both out for whole days";
        fields.problem(&format!("windows/{place}/to"), detail);
    }
    if window.days.as_ref().is_some_and(Vec::is_empty) {
        let detail = "name at least one day, or leave it out for every day";
        fields.problem(&format!("windows/{place}/days"), detail);
    }
}

/// What the effect asks for, and what it does not take. By what is there: what does not read is told already.
fn check_effect(effect: Option<Effect>, fields: &mut Fields<'_>) {
    match effect {
        Some(Effect::Approve) if !fields.has("accounts") => {
            fields.problem("accounts", "a rule that approves must name the accounts; nothing else is proof of who asks")
        }
        Some(Effect::Reject | Effect::Hold) => {
            for name in [
                "no_overlap_with",
                "endpoints_per_account",
                "endpoints_per_vpc",
                "endpoints_per_service",
                "approvals_per_hour",
                "bandwidth_mbps",
                "lease",
            ] {
                if fields.has(name) {
                    fields.problem(name, "only a rule that approves can have this; leave it out");
                }
            }
        }
        Some(Effect::Approve) | None => {}
    }
}

/// A list that, if it is there, has something in it: an empty one could be taken for everything or for nothing.
fn filled<T: DeserializeOwned>(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<Vec<T>>> {
    let is_given = fields.has(name);
    let list = fields.list(name, MOST)?;
    if is_given && list.is_empty() {
        fields.problem(name, "an empty list fits nothing; leave it out to fit everything");
        return None;
    }
    Some(is_given.then_some(list))
}

/// A list of ids, each of which something can have: one that nothing has would fit nothing, without a word.
fn ids(fields: &mut Fields<'_>, name: &'static str, id: Id) -> Option<Option<Vec<String>>> {
    let list: Option<Vec<String>> = filled(fields, name)?;
    for (place, text) in list.iter().flatten().enumerate() {
        if let Err(why) = id(text) {
            fields.problem(&format!("{name}/{place}"), why);
        }
    }
    Some(list)
}

fn number(fields: &mut Fields<'_>, name: &'static str, least: u32, most: u32) -> Option<Option<u32>> {
    let number: Option<u32> = fields.given(name)?;
    if let Some(number) = number.filter(|number| !(least..=most).contains(number)) {
        fields.problem(name, format!("{number}: it must be from {least} to {most}"));
    }
    Some(number)
}
