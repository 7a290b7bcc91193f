//! `causeway demo`: the tutorial, by itself.

pub mod follow;
mod jdcloud_peering;
mod private_link;
mod proof;
mod report;
pub mod tell;

use std::time::Duration;

use alicloud::{BadName, Client, Credentials, Endpoints};
use causeway_local::seed::Seed;
use connection::words::Kind;
use http::Method;
use serde_json::{Value, json};

use crate::args::{Demo, Story};
use crate::stand::{Account, Options, Stand, StandError, tutorial_spec};
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
    Stand(#[from] StandError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The connection could not be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The cloud refused to show what was made.
    #[error("the result could not be read back")]
    ReadBack(#[from] alicloud::Error),
    /// JD Cloud refused to show what was made.
    #[error("the result could not be read back")]
    ReadBackJdcloud(#[from] jdcloud_peering::ReadBackError),
    /// The record names something that is no such thing.
    #[error("the record does not read")]
    Record(#[from] BadName),
}

/// Runs the demo. `true` when the cloud's own API shows what was promised.
///
/// # Errors
/// See [`DemoError`].
pub async fn run(args: &Demo) -> Result<bool, DemoError> {
    let speed = args.cloud.speed.unwrap_or(SPEED);
    let seed = match args.story {
        Story::Of(Kind::PrivateLink) | Story::PrivateLinkCrossAccount => Seed::tutorial_with_stranger(),
        Story::Of(_) => Seed::tutorial(),
    };
    let options = Options {
        seed,
        port: 0,
        state: None,
        speed,
        spawn: args.cloud.spawn,
        functions: args.cloud.functions.clone(),
        template: args.cloud.template.clone(),
        parameters: args.cloud.parameters.clone(),
    };
    let stand = Stand::start(options).await?;
    let ended = match args.story {
        Story::PrivateLinkCrossAccount => private_link::tell(&stand, "b", args.json, speed).await,
        Story::Of(Kind::PrivateLink) => private_link::tell(&stand, "a", args.json, speed).await,
        Story::Of(kind) => tell(&stand, kind, args.json, speed).await,
    };
    stand.stop().await?;
    ended
}

async fn tell(stand: &Stand, kind: Kind, json: bool, speed: f64) -> Result<bool, DemoError> {
    let accounts = stand.accounts();
    let spec = tutorial_spec(&accounts, kind)?;
    if !json {
        println!("A local cloud at {}, with template.yml deployed into it.", stand.gateway);
        println!("POST /v1/connections {}\n", serde_json::to_string_pretty(&spec).unwrap_or_default());
    }
    let webhook = stand.webhook();
    webhook.ask(Method::POST, "/v1/connections", &[("idempotency-key", "demo")], &spec.to_string()).await?;
    let mut listener = tell::listener(json);
    let name = spec["name"].as_str().unwrap_or_default();
    let record = follow(&webhook, name, LOOK_EVERY, listener.as_mut()).await?;
    drop(listener);

    if kind == Kind::JdcloudPeering {
        let proof = jdcloud_peering::read_back(stand, &accounts, &record).await?;
        let ok = record["phase"] == "active" && proof.holds();
        if json {
            println!("{:#}", report::framed(&record, json!(proof), ok, speed));
        } else {
            proof.print();
            report::print_end(&record, ok, speed);
        }
        return Ok(ok);
    }
    let sides = [side(&record, "initiator")?, side(&record, "acceptor")?];
    let clients = [client(stand, &accounts, &sides[0])?, client(stand, &accounts, &sides[1])?];
    let proof = read_back(&sides, &clients).await?;
    let ok = record["phase"] == "active" && proof.holds(&sides);
    if json {
        println!("{:#}", report::json_document(&record, &proof, ok, speed));
    } else {
        report::print(&record, &proof, ok, speed);
    }
    Ok(ok)
}

/// A side as the record has it.
fn side(record: &Value, name: &str) -> Result<Side, BadName> {
    let (asked, found) = (&record["spec"][name], &record["sides"][name]);
    let known = &found["network"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    Ok(Side {
        name: name.to_owned(),
        account: text(&asked["account"]),
        region_id: text(&asked["region_id"]).parse()?,
        vpc_id: text(&asked["vpc_id"]),
        router_id: text(&known["router_id"]),
        route_tables: list(&known["route_tables"]).iter().map(text).collect(),
        cidr_blocks: list(&known["cidr_blocks"]).iter().filter_map(|block| block.as_str()?.parse().ok()).collect(),
        security_groups: list(&asked["security_groups"]).iter().map(|rule| text(&rule["security_group_id"])).collect(),
        ping: found["outputs"]["proof"].clone(),
    })
}

/// A client with the keys of the account that owns the side.
fn client(stand: &Stand, accounts: &[Account], side: &Side) -> Result<Client, BadName> {
    client_of(stand, accounts, &side.account)
}

/// A client with the keys of the account of that alias.
fn client_of(stand: &Stand, accounts: &[Account], alias: &str) -> Result<Client, BadName> {
    let account = accounts.iter().find(|account| account.alias == alias);
    let (id, secret) =
        account.map(|own| (own.access_key_id.as_str(), own.access_key_secret.as_str())).unwrap_or_default();
    let credentials = std::sync::Arc::new(Credentials::new(id, secret));
    Ok(Client::new(stand.io().clone(), Endpoints::at(&stand.gateway)?, credentials))
}

/// Milliseconds as seconds, for people.
fn seconds(milliseconds: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a duration for people to read")]
    let seconds = milliseconds as f64 / 1000.0;
    format!("{seconds:.1} s")
}
