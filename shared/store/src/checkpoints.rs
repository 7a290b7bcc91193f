//! Checkpoints over all logs, and which entries wait for one.
//!
//! - `audit/pending/SECOND/SUBJECT/NUMBER-LEAF`: a marker for each entry that no checkpoint covers, put before the entry is
//!   written and taken away after the checkpoint is. The leaf stands in its name, so there is one marker for one entry: a marker of
//!   somebody who lost the race for the number announces an entry that there is not;
//! - `audit/checkpoints/NUMBER.json`: the signed head of the tree, the entries that it covers and the one before did not, in the order of
//!   the tree, and the tree's full subtrees, which is all that it takes to go on. A place for copies holds the same objects under
//!   the same keys.

use audit::tree::{Frontier, Hash};
use audit::{Content, Entry, Subject};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::logs;
use super::versions::{self, Document};
use super::{Revision, Store, StoreError};

const PENDING: &str = "audit/pending/";
const CHECKPOINTS: &str = "audit/checkpoints/";

/// An entry that waits for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// When the entry was written, in seconds of Unix time.
    pub second: i64,
    /// Whose log it stands in.
    pub subject: Subject,
    /// Its number there.
    pub sequence: u64,
    /// Its leaf of the tree.
    pub leaf: Hash,
}

impl Pending {
    /// What announces an entry.
    #[must_use]
    pub fn of<T: Content>(entry: &Entry<T>, subject: &Subject) -> Self {
        let (second, sequence) = (entry.at.as_second().max(0), entry.sequence);
        Self { second, subject: subject.clone(), sequence, leaf: entry.leaf() }
    }

    /// The key of its marker.
    #[must_use]
    pub fn key(&self) -> String {
        let Self { second, subject, sequence, leaf } = self;
        format!("{PENDING}{second:012}/{subject}/{sequence}-{}", leaf.hex())
    }

    fn of_key(key: &str) -> Option<Self> {
        let (second, rest) = key.strip_prefix(PENDING)?.split_once('/')?;
        let (subject, entry) = rest.rsplit_once('/')?;
        let (sequence, leaf) = entry.split_once('-')?;
        let pending = Self {
            second: second.parse().ok()?,
            subject: subject.parse().ok()?,
            sequence: sequence.parse().ok()?,
            leaf: Hash::of_hex(leaf)?,
        };
        (pending.key() == key).then_some(pending)
    }
}

/// A checkpoint as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredCheckpoint {
    /// The schema's version: 1.
    pub version: u32,
    /// The head of the tree in a signed note.
    pub note: String,
    /// How many entries it covers.
    pub size: u64,
    /// The roots of the tree's full subtrees, the largest first.
    pub subtrees: Vec<Hash>,
    /// The entries that it covers and the checkpoint before did not, in the order of the tree.
    pub entries: Vec<Pending>,
    /// When it was made.
    pub at: Timestamp,
    /// The key behind which entries of earlier releases are still to be looked for; absent once all are covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<String>,
}

impl Document for StoredCheckpoint {
    const FIELD: &'static str = "checkpoint";
    const SCHEMA: u32 = StoredCheckpoint::VERSION;
}

impl StoredCheckpoint {
    /// The version of the schema that this code writes and reads.
    pub const VERSION: u32 = 1;

    /// The checkpoint that an object holds.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        versions::read(bytes)
    }

    /// The tree that it is the head of, if that makes sense.
    #[must_use]
    pub fn tree(&self) -> Option<Frontier> {
        Frontier::of(self.size, self.subtrees.clone())
    }
}

/// Markers of entries, some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPage {
    /// The oldest of them, in order.
    pub markers: Vec<Pending>,
    /// Whether there are more behind.
    pub more: bool,
}

impl Store {
    /// Announces an entry that is about to be written.
    pub(super) async fn put_pending(&self, pending: &Pending) -> Result<(), StoreError> {
        self.create(&pending.key(), b"pending".to_vec()).await.map(drop)
    }

