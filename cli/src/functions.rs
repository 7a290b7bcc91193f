//! Causeway's functions, inside this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use causeway_local::fc::{Exited, FunctionConfig, Instance, LaunchError, Launcher};
use fc_runtime::layers::TracingLayer;
use fc_runtime::{Environment, FunctionService, LogLines};
use http::{Request, Response};
use transport::{Chain, Io};

/// Starts functions inside this process: the same code that the bootstrap program runs, without a socket in between.
pub struct InProcess {
    io: Io,
}

impl InProcess {
    /// Functions that act through `io`.
    #[must_use]
    pub fn new(io: Io) -> Self {
        Self { io }
    }
}

struct Running(FunctionService);

#[async_trait]
impl Launcher for InProcess {
    async fn launch(
        &self,
        function: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        let environment: Environment = environment.into_iter().collect();
        let runtime = bootstrap::build(&environment, self.io.clone()).map_err(|error| LaunchError::Other {
            function: function.function_name.clone(),
            problem: Chain(&*error).to_string(),
        })?;
        let runtime = runtime.environment(environment).log_lines(LogLines::off()).layer(TracingLayer::new());
        Ok(Arc::new(Running(runtime.into_service())))
    }
}

#[async_trait]
impl Instance for Running {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited> {
        Ok(self.0.handle(request).await)
    }

    fn has_ended(&self) -> bool {
        self.0.retirement().has_begun()
    }

    async fn stop(&self) {}
}
