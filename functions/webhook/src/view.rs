//! A record as the API shows it.

use connection::record::{Failure, Phase, Record};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A line of a list.
pub fn summary(record: &Record, now: Timestamp) -> Value {
    let places = record.spec.places().map(|(side, place)| {
        let place = json!({"account": place.account, "region_id": place.region_id, "vpc_id": place.vpc_id});
        (side.to_string(), place)
    });
    let mut view = json!({
        "name": record.name(),
        "kind": record.spec.kind(),
        "phase": record.phase(),
        "step": record.step,
        "generation": record.generation,
        "places": Map::from_iter(places),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    });
    if !record.spec.labels.is_empty() {
        view["labels"] = json!(record.spec.labels);
    }
    if let Some(waiting) = &record.waiting {
        view["waiting"] = json!(waiting);
    }
    if let Some(failure) = &record.failure {
        view["failure"] = failed(record, failure, now);
    }
    view
}

/// A connection with everything that is known of it.
pub fn whole(record: &Record, now: Timestamp) -> Value {
    let mut view = summary(record, now);
    view["uid"] = json!(record.uid);
    view["attempt"] = json!(record.attempt);
    view["spec"] = json!(record.spec);
    view["sides"] = json!(record.sides);
    view["removal_asked"] = json!(record.removal_asked);
    view["history"] = json!(record.history);
    if let Some(former) = &record.former {
        view["former_spec"] = json!(former.spec);
    }
    if let Some(cause) = &record.cause {
        view["cause"] = failed(record, cause, now);
    }
    view
}

/// Why it stands still, how long it has, and the requests that go on or give up.
fn failed(record: &Record, failure: &Failure, now: Timestamp) -> Value {
    let mut view = json!(failure);
    view["age_seconds"] = json!(now.duration_since(failure.since).as_secs());
    let name = record.name();
    if matches!(record.phase(), Phase::Failed | Phase::Stuck | Phase::RolledBack) {
        view["to_go_on"] = json!(format!("POST /v1/connections/{name}/retry"));
    }
    if matches!(record.phase(), Phase::Failed | Phase::Stuck | Phase::RolledBack | Phase::Abandoned) {
        view["to_give_up"] = json!(format!("DELETE /v1/connections/{name}"));
    }
    if matches!(record.phase(), Phase::Failed | Phase::Stuck) {
        view["to_leave_as_it_is"] = json!(format!("POST /v1/connections/{name}/abandon"));
    }
    view
}
