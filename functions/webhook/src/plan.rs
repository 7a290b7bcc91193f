//! The answer to a dry run: every step, asked what it would do. Nothing is changed.

use bytes::Bytes;
use connection::carry::Office;
use connection::chain;
use connection::halt::Halt;
use connection::plan::{Direction, Planned};
use connection::record::{Course, Record, Status};
use connection::step::SideContext;
use connection::words::StepName;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::problem_json::{Refusal, json_response};
use crate::steps::step;

/// What it would take to come from `before` to where `after` is going.
///
/// # Errors
/// The refusal to answer with, when a cloud does not answer right now.
pub async fn of(office: &Office, before: &Record, after: &Record) -> Result<Response<Bytes>, Refusal> {
    let walk = walk(before, after);
    let (mut plan, mut obstacles): (Vec<Planned>, Vec<Value>) = (Vec::new(), Vec::new());
    for Leg { record, step: name, direction } in &walk {
        for side in record.sides.keys() {
            let Some(context) = SideContext::of(record, *side, *name, office) else { continue };
            match step(*name).plan(&context, *direction).await {
                Ok(lines) => plan.extend(lines),
                Err(Halt::Fail(failure)) => obstacles.push(json!({
                    "step": name, "side": side, "what": failure.what, "call": failure.call, "advice": failure.advice,
                })),
                Err(Halt::Wait(wait)) => {
                    return Err(Refusal::unavailable(format!("the plan could not be finished: {}", wait.why)));
                }
            }
        }
    }
    Ok(json_response(
        StatusCode::OK,
        &json!({
            "dry_run": true,
            "name": after.name(),
            "kind": after.spec.kind(),
            "phase": after.phase(),
            "plan": plan,
            "obstacles": obstacles,
        }),
    ))
}

/// One step of the way, on a record that shows what it works for.
struct Leg {
    record: Record,
    step: StepName,
    direction: Direction,
}

/// The steps that a record which has just set out is going to pass.
fn walk(before: &Record, after: &Record) -> Vec<Leg> {
    if after.status != Status::Moving || before.status == Status::Moving && before.sequence == after.sequence {
        return Vec::new();
    }
    let kind = after.spec.kind();
    let leg = |step, direction| Leg { record: after.clone(), step, direction };
    let backwards = || {
        std::iter::successors(Some(after.step), |step| chain::before(kind, *step))
            .map(|step| leg(step, Direction::Undo))
            .collect()
    };
    let forwards = |record: &Record, first: StepName| {
        let kind = record.spec.kind();
        std::iter::successors(Some(first), |step| chain::after(kind, *step))
            .map(|step| Leg { record: record.clone(), step, direction: Direction::Apply })
            .collect::<Vec<_>>()
    };
    match after.course {
        Course::Build => forwards(after, after.step),
        Course::Pause => vec![leg(after.step, Direction::Pause)],
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
