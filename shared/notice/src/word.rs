//! The types of events, and how grave they are.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much an event asks for somebody's attention. The order is that of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// As it should be.
    #[default]
    Info,
    /// Somebody should look, though traffic flows as it did.
    Warning,
    /// Traffic does not flow, or not as asked for.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $text:literal;)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum EventType {
            $($(#[$doc])* #[serde(rename = $wire)] $name,)+
        }

        impl EventType {
            /// Every type there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The type as CloudEvents carry it and filters name it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)+ }
            }

            /// What happened, in words that follow the name of what it happened to.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

types! {
    /// A connection is built: traffic flows.
    ConnectionActive = "causeway.connection.active", "is active";
    /// A connection, or a change of one, waits until the owners of its accounts agree.
    ConnectionAwaitingConsent = "causeway.connection.awaiting-consent", "waits for consent";
    /// A connection stands still because the cloud refused.
    ConnectionFailed = "causeway.connection.failed", "has failed";
    /// A connection stands still because a wait passed its limit, or nobody reported.
    ConnectionStuck = "causeway.connection.stuck", "is stuck";
    /// A connection is removed.
    ConnectionRemoved = "causeway.connection.removed", "is removed";
    /// A connection was undone after a failure.
    ConnectionRolledBack = "causeway.connection.rolled-back", "was rolled back";
    /// A connection is switched off.
    ConnectionPaused = "causeway.connection.paused", "is paused";
    /// A connection was given up with whatever was made.
    ConnectionAbandoned = "causeway.connection.abandoned", "was given up";
    /// The cloud no longer shows what a record promises.
    DriftFound = "causeway.drift.found", "has drifted";
    /// It shows it again.
    DriftCleared = "causeway.drift.cleared", "is again as promised";
    /// An endpoint asks to be connected, and it is left to a person.
    ApprovalWaiting = "causeway.approval.waiting", "waits for a decision";
    /// An endpoint asked to be connected and was told no.
    ApprovalDenied = "causeway.approval.denied", "was denied";
    /// The time for which an endpoint was approved ends soon.
    LeaseEnding = "causeway.lease.ending", "loses its approval soon";
    /// A new checkpoint over all logs. Only a sink whose filter names it is told.
    AuditCheckpoint = "causeway.audit.checkpoint", "has a new checkpoint";
    /// A log holds something that is not to be trusted.
    AuditBroken = "causeway.audit.broken", "holds what is not to be trusted";
    /// A checkpoint is not where copies of checkpoints are kept.
    AuditUncopied = "causeway.audit.uncopied", "has no copy";
}

/// What types begin with that are told of nobody's business but an auditor's.
const OF_AUDITS: &str = "causeway.audit.";

impl EventType {
    /// Whether a glob that fits the type asks for it. Checkpoints come by the minute: whoever keeps them names them, by
    /// `causeway.audit.checkpoint` or `causeway.audit.*`.
    #[must_use]
    pub fn is_asked_for_by(self, glob: &str) -> bool {
        !self.must_be_named() || glob.starts_with(OF_AUDITS)
    }

    /// Whether only a filter that names the type asks for it.
    #[must_use]
    pub fn must_be_named(self) -> bool {
        self == Self::AuditCheckpoint
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_alike_in_documents_and_on_the_wire() {
        for word in EventType::ALL {
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
    }
}
