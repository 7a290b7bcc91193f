//! The queues, by what they feed.

use std::fmt;

use crate::words::StepName;

/// A queue. Each feeds the function of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Of a step: connections to carry on. That of approve-endpoint also takes endpoints to decide on.
    Step(StepName),
    /// Of the function that looks for endpoints to decide on.
    SweepEndpoints,
    /// Of the function that tells people.
    Notify,
    /// Of the function that checks for drift.
    CheckDrift,
}

impl Queue {
    /// Every queue there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let steps = StepName::ALL.iter().map(|step| Self::Step(*step));
        steps.chain([Self::SweepEndpoints, Self::Notify, Self::CheckDrift])
    }

    /// Its name, which is also that of the function it feeds. The only place that knows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Step(step) => step.word(),
            Self::SweepEndpoints => "sweep-endpoints",
            Self::Notify => "notify",
            Self::CheckDrift => "check-drift",
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
