//! Dead letters: messages that functions failed to handle.
//!
//! The queue service lists nothing. It shows up to sixteen messages, which changes nothing; to do something with one, it has to be taken,
//! which hides it until it is given back, or for the queue's visibility timeout.
//!
//! ```text
//! take the letter ─► write who wants what ─► send its messages ─► delete it
//!                │                       │                    │
//!    it comes back by itself    likewise; the log says     it comes back; whoever sends it again
//!                               that it was asked for      sends it twice, which does no harm
//! ```

mod letter;

use std::time::Duration;

use alicloud::mns::{Message, Peeked};
use api::dead_letters::{
    DeadLetter, DeadLetterPlan, DeadLetters, DiscardDeadLetter, Done, LONGEST_REASON, LetterId, LetterMessage,
};
use audit::act::{DeadLetterAct, LetterStep};
use audit::{Actor, Subject as Log};
use bytes::Bytes;
use connection::caller::{Act, Subject};
use connection::problem::Problem;
use engine::dispatch::DeadLetterQueue;
use engine::services::Services;
use futures::future;
use http::{Response, StatusCode};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use transport::Chain;

use self::letter::Content;
use crate::access::Principal;
use crate::dry_run;
use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};

/// How often the queue is asked for sixteen messages to find one.
const MOST_LOOKS: usize = 10;

/// What the queue shows.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(services: &Services, caller: &Principal) -> Result<Response<Bytes>, Refusal> {
    let queue = services.queues.dead_letters();
    let (shown, counted) = future::try_join(queue.peek(), queue.count()).await.map_err(no_queue)?;
    let mut items = Vec::new();
    for peeked in shown {
        let Some(found) = Found::of_peeked(&peeked) else { continue };
        if found.is_seen_by(services, caller).await? {
            items.push(found.shown(None));
        }
    }
    let (in_queue, in_hands) = counted;
    Ok(json_response(StatusCode::OK, &DeadLetters { items, in_queue, in_hands }))
}

/// One letter.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, caller: &Principal, id: &LetterId) -> Result<Response<Bytes>, Refusal> {
    let queue = services.queues.dead_letters();
    let shown = queue.peek().await.map_err(no_queue)?;
    let found = match shown.iter().filter_map(Found::of_peeked).find(|found| found.id == *id) {
        Some(found) => found,
        None => {
            let (found, message) = take(&queue, id).await?;
            give_back(&queue, &[message]).await;
            found
        }
    };
    if !found.is_seen_by(services, caller).await? {
        return Err(unknown(id));
    }
    Ok(json_response(StatusCode::OK, &found.shown(None)))
}

/// Sends a letter to its queues again, or says what would be sent.
///
/// # Errors
/// The refusal to answer with.
pub async fn replay(
    services: &Services,
    caller: &Principal,
    id: &LetterId,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let dry_run = dry_run | dry_run::of_body(body)?;
    let queue = services.queues.dead_letters();
    let (found, message) = take(&queue, id).await?;
    let answer = send_again(services, caller, &queue, (&found, &message), dry_run).await;
    if dry_run || answer.is_err() {
        give_back(&queue, &[message]).await;
    }
    answer
}

async fn send_again(
    services: &Services,
    caller: &Principal,
    queue: &DeadLetterQueue<'_>,
    (found, message): (&Found, &Message),
    dry_run: bool,
) -> Result<Response<Bytes>, Refusal> {
    found.may(services, caller, Act::Replay).await?;
    let Some(contents) = &found.contents else {
        return Err(Refusal::conflict(format!(
            "dead letter {} does not read as messages of this release, so it is not known where it goes; deploy the newer functions if \
             they wrote it, or discard it",
            found.id
        )));
    };
    if dry_run {
        return Ok(json_response(StatusCode::OK, &DeadLetterPlan { dry_run, letter: found.shown(None) }));
    }
    found.note(services, caller, LetterStep::Replay, None).await?;
    for content in contents {
        let sent = services.queues.put_back(content.queue, content.body.to_string().as_bytes(), Duration::ZERO).await;
        sent.map_err(|error| match error.kind() {
            alicloud::Kind::Gone => Refusal::conflict(format!(
                "queue {} is not there: the functions of that kind are not deployed; deploy them, or discard the letter",
                content.queue
            )),
            _ => unavailable_queue(&error),
        })?;
    }
    let done = match queue.delete(message).await {
        Ok(()) => Done::Replayed,
        Err(error) => {
            tracing::warn!(letter = %found.id, error = %Chain(&error), "it was sent again and may come back");
            Done::ReplayedAndKept
        }
    };
    Ok(json_response(StatusCode::ACCEPTED, &found.shown(Some(done))))
}

