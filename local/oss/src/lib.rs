//! Object Storage Service (OSS), as far as a record store needs it: buckets, objects, listings, uploads in parts.
//!
//! Requests come in through [`Oss::handle`], signed by version 4 of the OSS signature for the bucket's region, with the bucket
//! in the host name, or in the path at an address without a domain. Version 1 is closed to buckets of today; a switch opens it
//! for old clients. Who runs in the same process makes buckets with [`Oss::create_bucket`].
//!
//! # Guarantees
//! - `x-oss-forbid-overwrite: true` lets exactly one of many writers create an object, and is ignored by a bucket that has or
//!   had versioning, as on the real service.
//! - Listings come in the order of the keys' bytes.
//! - What was acknowledged is on disk, when there is one.
//!
//! # Limits
//! Objects have up to 16 MB. A bucket can be told to keep versions, and then takes every write as the real one does, but only
//! the newest version can be read. A bucket with a retention policy refuses to overwrite and to delete what that protects. Access
//! control lists, presigned addresses and lifecycles do not exist, so no rule of a lifecycle takes an object away either; what asks
//! for them is refused with `NotImplemented`.
//!
//! | file | what |
//! | --- | --- |
//! | `service` | one HTTP request, from signature to reply |
//! | `target`, `caller`, `permission` | what it is about, who signed it, what that takes of the caller's policies |
//! | `buckets`, `requests` | the operations, between headers and state |
//! | `objects`, `reading`, `listing`, `uploads` | what they do |
//! | `worm` | retention policies |
//! | `state`, `rows` | the tables, and buckets |

mod buckets;
mod caller;
mod crc64;
mod error;
mod listing;
mod objects;
mod permission;
mod reading;
mod requests;
mod rows;
mod service;
mod state;
mod target;
#[cfg(test)]
mod tests;
mod uploads;
mod worm;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crc64::crc64;
pub use error::OssError;
pub use rows::Versioning;
pub use worm::Worm;

use local_core::calls::Product;
use local_core::coverage::Coverage;
use local_core::shared::Shared;
use local_core::table::StorageError;

use state::State;
use target::Operation;

/// The object storage. Clones share everything.
#[derive(Clone)]
pub struct Oss {
    shared: Shared,
    state: Arc<Mutex<State>>,
    settings: Arc<Mutex<Settings>>,
}

/// What is closed to accounts and buckets of today, and open to those from before
/// (docs/reference/deploy-apis.md, sections 4.1 and 4.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Version 1 of the signature, for buckets made before 2025-09-01.
    pub signature_v1: bool,
    /// Calls on objects by the public hosts of the Chinese mainland, for accounts that opened OSS before 2025-03-20.
    pub public_hosts: bool,
    /// The same for single accounts, by their ids, whatever holds for the others.
    pub public_hosts_of: BTreeMap<String, bool>,
}

impl Settings {
    /// Whether an account may call on objects by the public hosts of the Chinese mainland.
    #[must_use]
    pub fn lets_in(&self, account_id: &str) -> bool {
        self.public_hosts_of.get(account_id).copied().unwrap_or(self.public_hosts)
    }
}

/// A bucket as a console would show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSummary {
    /// Its name, unique across all accounts.
    pub name: String,
    /// The owner.
    pub account_id: String,
    /// Where it lies.
    pub region: String,
    /// When it was made, in cloud time.
    pub created_at: Timestamp,
    /// Absent until somebody sets it.
    pub versioning: Option<Versioning>,
    /// How many objects it holds.
    pub objects: usize,
}

impl Oss {
    /// Opens the service with whatever buckets and objects the storage holds.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(shared: &Shared) -> Result<Self, StorageError> {
        let state = Arc::new(Mutex::new(State::load(&shared.storage)?));
        Ok(Self { shared: shared.clone(), state, settings: Arc::default() })
    }

    /// What it still lets in.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what it still lets in.
    pub fn set_settings(&self, settings: Settings) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Makes a bucket. Making it again, for the same account and region, is no error.
    ///
    /// # Errors
    /// A bad name, a name that is taken, or no room on the disk.
    pub fn create_bucket(&self, account_id: &str, region: &str, name: &str) -> Result<(), OssError> {
        self.change(|state, now| state.create_bucket(name, account_id, region, now))
    }

    /// Turns versioning on or off.
    ///
    /// # Errors
    /// No such bucket, one with a retention policy, or no room on the disk.
    pub fn set_versioning(&self, bucket: &str, versioning: Versioning) -> Result<(), OssError> {
        self.change(|state, now| state.set_versioning(bucket, versioning, now))
    }

    /// Where a bucket of an account lies.
    ///
    /// # Errors
    /// No such bucket, or it is somebody else's.
    pub fn region_of(&self, account_id: &str, bucket: &str) -> Result<String, OssError> {
        Ok(self.lock().bucket(bucket, account_id)?.region.clone())
    }

    /// The bytes of an object in a bucket of an account. Whether the caller may read it is not asked.
    ///
    /// # Errors
    /// No such bucket or object, or the bucket is somebody else's.
    pub fn object(&self, account_id: &str, bucket: &str, key: &str) -> Result<Bytes, OssError> {
        let state = self.lock();
        state.bucket(bucket, account_id)?;
        Ok(state.object(bucket, key)?.body.clone())
    }

    /// Removes a bucket of an account; with `force` whatever is in it too.
    ///
    /// # Errors
    /// No such bucket, it is somebody else's, or something is in it.
    pub fn delete_bucket_of(&self, account_id: &str, bucket: &str, force: bool) -> Result<(), OssError> {
        self.change(|state, _| {
            state.bucket(bucket, account_id)?;
            if force {
                state.empty(bucket);
            }
            state.delete_bucket(bucket)
        })
    }

    /// All buckets of all accounts.
    #[must_use]
    pub fn buckets(&self) -> Vec<BucketSummary> {
        let state = self.lock();
        let summary = |(name, row): (&str, &rows::BucketRow)| BucketSummary {
            name: name.to_owned(),
            account_id: row.account_id.clone(),
            region: row.region.clone(),
            created_at: row.created_at,
            versioning: row.versioning,
            objects: state.objects.prefixed(&state::object_key(name, "")).count(),
        };
        state.buckets.iter().map(summary).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it offers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let operations = Operation::ALL.iter().map(|operation| (operation.word(), operation.is_write()));
        Coverage::new(Product::Oss, operations, include_str!("codes.txt"))
    }

    fn change<T>(&self, act: impl FnOnce(&mut State, Timestamp) -> Result<T, OssError>) -> Result<T, OssError> {
        self.shared.change(&mut *self.lock(), act)
    }
}
