//! Why a step has not finished: it waits for the cloud, or it failed.
//!
//! A step returns `Ok(())` only when its side is as promised *and was read back so*. Everything else is a [`NotDone`]. The
//! `?` operator turns an error of a cloud call into the right one: throttling, a busy resource and a lost answer wait, the
//! rest fails. This is the only layer that retries, and it retries by message, never by sleeping.

use std::time::Duration;

use cloud_error::{CloudCall, Error, Patience};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use transport::Chain;

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

impl NotDone {
    /// Fails for good with what the cloud said, where the step knows that waiting would not help.
    #[must_use]
    pub fn refused<C: CloudCall>(error: &Error<C>) -> Self {
        Self::Failed(StepFailure { what: Chain(error).to_string(), call: Some(error.into()), advice: error.advice() })
    }
}

impl<C: CloudCall> From<&Error<C>> for FailedCall {
    fn from(error: &Error<C>) -> Self {
        Self {
            action: error.call().to_string(),
            code: error.code().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        }
    }
}

impl<C: CloudCall> From<Error<C>> for NotDone {
    fn from(error: Error<C>) -> Self {
        let delay = match error.patience() {
            Patience::Shortly => RetryDelay::After(Duration::from_secs(3)),
            Patience::BackOff => RetryDelay::BackOff,
            Patience::GiveUp => return Self::refused(&error),
        };
        Self::Retry(Retry { delay, why: Chain(&error).to_string(), call: Some((&error).into()) })
    }
}

#[cfg(test)]
mod tests {
    use alicloud::Call;
    use transport::TransportError;

    use super::*;

    #[test]
    fn a_call_without_an_answer_is_looked_at_later_and_its_cause_is_told_once() {
        let lost = TransportError::NoAnswer { host: "h".into(), reason: "timed out".into() };
        let NotDone::Retry(wait) = alicloud::Error::transport(Call::DescribeVpcs, None, lost).into() else {
            panic!("a wait")
        };
        assert_eq!(wait.delay, RetryDelay::BackOff);
        assert_eq!(wait.why, "vpc DescribeVpcs failed: no answer from h: timed out");
        assert_eq!(wait.call.map(|call| call.action).as_deref(), Some("DescribeVpcs"));
    }
}
