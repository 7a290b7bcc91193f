//! What was called, when, and how it ended: for the console and for tests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// How many calls are remembered.
const CAPACITY: usize = 10_000;

/// One call of a function that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// The function.
    pub function: String,
    /// What called it.
    pub trigger: TriggeredBy,
    /// The request id that the function saw.
    pub request_id: String,
    /// Which repetition this was; 0 is the first call.
    pub retry: u32,
    /// How many messages it carried, where it came from a queue.
    pub messages: usize,
    /// When it began, in cloud time.
    pub started: Timestamp,
    /// How long it took, in cloud time.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// What called a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum TriggeredBy {
    /// A queue, through the trigger of this name.
    Queue(String),
    /// A timer trigger of this name.
    Timer(String),
    /// An HTTP trigger.
    Http,
    /// The InvokeFunction API.
    Api,
    /// Another function's outcome.
    Destination,
}

/// How a call ended, as the platform sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "detail")]
pub enum Outcome {
    /// The function answered and did not report a failure.
    Succeeded,
    /// The function reported a failure (`x-fc-status: 404`). The body, shortened.
    Failed(String),
    /// The function's time was up.
    TimedOut,
    /// The instance ended before it answered.
    Exited(String),
    /// The instance did not start, or its initializer failed.
    NotStarted(String),
}

impl Outcome {
    /// Whether the call counts as done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Self::Succeeded
    }

    /// The value of `X-Fc-Error-Type`. Which one a reported failure maps to is not confirmed; both are retried alike.
    #[must_use]
    pub fn error_type(&self) -> Option<&'static str> {
        match self {
            Self::Succeeded => None,
            Self::Failed(_) => Some("HandledInvocationError"),
            Self::TimedOut => Some("FunctionTimeoutError"),
            Self::Exited(_) => Some("UnhandledInvocationError"),
            Self::NotStarted(_) => Some("InitializationError"),
        }
    }

    /// What a person would want to read.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Succeeded => "succeeded".to_owned(),
            Self::Failed(text) | Self::Exited(text) | Self::NotStarted(text) => text.clone(),
            Self::TimedOut => "Function timed out".to_owned(),
        }
    }
}

/// The newest calls.
#[derive(Debug)]
pub(super) struct InvocationLog {
    kept: Mutex<VecDeque<Invocation>>,
    newest: watch::Sender<u64>,
}

impl InvocationLog {
    pub(super) fn new() -> Self {
        Self { kept: Mutex::default(), newest: watch::Sender::new(0) }
    }

    /// Adds a call and gives it its number.
    pub(super) fn add(&self, mut invocation: Invocation) {
        let mut kept = self.kept();
        let sequence = *self.newest.borrow() + 1;
        invocation.sequence = sequence;
        if kept.len() == CAPACITY {
            kept.pop_front();
        }
        kept.push_back(invocation);
        self.newest.send_replace(sequence);
    }

    /// The kept calls with a higher number than `sequence`, oldest first.
    pub(super) fn since(&self, sequence: u64) -> Vec<Invocation> {
        self.kept().iter().filter(|invocation| invocation.sequence > sequence).cloned().collect()
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Invocation>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
