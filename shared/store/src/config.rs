//! What the operator configures: documents that are one object each.
//!
//! The webhook puts them for an admin, and says so first in the log of the configuration. Where somebody else writes the object, the log
//! does not speak of it; it counts all the same.

use audit::act::ConfigAct;
use audit::{Actor, Keys, Subject};
use jiff::Timestamp;
use notice::Sinks;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use strict::Unreadable;
use transport::Chain;

use super::{Store, StoreError};
use connection::account::Accounts;
use connection::caller::Callers;
use connection::config::ConfigDocument;
use connection::consent::StandingConsents;

/// SHA-256 of a document's text, in hexadecimal: what tells one version from another.
#[must_use]
pub fn config_hash(text: &[u8]) -> String {
    hex::encode(Sha256::digest(text))
}

impl Store {
    /// The operator's accounts; `None` while nobody has written the document yet.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn accounts(&self) -> Result<Option<Accounts>, StoreError> {
        self.config(ConfigDocument::Accounts, Accounts::from_json).await
    }

    /// Who may call the API; `None` while nobody has written the document yet.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn callers(&self) -> Result<Option<Callers>, StoreError> {
        self.config(ConfigDocument::Callers, Callers::from_json).await
    }

    /// What owners agreed to beforehand; nothing where there is no such document.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn standing_consents(&self) -> Result<StandingConsents, StoreError> {
        let read = self.config(ConfigDocument::Consents, StandingConsents::from_json).await?;
        Ok(read.unwrap_or_else(StandingConsents::none))
    }

    /// Who is told of what happens; nobody where there is no such document.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn sinks(&self) -> Result<Sinks, StoreError> {
        Ok(self.config(ConfigDocument::Sinks, Sinks::from_json).await?.unwrap_or_else(Sinks::none))
    }

    /// A document, as `read` reads it; `None` while nobody has written it.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn config<T>(
        &self,
        document: ConfigDocument,
        read: fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.config_text(document).await? else { return Ok(None) };
        let unreadable = |error| StoreError::Unreadable { key: document.key(), reason: Chain(&error).to_string() };
        read(&bytes).map(Some).map_err(unreadable)
    }

    /// The text of a document, whether it reads or not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn config_text(&self, document: ConfigDocument) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(&document.key()).await
    }

    /// Replaces the operator's accounts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_accounts(&self, accounts: &Accounts) -> Result<(), StoreError> {
        self.write_config(ConfigDocument::Accounts, text_of(accounts)).await
    }

    /// Replaces who may call the API.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_callers(&self, callers: &Callers) -> Result<(), StoreError> {
        self.write_config(ConfigDocument::Callers, text_of(callers)).await
    }

    /// Replaces what owners agreed to beforehand.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_standing_consents(&self, consents: &StandingConsents) -> Result<(), StoreError> {
        self.write_config(ConfigDocument::Consents, text_of(consents)).await
    }

    /// Replaces who is told.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_sinks(&self, sinks: &Sinks) -> Result<(), StoreError> {
        self.write_config(ConfigDocument::Sinks, text_of(sinks)).await
    }

    /// Says in the log of the configuration who puts a document, then puts it. Who dies in between leaves an entry without effect, and
    /// whoever asked asks again.
    ///
    /// # Errors
    /// When the store fails, or there is no key to sign with.
    pub async fn put_config(
        &self,
        document: ConfigDocument,
        text: Vec<u8>,
        keys: &Keys,
        (at, actor): (Timestamp, Actor),
        writer: impl Fn() -> String,
    ) -> Result<(), StoreError> {
        let act = ConfigAct { document: document.word().to_owned(), sha256: config_hash(&text) };
        self.note(&Subject::Config, keys, (at, actor, act), writer).await?;
        self.write_config(document, text).await
    }

    async fn write_config(&self, document: ConfigDocument, text: Vec<u8>) -> Result<(), StoreError> {
        let key = document.key();
        let write = self.operator.write(&key, text).await;
        write.map(|_| ()).map_err(|source| StoreError::Service { doing: format!("write {key}"), source })
    }
}

fn text_of(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(document).expect("documents are plain data and always serialise")
}
