//! Markers of connections that are under way.
//!
//! A marker is put *before* the record that sets out is written, and taken away *after* the record that has settled is, and
//! the event that tells so. Dying in between leaves a marker too many, never one too few; the sweep puts the event if it is
//! missing, and takes the superfluous ones away. Unique id and
//! attempt stand in the key, so that cleaning up after an earlier journey never takes away the marker of a later one.

use futures::TryStreamExt as _;
use jiff::Timestamp;

use super::{Store, StoreError};
use connection::record::Record;
use connection::words::ConnectionName;

/// A marker: which journey of which connection is under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OpenMarker {
    /// The connection.
    pub name: ConnectionName,
    /// Its unique id.
    pub uid: String,
    /// The attempt that set out.
    pub attempt: u32,
}

impl OpenMarker {
    /// The marker of a record.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        Self { name: record.name().clone(), uid: record.uid.clone(), attempt: record.attempt }
    }

    /// Whether the record has settled this journey, or set out on a later one since.
    #[must_use]
    pub fn is_over(&self, record: &Record) -> bool {
        self.uid == record.uid
            && (self.attempt < record.attempt || self.attempt == record.attempt && !record.is_under_way())
    }

    fn key(&self) -> String {
        format!("open/{}/{}-{}", self.name, self.uid, self.attempt)
    }

    fn of_key(key: &str) -> Option<Self> {
        let (name, journey) = key.strip_prefix("open/")?.split_once('/')?;
        let (uid, attempt) = journey.rsplit_once('-')?;
        Some(Self { name: name.parse().ok()?, uid: uid.to_owned(), attempt: attempt.parse().ok()? })
    }
}

impl Store {
    /// Marks a record that is about to set out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mark_open(&self, record: &Record) -> Result<(), StoreError> {
        let content = record.updated_at.to_string().into_bytes();
        self.create(&OpenMarker::of(record).key(), content).await.map(|_| ())
    }

    /// When a marker was put, or `None` if it is gone.
    ///
    /// # Errors
    /// When the store fails or the marker does not read.
    pub async fn marked_at(&self, marker: &OpenMarker) -> Result<Option<Timestamp>, StoreError> {
        let key = marker.key();
        let Some(bytes) = self.get(&key).await? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let at = text.parse().map_err(|error| StoreError::Unreadable { key, reason: format!("{error}") })?;
        Ok(Some(at))
    }

    /// Takes a marker away.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unmark(&self, marker: &OpenMarker) -> Result<(), StoreError> {
        self.delete(&marker.key()).await
    }

    /// All markers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open_markers(&self) -> Result<Vec<OpenMarker>, StoreError> {
        let service = |source| StoreError::Service { doing: "list open connections".to_owned(), source };
        let entries: Vec<_> = match self.operator.lister_with("open/").recursive(true).await {
            Ok(lister) => lister.try_collect().await.map_err(service)?,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(service(error)),
        };
        Ok(entries.iter().filter_map(|entry| OpenMarker::of_key(entry.path())).collect())
    }
}
