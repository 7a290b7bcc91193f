//! Documents of which every version is an object of its own, written only if nobody has written it before.
//!
//! Who read version 7 writes version 8, and of all who try only one can: that is the compare-and-set on which everything
//! here rests.

use futures::TryStreamExt as _;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError};

/// How long a write of a small file into a folder can possibly take.
const STILL_WRITING: SignedDuration = SignedDuration::from_secs(30);

/// The number of one version of a document; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a document that was never written before.
    pub const FIRST: Self = Self(1);

    /// The one after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The one before; `None` before the first.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        (self > Self::FIRST).then(|| Self(self.0 - 1))
    }

    /// The number, counted from 1.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The revision of this number.
    #[must_use]
    pub fn numbered(number: u64) -> Self {
        Self(number)
    }

    /// The key counts down, so that in a listing the newest comes first and one entry is enough.
    pub(super) fn key(self, folder: &str) -> String {
        format!("{folder}{:020}.json", u64::MAX - self.0)
    }

    pub(super) fn of_key(key: &str) -> Option<Self> {
        let number = key.rsplit('/').next()?.strip_suffix(".json")?.parse::<u64>().ok()?;
        u64::MAX.checked_sub(number).map(Self)
    }
}

/// A kind of document that is kept in versions.
pub trait Document: Serialize + DeserializeOwned + Clone {
    /// What stands in an object beside the writer: the document's field.
    const FIELD: &'static str;
    /// The version of the document's schema that this code reads and writes.
    const SCHEMA: u32;
}

impl Store {
    /// The newest version of the document in `folder`: one listing and one read. The revision is the one to base a change
    /// on.
    ///
    /// # Errors
    /// When the store fails or the object does not read.
    pub async fn latest<D: Document>(&self, folder: &str) -> Result<Option<(D, Revision)>, StoreError> {
        let Some(newest) = self.newest(folder).await? else { return Ok(None) };
        let mut revision = newest;
        loop {
            match self.version::<D>(folder, revision).await {
                Err(StoreError::Unreadable { .. })
                    if revision > Revision::FIRST && self.was_left_behind(&revision.key(folder)).await? =>
                {
                    revision = Revision(revision.0 - 1);
                }
                // A change is based on the newest number, also where that one was never finished.
                read => return Ok(read?.map(|document| (document, newest))),
            }
        }
    }

    /// Whether an unreadable object was left behind half written by a process that died: in a folder, and too old to be
    /// still in the making. Nobody was ever told that it was written, so it may be passed over.
    pub(super) async fn was_left_behind(&self, key: &str) -> Result<bool, StoreError> {
        let Some(clock) = &self.torn else { return Ok(false) };
        let service = |source| StoreError::Service { doing: format!("look at {key}"), source };
        let modified = self.operator.stat(key).await.map_err(service)?.last_modified();
        Ok(modified.is_some_and(|at| clock.now().duration_since(at.into_inner()) > STILL_WRITING))
    }

    /// One version of the document in `folder`.
    pub(super) async fn version<D: Document>(&self, folder: &str, revision: Revision) -> Result<Option<D>, StoreError> {
        let key = revision.key(folder);
        let Some(bytes) = self.get(&key).await? else { return Ok(None) };
        read(&bytes).map(Some).map_err(|reason| StoreError::Unreadable { key, reason })
    }

    /// Writes `document` as `revision`, if nobody has yet. `writer` must be unique to this call.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote that revision.
    ///
    /// # Panics
    /// Never: a document is plain data.
    pub async fn put<D: Document>(
        &self,
        folder: &str,
        document: &D,
        revision: Revision,
        writer: String,
    ) -> Result<(), StoreError> {
        let key = revision.key(folder);
        let document = serde_json::to_value(document).expect("a document is plain data and always serialises");
        let envelope = Envelope { writer, document: [(D::FIELD.to_owned(), document)].into_iter().collect() };
        let bytes = serde_json::to_vec(&envelope).expect("a document is plain data and always serialises");
        if self.create(&key, bytes).await? { Ok(()) } else { Err(StoreError::Conflict { key }) }
    }

    /// Forgets the version that lies `kept` before `revision`, so that no more than so many stay where each is written once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_before(&self, folder: &str, revision: Revision, kept: u64) -> Result<(), StoreError> {
        match revision.0.checked_sub(kept) {
            Some(old) if old > 0 => self.delete(&Revision(old).key(folder)).await,
            _ => Ok(()),
        }
    }

    pub(super) async fn newest(&self, folder: &str) -> Result<Option<Revision>, StoreError> {
        let service = |source| StoreError::Service { doing: format!("list {folder}"), source };
        let listing = if self.lists_in_order() {
            self.operator.lister_with(folder).limit(2).await
        } else {
            self.operator.lister_with(folder).await
        };
        let mut lister = match listing {
            Ok(lister) => lister,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(service(error)),
        };
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
    pub(super) fn lists_in_order(&self) -> bool {
        self.torn.is_none()
    }
}

/// The document that an object holds, or what is wrong with it.
pub(super) fn read<D: Document>(bytes: &[u8]) -> Result<D, String> {
    // The envelope is read loosely first: a newer schema may have fields that this code does not know.
    let mut envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let document = envelope.document.remove(D::FIELD).ok_or_else(|| format!("it has no {}", D::FIELD))?;
    if let Some(version) = document["version"].as_u64()
        && version != u64::from(D::SCHEMA)
    {
        return Err(format!("it has version {version}; deploy the functions that wrote it"));
    }
    serde_json::from_value(document).map_err(|error| error.to_string())
}

/// What an object holds. The writer's mark tells two writers of the same content apart.
#[derive(Serialize, Deserialize)]
struct Envelope {
    writer: String,
    #[serde(flatten)]
    document: serde_json::Map<String, serde_json::Value>,
}
