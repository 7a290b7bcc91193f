//! Records and their versions.

use futures::TryStreamExt as _;
use jiff::SignedDuration;
use opendal::EntryMode;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::record::{self, Record};
use crate::words::ConnectionName;

/// How long a write of a small file into a folder can possibly take.
const STILL_WRITING: SignedDuration = SignedDuration::from_secs(30);

/// The number of one version of a record; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a record that was never written before.
    pub const FIRST: Self = Self(1);

    /// The one after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The number, counted from 1.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The key counts down, so that in a listing the newest comes first and one entry is enough.
    pub(super) fn key(self, name: &ConnectionName) -> String {
        format!("{}{:020}.json", folder(name), u64::MAX - self.0)
    }

    fn of_key(key: &str) -> Option<Self> {
        let number = key.rsplit('/').next()?.strip_suffix(".json")?.parse::<u64>().ok()?;
        u64::MAX.checked_sub(number).map(Self)
    }
}

fn folder(name: &ConnectionName) -> String {
    format!("records/{name}/")
}

/// A record as it was read, with the revision to base a change on.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// Its revision.
    pub revision: Revision,
}

/// What an object holds. The writer's mark tells two writers of the same content apart.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    writer: String,
    record: Record,
}

impl Store {
    /// The newest version of a record: one listing and one read.
    ///
    /// # Errors
    /// When the store fails or the object does not read.
    pub async fn read(&self, name: &ConnectionName) -> Result<Option<Stored>, StoreError> {
        let Some(newest) = self.newest(name).await? else { return Ok(None) };
        let mut revision = newest;
        loop {
            match self.read_revision(name, revision).await {
                Err(StoreError::Unreadable { .. })
                    if revision > Revision::FIRST && self.was_left_behind(&revision.key(name)).await? =>
                {
                    revision = Revision(revision.0 - 1);
                }
                // A change is based on the newest number, also where that one was never finished.
                read => return Ok(read?.map(|stored| Stored { revision: newest, ..stored })),
            }
        }
    }

    /// Whether an unreadable object was left behind half written by a process that died: in a folder, and too old to be
    /// still in the making. Nobody was ever told that it was written, so it may be passed over.
    async fn was_left_behind(&self, key: &str) -> Result<bool, StoreError> {
        let Some(clock) = &self.torn else { return Ok(false) };
        let service = |source| StoreError::Service { doing: format!("look at {key}"), source };
        let modified = self.operator.stat(key).await.map_err(service)?.last_modified();
        Ok(modified.is_some_and(|at| clock.now().duration_since(at.into_inner()) > STILL_WRITING))
    }

    /// One version of a record.
    ///
    /// # Errors
    /// When the store fails or the object does not read.
    pub async fn read_revision(&self, name: &ConnectionName, revision: Revision) -> Result<Option<Stored>, StoreError> {
        let key = revision.key(name);
        let Some(bytes) = self.get(&key).await? else { return Ok(None) };
        let version = serde_json::from_slice::<serde_json::Value>(&bytes)
            .ok()
            .and_then(|value| value["record"]["version"].as_u64());
        if let Some(version) = version
            && version != u64::from(record::VERSION)
        {
            let reason = format!("it has version {version}; deploy the functions that wrote it");
            return Err(StoreError::Unreadable { key, reason });
        }
        match serde_json::from_slice::<Envelope>(&bytes) {
            Ok(envelope) => Ok(Some(Stored { record: envelope.record, revision })),
            Err(error) => Err(StoreError::Unreadable { key, reason: error.to_string() }),
        }
    }

    /// Writes `record` as `revision`, if nobody has yet. `writer` must be unique to this call.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote that revision.
    pub async fn write(&self, record: &Record, revision: Revision, writer: String) -> Result<(), StoreError> {
        let key = revision.key(record.name());
        let envelope = Envelope { writer, record: record.clone() };
        let bytes = serde_json::to_vec(&envelope).expect("a record is plain data and always serialises");
        if self.create(&key, bytes).await? { Ok(()) } else { Err(StoreError::Conflict { key }) }
    }

    /// Up to `limit` names of connections after `after`, in the order of their folders: a hyphen sorts before the end of a
    /// name, so `a-b` comes before `a`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn names(&self, after: Option<&ConnectionName>, limit: usize) -> Result<Vec<ConnectionName>, StoreError> {
        let service = |source| StoreError::Service { doing: "list records".to_owned(), source };
        let mut listing = self.operator.lister_with("records/");
        if let Some(after) = after
            && self.operator.info().capability().list_with_start_after
        {
            // The first key that lies behind everything in the folder: 0 follows the slash.
            listing = listing.start_after(&format!("records/{after}0"));
        }
        let mut lister = listing.await.map_err(service)?;
        let mut names = Vec::new();
        while let Some(entry) = lister.try_next().await.map_err(service)? {
            if entry.metadata().mode() == EntryMode::DIR
                && let Some(label) = entry.path().strip_prefix("records/").and_then(|path| path.strip_suffix('/'))
                && let Ok(name) = label.parse::<ConnectionName>()
                && after.is_none_or(|after| folder(&name) > folder(after))
            {
                names.push(name);
                if self.lists_in_order() && names.len() == limit {
                    break;
                }
            }
        }
        names.sort_by_key(folder);
        names.truncate(limit);
        Ok(names)
    }

    async fn newest(&self, name: &ConnectionName) -> Result<Option<Revision>, StoreError> {
        let folder = folder(name);
        let service = |source| StoreError::Service { doing: format!("list {folder}"), source };
        let listing = if self.lists_in_order() {
            self.operator.lister_with(&folder).limit(2).await
        } else {
            self.operator.lister_with(&folder).await
        };
        let mut lister = listing.map_err(service)?;
        let mut newest = None;
        while let Some(entry) = lister.try_next().await.map_err(service)? {
            let Some(revision) = Revision::of_key(entry.path()) else { continue };
            newest = newest.max(Some(revision));
            if self.lists_in_order() {
                break;
            }
        }
        Ok(newest)
    }

    /// A folder lists in whatever order the file system likes.
    fn lists_in_order(&self) -> bool {
        self.torn.is_none()
    }
}
