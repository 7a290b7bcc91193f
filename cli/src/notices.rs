//! `causeway notices`: what people were told, and sending again what was given up.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use http::Method;
use serde_json::{Value, json};

use crate::args::{Notices, NoticesCommand, Redeliver};
use crate::remote::{RemoteError, connect, some};
use crate::status::time;
use crate::webhook::WebhookError;

/// Why nothing could be told.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NoticesError {
    /// The webhook could not be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// It is not said which webhook to ask.
    #[error("the webhook is not given")]
    #[diagnostic(help("name it with --webhook, or set CAUSEWAY_WEBHOOK"))]
    NoWebhook,
}

/// `causeway notices`. Ends with 0 whatever was found.
///
/// # Errors
/// When the webhook cannot be asked, or refuses.
pub async fn notices(args: &Notices) -> Result<bool, NoticesError> {
    match &args.command {
        Some(NoticesCommand::Redeliver(args)) => redeliver(args).await,
        None => list(args).await,
    }
}

async fn list(args: &Notices) -> Result<bool, NoticesError> {
    let webhook = args.webhook.as_ref().ok_or(NoticesError::NoWebhook)?;
    let mut query = String::new();
    if args.dead {
        query.push_str("&status=dead-letter");
    } else if args.waiting {
        query.push_str("&status=waiting");
    }
    if let Some(sink) = &args.sink {
        query.push_str(&format!("&sink={sink}"));
    }
    let found = some(&connect(webhook)?, "/v1/notices", &query, args.limit).await?;
    if webhook.json {
        println!("{:#}", json!({"version": 1, "notices": found}));
        return Ok(true);
    }
    println!("{}", table(&found));
    println!("{}", if found.len() == 1 { "1 event".to_owned() } else { format!("{} events", found.len()) });
    for notice in found.iter().filter(|notice| notice["status"] == "dead-letter") {
        println!("to send it again: causeway notices redeliver {}", text(&notice["id"]));
    }
    Ok(true)
}

/// A line a delivery; one of an event that nobody was told of.
fn table(found: &[Value]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header([
        "time",
        "severity",
        "event",
        "of",
        "sink",
        "status",
        "attempts",
        "what it came to",
    ]);
    for notice in found {
        let at = time(&notice["time"]);
        let what = text(&notice["type"]).trim_start_matches("causeway.");
        let first = [at.as_str(), text(&notice["severity"]), what, text(&notice["subject"])];
        let deliveries = notice["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
        for delivery in deliveries {
            let (attempts, came_to) = (delivery["attempts"].to_string(), came_to(delivery));
            let rest = [text(&delivery["sink"]), text(&delivery["status"]), &attempts, &came_to];
            table.add_row(first.into_iter().chain(rest));
        }
        if deliveries.is_empty() {
            table.add_row(first.into_iter().chain(["", text(&notice["status"]), "", ""]));
        }
    }
    table
}

/// Why it is dead, when it is tried next, what was heard, who had it sent again.
fn came_to(delivery: &Value) -> String {
    let mut words = Vec::new();
    if let Some(why) = delivery["why"].as_str() {
        words.push(format!("{why} since {}", time(&delivery["at"])));
    }
    if delivery["due"].is_string() {
        words.push(format!("tried at {}", time(&delivery["due"])));
    }
    if let Some(heard) = delivery["last_answer"].as_str() {
        words.push(heard.to_owned());
    }
    if let Some(again) = delivery["redeliveries"].as_array().and_then(|again| again.last()) {
        words.push(format!("sent again by {} at {}", text(&again["by"]), time(&again["at"])));
    }
    words.join("; ")
}

async fn redeliver(args: &Redeliver) -> Result<bool, NoticesError> {
    let webhook = connect(&args.webhook)?;
    let sink = args.sink.as_ref().map(|sink| format!("?sink={sink}")).unwrap_or_default();
    let path = format!("/v1/notices/{}/redeliver{sink}", args.id);
    let notice = webhook.ask(Method::POST, &path, &[], "").await?;
    if args.webhook.json {
        println!("{notice:#}");
    } else {
        println!("{}", table(std::slice::from_ref(&notice)));
    }
    Ok(true)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_delivery_says_why_since_when_and_what_the_sink_said() {
        let dead = json!({
            "sink": "pager", "status": "dead-letter", "attempts": 4, "why": "refused", "at": "2026-01-02T03:04:05.678Z", "last_answer": "HTTP 400",
            "redeliveries": [{"by": "ann", "at": "2026-01-01T00:00:00Z", "why": "gone", "attempts": 1}],
        });
        assert_eq!(
            came_to(&dead),
            "refused since 2026-01-02T03:04:05Z; HTTP 400; sent again by ann at 2026-01-01T00:00:00Z"
        );
        let unwanted = json!({"id": "a", "type": "causeway.connection.active", "time": "2026-01-02T03:04:05Z", "subject": "a-b",
            "severity": "info", "status": "unwanted", "deliveries": []});
        let shown = table(&[unwanted]).to_string();
        assert!(shown.contains("connection.active") && shown.contains("unwanted"), "{shown}");
    }
}
