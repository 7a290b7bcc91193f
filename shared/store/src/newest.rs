//! Events by time, the newest first: `notices/newest/COUNTDOWN/ID`, an entry for each event of the last months.
//!
//! An entry is put before its event, so there may be one too many, which whoever lists passes over, and never one too few. It
//! holds nothing: what is true is in the event and in how far it has got. The timer of `notify` takes away what is old; the event
//! itself stays, since its id is what keeps the same thing from being told twice.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use notice::{Event, EventId};

use super::{Store, StoreError};

const NEWEST: &str = "notices/newest/";
/// More seconds than there will be in a timestamp: what is left of them counts down, so that in a listing the newest comes first.
const MOST_SECONDS: i64 = 999_999_999_999;

/// An event's place among all of them, by the second it happened in.
///
/// As text it is `SECONDS-ID`: where a page of a listing ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The second, of Unix time.
    pub second: i64,
    /// The event.
    pub event: EventId,
}

/// A text is no place among the events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be as next gives it: SECONDS-ID")]
pub struct BadListed;

impl Listed {
    /// The place of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self { second: event.time.as_second().clamp(0, MOST_SECONDS), event: event.id.clone() }
    }

    fn key(&self) -> String {
        format!("{}{}", folder(self.second), self.event)
    }

    fn of_key(key: &str) -> Option<Self> {
        let (left, event) = key.strip_prefix(NEWEST)?.split_once('/')?;
        Some(Self { second: MOST_SECONDS - left.parse::<i64>().ok()?, event: event.parse().ok()? })
    }
}

/// The folder of a second.
fn folder(second: i64) -> String {
    format!("{NEWEST}{:012}/", MOST_SECONDS - second.clamp(0, MOST_SECONDS))
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.second, self.event)
    }
}

impl FromStr for Listed {
    type Err = BadListed;

    fn from_str(text: &str) -> Result<Self, BadListed> {
        let (second, event) = text.split_once('-').ok_or(BadListed)?;
        let second = second.parse().ok().filter(|second| (0..=MOST_SECONDS).contains(second)).ok_or(BadListed)?;
        Ok(Self { second, event: event.parse().map_err(|_| BadListed)? })
    }
}

fn is_listed(key: &str) -> bool {
    Listed::of_key(key).is_some()
}

impl Store {
    /// Puts an event among those that are listed.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn list_as_newest(&self, event: &Event) -> Result<(), StoreError> {
        self.create(&Listed::of(event).key(), b"listed".to_vec()).await.map(drop)
    }

    /// Up to `limit` places that come after `after`, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn newest_notices(&self, after: Option<&Listed>, limit: usize) -> Result<Vec<Listed>, StoreError> {
        let keys = self.listed_behind(NEWEST, after.map(Listed::key).as_deref(), limit, is_listed).await?;
        Ok(keys.iter().filter_map(|key| Listed::of_key(key)).collect())
    }

    /// Takes up to `limit` events that happened before `before` out of the listing. Returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unlist_notices_before(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        // Behind everything in the folder of that second: 0 follows the slash.
        let behind = format!("{}0", folder(before.as_second()).trim_end_matches('/'));
        let old = self.listed_behind(NEWEST, Some(&behind), limit, is_listed).await?;
        for key in &old {
            self.delete(key).await?;
        }
        Ok(old.len())
    }
}
