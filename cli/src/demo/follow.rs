//! Following a connection, as any client of the API would.

use std::time::Duration;

use api::connections::Connection;
use connection::record::{Entry, Phase};
use connection::words::{ConnectionName, StepName};

use crate::webhook::{Webhook, WebhookError};

/// How long to follow at most, in real time. Every step has a shorter limit of its own.
const AT_MOST: Duration = Duration::from_secs(45 * 60);

/// Hears what happens, as it happens.
pub trait Listener {
    /// A line of the history.
    fn entry(&mut self, entry: &Entry);
    /// What the current step waits for now.
    fn waiting(&mut self, step: StepName, why: &str);
}

/// A connection could not be followed to its end.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The webhook failed.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error("the connection {name} is still {phase} after {} minutes", AT_MOST.as_secs() / 60)]
    Endless { name: ConnectionName, phase: Phase },
}

/// Reads the connection again and again until it comes to rest, and returns it.
///
/// # Errors
/// See [`FollowError`].
pub async fn follow(
    webhook: &Webhook,
    name: &ConnectionName,
    every: Duration,
    listener: &mut dyn Listener,
) -> Result<Connection, FollowError> {
    follow_after(webhook, name, None, every, listener).await
}

/// The same, but the listener hears only what came after `seen`, an entry of the history.
///
/// # Errors
/// See [`FollowError`].
pub async fn follow_after(
    webhook: &Webhook,
    name: &ConnectionName,
    mut seen: Option<Entry>,
    every: Duration,
    listener: &mut dyn Listener,
) -> Result<Connection, FollowError> {
    let mut waiting = None;
    let started = tokio::time::Instant::now();
    loop {
        let connection = webhook.connection(name).await?;
        news(&connection.history, seen.as_ref()).iter().for_each(|entry| listener.entry(entry));
        seen = connection.history.last().cloned();
        let why = connection.summary.waiting.as_ref().map(|waiting| waiting.why.clone());
        if why != waiting {
            if let Some(why) = &why {
                listener.waiting(connection.summary.step, why);
            }
            waiting = why;
        }
        let phase = connection.summary.phase;
        if !is_under_way(phase) {
            return Ok(connection);
        }
        if started.elapsed() > AT_MOST {
            return Err(FollowError::Endless { name: name.clone(), phase });
        }
        tokio::time::sleep(every).await;
    }
}

/// What comes after `seen` in a history; all of it where that entry is not there. A long history loses its oldest entries, so
/// places in it do not stay the same.
fn news<'a>(history: &'a [Entry], seen: Option<&Entry>) -> &'a [Entry] {
    let at = seen.and_then(|seen| history.iter().rposition(|entry| entry == seen));
    &history[at.map_or(0, |at| at + 1)..]
}

/// Whether a connection in this phase is still on its way to another.
#[must_use]
pub fn is_under_way(phase: Phase) -> bool {
    match phase {
        Phase::AwaitingConsent
        | Phase::Applying
        | Phase::RollingBack
        | Phase::Removing
        | Phase::Migrating
        | Phase::Pausing => true,
        Phase::Active
        | Phase::RolledBack
        | Phase::Removed
        | Phase::Failed
        | Phase::Stuck
        | Phase::Paused
        | Phase::Abandoned => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use connection::record::{Course, EntryEvent};
    use jiff::Timestamp;

    use super::*;

    pub(crate) fn entry(event: EntryEvent, sequence: u64) -> Entry {
        let (at, course, step) = (Timestamp::UNIX_EPOCH, Course::Build, StepName::Connect);
        Entry { at, sequence, course, step, event, by: None, note: None, took_ms: None }
    }

    #[test]
    fn only_what_came_after_the_entry_that_was_told_is_news_also_when_old_ones_are_gone() {
        let entries = |numbers: std::ops::Range<u64>| {
            numbers.map(|number| entry(EntryEvent::StepDone, number)).collect::<Vec<_>>()
        };
        let seen = entry(EntryEvent::StepDone, 4);
        assert_eq!(news(&entries(0..7), None), entries(0..7));
        assert_eq!(news(&entries(0..7), Some(&seen)), entries(5..7));
        assert_eq!(news(&entries(2..7), Some(&seen)), entries(5..7));
        assert_eq!(news(&entries(0..5), Some(&seen)), entries(0..0));
        assert_eq!(news(&entries(5..7), Some(&seen)), entries(5..7), "all are newer");
    }
}
