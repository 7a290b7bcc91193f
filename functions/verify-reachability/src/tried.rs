//! What a try came to, before it is dated.

use connection::proof::{Evidence, Method, Verdict};
use connection::record::Record;
use connection::spec::Verify;
use jiff::Timestamp;

/// How to have it tried again where the connection failed.
const RETRY: &str = "then retry; or put the spec again with verify: report to go on without";
/// The same where the connection stands all the same.
const CHANGE: &str = "then put the spec with a label changed: every change is tried anew";

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The verdict.
    pub verdict: Verdict,
    /// What was seen, in words.
    pub seen: String,
    /// What a person can do about the cause; empty when there is nothing to do.
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

    /// As evidence about the record as it is now, with advice on how to have it tried again.
    #[must_use]
    pub fn evidence(self, method: Method, record: &Record, at: Timestamp) -> Evidence {
        let Self { verdict, seen, mut advice, loss_percent, mean_rtt_us } = self;
        let again = match (verdict, record.spec.verify) {
            (Verdict::Reached, _) => None,
            (Verdict::NotReached, Verify::Require) => Some(RETRY),
            (Verdict::NotReached | Verdict::NotTried, _) => Some(CHANGE),
        };
        if let Some(again) = again {
            advice = if advice.is_empty() { again.to_owned() } else { format!("{advice}; {again}") };
        }
        let (generation, attempt) = (record.generation, record.attempt);
        Evidence { verdict, method, seen, loss_percent, mean_rtt_us, advice, generation, attempt, at }
    }
}
