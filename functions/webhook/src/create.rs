//! Accepting a connection.
//!
//! The order of the writes, and what a crash after each leaves behind:
//!
//! 1. the idempotency key, with the revision of the record that it is for. Alone it does nothing; the same request finds it and
//!    goes on, as long as nobody wrote that revision;
//! 2. the entry in the connection's log that says who asked for it. Alone it says no more than that; the same request writes
//!    another one and goes on;
//! 3. the marker, the record and the message, in the order of [`commit`]. A record without its message is found by the
//!    sweep, or by the same request coming again.

use api::connections::Summary;
use api::route::LONGEST_KEY;
use audit::Actor;
use audit::act::Asked;
use bytes::Bytes;
use connection::caller::{Act, Subject};
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
use store::{Claim, Revision, Stored};

use crate::access::Principal;
use crate::gate::{Admitted, unavailable};
use crate::problem_json::{Refusal, begun};
use crate::{change, consents, plan, preflight};

const KEY_HEADER: &str = "idempotency-key";
/// What a role must cover that asks for a connection.
pub const AS_SPECIFIED: &str = "the accounts, the kind, the service and the labels of this connection";

/// What an idempotency key was used for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Intent {
    name: ConnectionName,
    /// Of the request's body, in hexadecimal.
    sha256: String,
    /// The connection's unique id, chosen by the first request that used the key.
    uid: String,
    /// The revision that the record begins with. None in a key of an earlier release.
    #[serde(default)]
    revision: Option<u64>,
}

/// Accepts the posted connection, or says everything that is wrong with it.
///
/// # Errors
/// The refusal to answer with.
pub async fn create(
    services: &Services,
    admitted: &Admitted,
    headers: &HeaderMap,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let caller = &admitted.caller;
    let key = idempotency_key(headers)?.map(|key| format!("key {key}"));
    // A signed request that comes again is the same request: its id is as good as a key.
    let key = key.or_else(|| admitted.id.as_ref().map(|id| format!("webhook-id {id}")));
    let (spec, dry) = change::read(body)?;
    caller.may(Act::Ask, &Subject::spec(&spec), AS_SPECIFIED)?;
    if dry_run | dry {
        return would_create(services, caller, spec).await;
    }
    let stored = services.store.read(&spec.name).await.map_err(unavailable)?;
    let revision = stored.as_ref().map_or(Revision::FIRST, |stored| stored.revision.next());
    let mut intent = Intent {
        name: spec.name.clone(),
        sha256: hex::encode(Sha256::digest(body)),
        uid: services.io.entropy.nonce(),
        revision: Some(revision.number()),
    };
    let before = match &key {
        Some(key) => services.store.idempotency_key(caller.name(), key).await.map_err(unavailable)?,
        None => None,
    };
    if let Some(before) = before {
        intent = same_intent(&before, intent)?;
        if let Some(stored) = &stored {
            if stored.record.uid == intent.uid && !stored.record.phase().is_over() {
                return Ok(accepted(services, &stored.record));
            }
            // Nobody has written the revision that the key is for: whoever used it first died before that.
            if intent.revision.is_none_or(|revision| revision <= stored.revision.number()) {
                return Err(used_up(caller, &spec.name, stored));
            }
        }
    }
    if let Some(stored) = stored.as_ref().filter(|stored| !stored.record.phase().is_over()) {
        return Err(taken(caller, stored));
    }
    let sides = match preflight::check(services, &spec, None).await {
        Ok(sides) => sides,
        Err(refusal) => return made_meanwhile(services, caller, key.as_deref(), intent).await?.ok_or(refusal),
    };
    if let Some(key) = &key {
        let claim = serde_json::to_string(&intent).expect("an intent is plain data and always serialises");
        let claimed = services.store.claim_idempotency_key(caller.name(), key, &claim).await.map_err(unavailable)?;
        if let Claim::TakenBefore(before) = claimed {
            intent = same_intent(&before, intent)?;
        }
    }
    let revision = intent.revision.map_or(revision, Revision::numbered);
    let record = Record::accepted(spec, intent.uid, sides, services.io.clock.now());
    accept(services, caller, record, revision).await
}

