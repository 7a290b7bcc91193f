//! Requests from the consumer's server to the endpoint, sent for the demo alone: by its name, and in each zone by name and by
//! address.

use std::time::Duration;

use alicloud::ecs::RunCommand;
use alicloud::{Client, Region};
use connection::outputs::{PrivateLinkOutputs, ZoneOutputs};
use serde::Serialize;

use super::super::DemoError;
use crate::deployment::Deployment;

/// How often a run is looked at, and how often in all.
const EVERY: Duration = Duration::from_millis(200);
const LOOKS: usize = 150;

/// A request and its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    pub to: String,
    pub answer: String,
}

impl Exchange {
    /// Whether the service answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answer.starts_with("Hello from i-")
    }
}

/// Sends them, one after the other.
///
/// # Errors
/// When the cloud refuses.
pub async fn send(
    deployment: &Deployment,
    client: &Client,
    region: &Region,
    instance: &str,
    made: &PrivateLinkOutputs,
) -> Result<Vec<Exchange>, DemoError> {
    let of_zone = |zone: &ZoneOutputs| [zone.domain.clone(), zone.ip.map(|ip| ip.to_string())];
    let hosts = std::iter::once(made.domain.clone()).chain(made.zones.values().flat_map(of_zone));
    let ecs = client.ecs(region);
    let mut exchanges = Vec::new();
    for host in hosts.map(Option::unwrap_or_default) {
        let url = format!("http://{host}/");
        let command = RunCommand {
            instance_ids: vec![instance.to_owned()],
            script: format!("curl -sS -m 5 {url}"),
            timeout_seconds: 30,
            name: None,
            username: "nobody".to_owned(),
            working_dir: "/".to_owned(),
            client_token: deployment.local.io().entropy.nonce().parse()?,
        };
        let run = ecs.run_command(&command).await?;
        let mut answer = "no answer came in time".to_owned();
        for _ in 0..LOOKS {
            let results = ecs.describe_invocation_results(&run.invoke_id).await?;
            if let Some(result) = results.first().filter(|result| result.status.is_settled()) {
                result.output.trim().clone_into(&mut answer);
                break;
            }
            tokio::time::sleep(EVERY).await;
        }
        exchanges.push(Exchange { to: url, answer });
    }
    Ok(exchanges)
}
