//! Which products an account has opened. Until it does, their calls are refused (docs/reference/deploy-apis.md, section 3).

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::table::{Storage, StorageError, Table};
use crate::words;

words! {
    /// A product that must be opened before it is used.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum Openable {
        /// Event buses and streams.
        #[serde(rename = "EventBridge")]
        EventBridge = "EventBridge",
        /// Functions.
        #[serde(rename = "FC")]
        Fc = "FC",
        /// Queues; `SMQ` is its newer name.
        #[serde(rename = "MNS")]
        Mns = "MNS",
        /// Object storage.
        #[serde(rename = "OSS")]
        Oss = "OSS",
        /// Private links.
        #[serde(rename = "PrivateLink")]
        PrivateLink = "PrivateLink",
        /// Logs.
        #[serde(rename = "SLS")]
        Sls = "SLS",
    }
}

/// The products that an account has not opened.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Closed(BTreeSet<Openable>);

/// Which products each account has opened: all of them, until somebody says otherwise.
#[derive(Debug)]
pub struct Opened {
    closed: Mutex<Table<Closed>>,
    storage: Storage,
}

impl Opened {
    pub(crate) fn load(storage: &Storage) -> Result<Self, StorageError> {
        Ok(Self { closed: Mutex::new(Table::load(storage, "closed_products")?), storage: storage.clone() })
    }

    /// Whether the account may use the product.
    #[must_use]
    pub fn has(&self, account_id: &str, product: Openable) -> bool {
        !self.closed().get(account_id).is_some_and(|closed| closed.0.contains(&product))
    }

    /// What the account has opened.
    #[must_use]
    pub fn of(&self, account_id: &str) -> BTreeSet<Openable> {
        Openable::ALL.iter().copied().filter(|product| self.has(account_id, *product)).collect()
    }

    /// Opens a product. Returns whether it was closed.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn open(&self, account_id: &str, product: Openable) -> Result<bool, StorageError> {
        let mut table = self.closed();
        let was_closed = table.get_mut(account_id).is_some_and(|closed| closed.0.remove(&product));
        self.storage.commit(&mut [&mut *table])?;
        Ok(was_closed)
    }

    /// Says what the account has opened; everything else is closed.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set(&self, account_id: &str, opened: &BTreeSet<Openable>) -> Result<(), StorageError> {
        let closed = Openable::ALL.iter().copied().filter(|product| !opened.contains(product)).collect();
        let mut table = self.closed();
        table.insert(account_id, Closed(closed));
        self.storage.commit(&mut [&mut *table])
    }

    fn closed(&self) -> MutexGuard<'_, Table<Closed>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
