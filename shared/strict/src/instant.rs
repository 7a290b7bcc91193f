//! Points in time.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::value::parsed;

/// A point in time within a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Instant(
    /// The instant.
    #[serde(deserialize_with = "required")]
    pub Timestamp,
);

/// Reads an instant: for `deserialize_with`.
///
/// # Errors
/// When it is none.
pub fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    parsed(deserializer, "an instant with date, time and zone; write it like 2026-01-31T09:00:00Z")
}
