//! The newest checkpoint over all logs, for whoever keeps it elsewhere.

use api::approvals::Checkpoint;
use audit::checkpoint::Checkpoint as Head;
use bytes::Bytes;
use connection::caller::{Act, Subject};
use engine::services::Services;
use http::{Response, StatusCode};

use crate::access::Principal;
use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};

/// The newest checkpoint, and the key that verifies it.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, caller: &Principal) -> Result<Response<Bytes>, Refusal> {
    caller.may(Act::SeePolicy, &Subject::everything(), "the checkpoint, which is over all logs")?;
    let newest = services.store.newest_checkpoint().await.map_err(unavailable)?;
    let (stored, number) = newest.ok_or_else(|| {
        Refusal::not_found("there is no checkpoint yet; the function sweep makes the first within a minute")
    })?;
    // One that does not verify is not handed out: somebody would keep it.
    let (head, verifier) = Head::open_by(&stored.note, services.audit.trusted())
        .map_err(|bad| Refusal::unavailable(format!("checkpoint {} does not count: {bad}", number.number())))?;
    let view = Checkpoint {
        number: number.number(),
        origin: head.origin,
        size: head.size,
        root: head.root,
        at: stored.at,
        note: stored.note,
        verifier: verifier.to_string(),
    };
    Ok(json_response(StatusCode::OK, &view))
}
