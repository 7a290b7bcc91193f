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
    let path = format!("/v1/connections/{name}");
    let (mut told, mut waiting) = (0, String::new());
    let started = tokio::time::Instant::now();
    loop {
        let record = webhook.ask(Method::GET, &path, &[], "").await?;
        let history = record["history"].as_array().map(Vec::as_slice).unwrap_or_default();
        for entry in &history[told.min(history.len())..] {
            listener.entry(entry);
        }
        told = history.len();
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

/// Whether a connection in this phase is still on its way to another.
#[must_use]
pub fn is_under_way(phase: &str) -> bool {
    matches!(phase, "applying" | "rolling-back" | "removing" | "migrating" | "pausing")
}
