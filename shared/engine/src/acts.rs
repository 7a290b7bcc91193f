//! Writing down what is asked of a connection, before it is done.
//!
//! An entry of the connection's log says who asked for what, for which spec, and which revision of the record comes of it. It is
//! written before the record is. Who dies in between leaves an entry without effect: that revision is not there, or is somebody
//! else's. A lost race for the record leaves the same; whoever asked asks again, for the next revision. So an entry says that
//! something was asked for, and the history of the record says what came of it.

use audit::act::{Asked, ConnectionAct};
use audit::{Actor, Subject, canonical};
use connection::decide::Event;
use connection::record::Record;
use store::{Revision, StoreError};
use tracing::info;

use crate::services::Services;

/// What an event asks of a connection; `None` where nobody asked for it.
#[must_use]
pub fn of_event(event: &Event) -> Option<Asked> {
    match event {
        Event::RemovalAsked => Some(Asked::Remove),
        Event::RetryAsked => Some(Asked::Retry),
        Event::ChangeAsked(_) | Event::ConsentAsked(_) => Some(Asked::Change),
        Event::ConsentGiven { .. } => Some(Asked::Agree),
        Event::ConsentRefused { .. } => Some(Asked::Refuse),
        Event::PauseAsked => Some(Asked::Pause),
        Event::ResumeAsked => Some(Asked::Resume),
        Event::RepairAsked(_) => Some(Asked::Repair),
        Event::AbandonAsked => Some(Asked::Abandon),
        Event::Reported(_) | Event::Overdue => None,
    }
}

/// Writes down what `actor` asks of a connection: `record` is what its record becomes, as `revision`.
///
/// # Errors
/// When the store fails or the function has no key: nothing may be done then.
///
/// # Panics
/// Never: a spec is plain data.
pub async fn asked(
    services: &Services,
    actor: Actor,
    asked: Asked,
    record: &Record,
    revision: Revision,
) -> Result<(), StoreError> {
    let awaited = record.awaited.as_ref().and_then(|awaited| awaited.change.as_deref());
    let spec = awaited.or(record.next.as_deref()).map_or(&record.spec, |wanted| &wanted.spec);
    let spec = serde_json::to_value(spec).expect("a spec is plain data and always serialises");
    let act = ConnectionAct {
        asked,
        uid: record.uid.clone(),
        generation: record.generation,
        spec_sha256: canonical::sha256(&spec),
        revision: revision.number(),
    };
    let subject = Subject::Connection(record.name().to_string());
    let said = (services.io.clock.now(), actor, act);
    let entry = services.store.note(&subject, &services.audit, said, || services.io.entropy.nonce()).await?;
    info!(connection = %record.name(), %asked, by = %entry.actor, sequence = entry.sequence, "act recorded");
    Ok(())
}
