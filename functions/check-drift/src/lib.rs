//! check-drift: compares every record with the cloud, and begins or proposes what the spec allows to be set right.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`mod@plan`] | reads records and lays out which listings are needed |
//! | [`fetch`] | fetches the listings of an account, some pages a message |
//! | [`mod@compare`] | compares a batch of connections, and keeps what was found |
//! | `decided` | leaves an endpoint alone that is off because it was decided so |
//! | [`orphans`] | looks for what nobody owns in an account |
//! | `tell` | puts the events of findings where `notify` finds them |
//! | [`repair`] | what is done about the findings of a connection |
//! | [`sweep`] | begins the check that is due, and sends again what was lost |
//!
//! A check is a run of messages through this function's own queue. First some that read records; then, for each account, one
//! after the other, those that fetch its listings; then, side by side, those that compare. Each writes what it came to as an
//! object of the run, once, before it sends the next: a message that comes twice finds the object, and a lost one is missed by
//! the sweep, which sends it alone.
//!
//! # Rates
//! The cloud documents 300 calls a minute for three calls of router interfaces and nothing for the others. So an account is
//! asked for [`fetch::PAGES`] pages by one message and the next comes after [`fetch::PACE`]: that is 300 a minute at the most,
//! whatever the calls, however many accounts are looked at side by side.
//!
//! # Time and memory
//! An invocation carries out all its messages side by side, so that the slowest account sets how long it takes. But it compares
//! one batch at a time: what a batch is compared with is all that takes memory, and an instance serves many invocations.
//!
//! Nothing is changed by a check. Repairs are the business of the steps, through the record.

pub mod compare;
mod decided;
pub mod fetch;
pub mod orphans;
pub mod plan;
pub mod repair;
pub mod sweep;
mod tell;

use std::time::Duration;

use connection::message::Message as _;
use connection::queue::Queue;
use drift::check::{CheckId, CheckMessage, Task};
use drift::store::DriftStore;
use engine::services::Services;
use fc_events::timer::TimerEvent;
use fc_runtime::{Diagnostic, Environment, Error, Runtime};
use function::settings::{DRIFT_EVERY_MINUTES, decides};
use function::{Feed, each_message, serve};
use futures::lock::Mutex;
use futures::{StreamExt as _, stream};
use jiff::SignedDuration;
use serde::Serialize;
use store::StoreError;
use transport::{Chain, Io};

/// How many messages are sent side by side.
const SENDS_SIDE_BY_SIDE: usize = 8;

/// A message could not be carried out. It comes again.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The next message could not be sent.
    #[error("the next message of the check was not sent")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A document of the run is not there.
    #[error("check {check} has no {what}")]
    Incomplete {
        /// The run.
        check: CheckId,
        /// The document.
        what: &'static str,
    },
}

/// Its queue. A slice of many connections takes longer than anything else, and nothing else waits in this queue.
const FEED: Feed = Feed { queue: Queue::CheckDrift, limit: std::time::Duration::from_secs(50) };

/// What an invocation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Done {
    /// Messages that were carried out, or found to be so already.
    pub messages: usize,
    /// Checks that were begun.
    pub begun: usize,
    /// Messages that were sent again.
    pub sent_again: usize,
}

/// The function: fed by its queue and its timer.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    decides(environment)?;
    let every = SignedDuration::from_mins(DRIFT_EVERY_MINUTES.read(environment)?.into());
    serve(environment, io, move |services, payload| async move { answer(&services, &payload, every).await })
}

async fn answer(services: &Services, payload: &[u8], every: SignedDuration) -> Result<Done, Diagnostic> {
    if serde_json::from_slice::<TimerEvent>(payload).is_ok() {
        return sweep::sweep(services, every).await.map_err(Diagnostic::of);
    }
    let comparing = &Mutex::new(());
    let carry_out = |message: CheckMessage| async move {
        let _turn = match message.task {
            Task::Compare { .. } => Some(comparing.lock().await),
            Task::Plan { .. } | Task::Fetch { .. } | Task::Orphans { .. } => None,
        };
        carry_out(services, &message).await
    };
    let messages = each_message(services, FEED, payload, CheckMessage::from_value, carry_out).await?.len();
    Ok(Done { messages, ..Done::default() })
}

/// Carries one message out.
///
/// # Errors
/// See [`CheckError`].
pub async fn carry_out(services: &Services, message: &CheckMessage) -> Result<(), CheckError> {
    let drift = DriftStore(&services.store);
    let id = &message.check;
    let Some(check) = drift.check(id).await? else {
        tracing::warn!(check = %id, "a message about a check that is not known was dropped");
        return Ok(());
    };
    if drift.ended(id).await?.is_some() {
        return Ok(());
    }
    match &message.task {
        Task::Plan { part } => plan::plan(services, &check, *part).await,
        Task::Fetch { account, part, tries } => fetch::look(services, &check, account, *part, *tries).await,
        Task::Compare { batch } => compare::compare(services, &check, *batch).await,
        Task::Orphans { account } => orphans::orphans(services, &check, account).await,
    }
}

/// Sends the next message of a run.
pub(crate) async fn send(services: &Services, check: &CheckId, task: Task, delay: Duration) -> Result<(), CheckError> {
    services
        .queues
        .send(&CheckMessage::new(check, task), delay)
        .await
        .map_err(|error| CheckError::Send(Box::new(error)))
}

/// Sends messages of a run, also those behind one that cannot be sent: what does not go is missed by the sweep, like any
/// message that is lost. Whoever came again because of it would send the others twice. Returns how many went.
pub(crate) async fn send_all(services: &Services, check: &CheckId, tasks: impl IntoIterator<Item = Task>) -> usize {
    let sends: Vec<_> = tasks.into_iter().map(|task| send(services, check, task, Duration::ZERO)).collect();
    let sent: Vec<_> = stream::iter(sends).buffered(SENDS_SIDE_BY_SIDE).collect().await;
    for error in sent.iter().filter_map(|sent| sent.as_ref().err()) {
        tracing::warn!(%check, error = %Chain(error), "left to the sweep");
    }
    sent.iter().filter(|sent| sent.is_ok()).count()
}
