//! Causeway's functions, inside this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use causeway_local::fc::{Exited, FunctionConfig, Instance, LaunchError, Launcher};
use fc_runtime::layers::TracingLayer;
use fc_runtime::{Environment, FunctionService, LogLines};
use function::start::Build;
use http::{Request, Response};
use transport::{Chain, Io};

/// Every function that has a crate, by the name it has in template.yml.
pub const FUNCTIONS: &[(&str, Build)] = &[
    ("webhook", webhook::build),
    ("create-interface", create_interface::build),
    ("set-peer-info", set_peer_info::build),
    ("connect", connect::build),
    ("create-peering", create_peering::build),
    ("accept-peering", accept_peering::build),
    ("create-load-balancer", create_load_balancer::build),
    ("create-endpoint-service", create_endpoint_service::build),
    ("create-endpoint", create_endpoint::build),
    ("add-route", add_route::build),
    ("authorize-security-group", authorize_security_group::build),
    ("verify-reachability", verify_reachability::build),
    ("sweep", sweep::build),
    ("sweep-endpoints", sweep_endpoints::build),
    ("approve-endpoint", approve_endpoint::build),
    ("notify", notify::build),
    ("check-drift", check_drift::build),
];

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
        let name = function.function_name.as_str();
        let refuse = |problem: String| LaunchError::Other { function: name.to_owned(), problem };
        let (_, build) = FUNCTIONS
            .iter()
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

    async fn stop(&self) {}
}
