//! Checkpoints that were kept elsewhere: notes, copies, and all copies of a bucket with a retention policy.

use std::path::Path;

use audit::Verifiers;
use audit::checkpoint::{BadCheckpoint, Checkpoint};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{Location, NotUnversioned, Retention, Store, StoredCheckpoint, Unversioned};

use super::verify::Problem;
use super::{AuditError, file};
use crate::approvals::{ApprovalsError, open_at, oss_access};
use crate::args::AccessArgs;
use crate::render::counted;

/// How many copies are read side by side.
const SIDE_BY_SIDE: usize = 16;

/// A checkpoint that was kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is called in what is found.
    pub place: String,
    /// What it covers.
    pub checkpoint: Checkpoint,
}

impl From<&Checkpoint> for Kept {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self { place: "the checkpoint that was kept".to_owned(), checkpoint: checkpoint.clone() }
    }
}

/// Everything that was kept elsewhere, and what is to be said of it.
#[derive(Debug, Default)]
pub struct Elsewhere {
    /// The checkpoints that count.
    pub kept: Vec<Kept>,
    /// What is wrong there.
    pub problems: Vec<Problem>,
    /// What is to be known beside.
    pub notes: Vec<String>,
}

impl Elsewhere {
    /// Reads what `--checkpoint` names.
    ///
    /// # Errors
    /// When something cannot be read, or there is no checkpoint in it that counts.
    pub async fn take(&mut self, args: &[String], access: &AccessArgs, trusted: &Verifiers) -> Result<(), AuditError> {
        let all = self;
        for arg in args {
            if !arg.starts_with("oss://") && !arg.starts_with("file://") {
                all.kept.push(in_file(Path::new(arg), trusted)?);
                continue;
            }
            let location = arg.parse().map_err(ApprovalsError::from)?;
            if let Location::Oss { bucket } = &location {
                let access = oss_access(access).await?;
                match Unversioned::check(bucket, &access).await {
                    Ok(()) => {}
                    Err(versioned @ NotUnversioned::Versioned { .. }) => all.hides(arg, &versioned),
                    Err(unknown) => return Err(unknown.into()),
                }
                all.notes.push(retention(arg, Retention::of(bucket, &access).await?));
            }
            all.copies(&open_at(&location, access).await?, arg, trusted).await?;
        }
        Ok(())
    }

    fn hides(&mut self, place: &str, versioned: &NotUnversioned) {
        let what = format!("an older copy may be hidden behind a newer one: {versioned}");
        self.problems.push(Problem { place: place.to_owned(), what });
    }

    /// Takes all copies in a store. A copy that does not count is a problem.
    ///
    /// # Errors
    /// When the store cannot be read, or has no copy.
    pub async fn copies(&mut self, store: &Store, place: &str, trusted: &Verifiers) -> Result<(), AuditError> {
        let numbers = store.checkpoint_numbers().await?;
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
            return Err(AuditError::NoCopies(place.to_owned()));
        };
        let mut copies = stream::iter(&numbers)
            .map(|number| async move { store.checkpoint_object(*number).await.map(|object| (*number, object)) })
            .buffered(SIDE_BY_SIDE);
        while let Some((number, object)) = copies.try_next().await? {
            let place = format!("the copy of checkpoint {number}");
            match in_object(&object.unwrap_or_default(), trusted) {
                Ok(checkpoint) => self.kept.push(Kept { place, checkpoint }),
                Err(what) => self.problems.push(Problem { place, what }),
            }
        }
        let found = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
        let missing = usize::try_from((last - first + 1).saturating_sub(found)).unwrap_or(usize::MAX);
        let between = if missing > 0 { format!("; {missing} between them have none") } else { String::new() };
        let checkpoints = counted(numbers.len(), "checkpoint");
        self.notes.push(format!("{place} has copies of {checkpoints}, {first} to {last}{between}"));
        Ok(())
    }
}

fn retention(place: &str, retention: Retention) -> String {
    match retention {
        Retention::Locked { days } => {
            format!("{place} keeps every copy for {days} days, whoever wants to change or delete it")
        }
        Retention::Unlocked { .. } => {
            format!("{place} has a retention policy that nobody has locked: it ends 24 hours after it was made")
        }
        Retention::None => format!("{place} has no retention policy: whoever may delete there can take copies away"),
    }
}

/// The checkpoint in a file: a note, or a copy as it is in the bucket.
fn in_file(path: &Path, trusted: &Verifiers) -> Result<Kept, AuditError> {
    let bytes = std::fs::read(path).map_err(|source| file(path, source))?;
    let bad = |bad| AuditError::NoCheckpoint { path: path.display().to_string(), bad };
    Ok(Kept::from(&in_either(&bytes, trusted).map_err(bad)?))
}

fn in_either(bytes: &[u8], trusted: &Verifiers) -> Result<Checkpoint, BadCheckpoint> {
    let note = StoredCheckpoint::read(bytes).map(|stored| stored.note);
    Checkpoint::open(&note.unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned()), trusted)
}

/// The checkpoint in a copy.
fn in_object(object: &[u8], trusted: &Verifiers) -> Result<Checkpoint, String> {
    let stored = StoredCheckpoint::read(object).map_err(|reason| format!("it does not read: {reason}"))?;
    Checkpoint::open(&stored.note, trusted).map_err(|bad| bad.to_string())
}

#[cfg(test)]
mod tests {
    use audit::SigningKey;
    use audit::tree::Frontier;
    use store::Revision;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("causeway.test", [seed; 32]).unwrap()
    }

    fn stored(key: &SigningKey) -> StoredCheckpoint {
        let tree = Frontier::default();
        StoredCheckpoint {
            version: StoredCheckpoint::VERSION,
            note: Checkpoint::of("causeway.test", &tree).sign(key),
            size: tree.size(),
            subtrees: tree.subtrees().to_vec(),
            entries: Vec::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            older: None,
        }
    }

    async fn with(copies: &[(u64, &SigningKey)]) -> Store {
        let store = Store::in_memory();
        for (number, key) in copies {
            store.put_checkpoint(&stored(key), Revision::numbered(*number), "w".to_owned()).await.unwrap();
        }
        store
    }

    #[tokio::test]
    async fn copies_are_counted_and_what_is_none_is_a_problem() {
        let (own, other) = (key(1), key(2));
        let trusted = own.verifier().into();
        let mut all = Elsewhere::default();
        all.copies(&with(&[(2, &own), (3, &other), (6, &own)]).await, "there", &trusted).await.unwrap();
        assert_eq!(all.kept.len(), 2);
        assert_eq!(all.problems.len(), 1);
        assert_eq!(all.problems[0].place, "the copy of checkpoint 3");
        assert_eq!(all.notes, ["there has copies of 3 checkpoints, 2 to 6; 2 between them have none"]);
        let none = all.copies(&Store::in_memory(), "there", &trusted).await;
        assert!(matches!(none, Err(AuditError::NoCopies(_))));
    }

    #[tokio::test]
    async fn a_file_holds_a_note_or_a_copy() {
        let (own, store) = (key(1), with(&[(1, &key(1))]).await);
        let trusted = own.verifier().into();
        for bytes in [store.checkpoint_object(1).await.unwrap().unwrap(), stored(&own).note.into_bytes()] {
            assert_eq!(in_either(&bytes, &trusted).unwrap().size, 0);
        }
        assert_eq!(in_either(b"neither", &trusted), Err(BadCheckpoint::Note(audit::note::BadNote::Shape)));
    }
}