/// Deletes a letter, or says what would be deleted.
///
/// # Errors
/// The refusal to answer with.
pub async fn discard(
    services: &Services,
    caller: &Principal,
    id: &LetterId,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let DiscardDeadLetter { reason, dry_run: in_body } =
        dry_run::read(body, "an object with reason, a text, and maybe dry_run (true or false), and nothing else")?;
    if reason.trim().is_empty() || reason.chars().count() > LONGEST_REASON {
        let problem = Problem::at("/reason", format!("must be 1 to {LONGEST_REASON} characters"));
        return Err(Refusal::malformed("a letter is discarded for a reason", vec![problem]));
    }
    let dry_run = dry_run | in_body;
    let queue = services.queues.dead_letters();
    let (found, message) = take(&queue, id).await?;
    let answer = delete(services, caller, &queue, (&found, &message), (&reason, dry_run)).await;
    if dry_run || answer.is_err() {
        give_back(&queue, &[message]).await;
    }
    answer
}

async fn delete(
    services: &Services,
    caller: &Principal,
    queue: &DeadLetterQueue<'_>,
    (found, message): (&Found, &Message),
    (reason, dry_run): (&str, bool),
) -> Result<Response<Bytes>, Refusal> {
    found.may(services, caller, Act::Discard).await?;
    if dry_run {
        return Ok(json_response(StatusCode::OK, &DeadLetterPlan { dry_run, letter: found.shown(None) }));
    }
    found.note(services, caller, LetterStep::Discard, Some(reason.to_owned())).await?;
    queue.delete(message).await.map_err(|error| unavailable_queue(&error))?;
    Ok(json_response(StatusCode::OK, &found.shown(Some(Done::Discarded))))
}

/// Takes messages until the one that is asked for is among them, and gives the others back.
async fn take(queue: &DeadLetterQueue<'_>, id: &LetterId) -> Result<(Found, Message), Refusal> {
    let mut others = Vec::new();
    for _ in 0..MOST_LOOKS {
        let taken = match queue.take().await {
            Ok(taken) => taken,
            Err(error) => {
                give_back(queue, &others).await;
                return Err(no_queue(error));
            }
        };
        let is_last = taken.is_empty();
        let mut wanted = None;
        for message in taken {
            match Found::of_taken(&message).filter(|found| found.id == *id) {
                Some(found) => wanted = Some((found, message)),
                None => others.push(message),
            }
        }
        if wanted.is_some() || is_last {
            // Asked before they are given back: a moment later they still count as taken.
            let found = match wanted {
                Some(wanted) => Ok(wanted),
                None => Err(not_there(queue, id, others.len()).await),
            };
            give_back(queue, &others).await;
            return found;
        }
    }
    give_back(queue, &others).await;
    Err(Refusal::conflict(format!(
        "dead letter {id} is not among the {} that the queue gave; replay or discard some of those that GET /v1/dead-letters shows, \
         then try again",
        others.len()
    )))
}

/// Gives messages back. Those that cannot be come back by themselves.
async fn give_back(queue: &DeadLetterQueue<'_>, messages: &[Message]) {
    let given = future::join_all(messages.iter().map(|message| queue.give_back(message))).await;
    if let Some(error) = given.iter().find_map(|given| given.as_ref().err()) {
        tracing::warn!(error = %Chain(error), "dead letters that were looked at come back later");
    }
}

/// Why a letter was not found, by whoever holds so many others.
async fn not_there(queue: &DeadLetterQueue<'_>, id: &LetterId, own: usize) -> Refusal {
    match queue.count().await {
        Ok((_, in_hands)) if usize::try_from(in_hands).is_ok_and(|in_hands| in_hands <= own) => unknown(id),
        _ => Refusal::unavailable(format!(
            "dead letter {id} is not in the queue now, and others have taken letters: it may be back within a minute"
        )),
    }
}

