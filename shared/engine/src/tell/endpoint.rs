//! The events of endpoints that ask to be connected: what is left to a person, what was denied, and approvals that end.

use approval::decision::{self, Entry, Place};
use approval::report::Finding;
use approval::request::Request;
use approval::verdict::{Effect, Reason};
use notice::event::{Data, VERSION};
use notice::{Event, EventId, EventType, Severity};

/// The event of an entry in an endpoint's log. `None` where nobody has to do anything.
#[must_use]
pub fn of_decision(entry: &Entry) -> Option<Event> {
    let decision::Event::Decided { verdict } = &entry.event else { return None };
    let (what, advice) = match (verdict.effect, verdict.reason) {
        (Effect::Reject, _) => (EventType::ApprovalDenied, None),
        (Effect::Leave, _) | (Effect::Hold, Reason::HeldByRule) => (
            EventType::ApprovalWaiting,
            Some(format!(
                "approve or reject it by POST /v1/approvals/{}/{}, or change the policy",
                entry.service_id, entry.endpoint_id
            )),
        ),
        // It may pass by itself, or a person wants it so.
        (Effect::Hold | Effect::Approve, _) => return None,
    };
    let data = Data {
        summary: verdict.detail.clone(),
        rule: verdict.rule.as_ref().map(ToString::to_string),
        since: Some(entry.at),
        advice,
        ..about(&entry.place, &entry.service_id, &entry.endpoint_id, entry.request.as_ref())
    };
    let parts = [entry.service_id.as_str(), &entry.endpoint_id, &entry.sequence.to_string()];
    Some(Event {
        version: VERSION,
        id: EventId::of(what, &parts),
        what,
        subject: format!("{}/{}", entry.service_id, entry.endpoint_id),
        time: entry.at,
        severity: Severity::Warning,
        data,
    })
}

/// The event of a connected endpoint whose lease ends. `None` for any other finding. The end of the same lease is the same
/// event, however often it is found.
#[must_use]
pub fn of_lease(finding: &Finding) -> Option<Event> {
    let ends_at = finding.lease_ends_at?;
    let Request { service_id, endpoint_id, .. } = &finding.request;
    let data = Data {
        summary: format!("the time for which the endpoint was approved ends at {ends_at}"),
        since: Some(finding.since),
        ends_at: Some(ends_at),
        advice: Some(format!("approve it anew by POST /v1/approvals/{service_id}/{endpoint_id}, or let it end")),
        ..about(&finding.place, service_id, endpoint_id, Some(&finding.request))
    };
    let parts = [service_id.as_str(), endpoint_id, &ends_at.as_second().to_string()];
    Some(Event {
        version: VERSION,
        id: EventId::of(EventType::LeaseEnding, &parts),
        what: EventType::LeaseEnding,
        subject: format!("{service_id}/{endpoint_id}"),
        time: finding.since,
        severity: Severity::Warning,
        data,
    })
}

fn about(place: &Place, service_id: &str, endpoint_id: &str, request: Option<&Request>) -> Data {
    Data {
        kind: Some("private-link".to_owned()),
        accounts: vec![place.account.clone()],
        region: Some(place.region.clone()),
        service: Some(service_id.to_owned()),
        endpoint: Some(endpoint_id.to_owned()),
        endpoint_owner: request.and_then(|request| request.account_id.clone()),
        ..Data::default()
    }
}

#[cfg(test)]
mod tests {
    use approval::decision::{Actor, Draft};
    use approval::request::Status;
    use approval::verdict::Verdict;

    use super::*;

    fn place() -> Place {
        Place { account: "a".to_owned(), region: "eu-central-1".to_owned() }
    }

    fn entry(reason: Reason) -> Entry {
        let draft = Draft {
            at: "2026-01-02T03:04:05Z".parse().unwrap(),
            place: place(),
            service_id: "epsrv-1".to_owned(),
            endpoint_id: "ep-1".to_owned(),
            actor: Actor::Policy,
            event: decision::Event::Decided { verdict: Verdict::of(reason, None) },
            request: None,
            facts: None,
            policy_hash: None,
            request_ids: Vec::new(),
        };
        let key = ::audit::SigningKey::from_seed("causeway.test", [1; 32]).unwrap();
        draft.after(None, "writer".to_owned(), &key)
    }

    #[test]
    fn what_is_left_to_a_person_waits_and_what_is_rejected_is_denied() {
        let what = |reason| of_decision(&entry(reason)).map(|event| event.what);
        assert_eq!(what(Reason::AccountNotListed), Some(EventType::ApprovalWaiting));
        assert_eq!(what(Reason::HeldByRule), Some(EventType::ApprovalWaiting));
        assert_eq!(what(Reason::RejectedByRule), Some(EventType::ApprovalDenied));
        for quiet in [Reason::NotReady, Reason::OutsideWindow, Reason::HeldByPerson, Reason::ApprovedByRule] {
            assert_eq!(what(quiet), None, "{quiet:?}");
        }
        let event = of_decision(&entry(Reason::AccountNotListed)).unwrap();
        assert!(event.data.advice.unwrap().contains("/v1/approvals/epsrv-1/ep-1"));
        assert_eq!(event.subject, "epsrv-1/ep-1");
    }

    #[test]
    fn the_end_of_a_lease_is_told_once_however_often_it_is_found() {
        let finding = |since: &str, ends_at: Option<&str>| Finding {
            place: place(),
            request: Request {
                service_id: "epsrv-1".to_owned(),
                endpoint_id: "ep-1".to_owned(),
                account_id: Some("1000000000000001".to_owned()),
                vpc_id: None,
                region: "eu-central-1".to_owned(),
                zones: Vec::new(),
                same_account: None,
                status: Status::Connected,
                modified_at: None,
            },
            verdict: None,
            lease_ends_at: ends_at.map(|at| at.parse().unwrap()),
            since: since.parse().unwrap(),
            cut_after: None,
        };
        let end = Some("2026-01-03T00:00:00Z");
        let one = of_lease(&finding("2026-01-02T00:00:00Z", end)).unwrap();
        let two = of_lease(&finding("2026-01-02T01:00:00Z", end)).unwrap();
        let prolonged = of_lease(&finding("2026-01-02T01:00:00Z", Some("2026-02-03T00:00:00Z"))).unwrap();
        assert_eq!(one.id, two.id);
        assert_ne!(one.id, prolonged.id);
        assert!(of_lease(&finding("2026-01-02T00:00:00Z", None)).is_none());
    }
}