    /// Up to `limit` markers, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn pending(&self, limit: usize) -> Result<PendingPage, StoreError> {
        let keys = self.listed_behind(PENDING, None, limit + 1, |key| Pending::of_key(key).is_some()).await?;
        let mut markers: Vec<Pending> = keys.iter().filter_map(|key| Pending::of_key(key)).collect();
        let more = markers.len() > limit;
        markers.truncate(limit);
        Ok(PendingPage { markers, more })
    }

    /// Takes a marker away.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete_pending(&self, pending: &Pending) -> Result<(), StoreError> {
        self.delete(&pending.key()).await
    }

    /// The bytes of what stands in the place of an entry.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn entry_bytes(&self, subject: &Subject, sequence: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(&Revision::numbered(sequence).key(&logs::folder(subject))).await
    }

    /// Up to `limit` objects in the logs of endpoints behind a key, and that of the last one if there may be more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decisions_behind(
        &self,
        key: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<(Subject, u64)>, Option<String>), StoreError> {
        let keys = self.listed_behind("decisions/", key, limit, |key| logs::of_key(key).is_some()).await?;
        let last = keys.last().filter(|_| keys.len() == limit).cloned();
        Ok((keys.iter().filter_map(|key| logs::of_key(key)).collect(), last))
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// When the store fails, or it does not read.
    pub async fn newest_checkpoint(&self) -> Result<Option<(StoredCheckpoint, Revision)>, StoreError> {
        self.latest(CHECKPOINTS).await
    }

    /// Writes a checkpoint. `writer` must be unique to this call.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote that number.
    pub async fn put_checkpoint(
        &self,
        checkpoint: &StoredCheckpoint,
        number: Revision,
        writer: String,
    ) -> Result<(), StoreError> {
        self.put(CHECKPOINTS, checkpoint, number, writer).await
    }

    /// The numbers of all checkpoints, the smallest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn checkpoint_numbers(&self) -> Result<Vec<u64>, StoreError> {
        self.numbers(CHECKPOINTS).await
    }

    /// One checkpoint.
    ///
    /// # Errors
    /// When the store fails, or it does not read.
    pub async fn checkpoint(&self, number: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.version(CHECKPOINTS, Revision::numbered(number)).await
    }

    /// The object of a checkpoint, byte for byte.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn checkpoint_object(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(&Revision::numbered(number).key(CHECKPOINTS)).await
    }

    /// Writes the object of a checkpoint into a place for copies. `false` when another one is there.
    ///
    /// Dying before it leaves nothing, dying after it the whole copy; the same copy again changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_checkpoint_object(&self, number: u64, object: Vec<u8>) -> Result<bool, StoreError> {
        let key = Revision::numbered(number).key(CHECKPOINTS);
        Ok(self.create(&key, object.clone()).await? || self.get(&key).await?.as_ref() == Some(&object))
    }

    /// Which of a checkpoint and the one behind it are there, the newer one first. What has other numbers does not matter.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn checkpoints_at(&self, number: u64) -> Result<Vec<u64>, StoreError> {
        let before = Revision::numbered(number + 2).key(CHECKPOINTS);
        let keys = self.listed_behind(CHECKPOINTS, Some(&before), 2, |key| Revision::of_key(key).is_some()).await?;
        let numbers = keys.iter().filter_map(|key| Revision::of_key(key)).map(Revision::number);
        Ok(numbers.filter(|found| *found >= number).collect())
    }

    /// Up to `limit` keys below a folder and behind `behind` that are wanted, in order.
    pub(super) async fn listed_behind(
        &self,
        folder: &str,
        behind: Option<&str>,
        limit: usize,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, StoreError> {
        let service = |source| StoreError::Service { doing: format!("list {folder}"), source };
        let mut listing = self.operator.lister_with(folder).recursive(true);
        if let Some(behind) = behind
            && self.operator.info().capability().list_with_start_after
        {
            listing = listing.start_after(behind);
        }
        let mut lister = match listing.await {
            Ok(lister) => lister,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(service(error)),
        };
        let mut keys = Vec::new();
        while let Some(entry) = lister.try_next().await.map_err(service)? {
            let key = entry.path();
            if is_wanted(key) && behind.is_none_or(|behind| key > behind) {
                keys.push(key.to_owned());
                if self.lists_in_order() && keys.len() == limit {
                    break;
                }
            }
        }
        keys.sort_unstable();
        keys.truncate(limit);
        Ok(keys)
    }
}
