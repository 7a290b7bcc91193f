//! Endpoints that are connected, and whether they are among those that may stay.
//!
//! Where more are connected than a limit allows, those that were approved first stay.

use std::collections::BTreeMap;

use alicloud::private_link::EndpointConnection;
use approval::decision::EndpointState;
use approval::request::{Approvals, Facts};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::ServiceView;
use connection::words::ResourceId;
use store::{Store, StoreError};

/// How many logs are read side by side.
const SIDE_BY_SIDE: usize = 16;

/// What the logs of a service's endpoints come to, by endpoint. Who has no log is not among them.
pub type EndpointStates = BTreeMap<String, EndpointState>;

/// Reads what the logs of a service's endpoints come to.
///
/// # Errors
/// When the store fails or a log does not read.
pub async fn states(store: &Store, view: &ServiceView) -> Result<EndpointStates, StoreError> {
    let Ok(service) = view.service.service_id.parse() else { return Ok(EndpointStates::new()) };
    let service: &ResourceId = &service;
    let endpoints: Vec<String> = view.connections.iter().map(|connection| connection.endpoint_id.clone()).collect();
    let all = stream::iter(endpoints)
        .map(|id| async move {
            let Ok(endpoint) = id.parse() else { return Ok::<_, StoreError>(None) };
            Ok(store.newest_decision(service, &endpoint).await?.map(|entry| (id, entry.state)))
        })
        .buffer_unordered(SIDE_BY_SIDE);
    all.try_filter_map(|found| async move { Ok(found) }).try_collect().await
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
