//! `causeway up`: the local cloud, left running.

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::Up;
use connection::words::Kind;

use causeway_local::seed::Seed;

use crate::deployment::{Account, CALLER, Deployment, DeploymentError, Options};
use crate::render::table;
use crate::tutorial::tutorial_spec;

/// What `causeway up --json` prints once the cloud is ready.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The address of every product.
    pub gateway: String,
    /// The region of functions, queues and records.
    pub region: String,
    /// How to speak to the webhook.
    pub webhook: WebhookAddress,
    /// The key that verifies the entries of all logs, and their checkpoints: `NAME+HASH+KEY`.
    pub verifier: String,
    /// The accounts, with their keys and what they began with.
    pub accounts: Vec<Account>,
}

/// How to speak to the webhook.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookAddress {
    /// The address before `/v1`.
    pub url: String,
    /// The secret to sign with, `whsec_…`.
    pub secret: String,
}

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the cloud cannot start or cannot stop in order.
pub async fn run(args: &Up) -> Result<(), DeploymentError> {
    let options = Options {
        seed: Seed::tutorial(),
        port: args.port,
        state: args.state.clone(),
        speed: args.cloud.speed.unwrap_or(1.0),
        spawn: args.cloud.spawn,
        bootstrap: args.cloud.bootstrap.clone(),
        template: args.cloud.template.clone(),
        parameters: args.cloud.parameters.clone(),
    };
    // Heard from now on: whoever reads that we are ready may tell us to stop in the same moment.
    let mut signals = Signals::hear().map_err(DeploymentError::Signals)?;
    let deployment = tokio::select! {
        started = Deployment::start(options) => started?,
        () = signals.stop() => return Ok(()),
    };
    if args.json {
        let gateway = deployment.gateway.clone();
        let webhook = WebhookAddress { url: gateway.clone(), secret: deployment.secret_text() };
        let (region, accounts) = (deployment.region(), deployment.accounts());
        let verifier = deployment.verifier().to_string();
        let line = Ready { gateway, region, webhook, verifier, accounts };
        println!("{}", serde_json::to_value(&line).unwrap_or_default());
    } else {
        welcome(&deployment);
    }
    signals.stop().await;
    if !args.json {
        println!("\nstopping");
    }
    deployment.stop().await
}

fn welcome(deployment: &Deployment) {
    println!("The local cloud is ready.\n");
    println!("  gateway  {}   every product, on this one port", deployment.gateway);
    println!("  webhook  {}/v1/connections", deployment.gateway);
    println!("  caller   {CALLER}, who may do everything; its webhook secret is");
    println!("           {}", deployment.secret_text());
    println!("  verifier {}\n", deployment.verifier());
    let columns =
        ["account", "account id", "access key id", "access key secret", "region", "VPC", "range", "instances"];
    let mut table = table(&columns);
    for account in deployment.accounts() {
        let keys = [&account.alias, &account.account_id, &account.access_key_id, &account.access_key_secret];
        if account.vpcs.is_empty() {
            table.add_row(keys.map(String::as_str).into_iter().chain([""; 4]));
        }
        for (place, vpc) in account.vpcs.iter().enumerate() {
            let first = if place == 0 { keys.map(String::as_str) } else { [""; 4] };
            let instances: Vec<String> =
                vpc.instances.iter().map(|own| format!("{} {}", own.instance_id, own.private_ip)).collect();
            let network = [vpc.region_id.clone(), vpc.vpc_id.clone(), vpc.cidr_block.to_string(), instances.join("\n")];
            table.add_row(first.map(str::to_owned).into_iter().chain(network));
        }
    }
    println!("{table}\n");
    println!("A first request, signed as Standard Webhooks wants it:\n\n{}\n", first_request(deployment));
    println!("Ctrl-C stops it.");
}

/// A signed request to paste into a shell.
fn first_request(deployment: &Deployment) -> String {
    let spec = tutorial_spec(&deployment.accounts(), Kind::VpcPeering).map(|spec| spec.to_string()).unwrap_or_default();
    let key = deployment.secret_text();
    let key = key.trim_start_matches("whsec_");
    format!(
        "  body='{spec}'\n  \
         id=$(openssl rand -hex 12)_$(printf 'POST /v1/connections' | openssl dgst -sha256 -r | cut -c1-64); now=$(date +%s)\n  \
         sig=$(printf '%s' \"$id.$now.$body\" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '{key}' | base64 -d | od -An -vtx1 | tr -d ' \\n') -binary | base64)\n  \
         curl -i {gateway}/v1/connections -H \"webhook-id: $id\" -H \"webhook-timestamp: $now\" -H \"webhook-signature: v1,$sig\" -H 'content-type: application/json' -d \"$body\"",
        gateway = deployment.gateway,
    )
}

/// Ctrl-C, and SIGTERM from whoever started us.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn hear() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Returns once one of them has come.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
