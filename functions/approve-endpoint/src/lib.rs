//! Decides on one endpoint, announced or not, and carries out what was decided: connects it, cuts it, or leaves it and says
//! why.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`visit`](mod@visit) | one look at an endpoint that nobody announced, and what follows from it |
//! | [`step`] | the same where a connection made the endpoint: a step of its chain |
//! | [`drift`] | how its connection differs from what the record promises: pure |
//! | [`act`] | asking the cloud to connect or to cut |
//! | [`log`] | writing down what was decided |
//!
//! # Guarantees
//! Nothing is connected or cut before an entry of the endpoint's log says that it will be, and why. Who dies after that entry
//! leaves an intent that the next visit finds and carries on, with the client token that belongs to it. Messages may come
//! twice, late or not at all: every visit looks at the cloud and at the log before it acts, and the sweep of endpoints sends
//! again what is open.
//!
//! Every entry is signed. Where the newest entry of a log is not signed by a key that is trusted, for this endpoint and this number,
//! nothing is done about the endpoint: the sweep of endpoints tells of it, and the word of a person, which is signed, goes on from
//! there. What an earlier release wrote, unsigned, connects nothing.
//!
//! # Assumptions
//! The cloud changes one endpoint connection of a main account at a time, so deciding to approve and asking for it happen
//! within the account's lane. Within it no other visit can use up a limit that this one has just counted.

pub mod act;
pub mod drift;
pub mod log;
pub mod step;
pub mod visit;

use connection::message::{EndpointMessage, Message as _, StepMessage};
use connection::words::StepName;
use engine::carry::{Carried, carry};
use engine::services::Services;
use fc_runtime::{Diagnostic, Environment, Error, Runtime};
use function::settings::decides;
use function::{Feed, each_message, serve};
use serde::Serialize;
use serde_json::Value;
use transport::Io;

pub use step::ApproveEndpoint;
pub use visit::{VisitError, Visited, visit};

/// What a batch came to.
#[derive(Debug, Default, Serialize)]
struct Tally {
    recorded: usize,
    nothing_new: usize,
    waiting: usize,
}

/// The function: one visit, or one turn of a step, for each message of its queue.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    decides(environment)?;
    serve(environment, io, |services, payload| async move { visit_all(&services, &payload).await })
}

enum Message {
    /// Of a chain.
    Step(StepMessage),
    /// About an endpoint.
    Endpoint(EndpointMessage),
}

impl Message {
    /// A message of a chain names its connection; one about an endpoint names that.
    fn from_value(body: Value) -> Result<Self, Diagnostic> {
        if body.get("connection").is_some() {
            StepMessage::from_value(body).map(Self::Step).map_err(Diagnostic::of)
        } else {
            EndpointMessage::from_value(body).map(Self::Endpoint).map_err(Diagnostic::of)
        }
    }
}

async fn visit_all(services: &Services, payload: &[u8]) -> Result<Tally, Diagnostic> {
    let handle = |message| async move {
        match message {
            Message::Step(message) => match carry(services, &ApproveEndpoint, &message).await {
                Ok(Carried::Moved(_)) => Ok(Visited::Recorded),
                Ok(Carried::Stale) => Ok(Visited::NothingNew),
                Err(error) => Err(Diagnostic::of(error)),
            },
            Message::Endpoint(message) => visit(services, &message).await.map_err(Diagnostic::of),
        }
    };
    let mut tally = Tally::default();
    let feed = Feed::of_step(StepName::ApproveEndpoint);
    for visited in each_message(services, feed, payload, Message::from_value, handle).await? {
        match visited {
            Visited::Recorded => tally.recorded += 1,
            Visited::NothingNew => tally.nothing_new += 1,
            Visited::Waits => tally.waiting += 1,
        }
    }
    Ok(tally)
}
