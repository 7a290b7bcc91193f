//! Checkpoints: the entries that came to the logs since the last one go into the Merkle tree over all of them, and its head is
//! signed.
//!
//! Who writes an entry puts a marker first and knows nothing of the tree, so nobody waits for anybody. The order of the leaves is made
//! here: that of the markers, the oldest first. A checkpoint stores it.
//!
//! ```text
//! finish the newest one ─► read markers and their entries ─► write the next checkpoint ─► copy it ─► tell ─► delete the markers
//!                       │                                │                             │          │       │
//!         likewise, again         nothing was written      the next run copies it;         its markers are still there: the
//!                                                          see `copies`                    next run tells again and deletes them
//! ```
//!
//! # Guarantees
//! Every entry is covered once. A marker names the leaf of its entry, so each entry has one marker, and none comes again: it is put
//! once, before the entry. The markers of a checkpoint are deleted before the next one is written. So of the markers that are found
//! after the newest checkpoint was read, only its own can be of entries that are covered; and whoever read an older one finds the
//! number that it wants to write taken, and stops.
//!
//! # Entries of earlier releases
//! They had no markers. The first checkpoints of a store cover all that are there. What is found later without signature was put
//! there by somebody else.

use std::collections::BTreeSet;

use audit::checkpoint::Checkpoint;
use audit::entry::Fault;
use audit::tree::{Frontier, Hash};
use audit::{Entry, Verifier};
use engine::services::Services;
use engine::tell::{of_broken_checkpoint, of_checkpoint, of_untrusted, tell};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use store::{Pending, Revision, StoreError, StoredCheckpoint, Untrusted};
use tracing::{error, info, warn};

use crate::copies::{self, Compared};

/// How many entries a checkpoint covers at most that the one before did not.
const MOST: usize = 250;
/// How many checkpoints a run makes at most.
const MOST_A_RUN: usize = 4;
/// How many entries are read, and markers deleted, side by side.
const SIDE_BY_SIDE: usize = 16;
/// How old a marker without its entry must be before it is deleted: whoever put it may be about to write the entry.
const ORPHAN_AGE: SignedDuration = SignedDuration::from_mins(10);
/// How old the marker of an entry that is not to be trusted must be: while keys are replaced, another function may know more of them.
const UNTRUSTED_AGE: SignedDuration = SignedDuration::from_hours(24);

/// No checkpoint could be made. The next run tries again.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The store failed, or the function has no key.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody goes on from the newest checkpoint.
    #[error("checkpoint {number} is not to be trusted, so no other is made: {why}; run `causeway audit verify`")]
    Broken {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A copy proves that checkpoints were taken away or replaced.
    #[error(
        "the copy of checkpoint {number} contradicts the store, so no checkpoint is made: {why}; run `causeway audit verify --checkpoint \
         oss://BUCKET` with the bucket of the copies, and put back from there what is missing in audit/checkpoints/"
    )]
    Contradicted {
        /// Which copy.
        number: u64,
        /// What it shows.
        why: String,
    },
}

impl From<audit::NoKey> for CheckpointError {
    fn from(none: audit::NoKey) -> Self {
        Self::Store(none.into())
    }
}

/// Makes the checkpoints that are due. Returns how many entries they cover that none did before.
///
/// # Errors
/// See [`CheckpointError`].
pub async fn checkpoint(services: &Services) -> Result<usize, CheckpointError> {
    let mut covered = 0;
    for _ in 0..MOST_A_RUN {
        let made = next(services).await?;
        covered += made.covered;
        if !made.more {
            break;
        }
    }
    Ok(covered)
}

/// What one turn came to.
struct Made {
    covered: usize,
    more: bool,
}

/// The tree as the newest checkpoint left it.
struct Head {
    tree: Frontier,
    next: Revision,
    /// The entries of the newest checkpoint.
    entries: Vec<Pending>,
    /// Behind which key entries of earlier releases are still to be looked for; `None` once all are covered.
    older: Option<Option<String>>,
}

