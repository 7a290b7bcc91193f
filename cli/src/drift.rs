//! `causeway drift`: has connections compared with the cloud, tells what was found, and has it set right when asked to.

use std::process::ExitCode;
use std::time::Duration;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use http::Method;
use serde_json::{Value, json};

use crate::args::Drift;
use crate::demo::follow::{FollowError, follow};
use crate::demo::tell;
use crate::remote::{RemoteError, all, connect};
use crate::webhook::{Webhook, WebhookError};

/// How often a check is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a check may take. One of ten thousand connections takes some minutes, since the cloud is asked at a measured pace.
const AT_MOST: Duration = Duration::from_secs(30 * 60);
/// What the command ends with when something is not as it should be.
const FOUND: u8 = 2;

/// Why nothing could be told.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DriftError {
    /// The webhook could not be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// A repair could not be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The check did not end.
    #[error("drift check {id} is still under way after {} minutes", AT_MOST.as_secs() / 60)]
    #[diagnostic(help("look at it later: GET /v1/drift-checks/{id}"))]
    Endless {
        /// The check.
        id: String,
    },
}

/// `causeway drift`. Ends with 0 when all is as it should be, and with 2 when something is not.
///
/// # Errors
/// When the webhook cannot be asked, or a check does not end.
pub async fn drift(args: &Drift) -> Result<ExitCode, DriftError> {
    let webhook = connect(&args.webhook)?;
    let mut check = if args.known { Value::Null } else { checked(&webhook, args).await? };
    let mut found = found(&webhook, args).await?;
    if args.fix && repaired(&webhook, &found, args.webhook.json).await? {
        check = checked(&webhook, args).await?;
        found = self::found(&webhook, args).await?;
    }
    if args.webhook.json {
        println!("{:#}", json!({"version": 1, "check": check, "drift": found}));
    } else {
        print(&check, &found, args.fix);
    }
    let counts = |finding: &Value| finding["ignored"].is_null();
    let is_found = found.iter().flat_map(findings).any(counts);
    Ok(if is_found { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

/// Has a check made, and waits for its end.
async fn checked(webhook: &Webhook, args: &Drift) -> Result<Value, DriftError> {
    let scope = match &args.name {
        Some(name) => json!({"connection": name}),
        None if args.labels.is_empty() => json!({}),
        None => json!({"labels": args.labels.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()}),
    };
    let begun = webhook.ask(Method::POST, "/v1/drift-checks", &[], &scope.to_string()).await?;
    let id = text(&begun["id"]).to_owned();
    let started = tokio::time::Instant::now();
    loop {
        let check = webhook.ask(Method::GET, &format!("/v1/drift-checks/{id}"), &[], "").await?;
        if check["status"] == "ended" {
            return Ok(check);
        }
        if started.elapsed() > AT_MOST {
            return Err(DriftError::Endless { id });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What is open, of what is asked for.
async fn found(webhook: &Webhook, args: &Drift) -> Result<Vec<Value>, DriftError> {
    let mut query = String::new();
    if let Some(name) = &args.name {
        query.push_str(&format!("&connection={name}"));
    }
    if let Some(severity) = &args.severity {
        query.push_str(&format!("&severity={severity}"));
    }
    let mut found = all(webhook, "/v1/drift", "drift", &query).await?;
    if !args.labels.is_empty() {
        let connections = all(webhook, "/v1/connections", "connections", "").await?;
        let is_asked =
            |connection: &&Value| args.labels.iter().all(|(key, value)| connection["labels"][key] == value.as_str());
        let names: Vec<&Value> = connections.iter().filter(is_asked).map(|connection| &connection["name"]).collect();
        found.retain(|row| names.contains(&&row["subject"]["connection"]));
    }
    Ok(found)
}

/// Approves every plan that waits, and follows what it sets going. Whether there was one.
async fn repaired(webhook: &Webhook, found: &[Value], json: bool) -> Result<bool, DriftError> {
    let planned = found.iter().filter(|row| !row["proposal"].is_null());
    let mut any = false;
    for name in planned.map(|row| text(&row["subject"]["connection"])) {
        if !json {
            println!("repairing {name}");
        }
        webhook.ask(Method::POST, &format!("/v1/drift/{name}/repair"), &[], "").await?;
        follow(webhook, name, LOOK_EVERY, tell::listener(json).as_mut()).await?;
        any = true;
    }
    Ok(any)
}

fn print(check: &Value, found: &[Value], fix: bool) {
    if !check.is_null() {
        let result = &check["result"];
        println!("{} compared, by {} requests to the clouds", counted(&result["compared"]), check["requests"]);
        for passed_over in check["passed_over"].as_array().into_iter().flatten() {
            println!("passed over: {}: {}", text(&passed_over["connection"]), text(&passed_over["why"]));
        }
    }
    if found.iter().flat_map(findings).next().is_none() {
        println!("all is as it should be");
        return;
    }
    let mut table = Table::new();
    table
        .load_style(UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["severity", "of", "side", "what", "resource", "field", "expected", "actual", "since"]);
    for row in found {
        let subject = &row["subject"];
        let of = if subject["connection"].is_null() { &subject["account"] } else { &subject["connection"] };
        for finding in findings(row) {
            let fields = ["side", "kind", "resource", "field", "expected", "actual"].map(|field| text(&finding[field]));
            let severity = if finding["ignored"].is_null() { text(&finding["severity"]) } else { "ignored" };
            let since = crate::status::time(&finding["since"]);
            table.add_row([severity, text(of)].into_iter().chain(fields).chain([since.as_str()]));
        }
    }
    println!("{table}");
    for row in found {
        for unknown in row["unknown"].as_array().into_iter().flatten() {
            println!("could not be looked at: {}", text(&unknown["why"]));
        }
        let name = text(&row["subject"]["connection"]);
        match (&row["proposal"], fix) {
            (Value::Null, true) if !name.is_empty() => println!(
                "{name}: nothing was set right: its spec says repair: never, or what is wrong is somebody else's to set right"
            ),
            (Value::Null, _) => {}
            (proposal, _) => {
                println!("{name}: a plan waits; approve it with --fix, or by {}", text(&proposal["to_approve"]));
                for line in proposal["plan"].as_array().into_iter().flatten() {
                    let call = line["call"].as_str().unwrap_or("nothing");
                    println!(
                        "  {} {}: {call}, {}: {}",
                        text(&line["side"]),
                        text(&line["step"]),
                        text(&line["resource"]),
                        text(&line["what"])
                    );
                }
            }
        }
    }
}

fn findings(row: &Value) -> impl Iterator<Item = &Value> {
    row["findings"].as_array().into_iter().flatten()
}

fn counted(number: &Value) -> String {
    if number == 1 { "1 connection".to_owned() } else { format!("{number} connections") }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
