//! What is ignored and until when, and when nothing is changed: `config/drift.json`. Pure.
//!
//! ```
//! let text = r#"{
//!     "version": 1,
//!     "ignore": [{"kind": "orphan-interface", "resource": "ri-legacy", "reason": "the old office", "until": "2027-01-01T00:00:00Z"}],
//!     "freeze": [{"from": "2026-12-24T00:00:00Z", "until": "2027-01-02T00:00:00Z", "reason": "end of the year"}]
//! }"#;
//! let settings = drift::settings::Settings::from_json(text.as_bytes())?;
//! assert_eq!(settings.ignore.len(), 1);
//! # Ok::<(), strict::Unreadable>(())
//! ```

use connection::finding::FindingKind;
use connection::words::{AccountAlias, ConnectionName};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strict::{Fields, Unreadable};

use crate::findings::{Stored, Subject};

/// The version of the document's schema that this code reads and writes.
pub const VERSION: u32 = 1;
/// The most rules, and the most freezes.
const MOST: usize = 1000;

/// What drift checks are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The schema's version: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// What is found and not reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Ignore>,
    /// When findings are kept and nothing is changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
}

/// Findings that are not reported. A finding must fit all that is named; at least one thing must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// Those of this connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionName>,
    /// What nobody owns in this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountAlias>,
    /// Those of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub kind: Option<FindingKind>,
    /// Those about this resource, as findings name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Those about this field, as findings name it; empty for a resource as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why, for people.
    pub reason: String,
    /// Until when. Nothing is ignored for ever.
    #[serde(deserialize_with = "strict::instant::required")]
    pub until: Timestamp,
}

/// A time in which nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// From when.
    #[serde(deserialize_with = "strict::instant::required")]
    pub from: Timestamp,
    /// Until when.
    #[serde(deserialize_with = "strict::instant::required")]
    pub until: Timestamp,
    /// Only these connections; all when none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionName>,
    /// Why, for people.
    pub reason: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: VERSION, ignore: Vec::new(), freeze: Vec::new() }
    }
}

impl Settings {
    /// Reads the document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        let document = strict::json(bytes).and_then(|document| strict::of_version(document, VERSION));
        document.and_then(|document| strict::object(document, Self::read)).map_err(Unreadable)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let version = fields.required("version");
        let ignore = fields.list("ignore", MOST);
        let freeze = fields.list("freeze", MOST);
        for (place, rule) in ignore.iter().flatten().enumerate() {
            let Ignore { connection, account, kind, resource, field, reason, until: _ } = rule;
            if reason.trim().is_empty() {
                fields.problem(&format!("ignore/{place}/reason"), "it is empty; say why");
            }
            let says_nothing =
                connection.is_none() && account.is_none() && kind.is_none() && resource.is_none() && field.is_none();
            if says_nothing {
                let detail = "name a connection, account, kind, resource or field: everything would be ignored";
                fields.problem(&format!("ignore/{place}"), detail);
            }
            if connection.is_some() && account.is_some() {
                let detail = "what is found is of a connection or of an account, never of both; leave one out";
                fields.problem(&format!("ignore/{place}/account"), detail);
            }
            if let Some(resource) = resource.as_ref().filter(|text| text.trim() != *text || text.is_empty()) {
                let detail = format!("{} fits nothing: write the id as findings name it", strict::quoted(resource));
                fields.problem(&format!("ignore/{place}/resource"), detail);
            }
        }
        for (place, freeze) in freeze.iter().flatten().enumerate() {
            let Freeze { from, until, reason, connections: _ } = freeze;
            if reason.trim().is_empty() {
                fields.problem(&format!("freeze/{place}/reason"), "it is empty; say why");
            }
            if until <= from {
                let detail = format!("{until} must come after from, which is {from}");
                fields.problem(&format!("freeze/{place}/until"), detail);
            }
        }
        Some(Self { version: version?, ignore: ignore?, freeze: freeze? })
    }

    /// The JSON Schema of the document.
    #[must_use]
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }

    /// The rule by which a finding is ignored at `now`, if one does.
    #[must_use]
    pub fn ignores(&self, subject: &Subject, stored: &Stored, now: Timestamp) -> Option<&Ignore> {
        self.ignore.iter().find(|rule| now < rule.until && rule.fits(subject, stored))
    }

    /// Why nothing of a connection is changed at `now`, if so.
    #[must_use]
    pub fn frozen(&self, connection: &ConnectionName, now: Timestamp) -> Option<&Freeze> {
        self.freeze.iter().find(|freeze| {
            let concerns = freeze.connections.is_empty() || freeze.connections.contains(connection);
            concerns && freeze.from <= now && now < freeze.until
        })
    }
}

impl Ignore {
    fn fits(&self, subject: &Subject, stored: &Stored) -> bool {
        let finding = &stored.seen.finding;
        let by_subject = match subject {
            Subject::Connection(name) => {
                self.account.is_none() && self.connection.as_ref().is_none_or(|wanted| wanted == name)
            }
            Subject::Account(alias) => {
                self.connection.is_none() && self.account.as_ref().is_none_or(|wanted| wanted == alias)
            }
        };
        by_subject
            && self.kind.is_none_or(|kind| kind == finding.kind)
            && self.resource.as_ref().is_none_or(|resource| *resource == finding.resource)
            && self.field.as_ref().is_none_or(|field| *field == finding.field)
    }
}

#[cfg(test)]
mod tests {
    use connection::finding::Finding;
    use connection::words::Side;
    use serde_json::json;

