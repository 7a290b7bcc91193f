//! What the operator keeps in the store.

use super::{Store, StoreError};
use crate::account::Accounts;

const ACCOUNTS: &str = "config/accounts.json";

impl Store {
    /// The operator's accounts.
    ///
    /// # Errors
    /// When the store fails, or the document is missing or does not read.
    pub async fn accounts(&self) -> Result<Accounts, StoreError> {
        let unreadable = |reason: String| StoreError::Unreadable { key: ACCOUNTS.to_owned(), reason };
        let bytes = self
            .get(ACCOUNTS)
            .await?
            .ok_or_else(|| unreadable("it is missing; see the README on accounts".to_owned()))?;
        Accounts::from_json(&bytes).map_err(|error| unreadable(error.to_string()))
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
}
