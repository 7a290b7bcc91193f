//! What a finding means for traffic.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a finding means for traffic, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DriftSeverity")]
pub enum Severity {
    /// Traffic flows as promised. A rule that lets in too much belongs here, urgent as it may be for other reasons.
    Cosmetic,
    /// Traffic flows, but not all of it, or not as promised.
    Degraded,
    /// Some promised traffic does not flow at all.
    Down,
}

impl Severity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cosmetic, Self::Degraded, Self::Down];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|severity| severity.word() == text);
        known.ok_or_else(|| format!("{text:?} is no severity; it is one of cosmetic, degraded, down"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_written_and_read_as_it_is_called() {
        for severity in Severity::ALL {
            assert_eq!(severity.word().parse(), Ok(severity));
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.word());
        }
    }
}
