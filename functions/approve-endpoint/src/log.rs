//! Writing down what was decided.

use approval::decision::{Actor, DecisionContent, Draft, EndpointState, Entry, Event, Place, state_behind, subject_of};
use approval::request::{Facts, Request};
use audit::Keys;
use connection::words::ResourceId;
use engine::services::Services;
use store::{Newest, Store, StoreError, Untrusted};
use tracing::info;
use transport::Io;

/// The log of one endpoint, as far as one visit knows it.
pub struct Log<'a> {
    store: &'a Store,
    keys: &'a Keys,
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

/// Where logs are, and what it takes to write into them.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// The store.
    pub store: &'a Store,
    /// The keys.
    pub keys: &'a Keys,
    /// Time and randomness.
    pub io: &'a Io,
}

impl<'a> Access<'a> {
    /// That of a function.
    #[must_use]
    pub fn of(services: &'a Services) -> Self {
        Self { store: &services.store, keys: &services.audit, io: &services.io }
    }
}

impl<'a> Log<'a> {
    /// Opens the log of an endpoint, for `actor` to write into; or says why nobody may go on from its newest entry.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(
        Access { store, keys, io }: Access<'a>,
        actor: Actor,
        place: Place,
        service: ResourceId,
        endpoint: ResourceId,
    ) -> Result<Result<Self, Untrusted>, StoreError> {
        let subject = subject_of(service.as_str(), endpoint.as_str());
        Ok(match store.newest_entry::<DecisionContent>(&subject, keys.trusted()).await? {
            Newest::Trusted(newest) => Ok(Self { store, keys, io, actor, place, service, endpoint, newest }),
            Newest::Untrusted(untrusted) => Err(untrusted),
        })
    }

    /// What all entries come to.
    #[must_use]
    pub fn state(&self) -> EndpointState {
        state_behind(self.newest.as_ref())
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
        let entry = draft.after(self.newest.as_ref(), self.io.entropy.nonce(), self.keys.own()?);
        self.store.append(&entry).await?;
        info!(service = %self.service, endpoint = %self.endpoint, sequence = entry.sequence, event = ?entry.event, "decision recorded");
        self.newest = Some(entry);
        Ok(())
    }
}
