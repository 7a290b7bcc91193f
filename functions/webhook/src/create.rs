//! Accepting a connection.
//!
//! The order of the writes, and what a crash after each leaves behind:
//!
//! 1. the idempotency key. Alone it does nothing; the same request finds it and goes on;
//! 2. the entry in the connection's log that says who asked for it. Alone it says no more than that; the same request writes
//!    another one and goes on;
//! 3. the marker, the record and the message, in the order of [`commit`]. A record without its message is found by the
//!    sweep, or by the same request coming again.

use api::connections::Summary;
use api::route::LONGEST_KEY;
use audit::Actor;
use audit::act::Asked;
use bytes::Bytes;
use connection::decide::{Decision, Dispatch};
use connection::record::{Phase, Record, Status};
use connection::spec::Spec;
use connection::words::ConnectionName;
use engine::acts;
use engine::carry::commit;
use engine::services::Services;
use http::{HeaderMap, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Claim, Revision};

use crate::gate::unavailable;
use crate::problem_json::{Refusal, begun};
use crate::{change, plan, preflight};

const KEY_HEADER: &str = "idempotency-key";

/// What an idempotency key was used for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Intent {
    name: ConnectionName,
    /// Of the request's body, in hexadecimal.
    sha256: String,
    /// The connection's unique id, chosen by the first request that used the key.
    uid: String,
}

/// Accepts the posted connection, or says everything that is wrong with it.
///
/// # Errors
/// The refusal to answer with.
pub async fn create(
    services: &Services,
    by: &str,
    headers: &HeaderMap,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let key = idempotency_key(headers)?;
    let (spec, dry) = change::read(body)?;
    if dry_run | dry {
        return would_create(services, spec).await;
    }
    let mut intent =
        Intent { name: spec.name.clone(), sha256: hex::encode(Sha256::digest(body)), uid: services.io.entropy.nonce() };
    if let Some(key) = key
        && let Some(before) = services.store.idempotency_key(key).await.map_err(unavailable)?
    {
        intent = same_intent(&before, intent)?;
    }
    let stored = services.store.read(&spec.name).await.map_err(unavailable)?;
    let revision = match &stored {
        Some(stored) if stored.record.uid == intent.uid => return Ok(accepted(services, &stored.record)),
        Some(stored) if !stored.record.phase().is_over() => {
            return Err(taken(&spec.name, stored.record.phase()));
        }
        Some(stored) => stored.revision.next(),
        None => Revision::FIRST,
    };
    let sides = preflight::check(services, &spec, None).await?;
    if let Some(key) = key {
        let claim = serde_json::to_string(&intent).expect("an intent is plain data and always serialises");
        if let Claim::TakenBefore(before) =
            services.store.claim_idempotency_key(key, &claim).await.map_err(unavailable)?
        {
            intent = same_intent(&before, intent)?;
        }
    }
    accept(services, by, Record::accepted(spec, intent.uid, sides, services.io.clock.now()), revision).await
}

/// What would be made.
async fn would_create(services: &Services, spec: Spec) -> Result<Response<Bytes>, Refusal> {
    if let Some(stored) = services.store.read(&spec.name).await.map_err(unavailable)?
        && !stored.record.phase().is_over()
    {
        return Err(taken(&spec.name, stored.record.phase()));
    }
    let sides = preflight::check(services, &spec, None).await?;
    let after = Record::accepted(spec, services.io.entropy.nonce(), sides, services.io.clock.now());
    let mut before = after.clone();
    before.status = Status::Arrived;
    plan::of(services, &before, &after).await
}

async fn accept(services: &Services, by: &str, record: Record, revision: Revision) -> Result<Response<Bytes>, Refusal> {
    let actor = Actor::Person(by.to_owned());
    acts::asked(services, actor, Asked::Create, &record, revision).await.map_err(unavailable)?;
    let dispatch = Dispatch { message: record.message(), delay: std::time::Duration::ZERO };
    let decision = Decision { record, send: Some(dispatch) };
    match commit(services, None, &decision, revision).await {
        Ok(()) => Ok(accepted(services, &decision.record)),
        // Somebody was faster: the same request a moment ago, or another one of the same name.
        Err(error) if error.is_conflict() => {
            let name = decision.record.name();
            match services.store.read(name).await.map_err(unavailable)? {
                Some(stored) if stored.record.uid == decision.record.uid => Ok(accepted(services, &stored.record)),
                Some(stored) => Err(taken(name, stored.record.phase())),
                None => Err(Refusal::unavailable("the record could not be read back")),
            }
        }
        Err(error) => Err(unavailable(error)),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(KEY_HEADER) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key)),
        _ => Err(Refusal::bad_parameter(format!("Idempotency-Key must have 1 to {LONGEST_KEY} ASCII characters"))),
    }
}

/// The intent that the key stands for, if this request has the same.
fn same_intent(before: &str, now: Intent) -> Result<Intent, Refusal> {
    match serde_json::from_str::<Intent>(before) {
        Ok(before) if before.name == now.name && before.sha256 == now.sha256 => Ok(before),
        _ => Err(Refusal::key_reused()),
    }
}

fn taken(name: &ConnectionName, phase: Phase) -> Refusal {
    let first = if phase == Phase::Removing { "wait until it is removed" } else { "remove it first" };
    Refusal::conflict(format!("a connection {name} exists and is {phase}; {first}, or choose another name"))
}

fn accepted(services: &Services, record: &Record) -> Response<Bytes> {
    begun(&Summary::of(record, services.io.clock.now()), &format!("/v1/connections/{}", record.name()))
}