fn unknown(id: &LetterId) -> Refusal {
    Refusal::not_found(format!("there is no dead letter {id}; it may have been sent again already"))
}

fn unavailable_queue(error: &alicloud::Error) -> Refusal {
    tracing::error!(error = %Chain(error), "the queue service did not do it");
    Refusal::unavailable("the queue service does not answer as it should; see the function's log. The letter is kept")
}

fn no_queue(error: alicloud::Error) -> Refusal {
    unavailable_queue(&error)
}

/// A letter that was found.
struct Found {
    id: LetterId,
    at: Option<Timestamp>,
    payload: Vec<u8>,
    /// None where it does not read.
    contents: Option<Vec<Content>>,
}

impl Found {
    fn of_peeked(peeked: &Peeked) -> Option<Self> {
        Self::of(&peeked.message_id, peeked.enqueue_time, peeked.payload())
    }

    fn of_taken(message: &Message) -> Option<Self> {
        Self::of(&message.message_id, message.enqueue_time, message.payload())
    }

    fn of(id: &str, at: Option<Timestamp>, payload: Vec<u8>) -> Option<Self> {
        let contents = letter::read(&payload);
        Some(Self { id: id.parse().ok()?, at, payload, contents })
    }

    fn shown(&self, done: Option<Done>) -> DeadLetter {
        let message = |content: &Content| LetterMessage {
            queue: content.queue.to_string(),
            connection: content.connection.clone(),
            body: content.body.clone(),
        };
        DeadLetter {
            id: self.id.clone(),
            at: self.at,
            messages: self.contents.iter().flatten().map(message).collect(),
            text: self.contents.is_none().then(|| letter::shown(&self.payload)),
            done,
        }
    }

    /// Whether the caller sees all that it is about.
    async fn is_seen_by(&self, services: &Services, caller: &Principal) -> Result<bool, Refusal> {
        match self.refused(services, caller, Act::See).await? {
            None => Ok(true),
            Some(_) => Ok(false),
        }
    }

    /// Refuses what the caller's roles do not allow with what the letter is about.
    async fn may(&self, services: &Services, caller: &Principal, act: Act) -> Result<(), Refusal> {
        if !self.is_seen_by(services, caller).await? {
            return Err(unknown(&self.id));
        }
        self.refused(services, caller, act).await?.map_or(Ok(()), Err)
    }

    async fn refused(&self, services: &Services, caller: &Principal, act: Act) -> Result<Option<Refusal>, Refusal> {
        let what = format!("dead letter {}", self.id);
        let whole = || caller.may(act, &Subject::everything(), &what).err();
        let Some(contents) = &self.contents else { return Ok(whole()) };
        for content in contents {
            let record = match &content.connection {
                Some(name) => services.store.read(name).await.map_err(unavailable)?,
                None => None,
            };
            let refused = match (&record, &content.service) {
                (Some(stored), _) => caller.may(act, &Subject::record(&stored.record), &what).err(),
                (None, Some((account, service))) => caller.may(act, &Subject::service(account, service), &what).err(),
                (None, None) => whole(),
            };
            if refused.is_some() {
                return Ok(refused);
            }
        }
        Ok(None)
    }

    /// Writes down who wants what, before it is done.
    async fn note(
        &self,
        services: &Services,
        caller: &Principal,
        letter: LetterStep,
        reason: Option<String>,
    ) -> Result<(), Refusal> {
        let contents = || self.contents.iter().flatten().filter(|_| letter == LetterStep::Replay);
        let act = DeadLetterAct {
            letter,
            id: self.id.to_string(),
            sha256: hex::encode(Sha256::digest(&self.payload)),
            queues: contents().map(|content| content.queue.to_string()).collect(),
            connections: self
                .contents
                .iter()
                .flatten()
                .filter_map(|content| content.connection.as_ref().map(ToString::to_string))
                .collect(),
            reason,
        };
        let said = (services.io.clock.now(), Actor::Person(caller.name().to_string()), act);
        let writer = || services.io.entropy.nonce();
        let noted = services.store.note(&Log::DeadLetters, &services.audit, said, writer).await;
        let entry = noted.map_err(unavailable)?;
        tracing::info!(letter = %self.id, step = %letter, by = %entry.actor, sequence = entry.sequence, "act recorded");
        Ok(())
    }
}
