//! What it would take to come from one record to where another is going: every step, asked. Nothing is changed.

use connection::chain;
use connection::not_done::NotDone;
use connection::plan::{Obstacle, Operation, Planned};
use connection::record::{Course, Record, Status};
use connection::services::Services;
use connection::step::SideContext;
use connection::words::StepName;

use crate::step;

/// What would be done, and what would stop it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// What would be done, in order.
    pub plan: Vec<Planned>,
    /// What would stop it.
    pub obstacles: Vec<Obstacle>,
}

/// The plan could not be finished now; it may be later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan could not be finished: {0}")]
pub struct Unfinished(pub String);

/// What it would take to come from `before` to where `after` is going.
///
/// # Errors
/// When a cloud does not answer right now.
pub async fn of(services: &Services, before: &Record, after: &Record) -> Result<Plan, Unfinished> {
    let walk = walk(before, after);
    let mut outputs = Plan::default();
    for Leg { record, step: name, operation } in &walk {
        for side in record.sides.keys() {
            let Some(context) = SideContext::of(record, *side, *name, services) else { continue };
            match step(*name).plan(&context, *operation).await {
                Ok(lines) => outputs.plan.extend(lines),
                Err(NotDone::Failed(failure)) => outputs.obstacles.push(Obstacle {
                    step: *name,
                    side: *side,
                    what: failure.what,
                    call: failure.call,
                    advice: failure.advice,
                }),
                Err(NotDone::Retry(wait)) => return Err(Unfinished(wait.why)),
            }
        }
    }
    Ok(outputs)
}

/// One step of the way, on a record that shows what it works for.
struct Leg {
    record: Record,
    step: StepName,
    operation: Operation,
}

/// The steps that a record which has just set out is going to pass.
fn walk(before: &Record, after: &Record) -> Vec<Leg> {
    if after.status != Status::Moving || before.status == Status::Moving && before.sequence == after.sequence {
        return Vec::new();
    }
    let kind = after.spec.kind();
    let leg = |step, operation| Leg { record: after.clone(), step, operation };
    let backwards = || {
        std::iter::successors(Some(after.step), |step| chain::before(kind, *step))
            .map(|step| leg(step, Operation::Undo))
            .collect()
    };
    let forwards = |record: &Record, first: StepName| {
        let kind = record.spec.kind();
        std::iter::successors(Some(first), |step| chain::after(kind, *step))
            .map(|step| Leg { record: record.clone(), step, operation: Operation::Apply })
            .collect::<Vec<_>>()
    };
    match after.course {
        Course::Build => forwards(after, after.step),
        Course::Pause => vec![leg(after.step, Operation::Pause)],
        Course::RollBack | Course::Remove => backwards(),
        Course::Clear => {
            let mut legs: Vec<Leg> = backwards();
            if let Some(next) = &after.next {
                let mut record = after.clone();
                record.spec = next.spec.clone();
                for (side, known) in &mut record.sides {
                    if let Some(network) = next.networks.get(side) {
                        known.network = network.clone();
                    }
                }
                legs.extend(forwards(&record, chain::first(next.spec.kind()).step));
            }
            legs
        }
    }
}
