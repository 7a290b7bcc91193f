//! Which events a sink wants.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::word::{EventType, Severity};

/// What an event must be to be told. What is left out is no condition; all that is named must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Its type is one of these. `*` stands for any characters: `causeway.drift.*`. Checkpoints are told only where
    /// `causeway.audit.checkpoint` or `causeway.audit.*` stands here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Its connection is of one of these kinds. An event without a connection has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Its connection has all of these labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// It concerns one of these accounts, by the operator's aliases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// It is at least this grave.
    #[serde(default)]
    pub severity: Severity,
}

impl Filter {
    /// Whether an event is wanted.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        let data = &event.data;
        let is_among =
            |all: &[String], one: Option<&String>| all.is_empty() || one.is_some_and(|one| all.contains(one));
        let names = |glob: &String| matches(glob, event.what.as_str()) && event.what.is_asked_for_by(glob);
        (self.types.is_empty() && !event.what.must_be_named() || self.types.iter().any(names))
            && is_among(&self.kinds, data.kind.as_ref())
            && self.labels.iter().all(|(key, value)| data.labels.get(key) == Some(value))
            && (self.accounts.is_empty() || data.accounts.iter().any(|account| self.accounts.contains(account)))
            && event.severity >= self.severity
    }

    /// The globs that fit no type there is: slips of the pen, which would keep silent what somebody waits for.
    pub fn idle(&self) -> impl Iterator<Item = (usize, &str)> {
        let fits = |glob: &str| EventType::ALL.iter().any(|what| matches(glob, what.as_str()));
        self.types.iter().map(String::as_str).enumerate().filter(move |(_, glob)| !fits(glob))
    }
}

/// Whether a text is one that a glob stands for. Only `*` is special.
#[must_use]
pub fn matches(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::tests::sample;

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn an_empty_filter_wants_everything() {
        assert!(Filter::default().wants(&sample()));
    }

    #[test]
    fn a_checkpoint_is_told_to_whoever_names_it_and_to_nobody_else() {
        let event = Event { what: EventType::AuditCheckpoint, ..sample() };
        let wants = |types: &[&str]| Filter { types: list(types), ..Filter::default() }.wants(&event);
        assert!(wants(&["causeway.audit.checkpoint"]) && wants(&["causeway.drift.*", "causeway.audit.*"]));
        assert!(!wants(&[]) && !wants(&["*"]) && !wants(&["causeway.*"]) && !wants(&["causeway.audit.broken"]));
        let broken = Event { what: EventType::AuditBroken, ..event.clone() };
        assert!(Filter::default().wants(&broken), "that is everybody's business");
    }

    #[test]
    fn each_condition_counts() {
        let wants = |filter: Filter| filter.wants(&sample());
        let types = |types: &[&str]| wants(Filter { types: list(types), ..Filter::default() });
        assert!(types(&["causeway.connection.failed"]) && types(&["causeway.drift.*", "*.failed"]) && types(&["*"]));
        assert!(!types(&["causeway.drift.*"]) && !types(&["causeway.connection"]));
        let kinds = |kinds: &[&str]| wants(Filter { kinds: list(kinds), ..Filter::default() });
        assert!(kinds(&["vpc-peering", "router-interface"]) && !kinds(&["vpc-peering"]));
        let accounts = |accounts: &[&str]| wants(Filter { accounts: list(accounts), ..Filter::default() });
        assert!(accounts(&["b", "c"]) && !accounts(&["c"]));
        let label = |key: &str, value: &str| {
            wants(Filter { labels: [(key.to_owned(), value.to_owned())].into(), ..Filter::default() })
        };
        assert!(label("team", "net") && !label("team", "data") && !label("stage", "net"));
        let severity = |severity| Filter { severity, ..Filter::default() };
        assert!(wants(severity(Severity::Critical)));
        let mut warning = sample();
        warning.severity = Severity::Warning;
        assert!(!severity(Severity::Critical).wants(&warning) && severity(Severity::Warning).wants(&warning));
    }

    #[test]
    fn an_event_without_a_connection_is_of_no_kind() {
        let mut event = sample();
        event.data.kind = None;
        assert!(!Filter { kinds: list(&["vpc-peering"]), ..Filter::default() }.wants(&event));
    }

    #[test]
    fn a_glob_that_fits_no_type_is_told() {
        let filter = Filter { types: list(&["causeway.drift.*", "causeway.drif.*"]), ..Filter::default() };
        assert_eq!(filter.idle().collect::<Vec<_>>(), [(1, "causeway.drif.*")]);
    }

    proptest! {
        #[test]
        fn a_text_fits_itself_with_any_part_starred(text in "[ab.]{0,12}", from in 0_usize..12, to in 0_usize..12) {
            let (from, to) = (from.min(to).min(text.len()), from.max(to).min(text.len()));
            let glob = format!("{}*{}", &text[..from], &text[to..]);
            prop_assert!(matches(&glob, &text));
            prop_assert!(matches(&text, &text));
            let longer = format!("{}c", text);
            prop_assert!(!matches(&text, &longer));
        }

        #[test]
        fn globs_agree_with_trying_every_way(glob in "[ab*]{0,6}", text in "[ab]{0,8}") {
            fn slow(glob: &[u8], text: &[u8]) -> bool {
                match glob.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => (0..=text.len()).any(|at| slow(rest, &text[at..])),
                    Some((byte, rest)) => text.first() == Some(byte) && slow(rest, &text[1..]),
                }
            }
            prop_assert_eq!(matches(&glob, &text), slow(glob.as_bytes(), text.as_bytes()));
        }
    }
}
