//! How instances of functions come into being. The service does not care whether they are processes or not.

use std::collections::BTreeMap;
use std::fmt;
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

    /// Whether it ended by itself, or is about to: it is given no more calls then.
    fn has_ended(&self) -> bool {
        false
    }

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
    /// The last lines that it printed, where they are known.
    pub said: Said,
}

/// The last lines that an instance printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said(pub Vec<String>);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("it printed nothing");
        }
        f.write_str("it printed last:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// An instance did not start.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum LaunchError {
    #[error("function {function}: there is no program at {path}")]
    Missing { function: String, path: String },
    #[error("function {function}: {path} could not be started: {reason}")]
    Start { function: String, path: String, reason: std::io::Error },
    #[error("function {function} ended before it listened on port {port} ({status}); {said}")]
    Ended { function: String, port: u16, status: String, said: Said },
    #[error("function {function} did not listen on port {port} within {seconds} s")]
    NotReady { function: String, port: u16, seconds: u64 },
    /// What a caller's own launcher has to say.
    #[error("function {function}: {problem}")]
    Other { function: String, problem: String },
}
