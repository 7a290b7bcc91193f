//! Endpoints that ask to be connected: decisions, their log, the word of a person, and the policy.

mod again;
pub mod checkpoint;

use api::Page;
use api::approvals::{
    Decide, Decision, DecisionLog, DecisionPlan, Decisions, LONGEST_REASON, PolicyPlan, StoredPolicy,
};
use api::call::{EndpointName, PageQuery};
use approval::decision::{Actor, DecisionContent, Draft, Entry, Event, Place, state_behind, subject_of};
use approval::policy::{Policy, Rule};
use approval::request::{PersonSays, Word};
use audit::log::Checked;
use bytes::Bytes;
use connection::caller::{Act, Subject};
use connection::message::EndpointMessage;
use connection::problem::Problem;
use connection::words::{CallerName, Kind, ResourceId};
use engine::services::Services;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use store::{Newest, StoreError};
use transport::Chain;

use crate::access::Principal;
use crate::condition::Condition;
use crate::dry_run;
use crate::gate::unavailable;
use crate::preflight::deployed;
use crate::problem_json::{Refusal, json_response};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

/// A page of decisions, the newest of each endpoint; on the first page also what the last sweep saw.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(
    services: &Services,
    caller: &Principal,
    query: &PageQuery<EndpointName>,
) -> Result<Response<Bytes>, Refusal> {
    let PageQuery { after, limit } = query;
    let all = services.store.decided_endpoints().await.map_err(unavailable)?;
    let is_behind = |(service, endpoint): &(ResourceId, ResourceId)| {
        after.as_ref().is_none_or(|after| (service, endpoint) > (&after.service, &after.endpoint))
    };
    let mut endpoints: Vec<_> = all.into_iter().filter(is_behind).take(limit + 1).collect();
    let more = endpoints.len() > *limit;
    endpoints.truncate(*limit);
    let mut items = Vec::with_capacity(endpoints.len());
    for (service, endpoint) in &endpoints {
        let subject = subject_of(service.as_str(), endpoint.as_str());
        let newest = services.store.newest_entry(&subject, services.audit.trusted()).await.map_err(unavailable)?;
        // What is not to be trusted the sweep's report names.
        let Newest::Trusted(newest) = newest else { continue };
        let shown = newest.as_ref().filter(|entry: &&Entry| caller.sees(&seen(&entry.place, service.as_str())));
        items.extend(shown.map(Decision::of));
    }
    let mut sweep = if after.is_none() { services.store.report().await.map_err(unavailable)? } else { None };
    if let Some(report) = &mut sweep {
        report.waiting.retain(|waiting| caller.sees(&seen(&waiting.place, &waiting.request.service_id)));
        report.findings.retain(|finding| caller.sees(&seen(&finding.place, &finding.request.service_id)));
    }
    let last = endpoints.last().filter(|_| more);
    let next = last.map(|(service, endpoint)| format!("{service}/{endpoint}"));
    Ok(json_response(StatusCode::OK, &Decisions { page: Page { items, next }, sweep }))
}

/// The whole log of one endpoint, and whether it is whole.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(services: &Services, caller: &Principal, name: &EndpointName) -> Result<Response<Bytes>, Refusal> {
    let subject = subject_of(name.service.as_str(), name.endpoint.as_str());
    let objects = services.store.log(&subject).await.map_err(unavailable)?;
    let report = services.store.report().await.map_err(unavailable)?;
    let (service, endpoint) = (name.service.as_str(), name.endpoint.as_str());
    let waiting = report.as_ref().and_then(|report| report.waiting(service, endpoint));
    let finding = report.as_ref().and_then(|report| report.finding(service, endpoint));
    if objects.is_empty() && waiting.is_none() && finding.is_none() {
        return Err(unknown(name));
    }
    let checked = audit::log::check::<DecisionContent>(&subject, &objects, services.audit.trusted());
    let broken = |one: &Checked<_>| one.entry.as_ref().err().map(|fault| format!("entry {}: {fault}", one.sequence));
    let broken = checked.iter().find_map(broken);
    let entries: Vec<Entry> = checked.into_iter().filter_map(|one| one.entry.ok()).collect();
    let place = entries.last().map(|entry| &entry.place);
    let place = place.or(waiting.map(|waiting| &waiting.place)).or(finding.map(|finding| &finding.place));
    // Where it is not known, only who sees everything may look.
    if !caller.sees(&place.map_or_else(Subject::everything, |place| seen(place, service))) {
        return Err(unknown(name));
    }
    let log = DecisionLog {
        service_id: service.to_owned(),
        endpoint_id: endpoint.to_owned(),
        broken,
        entries,
        waiting: waiting.cloned(),
        finding: finding.cloned(),
    };
    Ok(json_response(StatusCode::OK, &log))
}

