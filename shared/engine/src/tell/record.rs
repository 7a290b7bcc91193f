//! The events of connections: each time a record comes to rest.

use notice::event::{AwaitedConsent, Call, Data, VERSION};
use notice::{Event, EventId, EventType, Severity};

use connection::record::{Failure, Phase, Record, Status};
use connection::words::{AccountAlias, CallerName};
use store::Revision;

/// The event of a record that has come to rest, by the revision that says so. `None` while it is under way.
#[must_use]
pub fn of_record(record: &Record, revision: Revision) -> Option<Event> {
    let waits = record.is_under_way() && record.awaited.is_some() && record.status != Status::Moving;
    let (what, severity) = match record.phase() {
        _ if waits => (EventType::ConnectionAwaitingConsent, Severity::Warning),
        Phase::AwaitingConsent => return None,
        Phase::Active => (EventType::ConnectionActive, Severity::Info),
        Phase::Removed => (EventType::ConnectionRemoved, Severity::Info),
        Phase::Paused => (EventType::ConnectionPaused, Severity::Info),
        Phase::RolledBack => (EventType::ConnectionRolledBack, Severity::Critical),
        Phase::Failed => (EventType::ConnectionFailed, Severity::Critical),
        Phase::Stuck => (EventType::ConnectionStuck, Severity::Critical),
        Phase::Abandoned => (EventType::ConnectionAbandoned, Severity::Warning),
        Phase::Applying | Phase::RollingBack | Phase::Removing | Phase::Migrating | Phase::Pausing => return None,
    };
    // A change that was taken back leaves an active connection, and something to look at.
    let severity =
        if what == EventType::ConnectionActive && record.cause.is_some() { Severity::Warning } else { severity };
    let failure = record.failure.as_ref().or(record.cause.as_ref());
    let accounts: Vec<String> = record.sides.keys().map(|side| record.spec.place(*side).account.to_string()).collect();
    let awaited = record.awaited.as_ref().filter(|_| waits);
    let consents = awaited.zip(record.awaited_digest()).map(|(awaited, of)| {
        let consent = |(account, owner): (&AccountAlias, &CallerName)| AwaitedConsent {
            account: account.to_string(),
            owner: owner.to_string(),
            of: of.clone(),
            link: None,
        };
        awaited.open().map(consent).collect()
    });
    let data = Data {
        summary: awaited.map_or_else(
            || summary(what, failure),
            |awaited| {
                let what = if awaited.change.is_some() { "a change of the connection" } else { "the connection" };
                format!("{what}, asked for by {}, waits for {}", awaited.by, awaited.waits_for())
            },
        ),
        by: record.asked_by.as_ref().map(ToString::to_string),
        traceparent: record.trace.as_ref().map(ToString::to_string),
        connection: Some(record.name().to_string()),
        uid: Some(record.uid.clone()),
        kind: Some(record.spec.kind().to_string()),
        generation: Some(record.generation),
        labels: record.spec.labels.clone(),
        accounts,
        step: failure.map(|failure| failure.step.to_string()),
        side: failure.and_then(|failure| failure.side).map(|side| side.to_string()),
        call: failure.and_then(|failure| failure.call.as_ref()).map(|call| Call {
            action: call.action.clone(),
            code: call.code.clone(),
            request_id: call.request_id.clone(),
        }),
        since: failure.map(|failure| failure.since),
        ends_at: awaited.map(|awaited| awaited.until()),
        consents: consents.unwrap_or_default(),
        advice: awaited
            .map(|_| {
                format!(
                    "the owner runs `causeway consents agree {0} ACCOUNT`, or refuse in place of agree",
                    record.name()
                )
            })
            .or_else(|| failure.map(|failure| failure.advice.clone())),
        ..Data::default()
    };
    let parts = [record.uid.as_str(), &revision.number().to_string()];
    Some(Event {
        version: VERSION,
        id: EventId::of(what, &parts),
        what,
        subject: record.name().to_string(),
        time: record.updated_at,
        severity,
        data,
    })
}

fn summary(what: EventType, failure: Option<&Failure>) -> String {
    let Some(failure) = failure else { return format!("the connection {}", what.text()) };
    let side = failure.side.map(|side| format!(" on the {side}'s side")).unwrap_or_default();
    let because = match what {
        EventType::ConnectionActive => "a change was taken back, because ",
        _ => "",
    };
    format!("{because}{} stopped{side}: {}", failure.step, failure.what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use connection::not_done;
    use connection::record::{Course, Status};
    use connection::spec::Spec;
    use connection::words::{Side, StepName};

    fn resting(status: Status, course: Course) -> Record {
        let spec = serde_json::json!({
            "name": "a-b", "kind": "router-interface", "spec": "Mini.2",
            "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
            "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
        });
        let now = "2027-01-15T08:00:00Z".parse().unwrap();
        let record = Record::accepted(Spec::from_value(spec).unwrap(), "uid".to_owned(), BTreeMap::new(), now);
        Record { status, course, ..record }
    }

    #[test]
    fn every_rest_is_told_and_nothing_else() {
        for (status, course, what) in [
            (Status::Arrived, Course::Build, Some(EventType::ConnectionActive)),
            (Status::Arrived, Course::Remove, Some(EventType::ConnectionRemoved)),
            (Status::Arrived, Course::Pause, Some(EventType::ConnectionPaused)),
            (Status::Arrived, Course::RollBack, Some(EventType::ConnectionRolledBack)),
            (Status::Failed, Course::Build, Some(EventType::ConnectionFailed)),
            (Status::Stuck, Course::Remove, Some(EventType::ConnectionStuck)),
            (Status::Abandoned, Course::Build, Some(EventType::ConnectionAbandoned)),
            (Status::Moving, Course::Build, None),
            (Status::Moving, Course::Remove, None),
        ] {
            let event = of_record(&resting(status, course), Revision::FIRST);
            assert_eq!(event.map(|event| event.what), what);
        }
    }

    #[test]
    fn the_same_revision_is_the_same_event_and_the_next_is_another() {
        let record = resting(Status::Arrived, Course::Build);
        let of = |revision| of_record(&record, revision).unwrap();
        assert_eq!(of(Revision::FIRST), of(Revision::FIRST));
        assert_ne!(of(Revision::FIRST).id, of(Revision::FIRST.next()).id);
    }

    #[test]
    fn a_failure_says_where_in_which_call_with_which_code_and_what_to_do() {
        let mut record = resting(Status::Failed, Course::Build);
        record.failure = Some(Failure {
            step: StepName::Connect,
            side: Some(Side::Initiator),
            what: "the peer is not there".to_owned(),
            call: Some(not_done::FailedCall {
                action: "ConnectRouterInterface".to_owned(),
                code: Some("InvalidPeer".to_owned()),
                request_id: Some("REQ-1".to_owned()),
            }),
            advice: "make it".to_owned(),
            since: record.updated_at,
        });
        let event = of_record(&record, Revision::FIRST).unwrap();
        assert_eq!(event.severity, Severity::Critical);
        assert_eq!(event.data.summary, "connect stopped on the initiator's side: the peer is not there");
        let call = event.data.call.unwrap();
        assert_eq!((call.code.as_deref(), call.request_id.as_deref()), (Some("InvalidPeer"), Some("REQ-1")));
        assert_eq!(event.data.advice.as_deref(), Some("make it"));
    }
}
