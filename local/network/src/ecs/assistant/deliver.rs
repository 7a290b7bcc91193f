//! What happens to commands as time passes.

use std::time::Duration;

use crate::vpc::World;

use super::super::shell::{self, Machine};
use super::run::{End, Run, Stage, State};
use super::user;

/// Lets every command go on that is due now.
pub(crate) fn proceed(world: &mut World) {
    for key in world.ecs.runs.due(&world.shared.delays, world.now) {
        let Some(run) = world.ecs.runs.rows.get(&key).cloned() else { continue };
        let next = match run.stage.clone() {
            Stage::Pending => begin(world, run),
            Stage::Running { end, .. } => Run { stage: Stage::Over(end), finished: Some(world.now), ..run },
            Stage::Over(_) => continue,
        };
        world.ecs.runs.put(next);
    }
}

/// The agent starts the program, if there is an agent and an instance that runs.
fn begin(world: &World, run: Run) -> Run {
    let refuse = |run, state| Run { stage: Stage::Over(End::bare(state)), finished: Some(world.now), ..run };
    let Some((host, instance)) = world.host(&run.instance_id) else { return refuse(run, State::InstanceNotRunning) };
    if !instance.is_running() {
        return refuse(run, State::InstanceNotRunning);
    }
    if !instance.has_agent() {
        return refuse(run, State::AgentNotRunning);
    }
    let Some(invocation) = world.ecs.invocations.get(&run.invocation) else {
        return refuse(run, State::Interrupted);
    };
    if let Some(state) = user::obstacle(instance, &invocation.user, &invocation.folder) {
        return refuse(run, state);
    }
    let patience = Duration::from_secs(invocation.timeout.into());
    let outcome = shell::run(&Machine { view: world, host: &host }, &invocation.script, patience);
    let state = match outcome.exit {
        Some(0) => State::Success,
        Some(_) => State::ExitCode,
        None => State::Timeout,
    };
    let end = End::with_output(state, outcome.exit, outcome.output);
    Run { stage: Stage::Running { took: outcome.took, end }, started: Some(world.now), ..run }
}

/// An instance stops: so does what runs on it.
pub(in crate::ecs) fn interrupt(world: &mut World, instance_id: &str) {
    let running = |run: &Run| run.instance_id == instance_id && matches!(run.stage, Stage::Running { .. });
    let stopped: Vec<Run> = world.ecs.runs.open().filter(|(_, run)| running(run)).map(|(_, run)| run.clone()).collect();
    for run in stopped {
        let stage = Stage::Over(End::bare(State::Interrupted));
        world.ecs.runs.put(Run { stage, finished: Some(world.now), ..run });
    }
}
