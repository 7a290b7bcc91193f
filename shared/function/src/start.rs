//! The `main` of a function.

use std::process::ExitCode;

use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

/// How a function is built: from its environment and the outside world.
pub type Build = fn(&Environment, Io) -> Result<Runtime, Error>;

/// Builds the function from the process's environment and the real world, and runs it until it is told to stop.
pub fn start(build: Build) -> ExitCode {
    fc_runtime::start(|environment| build(&environment, Io::system()?))
}