async fn next(services: &Services) -> Result<Made, CheckpointError> {
    let (store, now) = (&services.store, services.io.clock.now());
    // In this order: what is listed then was covered by this checkpoint or by none, or another run writes the next number first.
    let newest = store.newest_checkpoint().await?;
    let page = store.pending(MOST).await?;
    let newest = match newest {
        Some((stored, number)) => Some(read(services, stored, number).await?),
        None => None,
    };
    if copies::compare(services, newest.as_ref()).await? == Compared::Behind {
        return Ok(Made { covered: 0, more: false });
    }
    let head = match newest {
        Some(newest) => {
            newest.finish(services, &page.markers, page.more).await?;
            newest.head
        }
        None => Head { tree: Frontier::default(), next: Revision::FIRST, entries: Vec::new(), older: Some(None) },
    };
    let known: BTreeSet<&Pending> = head.entries.iter().collect();
    let candidates: Vec<Pending> = page.markers.into_iter().filter(|marker| !known.contains(marker)).collect();
    let Looked { mut fresh, void } = look(services, candidates, now).await?;
    let mut older = None;
    if let Some(behind) = &head.older {
        let (entries, last) = of_earlier_releases(services, behind.as_deref()).await?;
        fresh.extend(entries);
        older = last;
    }
    // The first one is made also where there is nothing: what comes later without signature is nobody's then.
    if fresh.is_empty() && head.older.is_none() {
        delete(services, void).await?;
        return Ok(Made { covered: 0, more: page.more });
    }
    let (mut tree, own) = (head.tree, services.audit.own()?);
    fresh.iter().for_each(|entry| tree.push(entry.leaf));
    let checkpoint = Checkpoint::of(own.id().name(), &tree);
    let more = page.more || older.is_some();
    let stored = StoredCheckpoint {
        version: StoredCheckpoint::VERSION,
        note: checkpoint.sign(own),
        size: tree.size(),
        subtrees: tree.subtrees().to_vec(),
        entries: fresh,
        at: now,
        older,
    };
    match store.put_checkpoint(&stored, head.next, services.io.entropy.nonce()).await {
        Ok(()) => {}
        // Another run was faster: it sees to the rest.
        Err(error) if error.is_conflict() => return Ok(Made { covered: 0, more: false }),
        Err(error) => return Err(error.into()),
    }
    let (covered, number) = (stored.entries.len(), head.next.number());
    info!(number, size = checkpoint.size, covered, root = %checkpoint.root, "checkpoint made");
    copies::copy(services, number).await?;
    tell(services, &of_checkpoint(&checkpoint, &stored.note, &own.verifier(), now)).await?;
    delete(services, stored.entries.into_iter().chain(void)).await?;
    Ok(Made { covered, more })
}

/// A checkpoint that was made before.
pub(crate) struct Newest {
    number: Revision,
    head: Head,
    checkpoint: Checkpoint,
    note: String,
    verifier: Verifier,
    at: Timestamp,
}

/// Verifies the newest checkpoint before anything is built on it.
async fn read(services: &Services, stored: StoredCheckpoint, number: Revision) -> Result<Newest, CheckpointError> {
    let tree = stored.tree();
    let why = match (Checkpoint::open_by(&stored.note, services.audit.trusted()), tree) {
        (Ok((checkpoint, by)), Some(tree)) if (checkpoint.size, checkpoint.root) == (tree.size(), tree.root()) => {
            let head = Head { tree, next: number.next(), entries: stored.entries, older: stored.older.map(Some) };
            return Ok(Newest { number, head, checkpoint, verifier: by.clone(), note: stored.note, at: stored.at });
        }
        (Ok(_), _) => "its subtrees do not have the root that was signed".to_owned(),
        (Err(bad), _) => bad.to_string(),
    };
    let (number, now) = (number.number(), services.io.clock.now());
    tell(services, &of_broken_checkpoint(number, &why, now)).await?;
    Err(CheckpointError::Broken { number, why })
}

impl Newest {
    pub(crate) fn number(&self) -> u64 {
        self.number.number()
    }

    pub(crate) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// When it was made.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Does what whoever made it may have died before: its markers are the sign that something is left to do.
    async fn finish(&self, services: &Services, markers: &[Pending], more: bool) -> Result<(), CheckpointError> {
        let listed: BTreeSet<&Pending> = markers.iter().collect();
        let last = markers.last().map(Pending::key).unwrap_or_default();
        // Those behind what was listed may be there, too.
        let may_be_left = |entry: &&Pending| listed.contains(*entry) || more && entry.key() > last;
        let left: Vec<Pending> = self.head.entries.iter().filter(may_be_left).cloned().collect();
        if left.is_empty() {
            return Ok(());
        }
        tell(services, &of_checkpoint(&self.checkpoint, &self.note, &self.verifier, self.at)).await?;
        delete(services, left).await
    }
}

