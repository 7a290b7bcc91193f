//! What cannot change once a connection stands: its kind but by a migration, where its sides lie, and what its kind says.

use super::Spec;
use crate::problem::Problem;

/// What would have to change from `now` to `next` that cannot.
pub(super) fn immovable(now: &Spec, next: &Spec) -> Vec<Problem> {
    // A new field does not compile until somebody has said here whether it can change.
    let Spec { version: _, name: _, on_failure: _, verify: _, repair: _, labels: _, kind } = next;
    let mut problems = now.kind.immovable(kind);
    let (from, to) = (now.kind(), next.kind());
    let replaces = to.rules().replaces == Some(from);
    if from != to && !(replaces && next.migrates()) {
        let detail = if replaces {
            format!(
                "the connection is of kind {from}; put migrate: true into the spec to have a {to} take its place, which \
                 stops traffic for some seconds"
            )
        } else {
            format!("the connection is of kind {from} and stays so; remove it and post a new one")
        };
        problems.push(Problem::at("/kind", detail));
    }
    for (side, place) in next.places() {
        let before = now.place(side);
        if before != place {
            let detail = format!(
                "the connection joins {} in {} of account {}; remove it and post a new one to join another VPC",
                before.vpc_id, before.region_id, before.account
            );
            problems.push(Problem::at(format!("/{side}"), detail));
        }
    }
    problems
}
