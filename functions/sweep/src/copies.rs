//! Copies of checkpoints in a bucket with a retention policy, where nobody of the account can change or delete them.
//!
//! A copy is the checkpoint's object, byte for byte and under the same key, so that it also restores one that was taken away.
//! It is written once, right after the checkpoint. Before the next one is made, it is read and compared.
//!
//! ```text
//! read the newest checkpoint N ─► compare with the copies N and N+1 ─► copy N, if there is none ─► … ─► write N+1 ─► copy N+1
//!                                                                    │                           │
//!                                                        the next run copies N       the next run finds no copy of N+1,
//!                                                                                    and makes it
//! ```
//!
//! | what is found | what is done |
//! | --- | --- |
//! | a copy that a trusted key signed, over more entries than the newest checkpoint covers, or over others | `causeway.audit.broken`; no checkpoint is made until somebody has restored what was taken away, or turned copies off: the key must not sign two histories |
//! | anything else in the place of a copy | `causeway.audit.broken`; checkpoints go on. Nobody without the key can stop them |
//! | no copy of a checkpoint that is older than ten minutes | `causeway.audit.uncopied`, and it is copied. In a younger one the run that made it may have died |
//! | copies can be neither read nor written: no such bucket, no right, no answer | `causeway.audit.uncopied`, once a day; checkpoints go on, and the newest one is copied as soon as that can be done |
//!
//! The cloud refuses to overwrite a copy with `FileAlreadyExists` or `FileImmutable`; either is followed by reading what is there.

use audit::checkpoint::Checkpoint;
use engine::services::Services;
use engine::tell::{of_broken_copy, of_uncopied, tell};
use jiff::SignedDuration;
use store::{Store, StoreError, StoredCheckpoint};
use tracing::{error, info};
use transport::Chain;

use crate::checkpoint::{CheckpointError, Newest};

/// How old a checkpoint without a copy must be before that is told.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);

/// What is said of an object in the place of a copy that proves nothing.
const NO_COPY: &str = "what is there is no copy of it";

/// What the copies say of the newest checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// The next one may be made.
    GoOn,
    /// Another run has made it in the meantime.
    Behind,
}

/// Compares the newest checkpoint with its copy, and copies it if there is none.
///
/// # Errors
/// [`CheckpointError::Broken`] when the store was rolled back; when the store fails.
pub(crate) async fn compare(services: &Services, newest: Option<&Newest>) -> Result<Compared, CheckpointError> {
    let Some(copies) = &services.copies else { return Ok(Compared::GoOn) };
    let number = newest.map_or(0, Newest::number);
    let found = match found(copies, number).await {
        Ok(found) => found,
        Err(error) => {
            error!(error = %Chain(&error), "copies of checkpoints cannot be read");
            if newest.is_some() {
                uncopied(services, number, &format!("copies cannot be read: {}", Chain(&error))).await?;
            }
            return Ok(Compared::GoOn);
        }
    };
    let own = match newest {
        Some(_) => services.store.checkpoint_object(number).await?,
        None => None,
    };
    let mut is_copied = false;
    for (at, object) in found {
        is_copied |= at == number;
        if at == number && own.as_ref() == Some(&object) {
            continue;
        }
        let proof = contradicts(services, newest, &object);
        // Another run writes the checkpoint first, and then its copy.
        if at > number && proof.is_some() && services.store.checkpoint_object(at).await?.is_some() {
            return Ok(Compared::Behind);
        }
        broken(services, at, proof.as_deref().unwrap_or(NO_COPY)).await?;
        if let Some(why) = proof {
            return Err(CheckpointError::Contradicted { number: at, why });
        }
    }
    if let (false, Some(newest), Some(own)) = (is_copied, newest, own) {
        if services.io.clock.now().duration_since(newest.at()) > OVERDUE {
            uncopied(services, number, "nobody copied it, or the copy was deleted").await?;
        }
        write(services, copies, number, own).await?;
    }
    Ok(Compared::GoOn)
}

/// Copies a checkpoint that was just made.
///
/// # Errors
/// When the store fails. A copy that could not be made is told, and is no error.
pub(crate) async fn copy(services: &Services, number: u64) -> Result<(), CheckpointError> {
    let Some(copies) = &services.copies else { return Ok(()) };
    let Some(own) = services.store.checkpoint_object(number).await? else { return Ok(()) };
    write(services, copies, number, own).await
}

/// What there is in the places of the copies of a checkpoint and of the one behind it.
async fn found(copies: &Store, number: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let mut found = Vec::new();
    for at in copies.checkpoints_at(number).await? {
        found.extend(copies.checkpoint_object(at).await?.map(|object| (at, object)));
    }
    Ok(found)
}

/// Why a copy proves that checkpoints were taken away or replaced, if it does: it is signed, and does not follow from the newest one.
fn contradicts(services: &Services, newest: Option<&Newest>, object: &[u8]) -> Option<String> {
    let stored = StoredCheckpoint::read(object).ok()?;
    let copy = Checkpoint::open(&stored.note, services.audit.trusted()).ok()?;
    let Some(newest) = newest else { return Some("the store has no checkpoint at all".to_owned()) };
    let newest = newest.checkpoint();
    let (size, covered) = (copy.size, newest.size);
    match size.cmp(&covered) {
        std::cmp::Ordering::Greater => {
            Some(format!("it covers {size} entries, and the newest checkpoint in the store {covered}"))
        }
        std::cmp::Ordering::Equal if copy.root != newest.root => Some(format!("it covers {size} other entries")),
        _ => None,
    }
}

async fn write(services: &Services, copies: &Store, number: u64, own: Vec<u8>) -> Result<(), CheckpointError> {
    match copies.put_checkpoint_object(number, own).await {
        Ok(true) => info!(number, "checkpoint copied"),
        Ok(false) => broken(services, number, NO_COPY).await?,
        Err(error) => uncopied(services, number, &Chain(&error).to_string()).await?,
    }
    Ok(())
}

async fn broken(services: &Services, number: u64, why: &str) -> Result<(), CheckpointError> {
    error!(number, why, "the copy of this checkpoint contradicts the store");
    Ok(tell(services, &of_broken_copy(number, why, services.io.clock.now())).await?)
}

async fn uncopied(services: &Services, number: u64, why: &str) -> Result<(), CheckpointError> {
    error!(number, why, "this checkpoint has no copy");
    Ok(tell(services, &of_uncopied(number, why, services.io.clock.now())).await?)
}
