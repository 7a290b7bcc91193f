//! The record store: versions of records as objects that are written once.
//!
//! | file | what it keeps |
//! | --- | --- |
//! | `versions` | documents in versions that are written once |
//! | `records` | `records/NAME/REVISION.json`, every version of every record |
//! | `lanes` | `lanes/LANE/REVISION.json`, who may change what the cloud changes one at a time |
//! | `open` | `open/NAME/UID-ATTEMPT`, a marker for each connection that is under way, so that the sweep lists only those |
//! | `shares` | `shares/SORT/ID/NAME/UID-SIDE`, which connections use a thing that one of them made |
//! | `logs` | `decisions/SERVICE/ENDPOINT/NUMBER.json` and `acts/…`, what was decided and asked for, in signed entries |
//! | `checkpoints` | `audit/…`, the signed head of the tree over all logs, and what it does not cover yet |
//! | `approvals` | `policy/REVISION.json`, and what deciding on endpoints needs beside the logs |
//! | `evidence` | everything that verifying takes, a page at a time |
//! | `claims` | `idempotency/…` and `seen/…`, keys that count once |
//! | `notices` | `notices/…`, what happened, and who has been told |
//! | `newest` | `notices/newest/…`, the same by time, the newest first |
//! | `config` | `config/NAME.json`: what the operator configures |
//! | `operator` | where objects live: an OSS bucket, a folder, or memory |
//! | `versioning` | the check that a bucket never had versioning |
//! | `retention` | the retention policy of a bucket |
//!
//! # What correctness hangs on
//! Of all writers of one key at most one succeeds ([`opendal`]'s `if_not_exists`). From this alone follows compare-and-set:
//! who read revision 7 writes revision 8, and only one can. OSS keeps that promise only on a bucket that never had
//! versioning; the operator checks this before the first write.

mod approvals;
mod checkpoints;
mod claims;
mod config;
mod evidence;
mod lanes;
mod logs;
mod newest;
mod notices;
mod open;
mod operator;
mod records;
mod retention;
mod shares;
mod versioning;
mod versions;

pub use approvals::{Approved, StoredPolicy};
pub use checkpoints::{Pending, PendingPage, StoredCheckpoint};
pub use claims::Claim;
pub use config::config_hash;
pub use evidence::{EVIDENCE, REPORT, is_evidence};
pub use logs::{Newest, Untrusted};
pub use newest::{BadListed, Listed};
pub use notices::DueNotice;
pub use open::OpenMarker;
pub use operator::{BadLocation, Location, OssAccess};
pub use records::Stored;
pub use retention::{NoRetention, Retention};
pub use versioning::{NotUnversioned, Unversioned};
pub use versions::{Document, Revision};

use std::sync::Arc;

use opendal::Operator;
use transport::Clock;

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    operator: Operator,
    /// Present for a folder, where a process that is killed while it writes leaves half a file behind.
    torn: Option<Arc<dyn Clock>>,
}

/// The store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The object store refused or did not answer.
    #[error("the store could not {doing}")]
    Service {
        /// What was tried.
        doing: String,
        /// What the object store said.
        source: opendal::Error,
    },
    /// An object does not read as what it should be.
    #[error("object {key} does not read: {reason}")]
    Unreadable {
        /// The object's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something was to be signed, and the function has no key.
    #[error(transparent)]
    NoKey(#[from] audit::NoKey),
    /// Somebody else wrote this revision first.
    #[error("{key} was written by somebody else in the meantime")]
    Conflict {
        /// The key both wanted.
        key: String,
    },
}

impl StoreError {
    /// Whether somebody else was faster: read again and decide again.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

impl Store {
    /// A store over an OpenDAL operator.
    #[must_use]
    pub fn new(operator: Operator) -> Self {
        Self { operator, torn: None }
    }

    /// A store in memory, for tests.
    ///
    /// # Panics
    /// Never: the memory service has no configuration that could be wrong.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(
            Operator::new(opendal::services::Memory::default()).expect("the memory service takes no configuration"),
        )
    }

    /// The whole content of `key`, or `None` if there is no such object.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.operator.read(key).await {
            Ok(buffer) => Ok(Some(buffer.to_vec())),
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Service { doing: format!("read {key}"), source }),
        }
    }

    /// Writes `key` if there is no such object yet. `false` when there is.
    ///
    /// When no answer comes back the object is read: a write that went through counts, whoever reported what.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create(&self, key: &str, content: Vec<u8>) -> Result<bool, StoreError> {
        match self.operator.write_with(key, content.clone()).if_not_exists(true).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == opendal::ErrorKind::ConditionNotMatch => Ok(false),
            Err(source) => match self.get(key).await {
                Ok(Some(found)) => Ok(found == content),
                Ok(None) | Err(_) => Err(StoreError::Service { doing: format!("write {key}"), source }),
            },
        }
    }

    /// Deletes `key`. One that is not there counts as deleted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.operator.delete(key).await.map_err(|source| StoreError::Service { doing: format!("delete {key}"), source })
    }
}

#[cfg(test)]
mod tests;
