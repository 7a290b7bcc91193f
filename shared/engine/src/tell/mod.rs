//! What happened, put where the function `notify` finds it.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `record` | the events of connections |
//! | `endpoint` | the events of endpoints that ask to be connected |
//! | `audit` | the events of evidence: checkpoints, and what is not to be trusted |
//!
//! Events are part of what a function has to get done, and never the first part: what happened is written before it is told.
//! Who dies in between is found by whatever made it do its work in the first place, and the event is put again. It has the same
//! id then, so it is there once.

mod audit;
mod endpoint;
mod record;

pub use self::audit::{of_broken_checkpoint, of_broken_copy, of_checkpoint, of_uncopied, of_untrusted};
pub use endpoint::{of_decision, of_lease};
pub use record::of_record;

use std::time::Duration;

use connection::message::NoticeMessage;
use notice::Event;
use tracing::{info, warn};
use transport::Chain;

use crate::services::Services;
use store::StoreError;

/// Puts an event where it will be told from, and says so to the function that tells it. Doing it again changes nothing.
///
/// # Errors
/// When the store fails: it must be told again. A message that could not be sent is no error: the timer of `notify` finds the
/// event.
pub async fn tell(services: &Services, event: &Event) -> Result<(), StoreError> {
    if !services.store.put_notice(event).await? {
        return Ok(());
    }
    info!(
        event = %event.id, happened = %event.what, severity = %event.severity, subject = event.subject,
        connection = event.data.connection, "event recorded"
    );
    if let Err(error) = services.queues.send(&NoticeMessage::new(&event.id), Duration::ZERO).await {
        warn!(event = %event.id, error = %Chain(&error), "the message about an event was not sent; the timer finds it");
    }
    Ok(())
}
