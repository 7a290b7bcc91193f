//! How instances of functions come into being. The service does not care whether they are processes or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::FunctionConfig;

/// A running instance of a function: something that answers the requests of the custom runtime contract.
#[async_trait]
pub trait Instance: Send + Sync {
    /// Passes one request on and returns the answer. The future is dropped when the function's time is up.
    ///
    /// # Errors
    /// When the instance is gone, or went before it answered. It is asked nothing more then.
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited>;

    /// Ends the instance. Called once; returns when it is gone.
    async fn stop(&self);
}

/// Starts instances.
#[async_trait]
pub trait Launcher: Send + Sync {
    /// Starts an instance of `function` with this environment, and returns once it takes requests.
    ///
    /// # Errors
    /// When it does not start.
    async fn launch(
        &self,
        function: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError>;
}

/// The instance ended before it answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error(
    "Process exited unexpectedly before completing request{}",
    .status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default()
)]
pub struct Exited {
    /// How it ended, such as `exit status: 3` or `signal: 9 (SIGKILL)`, where that is known.
    pub status: Option<String>,
}

/// An instance did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// There is no program for this function.
    #[error("function {function}: there is no program at {path}")]
    Missing {
        /// The function.
        function: String,
        /// Where one was expected.
        path: String,
    },
    /// The system did not start the program.
    #[error("function {function}: {path} could not be started: {source}")]
    Start {
        /// The function.
        function: String,
        /// The program.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The program ended before it listened.
    #[error("function {function} ended before it listened on port {port} ({status})")]
    Ended {
        /// The function.
        function: String,
        /// Where it should have listened.
        port: u16,
        /// How it ended.
        status: String,
    },
    /// The program does not listen.
    #[error("function {function} did not listen on port {port} within {seconds} s")]
    NotReady {
        /// The function.
        function: String,
        /// Where it should have listened.
        port: u16,
        /// How long it had.
        seconds: u64,
    },
    /// What a caller's own launcher has to say.
    #[error("function {function}: {problem}")]
    Other {
        /// The function.
        function: String,
        /// What is wrong.
        problem: String,
    },
}
