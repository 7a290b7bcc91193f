//! PUT: another spec for a connection in the store.

use bytes::Bytes;
use connection::decide::Event;
use connection::problem::Problem;
use connection::record::{Record, ResolvedSpec, Status};
use connection::spec::Spec;
use connection::words::ConnectionName;
use engine::services::Services;
use http::Response;
use serde_json::Value;

use crate::gate::unavailable;
use crate::problem_json::Refusal;
use crate::{command, dry_run, preflight, unknown};

/// Replaces the spec of a connection, or says what that would take.
///
/// # Errors
/// The refusal to answer with.
pub async fn change(
    services: &Services,
    by: &str,
    name: &ConnectionName,
    asked_dry: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let (spec, dry) = read(body)?;
    if spec.name != *name {
        let detail = format!("the path names {name}; a connection keeps its name");
        return Err(Refusal::impossible("the connection cannot be renamed", vec![Problem::at("/name", detail)]));
    }
    let stored = services.store.read(name).await.map_err(unavailable)?.ok_or_else(|| unknown(name))?;
    let problems = stored.record.spec.immovable(&spec);
    if !problems.is_empty() {
        return Err(Refusal::impossible("this cannot change in place; errors lists every reason", problems));
    }
    let wanted = match under_way(&stored.record, &spec) {
        Some(wanted) => wanted,
        None => {
            let sides = preflight::check(services, &spec, Some(&stored.record)).await?;
            ResolvedSpec { spec, networks: sides.into_iter().map(|(side, known)| (side, known.network)).collect() }
        }
    };
    command::decided(services, by, name, asked_dry | dry, |newest| {
        if newest.record.uid != stored.record.uid {
            return Err(Refusal::conflict(
                "the connection was removed and created again in the meantime; read it, then put the change again",
            ));
        }
        Ok(Event::ChangeAsked(Box::new(wanted.clone())))
    })
    .await
}

/// What the decider is asked while the connection moves: it knows the very spec that is on its way already, and refuses any other.
/// Nothing is looked at in the clouds then, where what the connection made a moment ago would pass for somebody else's.
fn under_way(record: &Record, spec: &Spec) -> Option<ResolvedSpec> {
    if record.status != Status::Moving {
        return None;
    }
    let known = record.next.as_deref().filter(|next| next.spec == *spec).cloned();
    Some(known.unwrap_or_else(|| ResolvedSpec { spec: spec.clone(), ..record.wanted() }))
}

/// The posted spec, and whether it only asks what would happen.
///
/// # Errors
/// When the body cannot be read.
pub fn read(body: &[u8]) -> Result<(Spec, bool), Refusal> {
    let mut value = dry_run::value(body)?;
    let dry = match &mut value {
        Value::Object(document) => dry_run::take_from(document)?,
        _ => false,
    };
    let spec = Spec::from_value(value)
        .map_err(|problems| Refusal::malformed("the body is not a connection; errors says where", problems))?;
    Ok((spec, dry))
}
