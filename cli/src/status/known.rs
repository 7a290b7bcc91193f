//! What the last drift checks found of connections. Nothing is looked at for it: that is what `causeway drift` does.

use api::connections::Summary;
use api::drift::{DriftFindings, Finding};
use connection::finding::Severity;
use connection::words::ConnectionName;
use drift::findings::Subject;

use crate::render::time;
use crate::webhook::{Webhook, WebhookError};

/// The open findings of connections.
pub struct Known(Vec<DriftFindings>);

impl Known {
    /// Asks for those of one connection, or of all.
    ///
    /// # Errors
    /// When the webhook cannot be asked.
    pub async fn ask(webhook: &Webhook, name: Option<&ConnectionName>) -> Result<Self, WebhookError> {
        let query = name.map(|name| format!("&connection={name}")).unwrap_or_default();
        Ok(Self(webhook.list("/v1/drift", &query, usize::MAX).await?))
    }

    /// Nothing.
    #[cfg(test)]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// What is open of a connection and ignored by no rule, the worst first. What was found before the connection changed last
    /// says nothing of what is so now.
    pub fn of(&self, connection: &Summary) -> impl Iterator<Item = &Finding> {
        let is_of_it = |of: &&DriftFindings| {
            matches!(&of.subject, Subject::Connection(name) if *name == connection.name)
                && of.checked_at >= connection.updated_at
        };
        let own = self.0.iter().filter(is_of_it).flat_map(|of| &of.findings);
        own.filter(|finding| finding.ignored.is_none())
    }

    /// Whether a finding says that no traffic flows.
    pub fn is_down(&self, connection: &Summary) -> bool {
        self.of(connection).any(|finding| finding.severity == Severity::Down)
    }

    /// The worst of them in a few words, and how many more there are; empty where there are none.
    pub fn worst(&self, connection: &Summary) -> String {
        let mut open = self.of(connection);
        let Some(worst) = open.next() else { return String::new() };
        let Finding { severity, kind, side, resource, .. } = worst;
        let told = format!("drift: {}: {kind} on the {side}: {resource}", severity.word());
        match open.count() {
            0 => told,
            more => format!("{told}; {more} more"),
        }
    }

    /// Every one of them, a line each.
    pub fn lines(&self, connection: &Summary) -> Vec<String> {
        let line = |finding: &Finding| {
            let Finding { severity, kind, side, resource, field, expected, actual, since, .. } = finding;
            let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
            let what = format!("{kind} on the {side}: {resource}: {field}expected {expected}, actual {actual}");
            format!("{}: {what}, since {}", severity.word(), time(*since))
        };
        self.of(connection).map(line).collect()
    }

    /// As the webhook gave them, without those of accounts.
    pub fn rows(&self) -> Vec<&DriftFindings> {
        self.0.iter().filter(|of| matches!(of.subject, Subject::Connection(_))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn connection(updated_at: &str) -> Summary {
        let document = json!({
            "name": "a-b", "kind": "router-interface", "phase": "active", "step": "verify-reachability", "generation": 1,
            "places": {}, "created_at": "2026-01-01T00:00:00Z", "updated_at": updated_at,
        });
        serde_json::from_value(document).unwrap()
    }

    fn known(findings: &[Value]) -> Known {
        let row = json!({
            "subject": {"connection": "a-b"}, "checked_at": "2026-01-02T00:00:00Z", "worst": "down", "findings": findings,
            "unknown": [],
        });
        Known(vec![serde_json::from_value(row).unwrap()])
    }

    fn finding(severity: &str, ignored: bool) -> Value {
        let mut finding = json!({
            "id": "1", "kind": "route-missing", "severity": severity, "step": "add-route", "side": "acceptor", "resource": "r",
            "field": "", "expected": "exists", "actual": "missing", "repairable": true, "since": "2026-01-02T00:00:00Z",
            "last_seen": "2026-01-02T00:00:00Z",
        });
        if ignored {
            finding["ignored"] = json!({"reason": "known", "until": "2027-01-01T00:00:00Z"});
        }
        finding
    }

    #[test]
    fn a_connection_whose_findings_are_down_is_so_unless_they_are_ignored_or_older_than_itself() {
        let active = connection("2026-01-01T12:00:00Z");
        assert!(known(&[finding("down", false)]).is_down(&active));
        assert!(!known(&[finding("degraded", false)]).is_down(&active));
        assert!(!known(&[finding("down", true)]).is_down(&active));
        assert!(!known(&[finding("down", false)]).is_down(&connection("2026-01-02T00:00:01Z")), "changed since");
        assert!(!known(&[]).is_down(&active));
    }

    #[test]
    fn the_worst_is_told_in_a_few_words_and_all_of_them_line_by_line() {
        let (active, two) = (connection("2026-01-01T12:00:00Z"), [finding("down", false), finding("cosmetic", false)]);
        assert_eq!(known(&two).worst(&active), "drift: down: route-missing on the acceptor: r; 1 more");
        let lines = known(&two).lines(&active);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("down: route-missing on the acceptor: r: expected exists, actual missing, since"));
        assert_eq!(known(&[]).worst(&active), "");
    }
}
