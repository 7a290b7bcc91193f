//! `causeway list` and `causeway status`: how connections are, asked of a webhook.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use http::Method;
use serde_json::{Value, json};

use crate::args::{List, Status};
use crate::demo::follow::{FollowError, follow, is_under_way};
use crate::demo::tell;
use crate::remote::{RemoteError, all, connect};
use crate::webhook::{Webhook, WebhookError};

/// How often `--watch` looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why nothing could be told.
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
    /// Ctrl-C could not be listened for.
    #[error("Ctrl-C cannot be listened for")]
    Signal(#[from] std::io::Error),
}

/// `causeway list`.
///
/// # Errors
/// When the webhook cannot be asked.
pub async fn list(args: &List) -> Result<bool, StatusError> {
    let mut found = all(&connect(&args.webhook)?, "/v1/connections", "").await?;
    found.retain(|connection| {
        let labels = &connection["labels"];
        args.phase.as_ref().is_none_or(|phase| connection["phase"] == phase.as_str())
            && args.kind.is_none_or(|kind| connection["kind"] == kind.to_string())
            && args.labels.iter().all(|(key, value)| labels[key] == value.as_str())
    });
    if args.webhook.json {
        println!("{:#}", json!({"version": 1, "connections": found}));
        return Ok(true);
    }
    let mut table = table(&["name", "kind", "phase", "step", "from", "to", "changed"]);
    for connection in &found {
        let [from, to] = ends(connection);
        let texts = ["name", "kind", "phase", "step"].map(|field| text(&connection[field]));
        let [name, kind, phase, step] = texts;
        table.add_row([name, kind, phase, step, &from, &to, &time(&connection["updated_at"])]);
    }
    println!("{table}");
    println!("{}", counted(found.len()));
    Ok(true)
}

/// `causeway status`. Whether all is well.
///
/// # Errors
/// When the webhook cannot be asked.
pub async fn status(args: &Status) -> Result<bool, StatusError> {
    let webhook = connect(&args.webhook)?;
    match (&args.name, args.watch) {
        (Some(name), _) => one(&webhook, name.as_str(), args).await,
        (None, false) => overview(&webhook, args.webhook.json).await,
        (None, true) => watch(&webhook, args.webhook.json).await,
    }
}

async fn one(webhook: &Webhook, name: &str, args: &Status) -> Result<bool, StatusError> {
    let record = if args.watch {
        let mut listener = tell::listener(args.webhook.json);
        follow(webhook, name, LOOK_EVERY, listener.as_mut()).await?
    } else {
        webhook.ask(Method::GET, &format!("/v1/connections/{name}"), &[], "").await?
    };
    if args.webhook.json {
        println!("{record:#}");
    } else {
        tell_one(&record);
    }
    Ok(is_well(&record))
}

async fn overview(webhook: &Webhook, json: bool) -> Result<bool, StatusError> {
    let found = all(webhook, "/v1/connections", "").await?;
    println!("{}", told(&found, json));
    Ok(found.iter().all(is_well))
}

/// Tells the overview again whenever it has changed, until Ctrl-C.
async fn watch(webhook: &Webhook, json: bool) -> Result<bool, StatusError> {
    let mut interrupted = Box::pin(tokio::signal::ctrl_c());
    let mut before = String::new();
    loop {
        let found = all(webhook, "/v1/connections", "").await?;
        let now = told(&found, json);
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
fn told(found: &[Value], json: bool) -> String {
    let mut phases: BTreeMap<&str, usize> = BTreeMap::new();
    for connection in found {
        *phases.entry(text(&connection["phase"])).or_default() += 1;
    }
    let shown: Vec<&Value> =
        found.iter().filter(|connection| !is_well(connection) || is_under_way(text(&connection["phase"]))).collect();
    if json {
        return format!("{:#}", json!({"version": 1, "phases": phases, "connections": shown}));
    }
    let numbers: Vec<_> = phases.iter().map(|(phase, number)| format!("{number} {phase}")).collect();
    let mut told = counted(found.len());
    if !numbers.is_empty() {
        told.push_str(&format!(": {}", numbers.join(", ")));
    }
    if !shown.is_empty() {
        let mut table = table(&["name", "phase", "step", "since", "why"]);
        for connection in shown {
            let (stop, waiting) = (&connection["failure"], &connection["waiting"]);
            let since = if stop.is_null() { &connection["updated_at"] } else { &stop["since"] };
            let why = if stop.is_null() { &waiting["why"] } else { &stop["what"] };
            let [name, phase, step] = ["name", "phase", "step"].map(|field| text(&connection[field]));
            table.add_row([name, phase, step, &time(since), text(why)]);
        }
        told.push_str(&format!("\n{table}"));
    }
    told
}

/// One connection in words.
fn tell_one(record: &Value) {
    let [name, kind, phase] = ["name", "kind", "phase"].map(|field| text(&record[field]));
    println!("{name}: {kind}, {phase} since {}", time(&record["updated_at"]));
    let mut sides = table(&["side", "account", "region", "VPC"]);
    for (side, place) in record["places"].as_object().into_iter().flatten() {
        let [account, region, vpc] = ["account", "region_id", "vpc_id"].map(|field| text(&place[field]));
        sides.add_row([side, account, region, vpc]);
    }
    println!("{sides}");
    for entry in record["history"].as_array().into_iter().flatten() {
        if let Some(line) = tell::line(entry) {
            println!("  {}  {line}", time(&entry["at"]));
        }
    }
    if let Some(why) = record["waiting"]["why"].as_str() {
        println!("  … {}: waiting for {why}", text(&record["step"]));
    }
    tell::stop(&record["failure"]);
}

/// Whether nobody need look at it.
fn is_well(connection: &Value) -> bool {
    !matches!(text(&connection["phase"]), "failed" | "stuck")
}

/// Where its two sides lie, the one that asks first.
fn ends(connection: &Value) -> [String; 2] {
    let places = &connection["places"];
    let end = |sides: [&str; 2]| {
        let place = sides.iter().map(|side| &places[side]).find(|place| !place.is_null()).unwrap_or(&Value::Null);
        format!("{} {} {}", text(&place["account"]), text(&place["region_id"]), text(&place["vpc_id"]))
    };
    [end(["initiator", "consumer"]), end(["acceptor", "provider"])]
}

fn counted(number: usize) -> String {
    if number == 1 { "1 connection".to_owned() } else { format!("{number} connections") }
}

/// A time, to the second.
#[must_use]
pub fn time(value: &Value) -> String {
    let read = text(value).parse::<jiff::Timestamp>();
    read.map_or_else(|_| text(value).to_owned(), |at| format!("{at:.0}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}
