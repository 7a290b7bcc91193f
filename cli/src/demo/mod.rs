//! `causeway demo`: the tutorial, by itself.

pub mod follow;
mod jdcloud_peering;
mod private_link;
pub mod progress;
mod proof;
mod report;

use std::time::Duration;

use alicloud::{BadName, Client, Credentials, Endpoints};
use api::connections::Connection;
use causeway_local::seed::Seed;
use connection::record::Phase;
use connection::words::{self, Kind};

use crate::args::{Demo, Story};
use crate::deployment::{Account, Deployment, DeploymentError, Options};
use crate::render;
use crate::tutorial::{NoVpc, tutorial_spec};
use crate::webhook::WebhookError;
pub use follow::is_under_way;

use follow::{FollowError, follow};
use proof::{Side, read_back};

/// How often the record is read: the local cloud is quick.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// How many times faster than real time the demo's cloud works unless told otherwise.
const SPEED: f64 = 10.0;

/// The demo did not come to its end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DemoError {
    /// The local cloud did not start or stop.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Deployment(#[from] DeploymentError),
    /// The seed lacks a network.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tutorial(#[from] NoVpc),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The connection could not be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error("the result could not be read back")]
    ReadBack(#[from] alicloud::Error),
    #[error("the result could not be read back")]
    ReadBackJdcloud(#[from] jdcloud_peering::ReadBackError),
    #[error("the connection has an id that cannot be parsed")]
    Record(#[from] BadName),
    #[error("the connection shows nothing of its {0} side")]
    Side(words::Side),
}

/// Runs the demo. `true` when the cloud's own API shows what was promised.
///
/// # Errors
/// See [`DemoError`].
pub async fn run(args: &Demo) -> Result<bool, DemoError> {
    let speed = args.cloud.speed.unwrap_or(SPEED);
    let seed = match args.story {
        Story::Of(Kind::PrivateLink) | Story::PrivateLinkCrossAccount => Seed::tutorial_with_third_account(),
        Story::Of(_) => Seed::tutorial(),
    };
    let options = Options {
        seed,
        port: 0,
        state: None,
        speed,
        spawn: args.cloud.spawn,
        bootstrap: args.cloud.bootstrap.clone(),
        template: args.cloud.template.clone(),
        parameters: args.cloud.parameters.clone(),
    };
    let deployment = Deployment::start(options).await?;
    let ended = match args.story {
        Story::PrivateLinkCrossAccount => private_link::run(&deployment, "b", args.json, speed).await,
        Story::Of(Kind::PrivateLink) => private_link::run(&deployment, "a", args.json, speed).await,
        Story::Of(kind) => between_vpcs(&deployment, kind, args.json, speed).await,
    };
    deployment.stop().await?;
    ended
}

async fn between_vpcs(deployment: &Deployment, kind: Kind, json: bool, speed: f64) -> Result<bool, DemoError> {
    let accounts = deployment.local.accounts();
    let spec = tutorial_spec(&accounts, kind)?;
    if !json {
        println!("A local cloud at {}, with template.yml deployed into it.", deployment.local.gateway);
        println!("POST /v1/connections {}\n", render::json(&spec));
    }
    let webhook = deployment.webhook();
    let name = webhook.create(&spec, "demo").await?.name;
    let connection = follow(&webhook, &name, LOOK_EVERY, progress::listener(json).as_mut()).await?;
    let is_active = connection.summary.phase == Phase::Active;

    if kind == Kind::JdcloudPeering {
        let proof = jdcloud_peering::read_back(deployment, &accounts, &connection).await?;
        let ok = is_active && proof.holds();
        if json {
            println!("{}", render::json(&report::Document::of(&connection, Some(&proof), ok, speed)));
        } else {
            proof.print();
            report::print_end(&connection, ok, speed);
        }
        return Ok(ok);
    }
    let sides = [side(&connection, words::Side::Initiator)?, side(&connection, words::Side::Acceptor)?];
    let clients = [client(deployment, &accounts, &sides[0])?, client(deployment, &accounts, &sides[1])?];
    let proof = read_back(&sides, &clients).await?;
    let ok = is_active && proof.holds(&sides);
    if json {
        println!("{}", render::json(&report::Document::of(&connection, Some(&proof), ok, speed)));
    } else {
        report::print(&connection, &proof, ok, speed);
    }
    Ok(ok)
}

/// A side as the API shows it.
fn side(connection: &Connection, side: words::Side) -> Result<Side, DemoError> {
    let known = connection.sides.get(&side).ok_or(DemoError::Side(side))?;
    let place = connection.spec.place(side);
    Ok(Side {
        name: side.to_string(),
        account: place.account.to_string(),
        region_id: place.region_id.as_str().parse()?,
        vpc_id: place.vpc_id.to_string(),
        router_id: known.network.router_id.clone().unwrap_or_default(),
        route_tables: known.network.route_tables.clone(),
        cidr_blocks: known.network.cidr_blocks.clone(),
        security_groups: connection.spec.opened_groups(side).into_iter().map(str::to_owned).collect(),
        ping: known.outputs.proof.clone(),
    })
}

/// A client with the keys of the account that owns the side.
fn client(deployment: &Deployment, accounts: &[Account], side: &Side) -> Result<Client, BadName> {
    client_of(deployment, accounts, &side.account)
}

/// A client with the keys of the account of that alias.
fn client_of(deployment: &Deployment, accounts: &[Account], alias: &str) -> Result<Client, BadName> {
    let account = accounts.iter().find(|account| account.alias == alias);
    let (id, secret) =
        account.map(|own| (own.access_key_id.as_str(), own.access_key_secret.as_str())).unwrap_or_default();
    let credentials = std::sync::Arc::new(Credentials::new(id, secret));
    Ok(Client::new(deployment.local.io().clone(), Endpoints::at(&deployment.local.gateway)?, credentials))
}

/// Milliseconds as seconds, for people.
fn seconds(milliseconds: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a duration for people to read")]
    let seconds = milliseconds as f64 / 1000.0;
    format!("{seconds:.1} s")
}
