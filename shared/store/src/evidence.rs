//! Everything that verifying takes, as it stands: logs, policies and checkpoints, a page at a time.

use futures::TryStreamExt as _;

use super::{Store, StoreError};

/// What stands below these is evidence: it is meant to be looked at by whoever does not trust the functions, and holds no secret. Who
/// copies it does so in this order: an entry that comes in between is then one that no checkpoint of the copy covers.
pub const EVIDENCE: [&str; 4] = ["audit/checkpoints/", "acts/", "decisions/", "policy/"];
/// What the last sweep saw of endpoints, which says why one is connected now.
pub const REPORT: &str = "approvals/report.json";

/// Whether a key, or the beginning of keys, is that of evidence.
#[must_use]
pub fn is_evidence(key: &str) -> bool {
    let goes_out = key.split('/').any(|part| part == ".." || part == ".");
    !goes_out && (key == REPORT || EVIDENCE.iter().any(|folder| key.starts_with(folder)))
}

impl Store {
    /// The keys of up to `limit` objects that begin with `prefix` and stand behind `after`, in order. `prefix` is a folder, or a key.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keys_behind(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let service = |source| StoreError::Service { doing: format!("list {prefix}"), source };
        let mut listing = self.operator.lister_with(prefix).recursive(true);
        if let Some(after) = after
            && self.operator.info().capability().list_with_start_after
        {
            listing = listing.start_after(after);
        }
        let mut lister = match listing.await {
            Ok(lister) => lister,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(service(error)),
        };
        let mut keys = Vec::new();
        while let Some(entry) = lister.try_next().await.map_err(service)? {
            if entry.metadata().is_file() && after.is_none_or(|after| entry.path() > after) {
                keys.push(entry.path().to_owned());
                if self.lists_in_order() && keys.len() == limit {
                    break;
                }
            }
        }
        keys.sort_unstable();
        keys.truncate(limit);
        Ok(keys)
    }
}
