//! What happened, and who has been told.
//!
//! - `notices/events/ID.json`: an event, written once. Its id follows from what happened, so whoever tells the same thing twice
//!   writes it once;
//! - `notices/due/SECONDS/ID`: an entry for each event that somebody still has to be told of, by the instant at which that is
//!   to be tried. Put *before* what it announces is written, and taken away *after* it is settled: there may be one too many,
//!   which whoever finds it takes away, and never one too few;
//! - `notices/deliveries/ID/REVISION.json`: how far an event has got with each sink.

use futures::TryStreamExt as _;
use jiff::Timestamp;
use notice::delivery::{self, Deliveries};
use notice::{Event, EventId};

use super::versions::Document;
use super::{Revision, Store, StoreError};

const DUE: &str = "notices/due/";

impl Document for Deliveries {
    const FIELD: &'static str = "deliveries";
    const SCHEMA: u32 = delivery::VERSION;
}

/// An entry among what is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueNotice {
    /// The event.
    pub event: EventId,
    /// The instant it is listed under, in whole seconds.
    pub at: Timestamp,
}

impl DueNotice {
    /// The entry of an event under an instant, whose fraction of a second does not count.
    #[must_use]
    pub fn of(event: &EventId, at: Timestamp) -> Self {
        Self { event: event.clone(), at: Timestamp::from_second(at.as_second()).unwrap_or(at) }
    }

    fn key(&self) -> String {
        format!("{DUE}{:012}/{}", self.at.as_second().max(0), self.event)
    }

    fn of_key(key: &str) -> Option<Self> {
        let (second, event) = key.strip_prefix(DUE)?.split_once('/')?;
        Some(Self { event: event.parse().ok()?, at: Timestamp::from_second(second.parse().ok()?).ok()? })
    }
}

fn event_key(id: &EventId) -> String {
    format!("notices/events/{id}.json")
}

fn folder(id: &EventId) -> String {
    format!("notices/deliveries/{id}/")
}

impl Store {
    /// Puts an event where it will be told from. `false` when it was there before.
    ///
    /// # Errors
    /// When the store fails: the event may be there or not, and must be put again.
    ///
    /// # Panics
    /// Never: an event is plain data.
    pub async fn put_notice(&self, event: &Event) -> Result<bool, StoreError> {
        match self.notice(&event.id).await {
            Ok(None) => {}
            Ok(Some(_)) => return Ok(false),
            Err(error) if !self.is_torn(&event_key(&event.id), &error).await? => return Err(error),
            Err(_) => self.delete(&event_key(&event.id)).await?,
        }
        self.list_notice(&DueNotice::of(&event.id, event.time)).await?;
        self.list_as_newest(event).await?;
        let bytes = serde_json::to_vec(event).expect("an event is plain data and always serialises");
        self.create(&event_key(&event.id), bytes).await
    }

    /// Whether an object does not read because whoever wrote it died over it.
    async fn is_torn(&self, key: &str, error: &StoreError) -> Result<bool, StoreError> {
        Ok(matches!(error, StoreError::Unreadable { .. }) && self.was_left_behind(key).await?)
    }

    /// An event.
    ///
    /// # Errors
    /// When the store fails or the event does not read.
    pub async fn notice(&self, id: &EventId) -> Result<Option<Event>, StoreError> {
        let key = event_key(id);
        let Some(bytes) = self.get(&key).await? else { return Ok(None) };
        let event = serde_json::from_slice::<Event>(&bytes);
        event.map(Some).map_err(|error| StoreError::Unreadable { key, reason: error.to_string() })
    }

    /// How far an event has got, and the revision to base a change on; `None` where nobody has looked at it yet.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn deliveries(&self, id: &EventId) -> Result<Option<(Deliveries, Revision)>, StoreError> {
        self.latest(&folder(id)).await
    }

    /// Writes how far an event has got, as `revision`. `writer` must be unique to this call.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote that revision.
    pub async fn put_deliveries(
        &self,
        deliveries: &Deliveries,
        revision: Revision,
        writer: String,
    ) -> Result<(), StoreError> {
        self.put(&folder(&deliveries.event), deliveries, revision, writer).await
    }

    /// Lists an event as due.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_notice(&self, due: &DueNotice) -> Result<(), StoreError> {
        self.create(&due.key(), b"due".to_vec()).await.map(drop)
    }

    /// Whether there is such an entry.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_listed_as_due(&self, due: &DueNotice) -> Result<bool, StoreError> {
        Ok(self.get(&due.key()).await?.is_some())
    }

    /// Takes an entry away.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unlist_notice(&self, due: &DueNotice) -> Result<(), StoreError> {
        self.delete(&due.key()).await
    }

    /// Up to `limit` entries that are due at `now`, the oldest first. What lies in the future is not looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn due_notices(&self, now: Timestamp, limit: usize) -> Result<Vec<DueNotice>, StoreError> {
        let service = |source| StoreError::Service { doing: "list what is due".to_owned(), source };
        let mut lister = match self.operator.lister_with(DUE).recursive(true).await {
            Ok(lister) => lister,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(service(error)),
        };
        let mut found = Vec::new();
        while let Some(entry) = lister.try_next().await.map_err(service)? {
            let Some(due) = DueNotice::of_key(entry.path()) else { continue };
            let is_due = due.at <= now;
            if is_due {
                found.push(due);
            }
            if self.lists_in_order() && (!is_due || found.len() == limit) {
                break;
            }
        }
        found.sort_by(|one, other| (one.at, &one.event).cmp(&(other.at, &other.event)));
        found.truncate(limit);
        Ok(found)
    }
}
