//! One difference between what a record promises and what the cloud shows.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | a finding |
//! | `kind` | the registry: what can be wrong, and what follows from it |
//! | `severity` | what a finding means for traffic |

mod kind;
mod severity;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::Side;

pub use kind::{FindingKind, Hinders, Remedy};
pub use severity::Severity;

/// One difference between what a record promises and what the cloud shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// On which side.
    pub side: Side,
    /// Which resource: its id, or what it would be if it were there.
    pub resource: String,
    /// Which of its fields; empty for the resource as a whole.
    pub field: String,
    /// What the record promises.
    pub expected: String,
    /// What the cloud shows.
    pub actual: String,
    /// Whether the step that owns it can set it right by itself: what is missing, and what is surely the connection's own.
    pub repairable: bool,
}

impl Finding {
    /// What should be there is not.
    #[must_use]
    pub fn missing(kind: FindingKind, side: Side, resource: impl Into<String>) -> Self {
        Self::differs(kind, side, resource, ("", "exists", "missing"))
    }

    /// What should not be there is.
    #[must_use]
    pub fn left(kind: FindingKind, side: Side, resource: impl Into<String>) -> Self {
        Self::differs(kind, side, resource, ("", "gone", "exists"))
    }

    /// A field is not as it should be: its name, what it should be, what it is.
    #[must_use]
    pub fn differs(
        kind: FindingKind,
        side: Side,
        resource: impl Into<String>,
        (field, expected, actual): (&str, impl Into<String>, impl Into<String>),
    ) -> Self {
        let (resource, field) = (resource.into(), field.to_owned());
        Self { kind, side, resource, field, expected: expected.into(), actual: actual.into(), repairable: true }
    }

    /// Nobody but a person can set it right: what is wrong is somebody else's, or is gone with what it was part of.
    #[must_use]
    pub fn for_a_person(self) -> Self {
        Self { repairable: false, ..self }
    }
}
