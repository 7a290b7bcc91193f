//! What the operator keeps in the store.

use notice::Sinks;
use transport::Chain;

use super::{Store, StoreError};
use connection::account::Accounts;
use connection::caller::Callers;
use connection::consent::StandingConsents;

const ACCOUNTS: &str = "config/accounts.json";
const SINKS: &str = "config/sinks.json";
const CALLERS: &str = "config/callers.json";
const CONSENTS: &str = "config/consents.json";

impl Store {
    /// The operator's accounts; `None` while nobody has written the document yet.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn accounts(&self) -> Result<Option<Accounts>, StoreError> {
        let Some(bytes) = self.get(ACCOUNTS).await? else { return Ok(None) };
        let unreadable = |reason| StoreError::Unreadable { key: ACCOUNTS.to_owned(), reason };
        Accounts::from_json(&bytes).map(Some).map_err(|error| unreadable(Chain(&error).to_string()))
    }

    /// Replaces the operator's accounts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_accounts(&self, accounts: &Accounts) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec_pretty(accounts).expect("accounts are plain data and always serialise");
        let write = self.operator.write(ACCOUNTS, bytes).await;
        write.map(|_| ()).map_err(|source| StoreError::Service { doing: format!("write {ACCOUNTS}"), source })
    }

    /// Who may call the API; `None` while nobody has written the document yet.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn callers(&self) -> Result<Option<Callers>, StoreError> {
        let Some(bytes) = self.get(CALLERS).await? else { return Ok(None) };
        let unreadable = |reason| StoreError::Unreadable { key: CALLERS.to_owned(), reason };
        Callers::from_json(&bytes).map(Some).map_err(|error| unreadable(Chain(&error).to_string()))
    }

    /// What owners agreed to beforehand; nothing where there is no such document.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn standing_consents(&self) -> Result<StandingConsents, StoreError> {
        let Some(bytes) = self.get(CONSENTS).await? else { return Ok(StandingConsents::none()) };
        let unreadable = |reason| StoreError::Unreadable { key: CONSENTS.to_owned(), reason };
        StandingConsents::from_json(&bytes).map_err(|error| unreadable(Chain(&error).to_string()))
    }

    /// Replaces what owners agreed to beforehand.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Panics
    /// Never: consents are plain data.
    pub async fn put_standing_consents(&self, consents: &StandingConsents) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec_pretty(consents).expect("consents are plain data and always serialise");
        let write = self.operator.write(CONSENTS, bytes).await;
        write.map(|_| ()).map_err(|source| StoreError::Service { doing: format!("write {CONSENTS}"), source })
    }

    /// Replaces who may call the API.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Panics
    /// Never: callers are plain data.
    pub async fn put_callers(&self, callers: &Callers) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec_pretty(callers).expect("callers are plain data and always serialise");
        let write = self.operator.write(CALLERS, bytes).await;
        write.map(|_| ()).map_err(|source| StoreError::Service { doing: format!("write {CALLERS}"), source })
    }

    /// Who is told of what happens; nobody where there is no such document.
    ///
    /// # Errors
    /// When the store fails, or the document does not read.
    pub async fn sinks(&self) -> Result<Sinks, StoreError> {
        let Some(bytes) = self.get(SINKS).await? else { return Ok(Sinks::none()) };
        Sinks::from_json(&bytes)
            .map_err(|error| StoreError::Unreadable { key: SINKS.to_owned(), reason: Chain(&error).to_string() })
    }

    /// Replaces who is told.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Panics
    /// Never: sinks are plain data.
    pub async fn put_sinks(&self, sinks: &Sinks) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec_pretty(sinks).expect("sinks are plain data and always serialise");
        let write = self.operator.write(SINKS, bytes).await;
        write.map(|_| ()).map_err(|source| StoreError::Service { doing: format!("write {SINKS}"), source })
    }
}
