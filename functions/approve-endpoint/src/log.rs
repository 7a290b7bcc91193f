//! Writing down what was decided.

use approval::decision::{Actor, Draft, EndpointState, Entry, Event, Place};
use approval::request::{Facts, Request};
use connection::words::ResourceId;
use store::{Store, StoreError};
use tracing::info;
use transport::Io;

/// The log of one endpoint, as far as one visit knows it.
pub struct Log<'a> {
    store: &'a Store,
    io: &'a Io,
    actor: Actor,
    place: Place,
    service: ResourceId,
    endpoint: ResourceId,
    newest: Option<Entry>,
}

/// What an entry rests on.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// The endpoint as it was seen.
    pub request: Option<Request>,
    /// What was known around it.
    pub facts: Option<Facts>,
    /// The hash of the policy in force.
    pub policy_hash: Option<String>,
}

impl<'a> Log<'a> {
    /// Opens the log of an endpoint, for `actor` to write into.
    ///
    /// # Errors
    /// When the store fails, or the newest entry does not read or belongs to another endpoint.
    pub async fn open(
        (store, io): (&'a Store, &'a Io),
        actor: Actor,
        place: Place,
        service: ResourceId,
        endpoint: ResourceId,
    ) -> Result<Self, StoreError> {
        let newest = store.newest_decision(&service, &endpoint).await?;
        // An account may get another alias. A service stays in its region.
        if let Some(entry) = newest.as_ref().filter(|entry| entry.place.region != place.region) {
            let reason =
                format!("it is of a service in {}, and the service is in {}", entry.place.region, place.region);
            return Err(StoreError::Unreadable { key: format!("decisions/{service}/{endpoint}/"), reason });
        }
        Ok(Self { store, io, actor, place, service, endpoint, newest })
    }

    /// What all entries come to.
    #[must_use]
    pub fn state(&self) -> EndpointState {
        self.newest.as_ref().map(|entry| entry.state.clone()).unwrap_or_default()
    }

    /// The newest entry.
    #[must_use]
    pub fn newest(&self) -> Option<&Entry> {
        self.newest.as_ref()
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// A conflict when somebody else was faster, who may have decided otherwise: look again.
    pub async fn add(&mut self, event: Event, grounds: Grounds, request_id: Option<String>) -> Result<(), StoreError> {
        let Grounds { request, facts, policy_hash } = grounds;
        let draft = Draft {
            at: self.io.clock.now(),
            place: self.place.clone(),
            service_id: self.service.to_string(),
            endpoint_id: self.endpoint.to_string(),
            actor: self.actor.clone(),
            event,
            request,
            facts,
            policy_hash,
            request_ids: request_id.into_iter().collect(),
        };
        let entry = draft.after(self.newest.as_ref(), self.io.entropy.nonce());
        self.store.append_decision(&self.service, &self.endpoint, &entry).await?;
        info!(service = %self.service, endpoint = %self.endpoint, sequence = entry.sequence, event = ?entry.event, "decision recorded");
        self.newest = Some(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use approval::verdict::{Reason, Verdict};

    use super::*;

    #[tokio::test]
    async fn a_log_of_another_region_is_not_gone_on_with_and_one_of_a_renamed_account_is() {
        let (store, io) = (Store::in_memory(), Io::system().unwrap());
        let open = async |account: &str, region: &str| {
            let place = Place { account: account.to_owned(), region: region.to_owned() };
            let (service, endpoint) = ("epsrv-1".parse().unwrap(), "ep-1".parse().unwrap());
            Log::open((&store, &io), Actor::Policy, place, service, endpoint).await
        };
        let event = Event::Decided { verdict: Verdict::of(Reason::AccountNotListed, None) };
        open("b", "eu-central-1").await.unwrap().add(event, Grounds::default(), None).await.unwrap();
        let error = open("b", "cn-hangzhou").await.err().unwrap();
        assert!(error.to_string().contains("of a service in eu-central-1"), "{error}");
        assert!(open("renamed", "eu-central-1").await.unwrap().newest().is_some());
    }
}
