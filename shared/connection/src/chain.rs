//! The chain of each kind, as data.
//!
//! Everything that walks a chain (the decider, the webhook, the drift check) reads it here; adding a step to a kind is one
//! line in its table.

use std::time::Duration;

use crate::words::{Kind, StepName};

/// One stage of a chain and how long it may take.
///
/// The limits follow what the cloud really takes and what Terraform's provider waits for; when one passes, the record
/// becomes stuck and says so.
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    /// The step that owns this stage.
    pub step: StepName,
    /// How long `apply` may go on waiting.
    pub apply_limit: Duration,
    /// How long `undo` may go on waiting.
    pub undo_limit: Duration,
}

const fn stage(step: StepName, apply_seconds: u64, undo_seconds: u64) -> Stage {
    Stage { step, apply_limit: Duration::from_secs(apply_seconds), undo_limit: Duration::from_secs(undo_seconds) }
}

const ROUTER_INTERFACE: &[Stage] = &[
    stage(StepName::CreateInterface, 300, 1000),
    stage(StepName::SetPeerInfo, 300, 300),
    stage(StepName::Connect, 300, 500),
    stage(StepName::AddRoute, 600, 600),
];

/// The ordered stages of `kind`. Never empty.
#[must_use]
pub fn chain(kind: Kind) -> &'static [Stage] {
    match kind {
        Kind::RouterInterface => ROUTER_INTERFACE,
    }
}

/// The first stage of `kind`.
#[must_use]
pub fn first(kind: Kind) -> Stage {
    chain(kind)[0]
}

/// The stage of `step` in the chain of `kind`, if it has one.
#[must_use]
pub fn stage_of(kind: Kind, step: StepName) -> Option<Stage> {
    chain(kind).iter().find(|stage| stage.step == step).copied()
}

/// The step after `step`, or `None` at the end of the chain.
#[must_use]
pub fn after(kind: Kind, step: StepName) -> Option<StepName> {
    let stages = chain(kind);
    let place = stages.iter().position(|stage| stage.step == step)?;
    stages.get(place + 1).map(|stage| stage.step)
}

/// The step before `step`, or `None` at the beginning of the chain.
#[must_use]
pub fn before(kind: Kind, step: StepName) -> Option<StepName> {
    let stages = chain(kind);
    let place = stages.iter().position(|stage| stage.step == step)?;
    place.checked_sub(1).map(|place| stages[place].step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walking_forwards_and_backwards_visits_every_step_once() {
        let kind = Kind::RouterInterface;
        let forwards: Vec<_> = std::iter::successors(Some(first(kind).step), |step| after(kind, *step)).collect();
        let last = *forwards.last().unwrap();
        let mut backwards: Vec<_> = std::iter::successors(Some(last), |step| before(kind, *step)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.len(), chain(kind).len());
    }
}
