//! Runs the scripts that Cloud Assistant is handed: a small shell of our own, and the few programs that network checks use.
//!
//! Nothing is executed on the machine that this cloud runs on. The shell knows words and quotes, comments, `;`, `&&` and
//! `||`, `exit`, and a few programs, each a function in [`PROGRAMS`]; whatever else a script asks for it refuses, as a shell
//! would, with an exit code.
//!
//! Time is told, not spent: a program says how long it took, and whoever runs it lets that time pass.

mod curl;
mod nc;
mod ping;
mod plain;
mod script;
#[cfg(test)]
mod tests;

use std::time::Duration;

use script::{Operator, Word};

use super::reach::Host;
use crate::privatelink::reach::Directory;

/// Where a script runs.
pub(super) struct Machine<'a> {
    /// The network.
    pub view: &'a dyn Directory,
    /// The instance.
    pub host: &'a Host,
}

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ran {
    /// What it wrote, of both streams. Nothing that it would have written after its patience was over.
    pub output: String,
    /// Its exit code, if it came to its end.
    pub exit: u8,
    /// How long it took, or would have taken: more than its patience if it had to be stopped.
    pub took: Duration,
}

/// A program: its arguments without its own name, and how long it may take before it is stopped.
type Program = fn(&Machine<'_>, &[String], Duration) -> Ran;

/// Every program there is, by name.
const PROGRAMS: &[(&str, Program)] = &[
    ("ping", ping::run),
    ("curl", curl::run),
    ("nc", nc::run),
    ("echo", plain::echo),
    ("hostname", plain::hostname),
    ("sleep", plain::sleep),
    ("true", plain::succeed),
    ("false", plain::fail),
];

/// What became of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// What it wrote.
    pub output: String,
    /// Its exit code; `None` when it had to be stopped.
    pub exit: Option<u8>,
    /// How long it took.
    pub took: Duration,
}

/// Runs a script, at most for `patience`.
pub(super) fn run(machine: &Machine<'_>, script: &str, patience: Duration) -> Outcome {
    let mut output = String::new();
    let (mut took, mut last) = (Duration::ZERO, 0);
    for (number, line) in script.lines().enumerate() {
        let commands = match script::parse(line) {
            Ok(commands) => commands,
            Err(error) => {
                output += &format!("sh: line {}: {error}\n", number + 1);
                return Outcome { output, exit: Some(2), took };
            }
        };
        for command in commands {
            let is_due = match command.operator {
                Operator::Always => true,
                Operator::IfDone => last == 0,
                Operator::IfFailed => last != 0,
            };
            if !is_due {
                continue;
            }
            let words: Vec<String> = command.words.into_iter().map(Word::text).collect();
            let Some((name, arguments)) = words.split_first() else { continue };
            if name == "exit" {
                let exit = arguments.first().map_or(Some(last), |code| code.parse().ok());
                return Outcome { output, exit: Some(exit.unwrap_or(2)), took };
            }
            let left = patience - took;
            let ran = match PROGRAMS.iter().find(|(known, _)| known == name) {
                Some((_, program)) => program(machine, arguments, left),
                None => Ran {
                    output: format!("sh: line {}: {name}: command not found\n", number + 1),
                    exit: 127,
                    took: Duration::ZERO,
                },
            };
            output += &ran.output;
            if ran.took > left {
                return Outcome { output, exit: None, took: patience };
            }
            took += ran.took;
            last = ran.exit;
        }
    }
    Outcome { output, exit: Some(last), took }
}
