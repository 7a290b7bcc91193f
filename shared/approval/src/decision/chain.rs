//! Whether a log is whole: nothing changed, nothing missing in between, nothing moved.
//!
//! What no chain can show by itself is that its end was taken away, or all of it. [`digest_of_heads`] is one number for the
//! newest entries of all logs; who notes it elsewhere can tell.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{EndpointState, Entry, NOTHING, VERSION};
use crate::canonical;

/// A log is not whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {place} (counted from 1): {fault}")]
pub struct Broken {
    /// The first entry with which something is wrong, counted from 1.
    pub place: u64,
    /// What.
    pub fault: Fault,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum Fault {
    #[error("it does not read: {0}")]
    Unreadable(String),
    #[error("it is not spelled the way it was written")]
    Spelling,
    #[error("its content was changed: it does not have the hash that it carries")]
    Changed,
    #[error("its number is {0}: one is missing, or they were moved")]
    Gap(u64),
    #[error("it does not follow the entry before it: that one was changed, or they were moved")]
    Unchained,
    #[error("it belongs to endpoint {endpoint_id} of service {service_id} in {region}")]
    Stranger { service_id: String, endpoint_id: String, region: String },
    #[error("what it says that the log comes to is not what the log comes to")]
    EndpointState,
}

/// Verifies the stored bytes of the log of an endpoint, oldest first. Any single change of a byte is found, and the log of
/// another endpoint. `of` is the service and the endpoint by which the log was found.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_bytes(of: (&str, &str), entries: &[Vec<u8>]) -> Result<Vec<Entry>, Broken> {
    let mut values = Vec::with_capacity(entries.len());
    for (place, bytes) in (1..).zip(entries) {
        let unreadable = |reason: String| Broken { place, fault: Fault::Unreadable(reason) };
        let value: Value = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        if canonical::text(&value).as_bytes() != bytes.as_slice() {
            return Err(Broken { place, fault: Fault::Spelling });
        }
        values.push(value);
    }
    verify(of, &values)
}

/// Verifies the log of an endpoint, oldest first: see [`verify_bytes`].
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(of: (&str, &str), entries: &[Value]) -> Result<Vec<Entry>, Broken> {
    let mut read: Vec<Entry> = Vec::with_capacity(entries.len());
    for (place, value) in (1..).zip(entries) {
        let entry = check(of, place, value, read.last()).map_err(|fault| Broken { place, fault })?;
        read.push(entry);
    }
    Ok(read)
}

fn check(of: (&str, &str), place: u64, value: &Value, before: Option<&Entry>) -> Result<Entry, Fault> {
    let mut content = value.clone();
    let carried = content.as_object_mut().and_then(|fields| fields.remove("hash"));
    if carried.as_ref().and_then(Value::as_str) != Some(&canonical::sha256(&content)) {
        return Err(Fault::Changed);
    }
    let entry: Entry = serde_json::from_value(value.clone()).map_err(|error| Fault::Unreadable(error.to_string()))?;
    if entry.version != VERSION {
        return Err(Fault::Unreadable(format!("it has version {}", entry.version)));
    }
    if entry.sequence != place {
        return Err(Fault::Gap(entry.sequence));
    }
    if entry.previous != before.map_or(NOTHING, |before| before.hash.as_str()) {
        return Err(Fault::Unchained);
    }
    // An account may get another alias. A service stays in its region.
    let moved = before.is_some_and(|before| before.place.region != entry.place.region);
    if moved || !entry.is_of(of) {
        let Entry { service_id, endpoint_id, place, .. } = entry;
        return Err(Fault::Stranger { service_id, endpoint_id, region: place.region });
    }
    let state: EndpointState = before.map(|before| before.state.clone()).unwrap_or_default();
    if state.after(&entry.event, entry.sequence, entry.at) != entry.state {
        return Err(Fault::EndpointState);
    }
    Ok(entry)
}

/// One number for the newest entries of all logs: what to note elsewhere, to tell later that no log and no end of one was
/// taken away. `heads` are the hashes of the newest entries by service and endpoint.
#[must_use]
pub fn digest_of_heads(heads: &BTreeMap<(String, String), String>) -> String {
    let mut digest = Sha256::new();
    for ((service, endpoint), hash) in heads {
        digest.update(format!("{service}\n{endpoint}\n{hash}\n"));
    }
    hex::encode(digest.finalize())
}
