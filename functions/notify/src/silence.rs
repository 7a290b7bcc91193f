//! Sinks that did not answer a moment ago. An instance does not wait for them again at once: everybody who is told later would wait
//! with it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use notice::sinks::Name;

/// For how long a sink that did not answer is left alone.
const LEFT_ALONE: SignedDuration = SignedDuration::from_secs(60);

/// When each sink last did not answer. It is forgotten with the instance, which costs one more wait.
#[derive(Debug, Default)]
pub struct Silence(Mutex<BTreeMap<Name, Timestamp>>);

impl Silence {
    /// Whether `sink` is left alone at `now`.
    #[must_use]
    pub fn holds(&self, sink: &Name, now: Timestamp) -> bool {
        let since = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sink).copied();
        since.is_some_and(|since| now.duration_since(since) < LEFT_ALONE)
    }

    /// `sink` did not answer at `now`.
    pub fn begin(&self, sink: &Name, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sink.clone(), now);
    }
}
