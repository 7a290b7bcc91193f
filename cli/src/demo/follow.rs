//! Following a connection through its record, as any client of the API would.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use crate::webhook::{Webhook, WebhookError};

/// How long to follow at most, in real time. Every step has a shorter limit of its own.
const AT_MOST: Duration = Duration::from_secs(45 * 60);

/// Hears what happens, as it happens.
pub trait Listener {
    /// A line of the record's history.
    fn entry(&mut self, entry: &Value);
    /// What the current step waits for now.
    fn waiting(&mut self, step: &str, why: &str);
}

/// A connection could not be followed to its end.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The webhook failed.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// It never came to rest.
    #[error("the connection {name} is still {phase} after {} minutes", AT_MOST.as_secs() / 60)]
    Endless {
        /// The connection.
        name: String,
        /// Its phase.
        phase: String,
    },
}

/// Reads the record so often until the connection comes to rest, and returns it.
///
/// # Errors
/// See [`FollowError`].
pub async fn follow(
    webhook: &Webhook,
    name: &str,
    every: Duration,
    listener: &mut dyn Listener,
) -> Result<Value, FollowError> {
    follow_after(webhook, name, None, every, listener).await
}

/// The same, but tells only what came after an entry of the history.
///
/// # Errors
/// See [`FollowError`].
pub async fn follow_after(
    webhook: &Webhook,
    name: &str,
    mut told: Option<Value>,
    every: Duration,
    listener: &mut dyn Listener,
) -> Result<Value, FollowError> {
    let path = format!("/v1/connections/{name}");
    let mut waiting = String::new();
    let started = tokio::time::Instant::now();
    loop {
        let record = webhook.ask(Method::GET, &path, &[], "").await?;
        let history = record["history"].as_array().map(Vec::as_slice).unwrap_or_default();
        news(history, told.as_ref()).iter().for_each(|entry| listener.entry(entry));
        told = history.last().cloned();
        let why = record["waiting"]["why"].as_str().unwrap_or_default();
        if why != waiting {
            waiting = why.to_owned();
            if !why.is_empty() {
                listener.waiting(record["step"].as_str().unwrap_or_default(), why);
            }
        }
        let phase = record["phase"].as_str().unwrap_or_default();
        if !is_under_way(phase) {
            return Ok(record);
        }
        if started.elapsed() > AT_MOST {
            return Err(FollowError::Endless { name: name.to_owned(), phase: phase.to_owned() });
        }
        tokio::time::sleep(every).await;
    }
}

/// What comes after `told` in a history; all of it where that entry is not there. A long history loses its oldest entries, so
/// places in it do not stay the same.
fn news<'a>(history: &'a [Value], told: Option<&Value>) -> &'a [Value] {
    let at = told.and_then(|told| history.iter().rposition(|entry| entry == told));
    &history[at.map_or(0, |at| at + 1)..]
}

/// Whether a connection in this phase is still on its way to another.
#[must_use]
pub fn is_under_way(phase: &str) -> bool {
    matches!(phase, "applying" | "rolling-back" | "removing" | "migrating" | "pausing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_came_after_the_entry_that_was_told_is_news_also_when_old_ones_are_gone() {
        let entries =
            |numbers: std::ops::Range<u8>| numbers.map(|number| json!({"sequence": number})).collect::<Vec<_>>();
        let told = json!({"sequence": 4});
        assert_eq!(news(&entries(0..7), None), entries(0..7));
        assert_eq!(news(&entries(0..7), Some(&told)), entries(5..7));
        assert_eq!(news(&entries(2..7), Some(&told)), entries(5..7));
        assert_eq!(news(&entries(0..5), Some(&told)), entries(0..0));
        assert_eq!(news(&entries(5..7), Some(&told)), entries(5..7), "all are newer");
    }
}
