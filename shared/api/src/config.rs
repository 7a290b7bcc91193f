//! Documents of the configuration.

use connection::config::ConfigDocument;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer to a document that was put, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigPut {
    /// Which document.
    pub document: ConfigDocument,
    /// Whether it was only asked what would happen. Nothing was changed then.
    pub dry_run: bool,
    /// Whether it differs from what was there.
    pub changes: bool,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
    /// The same of what was there; null where there was nothing.
    pub sha256_before: Option<String>,
}
