//! Causeway's functions, inside this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use causeway_local::fc::{Exited, FunctionConfig, Instance, LaunchError, Launcher};
use connection::queue::Queue;
use connection::words::StepName;
use fc_runtime::layers::TracingLayer;
use fc_runtime::{Environment, FunctionService, LogLines};
use function::start::Build;
use http::{Request, Response};
use transport::{Chain, Io};

/// The functions that own no step.
const OTHERS: [(&str, Build); 5] = [
    ("webhook", fn_webhook::build),
    ("sweep", fn_sweep::build),
    (Queue::SweepEndpoints.name(), fn_sweep_endpoints::build),
    (Queue::Notify.name(), fn_notify::build),
    (Queue::CheckDrift.name(), fn_check_drift::build),
];

/// Every function that has a crate, by the name it has in template.yml.
pub fn functions() -> impl Iterator<Item = (&'static str, Build)> {
    OTHERS.into_iter().chain(StepName::ALL.iter().map(|step| (step.word(), steps::build(*step))))
}

/// Starts functions inside this process: the same code that a bootstrap binary runs, without a socket in between.
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
        let name = function.program();
        let refuse = |problem: String| LaunchError::Other { function: name.to_owned(), problem };
        let (_, build) = functions()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| refuse("this program has no function of that name".to_owned()))?;
        let environment: Environment = environment.into_iter().collect();
        let runtime = build(&environment, self.io.clone()).map_err(|error| refuse(Chain(&*error).to_string()))?;
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
