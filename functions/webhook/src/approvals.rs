//! Requests of endpoints: what was decided, what waits, what would be cut; and the word of a person.

use approval::decision::{Actor, Draft, Entry, Event, Place, verify_bytes};
use approval::problem::Problem as PolicyProblem;
use approval::request::{PersonSays, Word};
use bytes::Bytes;
use connection::message::EndpointMessage;
use connection::problem::Problem;
use connection::words::ResourceId;
use engine::services::Services;
use http::{Response, StatusCode};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use transport::Chain;

use crate::gate::{Caller, unavailable};
use crate::problem_json::{Refusal, json_response};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;
/// For how long the same word of the same person is taken for a request that was sent again because its answer was lost.
const SENT_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// An endpoint, by its service and its own id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointName {
    /// `epsrv-…`
    pub service: ResourceId,
    /// `ep-…`
    pub endpoint: ResourceId,
}

/// A page of decisions, the newest of each endpoint; on the first page also what the last sweep saw.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(services: &Services, after: Option<&EndpointName>, limit: usize) -> Result<Response<Bytes>, Refusal> {
    let all = services.store.decided_endpoints().await.map_err(unavailable)?;
    let is_behind = |(service, endpoint): &(ResourceId, ResourceId)| {
        after.is_none_or(|after| (service, endpoint) > (&after.service, &after.endpoint))
    };
    let mut page: Vec<_> = all.into_iter().filter(is_behind).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let mut decisions = Vec::with_capacity(page.len());
    for (service, endpoint) in &page {
        let newest = services.store.newest_decision(service, endpoint).await.map_err(unavailable)?;
        decisions.extend(newest.as_ref().map(summary));
    }
    let mut view = json!({"decisions": decisions});
    if after.is_none() {
        let report = services.store.report().await.map_err(unavailable)?;
        view["swept_at"] = json!(report.as_ref().map(|report| report.at));
        view["policy"] = json!(report.as_ref().map(|report| &report.policy));
        view["waiting"] = json!(report.as_ref().map(|report| &report.waiting).unwrap_or(&Vec::new()));
        view["findings"] = json!(report.as_ref().map(|report| &report.findings).unwrap_or(&Vec::new()));
        view["troubles"] = json!(report.as_ref().map(|report| &report.troubles).unwrap_or(&Vec::new()));
    }
    if more && let Some((service, endpoint)) = page.last() {
        view["next"] = json!(format!("{service}/{endpoint}"));
    }
    Ok(json_response(StatusCode::OK, &view))
}

/// The whole log of one endpoint, and whether it is whole.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, name: &EndpointName) -> Result<Response<Bytes>, Refusal> {
    let bytes = services.store.decisions(&name.service, &name.endpoint).await.map_err(unavailable)?;
    let report = services.store.report().await.map_err(unavailable)?;
    let (service, endpoint) = (name.service.as_str(), name.endpoint.as_str());
    let waiting = report.as_ref().and_then(|report| report.waiting(service, endpoint));
    let finding = report.as_ref().and_then(|report| report.finding(service, endpoint));
    if bytes.is_empty() && waiting.is_none() && finding.is_none() {
        return Err(unknown(name));
    }
    let entries: Vec<Value> = bytes.iter().filter_map(|bytes| serde_json::from_slice(bytes).ok()).collect();
    let broken = verify_bytes(&bytes).err().map(|broken| broken.to_string());
    let mut view = json!({"service_id": service, "endpoint_id": endpoint, "entries": entries, "broken": broken});
    if let Some(waiting) = waiting {
        view["waiting"] = json!(waiting);
    }
    if let Some(finding) = finding {
        view["finding"] = json!(finding);
    }
    Ok(json_response(StatusCode::OK, &view))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    decision: PersonSays,
    reason: String,
}

