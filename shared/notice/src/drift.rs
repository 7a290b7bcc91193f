//! The events of findings. A finding is told once when it is found and once when it is gone; as long as it stands unchanged
//! nothing more is said, because its id stays the same.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::event::{Data, Event, EventId, VERSION};
use crate::word::{EventType, Severity};

/// One difference between what a record promises and what the cloud shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What tells this finding from every other, as long as it lasts: of connection, side, resource, field and kind.
    pub id: String,
    /// The connection's name; none for a rogue thing that no record owns.
    pub connection: Option<String>,
    /// The connection's unique id.
    pub uid: Option<String>,
    /// The connection's kind.
    pub kind: Option<String>,
    /// The connection's labels.
    pub labels: BTreeMap<String, String>,
    /// The operator's aliases of the accounts concerned.
    pub accounts: Vec<String>,
    /// The side it was found on.
    pub side: Option<String>,
    /// The cloud's id of the resource.
    pub resource: String,
    /// The field that differs, if it is about one.
    pub field: Option<String>,
    /// What was promised.
    pub expected: Option<String>,
    /// What the cloud shows; none where it shows nothing.
    pub actual: Option<String>,
    /// What it does to traffic.
    pub severity: Severity,
    /// Since when it has been found without a break.
    pub since: Timestamp,
    /// What was found, in one sentence.
    pub what: String,
    /// What to do.
    pub advice: Option<String>,
}

/// The event of a finding that is there now. The same finding since the same instant is the same event; one whose `actual`
/// has changed is another.
#[must_use]
pub fn found(finding: &Finding) -> Event {
    event(finding, EventType::DriftFound, finding.since, finding.severity)
}

/// The event of a finding that is no longer there, as seen at `now`. The same finding is cleared once, whoever sees it first.
#[must_use]
pub fn cleared(finding: &Finding, now: Timestamp) -> Event {
    event(finding, EventType::DriftCleared, now, Severity::Info)
}

fn event(finding: &Finding, what: EventType, time: Timestamp, severity: Severity) -> Event {
    let since = finding.since.as_millisecond().to_string();
    let mut parts = vec![finding.id.as_str(), &since];
    // Whatever it changed to in between, it is cleared once.
    if what == EventType::DriftFound {
        parts.extend(finding.actual.as_deref());
    }
    Event {
        version: VERSION,
        id: EventId::of(what, &parts),
        what,
        subject: finding.connection.clone().unwrap_or_else(|| finding.resource.clone()),
        time,
        severity,
        data: Data {
            summary: finding.what.clone(),
            connection: finding.connection.clone(),
            uid: finding.uid.clone(),
            kind: finding.kind.clone(),
            labels: finding.labels.clone(),
            accounts: finding.accounts.clone(),
            side: finding.side.clone(),
            resource: Some(finding.resource.clone()),
            field: finding.field.clone(),
            expected: finding.expected.clone(),
            actual: finding.actual.clone(),
            since: Some(finding.since),
            advice: finding.advice.clone().filter(|_| what == EventType::DriftFound),
            ..Data::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        Finding {
            id: "uid-1/initiator/route/10.0.0.0/8".to_owned(),
            connection: Some("a-b".to_owned()),
            uid: Some("uid-1".to_owned()),
            kind: Some("vpc-peering".to_owned()),
            labels: BTreeMap::new(),
            accounts: vec!["a".to_owned()],
            side: Some("initiator".to_owned()),
            resource: "vtb-1".to_owned(),
            field: Some("next_hop".to_owned()),
            expected: Some("pcc-1".to_owned()),
            actual: Some("ri-9".to_owned()),
            severity: Severity::Critical,
            since: "2026-01-02T03:04:05Z".parse().unwrap(),
            what: "the route to 10.0.0.0/8 goes elsewhere".to_owned(),
            advice: Some("repair it".to_owned()),
        }
    }

    #[test]
    fn an_unchanged_finding_is_the_same_event_and_a_changed_one_is_another() {
        let first = found(&finding());
        assert_eq!(first, found(&finding()));
        let changed = found(&Finding { actual: Some("ri-10".to_owned()), ..finding() });
        let anew = found(&Finding { since: "2026-01-03T00:00:00Z".parse().unwrap(), ..finding() });
        let other = found(&Finding { id: "uid-1/acceptor".to_owned(), ..finding() });
        for another in [changed, anew, other] {
            assert_ne!(first.id, another.id);
        }
    }

    #[test]
    fn it_is_cleared_once_whoever_sees_it_and_whatever_it_had_become() {
        let at = |text: &str| text.parse().unwrap();
        let one = cleared(&finding(), at("2026-01-02T05:00:00Z"));
        let two = cleared(&Finding { actual: None, ..finding() }, at("2026-01-02T05:01:00Z"));
        assert_eq!(one.id, two.id);
        assert_ne!(one.id, found(&finding()).id);
        assert_eq!((one.severity, one.data.advice), (Severity::Info, None));
    }
}
