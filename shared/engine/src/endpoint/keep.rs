//! Endpoints that are connected, and whether they are among those that may stay.
//!
//! Where more are connected than a limit allows, those that were approved first stay.

use std::collections::BTreeMap;

use alicloud::private_link::EndpointConnection;
use approval::decision::{DecisionContent, EndpointState, state_behind, subject_of};
use approval::request::{Approvals, Facts};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::ServiceView;
use audit::Verifiers;
use store::{Newest, Store, StoreError, Untrusted};

/// How many logs are read side by side.
const SIDE_BY_SIDE: usize = 16;

/// What the logs of a service's endpoints come to, by endpoint. Who has no log is not among them.
#[derive(Debug, Clone, Default)]
pub struct EndpointStates {
    known: BTreeMap<String, EndpointState>,
    /// Those whose log has a newest entry that is not to be trusted: nothing is known of them.
    pub untrusted: BTreeMap<String, Untrusted>,
}

impl EndpointStates {
    /// What the log of an endpoint comes to, if it has one that is to be trusted.
    #[must_use]
    pub fn get(&self, endpoint_id: &str) -> Option<&EndpointState> {
        self.known.get(endpoint_id)
    }
}

/// Reads what the logs of a service's endpoints come to.
///
/// # Errors
/// When the store fails.
pub async fn states(store: &Store, trusted: &Verifiers, view: &ServiceView) -> Result<EndpointStates, StoreError> {
    let service = view.service.service_id.as_str();
    let endpoints: Vec<String> = view.connections.iter().map(|connection| connection.endpoint_id.clone()).collect();
    let mut all = stream::iter(endpoints)
        .map(|id| async move {
            let newest = store.newest_entry::<DecisionContent>(&subject_of(service, &id), trusted).await;
            newest.map(|newest| (id, newest))
        })
        .buffer_unordered(SIDE_BY_SIDE);
    let mut states = EndpointStates::default();
    while let Some((id, newest)) = all.try_next().await? {
        match newest {
            Newest::Trusted(None) => {}
            Newest::Trusted(entry) => {
                states.known.insert(id, state_behind(entry.as_ref()));
            }
            Newest::Untrusted(untrusted) => {
                states.untrusted.insert(id, untrusted);
            }
        }
    }
    Ok(states)
}

impl ServiceView {
    /// What is known around a connected endpoint, to decide whether it still passes. Only those that came before it count
    /// against its limits.
    #[must_use]
    pub fn facts_to_keep(&self, connection: &EndpointConnection, states: &EndpointStates, now: Timestamp) -> Facts {
        let rank = |one: &EndpointConnection| {
            let approval = states.get(&one.endpoint_id).and_then(|state| state.approval.as_ref());
            (approval.map_or(Timestamp::MAX, |approval| approval.at), one.endpoint_id.clone())
        };
        let own = rank(connection);
        let others = self.others(connection, |other| rank(other) < own);
        let none = EndpointState::default();
        let state = states.get(&connection.endpoint_id).unwrap_or(&none);
        self.facts_among(connection, state, Approvals::default(), others, now)
    }
}
