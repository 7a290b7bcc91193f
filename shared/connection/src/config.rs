//! The documents of the configuration, by name.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A document of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigDocument {
    /// The accounts, and how to reach them.
    Accounts,
    /// Who may call the API, and what each caller may do.
    Callers,
    /// What owners of accounts agree to beforehand.
    Consents,
    /// What drift is ignored, and when nothing is changed.
    Drift,
    /// Who is told of what.
    Sinks,
}

impl ConfigDocument {
    /// Every document there is.
    pub const ALL: [Self; 5] = [Self::Accounts, Self::Callers, Self::Consents, Self::Drift, Self::Sinks];

    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Callers => "callers",
            Self::Consents => "consents",
            Self::Drift => "drift",
            Self::Sinks => "sinks",
        }
    }

    /// Its object.
    #[must_use]
    pub fn key(self) -> String {
        format!("config/{}.json", self.word())
    }
}

impl fmt::Display for ConfigDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text names no document of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a document of the configuration is accounts, callers, consents, drift or sinks")]
pub struct BadDocument;

impl FromStr for ConfigDocument {
    type Err = BadDocument;

    fn from_str(text: &str) -> Result<Self, BadDocument> {
        Self::ALL.into_iter().find(|document| document.word() == text).ok_or(BadDocument)
    }
}
