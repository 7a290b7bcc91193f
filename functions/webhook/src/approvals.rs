//! Endpoints that ask to be connected: decisions, their log, the word of a person, and the policy.

mod again;
mod condition;

use api::Page;
use api::approvals::{
    Decide, Decision, DecisionLog, DecisionPlan, Decisions, LONGEST_REASON, PolicyPlan, StoredPolicy,
};
use api::call::{EndpointName, PageQuery};
use approval::decision::{Actor, Draft, Entry, Event, Place, verify_bytes};
use approval::policy::{Policy, Rule};
use approval::request::Word;
use bytes::Bytes;
use connection::message::EndpointMessage;
use connection::problem::Problem;
use connection::words::{Kind, ResourceId};
use engine::services::Services;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use store::StoreError;
use transport::Chain;

use crate::approvals::condition::Condition;
use crate::dry_run;
use crate::gate::{Caller, unavailable};
use crate::preflight::deployed;
use crate::problem_json::{Refusal, json_response};

/// How often a lost race is run again.
const MOST_RACES: usize = 8;

/// A page of decisions, the newest of each endpoint; on the first page also what the last sweep saw.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(services: &Services, query: &PageQuery<EndpointName>) -> Result<Response<Bytes>, Refusal> {
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
        let newest = services.store.newest_decision(service, endpoint).await.map_err(unavailable)?;
        items.extend(newest.as_ref().map(Decision::of));
    }
    let sweep = if after.is_none() { services.store.report().await.map_err(unavailable)? } else { None };
    let last = endpoints.last().filter(|_| more);
    let next = last.map(|(service, endpoint)| format!("{service}/{endpoint}"));
    Ok(json_response(StatusCode::OK, &Decisions { page: Page { items, next }, sweep }))
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
    let log = DecisionLog {
        service_id: service.to_owned(),
        endpoint_id: endpoint.to_owned(),
        entries: bytes.iter().filter_map(|bytes| serde_json::from_slice(bytes).ok()).collect(),
        broken: verify_bytes((service, endpoint), &bytes).err().map(|broken| broken.to_string()),
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
    caller: &Caller,
    name: &EndpointName,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    deployed(services, Kind::PrivateLink).map_err(Refusal::conflict)?;
    let asked = decision(body)?;
    for _ in 0..MOST_RACES {
        let now = services.io.clock.now();
        let newest = services.store.newest_decision(&name.service, &name.endpoint).await.map_err(unavailable)?;
        let word =
            Word { decision: asked.decision, reason: asked.reason.clone(), by: caller.name().to_owned(), at: now };
        let place = place(services, name, newest.as_ref()).await?;
        let again = match newest.as_ref().filter(|entry| again::is_said_again(&entry.state, &word)) {
            Some(entry) if again::changes_nothing(services, name, &place, &entry.state).await? => Some(entry),
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
            actor: Actor::Person(caller.name().to_owned()),
            event: Event::Said { word },
            request: None,
            facts: None,
            policy_hash: None,
            request_ids: Vec::new(),
        };
        let entry = draft.after(newest.as_ref(), services.io.entropy.nonce());
        if dry_run {
            let Entry { service_id, endpoint_id, state, .. } = entry;
            let plan = DecisionPlan { dry_run, changes, service_id, endpoint_id, place, state };
            return Ok(json_response(StatusCode::OK, &plan));
        }
        match services.store.append_decision(&name.service, &name.endpoint, &entry).await {
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
pub async fn show_policy(services: &Services) -> Result<Response<Bytes>, Refusal> {
    let stored = services.store.policy().await.map_err(unavailable)?;
    let stored = stored.ok_or_else(|| Refusal::not_found("there is no policy yet; PUT one to /v1/approval-policy"))?;
    Ok(in_force(stored))
}

/// A policy, with its hash as its entity tag.
fn in_force(stored: store::StoredPolicy) -> Response<Bytes> {
    let store::StoredPolicy { policy, hash, revision, put_by, put_at } = stored;
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
    caller: &Caller,
    headers: &HeaderMap,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    deployed(services, Kind::PrivateLink).map_err(Refusal::conflict)?;
    let condition = Condition::of(headers)?;
    let policy = Policy::from_json(body).map_err(|problems| {
        Refusal::malformed("the body is not a policy; errors says where. The policy in force stays", problems)
    })?;
    let hash = policy.hash();
    for _ in 0..MOST_RACES {
        let before = match services.store.policy().await {
            Ok(before) => before,
            // One that cannot be read may be replaced, by whoever asks for nothing.
            Err(StoreError::Unreadable { .. }) if condition == Condition::Nothing => None,
            Err(error) => return Err(unavailable(error)),
        };
        let before_hash = before.as_ref().map(|before| before.hash.as_str());
        // What is in force already was put by this request a moment ago, whose answer may have been lost.
        let changes = before_hash != Some(&hash);
        if changes {
            condition.check(before_hash)?;
        }
        if dry_run {
            let plan = policy_plan(&policy, before.map(|before| before.policy).as_ref());
            return Ok(json_response(StatusCode::OK, &plan));
        }
        let stored = match before {
            Some(before) if !changes => before,
            before => {
                let (by, at, writer) = (caller.name(), services.io.clock.now(), || services.io.entropy.nonce());
                let put = match condition {
                    Condition::Nothing => services.store.put_policy(&policy, by, at, writer).await,
                    Condition::IsThere | Condition::IsOneOf(_) | Condition::IsAbsent => {
                        let before = before.map(|before| before.revision);
                        services.store.replace_policy(&policy, by, at, before, writer()).await
                    }
                };
                match put {
                    Ok(revision) => store::StoredPolicy { policy, hash, revision, put_by: by.to_owned(), put_at: at },
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
