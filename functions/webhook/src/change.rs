//! PUT: another spec for a connection that stands.

use bytes::Bytes;
use connection::decide::Event;
use connection::problem::Problem;
use connection::record::ResolvedSpec;
use connection::spec::Spec;
use connection::words::ConnectionName;
use engine::services::Services;
use http::Response;
use serde_json::Value;

use crate::dry_run::Flag;
use crate::gate::unavailable;
use crate::problem_json::Refusal;
use crate::{preflight, unknown, wish};

/// Puts another spec in the place of a connection's, or tells what that would take.
///
/// # Errors
/// The refusal to answer with.
pub async fn change(
    services: &Services,
    name: &ConnectionName,
    asked: Flag,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let (spec, dry) = read(body)?;
    let dry = asked.or(dry);
    if spec.name != *name {
        let detail = format!("the path names {name}; a connection keeps its name");
        return Err(Refusal::impossible("the connection cannot be renamed", vec![Problem::at("/name", detail)]));
    }
    let stored = services.store.read(name).await.map_err(unavailable)?.ok_or_else(|| unknown(name))?;
    let problems = stored.record.spec.immovable(&spec);
    if !problems.is_empty() {
        return Err(Refusal::impossible("this cannot change in place; errors lists every reason", problems));
    }
    let sides = preflight::check(services, &spec, Some(&stored.record)).await?;
    let networks = sides.into_iter().map(|(side, known)| (side, known.network)).collect();
    let wanted = ResolvedSpec { spec, networks };
    wish::decided(services, name, dry, |newest| {
        if newest.record.uid != stored.record.uid {
            return Err(Refusal::conflict("the connection was removed and made anew in the meantime"));
        }
        Ok(Event::ChangeAsked(Box::new(wanted.clone())))
    })
    .await
}

/// The posted spec, and whether it only asks what would happen.
///
/// # Errors
/// When the body does not read.
pub fn read(body: &[u8]) -> Result<(Spec, Flag), Refusal> {
    let mut value: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::malformed(format!("the body is not JSON: {error}"), Vec::new()))?;
    let dry = match &mut value {
        Value::Object(document) => Flag::take_from(document)?,
        _ => Flag::default(),
    };
    let spec = Spec::from_value(value)
        .map_err(|problems| Refusal::malformed("the body is not a connection; errors says where", problems))?;
    Ok((spec, dry))
}
