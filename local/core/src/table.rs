//! Rows of the local cloud: in memory always, on disk when the user asked for it.
//!
//! A [`Table`] is an ordered map that remembers which rows changed. At the end of each request the product calls
//! [`Storage::commit`] with its tables: the changed rows go to disk in one transaction *before* the answer goes out, so a
//! client never holds an answer that a killed process has forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeBounds;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableTable as _, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where rows are kept: nowhere, or in one file.
#[derive(Clone, Default)]
pub struct Storage(Option<Arc<Database>>);

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Storage(on disk)" } else { "Storage(in memory)" })
    }
}

/// The state file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum StorageError {
    #[error("the state file cannot be read or written")]
    Database(#[from] redb::Error),
    /// A row was written by a version that this one does not understand.
    #[error("the state file: row {key:?} of table {table:?} does not read; delete the state folder to start afresh")]
    Row { table: &'static str, key: String, source: serde_json::Error },
    #[error("the state folder {folder} cannot be made")]
    Folder { folder: String, source: std::io::Error },
    #[error("another process has the state folder {folder} open")]
    InUse { folder: String },
}

impl Storage {
    /// Rows live in memory only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(None)
    }

    /// Rows are kept in `folder`, which is made if absent.
    ///
    /// # Errors
    /// When the folder cannot be made, or another process has it open.
    pub fn in_folder(folder: &Path) -> Result<Self, StorageError> {
        let named = || folder.display().to_string();
        std::fs::create_dir_all(folder).map_err(|source| StorageError::Folder { folder: named(), source })?;
        let database = match Database::create(folder.join("cloud.redb")) {
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => return Err(StorageError::InUse { folder: named() }),
            opened => opened.map_err(redb::Error::from)?,
        };
        Ok(Self(Some(Arc::new(database))))
    }

    /// Writes the changed rows of `tables` in one transaction.
    ///
    /// # Errors
    /// When the disk refuses. The rows stay marked as changed, so the next commit tries again.
    pub fn commit(&self, tables: &mut [&mut dyn Changes]) -> Result<(), StorageError> {
        self.write(tables).inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "the state could not be written");
        })
    }

    fn write(&self, tables: &mut [&mut dyn Changes]) -> Result<(), StorageError> {
        let Some(database) = &self.0 else {
            tables.iter_mut().for_each(|table| table.settled());
            return Ok(());
        };
        if tables.iter().all(|table| table.is_clean()) {
            return Ok(());
        }
        let transaction = database.begin_write().map_err(redb::Error::from)?;
        for table in &*tables {
            let mut stored =
                transaction.open_table(TableDefinition::<&str, &[u8]>::new(table.name())).map_err(redb::Error::from)?;
            for (key, row) in table.changed() {
                match row {
                    Some(bytes) => stored.insert(key, bytes.as_slice()).map_err(redb::Error::from)?,
                    None => stored.remove(key).map_err(redb::Error::from)?,
                };
            }
        }
        transaction.commit().map_err(redb::Error::from)?;
        tables.iter_mut().for_each(|table| table.settled());
        Ok(())
    }
}

/// What [`Storage::commit`] needs of a table, whatever its rows are.
pub trait Changes {
    /// The table's name on disk.
    fn name(&self) -> &'static str;
    /// Whether nothing changed since the last commit.
    fn is_clean(&self) -> bool;
    /// The changed rows: their bytes, or `None` where the row is gone.
    fn changed(&self) -> Vec<(&str, Option<Vec<u8>>)>;
    /// Forgets what changed.
    fn settled(&mut self);
}

/// An ordered map from string keys to rows.
#[derive(Debug)]
pub struct Table<T> {
    name: &'static str,
    rows: BTreeMap<String, T>,
    dirty: BTreeSet<String>,
}

impl<T: Serialize + DeserializeOwned> Table<T> {
    /// Reads all rows of table `name`.
    ///
    /// # Errors
    /// When the file cannot be read or a row does not parse.
    pub fn load(storage: &Storage, name: &'static str) -> Result<Self, StorageError> {
        let mut rows = BTreeMap::new();
        if let Some(database) = &storage.0 {
            let transaction = database.begin_write().map_err(redb::Error::from)?;
            {
                let stored =
                    transaction.open_table(TableDefinition::<&str, &[u8]>::new(name)).map_err(redb::Error::from)?;
                for entry in stored.iter().map_err(redb::Error::from)? {
                    let (key, bytes) = entry.map_err(redb::Error::from)?;
                    let key = key.value().to_owned();
                    let row = serde_json::from_slice(bytes.value()).map_err(|source| StorageError::Row {
                        table: name,
                        key: key.clone(),
                        source,
                    })?;
                    rows.insert(key, row);
                }
            }
            transaction.commit().map_err(redb::Error::from)?;
        }
        Ok(Self { name, rows, dirty: BTreeSet::new() })
    }

    /// The row of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    /// The row of `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        let row = self.rows.get_mut(key)?;
        self.dirty.insert(key.to_owned());
        Some(row)
    }

    /// Puts a row, and returns the one that stood there.
    pub fn insert(&mut self, key: impl Into<String>, row: T) -> Option<T> {
        let key = key.into();
        self.dirty.insert(key.clone());
        self.rows.insert(key, row)
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: &str) -> Option<T> {
        let row = self.rows.remove(key)?;
        self.dirty.insert(key.to_owned());
        Some(row)
    }

    /// All rows in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.rows.iter().map(|(key, row)| (key.as_str(), row))
    }

    /// The rows whose keys lie in `range`.
    pub fn range<R: RangeBounds<String>>(&self, range: R) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.rows.range(range).map(|(key, row)| (key.as_str(), row))
    }

    /// The rows whose keys begin with `prefix`.
    pub fn prefixed(&self, prefix: &str) -> impl Iterator<Item = (&str, &T)> {
        self.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<T: Serialize> Changes for Table<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_clean(&self) -> bool {
        self.dirty.is_empty()
    }

    fn changed(&self) -> Vec<(&str, Option<Vec<u8>>)> {
        let bytes = |row: &T| serde_json::to_vec(row).expect("a row is plain data and always serialises");
        self.dirty.iter().map(|key| (key.as_str(), self.rows.get(key).map(bytes))).collect()
    }

    fn settled(&mut self) {
        self.dirty.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committed_row_is_there_after_reopening_and_a_removed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        {
            let storage = Storage::in_folder(folder.path()).unwrap();
            let mut table: Table<u32> = Table::load(&storage, "numbers").unwrap();
            table.insert("one", 1);
            table.insert("two", 2);
            storage.commit(&mut [&mut table]).unwrap();
            table.remove("two");
            table.insert("uncommitted", 3);
            table.remove("uncommitted");
            storage.commit(&mut [&mut table]).unwrap();
            table.insert("lost", 4);
        }
        let storage = Storage::in_folder(folder.path()).unwrap();
        let table: Table<u32> = Table::load(&storage, "numbers").unwrap();
        assert_eq!(table.iter().collect::<Vec<_>>(), [("one", &1)]);
    }

    #[test]
    fn prefixed_finds_only_what_begins_so() {
        let mut table: Table<u32> = Table::load(&Storage::in_memory(), "t").unwrap();
        for (key, value) in [("a/1", 1), ("a/2", 2), ("b/1", 3), ("a0", 4)] {
            table.insert(key, value);
        }
        assert_eq!(table.prefixed("a/").map(|(_, v)| *v).collect::<Vec<_>>(), [1, 2]);
    }
}
