//! Keys that may be used once: idempotency keys and the ids of signed requests.

use futures::TryStreamExt as _;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Store, StoreError};

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key was free and is now taken, with the given value.
    Taken,
    /// The key was taken before, with this value.
    TakenBefore(String),
}

/// Signed requests are remembered by the hour, so that old hours can be forgotten as a whole.
const HOUR: i64 = 3600;

fn idempotency_object(key: &str) -> String {
    format!("idempotency/{}", hex::encode(Sha256::digest(key)))
}

impl Store {
    /// What an idempotency key was taken with, or `None` while it is free.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn idempotency_key(&self, key: &str) -> Result<Option<String>, StoreError> {
        let object = idempotency_object(key);
        let Some(bytes) = self.get(&object).await? else { return Ok(None) };
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|error| StoreError::Unreadable { key: object, reason: error.to_string() })
    }

    /// Takes an idempotency key for ever, with `value` to recognise the same request by.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim_idempotency_key(&self, key: &str, value: &str) -> Result<Claim, StoreError> {
        if self.create(&idempotency_object(key), value.as_bytes().to_vec()).await? {
            return Ok(Claim::Taken);
        }
        Ok(Claim::TakenBefore(self.idempotency_key(key).await?.unwrap_or_default()))
    }

    /// Remembers that a signed request of the instant `signed_at` was seen. `false` when it was seen before.
    ///
    /// `writer` must be unique to this call: when the answer of the write is lost, it tells our own mark from another's.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn first_seen(&self, id: &str, signed_at: Timestamp, writer: &str) -> Result<bool, StoreError> {
        let hour = signed_at.as_second().div_euclid(HOUR);
        let object = format!("seen/{hour}/{}", hex::encode(Sha256::digest(id)));
        self.create(&object, writer.as_bytes().to_vec()).await
    }

    /// Forgets the signed requests of hours that ended more than an hour before `now`. Returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_seen(&self, now: Timestamp) -> Result<usize, StoreError> {
        let oldest_kept = now.as_second().div_euclid(HOUR) - 1;
        let service = |source| StoreError::Service { doing: "list seen requests".to_owned(), source };
        let entries: Vec<_> = match self.operator.lister_with("seen/").recursive(true).await {
            Ok(lister) => lister.try_collect().await.map_err(service)?,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(service(error)),
        };
        let mut forgotten = 0;
        for entry in entries {
            let hour = entry.path().split('/').nth(1).and_then(|hour| hour.parse::<i64>().ok());
            if entry.metadata().is_file() && hour.is_some_and(|hour| hour < oldest_kept) {
                self.delete(entry.path()).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}
