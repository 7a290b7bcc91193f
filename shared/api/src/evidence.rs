//! Evidence as it stands in the store, for whoever verifies it without a key to the bucket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most objects of a page.
pub const MOST_OBJECTS: usize = 200;
/// How many bytes the objects of a page have together at most, unless one alone has more.
pub const MOST_BYTES: usize = 1024 * 1024;
/// The largest object that is given.
pub const LARGEST_OBJECT: usize = 3 * 1024 * 1024;

/// An object of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceObject {
    /// Its key.
    pub key: String,
    /// What it holds, in Base64.
    pub base64: String,
}
