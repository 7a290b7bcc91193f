//! What is wrong with a request, field by field.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FieldError")]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the field in the posted document; empty for the document as a whole.
    pub pointer: String,
    /// What is wrong and what to do, in words.
    pub detail: String,
}

impl Problem {
    /// A problem at `pointer`.
    #[must_use]
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}
