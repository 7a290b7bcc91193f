//! Why a step has not finished: it waits for the cloud, or it failed.
//!
//! A step returns `Ok(())` only when its side is as promised *and was read back so*. Everything else is a [`NotDone`]. The
//! `?` operator turns an error of a cloud call into the right one: throttling, a busy resource and a lost answer wait, the
//! rest fails. This is the only layer that retries, and it retries by message, never by sleeping.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lane::Lane;

/// A step did not finish on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// Look again later.
    Retry(Retry),
    /// It will not work without somebody changing something.
    Failed(StepFailure),
}

/// Why and how long to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How soon to look again.
    pub delay: RetryDelay,
    /// What is waited for, in words.
    pub why: String,
    /// The call whose answer asked for patience, if one did.
    pub call: Option<FailedCall>,
}

/// How soon to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDelay {
    /// The cloud is at work and usually takes about this long.
    After(Duration),
    /// The cloud pushed back: longer each time, with jitter.
    BackOff,
    /// Others come first in a [lane](crate::lane). Whoever is done wakes the next; looking is only for the case that the
    /// wake-up was lost.
    InLane {
        /// How many come first.
        ahead: usize,
    },
}

/// A cloud call that went wrong, as the cloud tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedCall {
    /// The API's name of the call, such as `ConnectRouterInterface`.
    pub action: String,
    /// The cloud's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The cloud's id of the request, for a support ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A definite failure on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFailure {
    /// What failed, in words.
    pub what: String,
    /// The call, if one was refused.
    pub call: Option<FailedCall>,
    /// What a person can do about it.
    pub advice: String,
}

impl NotDone {
    /// The cloud is at work: looks again after `delay`.
    #[must_use]
    pub fn retry(delay: Duration, why: impl Into<String>) -> Self {
        Self::Retry(Retry { delay: RetryDelay::After(delay), why: why.into(), call: None })
    }

    /// Waits for its turn in a lane.
    #[must_use]
    pub fn queued(lane: &Lane, ahead: usize) -> Self {
        let why = format!("its turn in lane {lane}; {ahead} ahead");
        Self::Retry(Retry { delay: RetryDelay::InLane { ahead }, why, call: None })
    }

    /// Fails without a refused call.
    #[must_use]
    pub fn failed(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Failed(StepFailure { what: what.into(), call: None, advice: advice.into() })
    }
}

/// What the cloud said of a call, for the record.
fn call_of(error: &alicloud::Error) -> Option<FailedCall> {
    Some(FailedCall {
        action: error.call().action().to_owned(),
        code: error.code().map(str::to_owned),
        request_id: error.request_id().map(str::to_owned),
    })
}

impl NotDone {
    /// Fails for good with what the cloud said, where the step knows that waiting would not help.
    #[must_use]
    pub fn refused(error: &alicloud::Error) -> Self {
        Self::Failed(StepFailure { what: error.to_string(), call: call_of(error), advice: error.advice() })
    }
}

impl From<alicloud::Error> for NotDone {
    fn from(error: alicloud::Error) -> Self {
        use alicloud::Kind;
        let delay = match error.kind() {
            Kind::Busy | Kind::AlreadyThere => RetryDelay::After(Duration::from_secs(3)),
            Kind::Throttled | Kind::OutcomeUnknown | Kind::NotSent | Kind::Malformed | Kind::StaleCredentials => {
                RetryDelay::BackOff
            }
            Kind::Gone | Kind::Refused | Kind::RuledOut | Kind::Quota | Kind::Denied | Kind::Commercial => {
                return Self::refused(&error);
            }
        };
        Self::Retry(Retry { delay, why: error.to_string(), call: call_of(&error) })
    }
}

impl From<jdcloud::Error> for NotDone {
    fn from(error: jdcloud::Error) -> Self {
        use jdcloud::Kind;
        let call = Some(FailedCall {
            action: error.call().name().to_owned(),
            code: error.code().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        });
        let delay = match error.kind() {
            Kind::Busy | Kind::AlreadyThere => RetryDelay::After(Duration::from_secs(3)),
            Kind::Throttled | Kind::OutcomeUnknown | Kind::NotSent | Kind::Malformed => RetryDelay::BackOff,
            Kind::Gone | Kind::Refused | Kind::Quota | Kind::Denied => {
                return Self::Failed(StepFailure { what: error.to_string(), call, advice: error.advice().to_owned() });
            }
        };
        Self::Retry(Retry { delay, why: error.to_string(), call })
    }
}
