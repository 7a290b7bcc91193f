//! Records and their versions.

use futures::TryStreamExt as _;
use opendal::EntryMode;

use super::versions::Document;
use super::{Revision, Store, StoreError};
use connection::record::{self, Record};
use connection::words::ConnectionName;

impl Document for Record {
    const FIELD: &'static str = "record";
    const SCHEMA: u32 = record::VERSION;
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

impl Store {
    /// The newest version of a record: one listing and one read.
    ///
    /// # Errors
    /// When the store fails or the object does not read.
    pub async fn read(&self, name: &ConnectionName) -> Result<Option<Stored>, StoreError> {
        let latest = self.latest(&folder(name)).await?;
        Ok(latest.map(|(record, revision)| Stored { record, revision }))
    }

    /// One version of a record.
    ///
    /// # Errors
    /// When the store fails or the object does not read.
    pub async fn read_revision(&self, name: &ConnectionName, revision: Revision) -> Result<Option<Stored>, StoreError> {
        let record = self.version(&folder(name), revision).await?;
        Ok(record.map(|record| Stored { record, revision }))
    }

    /// Writes `record` as `revision`, if nobody has yet. `writer` must be unique to this call.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote that revision.
    pub async fn write(&self, record: &Record, revision: Revision, writer: String) -> Result<(), StoreError> {
        self.put(&folder(record.name()), record, revision, writer).await
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
}
