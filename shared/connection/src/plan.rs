//! What a step would do, without doing it: the answer to a dry run.

use serde::Serialize;

use crate::words::{Side, StepName};

/// Which way a plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// What `apply` would do.
    Apply,
    /// What `undo` would do.
    Undo,
    /// What `pause` would do.
    Pause,
}

/// One thing that a step would do, or that it need not do because it is so already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Which step.
    pub step: StepName,
    /// On which side.
    pub side: Side,
    /// The API's name of the call; absent where nothing need be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<&'static str>,
    /// What it is about: an id, or what the thing would be.
    pub resource: String,
    /// In words, what would happen or why nothing would.
    pub what: String,
    /// What the cloud's own dry run says of the call, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}
