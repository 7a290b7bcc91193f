//! Requests from the consumer's server to the endpoint, sent for the demo alone: by its name, and in each zone by name and by
//! address.

use std::time::Duration;

use alicloud::ecs::RunCommand;
use alicloud::{Client, Region};
use serde::Serialize;
use serde_json::Value;

use super::super::DemoError;
use super::text;
use crate::stand::Stand;

/// How often a run is looked at, and how often in all.
const EVERY: Duration = Duration::from_millis(200);
const LOOKS: usize = 150;

/// What came of a request.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// Whom it went to.
    pub to: String,
    /// What it was answered.
    pub answer: String,
}

impl Said {
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
    stand: &Stand,
    client: &Client,
    region: &Region,
    instance: &str,
    made: &Value,
) -> Result<Vec<Said>, DemoError> {
    let mut hosts = vec![text(&made["domain"])];
    for zone in made["zones"].as_object().into_iter().flat_map(|zones| zones.values()) {
        hosts.extend([text(&zone["domain"]), text(&zone["ip"])]);
    }
    let ecs = client.ecs(region);
    let mut said = Vec::new();
    for host in hosts {
        let url = format!("http://{host}/");
        let command = RunCommand {
            instance_ids: vec![instance.to_owned()],
            script: format!("curl -sS -m 5 {url}"),
            timeout_seconds: 30,
            name: None,
            username: None,
            client_token: stand.io().entropy.nonce().parse()?,
        };
        let run = ecs.run_command(&command).await?;
        let mut answer = "nothing was said in time".to_owned();
        for _ in 0..LOOKS {
            let results = ecs.describe_invocation_results(&run.invoke_id).await?;
            if let Some(result) = results.first().filter(|result| result.status.is_settled()) {
                result.output.trim().clone_into(&mut answer);
                break;
            }
            tokio::time::sleep(EVERY).await;
        }
        said.push(Said { to: url, answer });
    }
    Ok(said)
}
