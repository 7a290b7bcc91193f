//! Approves the plans that wait, and follows every repair that is under way, one connection after the other.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{DriftError, LOOK_EVERY, text};
use crate::demo::follow::{follow_after, is_under_way};
use crate::demo::tell;
use crate::webhook::{Webhook, WebhookError};

/// What became of the repair of one connection.
pub struct Repaired {
    name: String,
    became: Became,
}

enum Became {
    /// It was not begun, and why.
    Refused(String),
    /// It was followed to the end; the record as it is then.
    Ended(Value),
}

impl Repaired {
    /// The webhook refused to begin it.
    pub fn refused(name: &str, why: String) -> Self {
        Self { name: name.to_owned(), became: Became::Refused(why) }
    }

    /// It came to this record.
    pub fn ended(name: &str, record: Value) -> Self {
        Self { name: name.to_owned(), became: Became::Ended(record) }
    }

    /// Whether anything was changed, so that it is worth looking again.
    pub fn was_begun(&self) -> bool {
        matches!(self.became, Became::Ended(_))
    }

    /// Whether it was begun and came to nothing.
    pub fn has_failed(&self) -> bool {
        let is_bad = |phase| matches!(phase, "failed" | "stuck" | "rolled-back");
        matches!(&self.became, Became::Ended(record) if is_bad(text(&record["phase"])))
    }

    /// Why the repair of connection `name` was refused, if it was.
    pub fn refusal(&self, name: &str) -> Option<&str> {
        match &self.became {
            Became::Refused(why) if self.name == name => Some(why),
            _ => None,
        }
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        match &self.became {
            Became::Refused(why) => json!({"connection": self.name, "refused": why}),
            Became::Ended(record) => {
                json!({"connection": self.name, "phase": record["phase"], "failure": record["failure"]})
            }
        }
    }
}

/// Sets right what was found, as far as a plan waits for it or the connection is being repaired already. One that is refused does
/// not keep the others from being repaired.
///
/// # Errors
/// When the webhook does not answer, or a repair does not end.
pub async fn fix(webhook: &Webhook, found: &[Value], json: bool) -> Result<Vec<Repaired>, DriftError> {
    let mut all = Vec::new();
    for row in found {
        let name = text(&row["subject"]["connection"]);
        let is_under_way = is_under_way(text(&row["phase"]));
        let waits = !row["proposal"].is_null() && row["not_repaired"].is_null();
        if name.is_empty() || !waits && !is_under_way {
            continue;
        }
        if waits && let Err(why) = approve(webhook, name).await? {
            all.push(Repaired::refused(name, why));
            continue;
        }
        match (json, waits) {
            (true, _) => {}
            (false, true) => println!("repairing {name}"),
            (false, false) => println!("following {name}, which is {}", text(&row["phase"])),
        }
        let before = before_repair(webhook, name).await?;
        let record = follow_after(webhook, name, before, LOOK_EVERY, tell::listener(json).as_mut()).await?;
        if !json {
            tell::stop(&record["failure"]);
        }
        all.push(Repaired::ended(name, record));
    }
    Ok(all)
}

/// Approves the plan of a connection; or why the webhook does not let it be carried out now.
async fn approve(webhook: &Webhook, name: &str) -> Result<Result<(), String>, WebhookError> {
    match webhook.ask(Method::POST, &format!("/v1/drift/{name}/repair"), &[], "").await {
        Ok(_) => Ok(Ok(())),
        Err(WebhookError::Refused { status: StatusCode::CONFLICT | StatusCode::NOT_FOUND, detail }) => Ok(Err(detail)),
        Err(error) => Err(error),
    }
}

/// The entry of the history that stands before the newest repair: what came earlier is no news.
async fn before_repair(webhook: &Webhook, name: &str) -> Result<Option<Value>, WebhookError> {
    let record = webhook.ask(Method::GET, &format!("/v1/connections/{name}"), &[], "").await?;
    Ok(before(record["history"].as_array().map(Vec::as_slice).unwrap_or_default()).cloned())
}

fn before(history: &[Value]) -> Option<&Value> {
    let asked = history.iter().rposition(|entry| entry["event"] == "repair-asked");
    history.get(asked.unwrap_or(history.len()).checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_newest_repair_is_no_news() {
        let entry = |event: &str, at: u8| json!({"event": event, "at": at});
        let history = [
            entry("accepted", 0),
            entry("repair-asked", 1),
            entry("arrived", 2),
            entry("repair-asked", 3),
            entry("step-done", 4),
        ];
        assert_eq!(before(&history), Some(&history[2]));
        assert_eq!(before(&history[..1]), Some(&history[0]), "what moves for another reason is followed from here on");
        assert_eq!(before(&history[1..2]), None);
        assert_eq!(before(&[]), None);
    }
}
