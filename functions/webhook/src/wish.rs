//! What people wish of a connection that stands in the store: a wish becomes an event, and the decider says what follows.

use bytes::Bytes;
use connection::decide::{Decision, Event, decide};
use connection::words::ConnectionName;
use engine::carry::commit;
use engine::services::Services;
use http::{Response, StatusCode};
use store::Stored;

use crate::dry_run::{self, Flag};
use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};
use crate::{plan, unknown, view};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

/// What somebody wishes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Undo everything that was made for it. Asking again changes nothing.
    Remove,
    /// Go on after it failed, got stuck or was rolled back.
    Retry,
    /// Switch it off and keep everything.
    Pause,
    /// Switch it on again; of a stopped one, go on.
    Resume,
    /// Give up a stopped one and keep whatever was made.
    Abandon,
}

impl Wish {
    fn event(self) -> Event {
        match self {
            Self::Remove => Event::RemovalAsked,
            Self::Retry => Event::RetryAsked,
            Self::Pause => Event::PauseAsked,
            Self::Resume => Event::ResumeAsked,
            Self::Abandon => Event::AbandonAsked,
        }
    }
}

/// Fulfils a wish, or tells what it would take.
///
/// # Errors
/// The refusal to answer with.
pub async fn fulfil(
    services: &Services,
    name: &ConnectionName,
    wish: Wish,
    asked: Flag,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let dry = asked.or(dry_run::of_body(body)?);
    decided(services, name, dry, |_| Ok(wish.event())).await
}

/// Lets an event happen to a connection. `event` is asked again after every lost race.
///
/// # Errors
/// The refusal to answer with.
pub async fn decided(
    services: &Services,
    name: &ConnectionName,
    dry: Flag,
    event: impl Fn(&Stored) -> Result<Event, Refusal>,
) -> Result<Response<Bytes>, Refusal> {
    for _ in 0..MOST_RACES {
        let stored = services.store.read(name).await.map_err(unavailable)?.ok_or_else(|| unknown(name))?;
        let (now, roll) = (services.io.clock.now(), services.io.entropy.next_u64());
        let decision = decide(&stored.record, event(&stored)?, now, roll)
            .map_err(|illegal| Refusal::conflict(illegal.to_string()))?;
        if dry.is_set() {
            return plan::of(services, &stored.record, &decision.record).await;
        }
        match keep(services, &stored, &decision).await? {
            Some(response) => return Ok(response),
            None => continue,
        }
    }
    Err(Refusal::unavailable("the connection is changing too fast right now"))
}

/// Writes what was decided; `None` when somebody else was faster.
async fn keep(services: &Services, stored: &Stored, decision: &Decision) -> Result<Option<Response<Bytes>>, Refusal> {
    let accepted = json_response(StatusCode::ACCEPTED, &view::summary(&decision.record, services.io.clock.now()));
    if decision.record == stored.record {
        return Ok(Some(accepted));
    }
    match commit(services, Some(&stored.record), decision, stored.revision.next()).await {
        Ok(()) => Ok(Some(accepted)),
        Err(error) if error.is_conflict() => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
