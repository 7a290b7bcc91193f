//! Sizes of a router interface (docs/reference/vpc-connection-apis.md, section 1.2).

use serde::{Deserialize, Serialize};

/// Every spec with its bandwidth in Mbit/s.
const ALL: [(&str, u32); 13] = [
    ("Mini.2", 2),
    ("Mini.5", 5),
    ("Small.1", 10),
    ("Small.2", 20),
    ("Small.5", 50),
    ("Middle.1", 100),
    ("Middle.2", 200),
    ("Middle.5", 500),
    ("Large.1", 1000),
    ("Large.2", 2000),
    ("Large.5", 5000),
    ("Xlarge.1", 10000),
    (NEGATIVE, 0),
];

const NEGATIVE: &str = "Negative";

/// A spec. An acceptor has no bandwidth of its own: its spec is `Negative`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::vpc) struct Spec(String);

impl Spec {
    pub(super) fn parse(word: &str) -> Option<Self> {
        ALL.iter().find(|(known, _)| *known == word).map(|(known, _)| Self((*known).to_owned()))
    }

    pub(super) fn word(&self) -> &str {
        &self.0
    }

    pub(super) fn is_negative(&self) -> bool {
        self.0 == NEGATIVE
    }

    /// Mbit/s.
    pub(super) fn bandwidth(&self) -> u32 {
        ALL.iter().find(|(known, _)| *known == self.0).map_or(0, |(_, bandwidth)| *bandwidth)
    }
}