async fn delete(services: &Services, markers: impl IntoIterator<Item = Pending>) -> Result<(), CheckpointError> {
    let deleted = stream::iter(markers)
        .map(|marker| async move { services.store.delete_pending(&marker).await })
        .buffer_unordered(SIDE_BY_SIDE);
    Ok(deleted.try_for_each(|()| async { Ok(()) }).await?)
}

/// What stands behind markers.
#[derive(Default)]
struct Looked {
    /// Entries, in the order of their markers.
    fresh: Vec<Pending>,
    /// Markers of entries that there are not, and will not be.
    void: Vec<Pending>,
}

/// What stands behind one marker.
enum Behind {
    Entry,
    /// It may come.
    Nothing,
    /// It never will: somebody else has its number.
    Another,
    Untrusted(Fault),
}

async fn look(services: &Services, markers: Vec<Pending>, now: Timestamp) -> Result<Looked, CheckpointError> {
    let mut behind = stream::iter(markers)
        .map(|marker| async move { behind(services, &marker).await.map(|behind| (marker, behind)) })
        .buffered(SIDE_BY_SIDE);
    let mut looked = Looked::default();
    while let Some((marker, behind)) = behind.try_next().await? {
        let age = now.duration_since(Timestamp::from_second(marker.second).unwrap_or(Timestamp::MIN));
        match behind {
            Behind::Entry => looked.fresh.push(marker),
            Behind::Another => looked.void.push(marker),
            Behind::Nothing if age > ORPHAN_AGE => looked.void.push(marker),
            Behind::Nothing => {}
            Behind::Untrusted(fault) => {
                let Pending { subject, sequence, .. } = marker.clone();
                let untrusted = Untrusted { subject, sequence, fault };
                error!(%untrusted, "no checkpoint covers this entry");
                tell(services, &of_untrusted(&untrusted, now)).await?;
                if age > UNTRUSTED_AGE {
                    looked.void.push(marker);
                }
            }
        }
    }
    Ok(looked)
}

async fn behind(services: &Services, marker: &Pending) -> Result<Behind, StoreError> {
    let Pending { subject, sequence, leaf, .. } = marker;
    let Some(bytes) = services.store.entry_bytes(subject, *sequence).await? else { return Ok(Behind::Nothing) };
    if Hash::of_leaf(&bytes) != *leaf {
        return Ok(Behind::Another);
    }
    let read = Entry::<Map<String, Value>>::read(&bytes, subject, *sequence, services.audit.trusted());
    Ok(match read {
        Ok(entry) if entry.is_signed() => Behind::Entry,
        Ok(_) => Behind::Untrusted(Fault::Unsigned),
        Err(fault) => Behind::Untrusted(fault),
    })
}

/// Entries of earlier releases behind a key, and behind which key to go on, if there may be more.
async fn of_earlier_releases(
    services: &Services,
    behind: Option<&str>,
) -> Result<(Vec<Pending>, Option<String>), CheckpointError> {
    let (objects, last) = services.store.decisions_behind(behind, MOST).await?;
    let mut entries = stream::iter(objects)
        .map(|(subject, sequence)| async move {
            let bytes = services.store.entry_bytes(&subject, sequence).await?.unwrap_or_default();
            let read = Entry::<Map<String, Value>>::read(&bytes, &subject, sequence, services.audit.trusted());
            let entry = read.inspect_err(|fault| warn!(%subject, sequence, %fault, "no checkpoint covers this object"));
            let unsigned = entry.ok().filter(|entry| !entry.is_signed());
            Ok::<_, StoreError>(unsigned.map(|entry| Pending::of(&entry, &subject)))
        })
        .buffered(SIDE_BY_SIDE);
    let mut found = Vec::new();
    while let Some(entry) = entries.try_next().await? {
        found.extend(entry);
    }
    Ok((found, last))
}
