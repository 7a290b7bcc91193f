//! Why a step has not finished: it waits for the cloud, or it failed.
//!
//! A step returns `Ok(())` only when its side is as promised *and was read back so*. Everything else is a [`Halt`]. The
//! `?` operator turns an error of a cloud call into the right one: throttling, a busy resource and a lost answer wait, the
//! rest fails. This is the only layer that retries, and it retries by message, never by sleeping.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::lane::Lane;

/// A step did not finish on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// Look again later.
    Wait(Wait),
    /// It will not work without somebody changing something.
    Fail(Failure),
}

/// Why and how long to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// How soon to look again.
    pub pace: Pace,
    /// What is waited for, in words.
    pub why: String,
    /// The call whose answer asked for patience, if one did.
    pub call: Option<Call>,
}

/// How soon to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The cloud is at work and usually takes about this long.
    After(Duration),
    /// The cloud pushed back: longer each time, with jitter.
    BackOff,
    /// Others come first in a [lane](crate::lane). Whoever is done wakes the next; looking is only for the case that the
    /// wake-up was lost.
    Turn {
        /// How many come first.
        ahead: usize,
    },
}

/// A cloud call that went wrong, as the cloud tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
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
pub struct Failure {
    /// What failed, in words.
    pub what: String,
    /// The call, if one was refused.
    pub call: Option<Call>,
    /// What a person can do about it.
    pub advice: String,
}

impl Halt {
    /// Waits about `seconds` for something the cloud is doing.
    #[must_use]
    pub fn wait(seconds: u64, why: impl Into<String>) -> Self {
        Self::Wait(Wait { pace: Pace::After(Duration::from_secs(seconds)), why: why.into(), call: None })
    }

    /// Waits for its turn in a lane.
    #[must_use]
    pub fn turn(lane: &Lane, ahead: usize) -> Self {
        let why = format!("its turn in lane {lane}; {ahead} ahead");
        Self::Wait(Wait { pace: Pace::Turn { ahead }, why, call: None })
    }

    /// Fails without a refused call.
    #[must_use]
    pub fn fail(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Fail(Failure { what: what.into(), call: None, advice: advice.into() })
    }
}

/// What the cloud said of a call, for the record.
fn call_of(error: &alicloud::Error) -> Option<Call> {
    Some(Call {
        action: error.call().action().to_owned(),
        code: error.code().map(str::to_owned),
        request_id: error.request_id().map(str::to_owned),
    })
}

impl Halt {
    /// Fails for good with what the cloud said, where the step knows that waiting would not help.
    #[must_use]
    pub fn refused(error: &alicloud::Error) -> Self {
        Self::Fail(Failure { what: error.to_string(), call: call_of(error), advice: error.advice() })
    }
}

impl From<alicloud::Error> for Halt {
    fn from(error: alicloud::Error) -> Self {
        use alicloud::Kind;
        let pace = match error.kind() {
            Kind::Busy | Kind::AlreadyThere => Pace::After(Duration::from_secs(3)),
            Kind::Throttled | Kind::OutcomeUnknown | Kind::NotSent | Kind::Malformed | Kind::StaleCredentials => {
                Pace::BackOff
            }
            Kind::Gone | Kind::Refused | Kind::RuledOut | Kind::Quota | Kind::Denied | Kind::Commercial => {
                return Self::refused(&error);
            }
        };
        Self::Wait(Wait { pace, why: error.to_string(), call: call_of(&error) })
    }
}

impl From<jdcloud::Error> for Halt {
    fn from(error: jdcloud::Error) -> Self {
        use jdcloud::Kind;
        let call = Some(Call {
            action: error.call().name().to_owned(),
            code: error.code().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        });
        let pace = match error.kind() {
            Kind::Busy | Kind::AlreadyThere => Pace::After(Duration::from_secs(3)),
            Kind::Throttled | Kind::OutcomeUnknown | Kind::NotSent | Kind::Malformed => Pace::BackOff,
            Kind::Gone | Kind::Refused | Kind::Quota | Kind::Denied => {
                return Self::Fail(Failure { what: error.to_string(), call, advice: error.advice().to_owned() });
            }
        };
        Self::Wait(Wait { pace, why: error.to_string(), call })
    }
}
