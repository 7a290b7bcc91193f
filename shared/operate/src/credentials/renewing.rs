//! The source that answered, asked again before a session ends.

use alicloud::{Credentials, CredentialsProvider, NoCredentials};
use async_trait::async_trait;
use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::{Lease, Source};
use crate::surroundings::Surroundings;

/// A session with less life than this is renewed before it is used.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);
/// While its source does not answer, a session may be used up to this long before its end.
const USABLE_BEFORE: SignedDuration = SignedDuration::from_mins(1);

/// Credentials of one source. Callers that come while they are being fetched wait for that one fetch.
pub(super) struct Renewing {
    here: Surroundings,
    source: Source,
    lease: Mutex<Option<Lease>>,
}

impl Renewing {
    pub(super) fn new(here: Surroundings, source: Source, lease: Lease) -> Self {
        Self { here, source, lease: Mutex::new(Some(lease)) }
    }
}

#[async_trait]
impl CredentialsProvider for Renewing {
    async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        let mut lease = self.lease.lock().await;
        let now = self.here.io.clock.now();
        let lives_past = |lease: &Lease, margin| lease.expires.is_none_or(|end| end.duration_since(now) > margin);
        if let Some(lease) = &*lease
            && lives_past(lease, RENEW_BEFORE)
        {
            return Ok(lease.credentials.clone());
        }
        match self.source.lease(&self.here).await {
            Ok(fresh) => Ok(lease.insert(fresh).credentials.clone()),
            Err(why) => match &*lease {
                Some(lease) if lives_past(lease, USABLE_BEFORE) => {
                    tracing::warn!(source = %self.source, %why, "credentials not renewed, using the old ones");
                    Ok(lease.credentials.clone())
                }
                Some(_) | None => {
                    let advice = "Renew these credentials where they come from, then run the command again.";
                    Err(NoCredentials::new(format!("{}: {why}", self.source), advice))
                }
            },
        }
    }

    async fn refused(&self, access_key_id: &str) {
        let mut lease = self.lease.lock().await;
        // Another caller may have renewed them meanwhile: drop only what was refused.
        if lease.as_ref().is_some_and(|lease| lease.credentials.access_key_id == access_key_id) {
            *lease = None;
        }
    }
}
