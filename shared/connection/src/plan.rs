//! What a step would do, without doing it: the answer to a dry run.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::not_done::FailedCall;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Which step.
    pub step: StepName,
    /// On which side.
    pub side: Side,
    /// The API's name of the call; absent where nothing need be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Cow<'static, str>>,
    /// What it is about: an id, or what the thing would be.
    pub resource: String,
    /// In words, what would happen or why nothing would.
    pub what: String,
    /// What the cloud's own dry run says of the call, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}

/// Something that would stop a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Obstacle {
    /// Which step.
    pub step: StepName,
    /// On which side.
    pub side: Side,
    /// What it is.
    pub what: String,
    /// The call that was refused, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<FailedCall>,
    /// What a person can do about it.
    pub advice: String,
}