    use super::*;
    use crate::findings::StepFinding;
    use connection::finding::Severity;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn settings(value: &Value) -> Result<Settings, Unreadable> {
        Settings::from_json(value.to_string().as_bytes())
    }

    fn stored(kind: FindingKind, resource: &str, field: &str) -> Stored {
        let finding = Finding::differs(kind, Side::Initiator, resource, (field, "x", "y"));
        let now = at("2026-01-01T00:00:00Z");
        let seen = StepFinding { step: None, finding };
        Stored { id: "1".to_owned(), seen, severity: Severity::Down, since: now, last_seen: now, cleared: None }
    }

    #[test]
    fn a_rule_ends_by_itself_and_fits_only_what_it_names() {
        let rule = json!({"connection": "a-b", "field": "Spec", "reason": "r", "until": "2026-02-01T00:00:00Z"});
        let settings = settings(&json!({"version": 1, "ignore": [rule]})).unwrap();
        let subject = |name: &str| Subject::Connection(name.parse().unwrap());
        let spec = stored(FindingKind::InterfaceOtherSpec, "ri-1", "Spec");
        let before = at("2026-01-31T23:59:59Z");
        assert!(settings.ignores(&subject("a-b"), &spec, before).is_some());
        assert!(settings.ignores(&subject("a-b"), &spec, at("2026-02-01T00:00:00Z")).is_none());
        assert!(settings.ignores(&subject("b-c"), &spec, before).is_none());
        let status = stored(FindingKind::InterfaceInactive, "ri-1", "Status");
        assert!(settings.ignores(&subject("a-b"), &status, before).is_none());
        let account = Subject::Account("a".parse().unwrap());
        assert!(settings.ignores(&account, &spec, before).is_none());
    }

    #[test]
    fn a_freeze_holds_from_its_beginning_until_its_end_for_whom_it_names() {
        let freeze = json!({
            "from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z", "connections": ["a-b"], "reason": "r",
        });
        let settings = settings(&json!({"version": 1, "freeze": [freeze]})).unwrap();
        let frozen = |name: &str, now: &str| settings.frozen(&name.parse().unwrap(), at(now)).is_some();
        assert!(frozen("a-b", "2026-01-01T00:00:00Z") && frozen("a-b", "2026-01-01T23:59:59Z"));
        assert!(!frozen("a-b", "2026-01-02T00:00:00Z") && !frozen("a-b", "2025-12-31T23:59:59Z"));
        assert!(!frozen("b-c", "2026-01-01T12:00:00Z"));
    }

    #[test]
    fn each_message_names_place_value_and_what_to_write_instead() {
        let until = "2026-02-01T00:00:00Z";
        for (text, told) in [
            (r#"{"version":1,"version":1}"#.to_owned(), "/version: this key is there twice"),
            ("[1]".to_owned(), "the document: [1] is not an object"),
            (r#"{"version":1,"ignore":[["a-b",null,null,null,null,"r","x"]]}"#.to_owned(), "/ignore/0: "),
            (r#"{"version":1,"ignores":[]}"#.to_owned(), "/ignores: unknown field `ignores`; did you mean `ignore`?"),
            (
                json!({"version": 1, "ignore": [{"kind": "orphan-rout", "reason": "r", "until": until}]}).to_string(),
                "did you mean `orphan-route`?",
            ),
            (
                json!({"version": 1, "ignore": [{"kind": "orphan-route", "reason": "r", "until": "2026-02-01"}]})
                    .to_string(),
                "/ignore/0/until: \"2026-02-01\" is not an instant with date, time and zone; write it like 2026-01-31T09:00:00Z",
            ),
            (
                json!({"version": 1, "ignore": [{"kind": "orphan-route", "reason": "a\nb", "until": until}]})
                    .to_string(),
                "/ignore/0/reason: \"a\\nb\"",
            ),
            (
                json!({"version": 1, "ignore": [{"resource": "", "reason": "r", "until": until}]}).to_string(),
                "/ignore/0/resource: \"\" fits nothing",
            ),
            (
                json!({"version": 1, "ignore": [{"connection": "a", "account": "b", "reason": "r", "until": until}]})
                    .to_string(),
                "/ignore/0/account: ",
            ),
            (
                json!({"version": 1, "freeze": [{"from": until, "until": until, "reason": "r", "connections": "a-b"}]})
                    .to_string(),
                "/freeze/0/connections: \"a-b\" is not a list",
            ),
            (r#"{"version": 3, "more": []}"#.to_owned(), "/version: version 3 is not known"),
        ] {
            let error = Settings::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn what_would_ignore_everything_or_for_ever_or_is_not_known_is_refused() {
        let until = "2026-02-01T00:00:00Z";
        let bad = [
            json!({"version": 2}),
            json!({"version": 1, "more": 1}),
            json!({"version": 1, "ignore": [{"reason": "r", "until": until}]}),
            json!({"version": 1, "ignore": [{"kind": "orphan-route", "reason": " ", "until": until}]}),
            json!({"version": 1, "ignore": [{"kind": "orphan-route", "reason": "r"}]}),
            json!({"version": 1, "ignore": [{"kind": "rouge", "reason": "r", "until": until}]}),
            json!({"version": 1, "freeze": [{"from": until, "until": until, "reason": "r"}]}),
        ];
        for bad in bad {
            assert!(settings(&bad).is_err(), "{bad}");
        }
        assert!(settings(&json!({"version": 1})).is_ok());
        let schema = Settings::json_schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(
            validator
                .is_valid(&json!({"version": 1, "ignore": [{"kind": "orphan-route", "reason": "r", "until": until}]}))
        );
        assert!(!validator.is_valid(&json!({"version": 1, "more": 1})));
    }
}
