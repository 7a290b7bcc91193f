//! What it would take to come from one record to where another is going: every step, asked. Nothing is changed.

use connection::chain;
use connection::not_done::{NotDone, StepFailure};
use connection::plan::{Obstacle, Operation, Planned};
use connection::record::{Course, Record, Status};
use connection::words::{Side, StepName};
use engine::services::Services;
use engine::step::SideContext;

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
        let step = step(*name);
        for context in SideContext::acting(record, step, services) {
            match step.plan(&context, *operation).await {
                Ok(lines) => outputs.plan.extend(lines),
                Err(NotDone::Failed(failure)) => outputs.obstacles.push(obstacle(*name, context.side(), failure)),
                Err(NotDone::Retry(wait)) => return Err(Unfinished(wait.why)),
            }
        }
    }
    Ok(outputs)
}

/// What would stop a removal of `record` on its way, as far as a look tells.
///
/// # Errors
/// When a cloud does not answer right now.
pub async fn removal_obstacles(services: &Services, record: &Record) -> Result<Vec<Obstacle>, Unfinished> {
    let mut obstacles = Vec::new();
    for Leg { record, step: name, .. } in &legs(record, record.reached, Operation::Undo) {
        let step = step(*name);
        for context in SideContext::acting(record, step, services) {
            match step.check_undo(&context).await {
                Ok(()) => {}
                Err(NotDone::Failed(failure)) => obstacles.push(obstacle(*name, context.side(), failure)),
                Err(NotDone::Retry(wait)) => return Err(Unfinished(wait.why)),
            }
        }
    }
    Ok(obstacles)
}

fn obstacle(step: StepName, side: Side, failure: StepFailure) -> Obstacle {
    let StepFailure { what, call, advice } = failure;
    Obstacle { step, side, what, call, advice }
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
    let mut legs = legs(after, after.step, Operation::of(after.course));
    if let (Course::Clear, Some(next)) = (after.course, &after.next) {
        let mut record = after.clone();
        record.spec = next.spec.clone();
        for (side, known) in &mut record.sides {
            if let Some(network) = next.networks.get(side) {
                known.network = network.clone();
            }
        }
        legs.extend(self::legs(&record, chain::first(next.spec.kind()).step, Operation::Apply));
    }
    legs
}

/// The steps of the record's chain from `first` on, the way that `operation` goes.
fn legs(record: &Record, first: StepName, operation: Operation) -> Vec<Leg> {
    let kind = record.spec.kind();
    let steps = std::iter::successors(Some(first), |step| match operation {
        Operation::Apply => chain::after(kind, *step),
        Operation::Undo => chain::before(kind, *step),
        Operation::Pause => None,
    });
    steps.map(|step| Leg { record: record.clone(), step, operation }).collect()
}
