//! Programs of a line or two.

use std::time::Duration;

use super::{Machine, Ran};

fn at_once(output: String, exit: u8) -> Ran {
    Ran { output, exit, took: Duration::ZERO }
}

pub(super) fn echo(_: &Machine<'_>, arguments: &[String], _: Duration) -> Ran {
    at_once(arguments.join(" ") + "\n", 0)
}

pub(super) fn hostname(machine: &Machine<'_>, _: &[String], _: Duration) -> Ran {
    at_once(format!("{}\n", machine.host.id), 0)
}

pub(super) fn succeed(_: &Machine<'_>, _: &[String], _: Duration) -> Ran {
    at_once(String::new(), 0)
}

pub(super) fn fail(_: &Machine<'_>, _: &[String], _: Duration) -> Ran {
    at_once(String::new(), 1)
}

pub(super) fn sleep(_: &Machine<'_>, arguments: &[String], _: Duration) -> Ran {
    let Some(word) = arguments.first() else { return at_once("sleep: missing operand\n".to_owned(), 1) };
    let seconds = word.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match seconds {
        Some(took) => Ran { output: String::new(), exit: 0, took },
        None => at_once(format!("sleep: invalid time interval '{word}'\n"), 1),
    }
}
