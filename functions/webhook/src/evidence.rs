//! Logs, policies and checkpoints as they stand in the store.
//!
//! They prove themselves: whoever verifies them need not trust this function. It can leave some out, which a checkpoint shows that was
//! kept elsewhere.

use api::Page;
use api::evidence::{EvidenceObject, LARGEST_OBJECT, MOST_BYTES, MOST_OBJECTS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use connection::caller::{Act, Subject};
use engine::services::Services;
use futures::future;
use http::{Response, StatusCode};
use store::is_evidence;

use crate::access::Principal;
use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};

/// How many objects are read side by side.
const SIDE_BY_SIDE: usize = 16;

/// A page of objects whose keys begin with `prefix` and stand behind `after`.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(
    services: &Services,
    caller: &Principal,
    prefix: &str,
    after: Option<&str>,
) -> Result<Response<Bytes>, Refusal> {
    caller.may(Act::Audit, &Subject::everything(), "the logs, which are of everything")?;
    if !is_evidence(prefix) {
        return Err(Refusal::bad_parameter(
            "prefix: must begin with acts/, audit/checkpoints/, decisions/ or policy/, or be approvals/report.json",
        ));
    }
    // One more tells whether there are others.
    let keys = services.store.keys_behind(prefix, after, MOST_OBJECTS + 1).await.map_err(unavailable)?;
    let (mut items, mut size, mut read) = (Vec::new(), 0, 0);
    'page: for some in keys[..keys.len().min(MOST_OBJECTS)].chunks(SIDE_BY_SIDE) {
        let objects =
            future::try_join_all(some.iter().map(|key| services.store.get(key))).await.map_err(unavailable)?;
        for (key, bytes) in some.iter().zip(objects) {
            let length = bytes.as_ref().map_or(0, Vec::len);
            if length > LARGEST_OBJECT {
                return Err(Refusal::conflict(format!(
                    "object {key} has {length} bytes, more than an answer takes; read the bucket itself, with --store"
                )));
            }
            if !items.is_empty() && size + length > MOST_BYTES {
                break 'page;
            }
            size += length;
            read += 1;
            // One that is gone since it was listed is none.
            items.extend(bytes.map(|bytes| EvidenceObject { key: key.clone(), base64: BASE64.encode(bytes) }));
        }
    }
    let next = (read < keys.len()).then(|| keys.get(read.saturating_sub(1)).cloned()).flatten();
    Ok(json_response(StatusCode::OK, &Page { items, next }))
}