/// The connection, where another copy of this request made it during the preflight: what that found in the way is the
/// connection's own.
async fn made_meanwhile(
    services: &Services,
    caller: &Principal,
    key: Option<&str>,
    intent: Intent,
) -> Result<Option<Response<Bytes>>, Refusal> {
    let Some(key) = key else { return Ok(None) };
    let before = services.store.idempotency_key(caller.name(), key).await.map_err(unavailable)?;
    let Some(Ok(made)) = before.map(|before| same_intent(&before, intent)) else { return Ok(None) };
    let stored = services.store.read(&made.name).await.map_err(unavailable)?;
    let own = stored.filter(|stored| stored.record.uid == made.uid && !stored.record.phase().is_over());
    Ok(own.map(|stored| accepted(services, &stored.record)))
}

/// What would be made.
async fn would_create(services: &Services, caller: &Principal, spec: Spec) -> Result<Response<Bytes>, Refusal> {
    if let Some(stored) = services.store.read(&spec.name).await.map_err(unavailable)?
        && !stored.record.phase().is_over()
    {
        return Err(taken(caller, &stored));
    }
    let sides = preflight::check(services, &spec, None).await?;
    let after = Record::accepted(spec, services.io.entropy.nonce(), sides, services.io.clock.now());
    let after = with_consents(services, caller, after).await?;
    let mut before = after.clone();
    before.status = Status::Arrived;
    plan::of(services, &before, &after).await
}

async fn accept(
    services: &Services,
    caller: &Principal,
    record: Record,
    revision: Revision,
) -> Result<Response<Bytes>, Refusal> {
    let record = with_consents(services, caller, record.asked_for_by(Some(caller.asker()), None)).await?;
    let actor = Actor::Person(caller.name().to_string());
    acts::asked(services, actor, Asked::Create, &record, revision).await.map_err(unavailable)?;
    let dispatch = Dispatch { message: record.message(), delay: std::time::Duration::ZERO };
    let send = (record.status == Status::Moving).then_some(dispatch);
    let decision = Decision { record, send };
    match commit(services, None, &decision, revision).await {
        Ok(()) => Ok(accepted(services, &decision.record)),
        // Somebody was faster: the same request a moment ago, or another one of the same name.
        Err(error) if error.is_conflict() => {
            let name = decision.record.name();
            match services.store.read(name).await.map_err(unavailable)? {
                Some(stored) if stored.record.uid == decision.record.uid => Ok(accepted(services, &stored.record)),
                Some(stored) => Err(taken(caller, &stored)),
                None => Err(Refusal::unavailable("the record could not be read back")),
            }
        }
        Err(error) => Err(unavailable(error)),
    }
}

/// The record with the consents that it stands by, or waiting for those that are missing.
async fn with_consents(services: &Services, caller: &Principal, mut record: Record) -> Result<Record, Refusal> {
    match consents::awaited(services, caller, &record.wanted(), None).await? {
        Some(awaited) if awaited.is_complete() => {
            record.consents = awaited.consents;
            Ok(record)
        }
        Some(awaited) => Ok(record.awaiting(awaited)),
        None => Ok(record),
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

/// A key whose connection was made and has ended since, or that another request was faster than.
fn used_up(caller: &Principal, name: &ConnectionName, stored: &Stored) -> Refusal {
    if !stored.record.phase().is_over() {
        return taken(caller, stored);
    }
    Refusal::conflict(format!(
        "this Idempotency-Key was used before, and connection {name} has ended since; use a new key to create it anew"
    ))
}

fn taken(caller: &Principal, stored: &Stored) -> Refusal {
    let (name, phase) = (stored.record.name(), stored.record.phase());
    if !caller.sees(&Subject::record(&stored.record)) {
        return Refusal::conflict(format!("the name {name} is not free; choose another name"));
    }
    let first = if phase == Phase::Removing { "wait until it is removed" } else { "remove it first" };
    Refusal::conflict(format!("a connection {name} exists and is {phase}; {first}, or choose another name"))
}

fn accepted(services: &Services, record: &Record) -> Response<Bytes> {
    begun(&Summary::of(record, services.io.clock.now()), &format!("/v1/connections/{}", record.name()))
}
