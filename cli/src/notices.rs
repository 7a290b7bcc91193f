//! `causeway notices`: lists notices and redelivers dead letters.

use api::notices::{Delivery, Notice, NoticeStatus};
use comfy_table::Table;
use notice::delivery::Status;
use serde::Serialize;

use crate::args::{Notices, NoticesCommand, Redeliver};
use crate::remote::{RemoteError, connect};
use crate::render::{add_row, counted, fitted_table, json, say, time, word};

/// `causeway notices`. Ends with 0 whatever was found.
///
/// # Errors
/// When the webhook cannot be asked, or refuses.
pub async fn notices(args: &Notices) -> Result<bool, RemoteError> {
    match &args.command {
        Some(NoticesCommand::Redeliver(args)) => redeliver(args).await,
        None => list(args).await,
    }
}

/// What `causeway notices --json` prints.
#[derive(Serialize)]
struct Document {
    version: u32,
    notices: Vec<Notice>,
}

async fn list(args: &Notices) -> Result<bool, RemoteError> {
    let status = match (args.dead_letters, args.waiting) {
        (true, _) => Some(Status::DeadLetter),
        (false, true) => Some(Status::Waiting),
        (false, false) => None,
    };
    let mut query = status.map(|status| format!("&status={}", status.as_str())).unwrap_or_default();
    if let Some(sink) = &args.sink {
        query.push_str(&format!("&sink={sink}"));
    }
    let notices: Vec<Notice> = connect(&args.webhook)?.list("/v1/notices", &query, args.limit).await?;
    if args.webhook.json {
        println!("{}", json(&Document { version: 1, notices }));
        return Ok(true);
    }
    println!("{}", table(&notices));
    say!("{}", counted(notices.len(), "event"));
    for notice in notices.iter().filter(|notice| notice.status == NoticeStatus::DeadLetter) {
        say!("to send it again: causeway notices redeliver {}", notice.id);
    }
    Ok(true)
}

/// A line for each delivery; one for an event that no sink wanted.
fn table(notices: &[Notice]) -> Table {
    let header = ["time", "severity", "event", "of", "sink", "status", "attempts", "what it came to"];
    let mut table = fitted_table(&header);
    for notice in notices {
        let (at, severity) = (time(notice.time), notice.severity.to_string());
        let what = notice.what.as_str().trim_start_matches("causeway.");
        let first = [at.as_str(), &severity, what, &notice.subject];
        for delivery in &notice.deliveries {
            let (attempts, came_to) = (delivery.attempts.to_string(), came_to(delivery));
            let rest = [delivery.sink.as_str(), delivery.status.as_str(), &attempts, &came_to];
            add_row(&mut table, first.into_iter().chain(rest));
        }
        if notice.deliveries.is_empty() {
            add_row(&mut table, first.into_iter().chain(["", &word(&notice.status), "", ""]));
        }
    }
    table
}

/// Why it is dead, when it is tried next, what the sink answered, who had it sent again.
fn came_to(delivery: &Delivery) -> String {
    let mut words = Vec::new();
    if let Some(why) = delivery.why {
        words.push(format!("{} since {}", word(&why), delivery.at.map(time).unwrap_or_default()));
    }
    if let Some(due) = delivery.due {
        words.push(format!("tried at {}", time(due)));
    }
    words.extend(delivery.last_answer.clone());
    if let Some(last) = delivery.redeliveries.last() {
        words.push(format!("sent again by {} at {}", last.by, time(last.at)));
    }
    words.join("; ")
}

async fn redeliver(args: &Redeliver) -> Result<bool, RemoteError> {
    let webhook = connect(&args.webhook)?;
    let sink = args.sink.as_ref().map(|sink| format!("?sink={sink}")).unwrap_or_default();
    let notice: Notice = webhook.post(&format!("/v1/notices/{}/redeliver{sink}", args.id)).await?;
    if args.webhook.json {
        println!("{}", json(&notice));
    } else {
        println!("{}", table(std::slice::from_ref(&notice)));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_dead_delivery_says_why_since_when_and_what_the_sink_said() {
        let dead: Delivery = read(json!({
            "sink": "pager", "status": "dead-letter", "attempts": 4, "why": "refused", "at": "2026-01-02T03:04:05.678Z", "last_answer": "HTTP 400",
            "redeliveries": [{"by": "ann", "at": "2026-01-01T00:00:00Z", "why": "gone", "attempts": 1}],
        }));
        assert_eq!(
            came_to(&dead),
            "refused since 2026-01-02T03:04:05Z; HTTP 400; sent again by ann at 2026-01-01T00:00:00Z"
        );
        let unwanted: Notice = read(json!({"id": "connection-active-a-1", "type": "causeway.connection.active",
            "time": "2026-01-02T03:04:05Z", "subject": "a-b", "severity": "info", "summary": "it is active",
            "status": "unwanted", "deliveries": []}));
        let shown = table(&[unwanted]).to_string();
        assert!(shown.contains("connection.active") && shown.contains("unwanted"), "{shown}");
    }

    #[test]
    fn what_a_sink_answered_ends_no_line_and_moves_no_cursor() {
        let forged = "HTTP 400\n\u{1b}[2Jdelivered\u{9b}2K\u{202e}\r";
        let notice: Notice = read(json!({"id": "connection-active-a-1", "type": "causeway.connection.active",
            "time": "2026-01-02T03:04:05Z", "subject": forged, "severity": "info", "summary": forged, "status": "waiting",
            "deliveries": [{"sink": "pager", "status": "waiting", "attempts": 1, "last_answer": forged,
                "redeliveries": [{"by": forged, "at": "2026-01-01T00:00:00Z", "why": "gone", "attempts": 1}]}]}));
        let shown = table(&[notice]).to_string();
        assert!(!shown.chars().any(|sign| sign != '\n' && strict::is_unseen(sign)), "{shown}");
        assert!(shown.contains("\\u{1b}"), "{shown}");
    }
}
