//! `causeway up`: the local cloud, left running.

use comfy_table::Table;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::Up;
use crate::context::{Context, ContextFile};
use connection::words::Kind;

use causeway_local::seed::Seed;

use crate::deployment::{Account, CALLER, Deployment, DeploymentError, LocalCloud, Options};
use crate::login::keep;
use crate::render::{fitted_table, table};
use crate::tutorial::tutorial_spec;

/// The account of the local cloud in which Causeway is deployed.
const OPERATOR: &str = "operator";

/// What `causeway up --json` prints once the cloud is ready.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The address of every product.
    pub gateway: String,
    /// The region of functions, queues and records.
    pub region: String,
    /// How to speak to the webhook; none of an empty cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookAddress>,
    /// The key that verifies the entries of all logs, and their checkpoints: `NAME+HASH+KEY`; none of an empty cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
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
        seed: if args.empty { Seed::tutorial().without_roles() } else { Seed::tutorial() },
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
    let running = tokio::select! {
        started = Running::start(options, args.empty) => started?,
        () = signals.stop() => return Ok(()),
    };
    if let (Running::Deployed(deployment), Some(name)) = (&running, &args.context) {
        let (secret, verifier) = (deployment.secret_text(), deployment.verifier().to_string());
        let context = Context::of_webhook(deployment.local.gateway.clone(), secret, Some(verifier));
        keep(&ContextFile::own()?, name, context)?;
    }
    if args.json {
        println!("{}", serde_json::to_value(running.ready()).unwrap_or_default());
    } else {
        running.welcome(args.context.as_deref());
    }
    signals.stop().await;
    if !args.json {
        println!("\nstopping");
    }
    running.stop().await
}

/// What runs.
enum Running {
    Empty(LocalCloud),
    Deployed(Box<Deployment>),
}

impl Running {
    async fn start(options: Options, is_empty: bool) -> Result<Self, DeploymentError> {
        if !is_empty {
            return Ok(Self::Deployed(Box::new(Deployment::start(options).await?)));
        }
        let local = LocalCloud::start(&options, options.seed.clone()).await?;
        local.run_functions(&options).await?;
        Ok(Self::Empty(local))
    }

    fn local(&self) -> &LocalCloud {
        match self {
            Self::Empty(local) => local,
            Self::Deployed(deployment) => &deployment.local,
        }
    }

    fn ready(&self) -> Ready {
        let local = self.local();
        let (webhook, verifier) = match self {
            Self::Empty(_) => (None, None),
            Self::Deployed(deployment) => {
                let webhook = WebhookAddress { url: local.gateway.clone(), secret: deployment.secret_text() };
                (Some(webhook), Some(deployment.verifier().to_string()))
            }
        };
        Ready { gateway: local.gateway.clone(), region: local.region(), webhook, verifier, accounts: local.accounts() }
    }

    fn welcome(&self, context: Option<&str>) {
        let local = self.local();
        println!("The local cloud is ready.\n");
        println!("  gateway  {}   every product, on this one port", local.gateway);
        if let Self::Deployed(deployment) = self {
            println!("  webhook  {}/v1/connections", local.gateway);
            println!("  caller   {CALLER}, who may do everything; its webhook secret is");
            println!("           {}", deployment.secret_text());
            println!("  verifier {}", deployment.verifier());
        }
        println!("\n{}\n\n{}\n", keys(&local.accounts()), networks(&local.accounts()));
        match self {
            Self::Empty(_) => println!("{}\n", first_deploy(local)),
            Self::Deployed(deployment) => {
                let kept = context.map_or_else(String::new, |name| format!(" (context {name} is kept)"));
                println!(
                    "In another terminal, a first connection{kept}:\n\n{}\n",
                    first_connection(deployment, context)
                );
            }
        }
        println!("Ctrl-C stops it.");
    }

    async fn stop(self) -> Result<(), DeploymentError> {
        match self {
            Self::Empty(local) => local.stop().await,
            Self::Deployed(deployment) => deployment.stop().await,
        }
    }
}

/// The accounts' keys, each whole so that it can be copied.
fn keys(accounts: &[Account]) -> Table {
    let mut table = table(&["account", "account id", "access key id", "access key secret"]);
    for account in accounts {
        table.add_row([&account.alias, &account.account_id, &account.access_key_id, &account.access_key_secret]);
    }
    table
}

/// What the accounts have in their VPCs.
fn networks(accounts: &[Account]) -> Table {
    let mut table = fitted_table(&["account", "region", "VPC", "range", "instances"]);
    for account in accounts {
        for vpc in &account.vpcs {
            let instances: Vec<String> =
                vpc.instances.iter().map(|own| format!("{} {}", own.instance_id, own.private_ip)).collect();
            let range = vpc.cidr_block.to_string();
            table.add_row([&account.alias, &vpc.region_id, &vpc.vpc_id, &range, &instances.join("\n")]);
        }
    }
    table
}

/// What deploys Causeway into a cloud that is empty, to paste into a shell.
fn first_deploy(local: &LocalCloud) -> String {
    let home = local.accounts().into_iter().find(|account| account.alias == OPERATOR);
    let (id, secret) = home.map(|home| (home.access_key_id, home.access_key_secret)).unwrap_or_default();
    format!(
        "Nothing is deployed in it. In another terminal:\n\n  \
         export CAUSEWAY_ENDPOINT={gateway} CAUSEWAY_REGION={region}\n  \
         export ALIBABA_CLOUD_ACCESS_KEY_ID={id} ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}\n  \
         causeway deploy --open",
        gateway = local.gateway,
        region = local.region(),
    )
}

/// A first connection, to paste into a shell. `context` is the one that was kept.
fn first_connection(deployment: &Deployment, context: Option<&str>) -> String {
    let spec = tutorial_spec(&deployment.local.accounts(), Kind::VpcPeering);
    let spec = spec.ok().and_then(|spec| serde_saphyr::to_string(&spec).ok()).unwrap_or_default();
    let caller = match context {
        Some(name) => format!("export CAUSEWAY_CONTEXT={name}"),
        None => format!(
            "export CAUSEWAY_WEBHOOK={}\n  export CAUSEWAY_WEBHOOK_SECRET={}",
            deployment.local.gateway,
            deployment.secret_text()
        ),
    };
    format!("  {caller}\n  causeway create --wait -f - <<'END'\n{}\nEND", spec.trim_end())
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
