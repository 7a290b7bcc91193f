//! The logs of endpoints: `decisions/SERVICE/ENDPOINT/NUMBER.json`, each entry an object that is written once.
//!
//! Creating the next number if it is absent is the compare-and-set: of two that decide at once one writes, and the other is
//! told and looks again. What is stored is the entry in its one spelling and nothing around it, so that its hash covers
//! every byte.

use approval::decision::Entry;
use futures::TryStreamExt as _;
use opendal::EntryMode;

use super::{Revision, Store, StoreError};
use connection::words::ResourceId;

const FOLDER: &str = "decisions/";

fn folder(service: &ResourceId, endpoint: &ResourceId) -> String {
    format!("{FOLDER}{service}/{endpoint}/")
}

impl Store {
    /// The newest entry of an endpoint's log.
    ///
    /// # Errors
    /// When the store fails, or the entry does not read or belongs to another endpoint.
    pub async fn newest_decision(
        &self,
        service: &ResourceId,
        endpoint: &ResourceId,
    ) -> Result<Option<Entry>, StoreError> {
        let folder = folder(service, endpoint);
        let Some(newest) = self.newest(&folder).await? else { return Ok(None) };
        let key = newest.key(&folder);
        let Some(bytes) = self.get(&key).await? else { return Ok(None) };
        let unreadable = |reason: String| StoreError::Unreadable { key: key.clone(), reason };
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if entry.sequence != newest.number() {
            return Err(unreadable(format!("it carries the number {}", entry.sequence)));
        }
        if !entry.is_of((service.as_str(), endpoint.as_str())) {
            let Entry { service_id, endpoint_id, .. } = entry;
            return Err(unreadable(format!("it belongs to endpoint {endpoint_id} of service {service_id}")));
        }
        Ok(Some(entry))
    }

    /// Writes an entry behind the one it was made to follow.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote that number: read again and decide again.
    pub async fn append_decision(
        &self,
        service: &ResourceId,
        endpoint: &ResourceId,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let key = Revision::numbered(entry.sequence).key(&folder(service, endpoint));
        if self.create(&key, entry.to_text().into_bytes()).await? { Ok(()) } else { Err(StoreError::Conflict { key }) }
    }

    /// The bytes of all entries of an endpoint's log, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decisions(&self, service: &ResourceId, endpoint: &ResourceId) -> Result<Vec<Vec<u8>>, StoreError> {
        let folder = folder(service, endpoint);
        let mut keys: Vec<(Revision, String)> = self
            .keys_in(&folder)
            .await?
            .into_iter()
            .filter_map(|(key, mode)| Some((Revision::of_key(&key)?, key)).filter(|_| mode == EntryMode::FILE))
            .collect();
        keys.sort();
        let mut entries = Vec::with_capacity(keys.len());
        for (_, key) in keys {
            // An object that goes between listing and reading leaves a gap, which is found by the next number.
            entries.extend(self.get(&key).await?);
        }
        Ok(entries)
    }

    /// Every endpoint that has a log, by service, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn decided_endpoints(&self) -> Result<Vec<(ResourceId, ResourceId)>, StoreError> {
        let mut found = Vec::new();
        for service in self.ids_in(FOLDER).await? {
            for endpoint in self.ids_in(&format!("{FOLDER}{service}/")).await? {
                found.push((service.clone(), endpoint));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The folders in a folder whose names are ids.
    async fn ids_in(&self, folder: &str) -> Result<Vec<ResourceId>, StoreError> {
        let id = |(key, mode): (String, EntryMode)| {
            let name = key.strip_prefix(folder)?.strip_suffix('/')?;
            (mode == EntryMode::DIR).then(|| name.parse().ok()).flatten()
        };
        Ok(self.keys_in(folder).await?.into_iter().filter_map(id).collect())
    }

    /// What stands directly in a folder.
    async fn keys_in(&self, folder: &str) -> Result<Vec<(String, EntryMode)>, StoreError> {
        let service = |source| StoreError::Service { doing: format!("list {folder}"), source };
        let lister = match self.operator.lister_with(folder).await {
            Ok(lister) => lister,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(service(error)),
        };
        lister.map_ok(|entry| (entry.path().to_owned(), entry.metadata().mode())).try_collect().await.map_err(service)
    }
}
