//! `causeway list` and `causeway status`: how connections are, asked of a webhook.

mod known;
mod made;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use api::approvals::DecisionLog;
use api::connections::{Connection, Place, Summary};
use api::drift::DriftFindings;
use connection::outputs::PrivateLinkOutputs;
use connection::record::Phase;
use connection::words::ConnectionName;
use serde::Serialize;

use crate::approvals::decided;
use crate::args::{List, Status};
use crate::demo::follow::{FollowError, follow, is_under_way};
use crate::demo::progress;
use crate::remote::{RemoteError, connect};
use crate::render::{add_row, counted, fitted_table, json, say, time};
use crate::status::known::Known;
use crate::status::made::{commands, made};
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
    drift: Vec<&'a DriftFindings>,
}

/// What `causeway status NAME --json` prints: the connection, and what is known to differ from it.
#[derive(Serialize)]
struct OneDocument<'a> {
    #[serde(flatten)]
    connection: &'a Connection,
    drift: Vec<&'a DriftFindings>,
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
    let known = Known::ask(webhook, Some(name)).await?;
    if args.webhook.json {
        println!("{}", json(&OneDocument { connection: &connection, drift: known.rows() }));
    } else {
        print(&connection, &known, &decisions(webhook, &connection).await);
    }
    Ok(is_well(&connection.summary, &known))
}

async fn overview(webhook: &Webhook, json: bool) -> Result<bool, StatusError> {
    let (found, known) = (webhook.connections().await?, Known::ask(webhook, None).await?);
    println!("{}", render_overview(&found, &known, json));
    Ok(found.iter().all(|connection| is_well(connection, &known)))
}

/// Prints the overview again whenever it has changed, until Ctrl-C.
async fn watch(webhook: &Webhook, json: bool) -> Result<bool, StatusError> {
    let mut interrupted = Box::pin(tokio::signal::ctrl_c());
    let mut before = String::new();
    loop {
        let (found, known) = (webhook.connections().await?, Known::ask(webhook, None).await?);
        let now = render_overview(&found, &known, json);
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
                return Ok(found.iter().all(|connection| is_well(connection, &known)));
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// How many connections are in which phase, and those that need a look or are under way.
fn render_overview(found: &[Summary], known: &Known, as_json: bool) -> String {
    let mut phases: BTreeMap<Phase, usize> = BTreeMap::new();
    for connection in found {
        *phases.entry(connection.phase).or_default() += 1;
    }
    let needs_a_look = |connection: &&Summary| {
        !is_well(connection, known) || is_under_way(connection.phase) || known.of(connection).next().is_some()
    };
    let connections: Vec<&Summary> = found.iter().filter(needs_a_look).collect();
    if as_json {
        return json(&OverviewDocument { version: 1, phases, connections, drift: known.rows() });
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
                (Some(stopped), _) => (stopped.failure.since, stopped.failure.what.clone()),
                (None, Some(waiting)) => (*updated_at, waiting.why.clone()),
                (None, None) => (*updated_at, known.worst(connection)),
            };
            add_row(&mut table, [&name.to_string(), &phase.to_string(), step.word(), &time(since), why.as_str()]);
        }
        text.push_str(&format!("\n{table}"));
    }
    text
}

/// Prints one connection in words.
fn print(connection: &Connection, known: &Known, decisions: &[String]) {
    let Summary { name, kind, phase, step, places, waiting, failure, updated_at, .. } = &connection.summary;
    say!("{name}: {kind}, {phase} since {}", time(*updated_at));
    let mut sides = fitted_table(&["side", "account", "region", "VPC"]);
    for (side, place) in places {
        let Place { account, region_id, vpc_id } = place;
        add_row(&mut sides, [side.to_string(), account.to_string(), region_id.to_string(), vpc_id.to_string()]);
    }
    println!("{sides}");
    let rows =
        connection.sides.iter().flat_map(|(side, own)| made(&own.outputs).into_iter().map(move |row| (side, row)));
    let mut table = fitted_table(&["side", "what was made", "id", ""]);
    rows.for_each(|(side, row)| add_row(&mut table, [side.to_string()].into_iter().chain(row)));
    if !table.is_empty() {
        println!("{table}");
    }
    decisions.iter().for_each(|decision| say!("  {decision}"));
    if let Some(by) = &connection.spec_by {
        say!("  its spec is that of {by}, generation {}", connection.summary.generation);
    }
    for entry in &connection.history {
        if let Some(line) = progress::line(entry) {
            say!("  {}  {line}", time(entry.at));
        }
    }
    if let Some(waiting) = waiting {
        say!("  … {step}: waiting for {}", waiting.why);
    }
    progress::print_failure(failure.as_ref());
    let found = known.lines(&connection.summary);
    if !found.is_empty() {
        say!("the last drift check found:");
    }
    for line in found {
        say!("  {line}");
    }
    for (command, does) in commands(connection) {
        say!("  {command:<40} {does}");
    }
}

/// What was decided on the endpoint of a private link; nothing where the caller may not see it.
async fn decisions(webhook: &Webhook, connection: &Connection) -> Vec<String> {
    let of = |id: fn(&PrivateLinkOutputs) -> Option<&String>| {
        connection.sides.values().find_map(|side| id(&side.outputs.private_link)).cloned()
    };
    let (Some(service), Some(endpoint)) = (of(|own| own.service_id.as_ref()), of(|own| own.endpoint_id.as_ref()))
    else {
        return Vec::new();
    };
    let log: Result<DecisionLog, _> = webhook.get(&format!("/v1/approvals/{service}/{endpoint}")).await;
    let entries = log.map(|log| log.entries).unwrap_or_default();
    entries.iter().map(|entry| format!("{}  {endpoint}: {}", time(entry.at), decided(entry))).collect()
}

/// Whether nobody need look at it: it did not stop, and nothing that is known keeps its traffic from flowing.
fn is_well(connection: &Summary, known: &Known) -> bool {
    !matches!(connection.phase, Phase::Failed | Phase::Stuck) && !known.is_down(connection)
}

/// Where a side lies.
fn place(Place { account, region_id, vpc_id }: &Place) -> String {
    format!("{account} {region_id} {vpc_id}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_cloud_answered_ends_no_line_and_moves_no_cursor() {
        let forged = "refused\n\u{1b}[2J✓ active\u{9b}2K\u{202e}\r";
        let stopped: Summary = serde_json::from_value(json!({
            "name": "a-b", "kind": "vpc-peering", "phase": "failed", "step": "create-peering", "generation": 1, "places": {},
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "failure": {"step": "create-peering", "what": forged, "advice": forged, "since": "2026-01-01T00:00:00Z",
                "age_seconds": 1, "links": {}},
        }))
        .unwrap();
        for as_json in [false, true] {
            let shown = render_overview(std::slice::from_ref(&stopped), &Known::none(), as_json);
            assert!(!shown.chars().any(|sign| sign != '\n' && strict::is_unseen(sign)), "{shown}");
            assert!(shown.contains("refused"), "{shown}");
        }
    }
}
