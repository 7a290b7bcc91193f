//! What a step would do, without doing it: the answer to a dry run.

use serde::Serialize;

use crate::record::Course;
use crate::words::{Side, StepName};

/// What is asked of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `apply`.
    Apply,
    /// `undo`.
    Undo,
    /// `pause`.
    Pause,
}

impl Operation {
    /// What a record on this course asks of each of its steps.
    #[must_use]
    pub fn of(course: Course) -> Self {
        match course {
            Course::Build => Self::Apply,
            Course::RollBack | Course::Remove | Course::Clear => Self::Undo,
            Course::Pause => Self::Pause,
        }
    }
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
