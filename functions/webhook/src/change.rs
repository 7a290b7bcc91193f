//! Removal and retry: a person's wish becomes an event, and the decider says what follows.

use bytes::Bytes;
use connection::carry::{Office, settle};
use connection::decide::{Event, decide};
use connection::words::ConnectionName;
use http::{Response, StatusCode};

use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};
use crate::{unknown, view};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

/// Undoes everything that was made for the connection. Asking again changes nothing.
///
/// # Errors
/// The refusal to answer with.
pub async fn remove(office: &Office, name: &ConnectionName) -> Result<Response<Bytes>, Refusal> {
    apply(office, name, &Event::RemovalAsked).await
}

/// Goes on with a connection that failed, is stuck, or was rolled back.
///
/// # Errors
/// The refusal to answer with.
pub async fn retry(office: &Office, name: &ConnectionName) -> Result<Response<Bytes>, Refusal> {
    apply(office, name, &Event::RetryAsked).await
}

async fn apply(office: &Office, name: &ConnectionName, event: &Event) -> Result<Response<Bytes>, Refusal> {
    for _ in 0..MOST_RACES {
        let stored = office.store.read(name).await.map_err(unavailable)?.ok_or_else(|| unknown(name))?;
        let (now, roll) = (office.io.clock.now(), office.io.entropy.next_u64());
        let decision = decide(&stored.record, event.clone(), now, roll)
            .map_err(|illegal| Refusal::conflict(illegal.to_string()))?;
        let accepted = Ok(json_response(StatusCode::ACCEPTED, &view::summary(&decision.record)));
        if decision.record == stored.record {
            return accepted;
        }
        match settle(office, Some(&stored.record), &decision, stored.revision.next()).await {
            Ok(()) => return accepted,
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(Refusal::unavailable("the connection is changing too fast right now"))
}
