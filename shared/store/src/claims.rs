//! Keys that count once: idempotency keys, and the ids of signed requests with what they were answered. Each belongs to a caller.

use connection::words::CallerName;
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

/// Answers are kept by periods of two days, so that old ones can be forgotten as a whole. One is found for at least so long.
const PERIOD: i64 = 2 * 86_400;

/// The name of a key among those of its caller.
fn hashed(caller: &CallerName, key: &str) -> String {
    hex::encode(Sha256::digest(format!("{caller}\n{key}")))
}

fn idempotency_object(caller: &CallerName, key: &str) -> String {
    format!("idempotency/{}", hashed(caller, key))
}

fn answer_object(period: i64, caller: &CallerName, id: &str) -> String {
    format!("seen/{period}/{}", hashed(caller, id))
}

impl Store {
    /// What a caller's idempotency key was taken with, or `None` while it is free.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn idempotency_key(&self, caller: &CallerName, key: &str) -> Result<Option<String>, StoreError> {
        self.text(idempotency_object(caller, key)).await
    }

    /// Takes a caller's idempotency key, with `value` to recognise the same request by.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim_idempotency_key(
        &self,
        caller: &CallerName,
        key: &str,
        value: &str,
    ) -> Result<Claim, StoreError> {
        self.claim(idempotency_object(caller, key), value).await
    }

    /// What the signed request of this id was answered, if it was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn answer(&self, caller: &CallerName, id: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        let period = period(now);
        let (here, before) = futures::try_join!(
            self.text(answer_object(period, caller, id)),
            self.text(answer_object(period - 1, caller, id))
        )?;
        Ok(before.or(here))
    }

    /// Keeps what the signed request of this id is answered.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep_answer(
        &self,
        caller: &CallerName,
        id: &str,
        answer: &str,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        self.claim(answer_object(period(now), caller, id), answer).await
    }

    /// Forgets answers that are older than two days. Returns how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_answers(&self, now: Timestamp) -> Result<usize, StoreError> {
        let oldest_kept = period(now) - 1;
        let mut forgotten = 0;
        for key in self.files_below("seen/").await? {
            let of = key.split('/').nth(1).and_then(|period| period.parse::<i64>().ok());
            // What an earlier release kept counts hours, which are many more.
            if of.is_some_and(|of| of < oldest_kept || of > oldest_kept * 2) {
                self.delete(&key).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    async fn claim(&self, object: String, value: &str) -> Result<Claim, StoreError> {
        if self.create(&object, value.as_bytes().to_vec()).await? {
            return Ok(Claim::Taken);
        }
        Ok(Claim::TakenBefore(self.text(object).await?.unwrap_or_default()))
    }

    async fn text(&self, object: String) -> Result<Option<String>, StoreError> {
        let Some(bytes) = self.get(&object).await? else { return Ok(None) };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|error| StoreError::Unreadable { key: object, reason: error.to_string() })
    }
}

fn period(now: Timestamp) -> i64 {
    now.as_second().div_euclid(PERIOD)
}
