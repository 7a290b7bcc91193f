//! Walking the chain of a kind, which is data of its [room](crate::kind).
//!
//! Everything that walks a chain (the decider, the webhook, the drift check) does it here; adding a step to a kind is one
//! line in the table of its room.

use std::collections::BTreeSet;
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

pub(crate) const fn stage(step: StepName, apply_seconds: u64, undo_seconds: u64) -> Stage {
    Stage { step, apply_limit: Duration::from_secs(apply_seconds), undo_limit: Duration::from_secs(undo_seconds) }
}

/// The ordered stages of `kind`. Never empty.
#[must_use]
pub fn chain(kind: Kind) -> &'static [Stage] {
    kind.rules().chain
}

/// The step that switches a connection of `kind` off and on, if the cloud lets such a connection rest.
#[must_use]
pub fn switch(kind: Kind) -> Option<StepName> {
    kind.rules().switch
}

/// Whether the chain of `kind` proves at its end that the two sides reach each other.
#[must_use]
pub fn is_proven(kind: Kind) -> bool {
    chain(kind).iter().any(|stage| stage.step == StepName::VerifyReachability)
}

/// The last stage of `kind`.
#[must_use]
pub fn last(kind: Kind) -> Stage {
    let stages = chain(kind);
    stages[stages.len() - 1]
}

/// The step from which a connection of `kind` is cleared away to make room for one of another kind between the same VPCs.
/// What comes behind it, both kinds share.
#[must_use]
pub fn clears_from(kind: Kind) -> StepName {
    kind.rules().clears_from
}

/// Whether connections of `kind` may give way to, or take the place of, those of another kind between the same VPCs.
#[must_use]
pub fn changes_kind(kind: Kind) -> bool {
    kind.rules().replaces.is_some() || Kind::ALL.iter().any(|other| other.rules().replaces == Some(kind))
}

/// Every step whose message the function of `step` may have to send: those of the chains it is part of, for a connection
/// may be told to turn at any time; and where a chain is cleared away to its beginning, the first ones of the others.
#[must_use]
pub fn leads_to(step: StepName) -> BTreeSet<StepName> {
    let kinds = Kind::ALL.into_iter().filter(|kind| stage_of(*kind, step).is_some());
    let own = kinds.flat_map(chain).map(|stage| stage.step);
    let changing = || Kind::ALL.into_iter().filter(|kind| changes_kind(*kind));
    let is_first = changing().any(|kind| first(kind).step == step);
    let others = changing().filter(|_| is_first).map(|kind| first(kind).step);
    own.chain(others).collect()
}

/// Whichever of two steps comes earlier in the chain of `kind`.
#[must_use]
pub fn earlier(kind: Kind, one: StepName, other: StepName) -> StepName {
    if later(kind, one, other) == one { other } else { one }
}

/// Whichever of two steps comes later in the chain of `kind`. A step that is not in it comes before all others.
#[must_use]
pub fn later(kind: Kind, one: StepName, other: StepName) -> StepName {
    let place = |step| chain(kind).iter().position(|stage| stage.step == step);
    if place(one) >= place(other) { one } else { other }
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
        for kind in Kind::ALL.into_iter() {
            let forwards: Vec<_> = std::iter::successors(Some(first(kind).step), |step| after(kind, *step)).collect();
            let mut backwards: Vec<_> =
                std::iter::successors(Some(last(kind).step), |step| before(kind, *step)).collect();
            backwards.reverse();
            assert_eq!(forwards, backwards);
            assert_eq!(forwards.len(), chain(kind).len());
        }
    }

    #[test]
    fn of_two_steps_the_one_nearer_the_end_is_the_later() {
        let kind = Kind::RouterInterface;
        assert_eq!(later(kind, StepName::Connect, StepName::AddRoute), StepName::AddRoute);
        assert_eq!(later(kind, StepName::AddRoute, StepName::Connect), StepName::AddRoute);
        assert_eq!(later(kind, StepName::CreatePeering, StepName::CreateInterface), StepName::CreateInterface);
    }
}