/// Records what a person decides of an endpoint, and lets it happen; or says what would be recorded.
///
/// # Errors
/// The refusal to answer with.
pub async fn decide(
    services: &Services,
    caller: &Principal,
    name: &EndpointName,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    deployed(services, Kind::PrivateLink).map_err(Refusal::conflict)?;
    let asked = decision(body)?;
    for _ in 0..MOST_RACES {
        let now = services.io.clock.now();
        let subject = subject_of(name.service.as_str(), name.endpoint.as_str());
        // Behind whatever stands there and is not to be trusted: a person's word goes on from what is.
        let placed = services.store.place_behind::<DecisionContent>(&subject, services.audit.trusted()).await;
        let (newest, position) = placed.map_err(unavailable)?;
        let state = state_behind(newest.as_ref());
        let by = caller.name().to_string();
        let word = Word { decision: asked.decision, reason: asked.reason.clone(), by: by.clone(), at: now };
        let place = place(services, name, newest.as_ref()).await?;
        let about = seen(&place, name.service.as_str());
        if !caller.sees(&about) {
            return Err(unknown(name));
        }
        caller.may(Act::Decide, &about, &format!("endpoint {} of service {}", name.endpoint, name.service))?;
        if asked.decision == PersonSays::Approve {
            caller.did_not_ask(asker(services, state.connection.as_deref()).await?.as_ref(), Act::Decide)?;
        }
        let is_again = position.passes_over.is_empty() && again::is_said_again(&state, &word);
        let again = match newest.as_ref().filter(|_| is_again) {
            Some(entry) if again::changes_nothing(services, name, &place, &state).await? => Some(entry),
            _ => None,
        };
        if let Some(entry) = again.filter(|_| !dry_run) {
            return Ok(accepted(services, entry, &place).await);
        }
        let changes = again.is_none();
        let draft = Draft {
            at: now,
            place: place.clone(),
            service_id: name.service.to_string(),
            endpoint_id: name.endpoint.to_string(),
            actor: Actor::Person(by),
            event: Event::Said { word },
            request: None,
            facts: None,
            policy_hash: None,
            request_ids: Vec::new(),
        };
        let own = services.audit.own().map_err(|error| unavailable(error.into()))?;
        let entry = draft.placed(newest.as_ref(), position, services.io.entropy.nonce(), own);
        if dry_run {
            let DecisionContent { service_id, endpoint_id, state, .. } = entry.content;
            let plan = DecisionPlan { dry_run, changes, service_id, endpoint_id, place, state };
            return Ok(json_response(StatusCode::OK, &plan));
        }
        match services.store.append(&entry).await {
            Ok(()) => return Ok(accepted(services, &entry, &place).await),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(Refusal::unavailable("the log of this endpoint is changing too fast right now"))
}

/// What a person says in a body.
fn decision(body: &[u8]) -> Result<Decide, Refusal> {
    let asked: Decide = dry_run::read(body, "an object with a decision (approve, reject or hold) and a reason")?;
    let length = asked.reason.chars().count();
    if asked.reason.trim().is_empty() || length > LONGEST_REASON {
        let detail = format!(
            "it has {length} characters; write 1 to {LONGEST_REASON}: the cloud keeps no reason, so this log does"
        );
        return Err(Refusal::malformed("the decision has no reason", vec![Problem::at("/reason", detail)]));
    }
    Ok(asked)
}

/// What of an endpoint a role may be limited to.
fn seen<'a>(place: &'a Place, service: &'a str) -> Subject<'a> {
    Subject::service(&place.account, service)
}

/// Who asked for the connection that asks for the endpoint, if one does.
async fn asker(services: &Services, connection: Option<&str>) -> Result<Option<CallerName>, Refusal> {
    let name = connection.and_then(|name| name.parse().ok());
    let Some(name) = name else { return Ok(None) };
    let stored = services.store.read(&name).await.map_err(unavailable)?;
    Ok(stored.and_then(|stored| stored.record.spec_by))
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
    json_response(StatusCode::ACCEPTED, &Decision::of(entry))
}

/// The policy in force.
///
/// # Errors
/// The refusal to answer with.
pub async fn show_policy(services: &Services, caller: &Principal) -> Result<Response<Bytes>, Refusal> {
    caller.may(Act::SeePolicy, &Subject::everything(), "the policy, which is for all services")?;
    policy(services).await
}

async fn policy(services: &Services) -> Result<Response<Bytes>, Refusal> {
    let stored = match services.store.policy(services.audit.trusted()).await {
        Err(StoreError::Unreadable { reason, .. }) => {
            return Err(Refusal::not_found(format!("no policy is in force; the newest version: {reason}")));
        }
        read => read.map_err(unavailable)?,
    };
    let stored = stored.ok_or_else(|| Refusal::not_found("there is no policy yet; PUT one to /v1/approval-policy"))?;
    Ok(in_force(stored))
}

/// A policy, with its hash as its entity tag.
fn in_force(stored: store::StoredPolicy) -> Response<Bytes> {
    let store::StoredPolicy { policy, hash, revision, put_by, put_at, .. } = stored;
    let tag = HeaderValue::try_from(format!("\"{hash}\""));
    let view = StoredPolicy { revision: revision.number(), hash, put_by, put_at, policy };
    let mut response = json_response(StatusCode::OK, &view);
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Puts a policy in force, or says what that would change.
///
/// # Errors
/// The refusal to answer with.
pub async fn put_policy(
    services: &Services,
    caller: &Principal,
    headers: &HeaderMap,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    caller.may(Act::PutPolicy, &Subject::everything(), "the policy, which is for all services")?;
    deployed(services, Kind::PrivateLink).map_err(Refusal::conflict)?;
    let condition = Condition::of(headers)?;
    let policy = Policy::from_json(body).map_err(|problems| {
        Refusal::malformed("the body is not a policy; errors says where. The policy in force stays", problems)
    })?;
    let hash = policy.hash();
    for _ in 0..MOST_RACES {
        let before = match services.store.policy(services.audit.trusted()).await {
            Ok(before) => before,
            // One that cannot be read may be replaced, by whoever asks for nothing.
            Err(StoreError::Unreadable { .. }) if condition == Condition::Nothing => None,
            Err(error) => return Err(unavailable(error)),
        };
        let before_hash = before.as_ref().map(|before| before.hash.as_str());
        // What is in force already was put by this request a moment ago, whose answer may have been lost.
        let changes = before_hash != Some(&hash);
        if changes {
            condition.check("/v1/approval-policy", before_hash)?;
        }
        if dry_run {
            let plan = policy_plan(&policy, before.map(|before| before.policy).as_ref());
            return Ok(json_response(StatusCode::OK, &plan));
        }
        let stored = match before {
            Some(before) if !changes => before,
            before => {
                let (by, at, writer) =
                    (caller.name().as_str(), services.io.clock.now(), || services.io.entropy.nonce());
                let put = match condition {
                    Condition::Nothing => services.store.put_policy(&policy, by, at, &services.audit, writer).await,
                    Condition::IsThere | Condition::IsOneOf(_) | Condition::IsAbsent => {
                        let before = before.map(|before| before.revision);
                        services.store.replace_policy(&policy, (by, at), before, &services.audit, writer).await
                    }
                };
                match put {
                    Ok(revision) => {
                        let put_by = by.to_owned();
                        store::StoredPolicy { policy, hash, revision, put_by, put_at: at, entry: None }
                    }
                    Err(error) if error.is_conflict() && condition != Condition::Nothing => continue,
                    Err(error) => return Err(unavailable(error)),
                }
            }
        };
        if let Err(error) = services.queues.wake_endpoint_sweep().await {
            tracing::warn!(error = %Chain(&error), "the sweep of endpoints was not woken; it runs within a minute");
        }
        return Ok(in_force(stored));
    }
    Err(Refusal::unavailable("the policy is changing too fast right now"))
}

/// What `policy` would change of the one in force.
fn policy_plan(policy: &Policy, in_force: Option<&Policy>) -> PolicyPlan {
    let before = in_force.map_or(&[][..], |before| &before.rules);
    let ids = |rules: Vec<&Rule>| rules.into_iter().map(|rule| rule.id.to_string()).collect();
    let (hash, hash_in_force) = (policy.hash(), in_force.map(Policy::hash));
    PolicyPlan {
        dry_run: true,
        changes: hash_in_force.as_ref() != Some(&hash),
        hash,
        hash_in_force,
        rules_changed: ids(policy.rules.iter().filter(|rule| !before.contains(rule)).collect()),
        rules_removed: ids(before.iter().filter(|rule| policy.rules.iter().all(|kept| kept.id != rule.id)).collect()),
    }
}

fn unknown(name: &EndpointName) -> Refusal {
    let EndpointName { service, endpoint } = name;
    Refusal::not_found(format!(
        "no endpoint {endpoint} of service {service} is known; the sweep looks once a minute, in the regions that the \
         accounts document names"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_read_strictly_and_its_reason_can_forge_no_line_of_the_log() {
        let good = decision(r#"{"decision": "hold", "reason": "wait for 终端"}"#.as_bytes()).unwrap();
        assert_eq!(good.reason, "wait for 终端");
        for bad in [
            r#"["hold", "x"]"#,
            r#"{"decision": "hold"}"#,
            r#"{"decision": "hold", "decision": "approve", "reason": "x"}"#,
            r#"{"decision": "hold", "reason": "x", "reason": "y"}"#,
            r#"{"decision": "Hold", "reason": "x"}"#,
            r#"{"decision": {"hold": null}, "reason": "x"}"#,
            r#"{"decision": "hold", "reason": " "}"#,
            r#"{"decision": "hold", "reason": "x\n  7  2026-01-01T00:00:00Z  bob says approve: y"}"#,
            r#"{"decision": "hold", "reason": "\u001b[2Kx"}"#,
            r#"{"decision": "hold", "reason": "\u009b2Kx"}"#,
            r#"{"decision": "hold", "reason": "\u202ex"}"#,
            r#"{"decision": "hold", "reason": "x", "by": "bob"}"#,
            r#"{"decision": "hold", "reason": 7}"#,
            "",
        ] {
            assert!(decision(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
