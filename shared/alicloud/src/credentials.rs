//! Who signs: fixed keys, keys that are replaced from outside, or a role assumed with either.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use cloud_signing::Credentials;

use crate::error::NoCredentials;

/// Hands out the credentials that sign a request.
#[async_trait]
pub trait CredentialsProvider: Send + Sync {
    /// The credentials of this moment.
    ///
    /// # Errors
    /// When they have to be fetched and cannot be.
    async fn credentials(&self) -> Result<Credentials, NoCredentials>;

    /// The cloud refused the key with this id as stale or unknown: drop it, if it is the one that is cached.
    async fn refused(&self, access_key_id: &str) {
        let _ = access_key_id;
    }
}

#[async_trait]
impl CredentialsProvider for Credentials {
    async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        Ok(self.clone())
    }
}

/// Credentials that somebody else keeps fresh: Function Compute hands new ones to an instance while it lives.
#[derive(Debug)]
pub struct Replaceable(RwLock<Credentials>);

impl Replaceable {
    /// Starts with `credentials`.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self(RwLock::new(credentials))
    }

    /// From now on, `credentials` sign.
    pub fn replace(&self, credentials: Credentials) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = credentials;
    }
}

#[async_trait]
impl CredentialsProvider for Replaceable {
    async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