/// Records what a person says of an endpoint, and lets it happen.
///
/// # Errors
/// The refusal to answer with.
pub async fn say(
    services: &Services,
    caller: &Caller,
    name: &EndpointName,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let said: Said = serde_json::from_slice(body).map_err(|error| {
        Refusal::malformed(
            format!("the body must be a decision (approve, reject, hold) and a reason: {error}"),
            Vec::new(),
        )
    })?;
    if said.reason.trim().is_empty() || said.reason.chars().count() > LONGEST_REASON {
        let detail =
            format!("give a reason of 1 to {LONGEST_REASON} characters: the cloud keeps none, so this log does");
        return Err(Refusal::malformed("the decision has no reason", vec![Problem::at("/reason", detail)]));
    }
    for _ in 0..MOST_RACES {
        let now = services.io.clock.now();
        let newest = services.store.newest_decision(&name.service, &name.endpoint).await.map_err(unavailable)?;
        let word = Word { decision: said.decision, reason: said.reason.clone(), by: caller.name().to_owned(), at: now };
        let place = place(services, name, newest.as_ref()).await?;
        if let Some(entry) = &newest
            && entry.standing.person.as_ref().is_some_and(|before| is_again(before, &word))
        {
            return Ok(accepted(services, entry, &place).await);
        }
        let draft = Draft {
            at: now,
            place: place.clone(),
            service_id: name.service.to_string(),
            endpoint_id: name.endpoint.to_string(),
            actor: Actor::Person(caller.name().to_owned()),
            event: Event::Said { word },
            request: None,
            facts: None,
            policy_hash: None,
            request_ids: Vec::new(),
        };
        let entry = draft.after(newest.as_ref(), services.io.entropy.nonce());
        match services.store.append_decision(&name.service, &name.endpoint, &entry).await {
            Ok(()) => return Ok(accepted(services, &entry, &place).await),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(Refusal::unavailable("the log of this endpoint is changing too fast right now"))
}

/// Whether it is the same word, sent again.
fn is_again(before: &Word, now: &Word) -> bool {
    (before.decision, &before.reason, &before.by) == (now.decision, &now.reason, &now.by)
        && now.at.duration_since(before.at) < SENT_AGAIN
}

/// Where the endpoint's service is: by its log, or by what the last sweep saw.
async fn place(services: &Services, name: &EndpointName, newest: Option<&Entry>) -> Result<Place, Refusal> {
    if let Some(entry) = newest {
        return Ok(entry.place.clone());
    }
    let report = services.store.report().await.map_err(unavailable)?;
    let (service, endpoint) = (name.service.as_str(), name.endpoint.as_str());
    let seen = report.as_ref().and_then(|report| {
        let waiting = report.waiting(service, endpoint).map(|waiting| &waiting.place);
        waiting.or_else(|| report.finding(service, endpoint).map(|finding| &finding.place))
    });
    seen.cloned().ok_or_else(|| unknown(name))
}

async fn accepted(services: &Services, entry: &Entry, place: &Place) -> Response<Bytes> {
    let message = EndpointMessage::new(&place.account, &place.region, &entry.service_id, &entry.endpoint_id);
    if let Err(error) = services.queues.send(&message, std::time::Duration::ZERO).await {
        tracing::warn!(endpoint = entry.endpoint_id, error = %Chain(&error), "not sent; the sweep of endpoints finds it");
    }
    json_response(StatusCode::ACCEPTED, &summary(entry))
}

/// Where an endpoint stands, by its newest entry.
fn summary(entry: &Entry) -> Value {
    json!({
        "service_id": entry.service_id,
        "endpoint_id": entry.endpoint_id,
        "place": entry.place,
        "sequence": entry.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "event": entry.event,
        "standing": entry.standing,
        "hash": entry.hash,
    })
}

/// The policy in force.
///
/// # Errors
/// The refusal to answer with.
pub async fn show_policy(services: &Services) -> Result<Response<Bytes>, Refusal> {
    let stored = services.store.policy().await.map_err(unavailable)?;
    let stored = stored.ok_or_else(|| Refusal::not_found("there is no policy yet; PUT one to /v1/approval-policy"))?;
    let view = json!({
        "revision": stored.revision.number(), "hash": stored.hash, "put_by": stored.put_by, "put_at": stored.put_at,
        "policy": stored.policy,
    });
    Ok(json_response(StatusCode::OK, &view))
}

/// Puts a policy in force.
///
/// # Errors
/// The refusal to answer with.
pub async fn put_policy(services: &Services, caller: &Caller, body: &[u8]) -> Result<Response<Bytes>, Refusal> {
    let pointed = |problem: PolicyProblem| Problem::at(problem.pointer, problem.detail);
    let policy = approval::policy::Policy::from_json(body).map_err(|problems| {
        let problems = problems.into_iter().map(pointed).collect();
        Refusal::malformed("the body is not a policy; errors says where. The policy in force stays", problems)
    })?;
    let now = services.io.clock.now();
    let writer = || services.io.entropy.nonce();
    // One that does not read may be replaced.
    let before = services.store.policy().await.ok().flatten();
    if before.is_none_or(|before| before.hash != policy.hash()) {
        services.store.put_policy(&policy, caller.name(), now, writer).await.map_err(unavailable)?;
    }
    if let Err(error) = services.queues.wake_endpoint_sweep().await {
        tracing::warn!(error = %Chain(&error), "the sweep of endpoints was not woken; it runs within a minute");
    }
    show_policy(services).await
}

fn unknown(name: &EndpointName) -> Refusal {
    let EndpointName { service, endpoint } = name;
    Refusal::not_found(format!(
        "no endpoint {endpoint} of service {service} is known; the sweep looks once a minute, in the regions that the \
         accounts document names"
    ))
}
