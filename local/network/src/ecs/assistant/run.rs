//! A command on one instance, from Pending to its end.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use local_core::delays::{Delays, Wait};
use local_core::shared::Shared;
use local_core::table::{StorageError, Table};
use serde::{Deserialize, Serialize};

/// How much of its output is kept (docs/reference/vpc-connection-apis.md, section 5.1).
const MOST_OUTPUT: usize = 24 * 1024;

/// A command on one instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::ecs) struct Run {
    pub invoke_id: String,
    /// The invocation's key in its table.
    pub invocation: String,
    pub instance_id: String,
    pub stage: Stage,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ecs) enum Stage {
    /// The agent does not have it yet.
    Pending,
    /// The program runs, and will end like this.
    Running { took: Duration, end: End },
    /// It is over.
    Over(End),
}

/// How it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ecs) struct End {
    pub state: State,
    pub exit: Option<u8>,
    pub output: String,
    /// How many bytes of the output were cut.
    pub dropped: usize,
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ecs) enum State {
    Success,
    /// The program ended with an exit code other than zero: a result, not a breakdown.
    ExitCode,
    Timeout,
    /// The instance did not run.
    InstanceNotRunning,
    /// The instance's agent does not answer.
    AgentNotRunning,
    /// The instance was stopped meanwhile.
    Interrupted,
    /// The instance has no user of that name.
    NoSuchUser,
    /// The instance has no folder to begin in.
    NoSuchFolder,
}

impl State {
    /// `InvocationStatus`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::ExitCode => "Failed",
            Self::Timeout => "Timeout",
            Self::InstanceNotRunning | Self::AgentNotRunning => "Aborted",
            Self::Interrupted => "Error",
            Self::NoSuchUser | Self::NoSuchFolder => "Invalid",
        }
    }

    /// `ErrorCode` and `ErrorInfo`.
    pub(super) fn error(self) -> (&'static str, &'static str) {
        match self {
            Self::Success => ("", ""),
            Self::ExitCode => ("ExitCodeNonzero", "The exit code of the command is not zero."),
            Self::Timeout => ("ExecutionTimeout", "The command was stopped because it took too long."),
            Self::InstanceNotRunning => ("InstanceNotRunning", "The instance is not running."),
            Self::AgentNotRunning => ("ClientNotRunning", "The Cloud Assistant client is not running."),
            Self::Interrupted => ("ExecutionInterrupted", "The command was interrupted."),
            Self::NoSuchUser => ("AccountNotExists", "The specified account does not exist."),
            Self::NoSuchFolder => ("DirectoryNotExists", "The specified directory does not exist."),
        }
    }
}

impl End {
    /// Without output.
    pub(super) fn bare(state: State) -> Self {
        Self { state, exit: None, output: String::new(), dropped: 0 }
    }

    /// With as much of the output's end as is kept. That it is the end is not confirmed.
    pub(super) fn with_output(state: State, exit: Option<u8>, output: String) -> Self {
        let mut cut = output.len().saturating_sub(MOST_OUTPUT);
        while !output.is_char_boundary(cut) {
            cut += 1;
        }
        Self { state, exit, output: output[cut..].to_owned(), dropped: cut }
    }
}

impl Run {
    /// `InvocationStatus`.
    pub(super) fn word(&self) -> &'static str {
        match &self.stage {
            Stage::Pending => "Pending",
            Stage::Running { .. } => "Running",
            Stage::Over(end) => end.state.word(),
        }
    }

    /// When it goes on by itself.
    fn due(&self, delays: &Delays) -> Option<Timestamp> {
        match &self.stage {
            Stage::Pending => Some(self.created + delays.of(Wait::CommandDeliver, &self.instance_id)?),
            Stage::Running { took, .. } => Some(self.started? + *took),
            Stage::Over(_) => None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over(_))
    }
}

/// All runs, by invocation and instance, and which of them are not over.
#[derive(Debug)]
pub(in crate::ecs) struct Runs {
    pub rows: Table<Run>,
    open: BTreeSet<String>,
}

impl Runs {
    pub(in crate::ecs) fn load(shared: &Shared) -> Result<Self, StorageError> {
        let rows: Table<Run> = Table::load(&shared.storage, "ecs_runs")?;
        let open = rows.iter().filter(|(_, run)| !run.is_over()).map(|(key, _)| key.to_owned()).collect();
        Ok(Self { rows, open })
    }

    /// When the next one goes on.
    pub(in crate::ecs) fn next(&self, delays: &Delays) -> Option<Timestamp> {
        self.open().filter_map(|(_, run)| run.due(delays)).min()
    }

    /// Those that go on by `now`.
    pub(super) fn due(&self, delays: &Delays, now: Timestamp) -> Vec<String> {
        let is_due = |run: &Run| run.due(delays).is_some_and(|due| due <= now);
        self.open().filter(|(_, run)| is_due(run)).map(|(key, _)| key.to_owned()).collect()
    }

    /// Those that are not over.
    pub(super) fn open(&self) -> impl Iterator<Item = (&str, &Run)> {
        self.open.iter().filter_map(|key| Some((key.as_str(), self.rows.get(key)?)))
    }

    pub(super) fn put(&mut self, run: Run) {
        let key = format!("{}/{}", run.invoke_id, run.instance_id);
        if run.is_over() {
            self.open.remove(&key);
        } else {
            self.open.insert(key.clone());
        }
        self.rows.insert(key, run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_output_the_end_is_kept_in_whole_characters() {
        let end = End::with_output(State::Success, Some(0), "é".repeat(20_000) + "x");
        assert!(end.output.len() <= MOST_OUTPUT && end.output.ends_with("éx"));
        assert_eq!(end.output.len() + end.dropped, 40_001);
        assert_eq!(End::with_output(State::Success, Some(0), "short".into()).dropped, 0);
    }
}
