//! What a try came to, before it is dated.

use connection::proof::{Evidence, Method, Verdict};
use connection::record::Record;
use jiff::Timestamp;

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The verdict.
    pub verdict: Verdict,
    /// What was seen, in words.
    pub seen: String,
    /// What a person can do about it; empty when there is nothing to do.
    pub advice: String,
    /// Packets lost, in percent.
    pub loss_percent: Option<u8>,
    /// The mean round-trip time, in microseconds.
    pub mean_rtt_us: Option<u64>,
}

impl Tried {
    /// A verdict for which nothing was measured.
    #[must_use]
    pub fn new(verdict: Verdict, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict, seen: seen.into(), advice: advice.into(), loss_percent: None, mean_rtt_us: None }
    }

    /// It could not be tried.
    #[must_use]
    pub fn not(why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Verdict::NotTried, why, advice)
    }

    /// As evidence about the record as it is now.
    #[must_use]
    pub fn evidence(self, method: Method, record: &Record, at: Timestamp) -> Evidence {
        let Self { verdict, seen, advice, loss_percent, mean_rtt_us } = self;
        let (generation, attempt) = (record.generation, record.attempt);
        Evidence { verdict, method, seen, loss_percent, mean_rtt_us, advice, generation, attempt, at }
    }
}
