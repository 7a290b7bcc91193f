//! `causeway list` and `causeway status`: how connections are, asked of a webhook.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use api::connections::{Connection, Place, Summary};
use connection::record::Phase;
use connection::words::ConnectionName;
use serde::Serialize;

use crate::args::{List, Status};
use crate::demo::follow::{FollowError, follow, is_under_way};
use crate::demo::progress;
use crate::remote::{RemoteError, connect};
use crate::render::{add_row, counted, fitted_table, json, say, time};
use crate::webhook::{Webhook, WebhookError};

/// How often `--watch` looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why the state of connections is not known.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum StatusError {
    /// The webhook could not be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The connection could not be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error("Ctrl-C cannot be listened for")]
    Signal(#[from] std::io::Error),
}

/// What `causeway list --json` prints.
#[derive(Serialize)]
struct ListDocument {
    version: u32,
    connections: Vec<Summary>,
}

/// What `causeway status --json` prints of all connections.
#[derive(Serialize)]
struct OverviewDocument<'a> {
    version: u32,
    phases: BTreeMap<Phase, usize>,
    connections: Vec<&'a Summary>,
}

/// `causeway list`.
///
/// # Errors
/// When the webhook cannot be asked.
pub async fn list(args: &List) -> Result<bool, StatusError> {
    let mut connections = connect(&args.webhook)?.connections().await?;
    connections.retain(|connection| {
        args.phase.is_none_or(|phase| connection.phase == phase)
            && args.kind.is_none_or(|kind| connection.kind == kind)
            && args.labels.iter().all(|(key, value)| connection.labels.get(key) == Some(value))
    });
    if args.webhook.json {
        println!("{}", json(&ListDocument { version: 1, connections }));
        return Ok(true);
    }
    let mut table = fitted_table(&["name", "kind", "phase", "step", "from", "to", "changed"]);
    for connection in &connections {
        let Summary { name, kind, phase, step, places, updated_at, .. } = connection;
        let [from, to] = kind.sides().map(|side| places.get(&side).map(place).unwrap_or_default());
        let words = [name.to_string(), kind.to_string(), phase.to_string(), step.to_string()];
        add_row(&mut table, words.into_iter().chain([from, to, time(*updated_at)]));
    }
    println!("{table}");
    say!("{}", counted(connections.len(), "connection"));
    Ok(true)
}

/// `causeway status`. Whether all is well.
///
/// # Errors
/// When the webhook cannot be asked.
pub async fn status(args: &Status) -> Result<bool, StatusError> {
    let webhook = connect(&args.webhook)?;
    match (&args.name, args.watch) {
        (Some(name), _) => one(&webhook, name, args).await,
        (None, false) => overview(&webhook, args.webhook.json).await,
        (None, true) => watch(&webhook, args.webhook.json).await,
    }
}

async fn one(webhook: &Webhook, name: &ConnectionName, args: &Status) -> Result<bool, StatusError> {
    let connection = if args.watch {
        let mut listener = progress::listener(args.webhook.json);
        follow(webhook, name, LOOK_EVERY, listener.as_mut()).await?
    } else {
        webhook.connection(name).await?
    };
    if args.webhook.json {
        println!("{}", json(&connection));
    } else {
        print(&connection);
    }
    Ok(is_well(&connection.summary))
}

async fn overview(webhook: &Webhook, json: bool) -> Result<bool, StatusError> {
    let found = webhook.connections().await?;
    println!("{}", render_overview(&found, json));
    Ok(found.iter().all(is_well))
}

/// Prints the overview again whenever it has changed, until Ctrl-C.
async fn watch(webhook: &Webhook, json: bool) -> Result<bool, StatusError> {
    let mut interrupted = Box::pin(tokio::signal::ctrl_c());
    let mut before = String::new();
    loop {
        let found = webhook.connections().await?;
        let now = render_overview(&found, json);
        if now != before {
            if std::io::stdout().is_terminal() && !json {
                // Clear the screen, go home.
                print!("\x1b[2J\x1b[H");
            }
            println!("{now}");
            before = now;
        }
        tokio::select! {
            ended = &mut interrupted => {
                ended?;
                return Ok(found.iter().all(is_well));
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// How many connections are in which phase, and those that need a look or are under way.
fn render_overview(found: &[Summary], as_json: bool) -> String {
    let mut phases: BTreeMap<Phase, usize> = BTreeMap::new();
    for connection in found {
        *phases.entry(connection.phase).or_default() += 1;
    }
    let needs_a_look = |connection: &&Summary| !is_well(connection) || is_under_way(connection.phase);
    let connections: Vec<&Summary> = found.iter().filter(needs_a_look).collect();
    if as_json {
        return json(&OverviewDocument { version: 1, phases, connections });
    }
    let numbers: Vec<_> = phases.iter().map(|(phase, number)| format!("{number} {phase}")).collect();
    let mut text = counted(found.len(), "connection");
    if !numbers.is_empty() {
        text.push_str(&format!(": {}", numbers.join(", ")));
    }
    if !connections.is_empty() {
        let mut table = fitted_table(&["name", "phase", "step", "since", "why"]);
        for connection in connections {
            let Summary { name, phase, step, failure, waiting, updated_at, .. } = connection;
            let (since, why) = match (failure, waiting) {
                (Some(stopped), _) => (stopped.failure.since, stopped.failure.what.as_str()),
                (None, Some(waiting)) => (*updated_at, waiting.why.as_str()),
                (None, None) => (*updated_at, ""),
            };
            add_row(&mut table, [&name.to_string(), &phase.to_string(), step.word(), &time(since), why]);
        }
        text.push_str(&format!("\n{table}"));
    }
    text
}

/// Prints one connection in words.
fn print(connection: &Connection) {
    let Summary { name, kind, phase, step, places, waiting, failure, updated_at, .. } = &connection.summary;
    say!("{name}: {kind}, {phase} since {}", time(*updated_at));
    let mut sides = fitted_table(&["side", "account", "region", "VPC"]);
    for (side, place) in places {
        let Place { account, region_id, vpc_id } = place;
        sides.add_row([side.to_string(), account.to_string(), region_id.to_string(), vpc_id.to_string()]);
    }
    println!("{sides}");
    for entry in &connection.history {
        if let Some(line) = progress::line(entry) {
            say!("  {}  {line}", time(entry.at));
        }
    }
    if let Some(waiting) = waiting {
        say!("  … {step}: waiting for {}", waiting.why);
    }
    progress::print_failure(failure.as_ref());
}

/// Whether nobody need look at it.
fn is_well(connection: &Summary) -> bool {
    !matches!(connection.phase, Phase::Failed | Phase::Stuck)
}

/// Where a side lies.
fn place(Place { account, region_id, vpc_id }: &Place) -> String {
    format!("{account} {region_id} {vpc_id}")
}
